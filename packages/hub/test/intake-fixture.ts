import { DEFAULT_FUTURE_TOLERANCE, DEFAULT_VALIDATION_LIMITS } from '@llmhub/schema'
import { type Batch, decodeBatch, numberAt, textAt } from '@llmhub/stream'
import type { IntakeOutcome, IntakeRequest } from '../src/core/intake.ts'
import { CALL_VALUE_WORDS } from '../src/ingest/call-row.ts'
import { KeyIndex } from '../src/ingest/dedup/key-index.ts'
import { MemoryRunFiles } from '../src/ingest/dedup/memory-run-files.fixture.ts'
import { DEFAULT_ROW_DEFAULTS } from '../src/ingest/fill-row.ts'
import {
  createIntake,
  ID_VALUE_WORDS,
  type IntakeOptions,
  type IntakeStage,
} from '../src/ingest/intake.ts'
import type { IntakeLimits } from '../src/ingest/intake-limits.ts'
import { createPriceRow } from '../src/ingest/price-row.ts'
import { createPriceTable } from '../src/ingest/price-table.ts'
import { restoreIndexes } from '../src/ingest/restore.ts'
import { BACKFILL, LIVE } from '../src/log/log.ts'
import { MemoryLog } from '../src/log/memory-log.fixture.ts'
import { decodeOperation, type RowPosition } from '../src/log/operation.ts'
import { manualClock } from './manual-clock.ts'

/** An intake over a log in memory, which a test can restart. */

export const LIMITS: IntakeLimits = {
  maxEvents: 1000,
  maxEventBytes: 100_000,
  validation: DEFAULT_VALIDATION_LIMITS,
  futureTolerance: DEFAULT_FUTURE_TOLERANCE,
  retention: () => ({ events: null, families: new Map() }),
  keepContent: false,
  maxLettersPerSecond: 1000,
  maxGroupRows: 50,
  maxPendingRows: 1000,
  groupDelayMs: 0,
}

/** A row as the log has it. */
export interface LoggedRow {
  readonly position: RowPosition
  readonly project: string | null
  readonly eventId: string | null
  readonly kind: string | null
  readonly environment: string | null
  suppressed: boolean
  readonly batch: Batch
}

export interface LoggedReject {
  readonly code: string | null
  readonly eventId: string | null
  readonly body: string | null
  readonly path: string | null
}

const HASH_KEY = Uint8Array.from({ length: 16 }, (_, i) => i * 7)
const prices = createPriceRow(createPriceTable())

export class IntakeHarness {
  readonly clock = manualClock(Date.parse('2026-11-21T12:00:00Z'))
  readonly log = new MemoryLog()
  readonly idFiles = new MemoryRunFiles()
  readonly callFiles = new MemoryRunFiles()
  readonly overrides: Partial<IntakeOptions>
  readonly index: { runKeys: number; horizonSeconds: number; maxKeys: number }
  ids!: KeyIndex
  calls!: KeyIndex
  stage!: IntakeStage
  #letters = 0

  constructor(overrides: Partial<IntakeOptions> = {}, index = {}) {
    this.overrides = overrides
    this.index = { runKeys: 16, horizonSeconds: 1e9, maxKeys: 1e9, ...index }
  }

  /** Starts, or starts again after a crash: nothing but the log and the files of the indexes is left. */
  async start(): Promise<this> {
    const { clock, log } = this
    const open = (files: MemoryRunFiles, valueWords: number): Promise<KeyIndex> =>
      KeyIndex.open({ files, clock, valueWords, ...this.index })
    this.ids = await open(this.idFiles, ID_VALUE_WORDS)
    this.calls = await open(this.callFiles, CALL_VALUE_WORDS)
    await restoreIndexes({ log, ids: this.ids, calls: this.calls, hashKey: HASH_KEY })
    this.stage = createIntake({
      log,
      clock,
      ids: this.ids,
      calls: this.calls,
      hashKey: HASH_KEY,
      price: prices,
      defaults: DEFAULT_ROW_DEFAULTS,
      limits: LIMITS,
      newId: () => `letter-${++this.#letters}`,
      pressure: () => null,
      lookup: (_project, events) => Promise.resolve(events.map(() => null)),
      ...this.overrides,
    })
    return this
  }

  send(events: readonly unknown[], more: Partial<IntakeRequest> = {}): Promise<IntakeOutcome> {
    return this.stage.intake({ project: 'p', receiver: 'http', partition: LIVE, events, ...more })
  }

  /** What the log says, operations applied. */
  async read(): Promise<{ rows: LoggedRow[]; rejects: LoggedReject[]; kinds: string[] }> {
    const rows: LoggedRow[] = []
    const rejects: LoggedReject[] = []
    const kinds: string[] = []
    const targets: RowPosition[] = []
    for (const partition of [LIVE, BACKFILL]) {
      for await (const record of this.log.read(partition, 0n)) {
        kinds.push(record.kind)
        if (record.kind === 'operation') {
          const operation = decodeOperation(record.payload)
          if (operation.op === 'suppress') targets.push(...operation.rows)
          continue
        }
        const batch = decodeBatch(record.payload)
        const column = (name: string, row: number): string | null =>
          textAt(batch.columns.get(name), row)
        for (let i = 0; i < batch.rows; i++) {
          if (record.kind === 'events') {
            rows.push({
              position: { partition, offset: String(record.offset), index: i },
              project: column('project', i),
              eventId: column('event_id', i),
              kind: column('kind', i),
              environment: column('environment', i),

              suppressed: numberAt(batch.columns.get('suppressed'), i) === 1,
              batch,
            })
          } else {
            rejects.push({
              code: column('code', i),
              eventId: column('event_id', i),
              body: column('body', i),
              path: column('path', i),
            })
          }
        }
      }
    }
    for (const target of targets) {
      const row = rows.find(
        ({ position }) =>
          position.partition === target.partition &&
          position.offset === target.offset &&
          position.index === target.index,
      )
      if (row === undefined) throw new Error('an operation names a row that is not in the log')
      row.suppressed = true
    }
    return { rows, rejects, kinds }
  }
}

/** A call event. */
export function callEvent(
  id: string,
  payload: Readonly<Record<string, unknown>> = {},
  common: Readonly<Record<string, unknown>> = {},
): { common: Record<string, unknown>; payload: Record<string, unknown> } {
  return {
    common: { event_id: id, timestamp: '2026-11-21T11:59:00Z', ...common },
    payload: { type: 'llm_request', model_id: 'gpt-4o', provider: 'openai', ...payload },
  }
}
