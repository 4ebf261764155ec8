import { parentPort, workerData } from 'node:worker_threads'
import type {
  HistoryTask,
  HistoryTaskDone,
  HistoryWorkerData,
} from './cli/generate/history-task.ts'
import { systemClock } from './core/clock.ts'
import { eventsOfCells } from './generate/event-stream.ts'
import { addEvents, emptyTotals } from './generate/totals.ts'
import { createWorld } from './generate/world.ts'
import { DEFAULT_ROW_DEFAULTS } from './ingest/fill-row.ts'
import { FreshRows } from './ingest/fresh-rows.ts'
import { createPriceBook } from './ingest/price-book.ts'
import { createPriceRow } from './ingest/price-row.ts'
import { BACKFILL } from './log/log.ts'

/**
 * A thread that makes events and turns them into records of the log. It holds no file: records go to the
 * main thread as bytes, which appends them.
 */

const port = parentPort
if (port === null) throw new Error('history-worker runs as a worker thread only')
const { world, from, to, hashKey, environment, overrides, limits } = workerData as HistoryWorkerData
const made = createWorld(world)
const rows = new FreshRows({
  project: limits.project,
  receiver: 'import',
  partition: BACKFILL,
  clock: systemClock,
  hashKey,
  limits: { ...limits, retention: () => ({ events: limits.keptMicros, families: new Map() }) },
  price: createPriceRow(createPriceBook(overrides, {}).table),
  defaults: { ...DEFAULT_ROW_DEFAULTS, environment },
})

port.on('message', (task: HistoryTask) => {
  const totals = emptyTotals()
  for (const events of eventsOfCells(made, task, from, to)) {
    addEvents(totals, events)
    rows.add(events)
  }
  const payload = rows.rows === 0 ? new Uint8Array(0) : rows.finish()
  // Its buffer may be a larger one that is used again.
  const bytes = new Uint8Array(payload)
  const done: HistoryTaskDone = { index: task.index, payload: bytes, totals }
  port.postMessage(done, [bytes.buffer])
})
