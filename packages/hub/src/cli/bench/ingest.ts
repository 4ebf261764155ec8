import type { CliContext } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { HttpConnection } from './http-connection.ts'
import { quantile } from './quantiles.ts'
import { makeBody, type Pool } from './traffic.ts'

export interface IngestPhase {
  readonly seconds: number
  /** Events per second in an open loop; null: as fast as the acknowledgements come. */
  readonly rate: number | null
  readonly batch: number
  readonly connections: number
  /** Number of the first event's id, unlike those of any phase before. */
  readonly firstSerial: number
  /** The phase ends early after so many events, so that it never fills a disk. */
  readonly mostEvents: number
}

export interface IngestFigures {
  readonly events: number
  readonly seconds: number
  readonly eventsPerSecond: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  /** Requests answered with 429 or 503 and sent again. */
  readonly refused: number
  /** From an acknowledgement to the first answer that holds it: greatest and last, in milliseconds. */
  readonly lagMaxMs: number
  readonly lagEndMs: number
}

export interface Target {
  readonly url: string
  readonly key: string
  /** Null for a hub that is the bench's own. */
  readonly project: string | null
}

const PROBE = Buffer.from(JSON.stringify({ kind: 'list', from: 'now-1s', to: 'now', limit: 1 }))
const PROBE_EVERY_MS = 250
const LAG_LIMIT_MS = 60_000
const LAG_LOOK_MS = 20

interface Mark {
  readonly offset: bigint
  readonly at: number
}

/** Sends events for some seconds and measures acknowledgements, and how soon they are in answers. */
export async function ingestPhase(
  target: Target,
  pool: Pool,
  phase: IngestPhase,
  { clock, signal }: Pick<CliContext, 'clock' | 'signal'>,
): Promise<IngestFigures> {
  const { url, key, project } = target
  const open = () => HttpConnection.open(url, key, project)
  const connections = await Promise.all(Array.from({ length: phase.connections }, open))
  const probe = await open()
  const pause = (ms: number) =>
    new Promise<void>((resume) => {
      clock.hold(ms, resume)
    })
  const latencies: number[] = []
  const lags: number[] = []
  let taken = 0
  let accepted = 0
  let refused = 0
  let newest: Mark | null = null
  let isRunning = true
  const start = clock.monotonic()
  const end = start + phase.seconds * 1000

  async function lagOf(mark: Mark): Promise<number> {
    while (clock.monotonic() - mark.at < LAG_LIMIT_MS && !signal.aborted) {
      if ((await applied(probe)) >= mark.offset) break
      await pause(LAG_LOOK_MS)
    }
    return clock.monotonic() - mark.at
  }

  async function watch(): Promise<void> {
    while (isRunning) {
      const mark = newest
      newest = null
      if (mark !== null) lags.push(await lagOf(mark))
      await pause(PROBE_EVERY_MS)
    }
  }

  async function send(connection: HttpConnection): Promise<void> {
    for (;;) {
      const serial = taken
      if (serial >= phase.mostEvents || clock.monotonic() >= end || signal.aborted) return
      const first = serial % pool.events
      const n = Math.min(phase.batch, phase.mostEvents - serial, pool.events - first)
      taken += n
      let due = clock.monotonic()
      if (phase.rate !== null) {
        // An open loop: the clock of a request starts when it was due, so that waiting for a busy hub counts.
        due = start + (serial / phase.rate) * 1000
        if (due >= end) return
        const wait = due - clock.monotonic()
        if (wait > 0) await pause(wait)
      }
      const now = clock.now()
      const body = makeBody(pool, first, n, phase.firstSerial + serial, () => now)
      const answer = await deliver(connection, body)
      if (answer === null) return
      latencies.push(clock.monotonic() - due)
      accepted += answer.accepted
      const [partition, offset] = (answer.position ?? '').split(':')
      if (partition === '0' && offset !== undefined) {
        newest = last = { offset: BigInt(offset), at: clock.monotonic() }
      }
    }
  }

  /** Null when the time was over while the hub refused. */
  async function deliver(connection: HttpConnection, body: Buffer): Promise<Ack | null> {
    for (;;) {
      const response = await connection.request('POST', '/api/v1/events', body)
      if (response.status === 200) return JSON.parse(response.body.toString()) as Ack
      if (response.status !== 503 && response.status !== 429) {
        const said = response.body.toString('utf8', 0, 400)
        throw new CliError(`the hub answered ${response.status}: ${said}`, EXIT.failure)
      }
      refused++
      if (clock.monotonic() >= end || signal.aborted) return null
      await pause((response.retryAfterSeconds ?? 1) * 1000)
    }
  }

  let last: Mark | null = null
  const watching = watch()
  // It is awaited below; a failure before that must not end the process.
  watching.catch(() => {})
  try {
    await Promise.all(connections.map(send))
    const seconds = (clock.monotonic() - start) / 1000
    isRunning = false
    await watching
    const lagEndMs = last === null ? Number.NaN : await lagOf(last)
    return {
      events: accepted,
      seconds,
      eventsPerSecond: accepted / seconds,
      ackP50Ms: quantile(latencies, 0.5),
      ackP99Ms: quantile(latencies, 0.99),
      refused,
      lagMaxMs: quantile([...lags, lagEndMs], 1),
      lagEndMs,
    }
  } finally {
    isRunning = false
    for (const connection of [...connections, probe]) connection.close()
  }
}

interface Ack {
  readonly accepted: number
  readonly position: string | null
}

/** Offset below which everything is in answers. */
async function applied(connection: HttpConnection): Promise<bigint> {
  const response = await connection.request('POST', '/api/v1/query', PROBE)
  if (response.status !== 200) {
    const said = response.body.toString('utf8', 0, 400)
    throw new CliError(`a question was answered with ${response.status}: ${said}`, EXIT.failure)
  }
  const { meta } = JSON.parse(response.body.toString()) as {
    meta: { asOf: { position: Readonly<Record<string, string>> } }
  }
  return BigInt(meta.asOf.position['0'] ?? '0')
}
