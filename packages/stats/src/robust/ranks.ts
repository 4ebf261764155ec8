import { checkValues } from '../checks.ts'

/** What values that are equal share: the mean of their ranks, or the least, greatest or densest. */
export type Ties = 'average' | 'min' | 'max' | 'dense'

export interface Ranks {
  /** From 1 on, in the order of the values. */
  readonly ranks: Float64Array
  /** Sum of t³ − t over groups of t equal values: what tests correct their variance by. 0 without ties. */
  readonly ties: number
}

/** Ranks of finite values. O(n log n). */
export function rank(values: ArrayLike<number>, ties: Ties = 'average'): Ranks {
  checkValues(values, 0, 'values')
  const n = values.length
  const at = (i: number): number => values[i] ?? 0
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => at(a) - at(b))
  const ranks = new Float64Array(n)
  let correction = 0
  let groups = 0
  for (let start = 0; start < n; ) {
    let end = start + 1
    while (end < n && at(order[end] ?? 0) === at(order[start] ?? 0)) end++
    groups++
    const size = end - start
    correction += size ** 3 - size
    const shared = {
      average: (start + 1 + end) / 2,
      min: start + 1,
      max: end,
      dense: groups,
    }[ties]
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = shared
    start = end
  }
  return { ranks, ties: correction }
}
