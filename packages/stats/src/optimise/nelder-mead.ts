import { checkSameLength, checkWhole } from '../checks.ts'
import { type Box, checkedBox, type Minimum, project } from './box.ts'

export interface NelderMeadOptions extends Box {
  /** Length of the first simplex along each coordinate. Default 10 % of the coordinate, and 0.1 where it is below 1e-4. */
  readonly step?: number | ArrayLike<number>
  /** Default 200 for each dimension. Checked between steps, so that it may be passed by a few. */
  readonly maxEvaluations?: number
  /** Converged when values of the simplex differ by no more than this, absolute and relative. Default 1e-10. */
  readonly tolerance?: number
  /** … and its points by no more than this, relative to 1 + |x|. Default 1e-6. */
  readonly pointTolerance?: number
  /** New simplexes at the best point after convergence, which undo a simplex that has collapsed. Default 1. */
  readonly restarts?: number
}

/**
 * Least value of a function without derivatives: the simplex of Nelder and Mead (1965) with steps that
 * depend on the dimension (Gao and Han 2012). Points outside of bounds are moved to the nearest within. A value that
 * is NaN counts as +Infinity, so that an objective may refuse a point. Good for up to about ten dimensions;
 * finds a local minimum. Throws a StatsError for a start or bounds that do not fit.
 */
export function nelderMead(
  objective: (x: Float64Array) => number,
  start: ArrayLike<number>,
  options: NelderMeadOptions = {},
): Minimum {
  const { lower, upper } = checkedBox(start, options)
  const n = start.length
  const { maxEvaluations = 200 * n, tolerance = 1e-10, pointTolerance = 1e-6 } = options
  const { restarts = 1, step } = options
  checkWhole(maxEvaluations, 1, 'options.maxEvaluations')
  checkWhole(restarts, 0, 'options.restarts')
  if (step !== undefined && typeof step !== 'number')
    checkSameLength(start, step, 'start', 'options.step')
  let evaluations = 0
  let iterations = 0
  const evaluate = (x: Float64Array): number => {
    evaluations++
    const value = objective(x)
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
  }

  const expansion = 1 + 2 / n
  const contraction = 0.75 - 1 / (2 * n)
  // In one dimension 1 − 1/n would shrink the simplex to nothing.
  const shrinking = n > 1 ? 1 - 1 / n : 0.5

  let best: Float64Array = Float64Array.from(start)
  project(best, lower, upper)
  let bestValue = evaluate(best)
  let converged = false
  for (let round = 0; round <= restarts && evaluations < maxEvaluations; round++) {
    const before = bestValue
    const simplex = firstSimplex(best, step, lower, upper)
    const values = simplex.map((x, i) => (i === 0 ? bestValue : evaluate(x)))
    converged = descend(simplex, values)
    best = simplex[0] ?? best
    bestValue = values[0] ?? bestValue
    if (converged && round > 0 && before - bestValue <= tolerance * (1 + Math.abs(bestValue))) break
  }
  return { x: best, value: bestValue, evaluations, iterations, converged }

  /** Steps until the simplex is small. Leaves points and values in ascending order. */
  function descend(simplex: Float64Array[], values: number[]): boolean {
    const centre = new Float64Array(n)
    for (;;) {
      order(simplex, values)
      if (isSmall(simplex, values, tolerance, pointTolerance)) return true
      if (evaluations >= maxEvaluations) return false
      iterations++
      const worst = simplex[n] ?? best
      const [low, second, high] = [values[0] ?? 0, values[n - 1] ?? 0, values[n] ?? 0]
      centre.fill(0)
      for (let k = 0; k < n; k++)
        for (let i = 0; i < n; i++) centre[i] = (centre[i] ?? 0) + (simplex[k]?.[i] ?? 0) / n

      const along = (share: number): Float64Array => {
        const x = new Float64Array(n)
        for (let i = 0; i < n; i++)
          x[i] = (centre[i] ?? 0) + share * ((worst[i] ?? 0) - (centre[i] ?? 0))
        project(x, lower, upper)
        return x
      }
      const reflected = along(-1)
      const reflectedValue = evaluate(reflected)
      if (reflectedValue < low) {
        const expanded = along(-expansion)
        const value = evaluate(expanded)
        if (value < reflectedValue) replace(expanded, value)
        else replace(reflected, reflectedValue)
        continue
      }
      if (reflectedValue < second) {
        replace(reflected, reflectedValue)
        continue
      }
      const outside = reflectedValue < high
      const contracted = along(outside ? -contraction : contraction)
      const value = evaluate(contracted)
      if (value < (outside ? reflectedValue : high)) {
        replace(contracted, value)
        continue
      }
      const first = simplex[0] ?? best
      for (let k = 1; k <= n; k++) {
        const x = simplex[k] ?? best
        for (let i = 0; i < n; i++)
          x[i] = (first[i] ?? 0) + shrinking * ((x[i] ?? 0) - (first[i] ?? 0))
        values[k] = evaluate(x)
      }
    }

    function replace(x: Float64Array, value: number): void {
      simplex[n] = x
      values[n] = value
    }
  }
}

/** A point and one more along each coordinate, to the other side where a bound is in the way. */
function firstSimplex(
  at: Float64Array,
  step: NelderMeadOptions['step'],
  lower: Float64Array,
  upper: Float64Array,
): Float64Array[] {
  const simplex = [at.slice()]
  for (let i = 0; i < at.length; i++) {
    const value = at[i] ?? 0
    const own = typeof step === 'number' ? step : step?.[i]
    const length = own ?? (Math.abs(value) < 1e-4 ? 0.1 : 0.1 * Math.abs(value))
    const [below, above] = [value - (lower[i] ?? 0), (upper[i] ?? 0) - value]
    const x = at.slice()
    x[i] = above >= length || above >= below ? value + length : value - length
    project(x, lower, upper)
    simplex.push(x)
  }
  return simplex
}

/** Insertion sort by value: the simplex is small and nearly in order. */
function order(simplex: Float64Array[], values: number[]): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0
    const x = simplex[i]
    let j = i - 1
    for (; j >= 0 && (values[j] ?? 0) > value; j--) {
      values[j + 1] = values[j] ?? 0
      simplex[j + 1] = simplex[j] ?? simplex[0] ?? new Float64Array()
    }
    values[j + 1] = value
    if (x !== undefined) simplex[j + 1] = x
  }
}

function isSmall(
  simplex: readonly Float64Array[],
  values: readonly number[],
  tolerance: number,
  pointTolerance: number,
): boolean {
  const [low = 0, high = 0] = [values[0], values.at(-1)]
  // Without a finite value anywhere the difference is NaN and the search goes on.
  if (!(high - low <= tolerance * (1 + Math.abs(low)))) return false
  const [first, ...others] = simplex
  for (const x of others)
    for (let i = 0; i < x.length; i++) {
      const at = first?.[i] ?? 0
      if (!(Math.abs((x[i] ?? 0) - at) <= pointTolerance * (1 + Math.abs(at)))) return false
    }
  return true
}
