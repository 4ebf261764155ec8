import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunPlan } from '../answer-meta.ts'
import { type MemoryRow, memoryStore } from '../memory-store.fixture.ts'
import { type EventsPage, listEvents } from './list-events.ts'
import { type EventsRequest, parseEventsRequest } from './parse-request.ts'

/** A store that grows and loses rows between pages, as the real one does under ingest and erasure. */
class GrowingStore {
  rows: MemoryRow[] = []
  readonly next = new Map([
    [0, 0n],
    [1, 0n],
  ])
  #clock = 1

  /** One record of the log: rows with these event times. */
  append(partition: number, times: readonly number[]): void {
    const offset = this.next.get(partition) ?? 0n
    this.#clock += 3
    for (const [index, time] of times.entries()) {
      this.rows.push({
        time,
        partition,
        offset,
        index,
        received_at: BigInt(this.#clock + (time % 5)),
        event_id: `${partition}:${offset}:${index}`,
        status: time % 2 === 0 ? 'ok' : 'error',
      })
    }
    this.next.set(partition, offset + 1n)
  }

  erase(share: number): MemoryRow | undefined {
    const at = Math.floor(share * this.rows.length)
    return this.rows.splice(at, 1)[0]
  }

  readonly run: RunPlan = async (plan) => {
    const project = { project: null } as never
    const outcome = await memoryStore(this.rows).query(plan, project, new AbortController().signal)
    if (!outcome.ok) return outcome
    return { ok: true, frame: { ...outcome.frame, position: new Map(this.next) } }
  }
}

function requestOf(parameters: Record<string, string>, wheres: readonly string[]): EventsRequest {
  const parsed = parseEventsRequest({ from: '0', to: '1000000000', ...parameters }, wheres, 0)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.request
}

async function page(
  store: GrowingStore,
  parameters: Record<string, string>,
  wheres: readonly string[],
): Promise<EventsPage> {
  const outcome = await listEvents(requestOf(parameters, wheres), store.run)
  if (!outcome.ok) throw new Error(JSON.stringify(outcome))
  return outcome.page
}

const idsOf = (events: EventsPage['events']): string[] =>
  events.map((each) => String(each['place']))
const placeOf = (row: MemoryRow): string =>
  `${String(row['partition'])}:${String(row['offset'])}:${String(row['index'])}`
const rank = (place: string): number => {
  const [, offset, index] = place.split(':').map(Number)
  return (offset ?? 0) * 100 + (index ?? 0)
}

const record = fc.record({
  do: fc.constant('append' as const),
  partition: fc.constantFrom(0, 0, 0, 1),
  // Event times jump back and forth: late events are usual.
  times: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
})
const step = fc.oneof(
  { weight: 4, arbitrary: record },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('erase' as const),
      share: fc.double({ min: 0, max: 0.999, noNaN: true }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'read' as const }) },
)
const filter = fc.constantFrom<readonly string[]>([], ['status=error'])
const passes = (row: MemoryRow, wheres: readonly string[]): boolean =>
  wheres.length === 0 || row['status'] === 'error'

test('following by arrival gives every event once, in the order of the log, whatever comes or goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      fc.option(fc.integer({ min: 0, max: 6 }), { nil: null }),
      filter,
      async (steps, limit, last, wheres) => {
        const store = new GrowingStore()
        const seen: string[] = []
        const erased = new Set<string>()
        const skipped = new Set<string>()
        let cursor: string | null = null
        const read = async (): Promise<EventsPage> => {
          const base = { order: 'arrival', limit: String(limit) }
          if (cursor === null && last !== null) {
            const before = store.rows.filter((row) => passes(row, wheres)).map(placeOf)
            const first = await page(store, { ...base, last: String(last) }, wheres)
            expect(first.events).toHaveLength(Math.min(last, before.length))
            const shown = new Set(idsOf(first.events))
            for (const each of before) if (!shown.has(each)) skipped.add(each)
            return first
          }
          return page(store, { ...base, ...(cursor === null ? {} : { cursor }) }, wheres)
        }
        const advance = async (): Promise<EventsPage> => {
          const got = await read()
          expect(got.events.length).toBeLessThanOrEqual(Math.max(limit, last ?? 0))
          seen.push(...idsOf(got.events))
          cursor = got.next
          return got
        }
        for (const each of steps) {
          if (each.do === 'append') store.append(each.partition, each.times)
          else if (each.do === 'erase') {
            const row = store.erase(each.share)
            if (row !== undefined) erased.add(placeOf(row))
          } else await advance()
        }
        await advance()
        while ((await advance()).more);
        expect(new Set(seen).size).toBe(seen.length)
        const there = store.rows.filter((row) => passes(row, wheres)).map(placeOf)
        expect(new Set(seen.filter((each) => !erased.has(each)))).toEqual(
          new Set(there.filter((each) => !skipped.has(each))),
        )
        for (const partition of ['0', '1']) {
          const own = seen.filter((each) => each.startsWith(`${partition}:`)).map(rank)
          // The history that `last` begins with is put in order of receipt, the rest is that of the log.
          if (last === null) expect(own).toEqual(own.toSorted((a, b) => a - b))
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('pages by time are the whole list: nothing twice, and nothing left out of what was there all along', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 8 }),
      fc.array(step, { maxLength: 10 }),
      fc.integer({ min: 1, max: 4 }),
      filter,
      async (before, between, limit, wheres) => {
        const store = new GrowingStore()
        for (const { partition, times } of before) store.append(partition, times)
        const start = store.rows.filter((row) => passes(row, wheres))
        const seen: { readonly place: string; readonly time: number }[] = []
        const steps = [...between]
        let cursor: string | null = null
        do {
          const parameters: Record<string, string> = {
            limit: String(limit),
            ...(cursor === null ? {} : { cursor }),
          }
          const got: EventsPage = await page(store, parameters, wheres)
          for (const each of got.events) {
            const time = Date.parse(String(each['time'])) * 1000
            seen.push({ place: String(each['place']), time })
          }
          cursor = got.next
          const next = steps.shift()
          if (next?.do === 'append') store.append(next.partition, next.times)
          if (next?.do === 'erase') store.erase(next.share)
        } while (cursor !== null)
        const places = seen.map((each) => each.place)
        expect(new Set(places).size).toBe(places.length)
        const still = new Set(store.rows.map(placeOf))
        const all = start.map(placeOf).filter((each) => still.has(each))
        expect(all.filter((each) => !places.includes(each))).toEqual([])
      },
    ),
    { numRuns: 200 },
  )
})

test('a cursor beyond the log, or of another request, is refused with what to do', async () => {
  const store = new GrowingStore()
  store.append(0, [1])
  store.append(0, [2])
  const first = await page(store, { order: 'arrival' }, [])
  const cursor = first.next ?? ''
  const other = parseEventsRequest({ order: 'arrival', cursor }, ['status=ok'], 0)
  expect(other).toMatchObject({ ok: false, issues: [{ path: 'cursor' }] })
  expect(parseEventsRequest({ cursor }, [], 0)).toMatchObject({ ok: false })
  expect(parseEventsRequest({ cursor: 'x', order: 'arrival' }, [], 0)).toMatchObject({ ok: false })
  store.next.set(0, 1n)
  const restored = await listEvents(requestOf({ order: 'arrival', cursor }, []), store.run)
  expect(restored).toMatchObject({ ok: false, failure: 'invalid', issues: [{ path: 'cursor' }] })
})
