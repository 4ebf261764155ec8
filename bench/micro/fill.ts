/** Ingest on one core, decoding and disk apart: `node --conditions=@llmhub/source bench/micro/fill.ts`. */
import { createHmac } from 'node:crypto'
import {
  DEFAULT_FUTURE_TOLERANCE,
  DEFAULT_VALIDATION_LIMITS,
  type ValidEvent,
  validateEvent,
} from '@llmhub/schema'
import { encodeBatch } from '@llmhub/stream'
import { systemClock } from '../../packages/hub/src/core/clock.ts'
import { CALL_VALUE_WORDS } from '../../packages/hub/src/ingest/call-row.ts'
import { ContentHasher } from '../../packages/hub/src/ingest/dedup/content-hash.ts'
import { hashKeyFrom, KeyHasher } from '../../packages/hub/src/ingest/dedup/key-hash.ts'
import { KeyIndex } from '../../packages/hub/src/ingest/dedup/key-index.ts'
import { MemoryRunFiles } from '../../packages/hub/src/ingest/dedup/memory-run-files.fixture.ts'
import {
  DEFAULT_ROW_DEFAULTS,
  emptyCosts,
  RowFiller,
} from '../../packages/hub/src/ingest/fill-row.ts'
import { createIntake, ID_VALUE_WORDS } from '../../packages/hub/src/ingest/intake.ts'
import { createPriceRow } from '../../packages/hub/src/ingest/price-row.ts'
import { createPriceTable } from '../../packages/hub/src/ingest/price-table.ts'
import { MemoryLog } from '../../packages/hub/src/log/memory-log.fixture.ts'

const COUNT = 20_000
const ROUNDS = 8
const START = Date.now()

function makeEvents(round: number): unknown[] {
  return Array.from({ length: COUNT }, (_, i) => ({
    common: {
      event_id: `evt-${round}-00000000-0000-${i}`,
      timestamp: new Date(START - i).toISOString(),
      source_module: 'llm-observatory',
      severity: 'info',
      environment: 'production',
      tags: { region: 'us-east-1' },
    },
    payload: {
      type: 'llm_request',
      provider: 'openai',
      model_id: 'gpt-4o',
      request_id: `req-${round}-${i}`,
      parameters: { temperature: 0.7, max_tokens: 512 },
      usage: { input_tokens: 1200 + i, output_tokens: 340 },
      latency_ms: 1523.45 + i,
      ttft_ms: 234.12,
      status: 'ok',
      user_id: `user-${i % 100}`,
    },
  }))
}

const limits = {
  maxEvents: COUNT,
  maxEventBytes: 1e6,
  validation: DEFAULT_VALIDATION_LIMITS,
  futureTolerance: DEFAULT_FUTURE_TOLERANCE,
  retention: () => ({ events: null, families: new Map() }),
  keepContent: false,
  maxLettersPerSecond: 1000,
  maxGroupRows: 20_000,
  maxPendingRows: 200_000,
  groupDelayMs: 0,
}
const context = {
  now: START * 1000,
  futureTolerance: DEFAULT_FUTURE_TOLERANCE,
  oldest: null,
  requireEventId: true,
  limits: DEFAULT_VALIDATION_LIMITS,
}
const price = createPriceRow(createPriceTable())
const key = new Uint8Array(16)

/** Runs `step` on fresh events each round and prints the median rate of the later rounds. */
async function measure(
  name: string,
  step: (events: unknown[]) => Promise<void> | void,
  make: (round: number) => unknown[] = makeEvents,
): Promise<void> {
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const events = make(round)
    const start = performance.now()
    await step(events)
    rates.push(COUNT / ((performance.now() - start) / 1000))
  }
  const counted = rates.slice(2).sort((a, b) => a - b)
  const median = counted[Math.floor(counted.length / 2)] ?? 0
  const least = counted[0] ?? 0
  console.log(
    `${name.padEnd(34)} ${Math.round(median).toLocaleString('en').padStart(10)} events/s (least ${Math.round(least).toLocaleString('en')} of ${counted.length})`,
  )
}

function idOf(event: unknown): string {
  return (event as { common: { event_id: string } }).common.event_id
}

await measure('validate', (events) => {
  for (const event of events) validateEvent(event, context)
})

const hasher = new KeyHasher()
const hashKey = hashKeyFrom(key)
await measure('hash of an id', (events) => {
  for (const event of events) hasher.hash(hashKey, idOf(event))
})
await measure('  the same by native HMAC-SHA-256', (events) => {
  for (const event of events) createHmac('sha256', key).update(idOf(event)).digest()
})
const content = new ContentHasher(hashKey)
await measure('hash of the content', (events) => {
  for (const event of events) content.hash(event)
})

const costs = emptyCosts()
await measureValid('price', (rows) => {
  for (const row of rows) price(row, 'http', costs)
})
await measureValid('fill and encode', (rows) => {
  fillRows(rows)
})

/** Like `measure`, of events validated before the clock starts. */
function measureValid(name: string, step: (rows: readonly ValidEvent[]) => void): Promise<void> {
  return measure(
    name,
    (rows) => step(rows as ValidEvent[]),
    (round) => {
      const rows: ValidEvent[] = []
      for (const event of makeEvents(round)) {
        const verdict = validateEvent(event, context)
        if (verdict.ok) rows.push(verdict)
      }
      return rows
    },
  )
}

function fillRows(rows: readonly ValidEvent[]): number {
  const filler = new RowFiller(DEFAULT_ROW_DEFAULTS)
  const idHashes = new Int32Array(4)
  for (const [i, row] of rows.entries()) {
    const system = {
      project: 'default',
      receiver: 'http',
      receivedAt: START * 1000,
      eventId: `evt-00000000-0000-${i}`,
      idHashes,
      idHashAt: 0,
      contentLow: 1,
      contentHigh: 2,
      suppressed: false,
    }
    filler.fill(row, system, costs)
  }
  return encodeBatch(filler.finish()).length
}

const indexOptions = { clock: systemClock, horizonSeconds: 1e6, maxKeys: 1e8 }
const stage = createIntake({
  log: new MemoryLog(),
  clock: systemClock,
  ids: await KeyIndex.open({
    files: new MemoryRunFiles(),
    valueWords: ID_VALUE_WORDS,
    ...indexOptions,
  }),
  calls: await KeyIndex.open({
    files: new MemoryRunFiles(),
    valueWords: CALL_VALUE_WORDS,
    ...indexOptions,
  }),
  hashKey: key,
  price,
  defaults: DEFAULT_ROW_DEFAULTS,
  limits,
  newId: () => '',
  pressure: () => null,
  lookup: (_project, events) => Promise.resolve(events.map(() => null)),
})
await measure('intake, requests of 500', async (events) => {
  for (let i = 0; i < events.length; i += 500) {
    await stage.intake({
      project: 'default',
      receiver: 'http',
      partition: 0,
      events: events.slice(i, i + 500),
    })
  }
})
await measure('intake, the same again', async (events) => {
  await stage.intake({ project: 'default', receiver: 'http', partition: 0, events })
})
console.log(JSON.stringify(stage.stats().total))
