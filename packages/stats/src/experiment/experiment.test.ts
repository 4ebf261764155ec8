import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToMoments, createMoments } from '../moments.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { boundedMean, restoreBoundedMean } from './bounded-mean.ts'
import { compareVariants, equivalenceTest } from './comparison.ts'
import { differenceSequence, meanSequence, rateSequence } from './confidence-sequence.ts'
import {
  type Mixture,
  mixtureBoundary,
  mixturePrecision,
  stitchedBound,
} from './mixture-boundary.ts'
import { powerOfMeans, powerOfRates, sampleSizeOfMeans, sampleSizeOfRates } from './power.ts'
import { sampleRatioMismatch, sequentialSampleRatioMismatch } from './sample-ratio.ts'
import { restoreSequentialTest, sequentialTest } from './sequential-test.ts'
import { variantOfMoments, variantOfRate } from './variant.ts'

/** From n, Σx and Σx². */
function fromSums(count: number, sum: number, squares: number) {
  return { count, mean: sum / count, variance: (squares - sum ** 2 / count) / (count - 1) }
}

/** As it comes back from a file. */
const stored = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T

describe('mixture boundaries', () => {
  // gostevehoward/confseq, test/uniform_boundaries_unittest.cpp: from a reference in R, at S = 10, V = 100, α = 0.05.
  it.each<[Mixture, number, number]>([
    [{ type: 'two-sided normal' }, -0.6510052, 30.35209],
    [{ type: 'one-sided normal' }, -0.06502391, 27.66071],
    [{ type: 'gamma-exponential', scale: 2 }, -0.2490165, 33.02017],
    [{ type: 'two-sided beta-binomial', below: 0.2, above: 0.8 }, -0.6941012, 31.4308],
    [{ type: 'one-sided beta-binomial', below: 0.2, above: 0.8 }, -0.07134019, 28.41238],
  ])('are those of confseq: %o', (mixture, logMixture, bound) => {
    const boundary = mixtureBoundary(mixture, { tightestAt: 100 })
    expect(Math.abs(boundary.logMixture(10, 100) - logMixture)).toBeLessThan(1e-5)
    expect(Math.abs(boundary.bound(100, 0.05) - bound)).toBeLessThan(1e-5)
    // The bound is where the mixture is 1 / α.
    expect(boundary.logMixture(boundary.bound(300, 0.01), 300)).toBeCloseTo(Math.log(100), 8)
  })

  it('have the precision and the stitched bounds of confseq', () => {
    expect(Math.abs(mixturePrecision(100, 0.05) - 12.60056)).toBeLessThan(1e-5)
    const stitched = (scale: number) => stitchedBound(100, 0.05, { from: 10, scale })
    expect(Math.abs(stitched(3) - 64.48755)).toBeLessThan(1e-5)
    expect(Math.abs(stitched(-1) - 28.99389)).toBeLessThan(1e-5)
  })

  it('refuse times and levels that are none', () => {
    const boundary = mixtureBoundary({ type: 'two-sided normal' }, { tightestAt: 1 })
    expect(() => boundary.bound(0, 0.05)).toThrow(StatsError)
    expect(() => boundary.bound(1, 1)).toThrow(StatsError)
    expect(() => boundary.logMixture(Number.NaN, 1)).toThrow(StatsError)
    expect(() => mixtureBoundary({ type: 'two-sided normal' }, { tightestAt: -1 })).toThrow(
      StatsError,
    )
  })
})

describe('confidence sequences', () => {
  it('of rates are those of confseq', () => {
    // The same source: bernoulli_confidence_interval(700, 1000, 0.05, 100) and so on.
    const cases = [
      [700, 1000, 100, 0.651629, 0.745949],
      [15, 50, 50, 0.129556, 0.511896],
      [5, 50, 50, 0.013021, 0.269264],
    ] as const
    for (const [successes, trials, tightestAt, low, high] of cases) {
      const { interval } = rateSequence(successes, trials, { tightestAt })
      // Their ends are on a grid of 1e-6 and cut off.
      expect(Math.abs(interval.low - low)).toBeLessThan(1e-5)
      expect(Math.abs(interval.high - high)).toBeLessThan(1e-5)
    }
  })

  it('of differences are those of GrowthBook', () => {
    // growthbook/growthbook, packages/stats/tests/frequentist/test_tests.py, sequential two-sided tests.
    const means = differenceSequence(
      fromSums(3000, 1396.87, 52377.9767),
      fromSums(3461, 2422.7, 134698.29),
      { of: 'relative', tightestAt: 1000 },
    )
    expect(Math.abs(means.estimate - 0.50336)).toBeLessThan(1e-5)
    expect(Math.abs(means.interval.low + 0.55844)).toBeLessThan(1e-5)
    expect(Math.abs(means.interval.high - 1.56516)).toBeLessThan(1e-5)
    expect(means.pValue).toBe(1)
    const rates = differenceSequence(variantOfRate(1396, 3000), variantOfRate(2422, 3461), {
      of: 'relative',
    })
    expect(Math.abs(rates.estimate - 0.50386)).toBeLessThan(1e-5)
    expect(Math.abs(rates.interval.low - 0.40098)).toBeLessThan(1e-5)
    expect(Math.abs(rates.interval.high - 0.60675)).toBeLessThan(1e-5)
    expect(rates.pValue).toBeLessThan(1e-5)
  })

  it('leave 0 out exactly where the p-value is below alpha', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 100_000 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.01, max: 4, noNaN: true }),
        (count, mean, variance) => {
          const { interval, pValue } = meanSequence({ count, mean, variance })
          if (Math.abs(pValue - 0.05) < 1e-9) return
          expect(interval.low > 0 || interval.high < 0).toBe(pValue < 0.05)
        },
      ),
    )
  })

  it('of bounded values hold at all times, from a state too, and grow narrow', () => {
    let missed = 0
    let width = 0
    for (let seed = 0; seed < 120; seed++) {
      const random = createRandom(seed)
      let sequence = boundedMean({ low: -1, high: 3 })
      let out = false
      for (let i = 0; i < 1500; i++) {
        sequence.add(random() < 0.2 ? 3 : 4 * 0.05 * random() - 1)
        if (i % 25 !== 0) continue
        if (i === 500) sequence = restoreBoundedMean(stored(sequence.state()))
        const { low, high } = sequence.interval()
        // 0.2 · 3 + 0.8 · (−0.9)
        if (low > -0.12 || high < -0.12) out = true
      }
      if (out) missed++
      const { low, high } = sequence.interval()
      width += (high - low) / 120
    }
    expect(missed / 120).toBeLessThan(0.05)
    expect(width).toBeLessThan(0.35)
    expect(() => boundedMean({ low: 0, high: 1 }).add(1.1)).toThrow(StatsError)
    expect(boundedMean({ low: 0, high: 1 }).interval()).toEqual({ low: 0, high: 1 })
  })
})

describe('sequentialTest', () => {
  it('errs rarely though one looks after every value, and finds what there is', () => {
    // Looking at z > 1.96 every time would refute in two runs of five.
    const runs = 250
    let [wrong, found, held] = [0, 0, 0]
    for (let seed = 0; seed < runs; seed++) {
      const random = createRandom(seed)
      const [none, some] = [sequentialTest(), sequentialTest()]
      let outside = false
      for (let i = 0; i < 2500; i++) {
        const [a, b] = [sampleNormal(random), sampleNormal(random)]
        none.add('control', a)
        none.add('treatment', b)
        some.add('control', a)
        some.add('treatment', b + 0.15)
        none.look()
        if (i % 10 === 0) {
          const { low, high } = some.look().interval
          if (low > 0.15 || high < 0.15) outside = true
        }
      }
      if (none.look().pValue < 0.05) wrong++
      if (some.look().pValue < 0.05) found++
      if (!outside) held++
    }
    expect(wrong / runs).toBeLessThan(0.05)
    expect(found / runs).toBeGreaterThan(0.95)
    expect(held / runs).toBeGreaterThan(0.95)
  })

  it('is the mixture likelihood ratio of its formula', () => {
    const test = sequentialTest({ effectDeviation: 0.3, from: 2 })
    for (const [a, b] of [
      [1, 2],
      [2, 4],
      [4, 4.5],
      [2.5, 3],
    ] as const) {
      test.add('control', a)
      test.add('treatment', b)
    }
    const { logEvidence, difference, pValue } = test.look()
    const variances = variancesOf([1, 2, 4, 2.5]) + variancesOf([2, 4, 4.5, 3])
    // Λ = √(V / (V + nτ²)) exp(n²τ²(Ȳ − X̄)² / (2V(V + nτ²))), V = σ²x + σ²y, n of each.
    const expected =
      0.5 * Math.log(variances / (variances + 4 * 0.09)) +
      (16 * 0.09 * 1 ** 2) / (2 * variances * (variances + 4 * 0.09))
    expect(difference).toBeCloseTo(1, 12)
    expect(logEvidence).toBeCloseTo(expected, 12)
    expect(pValue).toBeCloseTo(Math.min(1, Math.exp(-expected)), 12)
  })

  it('equals the confidence sequence of the same look', () => {
    const random = createRandom(4)
    const test = sequentialTest()
    const [a, b] = [createMoments(), createMoments()]
    for (let i = 0; i < 400; i++) {
      const [x, y] = [sampleNormal(random), sampleNormal(random, 0.2)]
      addToMoments(a, x)
      addToMoments(b, y)
    }
    test.addMoments('control', a)
    test.addMoments('treatment', b)
    const { interval, pValue } = test.look()
    const point = differenceSequence(variantOfMoments(a), variantOfMoments(b))
    expect(interval.low).toBeCloseTo(point.interval.low, 12)
    expect(interval.high).toBeCloseTo(point.interval.high, 12)
    expect(pValue).toBeCloseTo(point.pValue, 12)
  })

  it('concludes nothing too soon or from values that never vary, and goes on from its state', () => {
    const test = sequentialTest()
    expect(test.look()).toMatchObject({ difference: null, pValue: 1 })
    for (let i = 0; i < 99; i++) {
      test.add('control', i % 2)
      test.add('treatment', 100 + (i % 2))
    }
    expect(test.look().pValue).toBe(1)
    const copy = restoreSequentialTest(stored(test.state()))
    copy.add('control', 0)
    copy.add('treatment', 100)
    expect(copy.look().pValue).toBeLessThan(1e-20)
    const constant = sequentialTest()
    for (let i = 0; i < 200; i++) {
      constant.add('control', 1)
      constant.add('treatment', 1)
    }
    expect(constant.look().pValue).toBe(1)
    expect(() => test.add('control', Number.NaN)).toThrow(StatsError)
  })
})

function variancesOf(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x / values.length, 0)
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1)
}

describe('comparisons of a fixed size', () => {
  it('are those of GrowthBook', () => {
    // The same file, an earlier version: TwoSidedTTest(0.41 ± 3.9 of 3407, 0.7 ± 6.2 of 3461).
    const { interval, pValue, estimate } = compareVariants(
      { count: 3407, mean: 0.41, variance: 3.9 ** 2 },
      { count: 3461, mean: 0.7, variance: 6.2 ** 2 },
    )
    expect(estimate).toBeCloseTo(0.29, 12)
    expect(Math.abs(interval.low - 0.04538)).toBeLessThan(1e-5)
    expect(Math.abs(interval.high - 0.53462)).toBeLessThan(1e-5)
    expect(Math.abs(pValue - 0.02016)).toBeLessThan(1e-5)
  })

  it('call variants equivalent where the interval is within the margin', () => {
    const [a, b] = [variantOfRate(800, 1000), variantOfRate(805, 1000)]
    const near = equivalenceTest(a, b, 0.05)
    expect(near.equivalent).toBe(true)
    expect(near.interval.high).toBeLessThan(0.05)
    const tight = equivalenceTest(a, b, 0.02)
    expect(tight.equivalent).toBe(false)
    expect(tight.interval.high).toBeGreaterThan(0.02)
    expect(() => compareVariants(variantOfRate(5, 5), variantOfRate(7, 7))).toThrow(StatsError)
  })

  it('need the sizes that R says', () => {
    // R's power.t.test(n = 20, delta = 1), power.t.test(power = .90, delta = 1), power.prop.test(p1 = .50, p2 = .75, power = .90).
    expect(powerOfMeans(20, 1, 1)).toBeCloseTo(0.8689528, 6)
    expect(sampleSizeOfMeans(1, 1, { power: 0.9 })).toBeCloseTo(22.0211, 3)
    expect(sampleSizeOfRates(0.5, 0.75, { power: 0.9 })).toBeCloseTo(76.7, 1)
    // statsmodels 0.15.0, TTestIndPower.
    expect(powerOfMeans(1000, 0.1, 1)).toBeCloseTo(0.6083667058091785, 9)
    expect(sampleSizeOfMeans(0.2, 1)).toBeCloseTo(393.4056930002526, 5)
    expect(powerOfMeans(50, 0, 1)).toBeCloseTo(0.05, 9)
    expect(powerOfRates(50, 0.4, 0.4)).toBeCloseTo(0.05, 9)
    expect(powerOfRates(50, 0, 1)).toBe(1)
    expect(() => sampleSizeOfMeans(0, 1)).toThrow(StatsError)
  })
})

describe('sample ratio', () => {
  it('is refuted where it is off, and holds though one looks all the time', () => {
    expect(sampleRatioMismatch([5000, 5100]).mismatch).toBe(false)
    expect(sampleRatioMismatch([5000, 5500]).mismatch).toBe(true)
    expect(sampleRatioMismatch([100, 900], [1, 9]).pValue).toBe(1)
    expect(sequentialSampleRatioMismatch([5000, 5600]).mismatch).toBe(true)
    let wrong = 0
    for (let seed = 0; seed < 300; seed++) {
      const random = createRandom(seed)
      const counts = [0, 0]
      let least = 1
      for (let i = 0; i < 1000; i++) {
        const side = random() < 0.3 ? 0 : 1
        counts[side] = (counts[side] as number) + 1
        least = Math.min(least, sequentialSampleRatioMismatch(counts, [3, 7]).pValue)
      }
      if (least < 0.1) wrong++
    }
    expect(wrong / 300).toBeLessThan(0.1)
    expect(() => sampleRatioMismatch([0, 0])).toThrow(StatsError)
    expect(() => sequentialSampleRatioMismatch([1, -1])).toThrow(StatsError)
    expect(sequentialSampleRatioMismatch([0, 0]).pValue).toBe(1)
  })
})
