import { checkWhole } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import type { RandomSource } from './generator.ts'

/** A whole number from 0 to n − 1, each as likely up to n / 2^53. */
export function sampleIndex(random: RandomSource, n: number): number {
  checkWhole(n, 1, 'n')
  return Math.floor(random() * n)
}

/** An index drawn by weight (none negative, not all zero, finite). O(weights). */
export function sampleWeighted(random: RandomSource, weights: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? Number.NaN
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      throw new StatsError('out_of_range', `weights[${i}]`, `${weight} is no weight`)
    total += weight
  }
  if (!(total > 0 && total < Number.POSITIVE_INFINITY))
    throw new StatsError('degenerate', 'weights', `sum to ${total}`)
  let left = random() * total
  let last = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0
    if (weight === 0) continue
    last = i
    if (left < weight) return i
    left -= weight
  }
  return last
}

/** Brings items into a random order, in place: Fisher and Yates. O(n). */
export function shuffle<T>(random: RandomSource, items: T[] | Float64Array | Int32Array): void {
  const list = items as T[]
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = list[i] as T
    list[i] = list[j] as T
    list[j] = kept
  }
}

/** `size` different whole numbers from 0 to n − 1 in random order: Floyd's method, then shuffled. O(size). */
export function sampleWithoutReplacement(random: RandomSource, n: number, size: number): number[] {
  checkWhole(n, 0, 'n')
  checkWhole(size, 0, 'size')
  if (size > n) throw new StatsError('out_of_range', 'size', `${size} of ${n}`)
  const drawn = new Set<number>()
  for (let j = n - size; j < n; j++) {
    const candidate = Math.floor(random() * (j + 1))
    drawn.add(drawn.has(candidate) ? j : candidate)
  }
  const out = [...drawn]
  shuffle(random, out)
  return out
}
