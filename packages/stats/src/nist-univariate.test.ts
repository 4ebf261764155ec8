import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { addToHigherMoments, createHigherMoments, mergeHigherMoments } from './higher-moments.ts'
import {
  addToMoments,
  createMoments,
  meanOf,
  mergeMoments,
  standardDeviationOf,
} from './moments.ts'

/*
 * The univariate sets of the NIST Statistical Reference Datasets, with their certified mean and standard
 * deviation. NumAcc sets are made by the rule they are published with; Michelso and Lottery are here as
 * published, Lew and Mavro are read where the reference data is. In place of PiDigits, whose 5000 digits are
 * not all those of π, are the first 1000 of π with values worked out in whole numbers.
 */

const MICHELSO =
  '85 74 90 107 93 85 95 98 98 88 100 98 93 65 76 81 100 100 96 96 96 94 96 94 88 80 85 88 90 84 83 79 81 88 88 83 80 79 76 80 88 88 88 86 72 72 62 86 97 95 88 91 85 87 84 84 85 84 84 84 89 81 81 82 80 77 76 74 75 76 91 92 89 86 88 72 84 85 85 78 89 84 78 81 76 81 79 81 82 85 87 87 81 74 81 94 95 80 81 87'
const LOTTERY =
  '162 671 933 414 788 730 817 33 536 875 670 236 473 167 877 980 316 950 456 92 517 557 956 954 104 178 794 278 147 773 437 435 502 610 582 780 689 562 964 791 28 97 848 281 858 538 660 972 671 613 867 448 738 966 139 636 847 659 754 243 122 455 195 968 793 59 730 361 574 522 97 762 431 158 429 414 22 629 788 999 187 215 810 782 47 34 108 986 25 644 829 630 315 567 919 331 207 412 242 607 668 944 749 168 864 442 533 805 372 63 458 777 416 340 436 140 919 350 510 572 905 900 85 389 473 758 444 169 625 692 140 897 672 288 312 860 724 226 884 508 976 741 476 417 831 15 318 432 241 114 799 955 833 358 935 146 630 830 440 642 356 373 271 715 367 393 190 669 8 861 108 795 269 590 326 866 64 523 862 840 219 382 998 4 628 305 747 247 34 747 729 645 856 974 24 568 24 694 608 480 410 729 947 293 53 930 223 203 677 227 62 455 387 318 562 242 428 968'

/** The first value once, then the two others in turn, 1000 in all. */
function numAcc(first: number, low: number, high: number): number[] {
  return [first, ...Array.from({ length: 500 }, () => [low, high]).flat()]
}

/** Decimal digits of π, the 3 included: Gibbons' spigot. */
function piDigits(count: number): number[] {
  const digits: number[] = []
  let [q, r, t, k, n, l] = [1n, 0n, 1n, 1n, 3n, 3n]
  while (digits.length < count) {
    if (4n * q + r - t < n * t) {
      digits.push(Number(n))
      const next = 10n * (r - n * t)
      n = (10n * (3n * q + r)) / t - 10n * n
      q *= 10n
      r = next
    } else {
      const next = (2n * q + r) * l
      n = (q * (7n * k) + 2n + r * l) / (t * l)
      q *= k
      t *= l
      l += 2n
      k += 1n
      r = next
    }
  }
  return digits
}

const shared =
  process.env['LLMHUB_SHARED_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')

/** Values after the dashed line of a data file, or null where it is not. */
function published(name: string): number[] | null {
  const file = path.join(shared, 'nist-strd', `${name}.dat`)
  if (!existsSync(file)) return null
  const [, data = ''] = readFileSync(file, 'utf8').split(/^-{5,}.*$/m)
  return data.trim().split(/\s+/).map(Number)
}

interface Certified {
  readonly name: string
  readonly values: () => number[] | null
  readonly mean: number
  readonly deviation: number
  /** Digits that the deviation must have; the input of NumAcc3 and 4 is rounded to a double. */
  readonly digits: number
}

const SETS: readonly Certified[] = [
  {
    name: 'Michelso',
    values: () => MICHELSO.split(' ').map((text) => Number(`${299 + Number(text) / 100}`)),
    mean: 299.8524,
    deviation: 0.079_010_547_819_051_8,
    digits: 12,
  },
  {
    name: 'Lottery',
    values: () => LOTTERY.split(' ').map(Number),
    mean: 518.958_715_596_33,
    deviation: 291.699_727_470_969,
    digits: 14,
  },
  {
    name: 'digits of π',
    values: () => piDigits(1000),
    mean: 4.47,
    deviation: 2.898_879_698_004_645,
    digits: 13,
  },
  {
    name: 'Lew',
    values: () => published('Lew'),
    mean: -177.435,
    deviation: 277.332_168_044_316,
    digits: 14,
  },
  {
    name: 'Mavro',
    values: () => published('Mavro'),
    mean: 2.001_856,
    deviation: 0.000_429_123_454_003_053,
    digits: 12,
  },
  {
    name: 'NumAcc1',
    values: () => [10_000_001, 10_000_003, 10_000_002],
    mean: 10_000_002,
    deviation: 1,
    digits: 15,
  },
  { name: 'NumAcc2', values: () => numAcc(1.2, 1.1, 1.3), mean: 1.2, deviation: 0.1, digits: 14 },
  {
    name: 'NumAcc3',
    values: () => numAcc(1_000_000.2, 1_000_000.1, 1_000_000.3),
    mean: 1_000_000.2,
    deviation: 0.1,
    digits: 9.4,
  },
  {
    name: 'NumAcc4',
    values: () => numAcc(10_000_000.2, 10_000_000.1, 10_000_000.3),
    mean: 10_000_000.2,
    deviation: 0.1,
    digits: 8.2,
  },
]

/** Correct decimal digits, at most 15 as certified. */
function digitsOf(told: number | null, truth: number): number {
  const error = Math.abs((told ?? Number.NaN) - truth) / Math.abs(truth)
  return error === 0 ? 15 : Math.min(15, -Math.log10(error))
}

describe('certified values of NIST', () => {
  it.for(SETS)('$name', ({ values, mean, deviation, digits }, context) => {
    const given = values()
    if (given === null) return context.skip(`there is no reference data in ${shared}`)
    const onePass = createMoments()
    for (const value of given) addToMoments(onePass, value)
    const higher = createHigherMoments()
    for (const value of given) addToHigherMoments(higher, value)
    const merged = createMoments()
    const mergedHigher = createHigherMoments()
    for (let from = 0; from < given.length; from += 7) {
      const part = createMoments()
      const higherPart = createHigherMoments()
      for (const value of given.slice(from, from + 7)) {
        addToMoments(part, value)
        addToHigherMoments(higherPart, value)
      }
      mergeMoments(merged, part)
      mergeHigherMoments(mergedHigher, higherPart)
    }
    for (const record of [onePass, higher, merged, mergedHigher]) {
      expect(digitsOf(meanOf(record), mean)).toBeGreaterThanOrEqual(14)
      expect(digitsOf(standardDeviationOf(record, 'sample'), deviation)).toBeGreaterThanOrEqual(
        digits,
      )
    }
  })
})
