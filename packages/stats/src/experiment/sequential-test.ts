import { checkBetween, checkPositive, checkWhole, checkWithin } from '../checks.ts'
import {
  addToMoments,
  countOf,
  createMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  varianceOf,
} from '../moments.ts'
import type { Interval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { mixturePrecision } from './mixture-boundary.ts'

export interface SequentialTestOptions {
  /** Of the intervals. Default 0.95. */
  readonly confidence?: number
  /**
   * Deviation of the differences that are thought possible, in units of the values: the mixture's τ. By default it is such that
   * intervals are the narrowest at 5000 values of both variants together.
   */
  readonly effectDeviation?: number
  /** Values of each variant before anything is concluded: variances are estimated. Default 100. */
  readonly from?: number
}

export type Variant = 'control' | 'treatment'

export interface SequentialResult {
  readonly counts: Readonly<Record<Variant, number>>
  /** Mean of the treatment less that of the control; null while a variant has no value. */
  readonly difference: number | null
  /** p-value that holds whenever one stops, the least of all looks so far; 1 before there is enough. */
  readonly pValue: number
  /** Differences that no look so far has ruled out; all before there is enough. */
  readonly interval: Interval
  /** ln of the likelihood ratio of a difference to none, at this look. */
  readonly logEvidence: number
}

export interface SequentialTestState {
  readonly version: 1
  readonly options: SequentialTestOptions
  readonly control: readonly number[]
  readonly treatment: readonly number[]
  readonly pValue: number
  /** Ends are null where nothing has been ruled out. */
  readonly interval: { readonly low: number | null; readonly high: number | null }
}

/** A comparison of two variants that may be looked at after every value, and stopped at any look. */
export interface SequentialTest {
  /** Constant time. A StatsError for a value that is not finite. */
  add(variant: Variant, value: number): void
  /** Adds a record of `moments`. */
  addMoments(variant: Variant, record: Float64Array): void
  /** A look. Constant time. */
  look(): SequentialResult
  state(): SequentialTestState
}

const GREATEST = 1e100
const TIGHTEST = 5000

/**
 * Mixture sequential probability ratio test of two means (Robbins 1970; Johari, Koomen, Pekelis and Walsh 2017): with D the difference and v
 * the variance of its estimate, Λ = √(v / (v + τ²)) exp(D² τ² / (2 v (v + τ²))), and the always-valid p-value is the least 1 / Λ of
 * all looks. The interval holds the differences that would not have been refuted so, at all looks in common. Normal by the central limit,
 * with estimated variances: hence `from`. Throws a StatsError for options that make no sense.
 */
export function sequentialTest(options: SequentialTestOptions = {}): SequentialTest {
  return testOf(
    { ...options },
    createMoments(),
    createMoments(),
    1,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  )
}

/** The test that `state()` was read from. */
export function restoreSequentialTest(state: SequentialTestState): SequentialTest {
  if (state.version !== 1)
    throw new StatsError('out_of_range', 'state.version', `${String(state.version)} is not 1`)
  for (const name of ['control', 'treatment'] as const)
    if (state[name].length !== MOMENTS_WIDTH || !state[name].every(Number.isFinite))
      throw new StatsError('out_of_range', `state.${name}`, 'is no record of moments')
  checkWithin(state.pValue, 0, 1, 'state.pValue')
  return testOf(
    { ...state.options },
    Float64Array.from(state.control),
    Float64Array.from(state.treatment),
    state.pValue,
    state.interval.low ?? Number.NEGATIVE_INFINITY,
    state.interval.high ?? Number.POSITIVE_INFINITY,
  )
}

function testOf(
  options: SequentialTestOptions,
  control: Float64Array,
  treatment: Float64Array,
  pValueBefore: number,
  lowBefore: number,
  highBefore: number,
): SequentialTest {
  const { confidence = 0.95, effectDeviation, from = 100 } = options
  checkBetween(confidence, 0, 1, 'options.confidence')
  if (effectDeviation !== undefined) checkPositive(effectDeviation, 'options.effectDeviation')
  checkWhole(from, 2, 'options.from')
  const alpha = 1 - confidence
  const precision = mixturePrecision(TIGHTEST, alpha)
  const records = { control, treatment }
  let pValue = pValueBefore
  let [low, high] = [lowBefore, highBefore]

  function look(): SequentialResult {
    const [n, m] = [countOf(control), countOf(treatment)]
    const [a, b] = [meanOf(control), meanOf(treatment)]
    const difference = a === null || b === null ? null : b - a
    let logEvidence = 0
    if (difference !== null && n >= from && m >= from) {
      const ofControl = varianceOf(control, 'sample') ?? 0
      const ofTreatment = varianceOf(treatment, 'sample') ?? 0
      const variance = ofControl / n + ofTreatment / m
      const square =
        effectDeviation === undefined
          ? (variance * (n + m)) / precision
          : effectDeviation * effectDeviation
      if (variance > 0) {
        logEvidence =
          (difference * difference * square) / (2 * variance * (variance + square)) -
          0.5 * Math.log1p(square / variance)
        const half = Math.sqrt(
          ((2 * variance * (variance + square)) / square) *
            (0.5 * Math.log1p(square / variance) - Math.log(alpha)),
        )
        pValue = Math.min(pValue, Math.exp(-logEvidence))
        low = Math.max(low, difference - half)
        high = Math.min(high, difference + half)
        // With luck of one in 1 / alpha the intervals have nothing in common; the latest knows the most.
        if (low > high) [low, high] = [difference - half, difference + half]
      }
    }
    return {
      counts: { control: n, treatment: m },
      difference,
      pValue,
      interval: { low, high },
      logEvidence,
    }
  }

  return {
    add(variant, value) {
      checkWithin(value, -GREATEST, GREATEST, 'value')
      addToMoments(records[variant], value)
    },
    addMoments(variant, record) {
      mergeMoments(records[variant], record)
    },
    look,
    state: () => ({
      version: 1,
      options: { ...options },
      control: Array.from(control),
      treatment: Array.from(treatment),
      pValue,
      interval: {
        low: Number.isFinite(low) ? low : null,
        high: Number.isFinite(high) ? high : null,
      },
    }),
  }
}
