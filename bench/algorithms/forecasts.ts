import {
  adjustClassically,
  autoArima,
  createRandom,
  dynamicTheta,
  ets,
  forecast,
  isSeasonal,
  StatsError,
  theta,
} from '@llmhub/stats'
import type { Area, Report } from './area.ts'
import {
  addForecast,
  type CompetitionSeries,
  emptyTally,
  readM3,
  readM3Published,
  readM4,
  type Scores,
  scoresOf,
} from './competition.ts'

/** Forecasts on the series of M3 and M4 that are kept; their speed; and series of what they should not be made of. */
export const forecasts: Area = {
  M3: ({ data, share, report }) => measureM3(everyOf(readM3(data), share), data, report),
  hourly: ({ data, share, report }) =>
    measureM4(everyOf(readM4(data, 'hourly'), share), [24, 168], 0.6, report),
  weekly: ({ data, share, report }) =>
    measureM4(everyOf(readM4(data, 'weekly'), share), [52], 0.85, report),
  speed: ({ data, report }) => measureSpeed(readM3(data), report),
  odd: ({ share, report }) => measureOdd(Math.ceil(10_000 / share), report),
}

const fixed = (value: number, digits = 2): string => value.toFixed(digits)
const everyOf = (series: readonly CompetitionSeries[], share: number): CompetitionSeries[] =>
  series.filter((_, i) => i % share === 0)

/** Relative to Naive2: the mean of both ratios, as in M4. */
const owa = (ours: Scores, theirs: Scores, pooled: boolean): number =>
  ((pooled ? ours.pooled / theirs.pooled : ours.perSeries / theirs.perSeries) +
    ours.mase / theirs.mase) /
  2

function measureM3(series: readonly CompetitionSeries[], data: string, report: Report): void {
  const published = readM3Published(data)
  const publishedScores = (method: string): Scores => {
    const tally = emptyTally()
    for (const one of series) {
      const told = published.get(one.id)?.[method]
      if (told !== undefined) addForecast(tally, one, told)
    }
    return scoresOf(tally)
  }
  const naive2 = publishedScores('NAIVE2')
  const best = publishedScores('THETA')
  const anchor = `THETA of M3 on the same: ${fixed(best.pooled)} / ${fixed(best.mase, 3)} / ${fixed(owa(best, naive2, true), 3)}`
  for (const [name, method] of Object.entries({ Theta: theta, DOTM: dynamicTheta })) {
    const started = performance.now()
    const tally = emptyTally()
    for (const one of series) {
      addForecast(tally, one, method(one.past, one.period).predict(one.future.length).mean)
    }
    const scores = scoresOf(tally)
    report({
      goal: `F1 M3 ${name} alone (${series.length}): pooled sMAPE ≤ 13.05, MASE ≤ 1.42; / OWA`,
      anchor,
      ours: `${fixed(scores.pooled)} / ${fixed(scores.mase, 3)} / ${fixed(owa(scores, naive2, true), 3)}`,
      passed: scores.pooled <= 13.05 && scores.mase <= 1.42,
      seconds: (performance.now() - started) / 1000,
    })
  }
  const started = performance.now()
  const all = emptyTally()
  const groups = new Map<string, ReturnType<typeof emptyTally>>()
  for (const one of series) {
    const { mean, intervals } = forecast(one.past, {
      horizon: one.future.length,
      periods: [one.period],
      levels: [0.95],
    })
    const group = groups.get(one.group) ?? emptyTally()
    groups.set(one.group, group)
    for (const tally of [all, group]) addForecast(tally, one, mean, intervals[0])
  }
  const seconds = (performance.now() - started) / 1000
  const scores = scoresOf(all)
  const relative = owa(scores, naive2, true)
  report({
    goal: `F1 M3 default ensemble (${series.length}): sMAPE ≤ 12.9, MASE ≤ 1.40, OWA ≤ 0.84`,
    anchor,
    ours: `${fixed(scores.pooled)} / ${fixed(scores.mase, 3)} / ${fixed(relative, 3)}`,
    passed: scores.pooled <= 12.9 && scores.mase <= 1.4 && relative <= 0.84,
    seconds,
  })
  report({
    goal: 'F4 coverage of 95 % intervals within ± 2 points',
    anchor: 'M4: ETS 3.7 off, ARIMA 9.2 off',
    ours: `${fixed(100 * scores.coverage, 1)} %, MSIS ${fixed(scores.msis)}`,
    passed: Math.abs(scores.coverage - 0.95) <= 0.02,
    seconds: 0,
  })
  for (const [name, tally] of groups) {
    const { coverage, pooled, mase, msis } = scoresOf(tally)
    report({
      goal: `F4 M3 ${name.toLowerCase()} (${tally.series}): coverage within ± 4 points`,
      anchor: '',
      ours: `${fixed(100 * coverage, 1)} %, MSIS ${fixed(msis)}; sMAPE ${fixed(pooled)}, MASE ${fixed(mase, 3)}`,
      passed: Math.abs(coverage - 0.95) <= 0.04,
      seconds: 0,
    })
  }
}

function measureM4(
  series: readonly CompetitionSeries[],
  periods: readonly number[],
  goal: number,
  report: Report,
): void {
  const started = performance.now()
  const [ours, theirs] = [emptyTally(), emptyTally()]
  for (const one of series) {
    const horizon = one.future.length
    const { mean, intervals } = forecast(one.past, { horizon, periods, levels: [0.95] })
    addForecast(ours, one, mean, intervals[0])
    addForecast(theirs, one, naive2Of(one))
  }
  const [scores, base] = [scoresOf(ours), scoresOf(theirs)]
  const relative = owa(scores, base, false)
  const group = series[0]?.group ?? ''
  report({
    goal: `F2 M4 ${group} (${series.length}): OWA ≤ ${goal}`,
    anchor: group === 'hourly' ? 'Theta 1.006, SCUM .663, ES-RNN .440' : 'Theta .971, SCUM .751',
    ours: `${fixed(relative, 3)}; sMAPE ${fixed(scores.perSeries)}, MASE ${fixed(scores.mase, 3)}, covered ${fixed(100 * scores.coverage, 1)} %`,
    passed: relative <= goal,
    seconds: (performance.now() - started) / 1000,
  })
}

/** The last value, seasonally adjusted where the M4 test finds a season. */
function naive2Of({ past, future, period }: CompetitionSeries): number[] {
  const x = Float64Array.from(past)
  const season = isSeasonal(x, period) ? adjustClassically(x, period, 'multiplicative') : null
  const level = (season?.adjusted ?? x).at(-1) ?? Number.NaN
  return future.map((_, h) => level * (season?.indices[(x.length + h) % period] ?? 1))
}

function measureSpeed(series: readonly CompetitionSeries[], report: Report): void {
  const monthly = series.filter((one) => one.group === 'MONTHLY')
  const rate = (
    count: number,
    run: (one: CompetitionSeries) => unknown,
    least: number,
    name: string,
    peer: string,
  ) => {
    const chosen = monthly.filter((_, i) => i % Math.ceil(monthly.length / count) === 0)
    for (const one of chosen.slice(0, 5)) run(one)
    const started = performance.now()
    for (const one of chosen) run(one)
    const seconds = (performance.now() - started) / 1000
    report({
      goal: `F5 ${name} on M3 monthly: ≥ ${least} series/s`,
      anchor: peer,
      ours: `${fixed(chosen.length / seconds, 0)} series/s`,
      passed: chosen.length / seconds >= least,
      seconds,
    })
  }
  rate(700, (one) => theta(one.past, 12).predict(18), 1000, 'Theta', 'R 310')
  rate(700, (one) => dynamicTheta(one.past, 12).predict(18), 300, 'DOTM', 'statsforecast 25–383')
  rate(
    60,
    (one) => ets(one.past, { period: 12 }).predict(18),
    10,
    'ETS',
    'R 4.3, statsforecast 1.8',
  )
  rate(20, (one) => autoArima(one.past, { period: 12 }).predict(18), 2, 'auto-ARIMA', 'R about 1')
}

/** Short series of what series should not be made of: an answer in finite numbers, or a typed refusal of nothing at all. */
function measureOdd(count: number, report: Report): void {
  const started = performance.now()
  const random = createRandom(6)
  const odd = [0, 0, 1, -1, Number.NaN, 1e300, -1e300, 1e-300, Number.POSITIVE_INFINITY]
  let wrong = 0
  let slowest = 0
  for (let i = 0; i < count; i++) {
    const constant = random() < 0.1
    const value = (): number =>
      random() < 0.5 ? (odd[Math.floor(random() * odd.length)] ?? 0) : 100 * random()
    const first = value()
    const series = Array.from({ length: Math.floor(random() * (random() < 0.5 ? 6 : 30)) }, () =>
      constant ? first : value(),
    )
    const before = performance.now()
    try {
      const { mean, intervals } = forecast(series, { horizon: 4, periods: [i % 6 || 1] })
      const numbers = [mean, ...intervals.flatMap(({ low, high }) => [low, high])]
      if (!numbers.every((column) => column.every(Number.isFinite))) wrong++
    } catch (error) {
      if (!(error instanceof StatsError) || series.some(Number.isFinite)) wrong++
    }
    slowest = Math.max(slowest, performance.now() - before)
  }
  report({
    goal: `F6 ${count} odd series: never NaN, never an untyped throw`,
    anchor: 'npm arima: garbage on zeros',
    ours: `${wrong} wrong, slowest ${fixed(slowest, 0)} ms`,
    passed: wrong === 0,
    seconds: (performance.now() - started) / 1000,
  })
}
