import { createMatrix, type Matrix } from '../linear/matrix.ts'

/**
 * Hyperparameters of a Gaussian process with the Matérn kernel of smoothness 5/2 and a length-scale for each coordinate:
 *
 *     k(a, b) = signal · (1 + √5 r + 5/3 r²) exp(−√5 r),   r² = Σ ((aᵢ − bᵢ) / lengthscaleᵢ)²
 *
 * where the difference of a categorical coordinate is 0 or 1. Measurements of a value have the variance `noise` beside it.
 */
export interface Hyperparameters {
  readonly lengthscales: readonly number[]
  /** Variance of the function, in squared units of the values. */
  readonly signal: number
  /** Variance of a measurement, in squared units of the values. */
  readonly noise: number
}

const ROOT5 = Math.sqrt(5)

/** Correlation at a squared scaled distance. */
export function correlationAt(squared: number): number {
  const z = ROOT5 * Math.sqrt(squared)
  return (1 + z + (z * z) / 3) * Math.exp(-z)
}

/** −2 times the derivative of the correlation by the squared distance: 5/3 (1 + √5 r) exp(−√5 r). */
export function slopeAt(squared: number): number {
  const z = ROOT5 * Math.sqrt(squared)
  return (5 / 3) * (1 + z) * Math.exp(-z)
}

/** Squared differences of all pairs i > j by coordinate, one pair behind the other: what length-scales divide. */
export function squaredDifferences(x: Matrix, categorical: readonly boolean[]): Float64Array {
  const { rows: n, columns: d, data } = x
  const out = new Float64Array(((n * (n - 1)) / 2) * d)
  let at = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      for (let k = 0; k < d; k++) {
        const difference = (data[i * d + k] as number) - (data[j * d + k] as number)
        out[at++] = categorical[k] === true ? (difference === 0 ? 0 : 1) : difference * difference
      }
    }
  }
  return out
}

/** Covariances of n values of the function: the lower triangle, with `noises` on the diagonal. O(n² · coordinates). */
export function covariances(
  differences: Float64Array,
  n: number,
  { lengthscales, signal }: Hyperparameters,
  noises: Float64Array,
): Matrix {
  const d = lengthscales.length
  const inverse = Float64Array.from(lengthscales, (scale) => 1 / (scale * scale))
  const out = createMatrix(n, n)
  let at = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      let squared = 0
      for (let k = 0; k < d; k++)
        squared += (differences[at + k] as number) * (inverse[k] as number)
      at += d
      out.data[i * n + j] = signal * correlationAt(squared)
    }
    out.data[i * n + i] = signal + (noises[i] as number)
  }
  return out
}
