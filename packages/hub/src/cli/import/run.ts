import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import type { ClientSettings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import { hubAt } from '../client.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import type { RowError } from './error-report.ts'
import type { MapContext, Mapped, Row } from './map-row.ts'
import { formatOfName, hashFile } from './open-source.ts'
import type { ImportPlan, PlanOptions } from './plan.ts'
import { type FileRow, readRows } from './read-rows.ts'
import { type Chunk, type Sent, sendRows, tryRows } from './send-rows.ts'

/** Events per request: large enough that the cost of a request vanishes, small enough to resume finely. */
const CHUNK = 5000
const SHOWN_PROBLEMS = 20
const SHOWN_EVENTS = 3

export interface ImportOptions extends PlanOptions {
  readonly file: string
  readonly plan: ImportPlan
  /** Map everything and ask the hub what it would do with it; store nothing. */
  readonly dryRun: boolean
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told how far the import is: bytes of the file, and rows. */
  readonly onProgress: (bytes: number, rows: number) => void
  /** Told of every row that is not taken in. */
  readonly onErrors: (errors: readonly RowError[]) => Promise<void>
}

/** Rows of a file by what became of them: together they are `rows`. */
export interface RowCounts {
  readonly rows: number
  readonly accepted: number
  /** Known to the hub: by their ids, or because an earlier run sent them. */
  readonly duplicates: number
  readonly rejected: number
  /** Rows that did not become an event. */
  readonly unmapped: number
  /** Rows that `where` of the mapping leaves out. */
  readonly leftOut: number
}

export interface ImportSummary extends RowCounts {
  readonly file: string
  readonly seconds: number
  /** Position that a question may wait for; null where nothing is new. */
  readonly position: string | null
  /** The first problems, each with its row. */
  readonly problems: readonly string[]
  /** Rows not taken in, by code. */
  readonly codes: Readonly<Record<string, number>>
  /** With `dryRun`: the first events as they would be sent. */
  readonly preview: readonly object[]
}

/**
 * Sends the rows of a file as events to the backfill partition. The hub keeps how far it has got by
 * the hashes of the file and the mapping: an interrupted run resumes, a finished one is not sent
 * again. Rows that were sent but not recorded count once, because an event's id is made of the file
 * and the number of the row, where the mapping does not say it.
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const { file, plan, clock, settings, dryRun, signal } = options
  const format = plan.format ?? formatOfName(file)
  if (format === null) {
    throw new CliError(
      `${file}: its name does not tell its format: expected .csv, .tsv, .json, .jsonl, .ndjson or .parquet (also .gz, .zst), or "format" in the mapping`,
      EXIT.usage,
    )
  }
  if (format === 'parquet' && /\.(gz|zst|zstd)$/iu.test(file)) {
    throw new CliError(
      `${file}: Parquet is compressed inside; decompress the file first`,
      EXIT.usage,
    )
  }
  const started = clock.monotonic()
  const { size } = await stat(file)
  const hash = await hashFile(file)
  const context: MapContext = {
    fileId: createHash('sha256').update(`${hash} ${plan.kind}`).digest('hex').slice(0, 16),
    start: options.start,
    constants: options.constants,
  }
  const path = `/api/v1/imports/${hash}?mapping=${plan.hash}`
  const done = dryRun
    ? 0
    : (
        await hubAt(settings).call('GET /api/v1/imports/{file}', {
          params: { file: hash },
          query: { mapping: plan.hash },
        })
      ).rows
  const tally = new Tally(options)
  let chunk: Chunk = { from: done, events: [], rows: [] }
  let data: Row[] = []
  let sending: Promise<void> = Promise.resolve()

  const send = async (part: Chunk, rows: readonly Row[], next: number, last: boolean) => {
    const sent = dryRun
      ? await tryRows(options, part)
      : await sendRows(options, part, path, next, last)
    await tally.sent(sent, part, rows)
  }
  for await (const read of rowsOf(file, () => readRows(file, format))) {
    const { index, row, bytes } = read
    if (signal.aborted) {
      await sending
      throw new CliError('interrupted; the same command goes on from there', EXIT.interrupted)
    }
    tally.read()
    if (index < done) {
      tally.known()
      continue
    }
    const mapped = row === null ? null : plan.map(row, index, context)
    if (mapped === null || !('event' in mapped)) {
      await tally.notMapped(read, mapped)
    } else {
      tally.preview(mapped.event)
      chunk.events.push(mapped.event)
      chunk.rows.push(index)
      data.push(row ?? {})
    }
    if (chunk.events.length >= CHUNK) {
      await sending
      sending = send(chunk, data, index + 1, false)
      // A failure is met at the next await; until then it must not count as unhandled.
      sending.catch(() => {})
      chunk = { from: index + 1, events: [], rows: [] }
      data = []
    }
    options.onProgress(Math.min(bytes, size), tally.rows)
  }
  await sending
  if (!dryRun ? tally.rows >= done : chunk.events.length > 0) {
    await send(chunk, data, tally.rows, true)
  }
  options.onProgress(size, tally.rows)
  return { file, seconds: (clock.monotonic() - started) / 1000, ...tally.finish() }
}

/** Rows of a file; what goes wrong with reading it names it. */
async function* rowsOf(file: string, read: () => AsyncIterable<FileRow>): AsyncGenerator<FileRow> {
  try {
    yield* read()
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.failure)
  }
}

/** Counts what becomes of the rows of a file. */
class Tally {
  readonly #options: ImportOptions
  readonly #problems: string[] = []
  readonly #codes: Record<string, number> = {}
  readonly #preview: object[] = []
  #position: string | null = null
  #rows = 0
  #accepted = 0
  #duplicates = 0
  #rejected = 0
  #unmapped = 0
  #leftOut = 0

  constructor(options: ImportOptions) {
    this.#options = options
  }

  get rows(): number {
    return this.#rows
  }

  read(): void {
    this.#rows++
  }

  /** The row was sent by an earlier run. */
  known(): void {
    this.#duplicates++
  }

  preview(event: object): void {
    if (this.#preview.length < SHOWN_EVENTS) this.#preview.push(event)
  }

  async notMapped({ index, row, problem }: FileRow, mapped: Mapped | null): Promise<void> {
    if (mapped !== null && 'leftOut' in mapped) {
      this.#leftOut++
      return
    }
    this.#unmapped++
    const failure = mapped !== null && 'problem' in mapped ? mapped : null
    await this.#note([
      {
        file: this.#options.file,
        row: index + 1,
        code: row === null ? 'not_a_row' : 'not_mapped',
        path: failure?.path ?? '',
        message: failure?.problem ?? problem ?? 'not a row',
        data: row,
      },
    ])
  }

  async sent(sent: Sent, chunk: Chunk, data: readonly Row[]): Promise<void> {
    this.#accepted += sent.accepted
    this.#duplicates += sent.duplicates
    this.#rejected += sent.rejected
    this.#position = sent.position ?? this.#position
    const places = new Map(chunk.rows.map((row, at) => [row, at]))
    await this.#note(
      sent.rejections.map(({ row, code, path, message }) => ({
        file: this.#options.file,
        row: row + 1,
        code,
        path,
        message,
        data: data[places.get(row) ?? -1] ?? null,
      })),
    )
  }

  async #note(errors: readonly RowError[]): Promise<void> {
    for (const { row, code, path, message } of errors) {
      this.#codes[code] = (this.#codes[code] ?? 0) + 1
      if (this.#problems.length >= SHOWN_PROBLEMS) continue
      this.#problems.push(`row ${row}: ${[code, path].filter(Boolean).join(' ')}: ${message}`)
    }
    await this.#options.onErrors(errors)
  }

  finish(): Omit<ImportSummary, 'file' | 'seconds'> {
    return {
      rows: this.#rows,
      accepted: this.#accepted,
      duplicates: this.#duplicates,
      rejected: this.#rejected,
      unmapped: this.#unmapped,
      leftOut: this.#leftOut,
      position: this.#position,
      problems: this.#problems,
      codes: this.#codes,
      preview: this.#options.dryRun ? this.#preview : [],
    }
  }
}
