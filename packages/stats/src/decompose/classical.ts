/** Indices of a season and the series without it. */
export interface SeasonalAdjustment {
  readonly kind: 'additive' | 'multiplicative'
  /** One index per place in the cycle, that of y[0] first; mean 0, or 1 when multiplicative. */
  readonly indices: Float64Array
  readonly adjusted: Float64Array
}

/**
 * Classical decomposition: ratios to (or differences from) a centred moving mean of one cycle, averaged by
 * place in the cycle. Multiplicative unless a value is not positive or an index would be next to zero.
 * Needs two cycles: null with fewer. Linear time.
 */
export function adjustClassically(
  y: Float64Array,
  period: number,
  kind?: 'additive' | 'multiplicative',
): SeasonalAdjustment | null {
  if (period < 2 || y.length < 2 * period) return null
  const wanted = kind ?? (y.some((value) => !(value > 0)) ? 'additive' : 'multiplicative')
  const indices = seasonalIndices(y, period, wanted === 'multiplicative')
  if (wanted === 'multiplicative' && indices.some((index) => !(index > 0.01))) {
    return kind === undefined ? adjustClassically(y, period, 'additive') : null
  }
  const adjusted = y.map((value, t) => {
    const index = indices[t % period] as number
    return wanted === 'multiplicative' ? value / index : value - index
  })
  return { kind: wanted, indices, adjusted }
}

function seasonalIndices(y: Float64Array, period: number, multiplicative: boolean): Float64Array {
  const trend = centredMean(y, period)
  const sums = new Float64Array(period)
  const counts = new Float64Array(period)
  for (let t = 0; t < y.length; t++) {
    const level = trend[t] as number
    if (Number.isNaN(level)) continue
    const place = t % period
    const value = y[t] as number
    sums[place] = (sums[place] as number) + (multiplicative ? value / level : value - level)
    counts[place] = (counts[place] as number) + 1
  }
  const figures = sums.map((sum, i) => sum / (counts[i] as number))
  const mean = figures.reduce((sum, value) => sum + value, 0) / period
  return figures.map((value) => (multiplicative ? value / mean : value - mean))
}

/** Mean of one cycle around each value, half of both ends when the period is even; NaN where it does not fit. */
function centredMean(y: Float64Array, period: number): Float64Array {
  const half = period >> 1
  const even = period % 2 === 0
  const out = new Float64Array(y.length).fill(Number.NaN)
  for (let t = half; t + half < y.length; t++) {
    let sum = 0
    for (let j = -half; j <= half; j++) {
      const share = even && (j === -half || j === half) ? 0.5 : 1
      sum += share * (y[t + j] as number)
    }
    out[t] = sum / period
  }
  return out
}
