/** Median of finite values; NaN of none. The input is not changed. O(n log n). */
export function medianOf(values: ArrayLike<number>): number {
  return quantileOf(Float64Array.from(values).sort(), 0.5)
}

/**
 * Quantile p of ascending values, by the line between neighbours (type 7 of Hyndman and Fan 1996, the default
 * of R); NaN of none.
 */
export function quantileOf(sorted: ArrayLike<number>, p: number): number {
  const n = sorted.length
  if (n === 0) return Number.NaN
  const place = (n - 1) * Math.min(1, Math.max(0, p))
  const below = Math.floor(place)
  const low = sorted[below] as number
  const high = sorted[Math.min(n - 1, below + 1)] as number
  const share = place - below
  return share === 0 ? low : low * (1 - share) + high * share
}
