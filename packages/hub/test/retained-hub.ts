import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../src/core/clock.ts'
import { systemClock } from '../src/core/clock.ts'
import type { Hold, RetentionPolicy } from '../src/core/retention.ts'
import { type Journal, openJournal } from '../src/log/journal/journal.ts'
import { openJournalReader } from '../src/log/journal/reader.ts'
import { Maintenance } from '../src/maintenance/operations.ts'
import { RetentionKeeper } from '../src/maintenance/retention-keeper.ts'
import { RetentionRules } from '../src/maintenance/retention-rules.ts'
import { StoreOwner } from '../src/store/duckdb/store-owner.ts'
import type { StoreStatus } from '../src/store/protocol.ts'

/** A log, a store and retention in one thread, over a folder of their own; time is the test's. */
export interface RetainedHub {
  readonly dir: string
  readonly journal: Journal
  readonly owner: StoreOwner
  readonly keeper: RetentionKeeper
  readonly policies: RetentionPolicy[]
  readonly holds: Hold[]
  now: number
  append(partition: number, ...payloads: readonly Uint8Array[]): Promise<void>
  /** Resolves when everything in the log is applied. */
  settled(): Promise<void>
  /** Compacts the database file, and answers when the store is open again. */
  compact(): Promise<void>
  sql(text: string): Promise<readonly (readonly unknown[])[]>
  close(): Promise<void>
}

export async function openRetainedHub(
  dir: string,
  options: { readonly segmentBytes?: number; readonly days?: number } = {},
): Promise<RetainedHub> {
  const opened = await openJournal({
    dir: join(dir, 'log'),
    segmentBytes: options.segmentBytes ?? 100_000,
  })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  const reader = openJournalReader(join(dir, 'log'))
  const waiting = new Set<() => void>()
  let status: StoreStatus | null = null
  const owner = new StoreOwner({
    path: join(dir, 'store', 'store.duckdb'),
    reader,
    clock: systemClock,
    epoch: 1,
    wal: false,
    maxWaitMs: 1,
    onStatus(told) {
      status = told
      for (const look of waiting) look()
    },
  })
  const next = () => new Map([0, 1].map((partition) => [partition, journal.next(partition)]))
  owner.start(next())
  journal.onCommit((partition, to) => owner.committed(partition, to))
  const until = (reached: (told: StoreStatus) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (status === null || !reached(status)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
    })
  const isReady = ({ state, applied }: StoreStatus) =>
    state === 'ready' && [...next()].every(([p, to]) => (applied.get(p) ?? 0n) >= to)
  let ids = 0
  const clock: Clock = {
    ...systemClock,
    now: () => hub.now / 1000,
    nowMicros: () => hub.now,
  }
  const maintenance = new Maintenance({
    log: journal,
    scan: (request, signal) => owner.scan(request, signal),
    applied: async () => (await owner.status()).applied,
    waitFor: async ({ partition, offset }) => {
      await until(({ applied }) => (applied.get(partition) ?? 0n) >= offset)
      return true
    },
    clock,
    newId: () => `operation-${++ids}`,
  })
  const policies: RetentionPolicy[] = []
  const holds: Hold[] = []
  const rules = new RetentionRules(
    { retention: () => [...policies], holds: () => [...holds] },
    { events: options.days ?? 0, letters: 0 },
  )
  const sql = async (text: string) => {
    const request = { sql: text, maxRows: 1_000_000, deadlineMs: 30_000 }
    const outcome = await owner.sql(request, new AbortController().signal)
    if (!outcome.ok) throw new Error(outcome.message)
    return outcome.rows
  }
  const keeper = new RetentionKeeper({
    maintenance: {
      run(by, act, signal) {
        rules.forget()
        return maintenance.run(by, act, signal)
      },
    },
    log: journal,
    rules,
    projects: async () =>
      (await sql('SELECT value FROM main.dict_project')).flatMap(([value]) =>
        typeof value === 'string' ? [value] : [],
      ),
    durable: async () => (await owner.status()).durable,
    checkpoint: () => owner.checkpoint(),
    clock,
    onError: (error) => {
      throw error
    },
  })
  const hub: RetainedHub = {
    dir,
    journal,
    owner,
    keeper,
    policies,
    holds,
    now: 0,
    async append(partition, ...payloads) {
      const entries = payloads.map((payload) => ({ kind: 'events' as const, payload }))
      const outcome = await journal.append(partition, entries)
      if (!outcome.ok) throw new Error(outcome.message)
    },
    settled: () => until(isReady),
    async compact() {
      const before = (await owner.status()).compaction.last
      const outcome = await owner.compact()
      if (!outcome.ok) throw new Error(outcome.message)
      await until((told) => isReady(told) && told.compaction.last !== before)
      const problem = status?.compaction.last?.problem ?? null
      if (problem !== null) throw new Error(problem)
    },
    sql,
    async close() {
      await maintenance.stop()
      await owner.close()
      await reader.close()
      await journal.close()
    },
  }
  return hub
}

export async function inTemporaryFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'llmhub-retention-'))
  try {
    return await work(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
