import { checkWhole } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** A dense matrix, row by row: the entry of row i and column j is data[i · columns + j]. */
export interface Matrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

/** A matrix of zeros, or over `data` (not copied) whose length must be rows · columns. */
export function createMatrix(rows: number, columns: number, data?: Float64Array): Matrix {
  checkWhole(rows, 0, 'rows')
  checkWhole(columns, 0, 'columns')
  const size = rows * columns
  if (data !== undefined && data.length !== size)
    throw new StatsError('length', 'data', `${data.length} entries for ${rows} × ${columns}`)
  return { rows, columns, data: data ?? new Float64Array(size) }
}

/** A matrix of the given rows, which have one length and finite entries. */
export function matrixOfRows(rows: readonly ArrayLike<number>[]): Matrix {
  const columns = rows[0]?.length ?? 0
  const matrix = createMatrix(rows.length, columns)
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns)
      throw new StatsError('length', `rows[${i}]`, `${row.length} entries, not ${columns}`)
    for (let j = 0; j < columns; j++) {
      const value = row[j] ?? Number.NaN
      if (!Number.isFinite(value))
        throw new StatsError('not_finite', `rows[${i}][${j}]`, `${value} is not a finite number`)
      matrix.data[i * columns + j] = value
    }
  }
  return matrix
}

/** Matrix times vector; the vector has as many entries as the matrix has columns. O(rows · columns). */
export function multiplyVector(a: Matrix, x: ArrayLike<number>): Float64Array {
  if (x.length !== a.columns)
    throw new StatsError('length', 'x', `${x.length} entries for ${a.columns} columns`)
  const out = new Float64Array(a.rows)
  for (let i = 0; i < a.rows; i++) {
    let sum = 0
    for (let j = 0; j < a.columns; j++) sum += (a.data[i * a.columns + j] ?? 0) * (x[j] ?? 0)
    out[i] = sum
  }
  return out
}
