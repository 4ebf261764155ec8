import { checkSameLength, checkValues } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** Whether a is at least as small as b everywhere and smaller somewhere. */
function dominates(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  let smaller = false
  for (let i = 0; i < a.length; i++) {
    const [own, other] = [a[i] as number, b[i] as number]
    if (own > other) return false
    if (own < other) smaller = true
  }
  return smaller
}

function checkCosts(costs: readonly ArrayLike<number>[]): void {
  for (const [i, cost] of costs.entries()) {
    checkValues(cost, 1, `costs[${i}]`)
    checkSameLength(costs[0] as ArrayLike<number>, cost, 'costs[0]', `costs[${i}]`)
  }
}

/**
 * Indices, ascending, of the vectors that no other dominates, all coordinates being costs to minimise; equal vectors are all kept.
 * O(n² · coordinates) at worst, O(n log n + n · front · coordinates) as a rule. Throws a StatsError for vectors that are not finite
 * or differ in length.
 */
export function paretoFront(costs: readonly ArrayLike<number>[]): number[] {
  checkCosts(costs)
  // In lexicographic order nobody is dominated by a later one.
  const order = costs
    .map((_, i) => i)
    .toSorted((a, b) => {
      const [first, second] = [costs[a] as ArrayLike<number>, costs[b] as ArrayLike<number>]
      for (let k = 0; k < first.length; k++) {
        const difference = (first[k] as number) - (second[k] as number)
        if (difference !== 0) return difference
      }
      return a - b
    })
  const front: number[] = []
  for (const i of order) {
    const own = costs[i] as ArrayLike<number>
    if (!front.some((j) => dominates(costs[j] as ArrayLike<number>, own))) front.push(i)
  }
  return front.toSorted((a, b) => a - b)
}

/**
 * Volume that is dominated by vectors of two or three costs and bounded by a reference cost: the area or space of all that is
 * worse than one of them and better than the reference. Vectors that are not better than the reference everywhere add nothing.
 * Two costs by a sweep, O(n log n); three by slices of it, O(n² log n). Throws a StatsError as `paretoFront`, and `out_of_range` for
 * another number of costs.
 */
export function hypervolume(
  costs: readonly ArrayLike<number>[],
  reference: ArrayLike<number>,
): number {
  checkCosts(costs)
  checkValues(reference, 1, 'reference')
  if (reference.length !== 2 && reference.length !== 3)
    throw new StatsError('out_of_range', 'reference', `has ${reference.length} costs, not 2 or 3`)
  if (costs[0] !== undefined) checkSameLength(reference, costs[0], 'reference', 'costs[0]')
  const inside = costs.filter((cost) =>
    Array.from(cost).every((value, k) => value < (reference[k] as number)),
  )
  const [right, top] = [reference[0] as number, reference[1] as number]
  if (reference.length === 2) return area(inside, right, top)
  const byDepth = inside.toSorted((a, b) => (a[2] as number) - (b[2] as number))
  let volume = 0
  for (let i = 0; i < byDepth.length; i++) {
    const depth = (byDepth[i]?.[2] as number) ?? 0
    const next = i + 1 < byDepth.length ? (byDepth[i + 1]?.[2] as number) : (reference[2] as number)
    if (next > depth) volume += (next - depth) * area(byDepth.slice(0, i + 1), right, top)
  }
  return volume
}

function area(costs: readonly ArrayLike<number>[], right: number, top: number): number {
  const byFirst = costs.toSorted((a, b) => (a[0] as number) - (b[0] as number))
  let sum = 0
  let lowest = top
  for (const cost of byFirst) {
    const second = cost[1] as number
    if (second >= lowest) continue
    sum += (right - (cost[0] as number)) * (lowest - second)
    lowest = second
  }
  return sum
}
