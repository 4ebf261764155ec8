import { decodeBatch, numberAt } from '@llmhub/stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { BACKFILL, LIVE, type LogRecord } from '../log/log.ts'
import { type Cut, decodeOperation, type MaintenanceOperation } from '../log/operation.ts'
import {
  erasedRows,
  placesIn,
  type RowPlace,
  repricedRows,
  repricesIn,
} from '../log/operation-rows.ts'
import { Applier } from './applier.ts'
import {
  SAMPLE_START,
  sampleEvents,
  sampleOperation,
  sampleReprice,
  sampleSuppression,
} from './sample-records.ts'
import type { Applied, Apply } from './store.ts'

/**
 * Rows in memory, changed by records one at a time. What it holds after the records of both partitions
 * in the order in which they were written is what every store must hold, however it reads them.
 */
class Rows {
  readonly #rows = new Map<string, { place: RowPlace; time: number; price: string | null }>()
  readonly #marks = new Set<string>()

  take(record: LogRecord): void {
    const { partition, offset } = record
    if (record.kind === 'events') {
      const batch = decodeBatch(record.payload)
      for (let index = 0; index < batch.rows; index++) {
        const time = numberAt(batch.columns.get('time'), index) ?? 0
        const place = { partition, offset, index }
        this.#rows.set(keyOf(place), { place, time, price: 'first' })
      }
      return
    }
    const operation = decodeOperation(record.payload)
    if (operation.op === 'suppress') {
      for (const row of operation.rows)
        this.#marks.add(`${row.partition}:${row.offset}:${row.index}`)
    } else if (operation.op === 'reprice') {
      for (const row of repricesIn(operation.rows)) {
        const known = this.#rows.get(keyOf(row))
        if (known !== undefined) known.price = `${row.priceVersion} ${row.costComputed}`
      }
    } else if (operation.op === 'erase') {
      for (const place of placesIn(operation.rows)) this.#rows.delete(keyOf(place))
    } else if (operation.op === 'retain') {
      for (const [key, { place, time }] of this.#rows) {
        const below = place.offset < (operation.cut.get(place.partition) ?? 0n)
        if (below && time < operation.before) this.#rows.delete(key)
      }
    }
  }

  content(): string[] {
    return [...this.#rows]
      .map(([key, { price }]) => `${key} ${price} ${this.#marks.has(key)}`)
      .toSorted()
  }
}

const keyOf = ({ partition, offset, index }: RowPlace): string => `${partition}:${offset}:${index}`

/** Applies to `Rows` as a store does: by position, and no operation before its cut. */
class MemoryStore {
  readonly rows = new Rows()
  readonly position = new Map<number, bigint>()

  applied(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(new Map(this.position))
  }

  apply({ partition, first, next, records }: Apply): Promise<Applied> {
    const position = this.position.get(partition) ?? 0n
    if (first !== position) throw new Error('the records do not start at the position')
    for (const record of records) {
      const operation = record.kind === 'operation' ? decodeOperation(record.payload) : null
      if (operation !== null && operation.op !== 'suppress') {
        for (const [each, needed] of operation.cut) {
          const reached = each === partition ? record.offset : (this.position.get(each) ?? 0n)
          if (reached < needed) throw new Error(`the cut of ${operation.op} is not reached`)
        }
      }
      this.rows.take(record)
    }
    this.position.set(partition, next)
    return Promise.resolve('applied')
  }
}

type Step =
  | { readonly do: 'events'; readonly partition: number }
  | {
      readonly do: 'suppress'
      readonly partition: number
      readonly rows: readonly number[]
    }
  | {
      readonly do: 'reprice' | 'erase' | 'retain'
      readonly rows: readonly number[]
      /** How many records back of each partition the operation was worked out. */
      readonly behind: readonly [number, number]
    }

const partition = fc.constantFrom(LIVE, BACKFILL)
const picks = fc.array(fc.nat(1000), { maxLength: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('events' as const), partition }) },
  fc.record({ do: fc.constant('suppress' as const), partition, rows: picks }),
  fc.record({
    do: fc.constantFrom('reprice' as const, 'erase' as const, 'retain' as const),
    rows: picks,
    behind: fc.tuple(fc.nat(3), fc.nat(3)),
  }),
)

/** The logs that the steps write, and their records in the order of writing. */
function write(steps: readonly Step[]): { logs: LogRecord[][]; history: LogRecord[] } {
  const logs: LogRecord[][] = [[], []]
  const history: LogRecord[] = []
  const places: RowPlace[] = []
  const append = (to: number, make: (offset: bigint) => LogRecord): void => {
    const record = make(BigInt(logs[to]?.length ?? 0))
    logs[to]?.push(record)
    history.push(record)
  }
  const picked = (rows: readonly number[], among: readonly RowPlace[]): RowPlace[] =>
    among.length === 0
      ? []
      : [...new Set(rows.map((n) => among[n % among.length]))].filter((one) => one !== undefined)
  for (const [n, one] of steps.entries()) {
    if (one.do === 'events') {
      append(one.partition, (offset) => {
        for (const index of [0, 1]) places.push({ partition: one.partition, offset, index })
        return sampleEvents(one.partition, offset, { rows: 2 })
      })
    } else if (one.do === 'suppress') {
      const rows = picked(one.rows, places).map((at) => ({ ...at, offset: String(at.offset) }))
      append(one.partition, (offset) => sampleSuppression(one.partition, offset, rows))
    } else {
      const cut: Cut = new Map(
        [LIVE, BACKFILL].map((p) => [
          p,
          BigInt(Math.max(0, (logs[p]?.length ?? 0) - (one.behind[p] ?? 0))),
        ]),
      )
      const below = places.filter((at) => at.offset < (cut.get(at.partition) ?? 0n))
      const rows = picked(one.rows, below)
      append(LIVE, (offset) => sampleOperation(LIVE, offset, operationOf(one.do, n, cut, rows)))
    }
  }
  return { logs, history }
}

function operationOf(
  op: 'reprice' | 'erase' | 'retain',
  n: number,
  cut: Cut,
  rows: readonly RowPlace[],
): MaintenanceOperation {
  const head = { id: `o${n}`, at: SAMPLE_START, by: null, cut }
  switch (op) {
    case 'reprice': {
      const version = `v${'+'.repeat(n)}`
      const priced = repricedRows(rows.map((at) => sampleReprice(at, version)))
      return { op, ...head, priceVersion: version, rows: priced }
    }
    case 'erase':
      return { op, ...head, reason: 'test', rows: erasedRows(rows) }
    case 'retain':
      return {
        op,
        ...head,
        project: null,
        family: null,
        from: null,
        before: SAMPLE_START + rows.length * 2_000_000,
      }
  }
}

const schedule = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('commit' as const),
      partition,
      records: fc.integer({ min: 1, max: 6 }),
    }),
    fc.record({ do: fc.constant('restart' as const) }),
    fc.record({ do: fc.constant('turn' as const) }),
  ),
  { maxLength: 25 },
)

it('the same rows, however partitions take turns, batches are cut and appliers start again', async () => {
  const waits: string[] = []
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      schedule,
      fc.integer({ min: 1, max: 12 }),
      async (steps, list, maxRows) => {
        const { logs, history } = write(steps)
        const expected = new Rows()
        for (const record of history) expected.take(record)
        const store = new MemoryStore()
        const committed = [0, 0]
        const all = Promise.withResolvers<void>()
        const look = (): void => {
          const isIn = logs.every((log, p) => (store.position.get(p) ?? 0n) >= BigInt(log.length))
          if (isIn) all.resolve()
        }
        const start = (): Applier => {
          const applier = new Applier({
            store,
            reader: {
              earliest: () => Promise.resolve(0n),
              async *read(p, from, until) {
                for (const record of (logs[p] ?? []).slice(Number(from), Number(until))) {
                  yield await Promise.resolve(record)
                }
              },
            },
            clock: systemClock,
            epoch: 1,
            maxRows,
            maxWaitMs: 0,
            onApplied: look,
            onError(error) {
              // A log that ends before a cut is told of while the rest is not committed yet.
              if (/waits for partition/.test(error.message)) waits.push(error.message)
              else all.reject(error)
            },
          })
          for (const [p, records] of committed.entries()) applier.committed(p, BigInt(records))
          return applier
        }
        const commit = (applier: Applier, p: number, records: number): void => {
          committed[p] = Math.min((committed[p] ?? 0) + records, logs[p]?.length ?? 0)
          applier.committed(p, BigInt(committed[p] ?? 0))
        }
        let applier = start()
        for (const action of list) {
          if (action.do === 'commit') commit(applier, action.partition, action.records)
          else if (action.do === 'turn') await new Promise((resolve) => setImmediate(resolve))
          else {
            await applier.stop()
            applier = start()
          }
        }
        for (const p of [LIVE, BACKFILL]) commit(applier, p, 1000)
        look()
        await all.promise
        await applier.stop()
        expect(store.rows.content()).toEqual(expected.content())
      },
    ),
    { numRuns: 200 },
  )
  // Some operation did have to wait, or the test would show nothing.
  expect(waits.length).toBeGreaterThan(0)
})
