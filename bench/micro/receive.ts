/**
 * The path from the bytes of a request to its acknowledgement, HTTP and store apart, with a real log
 * and real indexes on disk: `node --conditions=@llmhub/source bench/micro/receive.ts [batch]`.
 * Prints microseconds of processor time per event: of this thread, and of the whole process, in which
 * garbage collection on other threads and the disk are counted too.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { DEFAULT_FUTURE_TOLERANCE, DEFAULT_VALIDATION_LIMITS } from '@llmhub/schema'
import { makeBody, makePool } from '../../packages/hub/src/cli/bench/traffic.ts'
import { systemClock } from '../../packages/hub/src/core/clock.ts'
import { CALL_VALUE_WORDS } from '../../packages/hub/src/ingest/call-row.ts'
import { KeyIndex } from '../../packages/hub/src/ingest/dedup/key-index.ts'
import { openRunFolder } from '../../packages/hub/src/ingest/dedup/node-run-files.ts'
import { DEFAULT_ROW_DEFAULTS } from '../../packages/hub/src/ingest/fill-row.ts'
import { createIntake, ID_VALUE_WORDS } from '../../packages/hub/src/ingest/intake.ts'
import { createPriceRow } from '../../packages/hub/src/ingest/price-row.ts'
import { createPriceTable } from '../../packages/hub/src/ingest/price-table.ts'
import { openJournal } from '../../packages/hub/src/log/journal/journal.ts'
import { BodyBudget } from '../../packages/hub/src/receivers/http/body-budget.ts'
import { DEFAULT_RECEIVER_LIMITS } from '../../packages/hub/src/receivers/http/limits.ts'
import { createEventReceiver } from '../../packages/hub/src/receivers/http/receive.ts'

const BATCH = Number(process.argv[2] ?? 1000)
const EVENTS = 50_000
const ROUNDS = 12
/** Rounds before the code is compiled and the memory grown. */
const WARMING = 4
const CONNECTIONS = 4
const PACKET = 64 * 1024

const folder = await mkdtemp(path.join(tmpdir(), 'llmhub-bench-'))
try {
  await run()
} finally {
  await rm(folder, { recursive: true })
}

async function run(): Promise<void> {
  const opened = await openJournal({ dir: path.join(folder, 'journal'), compress: false })
  if (!opened.ok) throw new Error(opened.error.message)
  const index = async (name: string, valueWords: number) =>
    KeyIndex.open({
      files: await openRunFolder(path.join(folder, name)),
      clock: systemClock,
      horizonSeconds: 1e6,
      maxKeys: 1e8,
      valueWords,
    })
  const ids = await index('ids', ID_VALUE_WORDS)
  const calls = await index('calls', CALL_VALUE_WORDS)
  const stage = createIntake({
    log: opened.journal,
    clock: systemClock,
    ids,
    calls,
    hashKey: new Uint8Array(16),
    price: createPriceRow(createPriceTable()),
    defaults: DEFAULT_ROW_DEFAULTS,
    limits: {
      maxEvents: EVENTS,
      maxEventBytes: 1e6,
      validation: DEFAULT_VALIDATION_LIMITS,
      futureTolerance: DEFAULT_FUTURE_TOLERANCE,
      retention: () => ({ events: null, families: new Map() }),
      keepContent: false,
      maxLettersPerSecond: 1000,
      maxGroupRows: 20_000,
      maxPendingRows: 200_000,
      groupDelayMs: 1,
    },
    newId: () => '',
    pressure: () => null,
    lookup: (_project, events) => Promise.resolve(events.map(() => null)),
  })
  const receive = createEventReceiver({
    intake: stage.intake,
    limits: DEFAULT_RECEIVER_LIMITS,
    budget: new BodyBudget(1e9),
    admit: () => 0,
  })
  const pool = makePool(1, EVENTS)
  const own: number[] = []
  const all: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const now = Date.now()
    const bodies: Buffer[] = []
    for (let first = 0; first < EVENTS; first += BATCH) {
      const count = Math.min(BATCH, EVENTS - first)
      bodies.push(makeBody(pool, first, count, round * EVENTS + first, () => now))
    }
    const threadBefore = process.threadCpuUsage()
    const before = process.cpuUsage()
    let next = 0
    const connection = async (): Promise<void> => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
        const reply = await receive({
          headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
          body: Readable.from(packets(body), { objectMode: false }),
          project: 'default',
          dryRun: false,
        })
        if (!reply.ok || reply.answer.rejected > 0 || reply.answer.duplicates > 0) {
          throw new Error(JSON.stringify(reply))
        }
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, connection))
    const thread = process.threadCpuUsage(threadBefore)
    const whole = process.cpuUsage(before)
    if (round < WARMING) continue
    own.push((thread.user + thread.system) / EVENTS)
    all.push((whole.user + whole.system) / EVENTS)
  }
  await ids.close()
  await calls.close()
  await opened.journal.close()
  console.log(`thread ${median(own).toFixed(2)} process ${median(all).toFixed(2)} µs/event`)
}

function* packets(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += PACKET) yield body.subarray(at, at + PACKET)
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}
