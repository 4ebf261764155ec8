import { checkWithin } from '../checks.ts'
import type { RandomSource } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'

/**
 * A distribution with its parameters. Tails come as logarithms too, so that what is too rare for a double can still be
 * compared. Functions throw a StatsError for NaN and for probabilities outside of [0, 1].
 */
export interface Distribution {
  /** Whether values are whole numbers; then `pdf` is the probability of a value. */
  readonly discrete: boolean
  /** Least and greatest value, ±Infinity where there is none. */
  readonly support: readonly [low: number, high: number]
  /** Null where it is undefined (Student's t with 1 degree of freedom), +Infinity where it is infinite. */
  readonly mean: number | null
  readonly variance: number | null
  readonly pdf: (x: number) => number
  readonly logPdf: (x: number) => number
  /** P(X ≤ x). */
  readonly cdf: (x: number) => number
  readonly logCdf: (x: number) => number
  /** P(X > x), with its digits where it is small. */
  readonly survival: (x: number) => number
  readonly logSurvival: (x: number) => number
  /** The least x with P(X ≤ x) ≥ p. */
  readonly quantile: (p: number) => number
  /** The least x with P(X > x) ≤ q: `quantile(1 − q)` with the digits of a small q. */
  readonly upperQuantile: (q: number) => number
  /** One value. */
  readonly sample: (random: RandomSource) => number
}

interface Parts {
  readonly support: readonly [low: number, high: number]
  readonly mean: number | null
  readonly variance: number | null
  /** These are asked within the support only, for whole numbers if discrete. */
  readonly logPdf: (x: number) => number
  readonly logCdf: (x: number) => number
  readonly logSurvival: (x: number) => number
}

interface ContinuousParts extends Parts {
  /** The x whose lower or upper tail, at most ½, has this logarithm. */
  readonly atTail: (logTail: number, lower: boolean) => number
  readonly sample?: (random: RandomSource) => number
}

interface DiscreteParts extends Parts {
  readonly sample: (random: RandomSource) => number
}

export function continuousDistribution(parts: ContinuousParts): Distribution {
  const [low, high] = parts.support
  const quantile = (p: number): number => {
    checkWithin(p, 0, 1, 'p')
    if (p === 0 || p === 1) return p === 0 ? low : high
    return p <= 0.5 ? parts.atTail(Math.log(p), true) : parts.atTail(Math.log1p(-p), false)
  }
  const upperQuantile = (q: number): number => {
    checkWithin(q, 0, 1, 'q')
    if (q === 0 || q === 1) return q === 0 ? high : low
    return q <= 0.5 ? parts.atTail(Math.log(q), false) : parts.atTail(Math.log1p(-q), true)
  }
  const byInversion = (random: RandomSource): number => {
    for (;;) {
      const u = random()
      if (u > 0) return quantile(u)
    }
  }
  const logPdf = (x: number): number => {
    checkNumber(x)
    return x < low || x > high || Math.abs(x) === Number.POSITIVE_INFINITY
      ? Number.NEGATIVE_INFINITY
      : parts.logPdf(x)
  }
  return {
    discrete: false,
    support: parts.support,
    mean: parts.mean,
    variance: parts.variance,
    logPdf,
    ...tails(parts),
    quantile,
    upperQuantile,
    pdf: (x) => Math.exp(logPdf(x)),
    sample: parts.sample ?? byInversion,
  }
}

export function discreteDistribution(parts: DiscreteParts): Distribution {
  const [low, high] = parts.support
  const whole: Parts = {
    ...parts,
    logCdf: (x) => parts.logCdf(Math.floor(x)),
    logSurvival: (x) => parts.logSurvival(Math.floor(x)),
  }
  const logPdf = (x: number): number => {
    checkNumber(x)
    return Number.isSafeInteger(x) && x >= low && x <= high
      ? parts.logPdf(x)
      : Number.NEGATIVE_INFINITY
  }
  const between = tails(whole)
  /** Least k for which `reached` holds, found from the mean outwards by doubling steps, then by halving. */
  const search = (reached: (k: number) => boolean): number => {
    let step = Math.max(1, Math.round(Math.sqrt(parts.variance ?? 1)))
    let above = Math.min(Math.max(Math.round(parts.mean ?? 0), low), high)
    while (!reached(above) && above < high) {
      above = Math.min(high, above + step)
      step *= 2
    }
    let below = above
    do {
      below = Math.max(low - 1, below - step)
      step *= 2
    } while (below >= low && reached(below))
    while (above - below > 1) {
      const middle = Math.floor((above + below) / 2)
      if (middle <= below || middle >= above) break
      if (reached(middle)) above = middle
      else below = middle
    }
    return above
  }
  // A probability that is the cdf of a whole number, up to rounding, gives that number.
  const slack = 64 * 2 ** -52
  return {
    discrete: true,
    support: parts.support,
    mean: parts.mean,
    variance: parts.variance,
    logPdf,
    ...between,
    pdf: (x) => Math.exp(logPdf(x)),
    quantile: (p) => {
      checkWithin(p, 0, 1, 'p')
      if (p === 0 || p === 1) return p === 0 ? low : high
      if (p > 0.5) return search((k) => between.survival(k) <= (1 - p) * (1 + slack) + 2 ** -53)
      return search((k) => between.logCdf(k) >= Math.log(p) - slack * Math.max(1, -Math.log(p)))
    },
    upperQuantile: (q) => {
      checkWithin(q, 0, 1, 'q')
      if (q === 0 || q === 1) return q === 0 ? high : low
      return search(
        (k) => between.logSurvival(k) <= Math.log(q) + slack * Math.max(1, -Math.log(q)),
      )
    },
    sample: parts.sample,
  }
}

/** Both tails at any number. */
function tails(parts: Parts): Pick<Distribution, 'cdf' | 'logCdf' | 'survival' | 'logSurvival'> {
  const [low, high] = parts.support
  const logCdf = (x: number): number => {
    checkNumber(x)
    return x < low ? Number.NEGATIVE_INFINITY : x >= high ? 0 : parts.logCdf(x)
  }
  const logSurvival = (x: number): number => {
    checkNumber(x)
    return x < low ? 0 : x >= high ? Number.NEGATIVE_INFINITY : parts.logSurvival(x)
  }
  return {
    logCdf,
    logSurvival,
    cdf: (x) => Math.exp(logCdf(x)),
    survival: (x) => Math.exp(logSurvival(x)),
  }
}

function checkNumber(x: number): void {
  if (Number.isNaN(x)) throw new StatsError('not_finite', 'x', 'NaN is not a number')
}
