import type { Interval } from '../regression.ts'
import { logGamma } from '../special/log-gamma.ts'
import { lineOf } from './residuals.ts'
import type { SegmentCost } from './segment-cost.ts'

/**
 * - `level`: the values go on higher or lower
 * - `trend`: they rise or fall at another rate
 * - `variance`: they vary more or less about where they were
 * - `distribution`: told by ranks, which say no more
 */
export type ChangeType = 'level' | 'trend' | 'variance' | 'distribution'

/** The values from `start` up to, not including, `end`, without seasons and spikes. */
export interface Segment {
  readonly start: number
  readonly end: number
  readonly mean: number
  /** About the mean, or the line where lines were fitted. */
  readonly deviation: number
  /** By step; 0 where levels were fitted. */
  readonly slope: number
}

export interface ChangePoint {
  /** Of the first value after the change. */
  readonly index: number
  /** The same as time of a regular series; the index of values alone. */
  readonly time: number
  readonly type: ChangeType
  /** What was and what came: levels, slopes by step, standard deviations, or medians of a distribution. */
  readonly before: number
  readonly after: number
  /** After less before. */
  readonly size: number
  /** The size over |before|; null from 0. */
  readonly relativeSize: number | null
  /** Indices among which the change lies with the confidence asked for, both included. */
  readonly interval: Interval
  /** Chance of as much saved by the best cut of this stretch without a change. Not corrected for several stretches. */
  readonly pValue: number
}

export interface Told {
  readonly confidence: number
  readonly leastLength: number
  /** Unit of the values. */
  readonly scale: number
}

interface Found {
  readonly changes: readonly number[]
  readonly model: 'level' | 'line' | 'rate' | 'distribution' | 'variance'
  readonly cost: SegmentCost
  readonly inflation: number
}

export function summarise(
  values: Float64Array,
  start: number,
  end: number,
  lines: boolean,
  scale: number,
): Segment {
  const { slope, at } = lineOf(values, start, end, lines)
  const count = end - start
  let squares = 0
  for (let t = start; t < end; t++) squares += ((values[t] as number) - at(t)) ** 2 / count
  return {
    start,
    end,
    mean: bounded(at((start + end - 1) / 2) * scale),
    deviation: bounded(Math.sqrt(squares) * scale),
    slope: bounded(slope * scale),
  }
}

export function describeChanges(
  values: Float64Array,
  found: Found,
  { confidence, leastLength, scale }: Told,
): Omit<ChangePoint, 'time'>[] {
  const { changes, cost, inflation, model } = found
  const bounds = [0, ...changes, values.length]
  return changes.map((index, i) => {
    const [start, end] = [bounds[i] as number, bounds[i + 2] as number]
    const cut = (at: number): number =>
      (cost.between(start, at) + cost.between(at, end)) / inflation
    const saved = cost.between(start, end) / inflation - cut(index)
    const parameters = model === 'line' ? 2 : 1
    const { type, before, after } = sidesOf(values, start, index, end, model)
    const size = after - before
    return {
      index,
      type,
      before: bounded(before * scale),
      after: bounded(after * scale),
      size: bounded(size * scale),
      relativeSize: before === 0 ? null : size / Math.abs(before),
      interval: intervalOf(cut, start, index, end, Math.max(cost.least, 2), confidence),
      pValue: chanceOfCut(saved, parameters, leastLength / (end - start)),
    }
  })
}

/**
 * Places whose cut is nearly as good as the best: the likelihood ratio of a place has the distribution of the greater of two
 * exponential ones (Siegmund 1988), so that they hold the true one with the given confidence.
 */
function intervalOf(
  cut: (at: number) => number,
  start: number,
  index: number,
  end: number,
  least: number,
  confidence: number,
): Interval {
  const limit = cut(index) - 2 * Math.log1p(-Math.sqrt(confidence))
  let [low, high] = [index, index]
  for (let at = start + least; at <= end - least; at++) {
    if (at === index || cut(at) > limit) continue
    low = Math.min(low, at)
    high = Math.max(high, at)
  }
  return { low, high }
}

/**
 * Tail of the greatest saving over all cuts of a stretch but those within `edge` of its ends, for a change of p
 * parameters (Vostrikova 1981; Csörgő and Horváth 1997, 1.3.26). At most 1.
 */
export function chanceOfCut(saved: number, parameters: number, edge: number): number {
  const p = parameters
  if (!(saved > p)) return 1
  const share = Math.min(0.499, Math.max(edge, 1e-9))
  const reach = 2 * Math.log((1 - share) / share)
  const log = (p / 2) * Math.log(saved) - saved / 2 - (p / 2) * Math.LN2 - logGamma(p / 2)
  return Math.min(1, Math.exp(log) * (reach * (1 - p / saved) + 4 / saved))
}

function sidesOf(
  values: Float64Array,
  start: number,
  index: number,
  end: number,
  model: Found['model'],
): { type: ChangeType; before: number; after: number } {
  const lines = model === 'line'
  const [left, right] = [lineOf(values, start, index, lines), lineOf(values, index, end, lines)]
  if (model === 'variance') {
    return {
      type: 'variance',
      before: summarise(values, start, index, false, 1).deviation,
      after: summarise(values, index, end, false, 1).deviation,
    }
  }
  if (model === 'distribution') {
    return {
      type: 'distribution',
      before: middleOf(values.slice(start, index)),
      after: middleOf(values.slice(index, end)),
    }
  }
  if (lines && bendsRatherThanJumps(values, start, index, end))
    return { type: 'trend', before: left.slope, after: right.slope }
  // Between the last value before and the first after, where lines say something of both.
  return { type: 'level', before: left.at(index - 0.5), after: right.at(index - 0.5) }
}

function middleOf(values: Float64Array): number {
  const sorted = values.sort()
  const n = sorted.length
  return ((sorted[Math.floor((n - 1) / 2)] as number) + (sorted[Math.floor(n / 2)] as number)) / 2
}

/** Whether two lines that meet leave less than two that are parallel, with as many parameters. */
function bendsRatherThanJumps(
  values: Float64Array,
  start: number,
  index: number,
  end: number,
): boolean {
  const step = (t: number): number => (t < index ? 0 : 1)
  const bend = (t: number): number => Math.max(0, t - index + 0.5)
  return restBeside(values, start, end, bend) < restBeside(values, start, end, step)
}

/** Sum of squares left by a line and a multiple of another regressor (Frisch, Waugh and Lovell). */
function restBeside(
  values: Float64Array,
  start: number,
  end: number,
  regressor: (t: number) => number,
): number {
  const x = values.slice(start, end)
  const z = Float64Array.from(x, (_, i) => regressor(start + i))
  const [lineX, lineZ] = [lineOf(x, 0, x.length, true), lineOf(z, 0, z.length, true)]
  let [xx, xz, zz] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const a = (x[i] as number) - lineX.at(i)
    const b = (z[i] as number) - lineZ.at(i)
    xx += a * a
    xz += a * b
    zz += b * b
  }
  return zz > 0 ? xx - (xz * xz) / zz : xx
}

function bounded(value: number): number {
  return Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, value))
}
