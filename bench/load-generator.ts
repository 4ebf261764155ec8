/**
 * Sends events to a hub and measures the acknowledgements; a process of its own, started by
 * `generateLoad`. Stops by itself after `seconds` or `events`, whichever comes first.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { HttpConnection } from '../packages/hub/src/cli/bench/http-connection.ts'
import { quantile } from '../packages/hub/src/cli/bench/quantiles.ts'
import { makeBody, makePool } from '../packages/hub/src/cli/bench/traffic.ts'
import type { LoadMessage, LoadOptions, LoadResult } from './load.ts'

/** Fewer where events are long: a pool is held in memory, and is a body's worth of copying per request. */
const POOL_BYTES = 64e6
const MOST_POOL_EVENTS = 50_000
const BYTES_WITHOUT_TEXT = 700
const POSITION_EVERY_MS = 250
const DAY_MS = 86_400_000

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions
const send = (message: LoadMessage): void => {
  process.send?.(message)
}

// Whoever started this process is gone.
process.once('disconnect', () => process.exit(0))

const payload = options.payload ?? 0
const poolEvents = Math.min(
  MOST_POOL_EVENTS,
  Math.floor(POOL_BYTES / (BYTES_WITHOUT_TEXT + payload)),
)
const pool = makePool(options.seed, poolEvents, payload)
const total = options.events ?? Number.POSITIVE_INFINITY
const latencies: number[] = []
let taken = 0
let accepted = 0
let duplicates = 0
let refused = 0
let bytes = 0
let toldAt = 0
/** Epoch ms where the spread begins; without one events are of now. */
const spreadFrom = options.spreadDays === null ? null : Date.now() - options.spreadDays * DAY_MS

const connections = await Promise.all(
  Array.from({ length: options.connections }, () => HttpConnection.open(options.url, options.key)),
)
send({ type: 'ready' })
const cpu = process.cpuUsage()
const start = performance.now()
const end = start + options.seconds * 1000

await Promise.all(connections.map(worker))

const seconds = (performance.now() - start) / 1000
const used = process.cpuUsage(cpu)
const result: LoadResult = {
  events: accepted,
  duplicates,
  refused,
  requests: latencies.length,
  bytes,
  seconds,
  ackP50Ms: quantile(latencies, 0.5),
  ackP99Ms: quantile(latencies, 0.99),
  ackMaxMs: quantile(latencies, 1),
  cpuSeconds: (used.user + used.system) / 1e6,
}
for (const connection of connections) connection.close()
send({ type: 'done', result })
process.disconnect()

async function worker(connection: HttpConnection): Promise<void> {
  for (;;) {
    const serial = taken
    if (serial >= total || performance.now() >= end) return
    const count = Math.min(options.batch, total - serial, poolEvents - (serial % poolEvents))
    taken += count
    let intended = performance.now()
    if (options.rate !== null) {
      // An open loop: the clock of a request starts when it was due, so that waiting for a busy
      // hub counts.
      intended = start + (serial / options.rate) * 1000
      if (intended >= end) return
      const wait = intended - performance.now()
      if (wait > 0) await sleep(wait)
    }
    await deliver(connection, serial, count, intended)
  }
}

async function deliver(
  connection: HttpConnection,
  serial: number,
  count: number,
  intended: number,
): Promise<void> {
  const now = Date.now()
  const timeOf =
    spreadFrom === null
      ? () => now
      : (place: number) => Math.floor(spreadFrom + ((serial + place) / total) * (now - spreadFrom))
  const body = makeBody(pool, serial % poolEvents, count, options.firstSerial + serial, timeOf)
  for (;;) {
    const {
      status,
      retryAfterSeconds,
      body: answer,
    } = await connection.request('POST', '/api/v1/events', body)
    if (status === 503 || status === 429) {
      refused++
      if (performance.now() >= end) return
      await sleep((retryAfterSeconds ?? 1) * 1000)
      continue
    }
    if (status !== 200) throw new Error(`status ${status}: ${answer.toString('utf8', 0, 500)}`)
    latencies.push(performance.now() - intended)
    bytes += body.length
    const parsed = JSON.parse(answer.toString()) as {
      accepted: number
      duplicates: number
      rejected: number
      position: string | null
    }
    if (parsed.rejected > 0) throw new Error(`rejected: ${answer.toString('utf8', 0, 500)}`)
    accepted += parsed.accepted
    duplicates += parsed.duplicates
    if (parsed.position !== null && performance.now() - toldAt >= POSITION_EVERY_MS) {
      toldAt = performance.now()
      send({ type: 'position', position: parsed.position, at: Date.now() })
    }
    return
  }
}
