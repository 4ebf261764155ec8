import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { StlOptions } from '../src/decompose/stl.ts'

const shared =
  process.env['LLMHUB_SHARED_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')

/** Text of a published file, or null with no copy of it here. */
export function publishedText(file: string): string | null {
  const full = path.join(shared, file)
  return existsSync(full) ? readFileSync(full, 'utf8') : null
}

interface PointsAndBounds {
  readonly mean_fc: readonly number[]
  readonly lo95: readonly number[]
  readonly hi95: readonly number[]
}

/** What R's forecast 8.20 says of one series. */
export interface Golden {
  readonly frequency: number
  readonly n: number
  readonly 'auto.arima': PointsAndBounds & {
    readonly order: readonly [number, number, number]
    readonly seasonal: readonly [number, number, number]
    readonly drift: boolean
    readonly mean: boolean
    readonly loglik: number
    readonly aicc: number
    readonly sigma2: number
    readonly coef: Readonly<Record<string, number>>
  }
  readonly ets?: PointsAndBounds & {
    readonly method: string
    readonly par: Readonly<Record<string, number>>
    readonly aicc: number
    readonly loglik: number
    readonly sigma2: number
  }
  readonly thetaf?: PointsAndBounds
  readonly ndiffs: number
  readonly nsdiffs: number
  readonly findfrequency: number
  readonly acf10: readonly number[]
  readonly stl_periodic?: Readonly<
    Record<'seasonal' | 'trend_head' | 'trend_tail', readonly number[]>
  >
  readonly stl_s13_robust?: Readonly<
    Record<'seasonal_tail' | 'trend_tail' | 'remainder_tail', readonly number[]>
  >
}

export interface GoldenSeries {
  readonly name: string
  readonly values: readonly number[]
  readonly golden: Golden
}

/** File of the published data, where a series is not kept beside these tests. */
const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'AirPassengers',
    'USAccDeaths',
    'nottem',
    'UKgas',
    'Nile',
    'WWWusage',
    'LakeHuron',
    'JohnsonJohnson',
  ].map((name) => [name, `forecast/classic/datasets_${name}.csv`]),
)

const kept = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'fixtures/classic-series.json'), 'utf8'),
) as Readonly<Record<string, readonly (number | null)[]>>

/** A classic series that is kept beside these tests; NaN where a value is missing. */
export function classicSeries(name: string): number[] {
  return (kept[name] ?? []).map((value) => value ?? Number.NaN)
}

/** The series for which R's results and the values are both here; null without the published files. */
export function goldenSeries(): readonly GoldenSeries[] | null {
  const text = publishedText('forecast/reference-outputs/golden-r-forecast-8.20.json')
  if (text === null) return null
  const goldens = JSON.parse(text) as Readonly<Record<string, Golden>>
  return Object.entries(goldens).flatMap(([name, golden]) => {
    const file = FILES[name]
    const csv = file === undefined ? null : publishedText(file)
    const values = csv === null ? classicSeries(name) : lastColumn(csv)
    return values.length === golden.n ? [{ name, values, golden }] : []
  })
}

/** A run of the original Fortran program of STL, published with statsmodels. */
export interface StlRun {
  readonly name: string
  readonly values: readonly number[]
  readonly options: StlOptions
  readonly seasonal: readonly number[]
  readonly trend: readonly number[]
  readonly weights: readonly number[]
}

/** Values left out at the end, and jumps that differ. */
const STL_RUNS: Readonly<Record<string, Partial<StlOptions> & { readonly drop?: number }>> = {
  baseline: {},
  short: { drop: 1 },
  'nljump-1': { lowPassJump: 1 },
  'ntjump-1': { trendJump: 1 },
  'nljump-1-ntjump-1': { lowPassJump: 1, trendJump: 1 },
}

/** Null without the published file. */
export function stlRuns(): readonly StlRun[] | null {
  const text = publishedText('forecast/reference-outputs/stl_test_results.csv')
  if (text === null) return null
  const rows = text.split('\n').map((line) => line.split(',').map((cell) => cell.trim()))
  const co2 = classicSeries('maunaLoa')
  return Object.entries(STL_RUNS).map(([name, { drop = 0, ...jumps }]) => {
    const own = rows.filter((row) => row[0] === name)
    const column = (i: number): number[] => own.map((row) => Number(row[i]))
    return {
      name,
      values: co2.slice(0, co2.length - drop),
      options: {
        period: 12,
        seasonalWindow: 35,
        trendWindow: 19,
        lowPassWindow: 13,
        seasonalJump: 4,
        trendJump: 2,
        lowPassJump: 2,
        innerIterations: 1,
        outerIterations: 2,
        seasonalDegree: 1,
        ...jumps,
      },
      seasonal: column(2),
      trend: column(3),
      weights: column(4),
    }
  })
}

/** What statsmodels' MSTL makes of a made-up series with two seasons, at some of its places. */
export interface MstlRun {
  readonly oracle: string
  readonly n: number
  readonly periods: readonly number[]
  readonly windows: readonly number[]
  readonly places: readonly number[]
  readonly trend: readonly number[]
  readonly seasonals: readonly (readonly number[])[]
}

export const mstlRun: MstlRun = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'fixtures/mstl-statsmodels.json'), 'utf8'),
) as MstlRun

/** The series of `mstlRun`. */
export function mstlSeries(): number[] {
  return Array.from(
    { length: mstlRun.n },
    (_, t) =>
      50 +
      t / 20 +
      8 * Math.sin((2 * Math.PI * t) / 12) +
      (t % 30 < 9 ? 6 : 0) +
      3 * Math.sin(t * t),
  )
}

function lastColumn(csv: string): number[] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(',').at(-1)))
}
