import { stat } from 'node:fs/promises'
import { CliError, EXIT } from '../exit-codes.ts'
import type { Progress } from '../progress.ts'
import { waitUntilAnswerable } from '../wait-until-answerable.ts'
import { type ImportOptions, type ImportSummary, type RowCounts, runImport } from './run.ts'

export interface FilesOptions extends Omit<ImportOptions, 'file' | 'onProgress'> {
  readonly files: readonly string[]
  /** Files that are imported at once. */
  readonly parallel: number
  readonly progress: Progress
}

export interface FilesSummary extends RowCounts {
  /** In the order of the files. */
  readonly files: readonly ImportSummary[]
  readonly seconds: number
  /** Whether questions have the rows already; null where none are new or the key may not ask. */
  readonly answerable: boolean | null
  readonly codes: Readonly<Record<string, number>>
}

/** Imports files, some at a time. The first failure ends all: what was sent until then is recorded. */
export async function importFiles(options: FilesOptions): Promise<FilesSummary> {
  const { files, parallel, progress, clock, settings } = options
  const started = clock.monotonic()
  const sizes = await Promise.all(files.map(sizeOf))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const bytes = files.map(() => 0)
  const rows = files.map(() => 0)
  const failure = new AbortController()
  const signal = AbortSignal.any([options.signal, failure.signal])
  const waiting = [...files.entries()]
  const summaries: ImportSummary[] = []
  const work = async (): Promise<void> => {
    for (;;) {
      const next = waiting.shift()
      if (next === undefined || signal.aborted) return
      const [at, file] = next
      summaries[at] = await runImport({
        ...options,
        file,
        signal,
        onProgress: (done, count) => {
          bytes[at] = done
          rows[at] = count
          progress.update(sumOf(bytes), total, sumOf(rows))
        },
      })
    }
  }
  const workers = Array.from({ length: Math.min(parallel, files.length) }, () =>
    work().catch((error: unknown) => {
      failure.abort()
      throw error
    }),
  )
  const outcomes = await Promise.allSettled(workers)
  progress.finish()
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  const reasons = failed.map(({ reason }) => reason as unknown)
  const told = reasons.find(
    (reason) => !(reason instanceof CliError && reason.exitCode === EXIT.interrupted),
  )
  if (reasons.length > 0) throw told ?? reasons[0]
  const position = latest(summaries)
  const count = (of: (summary: ImportSummary) => number): number => sumOf(summaries.map(of))
  return {
    rows: count((summary) => summary.rows),
    accepted: count((summary) => summary.accepted),
    duplicates: count((summary) => summary.duplicates),
    rejected: count((summary) => summary.rejected),
    unmapped: count((summary) => summary.unmapped),
    leftOut: count((summary) => summary.leftOut),
    seconds: (clock.monotonic() - started) / 1000,
    answerable: position === null ? null : await waitUntilAnswerable(settings, position),
    codes: addCodes(summaries),
    files: summaries,
  }
}

/** The last of the positions; all are of one partition. */
function latest(summaries: readonly ImportSummary[]): string | null {
  let last: string | null = null
  for (const { position } of summaries) {
    if (position === null) continue
    const offset = (text: string): bigint => BigInt(text.split(':')[1] ?? 0)
    if (last === null || offset(position) > offset(last)) last = position
  }
  return last
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (isMissing) throw new CliError(`${file}: no such file`, EXIT.notFound)
    throw new CliError(`${file}: ${(error as Error).message}`, EXIT.failure)
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

function addCodes(summaries: readonly ImportSummary[]): Record<string, number> {
  const codes: Record<string, number> = {}
  for (const summary of summaries) {
    for (const [code, count] of Object.entries(summary.codes)) {
      codes[code] = (codes[code] ?? 0) + count
    }
  }
  return codes
}
