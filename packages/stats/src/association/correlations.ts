import { checkBetween, checkWhole } from '../checks.ts'
import { mstl } from '../decompose/mstl.ts'
import { difference, differencesOf } from '../forecast/arima.ts'
import { filledForDecomposition, firstDifferences } from '../forecast/differencing.ts'
import { detectSeasons, isSeasonal } from '../forecast/seasonality.ts'
import { benjaminiHochberg } from '../hypothesis/multiple-testing.ts'
import { rank } from '../robust/ranks.ts'
import { isConstant } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import { defaultMaxLag, defaultMaxOrder, strongestLag, whitened } from './cross-correlation.ts'

/** A series by name, at the steps that all share; NaN where a value is not known. */
export interface NamedSeries {
  readonly name: string
  readonly values: ArrayLike<number>
}

export interface CorrelationsOptions {
  /** Steps that one may run ahead of the other. Default 10 at most, and no more than a tenth of the values. */
  readonly maxLag?: number
  /** Expected share of false ones among the pairs called significant. Default 0.05. */
  readonly falseDiscoveryRate?: number
  /** 'rank' is not moved by outliers, 'value' sees more in normal values. Default 'rank'. */
  readonly by?: 'rank' | 'value'
  /** Points of cycles that are taken off, [] for none. Default: those that a series shows. */
  readonly periods?: readonly number[]
  /** Names of series whose influence is taken off the others first, such as the number of requests. Default none. */
  readonly controls?: readonly string[]
}

export interface SeriesCorrelation {
  readonly a: string
  readonly b: string
  /** Of what trend, season and their own past do not tell of the two, at the lag where it is greatest. */
  readonly correlation: number
  /** Steps by which b follows a; below 0 a follows b. */
  readonly lag: number
  /** Corrected for the lags looked at. */
  readonly pValue: number
  /** Corrected for the pairs as well (Benjamini and Hochberg). */
  readonly adjusted: number
  readonly significant: boolean
  readonly pairs: number
}

export interface Correlations {
  /** The surest first. */
  readonly correlations: readonly SeriesCorrelation[]
  readonly warnings: readonly string[]
}

/**
 * Which of many series go together, with what lag, and which of that is not chance. Of each is taken off what it has in common with any
 * other of its kind: season, trend (by differences), its own past; then all pairs are tested at all lags, and p-values are
 * corrected for the number of both. A correlation is no cause, and two effects of one cause have it too: give the obvious one
 * (load) as a control.
 *
 * Throws a StatsError: `length` when series differ, `out_of_range` for options and names that are unknown or used twice. Series that
 * do not vary or have fewer than 20 known values are left out with a warning. O(series² · n · maxLag).
 */
export function correlations(
  table: readonly NamedSeries[],
  options: CorrelationsOptions = {},
): Correlations {
  const n = table[0]?.values.length ?? 0
  const { falseDiscoveryRate = 0.05, maxLag = defaultMaxLag(n), controls = [] } = options
  checkBetween(falseDiscoveryRate, 0, 1, 'options.falseDiscoveryRate')
  checkWhole(maxLag, 0, 'options.maxLag')
  const names = new Set<string>()
  for (const [i, { name, values }] of table.entries()) {
    if (values.length !== n)
      throw new StatsError('length', `table[${i}].values`, `${values.length} values, not ${n}`)
    if (names.has(name))
      throw new StatsError('out_of_range', `table[${i}].name`, `${name} is there twice`)
    names.add(name)
  }
  for (const [i, name] of controls.entries())
    if (!names.has(name))
      throw new StatsError('out_of_range', `options.controls[${i}]`, `there is no series ${name}`)
  const warnings: string[] = []
  const cleaned = cleanedSeries(table, options, maxLag, warnings)
  const held = controls.flatMap((name) => cleaned.get(name) ?? [])
  for (const name of controls) cleaned.delete(name)
  const maxOrder = defaultMaxOrder(n)
  const rests = [...cleaned].map(([name, values]) => {
    const rest = whitened(withoutControls(values, held, maxLag), maxOrder)
    return { name, rest: options.by === 'value' ? rest : rankScores(rest) }
  })
  const found: Omit<SeriesCorrelation, 'adjusted' | 'significant'>[] = []
  for (const [i, one] of rests.entries())
    for (const other of rests.slice(i + 1)) {
      if (commonOf(one.rest, other.rest) - maxLag < LEAST_KNOWN / 2) continue
      const { lag, correlation, pValue, pairs } = strongestLag(one.rest, other.rest, maxLag)
      found.push({ a: one.name, b: other.name, correlation, lag, pValue, pairs })
    }
  const adjusted = benjaminiHochberg(found.map(({ pValue }) => pValue))
  const all = found.map((one, i) => {
    const own = adjusted[i] as number
    return { ...one, adjusted: own, significant: own <= falseDiscoveryRate }
  })
  return { correlations: all.sort((a, b) => a.pValue - b.pValue), warnings }
}

const LEAST_KNOWN = 20

/** Series that can be compared, without season, all with the same number of differences: two levels are not compared with one step. */
function cleanedSeries(
  table: readonly NamedSeries[],
  { periods }: CorrelationsOptions,
  maxLag: number,
  warnings: string[],
): Map<string, Float64Array> {
  const cleaned = new Map<string, Float64Array>()
  for (const { name, values } of table) {
    const given = Float64Array.from(values, (value) =>
      Number.isFinite(value) && Math.abs(value) <= 1e300 ? value : Number.NaN,
    )
    const known = given.filter((value) => !Number.isNaN(value))
    if (known.length < Math.max(LEAST_KNOWN, 2 * maxLag) || isConstant(known)) {
      warnings.push(`${name} has too few different values and was left out.`)
      continue
    }
    const most = known.reduce((size, value) => Math.max(size, Math.abs(value)), 0)
    const filled = filledForDecomposition(given.map((value) => value / most))
    const steps = difference(filled, differencesOf(1, 0, 1))
    const wanted =
      periods ??
      detectSeasons(filled)
        .map(({ period }) => period)
        .slice(0, 2)
        .filter((period) => isSeasonal(steps, period))
    const fit = mstl(filled, { periods: wanted })
    const level =
      fit === null
        ? filled
        : filled.map((value, t) =>
            fit.seasonals.reduce((left, season) => left - (season.values[t] as number), value),
          )
    const d = firstDifferences(level)
    const flat = d === 0 ? level : difference(level, differencesOf(d, 0, 1))
    // Places stay those of the table; what was filled in, or differs from it, is not known.
    cleaned.set(
      name,
      Float64Array.from(given, (_, t) => {
        for (let j = 0; j <= d; j++) if (Number.isNaN(given[t - j] ?? Number.NaN)) return Number.NaN
        return flat[t - d] as number
      }),
    )
  }
  return cleaned
}

/** The residual of a regression on the controls at lags 0 … maxLag of each, by Gram and Schmidt. */
function withoutControls(
  values: Float64Array,
  controls: readonly Float64Array[],
  maxLag: number,
): Float64Array {
  if (controls.length === 0) return values
  let rest = centredOf(values)
  const basis: Float64Array[] = []
  for (const control of controls)
    for (let lag = 0; lag <= Math.min(maxLag, 3); lag++) {
      const shifted = control.map((_, t) => control[t - lag] ?? Number.NaN)
      let own = centredOf(shifted)
      for (const other of basis) own = without(own, other)
      basis.push(own)
      rest = without(rest, own)
    }
  return rest.map((value, t) => (Number.isNaN(values[t]) ? Number.NaN : value))
}

/** Around the mean, 0 where not known, so that sums leave it out. */
function centredOf(values: Float64Array): Float64Array {
  const known = values.filter((value) => !Number.isNaN(value))
  const mean = known.reduce((sum, value) => sum + value / known.length, 0)
  return values.map((value) => (Number.isNaN(value) ? 0 : value - mean))
}

function without(values: Float64Array, other: Float64Array): Float64Array {
  let [product, square] = [0, 0]
  for (let t = 0; t < values.length; t++) {
    product += (values[t] as number) * (other[t] as number)
    square += (other[t] as number) ** 2
  }
  if (!(square > 1e-24)) return values
  return values.map((value, t) => value - (product / square) * (other[t] as number))
}

function rankScores(values: Float64Array): Float64Array {
  const known = values.filter((value) => !Number.isNaN(value))
  const { ranks } = rank(known)
  let next = 0
  return values.map((value) => (Number.isNaN(value) ? Number.NaN : (ranks[next++] as number)))
}

function commonOf(x: Float64Array, y: Float64Array): number {
  let count = 0
  for (let t = 0; t < x.length; t++) if (!Number.isNaN(x[t]) && !Number.isNaN(y[t])) count++
  return count
}
