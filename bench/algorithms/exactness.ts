import { arima, ets, firstDifferences, mstl, seasonalDifferences, stl, theta } from '@llmhub/stats'
import {
  type GoldenSeries,
  goldenSeries,
  mstlRun,
  mstlSeries,
  stlRuns,
} from '../../packages/stats/test/golden.ts'
import type { Report } from './area.ts'

/** Our figures against those that R and the original programs print for the same series. */
export function measureExactness(report: Report): void {
  const started = performance.now()
  let last = started
  const row = (goal: string, anchor: string, ours: string, passed: boolean): void => {
    const now = performance.now()
    report({ goal: `F3 ${goal}`, anchor, ours, passed, seconds: (now - last) / 1000 })
    last = now
  }
  const runs = stlRuns() ?? []
  const stlError = worst(
    runs.flatMap(({ values, options, ...published }) => {
      const fit = stl(values, options)
      return (['seasonal', 'trend', 'weights'] as const).flatMap((key) =>
        published[key].map((expected, i) => Math.abs((fit[key][i] ?? Number.NaN) - expected)),
      )
    }),
  )
  row(
    `STL within 1e-8 (${runs.length} runs)`,
    'the original Fortran',
    stlError.toExponential(1),
    runs.length > 0 && stlError <= 1e-8,
  )
  const { periods, windows, places, trend, seasonals } = mstlRun
  const decomposed = mstl(mstlSeries(), { periods, seasonalWindow: (i) => windows[i - 1] ?? 7 })
  const mstlError = worst(
    places.flatMap((at, i) => [
      Math.abs((decomposed?.trend[at] ?? Number.NaN) - (trend[i] ?? Number.NaN)),
      ...seasonals.map((values, s) =>
        Math.abs((decomposed?.seasonals[s]?.values[at] ?? Number.NaN) - (values[i] ?? Number.NaN)),
      ),
    ]),
  )
  row(
    'MSTL within 1e-6 (a made-up series)',
    'STL of statsmodels, looped',
    mstlError.toExponential(1),
    mstlError <= 1e-6,
  )
  const goldens = goldenSeries() ?? []
  const likelihood = worst(goldens.map(likelihoodError))
  row(
    `ARIMA log-likelihood at R’s order within 1e-4, relative (${goldens.length} series)`,
    'R arima',
    likelihood.toExponential(1),
    likelihood <= 1e-4,
  )
  const withTheta = goldens.filter(({ golden }) => golden.thetaf !== undefined)
  const thetaError = worst(withTheta.map(thetaErrorOf))
  row(
    `Theta within 1e-4, relative (${withTheta.length} series)`,
    'R thetaf',
    thetaError.toExponential(1),
    thetaError <= 1e-4,
  )
  const gains = goldens.flatMap(etsGain)
  const good = gains.filter((gain) => gain <= 0.5).length
  row(
    `ETS AICc ≤ R’s + 0.5 on at least 16 of 18 (${gains.length} of R’s 17 are kept)`,
    'R ets',
    `${good} of ${gains.length}; the worst ${signed(worst(gains))}, the mean ${signed(gains.reduce((sum, gain) => sum + gain / gains.length, 0))}`,
    good >= (16 / 18) * gains.length,
  )
  const equal = goldens.filter(sameDifferences).length
  row(
    `ndiffs and nsdiffs equal on 18 of 18 (${goldens.length} are kept)`,
    'R ndiffs, nsdiffs',
    `${equal} of ${goldens.length}`,
    equal === goldens.length,
  )
}

const worst = (errors: readonly number[]): number => Math.max(Number.NEGATIVE_INFINITY, ...errors)
const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(2)}`
const periodOf = ({ golden }: GoldenSeries): number => Math.max(1, Math.round(golden.frequency))

function likelihoodError({ values, golden }: GoldenSeries): number {
  const { order, seasonal, drift, mean, loglik } = golden['auto.arima']
  const [p, d, q] = order
  const [P, D, Q] = seasonal
  const period = Math.max(1, Math.round(golden.frequency))
  const fit = arima(values, { p, d, q, P, D, Q, period, constant: drift || mean })
  return Math.abs(fit.logLikelihood / loglik - 1)
}

function thetaErrorOf(series: GoldenSeries): number {
  const expected = series.golden.thetaf?.mean_fc ?? []
  const { mean } = theta(series.values, periodOf(series)).predict(expected.length)
  return worst(expected.map((value, h) => Math.abs((mean[h] ?? Number.NaN) / value - 1)))
}

/** Our AICc less R's. */
function etsGain(series: GoldenSeries): readonly number[] {
  const published = series.golden.ets
  if (published === undefined) return []
  const { aicc } = ets(series.values, { period: periodOf(series) })
  return [(aicc ?? Number.POSITIVE_INFINITY) - published.aicc]
}

function sameDifferences(series: GoldenSeries): boolean {
  const x = Float64Array.from(series.values)
  return (
    firstDifferences(x) === series.golden.ndiffs &&
    seasonalDifferences(x, periodOf(series)) === series.golden.nsdiffs
  )
}
