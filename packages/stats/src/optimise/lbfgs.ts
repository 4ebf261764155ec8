import { checkPositive, checkWhole } from '../checks.ts'
import { type Box, checkedBox, type Minimum, project } from './box.ts'

export interface LbfgsOptions extends Box {
  /** Pairs of steps and changes of the gradient that are remembered. Default 8. */
  readonly memory?: number
  /** Default 500. */
  readonly maxIterations?: number
  /** Default 20 for each iteration. */
  readonly maxEvaluations?: number
  /** Converged when no entry of the projected gradient is greater, relative to 1 + |value|. Default 1e-8. */
  readonly gradientTolerance?: number
  /** … or when a step lowers the value by no more than this, relative to 1 + |value|. Default 1e-14. */
  readonly valueTolerance?: number
}

/** Value at x; writes the gradient into `gradient`. A NaN or +Infinity refuses the point. */
export type Differentiable = (x: Float64Array, gradient: Float64Array) => number

/**
 * Least value of a smooth function within bounds: limited-memory BFGS (Nocedal 1980; two loops as in
 * Nocedal and Wright, algorithm 7.4) on the coordinates that are not held by a bound, along the projected path,
 * with a line search for the weak Wolfe conditions (Lewis and Overton 2013). The set of held coordinates is
 * chosen anew at each step (Bertsekas 1982). Finds a local minimum; O(memory · n) beside the evaluations.
 * Throws a StatsError for a start or bounds that do not fit.
 */
export function lbfgs(
  objective: Differentiable,
  start: ArrayLike<number>,
  options: LbfgsOptions = {},
): Minimum {
  const { lower, upper } = checkedBox(start, options)
  const { memory = 8, maxIterations = 500, maxEvaluations = 20 * maxIterations } = options
  const { gradientTolerance = 1e-8, valueTolerance = 1e-14 } = options
  checkWhole(memory, 1, 'options.memory')
  checkWhole(maxIterations, 1, 'options.maxIterations')
  const n = start.length
  let x: Float64Array = Float64Array.from(start)
  project(x, lower, upper)
  let gradient = new Float64Array(n)
  let value = objective(x, gradient)
  let evaluations = 1
  let iterations = 0
  let converged = false
  const pairs: Pair[] = []
  const direction = new Float64Array(n)
  const free = new Uint8Array(n)

  while (Number.isFinite(value) && iterations < maxIterations && evaluations < maxEvaluations) {
    if (steepest(x, gradient, lower, upper) <= gradientTolerance * (1 + Math.abs(value))) {
      converged = true
      break
    }
    markFree(free, x, gradient, lower, upper)
    descent(direction, gradient, free, pairs)
    let slope = dot(direction, gradient)
    if (!(slope < 0)) {
      pairs.length = 0
      descent(direction, gradient, free, pairs)
      slope = dot(direction, gradient)
    }
    const first = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(-slope)) : 1
    const found = search(first, slope)
    if (found === null) {
      // A stale memory may point nowhere; a gradient that is exact to rounding may not go further down.
      if (pairs.length > 0) {
        pairs.length = 0
        continue
      }
      converged = true
      break
    }
    iterations++
    const dropped = value - found.value
    remember(pairs, memory, x, gradient, found.x, found.gradient)
    ;({ x, gradient, value } = found)
    if (dropped <= valueTolerance * (1 + Math.abs(value))) {
      converged = true
      break
    }
  }
  return { x, value, evaluations, iterations, converged }

  /** A point down the projected path that satisfies both conditions, or the best that the first allows. */
  function search(first: number, slope: number): Place | null {
    let [low, high] = [0, Number.POSITIVE_INFINITY]
    let best: Place | null = null
    let length = first
    for (let i = 0; i < 40 && evaluations < maxEvaluations; i++) {
      const place: Place = { x: x.slice(), gradient: new Float64Array(n), value: 0 }
      for (let k = 0; k < n; k++) place.x[k] = (x[k] ?? 0) + length * (direction[k] ?? 0)
      project(place.x, lower, upper)
      place.value = objective(place.x, place.gradient)
      evaluations++
      let [expected, onward] = [0, 0]
      for (let k = 0; k < n; k++) {
        const moved = (place.x[k] ?? 0) - (x[k] ?? 0)
        expected += (gradient[k] ?? 0) * moved
        // A coordinate that has come to its bound goes no further.
        if (moved === length * (direction[k] ?? 0) || !atBound(place.x, k))
          onward += (place.gradient[k] ?? 0) * (direction[k] ?? 0)
      }
      const low1 = place.value <= value + 1e-4 * expected && place.value < value
      if (low1 && isFiniteGradient(place.gradient)) {
        if (best === null || place.value < best.value) best = place
        if (onward >= 0.9 * slope) break
        low = length
      } else high = length
      length = high < Number.POSITIVE_INFINITY ? (low + high) / 2 : 2 * low
      if (high - low <= 1e-16 * high) break
    }
    return best
  }

  function atBound(at: Float64Array, k: number): boolean {
    return (at[k] ?? 0) <= (lower[k] ?? 0) || (at[k] ?? 0) >= (upper[k] ?? 0)
  }
}

interface Place {
  readonly x: Float64Array<ArrayBuffer>
  readonly gradient: Float64Array<ArrayBuffer>
  value: number
}

/** A step s, the change y of the gradient over it, and 1 / s·y. */
interface Pair {
  readonly step: Float64Array
  readonly change: Float64Array
  readonly inverse: number
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

function isFiniteGradient(gradient: Float64Array): boolean {
  for (let i = 0; i < gradient.length; i++) if (!Number.isFinite(gradient[i] ?? 0)) return false
  return true
}

/** Greatest move that a step down the gradient would make within the bounds: 0 at a stationary point. */
function steepest(
  x: Float64Array,
  gradient: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
): number {
  let most = 0
  for (let i = 0; i < x.length; i++) {
    const at = x[i] ?? 0
    const to = Math.min(Math.max(at - (gradient[i] ?? 0), lower[i] ?? 0), upper[i] ?? 0)
    most = Math.max(most, Math.abs(to - at))
  }
  return most
}

/** Marks coordinates that no bound holds where the gradient pushes them. */
function markFree(
  free: Uint8Array,
  x: Float64Array,
  gradient: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
): void {
  for (let i = 0; i < x.length; i++) {
    const [at, g] = [x[i] ?? 0, gradient[i] ?? 0]
    const held = (at <= (lower[i] ?? 0) && g > 0) || (at >= (upper[i] ?? 0) && g < 0)
    free[i] = held ? 0 : 1
  }
}

/** −H · gradient on the free coordinates, 0 on the others. */
function descent(
  out: Float64Array,
  gradient: Float64Array,
  free: Uint8Array,
  pairs: readonly Pair[],
): void {
  for (let i = 0; i < out.length; i++) out[i] = free[i] === 1 ? -(gradient[i] ?? 0) : 0
  const shares = new Float64Array(pairs.length)
  for (let k = pairs.length - 1; k >= 0; k--) {
    const pair = pairs[k]
    if (pair === undefined) continue
    const share = pair.inverse * dot(pair.step, out)
    shares[k] = share
    for (let i = 0; i < out.length; i++)
      if (free[i] === 1) out[i] = (out[i] ?? 0) - share * (pair.change[i] ?? 0)
  }
  const latest = pairs.at(-1)
  if (latest !== undefined) {
    const scale = 1 / (latest.inverse * dot(latest.change, latest.change))
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) * scale
  }
  for (const [k, pair] of pairs.entries()) {
    const share = (shares[k] ?? 0) - pair.inverse * dot(pair.change, out)
    for (let i = 0; i < out.length; i++)
      if (free[i] === 1) out[i] = (out[i] ?? 0) + share * (pair.step[i] ?? 0)
  }
}

/** Keeps a pair whose curvature is positive; others would make the approximation indefinite. */
function remember(
  pairs: Pair[],
  memory: number,
  x: Float64Array,
  gradient: Float64Array,
  nextX: Float64Array,
  nextGradient: Float64Array,
): void {
  const step = nextX.map((value, i) => value - (x[i] ?? 0))
  const change = nextGradient.map((value, i) => value - (gradient[i] ?? 0))
  const curvature = dot(step, change)
  if (!(curvature > 1e-12 * Math.sqrt(dot(step, step) * dot(change, change)))) return
  pairs.push({ step, change, inverse: 1 / curvature })
  if (pairs.length > memory) pairs.shift()
}

/**
 * A function with its gradient by central differences, for `lbfgs`: 2n further evaluations each time. Steps are the
 * cube root of the rounding unit, relative to max(1, |x|) · `step`, one-sided where a bound is in the way. The gradient
 * is good to about 10 digits; set `gradientTolerance` to 1e-6 or so.
 */
export function withDifferences(
  objective: (x: Float64Array) => number,
  { lower, upper, step = 1 }: Box & { readonly step?: number } = {},
): Differentiable {
  checkPositive(step, 'options.step')
  return (x, gradient) => {
    const probe = x.slice()
    for (let i = 0; i < x.length; i++) {
      const at = x[i] ?? 0
      const length = Math.cbrt(2 ** -52) * Math.max(1, Math.abs(at)) * step
      const above = Math.min(at + length, upper?.[i] ?? Number.POSITIVE_INFINITY)
      const below = Math.max(at - length, lower?.[i] ?? Number.NEGATIVE_INFINITY)
      probe[i] = above
      const high = objective(probe)
      probe[i] = below
      const low = objective(probe)
      probe[i] = at
      gradient[i] = above > below ? (high - low) / (above - below) : 0
    }
    return objective(probe)
  }
}
