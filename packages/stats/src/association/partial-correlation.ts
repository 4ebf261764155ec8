import { checkSummable, checkWithin } from '../checks.ts'
import { studentT } from '../distributions/student-t.ts'
import { cholesky, solveLower } from '../linear/cholesky.ts'
import { createMatrix, type Matrix } from '../linear/matrix.ts'
import { StatsError } from '../stats-error.ts'

export interface PartialCorrelations {
  /** Of columns i and j given all others; 1 on the diagonal. */
  readonly correlations: Matrix
  /** Two-sided, by Student's t with rows − columns degrees; 0 on the diagonal, 1 where no degrees are left. */
  readonly pValues: Matrix
  /** Share of the correlations that was taken off. */
  readonly shrinkage: number
}

/**
 * Correlation of any two series with the others held fixed: −P_ij / √(P_ii P_jj) with P the inverse of the correlation matrix. The
 * matrix is shrunk towards the identity by as much as its entries are uncertain (Schäfer and Strimmer 2005), or by `shrinkage` of 0 to
 * 1, so that there may be more series than values; p-values are right where little is shrunk.
 *
 * Columns that do not vary correlate with none. Throws a StatsError: `length`, `not_finite`, `too_few` with fewer than three rows,
 * `degenerate` for columns that follow from others with a shrinkage of 0. O(rows · columns² + columns³).
 */
export function partialCorrelations(
  columns: readonly ArrayLike<number>[],
  shrinkage?: number,
): PartialCorrelations {
  const p = columns.length
  const n = columns[0]?.length ?? 0
  if (n < 3) throw new StatsError('too_few', 'columns[0]', `${n} values, needs 3 or more`)
  if (shrinkage !== undefined) checkWithin(shrinkage, 0, 1, 'shrinkage')
  const z = columns.map((column, i) => {
    if (column.length !== n)
      throw new StatsError('length', `columns[${i}]`, `${column.length} values, not ${n}`)
    checkSummable(column, 3, `columns[${i}]`)
    return standardised(column)
  })
  const { matrix, shrunk } = correlationMatrix(z, n, shrinkage)
  const inverse = inverseOf(matrix)
  const correlations = createMatrix(p, p)
  const pValues = createMatrix(p, p)
  const degrees = n - p
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++) {
      const size = Math.sqrt(inverse[i * p + i] as number) * Math.sqrt(inverse[j * p + j] as number)
      const r = Math.min(1, Math.max(-1, (0 - (inverse[i * p + j] as number)) / size))
      correlations.data[i * p + j] = i === j ? 1 : r
      pValues.data[i * p + j] = i === j ? 0 : tailOf(r, degrees)
    }
  return { correlations, pValues, shrinkage: shrunk }
}

function tailOf(r: number, degrees: number): number {
  if (degrees < 1) return 1
  const t = Math.abs(r) * Math.sqrt(degrees / Math.max(1e-300, (1 - r) * (1 + r)))
  return Math.min(1, 2 * studentT(degrees).survival(t))
}

/** Correlations less a share, which by default is Σ Var(r_ij) / Σ r_ij². */
function correlationMatrix(
  z: readonly Float64Array[],
  n: number,
  given: number | undefined,
): { matrix: Matrix; shrunk: number } {
  const p = z.length
  const matrix = createMatrix(p, p)
  let [uncertain, all] = [0, 0]
  for (let i = 0; i < p; i++) {
    matrix.data[i * p + i] = 1
    for (let j = 0; j < i; j++) {
      const [a, b] = [z[i] as Float64Array, z[j] as Float64Array]
      let [sum, squares] = [0, 0]
      for (let t = 0; t < n; t++) {
        const product = (a[t] as number) * (b[t] as number)
        sum += product / n
        squares += (product * product) / n
      }
      matrix.data[i * p + j] = sum
      uncertain += (squares - sum * sum) / (n - 1)
      all += sum * sum
    }
  }
  const shrunk = given ?? (all > 0 ? Math.min(1, Math.max(0, uncertain / all)) : 0)
  for (let i = 0; i < p; i++)
    for (let j = 0; j < i; j++) {
      const value = (matrix.data[i * p + j] as number) * (1 - shrunk)
      matrix.data[i * p + j] = value
      matrix.data[j * p + i] = value
    }
  return { matrix, shrunk }
}

/** A⁻¹ = L⁻ᵀ L⁻¹, by columns of L⁻¹. */
function inverseOf(a: Matrix): Float64Array {
  const p = a.rows
  const { lower } = cholesky(a, { maxJitter: 0 })
  const columns = Array.from({ length: p }, (_, j) => {
    const unit = new Float64Array(p)
    unit[j] = 1
    return solveLower(lower, unit)
  })
  const inverse = new Float64Array(p * p)
  for (let i = 0; i < p; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let k = i; k < p; k++)
        sum +=
          ((columns[i] as Float64Array)[k] as number) * ((columns[j] as Float64Array)[k] as number)
      inverse[i * p + j] = sum
      inverse[j * p + i] = sum
    }
  return inverse
}

/** Mean 0 and mean square 1; all 0 where nothing varies. */
function standardised(values: ArrayLike<number>): Float64Array {
  const n = values.length
  let most = 0
  for (let t = 0; t < n; t++) most = Math.max(most, Math.abs(values[t] as number))
  if (most === 0) return new Float64Array(n)
  let mean = 0
  for (let t = 0; t < n; t++) mean += (values[t] as number) / most / n
  const centred = Float64Array.from(values, (value) => value / most - mean)
  const size = Math.sqrt(centred.reduce((sum, value) => sum + (value * value) / n, 0))
  return size > 1e-12 ? centred.map((value) => value / size) : new Float64Array(n)
}
