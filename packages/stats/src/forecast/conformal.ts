import { StatsError } from '../stats-error.ts'

/**
 * Quantile of absolute errors, each divided by what its model expected, that covers the next one with the
 * given level, if errors are exchangeable: the ⌈(n + 1) · level⌉-th smallest (split conformal prediction; Vovk,
 * Gammerman and Shafer 2005). The greatest where n is too small for the level; null without errors. O(n log n).
 */
export function conformalQuantile(ratios: ArrayLike<number>, level: number): number | null {
  checkLevel(level)
  const sorted = Float64Array.from(ratios)
    .map(Math.abs)
    .filter((value) => Number.isFinite(value))
    .sort()
  if (sorted.length === 0) return null
  return sorted[conformalRank(sorted.length, level)] as number
}

/** Index of that quantile among n ascending values, n from 1; a product that rounding moved off a whole number is that number. */
export function conformalRank(n: number, level: number): number {
  return Math.max(0, Math.min(n, Math.ceil((n + 1) * level - 1e-9)) - 1)
}

/**
 * Level to ask of the next interval so that in the long run the share `target` is covered, whatever the series does
 * (adaptive conformal inference; Gibbs and Candès 2021): it rises after a miss and falls a little after a hit. Start
 * with `target`; `rate` is 0.005 to 0.05. Stays within 0.5 and 0.999.
 */
export function adaptLevel(level: number, target: number, covered: boolean, rate = 0.02): number {
  checkLevel(level)
  checkLevel(target)
  const next = level + rate * (target - (covered ? 1 : 0))
  return Math.min(0.999, Math.max(0.5, next))
}

export function checkLevel(level: number, path = 'level'): void {
  if (!(level > 0 && level < 1)) {
    throw new StatsError('out_of_range', path, `${level} is not between 0 and 1`)
  }
}
