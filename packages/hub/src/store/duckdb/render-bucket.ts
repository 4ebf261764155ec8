import type { Parameters } from './render-sql.ts'

/** Consecutive buckets of one width: `count` of them from `start`, the first numbered `first`. */
interface Run {
  readonly first: number
  readonly start: number
  readonly step: number
  readonly count: number
}

/**
 * SQL of the bucket number of a time that lies within the edges.
 *
 * Buckets come in runs of one width: a single one for hours and for days without a clock change, two
 * or three for a year of days in a zone with summer time, nearly one per bucket for months. Within a
 * run the number is a division; the run is found by a balanced tree of comparisons. On 4 M rows
 * that took 25 ms for one run and 34 ms for 120, against 62 ms for a lookup list and 240 ms for an
 * as-of join.
 *
 * @throws RangeError unless there are two edges or more, ascending
 */
export function renderBucket(
  time: string,
  edges: readonly number[],
  parameters: Parameters,
): string {
  const runs = runsOf(edges)
  const tree = (low: number, high: number): string => {
    const run = runs[low] as Run
    if (high - low === 1) return renderRun(time, run, parameters)
    const middle = (low + high) >> 1
    const bound = parameters.integer((runs[middle] as Run).start)
    const left = tree(low, middle)
    return `CASE WHEN ${time} < ${bound} THEN ${left} ELSE ${tree(middle, high)} END`
  }
  return tree(0, runs.length)
}

function renderRun(time: string, run: Run, parameters: Parameters): string {
  if (run.count === 1) return `CAST(${run.first} AS BIGINT)`
  const start = parameters.integer(run.start)
  const index = `(${time} - ${start}) // ${parameters.integer(run.step)}`
  return run.first === 0 ? index : `${index} + ${run.first}`
}

function runsOf(edges: readonly number[]): Run[] {
  if (edges.length < 2) throw new RangeError('bucket edges: two or more are needed')
  const runs: Run[] = []
  let first = 0
  for (let i = 1; i < edges.length; i++) {
    const step = (edges[i] as number) - (edges[i - 1] as number)
    if (!(step > 0)) throw new RangeError('bucket edges must ascend')
    const next = edges[i + 1]
    if (next !== undefined && next - (edges[i] as number) === step) continue
    runs.push({ first, start: edges[first] as number, step, count: i - first })
    first = i
  }
  return runs
}
