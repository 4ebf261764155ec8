import { checkFinite, checkSummable } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import { createMatrix, type Matrix } from './matrix.ts'
import { inverseGram, qr, solveLeastSquares } from './qr.ts'

export interface Ridge {
  readonly intercept: number
  /** In the units of the columns of x. */
  readonly coefficients: Float64Array
  /** Trace of the hat matrix, the constant included. */
  readonly effectiveDegrees: number
  readonly residuals: Float64Array
  /** n · RSS / (n − effective degrees)²: generalised cross-validation (Golub, Heath and Wahba 1979); least where λ predicts best. */
  readonly gcv: number
}

/**
 * Ridge regression (Hoerl and Kennard 1970): least squares plus λ times the squared coefficients of columns that are centred and
 * scaled to variance 1 (divisor n), the constant free. By QR of x above √λ · 1, so that nothing is squared. λ ≥ 0 and finite; a
 * column that does not vary gets 0. Throws a StatsError for shapes and numbers that do not fit, and where λ is 0 and
 * columns depend on one another. O((rows + columns) · columns²).
 */
export function ridge(x: Matrix, y: ArrayLike<number>, lambda: number): Ridge {
  checkFinite(lambda, 'lambda')
  if (lambda < 0) throw new StatsError('out_of_range', 'lambda', `${lambda} is below 0`)
  const { rows: n, columns: p } = x
  if (y.length !== n) throw new StatsError('length', 'y', `${y.length} values for ${n} rows of x`)
  checkSummable(y, 2, 'y')
  const { means, scales } = columnsOf(x)
  const meanY = meanOfValues(Float64Array.from(y))
  const stacked = createMatrix(n + p, p)
  const target = new Float64Array(n + p)
  const root = Math.sqrt(lambda)
  for (let i = 0; i < n; i++) {
    target[i] = (y[i] ?? 0) - meanY
    for (let j = 0; j < p; j++)
      stacked.data[i * p + j] = ((x.data[i * p + j] ?? 0) - (means[j] ?? 0)) * (scales[j] ?? 0)
  }
  // A column of zeros is held at 0 by any penalty.
  for (let j = 0; j < p; j++) stacked.data[(n + j) * p + j] = scales[j] === 0 ? 1 : root
  const factored = qr(stacked)
  if (factored.rank < p)
    throw new StatsError('degenerate', 'x', 'columns depend on one another: needs lambda above 0')
  const solved = solveLeastSquares(factored, target)
  const coefficients = solved.map((b, j) => (scales[j] === 0 ? 0 : b * (scales[j] ?? 0)))
  const intercept = meanY - coefficients.reduce((sum, b, j) => sum + b * (means[j] ?? 0), 0)
  const residuals = new Float64Array(n)
  let rss = 0
  for (let i = 0; i < n; i++) {
    let rest = target[i] ?? 0
    for (let j = 0; j < p; j++) rest -= (stacked.data[i * p + j] ?? 0) * (solved[j] ?? 0)
    residuals[i] = rest
    rss += rest * rest
  }
  const inverse = inverseGram(factored)
  let effectiveDegrees = 1
  for (let j = 0; j < p; j++)
    if (scales[j] !== 0) effectiveDegrees += 1 - lambda * (inverse.data[j * p + j] ?? 0)
  const left = n - effectiveDegrees
  const gcv = left > 0 ? (n * rss) / left ** 2 : Number.POSITIVE_INFINITY
  return { intercept, coefficients, effectiveDegrees, residuals, gcv }
}

/** Means, and inverse standard deviations (0 for a column that does not vary). */
function columnsOf(x: Matrix): { means: Float64Array; scales: Float64Array } {
  const means = new Float64Array(x.columns)
  const scales = new Float64Array(x.columns)
  for (let j = 0; j < x.columns; j++) {
    const column = Float64Array.from({ length: x.rows }, (_, i) => x.data[i * x.columns + j] ?? 0)
    checkSummable(column, 2, `x[][${j}]`)
    const mean = meanOfValues(column)
    let squares = 0
    for (const value of column) squares += (value - mean) ** 2
    means[j] = mean
    const deviation = Math.sqrt(squares / x.rows)
    // A spread that rounding of the mean could have made is none.
    scales[j] = deviation > Math.abs(mean) * 2 ** -50 ? 1 / deviation : 0
  }
  return { means, scales }
}

function meanOfValues(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  const mean = sum / values.length
  let rest = 0
  for (const value of values) rest += value - mean
  return mean + rest / values.length
}
