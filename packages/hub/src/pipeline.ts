/**
 * The path of an event, stage by stage. Receivers turn bytes into wire events and call `intake`;
 * what it acknowledges is in the log; the store worker applies the log; `ask` answers from the store.
 *
 *   receive      receivers/http, receivers of other protocols     bytes → wire events
 *   validate     @llmhub/schema validateEvent                     → fields by the table of kinds, or code and path
 *   usage        ingest/usage                                     → one meaning of tokens
 *   price        ingest/price                                     → pico-dollars, source, rule, version
 *   deduplicate  ingest/dedup                                     → accepted | duplicate | id_conflict
 *   one call     ingest/calls                                     → the better report counts, the other is suppressed
 *   fill         ingest/fill-row                                  → columns of the open batch
 *   append       log                                              → durable: the acknowledgement
 *   apply        store-worker, store/applier                      → rows + position in one transaction
 *   ask          query                                            → question → plan → SQL → answer
 *   maintain     maintenance                                      → operations of the log that change rows
 */

import type { Cache } from './cache/cache.ts'
import type { Config } from './config/options.ts'
import type { Clock } from './core/clock.ts'
import type { FreeSpace } from './core/free-space.ts'
import { type Exporting, startExport } from './export/export-rows.ts'
import { limitExports } from './export/limit-exports.ts'
import { CALL_KINDS } from './ingest/call-row.ts'
import type { KeyIndex } from './ingest/dedup/key-index.ts'
import { DEFAULT_ROW_DEFAULTS } from './ingest/fill-row.ts'
import { createIntake, type IntakeStage } from './ingest/intake.ts'
import type { PriceBook } from './ingest/price-book.ts'
import { createPriceRow, PRICED_KINDS, priceStored } from './ingest/price-row.ts'
import { countsAlike } from './ingest/usage-details.ts'
import { BACKFILL, LIVE, type Log } from './log/log.ts'
import { Maintenance, MaintenanceError } from './maintenance/operations.ts'
import { type RepriceOutcome, type RepriceRequest, reprice } from './maintenance/reprice.ts'
import { createLetterActs, type LetterActs } from './maintenance/resolve.ts'
import type { RetentionRules } from './maintenance/retention-rules.ts'
import { createAsk } from './query/ask.ts'
import { createEventReader, type EventReader } from './query/events/reader.ts'
import type { StoreClient } from './store/client.ts'
import type { AskLetters } from './store/letters.ts'

export interface PipelineParts {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly store: StoreClient
  readonly freeSpace: FreeSpace
  readonly ids: KeyIndex
  readonly calls: KeyIndex
  readonly hashKey: Uint8Array
  readonly prices: PriceBook
  readonly retention: RetentionRules
  readonly cache: Cache
  readonly newId: () => string
  readonly sabotage: { readonly dedupOff?: boolean }
}

export interface Pipeline {
  readonly ingest: IntakeStage
  readonly asking: ReturnType<typeof createAsk>
  readonly reading: EventReader
  readonly maintenance: Maintenance
  readonly letters: LetterActs
  readonly reprice: Reprice
  readonly exporting: Exporting
}

const FRESH_MS = 2000
const LOOKUP_PAUSE_MS = 200
const LOOKUP_PATIENCE_MS = 20_000
/** Exports at once: what one holds is bounded, so this bounds what all hold. */
const MOST_EXPORTS = 2

export function createPipeline(parts: PipelineParts): Pipeline {
  const { config, clock, log, store } = parts
  const ingest = createIntake({
    log,
    clock,
    ids: parts.ids,
    calls: parts.calls,
    hashKey: parts.hashKey,
    price: createPriceRow(parts.prices.table),
    defaults: {
      ...DEFAULT_ROW_DEFAULTS,
      environment: config.environment,
    },
    limits: {
      maxEvents: config['ingest.max_events'],
      maxEventBytes: config['ingest.max_event_bytes'],
      validation: {
        maxStringLength: config['ingest.max_string_length'],
        maxTags: config['ingest.max_tags'],
        maxTagLength: config['ingest.max_tag_length'],
        maxDepth: config['ingest.max_depth'],
      },
      futureTolerance: config['ingest.future_tolerance_seconds'] * 1_000_000,
      retention: (project) => parts.retention.ages(project),
      keepContent: config['ingest.keep_content'],
      maxLettersPerSecond: config['dead_letters.max_per_second'],
      maxGroupRows: 20_000,
      maxPendingRows: 200_000,
      groupDelayMs: 1,
    },
    newId: parts.newId,
    pressure: () => pressureOf(parts),
    lookup: (project, events) => lookUpPatiently(parts, project, events),
    sabotage: parts.sabotage,
  })
  const asking = createAsk({
    query: (plan, scope, signal) => store.query(plan, scope, signal),
    waitFor: (position, timeoutMs, signal) => store.waitFor(position, timeoutMs, signal),
    version: (scope, { from, to }) => store.version(scope, from, to),
    progress: () => store.progress,
    cache: parts.cache,
    clock,
    maxConcurrent: config['query.max_concurrent'],
    maxWaiting: config['query.max_waiting'],
    deadlineMs: config['query.deadline_ms'],
  })
  const reading = createEventReader({
    query: (plan, scope, signal) => store.query(plan, scope, signal),
    settle: (signal) => settle(parts, signal),
    callKinds: CALL_KINDS,
    arrival: (position, timeoutMs, signal) => anyArrival(parts, position, timeoutMs, signal),
    clock,
  })
  const maintenance = new Maintenance({
    log,
    scan: (request, signal) => store.scan(request, signal),
    applied: () => store.applied(),
    waitFor: (position, timeoutMs, signal) => store.waitFor(position, timeoutMs, signal),
    clock,
    newId: parts.newId,
  })
  const letters = createLetterActs({
    ask: askFreshly(parts),
    intake: ingest.intake,
    maxEvents: config['ingest.max_events'],
    maintenance,
  })
  return {
    ingest,
    asking,
    reading,
    maintenance,
    letters,
    reprice: repriceWith(maintenance, parts.prices),
    exporting: { start: limitExports(exportFreshly(parts), MOST_EXPORTS), countsAlike },
  }
}

/** Waits until the store has what the log has now, for a while; not while it is being rebuilt. */
async function settle(
  { store, log }: Pick<PipelineParts, 'store' | 'log'>,
  signal: AbortSignal,
): Promise<void> {
  if (store.progress.state !== 'ready') return
  const reach = (partition: number): Promise<boolean> =>
    store.waitFor({ partition, offset: log.next(partition) }, FRESH_MS, signal)
  await Promise.all([LIVE, BACKFILL].map(reach))
}

/** Waits until the store has applied a record behind the position of any partition. */
async function anyArrival(
  { store }: Pick<PipelineParts, 'store'>,
  position: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const first = new AbortController()
  const either = AbortSignal.any([signal, first.signal])
  const reach = (partition: number): Promise<boolean> => {
    const offset = BigInt(position[partition] ?? 0) + 1n
    return store.waitFor({ partition, offset }, timeoutMs, either)
  }
  try {
    return await Promise.race([LIVE, BACKFILL].map(reach))
  } finally {
    first.abort()
  }
}

/**
 * Whoever looks for rejected events has often just sent them: what the log had when it was asked is in
 * the answer, if the store gets there in time. Further pages go on in what the first one saw.
 */
function askFreshly({ store, log }: Pick<PipelineParts, 'store' | 'log'>): AskLetters {
  return async (question, scope, signal) => {
    const { type } = question
    const isFirst = type === 'count' || (type === 'list' && question.before === null)
    if (isFirst) await settle({ store, log }, signal)
    return store.letters(question, scope, signal)
  }
}

/** An export has what was acknowledged before it, if the store gets there in time. */
function exportFreshly(parts: Pick<PipelineParts, 'store' | 'log'>): Exporting['start'] {
  return async (request, signal) => {
    await settle(parts, signal)
    return startExport((page, stop) => parts.store.scan(page, stop), request, signal)
  }
}

type Reprice = (
  request: RepriceRequest,
  by: string | null,
  signal: AbortSignal,
) => Promise<RepriceOutcome>

/** Pricing again by the prices of the moment at which its turn comes. */
function repriceWith(maintenance: Maintenance, prices: PriceBook): Reprice {
  return async (request, by, signal) => {
    try {
      return await maintenance.run(
        by,
        (tools) => {
          const table = prices.now()
          return reprice(tools, request, {
            version: table.version,
            kinds: PRICED_KINDS,
            price: (row) => priceStored(table, row),
          })
        },
        signal,
      )
    } catch (error) {
      if (!(error instanceof MaintenanceError)) throw error
      return { ok: false, failure: error.failure, message: error.message }
    }
  }
}

/** Why nothing may be taken in now: too much not yet on disk, a store too far behind, or no space. */
function pressureOf({ config, log, store, freeSpace }: PipelineParts) {
  if (freeSpace.bytes() <= config['ingest.disk_reserve_bytes']) {
    return {
      code: 'disk_full',
      message: 'free space is below the reserve',
      retryAfterSeconds: 10,
    } as const
  }
  if (log.pendingBytes > config['ingest.max_pending_bytes']) {
    return {
      code: 'overloaded',
      message: 'too many bytes wait for the disk',
      retryAfterSeconds: 1,
    } as const
  }
  const { state } = store.progress
  // While the store is rebuilt its lag says nothing about the load: events are taken in all the same.
  if (state === 'ready' && store.lagMs > config['ingest.max_apply_lag_seconds'] * 1000) {
    return {
      code: 'overloaded',
      message: 'the store is too far behind the log',
      retryAfterSeconds: 5,
    } as const
  }
  return null
}

/**
 * Asks the store for events that the index may have forgotten. Those may have come a moment ago, so
 * that the store must first have applied them. A store that is behind or being rebuilt cannot tell:
 * the look-up waits until it can, because guessing would count an event twice.
 * @throws Error when it could not tell for LOOKUP_PATIENCE_MS
 */
export async function lookUpPatiently(
  { store, clock, ids }: Pick<PipelineParts, 'store' | 'clock' | 'ids'>,
  ...question: Parameters<StoreClient['lookup']>
): ReturnType<StoreClient['lookup']> {
  const end = clock.monotonic() + LOOKUP_PATIENCE_MS
  const never = new AbortController().signal
  for (;;) {
    const left = end - clock.monotonic()
    try {
      for (const [partition, offset] of ids.forgotten) {
        const reached = await store.waitFor({ partition, offset }, Math.max(0, left), never)
        if (!reached) throw new Error('the store is behind the log')
      }
      return await store.lookup(...question)
    } catch (error) {
      if (left <= 0 || store.progress.state === 'failed') throw error
      await new Promise<void>((resume) => clock.hold(LOOKUP_PAUSE_MS, resume))
    }
  }
}
