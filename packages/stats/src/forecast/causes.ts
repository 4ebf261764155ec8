import { studentT } from '../distributions/student-t.ts'
import type { Coefficient } from '../linear/least-squares.ts'
import { matrixOfRows } from '../linear/matrix.ts'
import { qr } from '../linear/qr.ts'
import { medianOf } from '../series/order.ts'
import { isConstant } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import type { ArimaFit } from './arima.ts'
import { autoArima } from './auto-arima.ts'
import { withoutSeasons } from './combination.ts'
import { filledForDecomposition } from './differencing.ts'
import type { Effort } from './effort.ts'
import type { Plan } from './plan.ts'

/** What one more of a known cause adds to a value, with its interval. */
export interface Effect extends Coefficient {
  readonly name: string
}

/** What known causes add to a series and its future. */
export interface Causes {
  /** By step of the series; NaN where a cause is not known. */
  readonly past: Float64Array
  readonly future: Float64Array
  /** Standard deviations of what they add to the future, from the uncertainty of the effects alone. */
  readonly deviation: Float64Array
  readonly effects: readonly Effect[]
}

export interface CausesOptions {
  /** By name, a value for each step of the series and of the horizon. */
  readonly columns: Readonly<Record<string, ArrayLike<number>>>
  readonly horizon: number
  /** Of the intervals of the effects. */
  readonly confidence: number
  /** What was found out about the series as it is; seasons are taken off cause and effect alike. */
  readonly plan: Plan
  readonly effort: Effort
}

interface Column {
  readonly name: string
  readonly past: Float64Array
  readonly future: Float64Array
}

/** Longest past that the effects are estimated from. */
const LONGEST = 1_500
/** A column of which the seasons leave less than this share of its variance repeats with them. */
const LEAST_LEFT = 1e-6

/**
 * Effects of known causes: regression with ARIMA errors (Hyndman and Khandakar 2008) on the latest values, after seasons that
 * are too long to fit have been taken off the series and off each column (the partial residuals of Speckman 1988).
 * Columns that cannot be told from a constant, from the season or from others are left out with a warning; null when
 * none is left or they allow no fit. `y` may hold NaN. Throws a StatsError: `length` or `not_finite` for a column.
 */
export function estimateCauses(
  y: Float64Array,
  options: CausesOptions,
  warnings: string[],
): Causes | null {
  const columns = Object.entries(options.columns).map(([name, values]) =>
    columnOf(name, values, y.length, options.horizon, warnings),
  )
  const from = Math.max(0, y.length - LONGEST)
  const known = y.slice(from)
  for (const { past } of columns) {
    for (let t = 0; t < known.length; t++) if (Number.isNaN(past[from + t])) known[t] = Number.NaN
  }
  const usable = independent(columns, known, from, options.plan, warnings)
  if (usable.length === 0) return null
  const fit = fitOf(known, usable, options)
  if (fit === null || fit.slopes.length < usable.length) {
    const names = usable.map(({ column }) => column.name).join(', ')
    warnings.push(`The effects of ${names} cannot be told from trend and season: left out.`)
    return null
  }
  return causesOf(
    usable.map(({ column }) => column),
    fit,
    options,
  )
}

/** Past and future of a column; the future's missing values become the median of the past. */
function columnOf(
  name: string,
  values: ArrayLike<number>,
  n: number,
  horizon: number,
  warnings: string[],
): Column {
  const path = `options.regressors.${name}`
  if (values.length < n + horizon) {
    throw new StatsError(
      'length',
      path,
      `${values.length} values for ${n} steps of the series and ${horizon} to forecast`,
    )
  }
  const all = Float64Array.from({ length: n + horizon }, (_, t) => values[t] as number)
  const infinite = all.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY)
  if (infinite !== -1) {
    throw new StatsError(
      'not_finite',
      `${path}[${infinite}]`,
      'infinite; say NaN for what is missing',
    )
  }
  const past = all.slice(0, n)
  const future = all.slice(n)
  const missing = future.filter(Number.isNaN).length
  if (missing > 0) {
    const usual = medianOf(past.filter((value) => !Number.isNaN(value)))
    for (let h = 0; h < horizon; h++) if (Number.isNaN(future[h])) future[h] = usual
    warnings.push(`${missing} coming values of ${name} are missing: its median is taken.`)
  }
  return { name, past, future }
}

interface Usable {
  readonly column: Column
  /** Its latest values without the seasons that are taken off the series. */
  readonly adjusted: Float64Array
}

/** Those that say something of their own, in the order given: an earlier one stays, a later one that adds nothing goes. */
function independent(
  columns: readonly Column[],
  known: Float64Array,
  from: number,
  plan: Plan,
  warnings: string[],
): readonly Usable[] {
  const at = [...known.keys()].filter((t) => !Number.isNaN(known[t]))
  const kept: Usable[] = []
  for (const column of columns) {
    const latest = filledForDecomposition(column.past.slice(from))
    const seen = Float64Array.from(at, (t) => latest[t] as number)
    if (at.length === 0 || isConstant(seen)) {
      warnings.push(`${column.name} does not vary where the series is known: left out.`)
      continue
    }
    const adjusted = withoutLongSeasons(latest, plan)
    if (
      spreadOf(at.map((t) => adjusted[t] as number)) < LEAST_LEFT * spreadOf(seen) ||
      repeats(latest, plan.fittedPeriod)
    ) {
      warnings.push(`${column.name} repeats with the season: left out.`)
      continue
    }
    const rows = at.map((t) => [
      1,
      ...kept.map((one) => one.adjusted[t] as number),
      adjusted[t] as number,
    ])
    const scaled = scaledRows(rows)
    if (rows.length <= kept.length + 2 || qr(matrixOfRows(scaled)).rank < kept.length + 2) {
      warnings.push(`${column.name} follows from the others: left out.`)
      continue
    }
    kept.push({ column, adjusted })
  }
  return kept
}

/** Columns of one size, so that the rank is not a matter of units. */
function scaledRows(rows: readonly (readonly number[])[]): number[][] {
  const width = rows[0]?.length ?? 0
  const sizes = Array.from({ length: width }, (_, j) =>
    rows.reduce((most, row) => Math.max(most, Math.abs(row[j] ?? 0)), 0),
  )
  return rows.map((row) => row.map((value, j) => value / (sizes[j] || 1)))
}

function spreadOf(values: ArrayLike<number>): number {
  const n = values.length
  let mean = 0
  for (let t = 0; t < n; t++) mean += (values[t] as number) / n
  let squares = 0
  for (let t = 0; t < n; t++) squares += ((values[t] as number) - mean) ** 2
  return squares
}

function repeats(values: Float64Array, period: number): boolean {
  if (period < 2) return false
  for (let t = period; t < values.length; t++) if (values[t] !== values[t - period]) return false
  return true
}

/** As long as the values given: `withoutSeasons` may keep the latest only. */
function withoutLongSeasons(values: Float64Array, { removedPeriods }: Plan): Float64Array {
  if (removedPeriods.length === 0) return values
  const { adjusted } = withoutSeasons(values, removedPeriods, 1)
  const out = new Float64Array(values.length).fill(Number.NaN)
  out.set(adjusted, values.length - adjusted.length)
  return out
}

function fitOf(
  known: Float64Array,
  usable: readonly Usable[],
  options: CausesOptions,
): ArimaFit | null {
  const y = withoutLongSeasons(filledForDecomposition(known), options.plan)
  for (let t = 0; t < y.length; t++) if (Number.isNaN(known[t])) y[t] = Number.NaN
  const first = y.findIndex((value) => !Number.isNaN(value))
  try {
    return autoArima(y.subarray(first), {
      period: options.plan.fittedPeriod,
      regressors: usable.map(({ adjusted }) => adjusted.subarray(first)),
      effort: options.effort,
      // Effects hardly depend on the order of what is left.
      maxModels: 20,
      tolerance: 1e-6,
    })
  } catch (error) {
    if (error instanceof StatsError && (error.code === 'too_few' || error.code === 'degenerate')) {
      return null
    }
    throw error
  }
}

function causesOf(columns: readonly Column[], fit: ArimaFit, options: CausesOptions): Causes {
  // The constant, where there is one, comes first.
  const own = fit.slopes.length - columns.length
  const size = fit.slopes.length
  const covariance = (i: number, j: number): number =>
    fit.slopeCovariance.data[(i + own) * size + j + own] as number
  const slope = (i: number): number => fit.slopes[i + own] as number
  const means = columns.map(({ past }) => meanOfKnown(past))
  const n = columns[0]?.past.length ?? 0
  const add = (values: (column: Column) => Float64Array, length: number): Float64Array =>
    Float64Array.from({ length }, (_, t) =>
      columns.reduce((sum, column, i) => sum + slope(i) * (values(column)[t] as number), 0),
    )
  return {
    past: add((column) => column.past, n),
    future: add((column) => column.future, options.horizon),
    deviation: Float64Array.from({ length: options.horizon }, (_, h) => {
      const off = columns.map((column, i) => (column.future[h] as number) - (means[i] as number))
      let variance = 0
      for (const [i, a] of off.entries()) {
        for (const [j, b] of off.entries()) variance += a * b * covariance(i, j)
      }
      return Math.sqrt(Math.max(0, variance))
    }),
    effects: columns.map(({ name }, i) =>
      effectOf(name, slope(i), Math.sqrt(Math.max(0, covariance(i, i))), fit.degrees, options),
    ),
  }
}

function meanOfKnown(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value))
  return known.reduce((sum, value) => sum + value / known.length, 0)
}

function effectOf(
  name: string,
  value: number,
  standardError: number,
  degrees: number,
  { confidence }: CausesOptions,
): Effect {
  if (degrees < 1) {
    return { name, value, standardError: null, t: null, pValue: null, interval: null }
  }
  const distribution = studentT(degrees)
  const half = distribution.upperQuantile((1 - confidence) / 2) * standardError
  const t = standardError > 0 ? value / standardError : null
  return {
    name,
    value,
    standardError,
    t,
    pValue: t === null ? null : Math.min(1, 2 * distribution.survival(Math.abs(t))),
    interval: { low: value - half, high: value + half },
  }
}
