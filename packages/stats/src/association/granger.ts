import { checkSameLength, checkSummable, checkWhole } from '../checks.ts'
import { fisherF } from '../distributions/beta.ts'
import { createMatrix, type Matrix } from '../linear/matrix.ts'
import { qr, solveLeastSquares } from '../linear/qr.ts'
import { StatsError } from '../stats-error.ts'

export interface GrangerOptions {
  /** Number of lags. Default: that with the least criterion up to `maxLag`. */
  readonly lag?: number
  /** Default 10 at most, and no more than a tenth of the values. */
  readonly maxLag?: number
  /** Default 'bic'. */
  readonly criterion?: 'aic' | 'bic'
}

export interface GrangerTest {
  /** F of the lags of x being of no use beside those of y, with its degrees. */
  readonly statistic: number
  readonly degrees: readonly [numerator: number, denominator: number]
  readonly pValue: number
  readonly lag: number
  /** ½ ln (RSS without x / RSS with x), nats by step: the transfer entropy of normal values (Barnett, Barrett and Seth 2009). */
  readonly transferEntropy: number
}

/**
 * Whether the past of x helps to forecast y beyond y's own past (Granger 1969): y_t on a constant, p lags of y and p of x against
 * the same without x, F = ((RSS₀ − RSS₁) / p) / (RSS₁ / (n − p − 2p − 1)). It tells what precedes, not what causes: a
 * third series behind both does the same. Both should be stationary: difference what is not. A lag chosen here is chosen for y and
 * x together before the test, on the same rows for all lags.
 *
 * Throws a StatsError: `length`, `not_finite`, `too_few` rows for the lags, `degenerate` where a series does not vary or x follows from
 * y. O(n · p²) for a lag.
 */
export function grangerTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: GrangerOptions = {},
): GrangerTest {
  checkSameLength(x, y, 'x', 'y')
  checkSummable(x, 0, 'x')
  checkSummable(y, 0, 'y')
  const n = x.length
  const { criterion = 'bic', maxLag = Math.max(1, Math.min(10, Math.floor(n / 10))) } = options
  checkWhole(maxLag, 1, 'options.maxLag')
  if (options.lag !== undefined) checkWhole(options.lag, 1, 'options.lag')
  const a = standardised(x, 'x')
  const b = standardised(y, 'y')
  const lag = options.lag ?? chosenLag(a, b, maxLag, criterion)
  const rows = n - lag
  const denominator = rows - 2 * lag - 1
  if (denominator < 1)
    throw new StatsError('too_few', 'x', `${n} values, needs ${3 * lag + 2} for ${lag} lags`)
  const without = restOf(designOf(b, null, lag, lag), b, lag)
  const rest = restOf(designOf(b, a, lag, lag), b, lag)
  if (!(rest > 0)) throw new StatsError('degenerate', 'y', 'follows from the past without error')
  const gain = Math.max(0, without - rest)
  const statistic = gain / lag / (rest / denominator)
  return {
    statistic,
    degrees: [lag, denominator],
    pValue: fisherF(lag, denominator).survival(statistic),
    lag,
    transferEntropy: 0.5 * Math.log1p(gain / rest),
  }
}

/** The lag with the least criterion, all judged on the rows that the greatest allows. */
function chosenLag(
  x: Float64Array,
  y: Float64Array,
  maxLag: number,
  criterion: 'aic' | 'bic',
): number {
  const rows = x.length - maxLag
  let [chosen, least] = [1, Number.POSITIVE_INFINITY]
  for (let lag = 1; lag <= maxLag && rows > 2 * lag + 1; lag++) {
    const rest = restOf(designOf(y, x, lag, maxLag), y, maxLag)
    const weight = criterion === 'aic' ? 2 : Math.log(rows)
    const value = rows * Math.log(Math.max(rest, 1e-300) / rows) + weight * (2 * lag + 1)
    if (value < least) [chosen, least] = [lag, value]
  }
  return chosen
}

/** A constant, the lags of y, and those of x where they are wanted; rows from `first` on. */
function designOf(y: Float64Array, x: Float64Array | null, lag: number, first: number): Matrix {
  const columns = 1 + (x === null ? lag : 2 * lag)
  const design = createMatrix(y.length - first, columns)
  for (let t = first; t < y.length; t++) {
    const row = (t - first) * columns
    design.data[row] = 1
    for (let j = 1; j <= lag; j++) {
      design.data[row + j] = y[t - j] as number
      if (x !== null) design.data[row + lag + j] = x[t - j] as number
    }
  }
  return design
}

function restOf(design: Matrix, y: Float64Array, first: number): number {
  const target = y.subarray(first)
  const factored = qr(design)
  const solution = solveLeastSquares(factored, target)
  let rest = 0
  for (let i = 0; i < design.rows; i++) {
    let residual = target[i] as number
    for (let j = 0; j < design.columns; j++)
      residual -= (design.data[i * design.columns + j] as number) * (solution[j] as number)
    rest += residual * residual
  }
  return rest
}

function standardised(values: ArrayLike<number>, path: string): Float64Array {
  const n = values.length
  let most = 0
  for (let t = 0; t < n; t++) most = Math.max(most, Math.abs(values[t] as number))
  let mean = 0
  for (let t = 0; t < n; t++) mean += (values[t] as number) / most / n
  const centred = Float64Array.from(values, (value) => value / most - mean)
  const size = Math.sqrt(centred.reduce((sum, value) => sum + (value * value) / n, 0))
  if (!(size > 1e-12)) throw new StatsError('degenerate', path, 'does not vary')
  return centred.map((value) => value / size)
}
