import { checkWhole, checkWithin } from '../checks.ts'
import type { SegmentCost } from './segment-cost.ts'

export interface SearchOptions {
  /** What each further change must save, in units of the cost; from 0 on. */
  readonly penalty: number
  /** Least number of values of a segment. Default: what the cost needs. */
  readonly leastLength?: number
  /** Changes are looked for at multiples of it only, which divides the time by its square. Default 1: everywhere. */
  readonly stride?: number
}

/**
 * The changes that make Σ cost + penalty · changes least, exactly: PELT (Killick, Fearnhead and Eckley 2012). Each is the
 * place of the first value of a new segment, ascending. Places that cannot begin the last segment any more are dropped, so that the
 * time is O(n) with changes at a steady rate and O(n²) with none, times that of a cost. Options that are out of range are a
 * StatsError; none are found in fewer than two segments' worth of values.
 */
export function pelt(cost: SegmentCost, options: SearchOptions): readonly number[] {
  const { penalty, least, stride } = checked(cost, options)
  const n = cost.length
  if (n < 2 * least) return []
  // Places a search may cut at, the end among them.
  const places = placesOf(n, stride)
  const best = new Float64Array(places.length).fill(Number.POSITIVE_INFINITY)
  const before = new Int32Array(places.length).fill(-1)
  best[0] = -penalty
  let candidates: number[] = []
  /** Place from which on a candidate is beaten; pruning holds only where the place that beats it may itself begin a segment. */
  const beaten = new Float64Array(places.length).fill(Number.POSITIVE_INFINITY)
  let next = 0
  for (let i = 1; i < places.length; i++) {
    const end = places[i] as number
    while (next < i && end - (places[next] as number) >= least) {
      if (best[next] !== Number.POSITIVE_INFINITY) candidates.push(next)
      next++
    }
    candidates = candidates.filter((j) => (beaten[j] as number) > end)
    const values = candidates.map(
      (j) => (best[j] as number) + cost.between(places[j] as number, end),
    )
    for (const [k, j] of candidates.entries()) {
      const value = (values[k] as number) + penalty
      if (value < (best[i] as number)) {
        best[i] = value
        before[i] = j
      }
    }
    for (const [k, j] of candidates.entries()) {
      if ((values[k] as number) >= (best[i] as number))
        beaten[j] = Math.min(beaten[j] as number, end + least)
    }
  }
  const changes: number[] = []
  for (let i = before[places.length - 1] as number; i > 0; i = before[i] as number)
    changes.push(places[i] as number)
  return changes.reverse()
}

/**
 * Changes by halving: the cut that saves most, then the best cuts of both parts, as long as each saves more than the
 * penalty (Scott and Knott 1974). Not the best of all sets of changes, but sooner: O(n log n) costs. At most `most` changes, the
 * greatest savings first. The rest as for `pelt`.
 */
export function binarySegmentation(
  cost: SegmentCost,
  options: SearchOptions & { readonly most?: number },
): readonly number[] {
  const { penalty, least, stride } = checked(cost, options)
  const { most = cost.length } = options
  checkWhole(most, 0, 'options.most')
  const cuts: Cut[] = []
  const consider = (start: number, end: number): void => {
    const cut = bestCut(cost, start, end, least, stride)
    if (cut !== null && cut.saved > penalty) cuts.push(cut)
  }
  const changes: number[] = []
  consider(0, cost.length)
  while (cuts.length > 0 && changes.length < most) {
    let first = 0
    for (const [i, cut] of cuts.entries()) if (cut.saved > (cuts[first] as Cut).saved) first = i
    const [cut] = cuts.splice(first, 1) as [Cut]
    changes.push(cut.at)
    consider(cut.start, cut.at)
    consider(cut.at, cut.end)
  }
  return changes.sort((a, b) => a - b)
}

export interface Cut {
  readonly start: number
  readonly at: number
  readonly end: number
  /** Cost of the whole less that of both parts. */
  readonly saved: number
}

/** The place between start and end whose cut saves most; null where neither part could be long enough. */
export function bestCut(
  cost: SegmentCost,
  start: number,
  end: number,
  least: number,
  stride = 1,
): Cut | null {
  let [at, lowest] = [-1, Number.POSITIVE_INFINITY]
  for (let i = stride * Math.ceil((start + least) / stride); i <= end - least; i += stride) {
    const value = cost.between(start, i) + cost.between(i, end)
    if (value < lowest) [at, lowest] = [i, value]
  }
  return at < 0 ? null : { start, at, end, saved: cost.between(start, end) - lowest }
}

function checked(
  cost: SegmentCost,
  options: SearchOptions,
): { penalty: number; least: number; stride: number } {
  const { penalty, leastLength = cost.least, stride = 1 } = options
  checkWithin(penalty, 0, Number.MAX_VALUE, 'options.penalty')
  checkWhole(leastLength, 1, 'options.leastLength')
  checkWhole(stride, 1, 'options.stride')
  return { penalty, least: Math.max(leastLength, cost.least), stride }
}

function placesOf(n: number, stride: number): number[] {
  const places: number[] = []
  for (let at = 0; at < n; at += stride) places.push(at)
  places.push(n)
  return places
}
