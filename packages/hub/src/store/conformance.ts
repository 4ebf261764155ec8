import assert from 'node:assert/strict'
import type { LogRecord } from '../log/log.ts'
import { cutOf, DEAD_LETTERS, type MaintenanceOperation } from '../log/operation.ts'
import { erasedRows, placesIn, type RowPlace, repricedRows } from '../log/operation-rows.ts'
import {
  applyOf,
  SAMPLE_START,
  sampleEvents,
  sampleOperation,
  sampleRejects,
  sampleReprice,
  sampleSuppression,
} from './sample-records.ts'
import type { Store } from './store.ts'

/** A place for one store, empty at first. */
export interface StoreHarness {
  /** Opens the store; again after it was closed or abandoned. With `anew` an empty one. */
  open(how?: { readonly anew: boolean }): Promise<Store>
  /**
   * Every row of events, then of rejects, in order of place, as the text of a JSON array that begins with
   * partition, offset and index; and last a line of each position.
   */
  content(store: Store): Promise<readonly string[]>
}

/** What every adapter of the store promises. A law that does not hold throws an AssertionError. */
export interface StoreLaw {
  readonly name: string
  check(harness: StoreHarness): Promise<void>
}

const row = (partition: number, offset: bigint, index: number) => ({
  partition,
  offset: String(offset),
  index,
})

const place = (partition: number, offset: bigint, index: number): RowPlace => ({
  partition,
  offset,
  index,
})

const head = (live: bigint, backfill: bigint) => ({
  id: `o${live}`,
  at: SAMPLE_START + Number(live),
  by: 'key-1',
  cut: new Map([
    [0, live],
    [1, backfill],
  ]),
})

/**
 * One operation of each kind on rows of the sample log, of both partitions, some of which are not there.
 * The retain leaves the rows at and beyond its cut although they are older than it asks.
 */
export const SAMPLE_OPERATIONS: readonly MaintenanceOperation[] = [
  {
    op: 'reprice',
    ...head(7n, 2n),
    priceVersion: 'v2',
    rows: repricedRows(
      [
        place(0, 0n, 1),
        place(0, 0n, 2),
        place(0, 4n, 2050),
        place(0, 6n, 99),
        place(1, 0n, 1),
        place(1, 1n, 0),
      ].map((at) => sampleReprice(at, 'v2')),
    ),
  },
  {
    op: 'erase',
    ...head(7n, 4n),
    reason: 'subject_request',
    rows: erasedRows(
      [place(0, 1n, 0), place(0, 4n, 7), place(0, 5n, 0), place(1, 3n, 2), place(1, 0n, 1)],
      [place(0, 2n, 1)],
    ),
  },
  {
    op: 'resolve',
    ...head(7n, 4n),
    as: 'replayed',
    letters: [
      { project: 'default', rejectId: 'reject-0-2-0', eventId: 'event-9' },
      { project: 'default', rejectId: 'reject-0-2-1', eventId: null },
      { project: 'other', rejectId: 'reject-0-2-0', eventId: null },
    ],
  },
  {
    op: 'retain',
    ...head(7n, 2n),
    project: 'default',
    family: 'telemetry',
    from: SAMPLE_START + 1_000_000,
    before: SAMPLE_START + 12_000_000,
  },
  {
    op: 'retain',
    ...head(3n, 4n),
    project: null,
    family: DEAD_LETTERS,
    from: null,
    before: SAMPLE_START + 1_000_000,
  },
]

/**
 * Records of both partitions with rejects, suppressions — back, within, and across partitions — and
 * operations of maintenance.
 */
function sampleLog(): readonly (readonly LogRecord[])[] {
  const live = [
    sampleEvents(0, 0n),
    sampleEvents(0, 1n, { rows: 5 }),
    sampleRejects(0, 2n),
    sampleSuppression(0, 3n, [row(0, 0n, 2), row(1, 2n, 0)]),
    sampleEvents(0, 4n, { rows: 2100 }),
    sampleSuppression(0, 5n, [row(0, 4n, 2099), row(1, 0n, 1), row(0, 0n, 2)]),
    sampleEvents(0, 6n),
    ...SAMPLE_OPERATIONS.slice(0, 2).map((each, i) => sampleOperation(0, 7n + BigInt(i), each)),
    sampleRejects(0, 9n),
    ...SAMPLE_OPERATIONS.slice(2).map((each, i) => sampleOperation(0, 10n + BigInt(i), each)),
    sampleEvents(0, 13n),
  ]
  const backfill = [
    sampleEvents(1, 0n),
    sampleEvents(1, 1n),
    sampleSuppression(1, 2n, [row(0, 1n, 4)]),
    sampleEvents(1, 3n),
    sampleEvents(1, 4n),
  ]
  return [live, backfill]
}

/** The part of `records` that may be applied: up to the first operation whose cut is not reached. */
function applicable(records: readonly LogRecord[], reached: readonly number[]): LogRecord[] {
  const end = records.findIndex(({ kind, payload, partition }) => {
    const cut = kind === 'operation' ? cutOf(payload) : null
    return [...(cut ?? [])].some(([p, next]) => p !== partition && (reached[p] ?? 0) < Number(next))
  })
  return records.slice(0, end < 0 ? records.length : end)
}

async function applyIn(
  store: Store,
  records: readonly LogRecord[],
  sizes: readonly number[],
): Promise<void> {
  let at = 0
  for (const size of sizes) {
    if (at >= records.length) return
    await store.apply(applyOf(records.slice(at, at + size)))
    at += size
  }
  if (at < records.length) await store.apply(applyOf(records.slice(at)))
}

function placeOf(line: string): RowPlace {
  const [partition, offset, index] = JSON.parse(line) as [number, string, number]
  return { partition, offset: BigInt(offset), index }
}

/** Whether the sample operation deletes the row of records of three rows, as its definition says. */
function isDeletedBy(operation: MaintenanceOperation, at: RowPlace): boolean {
  if (at.offset >= (operation.cut.get(at.partition) ?? 0n)) return false
  const isLetter = at.partition === 0 && at.offset === 2n
  if (operation.op === 'erase') {
    return [...placesIn(operation.rows)].some(
      (row) =>
        row.partition === at.partition &&
        row.offset === at.offset &&
        row.index === at.index &&
        row.letter === isLetter,
    )
  }
  if (operation.op !== 'retain') return false
  const seconds = Number(at.offset) * 3 + at.index
  const time = SAMPLE_START + (isLetter ? Number(at.offset) : seconds * 1_000_000)
  if (isLetter !== (operation.family === DEAD_LETTERS)) return false
  return time >= (operation.from ?? 0) && time < operation.before
}

/** The rows alone: positions differ by an operation that changed nothing. */
async function withoutPositions(harness: StoreHarness, store: Store): Promise<readonly string[]> {
  const all = await harness.content(store)
  return all.slice(0, all.length - (await store.applied()).size)
}

export const STORE_LAWS: readonly StoreLaw[] = [
  {
    name: 'an empty store has no positions',
    async check(harness) {
      const store = await harness.open()
      assert.equal((await store.applied()).size, 0)
      await store.close()
    },
  },
  {
    name: 'twice is once',
    async check(harness) {
      const store = await harness.open()
      const apply = applyOf([sampleEvents(0, 0n), sampleEvents(0, 1n)])
      assert.equal(await store.apply(apply), 'applied')
      const once = await harness.content(store)
      assert.equal(await store.apply(apply), 'already')
      assert.deepEqual(await harness.content(store), once)
      assert.equal((await store.applied()).get(0), 2n)
      await store.close()
    },
  },
  {
    name: 'of records that overlap the position only the new ones are applied',
    async check(harness) {
      const store = await harness.open()
      const records = [0n, 1n, 2n].map((offset) => sampleEvents(0, offset))
      await store.apply(applyOf(records.slice(0, 2)))
      assert.equal(await store.apply(applyOf(records)), 'applied')
      assert.equal((await harness.content(store)).length, 9 + 1)
      await store.close()
    },
  },
  {
    name: 'a gap is refused and changes nothing',
    async check(harness) {
      const store = await harness.open()
      await store.apply(applyOf([sampleEvents(0, 0n)]))
      const before = await harness.content(store)
      await assert.rejects(store.apply(applyOf([sampleEvents(0, 2n)])))
      assert.deepEqual(await harness.content(store), before)
      assert.equal((await store.applied()).get(0), 1n)
      await store.close()
    },
  },
  {
    name: 'an older epoch is refused, also after reopening',
    async check(harness) {
      const store = await harness.open()
      assert.equal(await store.apply(applyOf([sampleEvents(0, 0n)], 7)), 'applied')
      assert.equal(await store.apply(applyOf([sampleEvents(0, 1n)], 6)), 'fenced')
      assert.equal((await store.applied()).get(0), 1n)
      // Partitions have owners of their own.
      assert.equal(await store.apply(applyOf([sampleEvents(1, 0n)], 6)), 'applied')
      await store.close()
      const again = await harness.open()
      assert.equal(await again.apply(applyOf([sampleEvents(0, 1n)], 6)), 'fenced')
      assert.equal(await again.apply(applyOf([sampleEvents(0, 1n)], 7)), 'applied')
      await again.close()
    },
  },
  {
    name: 'content survives closing and opening',
    async check(harness) {
      const store = await harness.open()
      for (const records of sampleLog().toReversed()) await applyIn(store, records, [2, 2])
      const before = await harness.content(store)
      await store.close()
      const again = await harness.open()
      assert.deepEqual(await harness.content(again), before)
      await again.close()
    },
  },
  {
    name: 'an operation whose cut is not reached is refused and changes nothing',
    async check(harness) {
      const store = await harness.open()
      const [live = [], backfill = []] = sampleLog()
      await store.apply(applyOf(live.slice(0, 7)))
      await store.apply(applyOf(backfill.slice(0, 1)))
      const before = await harness.content(store)
      await assert.rejects(store.apply(applyOf(live.slice(7, 8))))
      await assert.rejects(store.apply(applyOf(live.slice(7))))
      assert.deepEqual(await harness.content(store), before)
      await store.apply(applyOf(backfill.slice(1, 2)))
      assert.equal(await store.apply(applyOf(live.slice(7, 8))), 'applied')
      await store.close()
    },
  },
  {
    name: 'an operation does what it says to rows below its cut, twice is once, and a rebuild has the same rows',
    async check(harness) {
      const backfill = [0n, 1n, 2n, 3n, 4n].map((offset) => sampleEvents(1, offset))
      const live = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n].map((offset) =>
        offset === 2n || offset === 7n ? sampleRejects(0, offset) : sampleEvents(0, offset),
      )
      const store = await harness.open()
      await store.apply(applyOf(backfill))
      await store.apply(applyOf(live))
      let before = await withoutPositions(harness, store)
      for (const operation of SAMPLE_OPERATIONS) {
        const once = sampleOperation(0, BigInt(live.length), operation)
        const twice = sampleOperation(0, BigInt(live.length + 1), operation)
        live.push(once, twice)
        await store.apply(applyOf([once]))
        const after = await withoutPositions(harness, store)
        assert.notDeepEqual(after, before, operation.op)
        assert.deepEqual(
          after.map(placeOf),
          before.map(placeOf).filter((at) => !isDeletedBy(operation, at)),
          operation.op,
        )
        await store.apply(applyOf([twice]))
        assert.deepEqual(await withoutPositions(harness, store), after, operation.op)
        before = after
      }
      const content = await harness.content(store)
      await store.close()
      const rebuilt = await harness.open({ anew: true })
      await rebuilt.apply(applyOf(backfill))
      await rebuilt.apply(applyOf(live))
      assert.deepEqual(await harness.content(rebuilt), content)
      await rebuilt.close()
    },
  },
  {
    name: 'after an error nothing is in, and the position says so; the same apply then works',
    async check(harness) {
      const store = await harness.open()
      await store.apply(applyOf([sampleEvents(0, 0n)]))
      const before = await harness.content(store)
      // The rows before the unreadable record bring new dictionary texts and fill whole chunks.
      const good = sampleEvents(0, 1n, { rows: 3000, projects: ['new'] })
      const bad: LogRecord = { ...sampleEvents(0, 2n), payload: new Uint8Array(40) }
      await assert.rejects(store.apply(applyOf([good, bad])))
      assert.equal((await store.applied()).get(0), 1n)
      assert.deepEqual(await harness.content(store), before)
      const other = sampleEvents(0, 2n, { projects: ['other'] })
      assert.equal(await store.apply(applyOf([good, other])), 'applied')
      const after = await harness.content(store)
      assert.equal(after.length, 3 + 3000 + 3 + 1)
      await store.close()
      const again = await harness.open()
      assert.deepEqual(await harness.content(again), after)
      await again.close()
    },
  },
]

/**
 * Content is a function of the log: however records are grouped into applies, and however the
 * partitions take turns, the same rows result.
 *
 * @param turns which partition takes the next turn, and how many of its records at most
 */
export async function applyInTurns(
  store: Store,
  turns: readonly { readonly partition: 0 | 1; readonly records: number }[],
): Promise<void> {
  const logs = sampleLog()
  const at = [0, 0]
  const rest = [
    { partition: 0 as const, records: 100 },
    { partition: 1 as const, records: 100 },
    // Once more, because operations wait for the other partition.
    { partition: 0 as const, records: 100 },
  ]
  for (const { partition, records } of [...turns, ...rest]) {
    const from = at[partition] ?? 0
    const some = applicable((logs[partition] ?? []).slice(from, from + records), at)
    if (some.length === 0) continue
    await store.apply(applyOf(some))
    at[partition] = from + some.length
  }
  assert.deepEqual(
    at,
    logs.map((log) => log.length),
  )
}
