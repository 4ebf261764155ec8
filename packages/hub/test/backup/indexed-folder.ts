import { DEFAULT_ROW_DEFAULTS } from '../../src/ingest/fill-row.ts'
import { createIntake, type IntakeStage } from '../../src/ingest/intake.ts'
import { type Indexes, openIndexes } from '../../src/ingest/open-indexes.ts'
import { createPriceRow } from '../../src/ingest/price-row.ts'
import { createPriceTable } from '../../src/ingest/price-table.ts'
import { restoreIndexes } from '../../src/ingest/restore.ts'
import type { Journal } from '../../src/log/journal/journal.ts'
import { BACKFILL, LIVE } from '../../src/log/log.ts'
import { callEvent, LIMITS } from '../intake-fixture.ts'
import { type ManualClock, manualClock } from '../manual-clock.ts'
import type { SmallFolder } from './small-folder.ts'

/** The hash key of a `SmallFolder`. */
const HASH_KEY = new Uint8Array(16).fill(7)
const RUN_KEYS = 8
const price = createPriceRow(createPriceTable())

/** A report of a call, told by numbers: the same numbers are the same event. */
export interface Sent {
  readonly id: number
  readonly call: number
  readonly kind: 'llm_request' | 'token_cost'
  readonly partition: number
}

/** An intake over a journal and its indexes, whose runs are small. */
export class IndexedFolder {
  readonly indexes: Indexes
  /** Records that had to be read to bring the indexes up to the end of the log. */
  readonly read: number
  readonly clock: ManualClock
  readonly #stage: IntakeStage

  private constructor(indexes: Indexes, read: number, clock: ManualClock, stage: IntakeStage) {
    this.indexes = indexes
    this.read = read
    this.clock = clock
    this.#stage = stage
  }

  static async open(dataDir: string, journal: Journal): Promise<IndexedFolder> {
    const clock = manualClock()
    const limits = { horizonSeconds: 1e9, maxKeys: 1e9, runKeys: RUN_KEYS }
    const indexes = await openIndexes({ dataDir, clock, ...limits })
    const { ids, calls } = indexes
    const { records } = await restoreIndexes({ log: journal, ids, calls, hashKey: HASH_KEY })
    const stage = createIntake({
      log: journal,
      clock,
      ids,
      calls,
      hashKey: HASH_KEY,
      price,
      defaults: DEFAULT_ROW_DEFAULTS,
      limits: { ...LIMITS, maxGroupRows: 7 },
      newId: () => 'letter',
      pressure: () => null,
      lookup: (_project, events) => Promise.resolve(events.map(() => null)),
    })
    return new IndexedFolder(indexes, records, clock, stage)
  }

  /** On the data of a folder. What is backed up then has these indexes too. */
  static async on(folder: SmallFolder): Promise<IndexedFolder> {
    const opened = await IndexedFolder.open(folder.path('data'), folder.journal)
    folder.indexes = opened.indexes
    return opened
  }

  /** Sends reports in one request and waits until runs that are due have been written. */
  async send(reports: readonly Sent[]): Promise<string> {
    const answers: string[] = []
    for (const partition of [LIVE, BACKFILL]) {
      const events = reports.filter((each) => each.partition === partition).map(eventOf)
      if (events.length === 0) continue
      const request = { project: 'p', receiver: 'http', partition, events }
      const outcome = await this.#stage.intake(request)
      if (!outcome.ok) throw new Error(outcome.message)
      answers.push(
        JSON.stringify(
          outcome,
          (_, value) => (typeof value === 'bigint' ? String(value) : value) as unknown,
        ),
      )
    }
    await this.indexes.ids.idle()
    await this.indexes.calls.idle()
    return answers.join('\n')
  }
}

function eventOf({ id, call, kind }: Sent): unknown {
  return callEvent(
    `e${id}`,
    {
      type: kind,
      request_id: `r${call}`,
      usage: { input_tokens: 100 + id, output_tokens: 1 },
      ...(call % 3 === 0 ? { response_id: `s${call}` } : {}),
    },
    { timestamp: new Date(Date.UTC(2026, 10, 21, 9, 0, id)).toISOString() },
  )
}
