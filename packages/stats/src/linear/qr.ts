import { StatsError } from '../stats-error.ts'
import { createMatrix, type Matrix } from './matrix.ts'

/**
 * A · P = Q · R by Householder reflections (Golub and Van Loan, Matrix Computations, 5.2 and 5.4), with
 * columns exchanged so that the diagonal of R falls and shows the rank (Businger and Golub 1965).
 *
 * `factors` is column by column: R on and above the diagonal, below it the reflectors (first entry 1, not
 * stored). `pivots[j]` is the column of A that came to place j. Only the first `rank` columns are used to solve.
 */
export interface Qr {
  readonly rows: number
  readonly columns: number
  readonly factors: Float64Array
  readonly scales: Float64Array
  readonly pivots: Int32Array
  readonly rank: number
}

export interface QrOptions {
  /** Exchange columns. Default true; without it the rank is told, but a column that depends on others is not moved away. */
  readonly pivot?: boolean
  /** A diagonal entry at or below this share of the greatest counts as zero. Default max(rows, columns) · 2^−52. */
  readonly tolerance?: number
}

/** Factors a matrix of any shape with entries within ±1e300, else a StatsError. O(rows · columns²). A is not changed. */
export function qr(a: Matrix, options: QrOptions = {}): Qr {
  const { rows, columns } = a
  const { pivot = true, tolerance = Math.max(rows, columns) * 2 ** -52 } = options
  const factors = columnsOf(a)
  const steps = Math.min(rows, columns)
  const scales = new Float64Array(steps)
  const pivots = Int32Array.from({ length: columns }, (_, j) => j)
  const squares = new Float64Array(columns)
  for (let j = 0; j < columns; j++) squares[j] = squaredNorm(factors, j * rows, rows)
  const exact = squares.slice()
  for (let k = 0; k < steps; k++) {
    if (pivot) exchange(factors, squares, exact, pivots, k, greatest(squares, k), rows)
    const top = k * rows + k
    const scale = reflector(factors, top, rows - k)
    scales[k] = scale
    for (let j = k + 1; j < columns; j++) {
      if (scale !== 0) reflect(factors, top, factors, j * rows + k, rows - k, scale)
      const rest = (squares[j] ?? 0) - (factors[j * rows + k] ?? 0) ** 2
      // Taking squares away cancels; where little is left the norm is computed anew (LAPACK's dgeqp3 does so).
      if (rest <= 1e-6 * (exact[j] ?? 0)) {
        squares[j] = squaredNorm(factors, j * rows + k + 1, rows - k - 1)
        exact[j] = squares[j] ?? 0
      } else squares[j] = rest
    }
  }
  let largest = 0
  for (let k = 0; k < steps; k++) largest = Math.max(largest, Math.abs(factors[k * rows + k] ?? 0))
  let rank = 0
  while (rank < steps && Math.abs(factors[rank * rows + rank] ?? 0) > tolerance * largest) rank++
  return { rows, columns, factors, scales, pivots, rank }
}

function columnsOf(a: Matrix): Float64Array {
  const { rows, columns, data } = a
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const value = data[i * columns + j] ?? 0
      if (!(Math.abs(value) <= 1e300))
        throw new StatsError('out_of_range', `a[${i}][${j}]`, `${value} is not within ±1e300`)
      out[j * rows + i] = value
    }
  }
  return out
}

function squaredNorm(values: Float64Array, from: number, length: number): number {
  let sum = 0
  for (let i = from; i < from + length; i++) sum += (values[i] ?? 0) ** 2
  return sum
}

function greatest(values: Float64Array, from: number): number {
  let best = from
  for (let j = from + 1; j < values.length; j++)
    if ((values[j] ?? 0) > (values[best] ?? 0)) best = j
  return best
}

function exchange(
  factors: Float64Array,
  squares: Float64Array,
  exact: Float64Array,
  pivots: Int32Array,
  a: number,
  b: number,
  rows: number,
): void {
  if (a === b) return
  for (let i = 0; i < rows; i++) swap(factors, a * rows + i, b * rows + i)
  swap(squares, a, b)
  swap(exact, a, b)
  swap(pivots, a, b)
}

function swap(values: Float64Array | Int32Array, i: number, j: number): void {
  const kept = values[i] ?? 0
  values[i] = values[j] ?? 0
  values[j] = kept
}

/** Makes the reflector that turns the column into a multiple of the first axis; gives its scale τ. */
function reflector(factors: Float64Array, top: number, length: number): number {
  let size = 0
  for (let i = top; i < top + length; i++) size = Math.max(size, Math.abs(factors[i] ?? 0))
  if (size === 0) return 0
  // Scaled by the greatest entry, so that squares of 1e±200 neither overflow nor vanish.
  let sum = 0
  for (let i = top; i < top + length; i++) sum += ((factors[i] ?? 0) / size) ** 2
  const alpha = factors[top] ?? 0
  const beta = -(alpha < 0 ? -1 : 1) * size * Math.sqrt(sum)
  const first = alpha - beta
  for (let i = top + 1; i < top + length; i++) factors[i] = (factors[i] ?? 0) / first
  factors[top] = beta
  return (beta - alpha) / beta
}

/** Applies 1 − τ v vᵀ, whose v starts at `top` (its first entry being 1), to `length` entries of `target`. */
function reflect(
  factors: Float64Array,
  top: number,
  target: Float64Array,
  at: number,
  length: number,
  scale: number,
): void {
  let dot = target[at] ?? 0
  for (let i = 1; i < length; i++) dot += (factors[top + i] ?? 0) * (target[at + i] ?? 0)
  dot *= scale
  target[at] = (target[at] ?? 0) - dot
  for (let i = 1; i < length; i++)
    target[at + i] = (target[at + i] ?? 0) - dot * (factors[top + i] ?? 0)
}

function checkedCopy(factored: Qr, b: ArrayLike<number>): Float64Array {
  if (b.length !== factored.rows)
    throw new StatsError('length', 'b', `${b.length} entries for ${factored.rows} rows`)
  return Float64Array.from(b)
}

/** Qᵀ · b: as many entries as A has rows. O(rows · columns). */
export function applyQTransposed(factored: Qr, b: ArrayLike<number>): Float64Array {
  const { rows, factors, scales } = factored
  const out = checkedCopy(factored, b)
  for (let k = 0; k < scales.length; k++)
    reflect(factors, k * rows + k, out, k, rows - k, scales[k] ?? 0)
  return out
}

/** Q · b: as many entries as A has rows. O(rows · columns). */
export function applyQ(factored: Qr, b: ArrayLike<number>): Float64Array {
  const { rows, factors, scales } = factored
  const out = checkedCopy(factored, b)
  for (let k = scales.length - 1; k >= 0; k--)
    reflect(factors, k * rows + k, out, k, rows - k, scales[k] ?? 0)
  return out
}

/**
 * The x that makes ‖A x − b‖ least. Where A has not full rank, columns beyond the rank get 0: one of the
 * least-squares solutions, not the shortest. O(rows · columns).
 */
export function solveLeastSquares(factored: Qr, b: ArrayLike<number>): Float64Array {
  const { rows, columns, factors, pivots, rank } = factored
  const rotated = applyQTransposed(factored, b)
  const x = new Float64Array(columns)
  for (let k = rank - 1; k >= 0; k--) {
    let sum = rotated[k] ?? 0
    for (let j = k + 1; j < rank; j++) sum -= (factors[j * rows + k] ?? 0) * (rotated[j] ?? 0)
    rotated[k] = sum / (factors[k * rows + k] ?? Number.NaN)
    x[pivots[k] ?? 0] = rotated[k] ?? 0
  }
  return x
}

/**
 * (AᵀA)⁻¹, columns × columns in the order of A: times the residual variance it is the covariance of the
 * coefficients. Rows and columns beyond the rank are 0. O(columns³).
 */
export function inverseGram(factored: Qr): Matrix {
  const { rows, columns, factors, pivots, rank } = factored
  // Inverse of R, column by column, then R⁻¹ R⁻ᵀ.
  const inverse = new Float64Array(rank * rank)
  for (let j = 0; j < rank; j++) {
    inverse[j * rank + j] = 1 / (factors[j * rows + j] ?? Number.NaN)
    for (let i = j - 1; i >= 0; i--) {
      let sum = 0
      for (let k = i + 1; k <= j; k++)
        sum += (factors[k * rows + i] ?? 0) * (inverse[k * rank + j] ?? 0)
      inverse[i * rank + j] = -sum / (factors[i * rows + i] ?? Number.NaN)
    }
  }
  const out = createMatrix(columns, columns)
  for (let i = 0; i < rank; i++) {
    for (let j = i; j < rank; j++) {
      let sum = 0
      for (let k = j; k < rank; k++)
        sum += (inverse[i * rank + k] ?? 0) * (inverse[j * rank + k] ?? 0)
      const [a, b] = [pivots[i] ?? 0, pivots[j] ?? 0]
      out.data[a * columns + b] = sum
      out.data[b * columns + a] = sum
    }
  }
  return out
}
