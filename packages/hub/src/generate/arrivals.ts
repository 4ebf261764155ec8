import { type QuantileTable, quantile, quantileTable } from './quantile-table.ts'
import type { Random } from './random.ts'

/**
 * Arrivals that come in bursts, at a rate that itself is random: gaps are Weibull distributed in a time
 * that runs faster when more is going on. Shape 1 is Poisson's process, 0.46 has gaps of a coefficient of
 * variation of 2.4, 0.29 of 6.
 */
export interface GapShape {
  /** Gaps of mean 1. */
  readonly gaps: QuantileTable
  /** From an arbitrary moment to the next arrival: with it the expected number is the rate itself. */
  readonly first: QuantileTable
}

/** Points at which the integral of the residual time is taken. */
const STEPS = 20_000
/** Gaps are integrated up to the one that is exceeded this rarely. */
const RAREST = 1e-7

export function gapShape(shape: number): GapShape {
  // Mean of a Weibull distribution of scale 1: by the substitution x = t^(1/shape) of its tail integral.
  const tailAt = (t: number): number => Math.exp(-t)
  const longest = -Math.log(RAREST)
  const xs = new Float64Array(STEPS + 1)
  const sums = new Float64Array(STEPS + 1)
  for (let i = 1; i <= STEPS; i++) {
    const before = ((i - 1) / STEPS) ** 2 * longest
    const t = (i / STEPS) ** 2 * longest
    const x = t ** (1 / shape)
    const from = xs[i - 1] ?? 0
    xs[i] = x
    sums[i] = (sums[i - 1] ?? 0) + ((tailAt(before) + tailAt(t)) / 2) * (x - from)
  }
  const mean = sums[STEPS] ?? 1
  const first = quantileTable((share) => {
    const wanted = share * mean
    let low = 0
    let high = STEPS
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < wanted) low = middle + 1
      else high = middle
    }
    const from = sums[low - 1] ?? 0
    const step = (sums[low] ?? 0) - from
    const start = xs[low - 1] ?? 0
    const part = step > 0 ? (wanted - from) / step : 0
    return (start + ((xs[low] ?? start) - start) * part) / mean
  })
  const gaps = quantileTable((share) => (-Math.log(1 - share)) ** (1 / shape) / mean)
  return { gaps, first }
}

/**
 * Times of the arrivals of [from, from + length), in order. `rates` are the expected numbers of equal
 * parts of it.
 */
export function arrivals(
  random: Random,
  shape: GapShape,
  from: number,
  length: number,
  rates: Float64Array,
): number[] {
  const times: number[] = []
  const width = length / rates.length
  let left = quantile(shape.first, random.uniform())
  for (let part = 0; part < rates.length; part++) {
    const rate = rates[part] ?? 0
    let spent = 0
    while (spent + left < rate) {
      spent += left
      times.push(Math.floor(from + (part + spent / rate) * width))
      left = quantile(shape.gaps, random.uniform())
    }
    left -= rate - spent
  }
  return times
}
