import { createMatrix, type Matrix } from '../linear/matrix.ts'
import { type GaussianProcess, gaussianProcess } from './gaussian-process.ts'
import type { Hyperparameters } from './matern.ts'

/** A measurement at a vector of coordinates. */
export interface Measurement {
  readonly x: Float64Array
  readonly value: number
  /** Known variance of the value, beside the noise that is learnt; 0 where none is known. */
  readonly variance: number
}

/** Measurements by place: those of one place as their mean. */
export interface Evidence {
  readonly places: readonly Float64Array[]
  readonly means: Float64Array
  readonly counts: Float64Array
  readonly variances: Float64Array
  /** Squared distances of measurements from the mean of their place. */
  readonly within: number
}

export function keyOf(x: Float64Array): string {
  return x.join(' ')
}

/** Puts measurements of equal coordinates together, in order of their first. O(n · coordinates). */
export function gather(measurements: readonly Measurement[]): Evidence {
  const byPlace = new Map<string, Measurement[]>()
  for (const measurement of measurements) {
    const key = keyOf(measurement.x)
    const list = byPlace.get(key)
    if (list === undefined) byPlace.set(key, [measurement])
    else list.push(measurement)
  }
  const groups = [...byPlace.values()]
  let within = 0
  const means = Float64Array.from(groups, (group) => {
    const mean = group.reduce((sum, { value }) => sum + value / group.length, 0)
    for (const { value } of group) within += (value - mean) ** 2
    return mean
  })
  return {
    places: groups.map((group) => (group[0] as Measurement).x),
    means,
    counts: Float64Array.from(groups, (group) => group.length),
    variances: Float64Array.from(groups, (group) =>
      group.reduce((sum, { variance }) => sum + variance / group.length ** 2, 0),
    ),
    within,
  }
}

/** Most places that a model keeps; its cost grows with their cube. */
const MOST_PLACES = 500

/** The evidence, or half of `MOST_PLACES` of least mean and half of the latest. */
export function bounded(evidence: Evidence): Evidence {
  const n = evidence.places.length
  if (n <= MOST_PLACES) return evidence
  const half = MOST_PLACES / 2
  const order = Array.from({ length: n }, (_, i) => i).toSorted(
    (a, b) => (evidence.means[a] as number) - (evidence.means[b] as number),
  )
  const kept = new Set(order.slice(0, half))
  for (let i = n - 1; kept.size < MOST_PLACES; i--) kept.add(i)
  const indices = [...kept].toSorted((a, b) => a - b)
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(indices, (i) => values[i] as number)
  const counts = pick(evidence.counts)
  const repeats = (of: Float64Array): number => of.reduce((sum, count) => sum + count - 1, 0)
  return {
    places: indices.map((i) => evidence.places[i] as Float64Array),
    means: pick(evidence.means),
    counts,
    variances: pick(evidence.variances),
    // The spread within places is one of all of them; each repeat brings its share.
    within: evidence.within * (repeats(counts) / Math.max(1, repeats(evidence.counts))),
  }
}

/** What is believed, and from what. */
export interface Model {
  readonly process: GaussianProcess
  readonly evidence: Evidence
}

/** A process over the evidence, or over it and believed values of other places, with hyperparameters that are known. */
export function modelOf(
  evidence: Evidence,
  categorical: readonly boolean[],
  start: Hyperparameters | null,
  fixed: Hyperparameters | null = null,
): Model {
  const process = gaussianProcess(matrixOf(evidence.places, categorical.length), evidence.means, {
    categorical,
    replicates: evidence.counts,
    within: evidence.within,
    variances: evidence.variances,
    ...(start === null ? {} : { start }),
    ...(fixed === null ? {} : { hyperparameters: fixed }),
  })
  return { process, evidence }
}

/** The model as if values at these places had come out as it expects them (Kriging believer). */
export function believing(
  { process, evidence }: Model,
  places: readonly Float64Array[],
  categorical: readonly boolean[],
): Model {
  if (places.length === 0) return { process, evidence }
  const known = new Set(evidence.places.map(keyOf))
  const fresh = places.filter((x) => !known.has(keyOf(x)))
  const ones = fresh.map(() => 1)
  return modelOf(
    {
      places: [...evidence.places, ...fresh],
      means: Float64Array.from([...evidence.means, ...fresh.map((x) => process.meanAt(x))]),
      counts: Float64Array.from([...evidence.counts, ...ones]),
      variances: Float64Array.from([...evidence.variances, ...ones.map(() => 0)]),
      within: evidence.within,
    },
    categorical,
    null,
    process.hyperparameters,
  )
}

function matrixOf(rows: readonly Float64Array[], columns: number): Matrix {
  const matrix = createMatrix(rows.length, columns)
  for (const [i, row] of rows.entries()) matrix.data.set(row, i * columns)
  return matrix
}
