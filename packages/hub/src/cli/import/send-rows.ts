import type { ClientSettings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import { sendPatiently } from '../send-patiently.ts'

/** Events of one request, with the rows that they come from. */
export interface Chunk {
  /** Row of the file that the first of them may come from. */
  readonly from: number
  readonly events: object[]
  readonly rows: number[]
}

/** A row that was not taken in, or would not be. */
export interface Rejection {
  readonly row: number
  readonly code: string
  readonly path: string
  readonly message: string
}

export interface Sent {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly rejections: readonly Rejection[]
  /** Position a question may wait for, or null. */
  readonly position: string | null
}

interface IntakeAnswer {
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  readonly position: string | null
  readonly results: readonly {
    readonly index: number
    readonly outcome: string
    readonly code?: string
    readonly path?: string
    readonly message?: string
  }[]
}

/** Results that the hub lists in an answer. */
const LISTED_RESULTS = 1000

export interface Sender {
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Asks the hub what it would do with the events; nothing is stored. */
export async function tryRows(sender: Sender, chunk: Chunk): Promise<Sent> {
  const parts: Sent[] = []
  for (let at = 0; at < chunk.events.length; at += LISTED_RESULTS) {
    const part = slice(chunk, at, at + LISTED_RESULTS)
    parts.push(sentOf(part, await post(sender, '/api/v1/events?dryRun=true', part)))
  }
  return sum(parts)
}

/** Sends the events as the rows [from, next) of a file. */
export async function sendRows(
  sender: Sender,
  chunk: Chunk,
  path: string,
  next: number,
  last: boolean,
): Promise<Sent> {
  const separator = path.includes('?') ? '&' : '?'
  const url = `${path}${separator}from=${chunk.from}&next=${next}&last=${last}`
  const answer = await post(sender, url, chunk)
  const sent = sentOf(chunk, answer)
  if (sent.rejections.length === sent.rejected) return sent
  // The hub lists the first thousand results. Why the others were rejected it says again when it is
  // asked in smaller pieces, without storing anything.
  return { ...sent, rejections: (await tryRows(sender, chunk)).rejections }
}

function slice({ from, events, rows }: Chunk, start: number, end: number): Chunk {
  return { from, events: events.slice(start, end), rows: rows.slice(start, end) }
}

function sentOf(chunk: Chunk, answer: IntakeAnswer): Sent {
  const rejections = answer.results
    .filter(({ outcome }) => outcome === 'rejected')
    .map(({ index, code = '', path = '', message = '' }) => ({
      row: chunk.rows[index] ?? 0,
      code,
      path,
      message,
    }))
  const { accepted, duplicates, rejected, position } = answer
  return { accepted, duplicates, rejected, rejections, position }
}

function sum(parts: readonly Sent[]): Sent {
  const total = (of: (part: Sent) => number): number =>
    parts.reduce((all, part) => all + of(part), 0)
  return {
    accepted: total(({ accepted }) => accepted),
    duplicates: total(({ duplicates }) => duplicates),
    rejected: total(({ rejected }) => rejected),
    rejections: parts.flatMap(({ rejections }) => rejections),
    position: null,
  }
}

async function post(
  { settings, clock, signal }: Sender,
  path: string,
  chunk: Chunk,
): Promise<IntakeAnswer> {
  const body = { content: JSON.stringify(chunk.events), type: 'application/json' }
  const response = await sendPatiently(settings, path, body, clock, signal)
  return response.body as IntakeAnswer
}
