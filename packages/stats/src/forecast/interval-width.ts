import { normalCdf } from '../distributions/normal.ts'
import { conformalRank } from './conformal.ts'

/** The past may widen intervals by any factor, but narrow them only to this: the future is rarely calmer. */
const LEAST_CORRECTION = 0.9
/** Errors from the past weigh as much as the normal distribution when there are this many. */
const PRIOR_RATIOS = 60
/** Intervals of models fitted to n values are too narrow by this many parts of n. */
const SHORTNESS = 12

/**
 * Half width of an interval in deviations, by the half width that a normal distribution would have (1.96 for 95 %):
 * corrected for a short series, and drawn towards what the past says in proportion to how much it says. `ratios`
 * are absolute errors from the past over the deviations expected of them. The result does not fall with its
 * argument, so that it also says where a quantile of the forecast lies. O(m log m) once, then constant.
 */
export function intervalWidth(n: number, ratios: readonly number[]): (normal: number) => number {
  const sorted = Float64Array.from(ratios).filter(Number.isFinite).sort()
  const share = sorted.length / (sorted.length + PRIOR_RATIOS)
  return (normal) => {
    const own = normal * (1 + SHORTNESS / n)
    if (sorted.length === 0) return own
    const level = 2 * normalCdf(normal) - 1
    const past = sorted[conformalRank(sorted.length, level)] as number
    return own ** (1 - share) * Math.max(LEAST_CORRECTION * own, past) ** share
  }
}
