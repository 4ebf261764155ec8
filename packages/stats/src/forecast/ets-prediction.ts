import type { EtsForm, EtsState } from './ets-recursion.ts'
import type { Prediction } from './fit.ts'

/**
 * Point forecasts and deviations behind a state, by the closed forms of Hyndman, Koehler, Ord and Snyder (2008), chapter
 * 6: exact for additive seasons and none, and table 6.3's for multiplicative ones. `variance` is that of one-step
 * errors. O(horizon²).
 */
export function etsPrediction(
  form: EtsForm,
  state: EtsState,
  variance: number,
  horizon: number,
): Prediction {
  const { alpha, beta, gamma, phi, level, trend, seasons } = state
  const m = seasons.length
  const mean = new Float64Array(horizon)
  const deviation = new Float64Array(horizon)
  // What an error leaves j steps later, and the forecast of level and trend alone.
  const weights = new Float64Array(horizon)
  const base = new Float64Array(horizon)
  let damped = 0
  let power = 1
  for (let j = 1; j <= horizon; j++) {
    power *= phi
    damped += power
    base[j - 1] = level + damped * trend
    const seasonal = form.season === 'A' && j % m === 0 ? gamma : 0
    weights[j - 1] = alpha + beta * damped + seasonal
  }
  const squares = new Float64Array(horizon)
  let sum = 0
  for (let h = 1; h <= horizon; h++) {
    const season = m === 0 ? 0 : (seasons[(h - 1) % m] as number)
    const plain = base[h - 1] as number
    const value =
      form.season === 'N' ? plain : form.season === 'A' ? plain + season : plain * season
    mean[h - 1] = value
    if (form.error === 'A') {
      deviation[h - 1] = Math.sqrt(variance * (1 + sum))
      sum += (weights[h - 1] as number) ** 2
      continue
    }
    const path = form.season === 'M' ? plain : value
    let square = path * path
    for (let j = 1; j < h; j++) {
      square += variance * (weights[j - 1] as number) ** 2 * (squares[h - j - 1] as number)
    }
    squares[h - 1] = square
    const cycles = m === 0 ? 0 : Math.floor((h - 1) / m)
    const growth = form.season === 'M' ? (1 + gamma * gamma * variance) ** cycles : 1
    const spread = Math.max(0, (1 + variance) * growth * square - path * path)
    deviation[h - 1] = Math.sqrt(spread) * (form.season === 'M' ? Math.abs(season) : 1)
  }
  return { mean, deviation }
}
