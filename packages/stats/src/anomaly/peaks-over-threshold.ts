import { checkBetween, checkFinite, checkPositive, checkSummable } from '../checks.ts'
import { minimiseLine } from '../optimise/minimise-line.ts'

export interface ParetoTail {
  /** Shape ξ: above 0 a power law, 0 exponential, below 0 with an end. */
  readonly shape: number
  /** Scale σ above 0. */
  readonly scale: number
  readonly logLikelihood: number
}

/** Places that the likelihood is looked at before the best of them is refined. */
const PLACES = 40
/** Nearest to its pole, and farthest from 0, that ξ/σ is looked for, in units of 1 / mean. */
const NEAREST = 1e-6
const FARTHEST = 1e3

/**
 * Generalised Pareto law of excesses over a threshold, by maximum likelihood in one variable: for θ = ξ/σ the best shape is the mean of
 * ln(1 + θ y) (Grimshaw 1993), and the likelihood of θ is looked at on both sides of 0 and refined around its best place. Shapes
 * below −1, where the likelihood has no bound, are not considered. Excesses are from 0 on, at least one above; a
 * StatsError otherwise. Excesses that are all equal have the exponential law. O(n · 100).
 */
export function fitParetoTail(excesses: ArrayLike<number>): ParetoTail {
  checkSummable(excesses, 1, 'excesses')
  const n = excesses.length
  let mean = 0
  let greatest = 0
  for (let i = 0; i < n; i++) {
    const excess = excesses[i] as number
    if (excess < 0) checkFinite(Number.NaN, `excesses[${i}]`)
    mean += excess / n
    greatest = Math.max(greatest, excess)
  }
  checkPositive(greatest, 'excesses')
  const shapeAt = (theta: number): number => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += Math.log1p((theta * (excesses[i] as number)) / mean)
    return sum / n
  }
  const exponential = n * (Math.log(mean) + 1)
  const loss = (theta: number): number => {
    if (Math.abs(theta) < NEAREST) return exponential
    const shape = shapeAt(theta)
    if (!(shape > -1)) return Number.POSITIVE_INFINITY
    return n * (Math.log((mean * shape) / theta) + shape + 1)
  }
  const pole = mean / greatest
  // Below 0 the distance from the pole, above 0 the value, each on a logarithmic scale.
  const negative = (u: number): number => -pole * (1 - Math.exp(u * Math.log(NEAREST)))
  const positive = (u: number): number => NEAREST * (FARTHEST / NEAREST) ** u
  let best = { theta: 0, loss: exponential }
  for (const place of [negative, positive]) {
    const refined = minimiseLine((u) => loss(place(u)), 0, 1, { grid: PLACES })
    if (refined.value < best.loss) best = { theta: place(refined.x), loss: refined.value }
  }
  const shape = Math.abs(best.theta) < NEAREST ? 0 : shapeAt(best.theta)
  return {
    shape,
    scale: shape === 0 ? mean : (mean * shape) / best.theta,
    logLikelihood: -best.loss,
  }
}

/**
 * The value that is exceeded with probability `q`, from the tail over a threshold that a share of the values exceeds:
 * t + σ/ξ ((q / share)^−ξ − 1). A StatsError for probabilities that are not between 0 and 1.
 */
export function tailQuantile(
  threshold: number,
  share: number,
  { shape, scale }: Pick<ParetoTail, 'shape' | 'scale'>,
  q: number,
): number {
  checkBetween(q, 0, 1, 'q')
  const ratio = -Math.log(q / share)
  return threshold + (shape === 0 ? scale * ratio : (scale * Math.expm1(shape * ratio)) / shape)
}
