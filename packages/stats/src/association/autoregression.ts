import { autocorrelations } from '../series/autocorrelation.ts'

/**
 * Coefficients φ₁ … φ_p of the autoregression with the least AIC up to order `maxOrder`, by the recursion of Levinson and
 * Durbin on the autocorrelations, which is always stationary. None when the past tells nothing, or nothing varies. Values may be
 * NaN where they are not known. O(n · maxOrder).
 */
export function autoregression(values: ArrayLike<number>, maxOrder: number): Float64Array {
  let n = 0
  for (let t = 0; t < values.length; t++) if (!Number.isNaN(values[t])) n++
  const most = Math.max(0, Math.min(maxOrder, n - 2))
  const r = autocorrelations(values, most)
  let current = new Float64Array(0)
  let best = current
  let variance = 1
  let least = 0
  for (let p = 1; p <= most; p++) {
    let numerator = r[p] as number
    for (let j = 1; j < p; j++) numerator -= (current[j - 1] as number) * (r[p - j] as number)
    const reflection = variance > 0 ? numerator / variance : 0
    const next = new Float64Array(p)
    for (let j = 1; j < p; j++)
      next[j - 1] = (current[j - 1] as number) - reflection * (current[p - j - 1] as number)
    next[p - 1] = reflection
    variance *= 1 - reflection * reflection
    if (!(variance > 1e-12)) break
    current = next
    const aic = n * Math.log(variance) + 2 * p
    if (aic < least) [least, best] = [aic, next]
  }
  return best
}

/** x_t − x̄ − Σ φ_j (x_{t−j} − x̄); NaN where one of them is not known. */
export function filterBy(coefficients: Float64Array, values: ArrayLike<number>): Float64Array {
  let [sum, count] = [0, 0]
  for (let t = 0; t < values.length; t++) {
    if (Number.isNaN(values[t])) continue
    sum += values[t] as number
    count++
  }
  const mean = sum / count
  const p = coefficients.length
  return Float64Array.from({ length: values.length }, (_, t) => {
    if (t < p) return Number.NaN
    let rest = (values[t] as number) - mean
    for (let j = 1; j <= p; j++)
      rest -= (coefficients[j - 1] as number) * ((values[t - j] as number) - mean)
    return rest
  })
}
