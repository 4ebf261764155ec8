import { checkBetween, checkPositive, checkWhole } from '../checks.ts'
import { mstl } from '../decompose/mstl.ts'
import { filledForDecomposition } from '../forecast/differencing.ts'
import { checkPeriod } from '../forecast/fit.ts'
import { detectSeasons, isSeasonal } from '../forecast/seasonality.ts'
import { autocorrelations } from '../series/autocorrelation.ts'
import { isConstant, type RegularSeries } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import { type ChangePoint, describeChanges, type Segment, summarise } from './describe-change.ts'
import { MOST_AUTOCORRELATION, type Noise, noiseOf, withoutSpikes } from './noise.ts'
import { logSquares, residualsOf } from './residuals.ts'
import { bestCut, pelt } from './search.ts'
import { lineCost, meanCost, poissonCost, rankCost, type SegmentCost } from './segment-cost.ts'

/**
 * What is taken to change: 'level' between constants, 'line' between straight lines, 'auto' whichever of the two explains the
 * series better; 'rate' of counts that are Poisson but for overdispersion; 'distribution' of whatever kind, by ranks.
 */
export type ChangeModel = 'auto' | 'level' | 'line' | 'rate' | 'distribution'

export interface ChangePointOptions {
  /** Default 'auto'. */
  readonly model?: ChangeModel
  /** Also look for changes of the variance about the levels or lines. Default false. */
  readonly variance?: boolean
  /** Points of cycles that are taken off before, [] for none. Default: those that the series shows. */
  readonly periods?: readonly number[]
  /** What a change must save, in ln n for a change of level and half as much again for one of a line. Default 3. */
  readonly penalty?: number
  /** Least number of values between changes. Default 5. */
  readonly leastLength?: number
  /** Of the intervals of the places. Default 0.95. */
  readonly confidence?: number
}

export interface ChangePoints {
  /** In the order of the series. */
  readonly changes: readonly ChangePoint[]
  /** Between changes of level, line, rate or distribution; changes of the variance alone cut none. */
  readonly segments: readonly Segment[]
  /** What was taken to change. */
  readonly model: Exclude<ChangeModel, 'auto'>
  /** Points of the cycles that were taken off. */
  readonly periods: readonly number[]
  /** Autocorrelation of the noise at lag 1. */
  readonly autocorrelation: number
  readonly warnings: readonly string[]
}

/** Changes are looked for at so many places at most, and then between them. */
const MOST_PLACES = 2_000
/** The noise is taken for at least this share of the deviation of all values: what is smaller nobody would call a change. */
const LEAST_NOISE = 0.4
/** The savings of ranks add up several quantiles, and spread more than those of one parameter. */
const RANK_PENALTY = 5 / 3
/** Fewer values do not tell how loud they are. */
const LEAST_LOUD_LENGTH = 20
/** Steps by which a change may mislead about a period. */
const PERIOD_SLACK = 2
/** Cycles over which periods are compared. */
const MOST_CYCLES = 8
/** A variance needs more values than a level. */
const LEAST_VARIANCE_LENGTH = 25

/**
 * Where a series changes, with defaults that need no thought: fills gaps, takes off seasons and spikes, finds the best set of changes
 * exactly (PELT) under a penalty that grows with the autocorrelation of the noise, and tells of each what kind it is, how
 * large, where it may lie and how surprising it would be without a change.
 *
 * `series` is a regular series or its values at equal steps, NaN for what is missing. Throws a StatsError: `too_few` without any
 * known value, `out_of_range` for options and for negative counts. Series too short or without variation have no changes and a
 * warning. At most O(n²) for 2,000 values (about 0.1 s), O(n) beyond.
 */
export function changePoints(
  series: RegularSeries | ArrayLike<number>,
  options: ChangePointOptions = {},
): ChangePoints {
  const { penalty = 3, leastLength = 5, confidence = 0.95 } = options
  checkPositive(penalty, 'options.penalty')
  checkWhole(leastLength, 2, 'options.leastLength')
  checkBetween(confidence, 0, 1, 'options.confidence')
  for (const period of options.periods ?? []) checkPeriod(period)
  const regular = 'values' in series && 'step' in series ? series : null
  const warnings: string[] = [...(regular?.warnings ?? [])]
  const { values, scale } = completed(regular?.values ?? (series as ArrayLike<number>), warnings)
  const prepared = prepare(values, options, warnings)
  const found = segmentation(prepared, options, penalty, leastLength)
  const { noise, clean } = prepared
  const bounds = [0, ...found.changes, values.length]
  const lines = found.model === 'line'
  const segments = bounds
    .slice(1)
    .map((end, i) => summarise(clean, bounds[i] as number, end, lines, scale))
  if (noise.autocorrelation >= MOST_AUTOCORRELATION)
    warnings.push('The series wanders: a change may be a drift that went on and turned.')
  const told = describeChanges(clean, found, { confidence, leastLength, scale })
  const spread =
    options.variance === true
      ? varianceChanges(prepared, found.changes, lines, penalty, confidence, scale)
      : []
  const start = regular?.start ?? 0
  const step = regular?.step ?? 1
  const changes = [...told, ...spread]
    .sort((a, b) => a.index - b.index)
    .map((change) => ({ ...change, time: start + change.index * step }))
  return {
    changes,
    segments,
    model: found.model,
    periods: prepared.periods,
    autocorrelation: noise.autocorrelation,
    warnings,
  }
}

/** Known values in units of the greatest, gaps bridged by lines. */
function completed(
  given: ArrayLike<number>,
  warnings: string[],
): { values: Float64Array; scale: number } {
  const all = Float64Array.from(given, (value) => (Number.isFinite(value) ? value : Number.NaN))
  const missing = all.filter((value) => Number.isNaN(value)).length
  if (missing === all.length)
    throw new StatsError('too_few', 'series', 'no known value; give at least one')
  if (missing > 0) warnings.push(`${missing} missing values were bridged.`)
  const values = filledForDecomposition(all)
  let most = 0
  for (const value of values) most = Math.max(most, Math.abs(value))
  const scale = most > 1e-290 ? most : 1
  return { values: values.map((value) => value / scale), scale }
}

interface Prepared {
  /** Without seasons and spikes. */
  readonly clean: Float64Array
  readonly periods: readonly number[]
  readonly noise: Noise
}

function prepare(
  values: Float64Array,
  { model = 'auto', periods }: ChangePointOptions,
  warnings: string[],
): Prepared {
  if (isConstant(values)) {
    if (values.length > 1) warnings.push('The series is constant: nothing changes.')
    return { clean: values, periods: [], noise: noiseOf(values) }
  }
  const spiky = withoutSpikes(values, noiseOf(values).deviation)
  const shown = (): readonly number[] => {
    if (model === 'rate') return []
    const seen = shownPeriods(values)
    // Spikes can hide a season; but the peaks of a season can look like spikes.
    return seen.length > 0 || spiky.spikes.length === 0 ? seen : shownPeriods(spiky.values)
  }
  const fit = mstl(values, { periods: periods ?? shown(), robust: spiky.spikes.length > 0 })
  const rest =
    fit === null
      ? values
      : values.map((value, t) =>
          fit.seasonals.reduce((left, season) => left - (season.values[t] as number), value),
        )
  const rough = noiseOf(rest)
  // Ranks and counts bear spikes, and replaced counts would not be counts.
  const bears = model === 'rate' || model === 'distribution'
  const { values: clean, spikes } = bears
    ? { values: rest, spikes: [] }
    : withoutSpikes(rest, rough.deviation)
  if (spikes.length > 0) warnings.push(`${spikes.length} values stand out by themselves.`)
  const left = fit?.seasonals.map(({ period }) => period) ?? []
  return { clean, periods: left, noise: spikes.length > 0 ? noiseOf(clean) : rough }
}

/**
 * Seasons of the values that are still there without a moving mean of their length: a change alone would pass for a long season,
 * and draws the period of a real one to itself by a step or two, which is put right.
 */
function shownPeriods(values: Float64Array): number[] {
  const found = detectSeasons(values)
    .slice(0, 2)
    .map(({ period }) => nearestPeriod(values, period))
  return [...new Set(found)].filter((period) =>
    isSeasonal(withoutMovingMean(values, period), period),
  )
}

/** The period within two steps that fits best over several cycles, of which one that is off by one is off by more each time. */
function nearestPeriod(values: Float64Array, found: number): number {
  const slack = Math.min(PERIOD_SLACK, Math.floor(found / 8))
  const cycles = Math.max(1, Math.min(MOST_CYCLES, Math.floor(values.length / found) - 1))
  const r = autocorrelations(withoutMovingMean(values, found), cycles * (found + slack))
  const fit = (period: number): number => {
    let sum = 0
    for (let k = 1; k <= cycles; k++) sum += r[k * period] as number
    return sum
  }
  let best = found
  for (let other = found - slack; other <= found + slack; other++)
    if (fit(other) > fit(best)) best = other
  return best
}

function withoutMovingMean(values: Float64Array, width: number): Float64Array {
  const n = values.length
  const sums = new Float64Array(n + 1)
  for (let t = 0; t < n; t++) sums[t + 1] = (sums[t] as number) + (values[t] as number)
  const half = Math.floor(width / 2)
  return values.map((value, t) => {
    const [from, to] = [Math.max(0, t - half), Math.min(n, t - half + width)]
    return value - ((sums[to] as number) - (sums[from] as number)) / (to - from)
  })
}

export interface Segmentation {
  readonly changes: readonly number[]
  readonly model: Exclude<ChangeModel, 'auto'>
  readonly cost: SegmentCost
  /** What the savings are divided by for their distribution to be that of independent values. */
  readonly inflation: number
}

function segmentation(
  { clean, noise }: Prepared,
  { model = 'auto' }: ChangePointOptions,
  penalty: number,
  leastLength: number,
): Segmentation {
  const n = clean.length
  const whole = deviationOf(clean)
  const usual = Math.log(Math.max(n, 2)) * penalty
  const search = (cost: SegmentCost, each: number): readonly number[] =>
    whole > 0 ? searched(cost, each, leastLength) : []
  const autocorrelated = (1 + noise.autocorrelation) / (1 - noise.autocorrelation)
  if (model === 'distribution') {
    const cost = rankCost(clean)
    const changes = search(cost, RANK_PENALTY * usual * autocorrelated)
    return { changes, model, cost, inflation: autocorrelated }
  }
  if (model === 'rate') return rateSegmentation(clean, noise, usual, search)
  const deviation = Math.max(noise.longRunDeviation, LEAST_NOISE * whole) || 1
  const kinds = {
    level: { cost: meanCost(clean, deviation), each: usual, fixed: 0 },
    line: { cost: lineCost(clean, deviation), each: 1.5 * usual, fixed: Math.log(Math.max(n, 2)) },
  }
  const of = (kind: 'level' | 'line'): Segmentation & { readonly total: number } => {
    const { cost, each, fixed } = kinds[kind]
    const changes = withoutLoud(clean, search(cost, each), cost, each, deviation, kind === 'line')
    const total = fixed + changes.length * each + sumOf(cost, changes)
    return { changes, model: kind, cost, inflation: 1, total }
  }
  if (model !== 'auto') return of(model)
  const [level, line] = [of('level'), of('line')]
  return level.total <= line.total ? level : line
}

/**
 * Leaves out changes, the least first, that save too little for the noise beside them: where it is louder than elsewhere, it passes
 * for changes of level.
 */
function withoutLoud(
  values: Float64Array,
  changes: readonly number[],
  cost: SegmentCost,
  penalty: number,
  deviation: number,
  lines: boolean,
): readonly number[] {
  const kept = [...changes]
  for (;;) {
    const bounds = [0, ...kept, values.length]
    const residuals = residualsOf(values, kept, lines)
    const loudness = bounds.slice(1).map((end, i) => {
      const own = residuals.subarray(bounds[i], end)
      if (own.length < LEAST_LOUD_LENGTH) return 1
      return Math.max(1, (noiseOf(own).longRunDeviation / deviation) ** 2)
    })
    let [weakest, least] = [-1, penalty]
    for (const [i, at] of kept.entries()) {
      const [start, end] = [bounds[i] as number, bounds[i + 2] as number]
      const saved = cost.between(start, end) - cost.between(start, at) - cost.between(at, end)
      const own = saved / Math.max(loudness[i] as number, loudness[i + 1] as number)
      if (own < least) [weakest, least] = [i, own]
    }
    if (weakest < 0) return kept
    kept.splice(weakest, 1)
  }
}

/** Of counts whose variance is a multiple of their mean, told from the noise. */
function rateSegmentation(
  counts: Float64Array,
  noise: Noise,
  usual: number,
  search: (cost: SegmentCost, each: number) => readonly number[],
): Segmentation {
  const mean = counts.reduce((sum, value) => sum + value / counts.length, 0)
  const cost = poissonCost(counts)
  // In units of the scale, in which a Poisson count has not its mean as variance: the ratio to it takes care of that.
  const inflation = mean > 0 ? noise.longRunDeviation ** 2 / mean : 1
  const changes = search(cost, usual * (inflation > 0 ? inflation : 1))
  return { changes, model: 'rate', cost, inflation: inflation > 0 ? inflation : 1 }
}

/** PELT on a grid, then each change moved to the best place between its neighbours. */
function searched(cost: SegmentCost, penalty: number, leastLength: number): readonly number[] {
  const stride = Math.ceil(cost.length / MOST_PLACES)
  const found = pelt(cost, { penalty, leastLength, stride })
  if (stride === 1) return found
  const bounds = [0, ...found, cost.length]
  return found.map((at, i) => {
    const from = Math.max(bounds[i] as number, at - stride - leastLength)
    const to = Math.min(bounds[i + 2] as number, at + stride + leastLength)
    return bestCut(cost, from, to, leastLength)?.at ?? at
  })
}

function sumOf(cost: SegmentCost, changes: readonly number[]): number {
  const bounds = [0, ...changes, cost.length]
  return bounds.slice(1).reduce((sum, end, i) => sum + cost.between(bounds[i] as number, end), 0)
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / values.length, 0))
}

/** Changes of the variance about the levels or lines, less those that are changes of these at the same place. */
function varianceChanges(
  { clean, noise: { autocorrelation } }: Prepared,
  changes: readonly number[],
  lines: boolean,
  penalty: number,
  confidence: number,
  scale: number,
): Omit<ChangePoint, 'time'>[] {
  const n = clean.length
  if (n < 2 * LEAST_VARIANCE_LENGTH) return []
  const residuals = residualsOf(clean, changes, lines)
  const scores = logSquares(residuals, autocorrelation)
  if (scores === null) return []
  const noise = noiseOf(scores)
  const deviation = Math.max(noise.longRunDeviation, LEAST_NOISE * deviationOf(scores))
  if (!(deviation > 0)) return []
  const cost = meanCost(scores, deviation)
  const found = searched(cost, penalty * Math.log(n), LEAST_VARIANCE_LENGTH)
  return describeChanges(
    residuals,
    { changes: found, model: 'variance', cost, inflation: 1 },
    { confidence, leastLength: LEAST_VARIANCE_LENGTH, scale },
  ).filter(({ index }) => changes.every((at) => Math.abs(at - index) >= LEAST_VARIANCE_LENGTH))
}
