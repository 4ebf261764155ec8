import { expect, it } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { BACKFILL, LIVE, type LogRecord } from '../log/log.ts'
import { Applier, type ApplierOptions, type LogReader } from './applier.ts'
import { sampleEvents } from './sample-records.ts'
import type { Applied, Apply } from './store.ts'

/** A log in memory whose payloads are views of one Buffer, as the journal's are. */
class MemoryLog implements LogReader {
  readonly records = new Map<number, LogRecord[]>([
    [LIVE, []],
    [BACKFILL, []],
  ])
  first = 0n

  add(partition: number, count: number, rows = 3): bigint {
    const records = this.records.get(partition) ?? []
    for (let i = 0; i < count; i++) {
      records.push(sampleEvents(partition, BigInt(records.length), { rows }))
    }
    return BigInt(records.length)
  }

  earliest(): Promise<bigint> {
    return Promise.resolve(this.first)
  }

  async *read(partition: number, from: bigint, until: bigint): AsyncGenerator<LogRecord> {
    const shared = Buffer.alloc(1 << 20)
    for (const record of this.records.get(partition) ?? []) {
      if (record.offset < from || record.offset >= until) continue
      shared.set(record.payload)
      yield { ...record, payload: shared.subarray(0, record.payload.length) }
    }
  }
}

/** Keeps what was applied, and fails as told. */
class MemoryStore {
  readonly position = new Map<number, bigint>()
  readonly applies: Apply[] = []
  fail: (apply: Apply) => 'before' | 'after' | null = () => null

  applied(): Promise<ReadonlyMap<number, bigint>> {
    return Promise.resolve(new Map(this.position))
  }

  async apply(apply: Apply): Promise<Applied> {
    const failure = this.fail(apply)
    if (failure === 'before') throw new Error('failed before')
    const position = this.position.get(apply.partition) ?? 0n
    if (apply.next <= position) return 'already'
    if (apply.first > position) throw new Error('gap')
    this.applies.push(apply)
    this.position.set(apply.partition, apply.next)
    if (failure === 'after') throw new Error('failed after')
    return 'applied'
  }
}

/** Starts an applier and answers when every partition has reached the positions given. */
function applyAll(
  log: MemoryLog,
  store: MemoryStore,
  until: ReadonlyMap<number, bigint>,
  options: Partial<ApplierOptions> = {},
): Promise<Applier> {
  return new Promise((resolve) => {
    const done = (): void => {
      const all = [...until].every(([p, next]) => (store.position.get(p) ?? 0n) >= next)
      if (all) resolve(applier)
    }
    const applier = new Applier({
      store,
      reader: log,
      clock: systemClock,
      epoch: 1,
      maxRows: 30,
      maxWaitMs: 1,
      onApplied: done,
      onError: done,
      ...options,
    })
    for (const [partition, next] of until) applier.committed(partition, next)
  })
}

const offsets = (store: MemoryStore, partition: number): bigint[] =>
  store.applies
    .filter((apply) => apply.partition === partition)
    .flatMap(({ records }) => records.map(({ offset }) => offset))

const upTo = (n: bigint): bigint[] => Array.from({ length: Number(n) }, (_, i) => BigInt(i))

it('applies every record once, in order, in batches of at least maxRows while there are more', async () => {
  const log = new MemoryLog()
  const store = new MemoryStore()
  const next = log.add(LIVE, 100)
  const applier = await applyAll(log, store, new Map([[LIVE, next]]))
  await applier.stop()
  expect(offsets(store, LIVE)).toEqual(upTo(next))
  for (const { records } of store.applies) expect(records.length).toBe(10)
  // The payloads are copies: the reader's buffer has been overwritten since.
  const first = store.applies[0]?.records[0]?.payload
  expect(first).toEqual(log.records.get(LIVE)?.[0]?.payload)
  expect(applier.status()).toEqual({ lagRecords: 0, lagMs: 0, lastError: null, fenced: false })
})

it('applies live before backfill', async () => {
  const log = new MemoryLog()
  const store = new MemoryStore()
  const live = log.add(LIVE, 50)
  const backfill = log.add(BACKFILL, 50)
  const until = new Map([
    [BACKFILL, backfill],
    [LIVE, live],
  ])
  await (await applyAll(log, store, until)).stop()
  expect(store.applies.map(({ partition }) => partition)).toEqual([
    ...Array.from({ length: 5 }, () => LIVE),
    ...Array.from({ length: 5 }, () => BACKFILL),
  ])
})

it.each(['before', 'after'] as const)(
  'goes on from the position of the store after an apply that failed %s it happened',
  async (when) => {
    const log = new MemoryLog()
    const store = new MemoryStore()
    const next = log.add(LIVE, 60)
    let failures = 0
    store.fail = () => (++failures === 2 ? when : null)
    const errors: string[] = []
    const applier = await applyAll(log, store, new Map([[LIVE, next]]), {
      clock: { ...systemClock, after: (_, run) => systemClock.after(0, run) },
      onError: (error) => errors.push(error.message),
    })
    await applier.stop()
    expect(offsets(store, LIVE)).toEqual(upTo(next))
    expect(errors).toEqual([`failed ${when}`])
    expect(applier.status().lastError).toBe(null)
  },
)

it('reports records that the log has lost and goes on behind them', async () => {
  const log = new MemoryLog()
  const store = new MemoryStore()
  const next = log.add(LIVE, 20)
  log.first = 5n
  const gaps: unknown[] = []
  const applier = await applyAll(log, store, new Map([[LIVE, next]]), {
    onGap: (...gap) => gaps.push(gap),
  })
  await applier.stop()
  expect(gaps).toContainEqual([LIVE, 0n, 5n])
  expect(offsets(store, LIVE)).toEqual(upTo(next).slice(5))
})

it('stops when a newer owner has fenced it off', async () => {
  const log = new MemoryLog()
  const next = log.add(LIVE, 10)
  const fencing = new MemoryStore()
  fencing.apply = () => Promise.resolve('fenced')
  const applier = new Applier({
    store: fencing,
    reader: log,
    clock: systemClock,
    epoch: 1,
    maxRows: 1,
  })
  applier.committed(LIVE, next)
  while (!applier.status().fenced) await new Promise((resolve) => setImmediate(resolve))
  await applier.stop()
  expect(fencing.applies).toEqual([])
})

it('tells how many records wait and for how long', async () => {
  const log = new MemoryLog()
  const store = new MemoryStore()
  const next = log.add(LIVE, 4)
  let now = 1000
  const applier = new Applier({
    store,
    reader: log,
    clock: { ...systemClock, monotonic: () => now, after: () => () => {} },
    epoch: 1,
    maxWaitMs: 60_000,
  })
  applier.committed(LIVE, next)
  now += 250
  expect(applier.status()).toMatchObject({ lagRecords: 4, lagMs: 250 })
  await applier.stop()
  expect(store.applies).toEqual([])
})
