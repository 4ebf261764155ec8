/**
 * Writes the residuals at x and, unless `jacobian` is null, their derivatives by row (residual i, parameter j at
 * i · parameters + j). False refuses the point.
 */
export type Residuals = (
  x: Float64Array,
  residuals: Float64Array,
  jacobian: Float64Array | null,
) => boolean

export interface LeastSquares {
  readonly x: Float64Array
  /** Sum of the squared residuals; infinite when the start is refused. */
  readonly squares: number
  readonly iterations: number
}

/**
 * Least sum of squares near a start: Levenberg's and Marquardt's damped Gauss-Newton steps, damping scaled by the
 * diagonal (Moré 1978, without the trust region). Converged when a step gains less than `tolerance` of the
 * sum. Finds a local minimum. Cost: O(count · parameters²) for each iteration.
 */
export function leastSquares(
  residualsAt: Residuals,
  start: Float64Array,
  count: number,
  {
    tolerance = 1e-9,
    maxIterations = 100,
  }: { readonly tolerance?: number; readonly maxIterations?: number } = {},
): LeastSquares {
  const p = start.length
  let x = start.slice()
  let trial = new Float64Array(p)
  const residuals = new Float64Array(count)
  const jacobian = new Float64Array(count * p)
  const gram = new Float64Array(p * p)
  const damped = new Float64Array(p * p)
  const gradient = new Float64Array(p)
  const step = new Float64Array(p)
  if (!residualsAt(x, residuals, jacobian)) {
    return { x, squares: Number.POSITIVE_INFINITY, iterations: 0 }
  }
  let squares = sumOfSquares(residuals)
  let damping = 1e-2
  let iterations = 0
  for (; iterations < maxIterations && squares > 0; iterations++) {
    normalEquations(jacobian, residuals, count, p, gram, gradient)
    let gain = 0
    while (damping < 1e12) {
      for (let i = 0; i < p * p; i++) damped[i] = gram[i] as number
      for (let i = 0; i < p; i++) {
        const at = i * p + i
        damped[at] = (gram[at] as number) * (1 + damping) + 1e-14 * squares
      }
      if (solveInPlace(damped, gradient, step, p)) {
        for (let i = 0; i < p; i++) trial[i] = (x[i] as number) - (step[i] as number)
        if (residualsAt(trial, residuals, null)) {
          const found = sumOfSquares(residuals)
          if (found < squares) {
            gain = (squares - found) / squares
            squares = found
            ;[x, trial] = [trial, x]
            damping = Math.max(1e-10, damping / 8)
            break
          }
        }
      }
      damping *= 4
    }
    if (gain <= tolerance || !residualsAt(x, residuals, jacobian)) break
  }
  return { x, squares, iterations }
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * (values[i] as number)
  return sum
}

function normalEquations(
  jacobian: Float64Array,
  residuals: Float64Array,
  count: number,
  p: number,
  gram: Float64Array,
  gradient: Float64Array,
): void {
  gram.fill(0)
  gradient.fill(0)
  for (let t = 0; t < count; t++) {
    const row = t * p
    const residual = residuals[t] as number
    for (let i = 0; i < p; i++) {
      const value = jacobian[row + i] as number
      gradient[i] = (gradient[i] as number) + value * residual
      for (let j = 0; j <= i; j++) {
        gram[i * p + j] = (gram[i * p + j] as number) + value * (jacobian[row + j] as number)
      }
    }
  }
}

/** Solves A · out = b by Cholesky in the lower triangle of `a`, which is overwritten; false when A is not definite. */
function solveInPlace(a: Float64Array, b: Float64Array, out: Float64Array, p: number): boolean {
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * p + j] as number
      for (let k = 0; k < j; k++) sum -= (a[i * p + k] as number) * (a[j * p + k] as number)
      if (i === j) {
        if (!(sum > 0)) return false
        a[i * p + i] = Math.sqrt(sum)
      } else a[i * p + j] = sum / (a[j * p + j] as number)
    }
  }
  for (let i = 0; i < p; i++) {
    let sum = b[i] as number
    for (let k = 0; k < i; k++) sum -= (a[i * p + k] as number) * (out[k] as number)
    out[i] = sum / (a[i * p + i] as number)
  }
  for (let i = p - 1; i >= 0; i--) {
    let sum = out[i] as number
    for (let k = i + 1; k < p; k++) sum -= (a[k * p + i] as number) * (out[k] as number)
    out[i] = sum / (a[i * p + i] as number)
  }
  return true
}
