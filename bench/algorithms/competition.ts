import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A series of a forecasting competition, its future, and how forecasts of it are scaled. */
export interface CompetitionSeries {
  readonly id: string
  readonly group: string
  readonly past: readonly number[]
  readonly future: readonly number[]
  /** Season of the competition's own rules: of MASE and of Naive2. */
  readonly period: number
}

interface M3Line {
  readonly sn: string
  readonly period: string
  readonly freq: number
  readonly x: readonly number[]
  readonly xx: readonly number[]
}

interface M4Line {
  readonly id: string
  readonly x: readonly number[]
  readonly xx: readonly number[]
}

/** Half of M3: every second series of it. */
export function readM3(data: string): CompetitionSeries[] {
  return lines<M3Line>(data, 'forecast/m3/series.jsonl').map(({ sn, period, freq, x, xx }) => ({
    id: sn,
    group: period,
    past: x,
    future: xx,
    period: freq,
  }))
}

export function readM4(data: string, group: 'hourly' | 'weekly'): CompetitionSeries[] {
  return lines<M4Line>(data, `forecast/m4/${group}.jsonl`).map(({ id, x, xx }) => ({
    id,
    group,
    past: x,
    future: xx,
    period: group === 'hourly' ? 24 : 1,
  }))
}

/** Forecasts that were sent in to M3, by series and method. */
export function readM3Published(data: string): ReadonlyMap<string, Record<string, number[]>> {
  const all = lines<Record<string, number[]> & { sn: string }>(
    data,
    'forecast/m3/published_forecasts.jsonl',
  )
  return new Map(all.map((line) => [line.sn, line]))
}

function lines<T>(data: string, file: string): T[] {
  return readFileSync(join(data, file), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
}

/** Sums of what competitions measure; means come from `scoresOf`. */
export interface Tally {
  series: number
  points: number
  /** Symmetric percentages: of all points, and of the means of each series. */
  percentPoints: number
  percentSeries: number
  scaled: number
  covered: number
  intervalScore: number
}

export function emptyTally(): Tally {
  return {
    series: 0,
    points: 0,
    percentPoints: 0,
    percentSeries: 0,
    scaled: 0,
    covered: 0,
    intervalScore: 0,
  }
}

/** Adds one forecast; bounds are those of a 95 % interval. */
export function addForecast(
  tally: Tally,
  { past, future, period }: CompetitionSeries,
  mean: ArrayLike<number>,
  bounds?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> },
): void {
  let scale = 0
  for (let t = period; t < past.length; t++) {
    scale += Math.abs((past[t] ?? 0) - (past[t - period] ?? 0)) / (past.length - period)
  }
  let [percent, absolute, score] = [0, 0, 0]
  for (const [h, truth] of future.entries()) {
    const told = mean[h] ?? Number.NaN
    percent += (200 * Math.abs(truth - told)) / (Math.abs(truth) + Math.abs(told) || 1)
    absolute += Math.abs(truth - told)
    if (bounds === undefined) continue
    const [low, high] = [bounds.low[h] ?? Number.NaN, bounds.high[h] ?? Number.NaN]
    if (truth >= low && truth <= high) tally.covered++
    score += high - low + 40 * (Math.max(0, low - truth) + Math.max(0, truth - high))
  }
  const n = future.length
  tally.series++
  tally.points += n
  tally.percentPoints += percent
  tally.percentSeries += percent / n
  tally.scaled += absolute / n / scale
  tally.intervalScore += score / n / scale
}

export interface Scores {
  /** sMAPE, %: of all points, and the mean of that of each series. */
  readonly pooled: number
  readonly perSeries: number
  readonly mase: number
  /** Share covered by 95 % intervals, and their mean scaled interval score. */
  readonly coverage: number
  readonly msis: number
}

export function scoresOf(tally: Tally): Scores {
  const { series, points } = tally
  return {
    pooled: tally.percentPoints / points,
    perSeries: tally.percentSeries / series,
    mase: tally.scaled / series,
    coverage: tally.covered / points,
    msis: tally.intervalScore / series,
  }
}
