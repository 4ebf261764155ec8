import { join } from 'node:path'
import { inFolder } from '../support/folder.ts'
import { type HubProcess, pause, withHub } from '../support/hub-process.ts'
import { ask } from '../support/reports.ts'
import { mixSeed, Seeded } from '../support/seeded.ts'
import { FaultFound } from './fault-found.ts'

/**
 * One moment in every notation, and moments that cannot be right: seconds, milliseconds, microseconds,
 * nanoseconds, zones, the epoch itself, the year 2099, out of order and very late. Each is stored at
 * its one right time or rejected with a code; a rejected one moves nothing; late ones change reports
 * that were asked for before.
 */

export interface EventTimesOptions {
  readonly seed: number
  readonly events: number
}

export interface EventTimesReport {
  readonly stored: number
  readonly rejected: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** More than the ten minutes that are tolerated, whatever this machine takes until it is sent. */
const AHEAD_MS = HOUR_MS
const BATCH = 500
const APPLIED_WITHIN_MS = 60_000
const ZONES = ['+00:00', '-00:00', '+05:30', '-11:00', '+14:00', '+0100']

type Expected = { readonly hour: number } | { readonly code: 'future' | 'bad_time' }

interface Moment {
  readonly timestamp: unknown
  readonly expected: Expected
}

/** @throws FaultFound */
export function runEventTimes({ seed, events }: EventTimesOptions): Promise<EventTimesReport> {
  return inFolder((folder) => {
    const settings = { log_level: 'warn' }
    return withHub({ dataDir: join(folder, 'data'), settings }, async (hub) => {
      const random = new Seeded(seed)
      const hours = new Map<number, number>()
      let rejected = 0
      let stored = 0
      for (let from = 0; from < events; from += BATCH) {
        const moments = Array.from({ length: BATCH }, () => anyMoment(random, Date.now()))
        rejected += await send(hub, moments, mixSeed(seed, from))
        for (const { expected } of moments) {
          if ('hour' in expected) {
            stored++
            hours.set(expected.hour, (hours.get(expected.hour) ?? 0) + 1)
          }
        }
        // Asked in between, so that late events have answers and rollups to correct.
        if (from % (BATCH * 4) === 0) await demandHours(hub, hours)
      }
      await demandHours(hub, hours)
      return { stored, rejected }
    })
  })
}

function anyMoment(random: Seeded, now: number): Moment {
  const at = now - random.int(random.pick([MINUTE_MS, DAY_MS, 400 * DAY_MS]))
  const hour = Math.floor(at / HOUR_MS)
  const zone = random.pick(ZONES)
  const right = { hour }
  return random.pick<() => Moment>([
    () => ({ timestamp: at, expected: right }),
    () => ({ timestamp: at / 1000, expected: right }),
    () => ({ timestamp: at * 1000, expected: right }),
    () => ({ timestamp: new Date(at).toISOString(), expected: right }),
    () => ({ timestamp: inZone(at, zone), expected: right }),
    () => ({ timestamp: 0, expected: { hour: 0 } }),
    () => ({ timestamp: '1970-01-01T00:00:00Z', expected: { hour: 0 } }),
    // Nanoseconds would be the year 50,000 and more if they were taken for microseconds.
    () => ({ timestamp: at * 1_000_000, expected: { code: 'bad_time' } }),
    () => ({ timestamp: -1, expected: { code: 'bad_time' } }),
    () => ({ timestamp: '2025-02-29T00:00:00Z', expected: { code: 'bad_time' } }),
    () => ({ timestamp: '2025-06-01T00:00:00', expected: { code: 'bad_time' } }),
    () => ({ timestamp: '2099-01-01T00:00:00Z', expected: { code: 'future' } }),
    () => ({ timestamp: 4_070_908_800, expected: { code: 'future' } }),
    () => ({ timestamp: now + AHEAD_MS, expected: { code: 'future' } }),
  ])()
}

function inZone(at: number, zone: string): string {
  const sign = zone.startsWith('-') ? -1 : 1
  const digits = zone.replaceAll(/\D/g, '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))
  return new Date(at + sign * minutes * MINUTE_MS).toISOString().replace('Z', zone)
}

/** How many were rejected. @throws FaultFound when another one was, or for another reason */
async function send(hub: HubProcess, moments: readonly Moment[], name: number): Promise<number> {
  const body = moments.map(({ timestamp }, i) => ({
    common: { event_id: `time-${name}-${i}`, timestamp },
    payload: { type: 'gauge', name: 'time', value: 1 },
  }))
  const reply = await hub.post('/api/v1/events', body)
  const { results = [] } = JSON.parse(reply.text) as {
    results?: readonly { readonly index: number; readonly code?: string }[]
  }
  const codes = new Map(results.map(({ index, code }) => [index, code]))
  let rejected = 0
  for (const [i, { timestamp, expected }] of moments.entries()) {
    const wanted = 'code' in expected ? expected.code : undefined
    if (codes.get(i) !== wanted) {
      throw new FaultFound(`${String(timestamp)} got ${codes.get(i)}, not ${wanted}`)
    }
    if (wanted !== undefined) rejected++
  }
  return rejected
}

/** Every hour of all times has as many events as were sent to it. @throws FaultFound */
async function demandHours(hub: HubProcess, expected: ReadonlyMap<number, number>): Promise<void> {
  const wanted = [...expected.values()].reduce((sum, count) => sum + count, 0)
  const deadline = performance.now() + APPLIED_WITHIN_MS
  const range = { from: 0, to: '2100-01-01T00:00:00Z' } as const
  for (;;) {
    const { rows } = await ask(hub, { kind: 'table', measures: ['events.count'], ...range })
    if (rows[0]?.[0] === wanted) break
    if (performance.now() > deadline) {
      throw new FaultFound(`${String(rows[0]?.[0])} events in all of time, not ${wanted}`)
    }
    await pause(50)
  }
  for (const [hour, count] of sample(expected)) {
    const from = hour * HOUR_MS
    const { rows } = await ask(hub, {
      kind: 'table',
      measures: ['events.count'],
      from,
      to: from + HOUR_MS,
    })
    if (rows[0]?.[0] !== count) {
      throw new FaultFound(
        `${new Date(from).toISOString()} has ${String(rows[0]?.[0])} events, not ${count}`,
      )
    }
  }
}

/** The fullest hours, where mistakes gather, and some others. */
function sample(hours: ReadonlyMap<number, number>): (readonly [number, number])[] {
  const all = [...hours].toSorted(([, a], [, b]) => b - a)
  return [...all.slice(0, 30), ...all.slice(30).filter((_, i) => i % 40 === 0)]
}
