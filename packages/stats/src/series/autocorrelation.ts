/**
 * Autocorrelations of lags 0 … maxLag: r_k = Σ (y_t − ȳ)(y_{t+k} − ȳ) / Σ (y_t − ȳ)², over known values where some are
 * NaN. All 0 behind lag 0 when nothing varies. O(n · maxLag).
 */
export function autocorrelations(y: ArrayLike<number>, maxLag: number): Float64Array {
  const n = y.length
  let sum = 0
  let known = 0
  for (let t = 0; t < n; t++) {
    const value = y[t] as number
    if (Number.isNaN(value)) continue
    sum += value
    known++
  }
  const mean = sum / known
  const centred = Float64Array.from({ length: n }, (_, t) => {
    const value = y[t] as number
    return Number.isNaN(value) ? 0 : value - mean
  })
  const out = new Float64Array(maxLag + 1)
  let total = 0
  for (const value of centred) total += value * value
  out[0] = 1
  if (!(total > 0)) return out
  for (let lag = 1; lag <= maxLag; lag++) {
    let product = 0
    for (let t = lag; t < n; t++) product += (centred[t] as number) * (centred[t - lag] as number)
    out[lag] = product / total
  }
  return out
}
