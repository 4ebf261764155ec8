import { checkFinite, checkPositive, checkWithin } from '../checks.ts'
import { normalCdf } from '../distributions/normal.ts'
import { createMatrix } from '../linear/matrix.ts'
import { qr, solveLeastSquares } from '../linear/qr.ts'

export interface CusumOptions {
  readonly mean: number
  readonly deviation: number
  /** Slack in deviations: half of the shift to find. Default 0.5. */
  readonly slack?: number
  /** Alarm above it, in deviations. Default 5: one false alarm in 465 values. */
  readonly limit?: number
}

export interface EwmaOptions {
  readonly mean: number
  readonly deviation: number
  /** Weight of the latest value, above 0 and at most 1. Default 0.1. */
  readonly weight?: number
  /** Alarm beyond it, in deviations of the average. Default 2.814: one false alarm in 500 values. */
  readonly limit?: number
}

export interface Chart {
  /** Statistic after each value: of the side that is farther out, below 0 on the lower one. NaN where the value is missing. */
  readonly statistic: Float64Array
  /** Places of the alarms; the chart starts again behind each. */
  readonly alarms: readonly number[]
}

/**
 * Cumulative sums to both sides (Page 1954): S = max(0, S + (x − μ)/σ − k), and its mirror; an alarm where one exceeds h. NaN is
 * missing and changes nothing. `deviation` is above 0, else a StatsError. O(n).
 */
export function cusumChart(values: ArrayLike<number>, options: CusumOptions): Chart {
  const { mean, deviation, slack = 0.5, limit = 5 } = options
  checkFinite(mean, 'options.mean')
  checkPositive(deviation, 'options.deviation')
  checkWithin(slack, 0, Number.MAX_VALUE, 'options.slack')
  checkPositive(limit, 'options.limit')
  const alarms: number[] = []
  let [up, down] = [0, 0]
  const statistic = Float64Array.from(values, (value, i) => {
    if (Number.isNaN(value)) return Number.NaN
    const z = (value - mean) / deviation
    up = Math.max(0, up + z - slack)
    down = Math.max(0, down - z - slack)
    const out = up >= down ? up : -down
    if (Math.abs(out) > limit) {
      alarms.push(i)
      up = 0
      down = 0
    }
    return out
  })
  return { statistic, alarms }
}

/**
 * Exponentially weighted moving average (Roberts 1959), in standard deviations that it has after infinitely many values,
 * σ √(λ / (2 − λ)); an alarm beyond the limit. NaN is missing. O(n).
 */
export function ewmaChart(values: ArrayLike<number>, options: EwmaOptions): Chart {
  const { mean, deviation, weight = 0.1, limit = 2.814 } = options
  checkFinite(mean, 'options.mean')
  checkPositive(deviation, 'options.deviation')
  checkPositive(weight, 'options.weight')
  checkWithin(weight, 0, 1, 'options.weight')
  checkPositive(limit, 'options.limit')
  const scale = Math.sqrt(weight / (2 - weight))
  const alarms: number[] = []
  let average = 0
  const statistic = Float64Array.from(values, (value, i) => {
    if (Number.isNaN(value)) return Number.NaN
    average += weight * ((value - mean) / deviation - average)
    const out = average / scale
    if (Math.abs(out) > limit) {
      alarms.push(i)
      average = 0
    }
    return out
  })
  return { statistic, alarms }
}

/** States of the Markov chain of a run length: its error is of the order of their number to the power of −2. */
const STATES = 151

/**
 * Average run length of the two-sided CUSUM: values until an alarm when the mean is `shift` deviations off, of normal values.
 * Of each side by a Markov chain (Brook and Evans 1972), both together by 1/L = 1/L⁺ + 1/L⁻ (Van Dobben de Bruyn
 * 1968). Within 0.5 % for limits up to 10.
 */
export function cusumRunLength(slack = 0.5, limit = 5, shift = 0): number {
  checkWithin(slack, 0, Number.MAX_VALUE, 'slack')
  checkPositive(limit, 'limit')
  checkFinite(shift, 'shift')
  const one = (mean: number): number => {
    // State 0 is the sum 0; the others are middles of equal parts.
    const width = (2 * limit) / (2 * STATES - 1)
    return runLength(STATES, 0, (from, to) => {
      const start = from * width
      const high = (to + 0.5) * width - start - mean + slack
      return to === 0 ? normalCdf(high) : normalCdf(high) - normalCdf(high - width)
    })
  }
  const near = one(Math.abs(shift))
  // The side that is away from the shift takes about e to this power: beyond it, it adds nothing and cannot be solved for.
  if (2 * (slack + Math.abs(shift)) * limit > 25) return near
  return 1 / (1 / near + 1 / one(-Math.abs(shift)))
}

/** Average run length of the EWMA chart, by a Markov chain (Lucas and Saccucci 1990). */
export function ewmaRunLength(weight = 0.1, limit = 2.814, shift = 0): number {
  checkPositive(weight, 'weight')
  checkWithin(weight, 0, 1, 'weight')
  checkPositive(limit, 'limit')
  checkFinite(shift, 'shift')
  const reach = limit * Math.sqrt(weight / (2 - weight))
  const width = (2 * reach) / STATES
  return runLength(STATES, (STATES - 1) / 2, (from, to) => {
    const start = -reach + (from + 0.5) * width
    const low = (-reach + to * width - (1 - weight) * start) / weight - shift
    return normalCdf(low + width / weight) - normalCdf(low)
  })
}

/** Mean steps until a chain with these transitions between transient states is absorbed: (I − Q) L = 1. */
function runLength(
  states: number,
  start: number,
  transition: (from: number, to: number) => number,
): number {
  const system = createMatrix(states, states)
  for (let i = 0; i < states; i++) {
    for (let j = 0; j < states; j++)
      system.data[i * states + j] = (i === j ? 1 : 0) - transition(i, j)
  }
  const lengths = solveLeastSquares(qr(system), new Float64Array(states).fill(1))
  return lengths[start] as number
}
