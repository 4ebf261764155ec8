import { checkBetween, checkPositive, checkWithin } from '../checks.ts'
import type { Interval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { type MixtureBoundary, mixtureBoundary } from './mixture-boundary.ts'

export interface BoundedMeanOptions {
  /** Least and greatest value that there can be. */
  readonly low: number
  readonly high: number
  /** Default 0.95. */
  readonly confidence?: number
  /** Number of values at which the interval shall be the narrowest, if they vary by a quarter of the range. Default 1000. */
  readonly tightestAt?: number
}

export interface BoundedMeanState {
  readonly version: 1
  readonly options: Required<BoundedMeanOptions>
  readonly count: number
  readonly sum: number
  readonly variation: number
  readonly interval: Interval
}

/**
 * Interval of the mean of bounded values, one after another, that holds at all times at once and for any count: the empirical
 * Bernstein confidence sequence of Howard, Ramdas, McAuliffe and Sekhon (2021, theorem 4). Its width follows the squared errors of the mean
 * so far as a forecast of the next value. Intervals are those of all times before in common, so that they only shrink.
 */
export interface BoundedMean {
  /** A StatsError for a value outside of the bounds. Constant time. */
  add(value: number): void
  /** Null without values. */
  estimate(): number | null
  interval(): Interval
  state(): BoundedMeanState
}

export function boundedMean(options: BoundedMeanOptions): BoundedMean {
  const { low, high, confidence = 0.95, tightestAt = 1000 } = options
  const settings = { low, high, confidence, tightestAt }
  return boundedMeanOf({
    version: 1,
    options: settings,
    count: 0,
    sum: 0,
    variation: 0,
    interval: { low, high },
  })
}

/** The sequence that `state()` was read from. */
export function restoreBoundedMean(state: BoundedMeanState): BoundedMean {
  if (state.version !== 1)
    throw new StatsError('out_of_range', 'state.version', `${String(state.version)} is not 1`)
  return boundedMeanOf(state)
}

function boundedMeanOf(state: BoundedMeanState): BoundedMean {
  const { low, high, confidence, tightestAt } = state.options
  checkWithin(low, -1e100, 1e100, 'options.low')
  checkWithin(high, -1e100, 1e100, 'options.high')
  if (!(low < high))
    throw new StatsError('out_of_range', 'options.high', `${high} is not above ${low}`)
  checkBetween(confidence, 0, 1, 'options.confidence')
  checkPositive(tightestAt, 'options.tightestAt')
  // Values are taken as shares of their range; each side gets half of alpha.
  const width = high - low
  const alpha = (1 - confidence) / 2
  const boundary: MixtureBoundary = mixtureBoundary(
    { type: 'gamma-exponential', scale: 1 },
    { tightestAt: tightestAt / 16, tightestFor: Math.min(0.05, alpha) },
  )
  let { count, sum, variation } = state
  // The interval is worked out when it is asked for, and always where it was told before.
  let { interval } = state
  return {
    add(value) {
      checkWithin(value, low, high, 'value')
      const share = (value - low) / width
      const forecast = count > 0 ? sum / count : 0.5
      variation += (share - forecast) ** 2
      sum += share
      count++
    },
    estimate: () => (count > 0 ? low + (width * sum) / count : null),
    interval() {
      if (count === 0) return interval
      const half = boundary.bound(Math.max(variation, 1e-12), alpha) / count
      const middle = sum / count
      const ends = { low: low + width * (middle - half), high: low + width * (middle + half) }
      const next = {
        low: Math.max(interval.low, ends.low),
        high: Math.min(interval.high, ends.high),
      }
      // Empty once in 1 / alpha sequences at most; then the present one is all there is to say.
      interval = next.low <= next.high ? next : ends
      return interval
    },
    state: () => ({ version: 1, options: state.options, count, sum, variation, interval }),
  }
}
