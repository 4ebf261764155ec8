/** Distance up to which a change counts as found. */
const MARGIN = 5

/**
 * F1 against several annotators as TCPDBench has it: precision against all of their changes, recall as the mean over
 * annotators; the start of the series is a change of everybody.
 */
export function f1OfAnnotators(
  annotators: readonly (readonly number[])[],
  found: readonly number[],
): number {
  const told = new Set([0, ...found])
  const sets = annotators.map((one) => new Set([0, ...one]))
  const precision = matched(new Set(sets.flatMap((set) => [...set])), told) / told.size
  const recall = sets.reduce((sum, set) => sum + matched(set, told) / set.size / sets.length, 0)
  return (2 * precision * recall) / (precision + recall)
}

/** True changes that have a found one of their own within the margin. */
function matched(truth: ReadonlySet<number>, found: ReadonlySet<number>): number {
  const left = new Set(found)
  let count = 0
  for (const at of [...truth].sort((a, b) => a - b)) {
    const [nearest] = [...left]
      .filter((one) => Math.abs(one - at) <= MARGIN)
      .sort((a, b) => Math.abs(a - at) - Math.abs(b - at) || a - b)
    if (nearest === undefined) continue
    left.delete(nearest)
    count++
  }
  return count
}

/** How well the found segments cover those of the annotators: mean share of the best overlap, weighted by length. */
export function covering(
  annotators: readonly (readonly number[])[],
  found: readonly number[],
  length: number,
): number {
  const ours = segmentsOf(found, length)
  let sum = 0
  for (const one of annotators)
    for (const [start, end] of segmentsOf(one, length)) {
      const overlaps = ours.map(([from, to]) => {
        const both = Math.max(0, Math.min(end, to) - Math.max(start, from))
        return both / (end - start + (to - from) - both)
      })
      sum += ((end - start) * Math.max(...overlaps)) / length / annotators.length
    }
  return sum
}

function segmentsOf(changes: readonly number[], length: number): (readonly [number, number])[] {
  const inner = [...new Set(changes)].filter((at) => at > 0 && at < length).sort((a, b) => a - b)
  const bounds = [0, ...inner, length]
  return bounds.slice(1).map((end, i) => [bounds[i] ?? 0, end] as const)
}
