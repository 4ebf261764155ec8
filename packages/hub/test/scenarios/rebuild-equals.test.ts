import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Seeded } from '../../../../test/support/seeded.ts'
import { systemClock } from '../../src/core/clock.ts'
import { CALL_KINDS, CALL_VALUE_WORDS } from '../../src/ingest/call-row.ts'
import { KeyIndex } from '../../src/ingest/dedup/key-index.ts'
import { MemoryRunFiles } from '../../src/ingest/dedup/memory-run-files.fixture.ts'
import { DEFAULT_ROW_DEFAULTS } from '../../src/ingest/fill-row.ts'
import { createIntake, ID_VALUE_WORDS, type IntakeStage } from '../../src/ingest/intake.ts'
import { createPriceRow } from '../../src/ingest/price-row.ts'
import { createPriceTable } from '../../src/ingest/price-table.ts'
import { restoreIndexes } from '../../src/ingest/restore.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { BACKFILL, LIVE, type Log, type LogRecord } from '../../src/log/log.ts'
import { ROLLUPS } from '../../src/rollup/rollups.ts'
import { nextBuild } from '../../src/rollup/schedule.ts'
import { answerWith, runOf } from '../../src/store/duckdb/answer-plan.ts'
import { DuckDbStore } from '../../src/store/duckdb/duckdb-store.ts'
import { buildSpan, readBacklog, registerRollups } from '../../src/store/duckdb/rollup-build.ts'
import { verifyRollups } from '../../src/store/duckdb/rollup-verify.ts'
import { DAY_MICROS, HOUR_MICROS } from '../../src/store/rollup.ts'
import { LIMITS } from '../intake-fixture.ts'

/*
 * Reports of the same calls come by both partitions at once, in several projects, again and again,
 * while the intake is restarted. Whichever way the log is then applied — either partition first, in
 * any batches, with rollups built and the database opened anew in between — the same rows count:
 * those that the definition of a call names.
 */

interface Report {
  readonly project: string
  readonly id: string
  readonly kind: string
  readonly time: number
  readonly provider: string
  readonly response: string | null
  readonly request: string | null
}

const START = Date.parse('2026-10-20T10:00:00Z')
const PROJECTS = ['p', 'q']
/** One of each grain: what is built does not matter here, but when. */
const SOME_ROLLUPS = [DAY_MICROS, HOUR_MICROS].flatMap((grain) =>
  ROLLUPS.filter((each) => each.grain === grain).slice(0, 1),
)

function reportsOf(random: Seeded, count: number): Report[] {
  return Array.from({ length: count }, (_, i) => ({
    project: random.pick(PROJECTS),
    id: `e${i}`,
    kind: random.pick(CALL_KINDS),
    // Over two days, no two at the same time.
    time: START + random.int(5) * 10 * 3_600_000 + i,
    provider: random.pick(['openai', 'azure']),
    response: random.chance(0.5) ? `response-${random.int(count / 4)}` : null,
    request: random.chance(0.8) ? `request-${random.int(count / 4)}` : null,
  }))
}

function eventOf({ id, kind, time, provider, response, request }: Report): unknown {
  const numbers = {
    llm_request: { usage: { input_tokens: 1000, output_tokens: 10 }, latency_ms: 12 },
    token_cost: { usage: { input_tokens: 1000, output_tokens: 10 } },
    token_usage: { usage: { input_tokens: 1000, output_tokens: 10 } },
    latency: { total_latency_ms: 12 },
  }[kind]
  return {
    common: { event_id: id, timestamp: new Date(time).toISOString() },
    payload: {
      type: kind,
      model_id: 'gpt-4o',
      provider,
      ...(response === null ? {} : { response_id: response }),
      ...(request === null ? {} : { request_id: request }),
      ...numbers,
    },
  }
}

/** Whether a better report of the same call is among them. */
function isRepeated(one: Report, all: readonly Report[]): boolean {
  return all.some((other) => {
    if (other.project !== one.project || other === one) return false
    const sameResponse =
      one.response !== null && other.response === one.response && other.provider === one.provider
    const sameRequest =
      one.request !== null &&
      other.request === one.request &&
      (one.response === null || other.response === null)
    if (!sameResponse && !sameRequest) return false
    const rank = CALL_KINDS.indexOf(other.kind) - CALL_KINDS.indexOf(one.kind)
    return rank < 0 || (rank === 0 && other.time < one.time)
  })
}

async function takeIn(log: Log, random: Seeded, reports: Report[]): Promise<void> {
  const clock = systemClock
  const price = createPriceRow(createPriceTable())
  const hashKey = new Uint8Array(16).fill(7)
  const indexOptions = { clock, horizonSeconds: 1e9, maxKeys: 1e9, runKeys: 24 }
  const files = [new MemoryRunFiles(), new MemoryRunFiles()] as const
  let left = reports
  for (let life = 0; left.length > 0; life++) {
    const ids = await KeyIndex.open({
      ...indexOptions,
      valueWords: ID_VALUE_WORDS,
      files: files[0],
    })
    const calls = await KeyIndex.open({
      ...indexOptions,
      valueWords: CALL_VALUE_WORDS,
      files: files[1],
    })
    await restoreIndexes({ log, ids, calls, hashKey })
    const stage: IntakeStage = createIntake({
      log,
      clock,
      ids,
      calls,
      hashKey,
      price,
      defaults: DEFAULT_ROW_DEFAULTS,
      limits: { ...LIMITS, maxGroupRows: 7 },
      newId: () => 'letter',
      pressure: () => null,
      lookup: (_project, events) => Promise.resolve(events.map(() => null)),
    })
    const now = left.slice(0, 20)
    left = left.slice(20)
    // Each report once by a partition, and some again by the other at the same time or later.
    const sends = now.flatMap((report) => {
      const partition = random.pick([LIVE, BACKFILL])
      const again = random.chance(0.3) ? [LIVE + BACKFILL - partition, partition] : []
      return [partition, ...again].map((by) => ({ report, by }))
    })
    let accepted = 0
    await Promise.all(
      sends.map(async ({ report, by }) => {
        const answer = await stage.intake({
          project: report.project,
          receiver: 'http',
          partition: by,
          events: [eventOf(report)],
        })
        if (!answer.ok) throw new Error(answer.message)
        expect(answer.answer.results.filter(({ outcome }) => outcome === 'rejected')).toEqual([])
        accepted += answer.answer.accepted
      }),
    )
    expect(accepted).toBe(now.length)
    // Every other life ends without writing its indexes.
    await Promise.all([ids.idle(), calls.idle()])
    if (life % 2 === 0) await Promise.all([ids.close(), calls.close()])
  }
}

async function recordsOf(log: Log, partition: number): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read(partition, 0n)) {
    records.push({ ...record, payload: new Uint8Array(record.payload) })
  }
  return records
}

async function openStore(path: string): Promise<DuckDbStore> {
  const opened = await DuckDbStore.open({
    path,
    wal: false,
    clock: systemClock,
    incarnation: 'a',
    answer: answerWith(SOME_ROLLUPS),
  })
  if (!opened.ok) throw new Error(opened.reason)
  return opened.store
}

async function buildRollups(store: DuckDbStore): Promise<void> {
  const budget = { closedBefore: (START + 7 * 86_400_000) * 1000, maxHours: 24 }
  await store.maintain(async (connection) => {
    const run = runOf((sql, values) => connection.rows(sql, values))
    await connection.execute('BEGIN')
    await registerRollups(run, SOME_ROLLUPS)
    const next = nextBuild(await readBacklog(run, SOME_ROLLUPS), budget)
    if (next !== null) {
      await buildSpan(
        run,
        SOME_ROLLUPS,
        next.grain === 'hour' ? HOUR_MICROS : DAY_MICROS,
        next.span,
      )
    }
    await connection.execute('COMMIT')
  })
}

it('the same rows count whatever the order of applying', async () => {
  const random = new Seeded(1)
  const reports = reportsOf(random, 60)
  const dir = await mkdtemp(join(tmpdir(), 'llmhub-rebuild-'))
  const opened = await openJournal({ dir: join(dir, 'log'), segmentBytes: 20_000 })
  if (!opened.ok) throw new Error(opened.error.message)
  const log = opened.journal
  try {
    await takeIn(log, random, reports)
    const records = new Map([
      [LIVE, await recordsOf(log, LIVE)],
      [BACKFILL, await recordsOf(log, BACKFILL)],
    ])
    const orders = [() => LIVE, () => BACKFILL, () => random.pick([LIVE, BACKFILL])]
    for (const [n, order] of orders.entries()) {
      const path = join(dir, `store-${n}.duckdb`)
      let store = await openStore(path)
      const left = new Map([...records].map(([partition, all]) => [partition, [...all]]))
      while ([...left.values()].some((all) => all.length > 0)) {
        const wanted = order()
        const partition = (left.get(wanted)?.length ?? 0) > 0 ? wanted : LIVE + BACKFILL - wanted
        const some = left.get(partition)?.splice(0, random.between(4, 20)) ?? []
        const first = some[0]?.offset ?? 0n
        const next = (some.at(-1)?.offset ?? 0n) + 1n
        expect(await store.apply({ partition, epoch: 1, first, next, records: some })).toBe(
          'applied',
        )
        if (random.chance(0.15)) await buildRollups(store)
        if (random.chance(0.1)) {
          await store.close()
          store = await openStore(path)
        }
      }
      for (let i = 0; i < 2; i++) await buildRollups(store)
      const counted = await store.run(
        'SELECT event_id, count(*), bool_or(suppressed) FROM event_rows GROUP BY 1 ORDER BY 1',
        [],
        new AbortController().signal,
      )
      const pending = await store.maintain((c) => c.rows('SELECT * FROM pending_suppressions'))
      const verified = await store.maintain((c) =>
        verifyRollups(
          runOf((sql, values) => c.rows(sql, values)),
          SOME_ROLLUPS,
        ),
      )
      await store.close()
      if (!counted.ok) throw new Error(counted.message)
      expect(counted.value.rows).toEqual(
        reports
          .map((report) => [report.id, 1n, isRepeated(report, reports)])
          .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      )
      expect(pending.rows).toEqual([])
      const wrong = verified.filter((each) => each.different.length + each.unmarked.length > 0)
      expect(wrong).toEqual([])
      expect(verified.some(({ checked }) => checked > 0)).toBe(true)
    }
  } finally {
    await log.close()
    await rm(dir, { recursive: true, force: true })
  }
})
