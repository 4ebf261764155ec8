import { checkFinite, checkPositive, checkWhole, checkWithin } from './checks.ts'
import { QuantileSketch } from './quantile-sketch.ts'
import { valueOf } from './sketch-bins.ts'

/** Counts of consecutive buckets: `counts[i]` is that of bucket `offset + i`. */
export interface ExponentialBuckets {
  readonly offset: number
  readonly counts: readonly number[]
}

/**
 * An exponential histogram as in OTLP: bucket i of the positive values covers (base^i, base^(i + 1)]
 * with base = 2^(2^−scale), and bucket i of the negative ones mirrors it. At scale −10 bucket −1 begins at 0.
 */
export interface ExponentialHistogramState {
  readonly scale: number
  readonly zeroCount: number
  readonly positive: ExponentialBuckets
  readonly negative: ExponentialBuckets
  readonly count: number
  readonly sum: number
  readonly min: number | null
  readonly max: number | null
}

export interface ExponentialHistogramOptions {
  /** Buckets for each sign; default 160, as in the SDKs of OpenTelemetry. At least 2. */
  readonly buckets?: number
  /** Finest scale, −10 … 20; default 20. */
  readonly scale?: number
}

const FINEST_SCALE = 20
const COARSEST_SCALE = -10

/**
 * Histogram whose buckets widen by a constant factor, and whose factor is squared whenever the values
 * no longer fit. Buckets of a coarser scale are pairs of those of a finer one, so that the scale, the
 * buckets and their counts depend on the values alone: merging in any order is exact (but for rounding of
 * the sum). Finite values only.
 */
export class ExponentialHistogram {
  readonly #most: number
  #scale: number
  #positive = new Map<number, number>()
  #negative = new Map<number, number>()
  #zero = 0
  #count = 0
  #sum = 0
  #min = Number.POSITIVE_INFINITY
  #max = Number.NEGATIVE_INFINITY

  /** Throws a StatsError for options out of range. */
  constructor(options: ExponentialHistogramOptions = {}) {
    const { buckets = 160, scale = FINEST_SCALE } = options
    checkWhole(buckets, 2, 'options.buckets')
    checkWhole(scale, COARSEST_SCALE, 'options.scale')
    checkWithin(scale, COARSEST_SCALE, FINEST_SCALE, 'options.scale')
    this.#most = buckets
    this.#scale = scale
  }

  /** Adds a finite value, standing for `weight` (> 0) values; else a StatsError. */
  add(value: number, weight = 1): void {
    checkFinite(value, 'value')
    checkPositive(weight, 'weight')
    this.#count += weight
    this.#sum += value * weight
    if (value < this.#min) this.#min = value
    if (value > this.#max) this.#max = value
    if (value === 0) {
      this.#zero += weight
      return
    }
    const buckets = value > 0 ? this.#positive : this.#negative
    const bucket = coarser(bucketOf(Math.abs(value)), FINEST_SCALE - this.#scale, this.#scale)
    const known = buckets.get(bucket)
    buckets.set(bucket, (known ?? 0) + weight)
    if (known === undefined) this.#fit()
  }

  /** Adds what another histogram has counted; the coarser of both scales is the result's. */
  merge(other: ExponentialHistogram): void {
    this.#mergeState(other.state())
  }

  state(): ExponentialHistogramState {
    return {
      scale: this.#scale,
      zeroCount: this.#zero,
      positive: listed(this.#positive),
      negative: listed(this.#negative),
      count: this.#count,
      sum: this.#sum,
      min: this.#count > 0 ? this.#min : null,
      max: this.#count > 0 ? this.#max : null,
    }
  }

  static from(
    state: ExponentialHistogramState,
    options: ExponentialHistogramOptions = {},
  ): ExponentialHistogram {
    const histogram = new ExponentialHistogram({ ...options, scale: state.scale })
    histogram.#mergeState(state)
    return histogram
  }

  #mergeState(state: ExponentialHistogramState): void {
    if (state.scale < this.#scale) this.#coarsen(this.#scale - state.scale)
    const shift = state.scale - this.#scale
    for (const [into, from] of [
      [this.#positive, state.positive],
      [this.#negative, state.negative],
    ] as const) {
      for (const [i, count] of from.counts.entries()) {
        const bucket = coarser(from.offset + i, shift, this.#scale)
        if (count > 0) into.set(bucket, (into.get(bucket) ?? 0) + count)
      }
    }
    this.#zero += state.zeroCount
    this.#count += state.count
    this.#sum += state.sum
    this.#min = Math.min(this.#min, state.min ?? Number.POSITIVE_INFINITY)
    this.#max = Math.max(this.#max, state.max ?? Number.NEGATIVE_INFINITY)
    this.#fit()
  }

  /** Coarsens until both signs fit. */
  #fit(): void {
    let shift = 0
    const furthest = this.#scale - COARSEST_SCALE
    for (const buckets of [this.#positive, this.#negative]) {
      let least = Number.POSITIVE_INFINITY
      let greatest = Number.NEGATIVE_INFINITY
      for (const bucket of buckets.keys()) {
        least = Math.min(least, bucket)
        greatest = Math.max(greatest, bucket)
      }
      // At the coarsest scale there are two buckets at most.
      while (
        shift < furthest &&
        buckets.size > 0 &&
        (greatest >> shift) - (least >> shift) >= this.#most
      )
        shift++
    }
    if (shift > 0) this.#coarsen(shift)
  }

  #coarsen(by: number): void {
    this.#scale -= by
    const scale = this.#scale
    const all = (buckets: Map<number, number>) => {
      const out = new Map<number, number>()
      for (const [bucket, count] of buckets) {
        const into = coarser(bucket, by, scale)
        out.set(into, (out.get(into) ?? 0) + count)
      }
      return out
    }
    this.#positive = all(this.#positive)
    this.#negative = all(this.#negative)
  }
}

/**
 * The bucket at `scale` of what has been in a bucket of a scale finer by `by`. At the coarsest scale numbers up to
 * 2^−1024, which are not normal, count with those up to 1: as in OTLP, two buckets then take every number.
 */
function coarser(bucket: number, by: number, scale: number): number {
  const shifted = bucket >> by
  return scale === COARSEST_SCALE ? Math.max(shifted, -1) : shifted
}

/** Bucket at the finest scale; coarser ones follow by shifting, so that scales never disagree at an edge. */
function bucketOf(value: number): number {
  return Math.ceil(Math.log2(value) * 2 ** FINEST_SCALE) - 1
}

function listed(buckets: Map<number, number>): ExponentialBuckets {
  if (buckets.size === 0) return { offset: 0, counts: [] }
  const offset = Math.min(...buckets.keys())
  const length = Math.max(...buckets.keys()) - offset + 1
  return { offset, counts: Array.from({ length }, (_, i) => buckets.get(offset + i) ?? 0) }
}

/**
 * The exponential histogram of what a quantile sketch holds. A value is off by the error of the sketch
 * (0 or 1 %) before it gets its bucket; the sum is that of the values as the sketch tells them. Infinite
 * values count as the greatest finite number the sketch tells apart.
 */
export function histogramOfSketch(
  sketch: QuantileSketch,
  options: ExponentialHistogramOptions = {},
): ExponentialHistogram {
  const histogram = new ExponentialHistogram(options)
  const state = sketch.state()
  const finite = (value: number) =>
    Number.isFinite(value) ? value : valueOf(value > 0 ? 32_767 : -32_767)
  for (const [i, value] of state.values.entries()) histogram.add(finite(value), state.weights[i])
  for (const [i, bin] of state.bins.entries()) histogram.add(valueOf(bin), state.counts[i])
  return histogram
}

/**
 * The quantile sketch of an exponential histogram, for instance one received by OTLP. Every count becomes that of a value
 * within half a bucket: at scale 5 quantiles are within 1.1 % of the histogram's values while there
 * are at most 64 buckets, and 1.1 % + 1 % beyond; the error of scale s is (base − 1) / (base + 1).
 */
export function sketchOfHistogram(histogram: ExponentialHistogramState): QuantileSketch {
  const sketch = new QuantileSketch()
  // Powers by their exponents: at the coarsest scale the base itself is beyond the range of a double.
  const exponent = 2 ** -histogram.scale
  const middle = 2 / (1 + 2 ** -exponent)
  const least = histogram.min ?? Number.NEGATIVE_INFINITY
  const greatest = histogram.max ?? Number.POSITIVE_INFINITY
  const add = (value: number, count: number) => {
    if (count > 0) sketch.add(Math.min(greatest, Math.max(least, value)), count)
  }
  add(0, histogram.zeroCount)
  for (const [sign, buckets] of [
    [1, histogram.positive],
    [-1, histogram.negative],
  ] as const) {
    for (const [i, count] of buckets.counts.entries()) {
      // The number whose relative distance to both edges of the bucket is the same.
      add(sign * middle * 2 ** (exponent * (buckets.offset + i)), count)
    }
  }
  return sketch
}
