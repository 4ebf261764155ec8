import assert from 'node:assert/strict'
import type { LogRecord } from '../log/log.ts'
import { applyOf, sampleEvents, sampleRejects, sampleSuppression } from './sample-records.ts'
import type { Store } from './store.ts'

/** A place for one store, empty at first. */
export interface StoreHarness {
  /** Opens the store; again after it was closed or abandoned. */
  open(): Promise<Store>
  /** Every row of events and rejects as text, in order of position, and the positions. */
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

/** Records of both partitions with rejects and suppressions: back, within, and across partitions. */
function sampleLog(): readonly (readonly LogRecord[])[] {
  const live = [
    sampleEvents(0, 0n),
    sampleEvents(0, 1n, { rows: 5 }),
    sampleRejects(0, 2n),
    sampleSuppression(0, 3n, [row(0, 0n, 2), row(1, 2n, 0)]),
    sampleEvents(0, 4n, { rows: 2100 }),
    sampleSuppression(0, 5n, [row(0, 4n, 2099), row(1, 0n, 1), row(0, 0n, 2)]),
    sampleEvents(0, 6n),
  ]
  const backfill = [
    sampleEvents(1, 0n),
    sampleEvents(1, 1n),
    sampleSuppression(1, 2n, [row(0, 1n, 4)]),
    sampleEvents(1, 3n),
  ]
  return [live, backfill]
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
      for (const records of sampleLog()) await applyIn(store, records, [2, 2])
      const before = await harness.content(store)
      await store.close()
      const again = await harness.open()
      assert.deepEqual(await harness.content(again), before)
      await again.close()
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
  ]
  for (const { partition, records } of [...turns, ...rest]) {
    const from = at[partition] ?? 0
    const some = (logs[partition] ?? []).slice(from, from + records)
    if (some.length === 0) continue
    await store.apply(applyOf(some))
    at[partition] = from + some.length
  }
}
