import { checkBetween, checkFinite, checkPositive } from '../checks.ts'
import { logNormalCdf } from '../distributions/normal.ts'
import { logIncompleteBeta } from '../special/incomplete-beta.ts'
import { logGammaP } from '../special/incomplete-gamma.ts'
import { logBeta, logGamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'

/**
 * Time-uniform boundaries of Howard, Ramdas, McAuliffe and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence
 * sequences". A sum S of centred values with intrinsic time V (its variance, under what each kind assumes) stays below the boundary at
 * all times at once with probability 1 − alpha. Mixtures are supermartingales exp(logMixture(S, V)) that reach 1 / alpha with at
 * most that probability.
 *
 * - `two-sided normal`, `one-sided normal`: sub-Gaussian sums, or any by the central limit
 * - `gamma-exponential`: sums whose values exceed their mean by no more than `scale`; empirical variances
 * - `two-sided beta-binomial`, `one-sided beta-binomial`: values within `below` under and `above` over their mean
 */
export type Mixture =
  | { readonly type: 'two-sided normal' | 'one-sided normal' }
  | { readonly type: 'gamma-exponential'; readonly scale: number }
  | {
      readonly type: 'two-sided beta-binomial' | 'one-sided beta-binomial'
      readonly below: number
      readonly above: number
    }

export interface MixtureOptions {
  /** Intrinsic time at which the boundary shall be the tightest. */
  readonly tightestAt: number
  /** The alpha for which it shall be. Default 0.05. */
  readonly tightestFor?: number
}

export interface MixtureBoundary {
  /** Logarithm of the supermartingale: evidence against S having no drift. */
  logMixture(sum: number, time: number): number
  /** The sum at which it reaches 1 / alpha. */
  bound(time: number, alpha: number): number
}

/** Weight of the mixture that makes a two-sided normal boundary the tightest at an intrinsic time; an approximation within a few percent. */
export function mixturePrecision(time: number, alpha: number): number {
  checkPositive(time, 'time')
  checkBetween(alpha, 0, 1, 'alpha')
  return time / (-2 * Math.log(alpha) + Math.log1p(-2 * Math.log(alpha)))
}

/** Boundaries of a mixture. `bound` is constant time for the two-sided normal, else some fifty evaluations. Throws a StatsError. */
export function mixtureBoundary(mixture: Mixture, options: MixtureOptions): MixtureBoundary {
  const { tightestAt, tightestFor = 0.05 } = options
  checkPositive(tightestAt, 'options.tightestAt')
  checkBetween(tightestFor, 0, 0.5, 'options.tightestFor')
  const twoSided = mixture.type === 'two-sided normal' || mixture.type === 'two-sided beta-binomial'
  const precision = mixturePrecision(tightestAt, twoSided ? tightestFor : 2 * tightestFor)
  const [logMixture, most] = mixtureOf(mixture, precision)
  const checked = (sum: number, time: number): number => {
    checkFinite(sum, 'sum')
    checkPositive(time, 'time')
    return logMixture(sum, time)
  }
  return {
    logMixture: checked,
    bound(time, alpha) {
      checkPositive(time, 'time')
      checkBetween(alpha, 0, 1, 'alpha')
      const threshold = -Math.log(alpha)
      if (mixture.type === 'two-sided normal')
        return Math.sqrt((time + precision) * (Math.log1p(time / precision) + 2 * threshold))
      return crossing((sum) => logMixture(sum, time) - threshold, time, most(time))
    },
  }
}

/** The greatest sum that there can be where it never crosses, else the root by bisection. */
function crossing(excess: (sum: number) => number, start: number, most: number): number {
  let high = Math.min(Math.max(start, 1e-300), most)
  for (let i = 0; i < 2000 && excess(high) < 0; i++) {
    if (high === most) return most
    high = Math.min(2 * high, most)
  }
  let low = 0
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2
    if (excess(middle) < 0) low = middle
    else high = middle
  }
  return (low + high) / 2
}

type LogMixture = (sum: number, time: number) => number

function mixtureOf(
  mixture: Mixture,
  precision: number,
): [logMixture: LogMixture, most: (time: number) => number] {
  const unbounded = (): number => Number.POSITIVE_INFINITY
  switch (mixture.type) {
    case 'two-sided normal':
      return [
        (sum, time) =>
          0.5 * Math.log(precision / (time + precision)) + (sum * sum) / (2 * (time + precision)),
        unbounded,
      ]
    case 'one-sided normal':
      return [
        (sum, time) =>
          0.5 * Math.log((4 * precision) / (time + precision)) +
          (sum * sum) / (2 * (time + precision)) +
          logNormalCdf(sum / Math.sqrt(time + precision)),
        unbounded,
      ]
    case 'gamma-exponential':
      return [gammaExponential(mixture.scale, precision), unbounded]
    case 'two-sided beta-binomial':
    case 'one-sided beta-binomial': {
      const { below, above } = mixture
      checkPositive(below, 'mixture.below')
      checkPositive(above, 'mixture.above')
      const oneSided = mixture.type === 'one-sided beta-binomial'
      return [betaBinomial(below, above, precision, oneSided), (time) => time / below]
    }
    default:
      throw new StatsError('out_of_range', 'mixture', `is ${String(mixture satisfies never)}`)
  }
}

/** Proposition 9 of the paper. */
function gammaExponential(scale: number, precision: number): LogMixture {
  checkPositive(scale, 'mixture.scale')
  const square = scale * scale
  const own = precision / square
  const constant = own * Math.log(own) - logGamma(own) - logGammaP(own, own)
  return (sum, time) => {
    const shape = (time + precision) / square
    const reached = (scale * sum + time) / square
    return (
      constant +
      logGamma(shape) +
      logGammaP(shape, reached + own) -
      shape * Math.log(reached + own) +
      reached
    )
  }
}

/** Propositions 7 and 8: values are −below or above with mean 0, mixed over a beta prior of the odds. */
function betaBinomial(
  below: number,
  above: number,
  precision: number,
  oneSided: boolean,
): LogMixture {
  const width = below + above
  const product = below * above
  const prior = Math.max(precision - product, 1e-3 * product)
  const share = oneSided ? above / width : 1
  const logPartial = (a: number, b: number): number =>
    logBeta(a, b) + (oneSided ? logIncompleteBeta(share, 1 - share, a, b) : 0)
  const constant = logPartial(prior / (below * width), prior / (above * width))
  return (sum, time) =>
    (time / product) * Math.log(width) -
    ((time / above + sum) / width) * Math.log(below) -
    ((time / below - sum) / width) * Math.log(above) +
    logPartial(
      (prior + time) / (below * width) - sum / width,
      (prior + time) / (above * width) + sum / width,
    ) -
    constant
}

/**
 * Polynomial stitching (theorem 1 of the same paper): a boundary that grows as √(V log log V) for sums whose upper tail has the
 * `scale` (0 for sub-Gaussian ones), from the intrinsic time `from` on.
 */
export function stitchedBound(
  time: number,
  alpha: number,
  options: { readonly from: number; readonly scale?: number },
): number {
  const { from, scale = 0 } = options
  checkPositive(time, 'time')
  checkBetween(alpha, 0, 1, 'alpha')
  checkPositive(from, 'options.from')
  checkFinite(scale, 'options.scale')
  const later = Math.max(time, from)
  const epochs = SPACING_POWER * Math.log(Math.log((SPACING * later) / from)) + LOG_EPOCH_SUM
  const level = epochs - Math.log(alpha)
  const linear = ((Math.sqrt(SPACING) + 1) / 2) * scale * level
  const root = (SPACING ** 0.25 + SPACING ** -0.25) / Math.SQRT2
  return Math.sqrt(root * root * later * level + linear * linear) + linear
}

/** Ratio of the ends of an epoch, the power by which epochs share alpha, and ln(ζ(power) / (ln ratio)^power). */
const SPACING = 2
const SPACING_POWER = 1.4
const ZETA = 3.10554727797758
const LOG_EPOCH_SUM = Math.log(ZETA / Math.LN2 ** SPACING_POWER)
