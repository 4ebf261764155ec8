import { createMatrix, type Matrix } from '../linear/matrix.ts'
import { eliminate } from './arma.ts'
import type { Filtered } from './arma-filter.ts'

/** Generalised least squares of the first series' innovations on those of the others. */
export interface InnovationRegression {
  readonly slopes: Float64Array
  /** Weighted sum of squares that is left. */
  readonly squares: number
}

/** Null when the others depend on one another. O(n · columns²). */
export function regressInnovations(filtered: Filtered): InnovationRegression | null {
  const { errors, variances } = filtered
  const y = errors[0] as Float64Array
  const k = errors.length - 1
  const { data: gram } = gramOf(filtered)
  const b = new Float64Array(k)
  for (let t = 0; t < y.length; t++) {
    if (Number.isNaN(y[t])) continue
    const value = (y[t] as number) / (variances[t] as number)
    for (let i = 0; i < k; i++) {
      b[i] = (b[i] as number) + ((errors[i + 1] as Float64Array)[t] as number) * value
    }
  }
  if (k > 0 && !eliminate(gram, b, k)) return null
  let squares = 0
  for (let t = 0; t < y.length; t++) {
    let error = y[t] as number
    if (Number.isNaN(error)) continue
    for (let i = 0; i < k; i++) {
      error -= (b[i] as number) * ((errors[i + 1] as Float64Array)[t] as number)
    }
    squares += (error * error) / (variances[t] as number)
  }
  return { slopes: b, squares }
}

/** (XᵀΣ⁻¹X)⁻¹: times the variance of the innovations the covariance of the slopes; zeros where it is singular. */
export function slopeGramInverse(filtered: Filtered): Matrix {
  const gram = gramOf(filtered)
  const k = gram.rows
  const inverse = createMatrix(k, k)
  for (let j = 0; j < k; j++) {
    const column = new Float64Array(k)
    column[j] = 1
    if (!eliminate(gram.data.slice(), column, k)) return createMatrix(k, k)
    for (let i = 0; i < k; i++) inverse.data[i * k + j] = column[i] as number
  }
  return inverse
}

function gramOf({ errors, variances }: Filtered): Matrix {
  const y = errors[0] as Float64Array
  const k = errors.length - 1
  const gram = createMatrix(k, k)
  const a = gram.data
  for (let t = 0; t < y.length; t++) {
    if (Number.isNaN(y[t])) continue
    const weight = 1 / (variances[t] as number)
    for (let i = 0; i < k; i++) {
      const x = ((errors[i + 1] as Float64Array)[t] as number) * weight
      for (let j = 0; j < k; j++) {
        a[i * k + j] = (a[i * k + j] as number) + x * ((errors[j + 1] as Float64Array)[t] as number)
      }
    }
  }
  return gram
}
