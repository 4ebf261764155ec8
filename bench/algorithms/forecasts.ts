import {
  adjustClassically,
  autoArima,
  createRandom,
  dynamicTheta,
  ets,
  forecast,
  isSeasonal,
  pathTotals,
  quantileOfSorted,
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
import { measureExactness } from './exactness.ts'

/** Forecasts on the series of M3 and M4 that are kept; their speed; and series of what they should not be made of. */
export const forecasts: Area = {
  exactness: ({ report }) => measureExactness(report),
  M3: ({ data, share, report }) => measureM3(readM3(data), data, share, report),
  hourly: ({ data, share, report }) =>
    measureM4(readM4(data, 'hourly'), share, [24, 168], 0.6, report),
  weekly: ({ data, share, report }) => measureM4(readM4(data, 'weekly'), share, [52], 0.85, report),
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

/** Series of M3 on which the constants of intervals and sums were chosen: they prove nothing about either. */
const usedForWidths = (i: number): boolean => i % 5 === 1
/** Series of M4 on which the number of latest values and the treatment of long seasons were chosen. */
const usedForSeasons = (i: number): boolean => i % 3 === 1

function measureM3(
  every: readonly CompetitionSeries[],
  data: string,
  share: number,
  report: Report,
) {
  const series = everyOf(every, share)
  const fresh = new Set(series.filter((one) => !usedForWidths(every.indexOf(one))))
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
  const bestRelative = owa(best, naive2, true)
  const anchor = `THETA of M3 on the same: ${fixed(best.pooled)} / ${fixed(best.mase, 3)} / ${fixed(bestRelative, 3)}`
  const reportAccuracy = (name: string, goal: string, scores: Scores, seconds: number) => {
    const relative = owa(scores, naive2, true)
    const within = name === 'default ensemble' ? [12.9, 1.4, 0.84] : [13.05, 1.42, Infinity]
    const [pooled = 0, mase = 0, most = 0] = within
    report({
      goal: `F1 M3 ${name} (${series.length}): ${goal}`,
      anchor,
      ours: `${fixed(scores.pooled)} / ${fixed(scores.mase, 3)} / ${fixed(relative, 3)}`,
      passed: scores.pooled <= pooled && scores.mase <= mase && relative <= most,
      seconds,
    })
    report({
      goal: `F1 M3 ${name}: OWA no worse than the published winner’s on the same series`,
      anchor: `${fixed(bestRelative, 3)}, which ${reaches(best, pooled, mase)} the goal above`,
      ours: `${fixed(relative, 3)}`,
      passed: relative <= bestRelative,
      seconds: 0,
    })
  }
  for (const [name, method] of Object.entries({ Theta: theta, DOTM: dynamicTheta })) {
    const started = performance.now()
    const tally = emptyTally()
    for (const one of series) {
      addForecast(tally, one, method(one.past, one.period).predict(one.future.length).mean)
    }
    const goal = 'pooled sMAPE ≤ 13.05, MASE ≤ 1.42; / OWA'
    reportAccuracy(`${name} alone`, goal, scoresOf(tally), (performance.now() - started) / 1000)
  }
  const started = performance.now()
  const all = emptyTally()
  const coverage = emptyTally()
  const textbook = emptyTally()
  const sums = { within: 0, series: 0 }
  const groups = new Map<string, ReturnType<typeof emptyTally>>()
  for (const one of series) {
    const { mean, intervals, paths } = forecast(one.past, {
      horizon: one.future.length,
      periods: [one.period],
      levels: [0.95],
      paths: { count: 1_000, random: createRandom(1) },
    })
    addForecast(all, one, mean)
    if (!fresh.has(one)) continue
    const group = groups.get(one.group) ?? emptyTally()
    groups.set(one.group, group)
    for (const tally of [coverage, group]) addForecast(tally, one, mean, intervals[0])
    addForecast(textbook, one, ...etsIntervals(one))
    sums.series++
    if (coversSum(paths, one.future)) sums.within++
  }
  const seconds = (performance.now() - started) / 1000
  const goal = 'sMAPE ≤ 12.9, MASE ≤ 1.40, OWA ≤ 0.84'
  reportAccuracy('default ensemble', goal, scoresOf(all), seconds)
  const scores = scoresOf(coverage)
  const peer = scoresOf(textbook)
  report({
    goal: `F4 M3, series that no width was chosen on (${fresh.size}): coverage of 95 % intervals within ± 2 points`,
    anchor: 'M4: ETS 3.7 off, ARIMA 9.2 off',
    ours: `${fixed(100 * scores.coverage, 1)} %`,
    passed: Math.abs(scores.coverage - 0.95) <= 0.02,
    seconds: 0,
  })
  report({
    goal: 'F4 the same: MSIS ≤ that of ETS with the intervals of R’s formulas',
    anchor: `ETS alone ${fixed(peer.msis)}, covered ${fixed(100 * peer.coverage, 1)} %`,
    ours: `${fixed(scores.msis)}`,
    passed: scores.msis <= peer.msis,
    seconds: 0,
  })
  for (const [name, tally] of groups) {
    const { coverage: covered, pooled, mase, msis } = scoresOf(tally)
    report({
      goal: `F4 M3 ${name.toLowerCase()} (${tally.series}): coverage within ± 4 points`,
      anchor: '',
      ours: `${fixed(100 * covered, 1)} %, MSIS ${fixed(msis)}; sMAPE ${fixed(pooled)}, MASE ${fixed(mase, 3)}`,
      passed: Math.abs(covered - 0.95) <= 0.04,
      seconds: 0,
    })
  }
  reportSums('M3', sums, report)
}

const reaches = ({ pooled, mase }: Scores, most: number, mostScaled: number): string =>
  pooled <= most && mase <= mostScaled ? 'reaches' : 'does not reach'

/** The textbook's intervals: no correction by the past. */
function etsIntervals(one: CompetitionSeries) {
  const { mean, deviation } = ets(one.past, { period: one.period }).predict(one.future.length)
  const bound = (sign: number) => mean.map((value, h) => value + sign * 1.96 * (deviation[h] ?? 0))
  return [mean, { low: bound(-1), high: bound(1) }] as const
}

function coversSum(paths: readonly Float64Array[], future: readonly number[]): boolean {
  const totals = pathTotals(paths)
  const truth = future.reduce((sum, value) => sum + value, 0)
  return quantileOfSorted(totals, 0.05) <= truth && truth <= quantileOfSorted(totals, 0.95)
}

function reportSums(name: string, sums: { within: number; series: number }, report: Report): void {
  const share = sums.within / sums.series
  report({
    goal: `Sums over the horizon, ${name} (${sums.series}): 90 % intervals of paths cover 90 ± 4 %`,
    anchor: '',
    ours: `${fixed(100 * share, 1)} %`,
    passed: Math.abs(share - 0.9) <= 0.04,
    seconds: 0,
  })
}

function measureM4(
  every: readonly CompetitionSeries[],
  share: number,
  periods: readonly number[],
  goal: number,
  report: Report,
): void {
  const started = performance.now()
  const fresh = everyOf(every, share).filter((one) => !usedForSeasons(every.indexOf(one)))
  const [ours, theirs] = [emptyTally(), emptyTally()]
  const sums = { within: 0, series: 0 }
  for (const one of fresh) {
    const { mean, intervals, paths } = forecast(one.past, {
      horizon: one.future.length,
      periods,
      levels: [0.95],
      paths: { count: 1_000, random: createRandom(1) },
    })
    addForecast(ours, one, mean, intervals[0])
    addForecast(theirs, one, naive2Of(one))
    sums.series++
    if (coversSum(paths, one.future)) sums.within++
  }
  const [scores, base] = [scoresOf(ours), scoresOf(theirs)]
  const relative = owa(scores, base, false)
  const group = every[0]?.group ?? ''
  report({
    goal: `F2 M4 ${group}, series that nothing was chosen on (${fresh.length}): OWA ≤ ${goal}`,
    anchor: group === 'hourly' ? 'Theta 1.006, SCUM .663, ES-RNN .440' : 'Theta .971, SCUM .751',
    ours: `${fixed(relative, 3)}; sMAPE ${fixed(scores.perSeries)}, MASE ${fixed(scores.mase, 3)}, covered ${fixed(100 * scores.coverage, 1)} %, MSIS ${fixed(scores.msis)}`,
    passed: relative <= goal,
    seconds: (performance.now() - started) / 1000,
  })
  reportSums(`M4 ${group}`, sums, report)
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
  let most = 0
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
      const { mean, intervals, diagnostics } = forecast(series, {
        horizon: 4,
        periods: [i % 6 || 1],
      })
      most = Math.max(most, diagnostics.effort)
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
    ours: `${wrong} wrong, slowest ${fixed(slowest, 0)} ms, at most ${fixed(most / 1e6, 1)} of 100 million steps`,
    passed: wrong === 0,
    seconds: (performance.now() - started) / 1000,
  })
}
