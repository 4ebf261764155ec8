import { checkWithin } from '../checks.ts'
import { StatsError } from '../stats-error.ts'
import { createMatrix, type Matrix } from './matrix.ts'

/** A = L · Lᵀ for a symmetric positive definite A (plus jitter on its diagonal). */
export interface Cholesky {
  /** L, with zeros above the diagonal. */
  readonly lower: Matrix
  /** What was added to each diagonal entry of A; 0 where nothing was needed. */
  readonly jitter: number
  /** Natural logarithm of the determinant of A + jitter · 1. */
  readonly logDeterminant: number
}

export interface CholeskyOptions {
  /**
   * Greatest jitter to try, as a share of the mean diagonal. Jitter starts at 1e-12 of it and grows tenfold until the
   * factor exists: covariances of near points are singular up to rounding. Default 1e-4; 0 takes A as it is.
   */
  readonly maxJitter?: number
}

/**
 * Factors a symmetric matrix, of which only the lower triangle is read. Throws a StatsError: `length` when it is not
 * square, `not_finite`, and `degenerate` when it is not positive definite even with the greatest jitter.
 * O(n³ / 3) for each jitter tried.
 */
export function cholesky(a: Matrix, options: CholeskyOptions = {}): Cholesky {
  const { maxJitter = 1e-4 } = options
  const n = a.rows
  if (a.columns !== n) throw new StatsError('length', 'a', `${n} × ${a.columns} is not square`)
  checkWithin(maxJitter, 0, 1, 'options.maxJitter')
  let trace = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const value = a.data[i * n + j] ?? 0
      if (!Number.isFinite(value))
        throw new StatsError('not_finite', `a[${i}][${j}]`, `${value} is not a finite number`)
    }
    trace += Math.abs(a.data[i * n + i] ?? 0)
  }
  const size = n > 0 ? trace / n : 0
  for (let share = 0; share <= maxJitter; share = share === 0 ? 1e-12 : share * 10) {
    const jitter = share * size
    const lower = factor(a, jitter)
    if (lower !== null) return { lower, jitter, logDeterminant: logDeterminantOf(lower) }
    if (size === 0) break
  }
  throw new StatsError('degenerate', 'a', `is not positive definite with jitter up to ${maxJitter}`)
}

/** L of A + jitter, or null where a pivot is not positive. */
function factor(a: Matrix, jitter: number): Matrix | null {
  const n = a.rows
  const lower = createMatrix(n, n)
  const l = lower.data
  for (let i = 0; i < n; i++) {
    const row = i * n
    for (let j = 0; j <= i; j++) {
      const other = j * n
      let sum = (a.data[row + j] ?? 0) + (i === j ? jitter : 0)
      const whole = sum
      for (let k = 0; k < j; k++) sum -= (l[row + k] ?? 0) * (l[other + k] ?? 0)
      if (i === j) {
        // What is left of a pivot after cancelling to the last bits is noise.
        if (!(sum > whole * 2 ** -52)) return null
        l[row + i] = Math.sqrt(sum)
      } else l[row + j] = sum / (l[other + j] ?? Number.NaN)
    }
  }
  return lower
}

function logDeterminantOf(lower: Matrix): number {
  let sum = 0
  for (let i = 0; i < lower.rows; i++) sum += Math.log(lower.data[i * lower.rows + i] ?? 0)
  return 2 * sum
}

/** L⁻¹ · b, by forward substitution. O(n²). */
export function solveLower(lower: Matrix, b: ArrayLike<number>): Float64Array {
  const n = lower.rows
  if (b.length !== n) throw new StatsError('length', 'b', `${b.length} entries for ${n} rows`)
  const x = Float64Array.from(b)
  for (let i = 0; i < n; i++) {
    let sum = x[i] ?? 0
    for (let k = 0; k < i; k++) sum -= (lower.data[i * n + k] ?? 0) * (x[k] ?? 0)
    x[i] = sum / (lower.data[i * n + i] ?? Number.NaN)
  }
  return x
}

/** L⁻ᵀ · b, by back substitution. O(n²). */
export function solveLowerTransposed(lower: Matrix, b: ArrayLike<number>): Float64Array {
  const n = lower.rows
  if (b.length !== n) throw new StatsError('length', 'b', `${b.length} entries for ${n} rows`)
  const x = Float64Array.from(b)
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i] ?? 0
    for (let k = i + 1; k < n; k++) sum -= (lower.data[k * n + i] ?? 0) * (x[k] ?? 0)
    x[i] = sum / (lower.data[i * n + i] ?? Number.NaN)
  }
  return x
}

/** A⁻¹ · b. O(n²). */
export function solveCholesky({ lower }: Cholesky, b: ArrayLike<number>): Float64Array {
  return solveLowerTransposed(lower, solveLower(lower, b))
}

/** A⁻¹, both triangles. O(n³ / 3) beside the factor. */
export function inverseOfCholesky({ lower }: Cholesky): Matrix {
  const n = lower.rows
  const l = lower.data
  // Row i of `rows` is column i of L⁻¹, so that both loops run along memory.
  const rows = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    rows[i * n + i] = 1 / (l[i * n + i] ?? Number.NaN)
    for (let j = i + 1; j < n; j++) {
      let sum = 0
      for (let k = i; k < j; k++) sum -= (l[j * n + k] ?? 0) * (rows[i * n + k] ?? 0)
      rows[i * n + j] = sum / (l[j * n + j] ?? Number.NaN)
    }
  }
  const inverse = createMatrix(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < n; k++) sum += (rows[i * n + k] ?? 0) * (rows[j * n + k] ?? 0)
      inverse.data[i * n + j] = sum
      inverse.data[j * n + i] = sum
    }
  }
  return inverse
}
