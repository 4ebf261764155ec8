/** One query measured: speed alone, speed of the naive one, latency of its results at half load, memory. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { eventsOf, NAIVE } from './naive.ts'
import type { NexmarkBatch } from './nexmark-events.ts'
import { QUERIES, type Query, type Sink } from './queries.ts'

export interface Measured {
  readonly query: string
  /** Events per second of one core, all kinds counted: median, least and most of the rounds. */
  readonly rate: number
  readonly least: number
  readonly most: number
  readonly naiveRate: number
  /** ms from when the batch that closed a window was due until its results were out; NaN without windows. */
  readonly latency: {
    readonly p50: number
    readonly p99: number
    readonly most: number
    readonly count: number
  }
  readonly bytesPerOpen: number
  readonly open: number
  readonly rows: number
}

export interface Stream {
  readonly batches: readonly NexmarkBatch[]
  /** Watermark behind each batch. */
  readonly watermarks: readonly number[]
  readonly events: number
}

/** Puts the watermarks to a stream: as far behind the greatest time as events may come late. */
export function streamOf(batches: readonly NexmarkBatch[], disorder: number): Stream {
  let greatest = Number.NEGATIVE_INFINITY
  const watermarks = batches.map(({ time }) => {
    for (const one of time) greatest = Math.max(greatest, one)
    return greatest - disorder
  })
  return { batches, watermarks, events: batches.reduce((sum, { time }) => sum + time.length, 0) }
}

export async function measureQuery(
  name: string,
  stream: Stream,
  rounds: number,
  naiveBatches: number,
): Promise<Measured> {
  const make = QUERIES[name]
  if (make === undefined) throw new RangeError(`no query ${name}`)
  const rates: number[] = []
  let rows = 0
  // The first round only compiles.
  for (let round = 0; round <= rounds; round++) {
    const sink: Sink = { rows: 0, row: null }
    const query = make(sink)
    const start = performance.now()
    runAll(query, stream)
    const rate = stream.events / ((performance.now() - start) / 1000)
    if (round > 0) rates.push(rate)
    rows = sink.rows
  }
  const rate = quantile(rates, 0.5)
  const state = greatestState(make({ rows: 0, row: null }), stream)
  return {
    query: name,
    rate,
    least: Math.min(...rates),
    most: Math.max(...rates),
    naiveRate: naive(name, stream, naiveBatches),
    latency: await latencyAt(rate / 2, make, stream),
    bytesPerOpen: state.open === 0 ? Number.NaN : state.bytes / state.open,
    open: state.open,
    rows,
  }
}

function runAll(query: Query, { batches, watermarks }: Stream): void {
  for (let i = 0; i < batches.length; i++) {
    const batch = batches[i]
    if (batch !== undefined) query.add(batch, watermarks[i] ?? 0)
  }
}

/** The state when it holds the most windows. */
function greatestState(
  query: Query,
  { batches, watermarks }: Stream,
): { bytes: number; open: number } {
  let greatest = { bytes: 0, open: 0 }
  for (const [i, batch] of batches.entries()) {
    query.add(batch, watermarks[i] ?? 0)
    const state = query.state()
    if (state.open > greatest.open) greatest = state
  }
  return greatest
}

/** Objects are made within the time: a program that has one per event made it from something. */
function naive(name: string, { batches, watermarks }: Stream, count: number): number {
  const make = NAIVE[name]
  if (make === undefined) return Number.NaN
  const rates = [0, 1, 2].map(() => {
    const query = make()
    let events = 0
    const start = performance.now()
    for (const [i, batch] of batches.slice(0, count).entries()) {
      query.add(eventsOf(batch), watermarks[i] ?? 0)
      query.take()
      events += batch.time.length
    }
    return events / ((performance.now() - start) / 1000)
  })
  return quantile(rates, 0.5)
}

/** Batches come at their time whether or not the one before is done, as from a network. */
async function latencyAt(
  rate: number,
  make: (sink: Sink) => Query,
  { batches, watermarks, events }: Stream,
): Promise<Measured['latency']> {
  const sink: Sink = { rows: 0, row: null }
  const query = make(sink)
  const waits: number[] = []
  const perBatch = (events / batches.length / rate) * 1000
  const start = performance.now()
  for (const [i, batch] of batches.entries()) {
    const due = start + i * perBatch
    while (performance.now() < due) await nextTurn()
    const before = sink.rows
    query.add(batch, watermarks[i] ?? 0)
    if (sink.rows > before) waits.push(performance.now() - due)
  }
  return {
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    most: Math.max(...waits),
    count: waits.length,
  }
}

/** The smallest value with a share of at least `q` at or below it; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN
}
