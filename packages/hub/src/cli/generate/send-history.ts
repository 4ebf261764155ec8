import { createHash } from 'node:crypto'
import type { ClientSettings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import type { MadeEvent } from '../../generate/event.ts'
import { eventsOfCells } from '../../generate/event-stream.ts'
import { addEvents, emptyTotals, type Totals } from '../../generate/totals.ts'
import { cellsOf, createWorld, type World } from '../../generate/world.ts'
import { hubAt } from '../client.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import type { Progress } from '../progress.ts'
import { sendPatiently } from '../send-patiently.ts'
import { expectedEvents, type GeneratedRange } from './range.ts'

export interface SendHistoryOptions {
  readonly range: GeneratedRange
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly progress: Progress
  readonly signal: AbortSignal
}

export interface Sent {
  accepted: number
  duplicates: number
  rejected: number
  /** The first rejections. */
  readonly problems: string[]
  /** Position after the last of them in the log, or null. */
  position: string | null
  readonly totals: Totals
}

/** Days sent at the same time: while the hub writes one, the next is made. */
const AT_ONCE = 3
const CHUNK = 5000
const DAY_MS = 86_400_000
const SHOWN_PROBLEMS = 10

/**
 * Sends the events of a range into the backfill partition of a running hub. Each day is a file to the
 * hub's ledger of imports: a run that was interrupted goes on, a day that is there is not sent again. What
 * is sent all the same is recognised by its ids.
 */
export async function sendHistory(options: SendHistoryOptions): Promise<Sent> {
  const { range, progress } = options
  const world = createWorld(range.world)
  const days = daysOf(world, range)
  const sent: Sent = {
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    problems: [],
    position: null,
    totals: emptyTotals(),
  }
  let next = 0
  const lane = async (): Promise<void> => {
    for (let day = days[next++]; day !== undefined; day = days[next++]) {
      await sendDay(world, day, options, sent)
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  } finally {
    progress.finish()
  }
  return sent
}

interface Cells {
  readonly first: number
  readonly end: number
}

/** The cells of a range by UTC day. */
function daysOf(world: World, { from, to }: GeneratedRange): Cells[] {
  const { first, end } = cellsOf(world, from, to)
  const perDay = DAY_MS / world.cellMs
  const days: Cells[] = []
  for (let at = first; at < end; ) {
    const next = Math.min(end, (Math.floor(at / perDay) + 1) * perDay)
    days.push({ first: at, end: next })
    at = next
  }
  return days
}

async function sendDay(
  world: World,
  cells: Cells,
  { range, settings, clock, progress, signal }: SendHistoryOptions,
  sent: Sent,
): Promise<void> {
  const { from, to } = range
  const name = `generate ${world.id} ${cells.first}-${cells.end} ${from}-${to}`
  const file = createHash('sha256').update(name).digest('hex')
  const path = `/api/v1/imports/${file}`
  const known = await hubAt(settings).call('GET /api/v1/imports/{file}', { params: { file } })
  let row = 0
  let chunk: MadeEvent[] = []
  const flush = async (last: boolean): Promise<void> => {
    if (signal.aborted) throw new CliError('interrupted; run it again to go on', EXIT.interrupted)
    const start = row
    row += chunk.length
    const skipped = Math.min(chunk.length, Math.max(0, known.rows - start))
    sent.duplicates += skipped
    const events = skipped === 0 ? chunk : chunk.slice(skipped)
    addEvents(sent.totals, chunk)
    chunk = []
    if (events.length > 0 || (last && row > known.rows)) {
      const body = { content: JSON.stringify(events), type: 'application/json' }
      const query = `?from=${start + skipped}&next=${row}&last=${last}`
      take(sent, (await sendPatiently(settings, path + query, body, clock)).body)
    }
    progress.update(sent.totals.events, expectedEvents(range), sent.totals.events)
  }
  for (const events of eventsOfCells(world, cells, from, to)) {
    for (const event of events) {
      chunk.push(event)
      if (chunk.length >= CHUNK) await flush(false)
    }
  }
  await flush(true)
}

interface IngestAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly position: string | null
  readonly results: readonly {
    readonly outcome: string
    readonly code?: string
    readonly path?: string
    readonly message?: string
  }[]
}

/** Adds what the hub answered to a request. */
export function take(sent: Omit<Sent, 'totals'>, body: unknown): void {
  const answer = body as IngestAnswer
  sent.accepted += answer.accepted
  sent.duplicates += answer.duplicates
  sent.rejected += answer.rejected
  sent.position = answer.position ?? sent.position
  for (const { outcome, code, path, message } of answer.results) {
    if (outcome !== 'rejected' || sent.problems.length >= SHOWN_PROBLEMS) continue
    sent.problems.push(`${code} at ${path}: ${message}`)
  }
}
