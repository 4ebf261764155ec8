import { stat } from 'node:fs/promises'
import type { ClientSettings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import { failed, request } from '../client.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import type { Progress } from '../progress.ts'
import { sendPatiently } from '../send-patiently.ts'
import { type MapContext, mapRow } from './map-row.ts'
import type { Mapping } from './mapping.ts'
import { hashFile, readRows } from './read-rows.ts'

/** Events per request: large enough that the cost of a request vanishes, small enough to resume finely. */
const CHUNK = 5000
const SHOWN_PROBLEMS = 20

export interface ImportOptions {
  readonly file: string
  readonly mapping: Mapping
  readonly start: number | null
  readonly constants: Readonly<Record<string, string>>
  readonly dryRun: boolean
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly progress: Progress
}

export interface ImportSummary {
  readonly rows: number
  readonly accepted: number
  readonly duplicates: number
  readonly rejected: number
  /** Rows that did not become an event. */
  readonly unmapped: number
  readonly seconds: number
  /** Whether questions have the rows already; null where none are new or the key may not ask. */
  readonly answerable: boolean | null
  /** The first problems, each with its row. */
  readonly problems: readonly string[]
  /** With `dryRun`: the first events as they would be sent. */
  readonly preview: readonly object[]
}

interface Chunk {
  readonly from: number
  events: object[]
  rows: number[]
}

/**
 * Sends the rows of a file as events to the backfill partition. The hub keeps how far it has got by
 * the hash of the file: an interrupted run resumes, a finished one is not read again. Rows that were
 * sent but not recorded count once, because an event's id is the file's hash and the row number.
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const { file, mapping, clock, progress, settings, dryRun } = options
  for (const path of mapping.needs) {
    if (options.constants[path] === undefined) {
      throw new CliError(
        `the file does not say ${path}: give it with --field ${path}=VALUE`,
        EXIT.usage,
      )
    }
  }
  const started = clock.monotonic()
  const size = (await stat(file)).size
  const hash = await hashFile(file)
  const context: MapContext = {
    fileId: hash.slice(0, 16),
    start: options.start,
    constants: options.constants,
  }
  const importPath = `/api/v1/imports/${hash}`
  const done = dryRun ? 0 : await importedRows(settings, importPath)

  const totals = { rows: 0, accepted: 0, duplicates: 0, rejected: 0, unmapped: 0 }
  const problems: string[] = []
  const preview: object[] = []
  const note = (row: number, text: string): void => {
    if (problems.length < SHOWN_PROBLEMS) problems.push(`row ${row + 1}: ${text}`)
  }
  let chunk: Chunk = { from: done, events: [], rows: [] }
  let sending: Promise<void> = Promise.resolve()
  let position: string | null = null

  const send = async (part: Chunk, next: number, last: boolean): Promise<void> => {
    const body = { content: JSON.stringify(part.events), type: 'application/json' }
    const path = `${importPath}?from=${part.from}&next=${next}&last=${last}`
    const response = await sendPatiently(settings, path, body, clock)
    const answer = response.body as {
      accepted: number
      duplicates: number
      rejected: number
      position: string | null
      results: { index: number; outcome: string; code?: string; path?: string; message?: string }[]
    }
    position = answer.position ?? position
    totals.accepted += answer.accepted
    totals.duplicates += answer.duplicates
    totals.rejected += answer.rejected
    for (const result of answer.results) {
      if (result.outcome === 'rejected')
        note(
          part.rows[result.index] ?? 0,
          `${result.code} ${result.path ?? ''}: ${result.message ?? ''}`,
        )
    }
  }

  for await (const { index, row, problem, bytes } of readRows(file, mapping.format)) {
    totals.rows++
    if (index < done) {
      totals.duplicates++
      continue
    }
    const mapped =
      row === null ? { problem: problem ?? 'not a row' } : mapRow(mapping, row, index, context)
    if ('problem' in mapped) {
      totals.unmapped++
      note(index, mapped.problem)
    } else if (dryRun) {
      if (preview.length < 3) preview.push(mapped.event)
    } else {
      chunk.events.push(mapped.event)
      chunk.rows.push(index)
    }
    if (chunk.events.length >= CHUNK) {
      await sending
      sending = send(chunk, index + 1, false)
      // A failure is met at the next await; until then it must not count as unhandled.
      sending.catch(() => {})
      chunk = { from: index + 1, events: [], rows: [] }
    }
    progress.update(bytes, size, totals.rows)
  }
  await sending
  if (!dryRun && totals.rows >= done) await send(chunk, totals.rows, true)
  progress.finish()
  const seconds = (clock.monotonic() - started) / 1000
  const answerable = position === null ? null : await waitUntilAnswerable(settings, position)
  return { ...totals, seconds, answerable, problems, preview }
}

/**
 * Whoever asks right after an import expects its rows in the answer, and the store may be half a second
 * behind the log. The hub waits for a position at most 2 s.
 */
export async function waitUntilAnswerable(
  settings: ClientSettings,
  position: string,
): Promise<boolean | null> {
  const question = { kind: 'table', measures: ['requests.count'], from: 'now-1m', after: position }
  const body = { content: JSON.stringify(question), type: 'application/json' }
  const response = await request(settings, 'POST', '/api/v1/query', body)
  if (response.status !== 200) return null
  return !(response.body as { meta: { partial: boolean } }).meta.partial
}

async function importedRows(settings: ClientSettings, path: string): Promise<number> {
  const response = await request(settings, 'GET', path)
  if (response.status !== 200) throw failed(response)
  return (response.body as { rows: number }).rows
}
