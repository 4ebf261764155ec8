import { checkPositive, checkSameLength, checkValues, checkWithin } from '../checks.ts'
import {
  type Cholesky,
  cholesky,
  solveCholesky,
  solveLower,
  solveLowerTransposed,
} from '../linear/cholesky.ts'
import type { Matrix } from '../linear/matrix.ts'
import { StatsError } from '../stats-error.ts'
import { fitHyperparameters } from './hyperparameters.ts'
import {
  correlationAt,
  covariances,
  type Hyperparameters,
  slopeAt,
  squaredDifferences,
} from './matern.ts'

export interface GaussianProcessOptions {
  /** Taken as they are; by default they are found from the values. */
  readonly hyperparameters?: Hyperparameters
  /** Where the search for hyperparameters begins, such as those of fewer values; then it is short. */
  readonly start?: Hyperparameters
  /** Constant mean of the function far from all values. Default: the mean of the values. */
  readonly mean?: number
  /** Coordinates of which only equality counts. Default none. */
  readonly categorical?: readonly boolean[]
  /** Of how many measurements each value is the mean; its noise is divided by that. Default 1. */
  readonly replicates?: ArrayLike<number>
  /** Squared distances of those measurements from their means, summed over all values. Default 0. */
  readonly within?: number
  /** Variances that are known of the values, beside the noise. Default 0. */
  readonly variances?: ArrayLike<number>
}

/** What is believed of a function after some of its values. */
export interface GaussianProcess {
  readonly hyperparameters: Hyperparameters
  /** Natural logarithm of the density of the values. */
  readonly logLikelihood: number
  /** Mean and standard deviation of the function at a point, noise left out. O(n²). */
  predict(point: ArrayLike<number>): { mean: number; deviation: number }
  /** Its mean alone. O(n · coordinates). */
  meanAt(point: ArrayLike<number>): number
  /** The same as `predict`, and writes both gradients (0 for categorical coordinates). O(n²). */
  predictWithGradient(
    point: ArrayLike<number>,
    meanGradient: Float64Array,
    deviationGradient: Float64Array,
  ): { mean: number; deviation: number }
}

/**
 * Gaussian process regression (Rasmussen and Williams 2006, algorithm 2.1) of values y at the rows of x, with the kernel of
 * `Hyperparameters`. Coordinates are meant to span about 0 … 1. Hyperparameters that are not given maximise the posterior
 * density, by `fitHyperparameters`, on at most 200 of the values. O(n³ / 3), and about 20 times the same for up to 200 values
 * in the search. Throws a StatsError for arrays that do not fit, no values,
 * values beyond ±1e100 and coordinates beyond ±1e6.
 */
export function gaussianProcess(
  x: Matrix,
  y: ArrayLike<number>,
  options: GaussianProcessOptions = {},
): GaussianProcess {
  const n = x.rows
  const d = x.columns
  checkSizes(y, GREATEST, 'y')
  if (y.length !== n) throw new StatsError('length', 'y', `${y.length} values for ${n} points`)
  checkSizes(x.data, 1e6, 'x.data')
  const { replicates, variances, within = 0 } = options
  if (replicates !== undefined) checkSameLength(y, replicates, 'y', 'options.replicates')
  if (variances !== undefined) checkSameLength(y, variances, 'y', 'options.variances')
  const categorical = options.categorical ?? Array.from({ length: d }, () => false)
  const counts = Float64Array.from(replicates ?? new Float64Array(n).fill(1))
  const known = Float64Array.from(variances ?? new Float64Array(n))
  const values = Float64Array.from(y)
  const mean = options.mean ?? values.reduce((sum, value) => sum + value / n, 0)
  const residuals = values.map((value) => value - mean)
  const data = { x, residuals, counts, known, within, categorical }
  for (const [i, count] of counts.entries()) {
    checkPositive(count, `options.replicates[${i}]`)
    checkWithin(known[i] as number, 0, GREATEST * GREATEST, `options.variances[${i}]`)
  }
  checkWithin(within, 0, Number.MAX_VALUE, 'options.within')
  checkWithin(mean, -GREATEST, GREATEST, 'options.mean')
  const hyperparameters = options.hyperparameters ?? fitHyperparameters(data, options.start ?? null)
  if (hyperparameters.lengthscales.length !== d)
    throw new StatsError('length', 'options.hyperparameters.lengthscales', `are not ${d}`)
  for (const [i, scale] of hyperparameters.lengthscales.entries())
    checkPositive(scale, `options.hyperparameters.lengthscales[${i}]`)
  checkPositive(hyperparameters.signal, 'options.hyperparameters.signal')
  checkWithin(hyperparameters.noise, 0, GREATEST * GREATEST, 'options.hyperparameters.noise')
  const noises = counts.map((count, i) => hyperparameters.noise / count + (known[i] as number))
  const factor = cholesky(
    covariances(squaredDifferences(x, categorical), n, hyperparameters, noises),
    { maxJitter: 1e-2 },
  )
  return posterior(x, residuals, mean, hyperparameters, categorical, factor)
}

/** Beyond it squares of values, and sums of them, overflow. */
const GREATEST = 1e100

function checkSizes(values: ArrayLike<number>, greatest: number, path: string): void {
  checkValues(values, 1, path)
  for (let i = 0; i < values.length; i++)
    checkWithin(values[i] as number, -greatest, greatest, `${path}[${i}]`)
}

function posterior(
  x: Matrix,
  residuals: Float64Array,
  mean: number,
  hyperparameters: Hyperparameters,
  categorical: readonly boolean[],
  factor: Cholesky,
): GaussianProcess {
  const { rows: n, columns: d } = x
  const { signal, lengthscales } = hyperparameters
  const inverse = Float64Array.from(lengthscales, (scale) => 1 / scale)
  const categories = Uint8Array.from(categorical, (is) => (is ? 1 : 0))
  const weights = solveCholesky(factor, residuals)
  let fit = 0
  for (let i = 0; i < n; i++) fit += (residuals[i] as number) * (weights[i] as number)
  const squared = new Float64Array(n)
  const cross = new Float64Array(n)

  /** Squared distances and covariances of a point with all others; answers the mean. */
  function relate(point: ArrayLike<number>): number {
    if (point.length !== d)
      throw new StatsError('length', 'point', `${point.length} coordinates, not ${d}`)
    let sum = mean
    for (let i = 0; i < n; i++) {
      let distance = 0
      for (let k = 0; k < d; k++) {
        const raw = (point[k] as number) - (x.data[i * d + k] as number)
        const scaled = (categories[k] === 1 ? (raw === 0 ? 0 : 1) : raw) * (inverse[k] as number)
        distance += scaled * scaled
      }
      squared[i] = distance
      const covariance = signal * correlationAt(distance)
      cross[i] = covariance
      sum += covariance * (weights[i] as number)
    }
    return sum
  }

  /** What is left of the signal's variance, from L⁻¹ · cross; never 0, so that it has a logarithm. */
  function deviationOf(solved: Float64Array): number {
    let explained = 0
    for (let i = 0; i < n; i++) explained += (solved[i] as number) ** 2
    return Math.sqrt(Math.max(signal - explained, 1e-14 * signal))
  }

  return {
    hyperparameters,
    logLikelihood: -0.5 * (fit + factor.logDeterminant + n * Math.log(2 * Math.PI)),
    meanAt: relate,
    predict(point) {
      const at = relate(point)
      return { mean: at, deviation: deviationOf(solveLower(factor.lower, cross)) }
    },
    predictWithGradient(point, meanGradient, deviationGradient) {
      const at = relate(point)
      const solved = solveLower(factor.lower, cross)
      const deviation = deviationOf(solved)
      const reductions = solveLowerTransposed(factor.lower, solved)
      meanGradient.fill(0)
      deviationGradient.fill(0)
      for (let i = 0; i < n; i++) {
        const slope = -signal * slopeAt(squared[i] as number)
        const ofMean = slope * (weights[i] as number)
        const ofDeviation = (-slope * (reductions[i] as number)) / deviation
        for (let k = 0; k < d; k++) {
          if (categories[k] === 1) continue
          const step =
            ((point[k] as number) - (x.data[i * d + k] as number)) * (inverse[k] as number) ** 2
          meanGradient[k] = (meanGradient[k] as number) + ofMean * step
          deviationGradient[k] = (deviationGradient[k] as number) + ofDeviation * step
        }
      }
      return { mean: at, deviation }
    },
  }
}
