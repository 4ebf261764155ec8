import { checkHorizon, checkPeriod, completeSeries, type Fit, residualDeviation } from './fit.ts'

/**
 * The yardsticks: last value (`naive`), last cycle (`seasonal`), the line through first and last value (`drift`) and
 * the mean (`mean`). Deviations as in Hyndman and Athanasopoulos, "Forecasting: principles and practice", 5.5.
 * `period` matters for `seasonal` only, which is `naive` when the series is no longer than it. Throws a
 * StatsError for an empty series or values that are not finite. Linear time.
 */
export function naive(
  y: ArrayLike<number>,
  kind: 'naive' | 'seasonal' | 'drift' | 'mean' = 'naive',
  period = 1,
): Fit {
  checkPeriod(period)
  const values = completeSeries(y, 1)
  const n = values.length
  const lag = kind === 'seasonal' && n > period ? period : 1
  const last = values[n - 1] as number
  const slope = kind === 'drift' && n > 1 ? last / (n - 1) - (values[0] as number) / (n - 1) : 0
  const mean = values.reduce((sum, value) => sum + value / n, 0)
  const fitted = values.map((_, t) =>
    kind === 'mean' ? mean : t < lag ? Number.NaN : (values[t - lag] as number) + slope,
  )
  const sigma = residualDeviation(values, fitted, kind === 'mean' || kind === 'drift' ? 1 : 0)
  const variance = {
    naive: (h: number) => h,
    seasonal: (h: number) => Math.floor((h - 1) / lag) + 1,
    drift: (h: number) => h * (1 + h / Math.max(1, n - 1)),
    mean: () => 1 + 1 / n,
  }[kind]
  return {
    method: kind === 'naive' ? 'naive' : `naive (${kind})`,
    parameters: { lag, slope },
    fitted,
    aicc: null,
    predict(horizon) {
      checkHorizon(horizon)
      const steps = Float64Array.from({ length: horizon }, (_, i) => i + 1)
      return {
        mean: steps.map((h) =>
          kind === 'mean' ? mean : (values[n - lag + ((h - 1) % lag)] as number) + slope * h,
        ),
        deviation: steps.map((h) => sigma * Math.sqrt(variance(h))),
      }
    },
  }
}
