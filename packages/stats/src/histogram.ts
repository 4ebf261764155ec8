import { checkFinite, checkNumber, checkPositive } from './checks.ts'
import { StatsError } from './stats-error.ts'

/** A histogram as plain data: `counts[i]` values lie in (edges[i − 1], edges[i]]. */
export interface HistogramState {
  readonly edges: readonly number[]
  /** One more than there are edges: up to the first edge, between edges, beyond the last. */
  readonly counts: readonly number[]
}

/**
 * Counts by fixed edges. A value equal to an edge lies below it, as in Prometheus and OpenTelemetry. Binary
 * search per value; merging adds counts and is exact.
 */
export class Histogram {
  readonly #edges: Float64Array
  readonly #counts: Float64Array

  /** Edges are finite and ascend, at least one, else a StatsError. */
  constructor(edges: ArrayLike<number>) {
    checkEdges(edges)
    this.#edges = Float64Array.from(edges)
    this.#counts = new Float64Array(edges.length + 1)
  }

  /** Number of values, or of their weights. */
  get count(): number {
    return this.#counts.reduce((a, b) => a + b, 0)
  }

  /** Adds a value, standing for `weight` (> 0) values. NaN is a StatsError. */
  add(value: number, weight = 1): void {
    checkNumber(value, 'value')
    checkPositive(weight, 'weight')
    const at = binByEdges(this.#edges, value)
    this.#counts[at] = (this.#counts[at] ?? 0) + weight
  }

  /** Adds the counts of a histogram with the same edges, else a StatsError. */
  merge(other: Histogram): void {
    if (
      other.#edges.length !== this.#edges.length ||
      other.#edges.some((edge, i) => edge !== this.#edges[i])
    ) {
      throw new StatsError('mismatch', 'other', 'a histogram with other edges')
    }
    for (const [i, count] of other.#counts.entries()) {
      this.#counts[i] = (this.#counts[i] ?? 0) + count
    }
  }

  state(): HistogramState {
    return { edges: [...this.#edges], counts: [...this.#counts] }
  }

  static from(state: HistogramState): Histogram {
    const histogram = new Histogram(state.edges)
    if (state.counts.length !== state.edges.length + 1) {
      throw new StatsError(
        'bad_state',
        'state.counts',
        `${state.counts.length} counts for ${state.edges.length} edges`,
      )
    }
    histogram.#counts.set(state.counts)
    return histogram
  }
}

/** Throws a StatsError unless edges are finite and ascend. */
export function checkEdges(edges: ArrayLike<number>): void {
  if (edges.length === 0) throw new StatsError('too_few', 'edges', 'a histogram needs an edge')
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i] ?? 0
    checkFinite(edge, `edges[${i}]`)
    if (i > 0 && !(edge > (edges[i - 1] ?? 0))) {
      throw new StatsError(
        'out_of_range',
        `edges[${i}]`,
        `edges must ascend: ${edges[i - 1]} comes before ${edge}`,
      )
    }
  }
}

/** Index of the first edge that is not below the value; the number of edges when all are. */
export function binByEdges(edges: ArrayLike<number>, value: number): number {
  let low = 0
  let high = edges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((edges[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
