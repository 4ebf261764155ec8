import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, withHub } from '../support/hub-process.ts'
import { ask } from '../support/reports.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { FaultFound } from './fault-found.ts'

/**
 * Events of which many are sent twice, over several connections at once, with a restart in between:
 * stored = unique. A repeated event may be in flight on another connection, lie before the restart,
 * or stand in the same request.
 */

export interface StormOptions {
  readonly seed: number
  /** Events sent, repeated ones included. */
  readonly events: number
  /** Share that repeats another one. Default 0.3. */
  readonly repeated?: number
  /** Default 8. */
  readonly connections?: number
  /** Events of one request. Default 500. */
  readonly batch?: number
  readonly env?: Readonly<Record<string, string>>
}

export interface StormReport {
  readonly sent: number
  readonly unique: number
  readonly accepted: number
  readonly duplicates: number
  readonly stored: number
}

const START = Date.UTC(2026, 0, 5)

/** @throws FaultFound when an event counts twice or not at all */
export function runDuplicateStorm(options: StormOptions): Promise<StormReport> {
  return inFolder((folder) => storm(options, join(folder, 'data')))
}

async function storm(options: StormOptions, dataDir: string): Promise<StormReport> {
  const { seed, events, repeated = 0.3, connections = 8, batch = 500, env = {} } = options
  const unique = Math.round(events * (1 - repeated))
  const order = shuffledNumbers(seed, events, unique)
  const start = { dataDir, env, settings: { log_level: 'warn' } }
  const totals = { accepted: 0, duplicates: 0 }
  const batches = Math.ceil(events / batch)
  let next = 0
  const sendUntil = async (hub: HubProcess, end: number) => {
    const sender = async () => {
      while (next < end) {
        const at = next++ * batch
        const lines = [...order.subarray(at, at + batch)].map(eventLine)
        const answer = await sendLines(hub, lines)
        totals.accepted += answer.accepted
        totals.duplicates += answer.duplicates
      }
    }
    await Promise.all(Array.from({ length: connections }, sender))
  }
  // An orderly stop half way, a crash a quarter later: ids come back from files and from the log.
  await withHub(start, async (hub) => {
    await sendUntil(hub, Math.floor(batches / 2))
    await hub.stop()
  })
  await withHub(start, (hub) => sendUntil(hub, Math.floor((batches * 3) / 4)))
  return withHub(start, async (hub) => {
    await sendUntil(hub, batches)
    const stored = await storedEvents(hub, unique)
    const { accepted, duplicates } = totals
    if (accepted !== unique || duplicates !== events - unique || stored !== unique) {
      throw new FaultFound(
        `seed ${seed}: ${events} sent, ${unique} of them unique, but ${accepted} accepted, ` +
          `${duplicates} called duplicates and ${stored} stored`,
      )
    }
    return { sent: events, unique, accepted, duplicates, stored }
  })
}

/** Each number below `unique` at least once, in random order. */
function shuffledNumbers(seed: number, count: number, unique: number): Uint32Array {
  const random = new Seeded(mixSeed(seed, 7))
  const numbers = Uint32Array.from({ length: count }, (_, i) =>
    i < unique ? i : random.int(unique),
  )
  for (let i = numbers.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const one = numbers[i] ?? 0
    numbers[i] = numbers[j] ?? 0
    numbers[j] = one
  }
  return numbers
}

function eventLine(n: number): string {
  const common = { event_id: `e${n}`, timestamp: START + (n % 3_600_000) }
  const payload = { type: 'gauge', name: 'load', value: n % 100 }
  return `${JSON.stringify({ common, payload })}\n`
}

async function sendLines(
  hub: HubProcess,
  lines: readonly string[],
): Promise<{ accepted: number; duplicates: number }> {
  for (;;) {
    const reply = await hub.send('POST', '/api/v1/events', lines.join(''), 'application/x-ndjson')
    // Under load the hub may ask to come again: it has then taken in nothing.
    if (reply.status === 503 && reply.headers['retry-after'] !== undefined) continue
    const answer = JSON.parse(reply.text) as {
      accepted: number
      duplicates: number
      rejected: number
    }
    const { accepted, duplicates, rejected } = answer
    if (reply.status !== 200 || rejected !== 0 || accepted + duplicates !== lines.length) {
      throw new FaultFound(`${lines.length} events were answered with ${reply.text}`)
    }
    return answer
  }
}

/** Events that count, once the store has caught up. */
async function storedEvents(hub: HubProcess, expected: number): Promise<number> {
  const deadline = performance.now() + 120_000
  for (;;) {
    const { rows } = await ask(hub, {
      kind: 'table',
      measures: ['events.count'],
      from: new Date(START).toISOString(),
      to: new Date(START + 3_600_000).toISOString(),
    })
    const stored = Number(rows[0]?.[0])
    if (stored >= expected || performance.now() > deadline) return stored
  }
}
