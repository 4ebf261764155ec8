import { setTimeout as wait } from 'node:timers/promises'
import type { HubProcess, Reply } from '../support/hub-process.ts'
import {
  ALIKE,
  ERASED,
  eventsOf,
  naming,
  OTHERS,
  type PersonEvent,
  wrongEventsOf,
} from './people.ts'

export interface Receipt {
  readonly id: string
  readonly state: string
  readonly subject_hash: string
  readonly rows: Readonly<Record<'own' | 'mentions' | 'left', Readonly<Record<string, number>>>>
  readonly verification: Readonly<Record<string, unknown>> | null
}

const ROUNDS = 6

/** Events of everybody, in the order they are sent; those of the erased person apart. */
export const OF_OTHERS: readonly PersonEvent[] = OTHERS.flatMap((person) =>
  eventsOf(person, person.slice(0, 3), ROUNDS),
)
export const OF_ERASED: readonly PersonEvent[] = [
  ...eventsOf(ERASED, 'eri', ROUNDS),
  naming('dave-77aa', ERASED, 'dave-about'),
]
const OF_ALIKE = eventsOf(ALIKE, 'alike', 1)

export async function fill(hub: HubProcess, options: { readonly alike: boolean }): Promise<void> {
  const alike = options.alike ? OF_ALIKE : []
  const all = [...OF_OTHERS, ...OF_ERASED, ...alike]
  // Records that hold rows of everybody, and some of one person alone.
  const mixed = all.toSorted((a, b) => (a.common.timestamp < b.common.timestamp ? -1 : 1))
  for (let at = 0; at < mixed.length; at += 40) {
    await expectStatus(hub.post('/api/v1/events', mixed.slice(at, at + 40)), 200)
  }
  for (const person of [ERASED, ...OTHERS]) {
    await expectStatus(hub.post('/api/v1/events', wrongEventsOf(person, person.slice(0, 3))), 422)
  }
  await replayNaming(hub)
}

/** A dead letter about nobody becomes an event whose id names the person: so does the resolution. */
async function replayNaming(hub: HubProcess): Promise<void> {
  const common = { event_id: 'of-nobody', timestamp: '2026-01-05T03:00:00Z' }
  const wrong = { common, payload: { type: 'counter', name: 'c' } }
  await expectStatus(hub.post('/api/v1/events', [wrong]), 422)
  const { letters } = JSON.parse(
    (await expectStatus(hub.get('/api/v1/dead-letters?limit=1000'), 200)).text,
  ) as { letters: readonly { readonly id: string; readonly event_id: string | null }[] }
  const letter = letters.find((each) => each.event_id === 'of-nobody')
  if (letter === undefined) throw new Error('the dead letter is not listed')
  const corrected = {
    common: { ...common, event_id: `made for ${ERASED}` },
    payload: { ...wrong.payload, value: 1 },
  }
  await expectStatus(hub.post(`/api/v1/dead-letters/${letter.id}/replay`, corrected), 200)
}

async function expectStatus(sent: Promise<Reply>, status: number): Promise<Reply> {
  const reply = await sent
  if (reply.status !== status) throw new Error(`${reply.status}: ${reply.text}`)
  return reply
}

export const SETTINGS = {
  log_level: 'info',
  'log.segment_bytes': 64 * 1024,
  'store.apply_interval_ms': 5,
}

/** Waits until rollups are built, so that they hold the person too. */
export async function rolledUp(hub: HubProcess): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const { text } = await hub.post('/api/v1/verify/rollups', {})
    const { checked = [] } = JSON.parse(text) as { checked?: { name: string; count: number }[] }
    if (checked.length > 0 && checked.every(({ count }) => count > 0)) return
    await wait(50)
  }
  throw new Error(`the rollups were not built${hub.story()}`)
}

export async function erase(
  hub: HubProcess,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Reply> {
  return hub.post('/api/v1/erasures', { subject: { user_id: ERASED }, ...more })
}

/** The receipt once the erasure is at its end. */
export async function receiptOf(hub: HubProcess, id: string): Promise<Receipt> {
  for (let i = 0; i < 200; i++) {
    const receipt = JSON.parse((await hub.get(`/api/v1/erasures/${id}`)).text) as Receipt
    if (receipt.state === 'done') return receipt
    await wait(50)
  }
  throw new Error(`the erasure does not end${hub.story()}`)
}

const RANGE = { from: '2026-01-05T00:00:00Z', to: '2026-01-07T00:00:00Z' }
const MEASURES = ['events.count', 'requests.count', 'tokens.input', 'cost.total', 'latency.p95']

/** Answers that concern others, without what every answer says of its moment. */
export async function answers(hub: HubProcess, person: string | null): Promise<string> {
  const where =
    person === null ? {} : { where: { all: [{ field: 'user', op: 'eq', value: person }] } }
  const out: unknown[] = []
  for (const by of [[], ['kind'], ['time:1h'], ['time:1d', 'model'], ['user'], ['service']]) {
    const question = {
      kind: by[0]?.startsWith('time') === true ? 'series' : 'table',
      measures: MEASURES,
      by,
      ...RANGE,
      ...where,
    }
    out.push(await ready(hub, question))
  }
  return JSON.stringify(out)
}

async function ready(hub: HubProcess, question: unknown): Promise<unknown> {
  for (let i = 0; i < 600; i++) {
    const { status, text } = await hub.post('/api/v1/query', question)
    if (status === 200) {
      const { columns, rows } = JSON.parse(text) as Record<string, unknown>
      return { columns, rows }
    }
    if (status !== 503) throw new Error(text)
    await wait(50)
  }
  throw new Error(`the store does not answer${hub.story()}`)
}
