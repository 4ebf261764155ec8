import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { parse } from 'csv-parse'
import { delimiterOf } from './delimiter.ts'
import type { Row } from './map-row.ts'
import type { FileFormat } from './mapping.ts'
import { openSource } from './open-source.ts'

/** A row of a file, or why it is none. `bytes`: how far into the file the reader is, for progress. */
export interface FileRow {
  readonly index: number
  readonly row: Row | null
  readonly problem: string | null
  readonly bytes: number
}

async function* csvRows(path: string): AsyncGenerator<FileRow> {
  const delimiter = await delimiterOf(path)
  const source = openSource(path)
  const parser = source.stream.pipe(
    parse({
      columns: true,
      bom: true,
      relax_column_count: true,
      // A quote within a field is text: one row written carelessly must not end the whole file.
      relax_quotes: true,
      skip_empty_lines: true,
      delimiter,
    }),
  )
  source.stream.on('error', (error) => parser.destroy(error))
  let index = 0
  for await (const row of parser) {
    yield { index: index++, row: row as Row, problem: null, bytes: source.bytes() }
  }
}

function jsonRow(line: string): { row: Row | null; problem: string | null } {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { row: value as Row, problem: null }
    }
    return { row: null, problem: 'not a JSON object' }
  } catch (error) {
    return { row: null, problem: (error as Error).message }
  }
}

async function* jsonLines(path: string): AsyncGenerator<FileRow> {
  const source = openSource(path)
  const lines = createInterface({ input: source.stream, crlfDelay: Number.POSITIVE_INFINITY })
  // The interface does not pass on what goes wrong with its input.
  let failure: Error | null = null
  source.stream.on('error', (error) => {
    failure = error
    lines.close()
  })
  let index = 0
  for await (const line of lines) {
    if (line.trim() === '') continue
    yield { index: index++, ...jsonRow(line), bytes: source.bytes() }
  }
  if (failure !== null) throw failure as Error
}

/** One object, an array of objects, or one object per line. */
async function* jsonDocument(path: string): AsyncGenerator<FileRow> {
  const source = openSource(path)
  const whole = await text(source.stream)
  let value: unknown
  try {
    value = JSON.parse(whole)
  } catch {
    yield* jsonLines(path)
    return
  }
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const [index, item] of items.entries()) {
    const isObject = typeof item === 'object' && item !== null && !Array.isArray(item)
    yield {
      index,
      row: isObject ? (item as Row) : null,
      problem: isObject ? null : 'not a JSON object',
      bytes: source.bytes(),
    }
  }
}

async function* parquetRows(path: string): AsyncGenerator<FileRow> {
  const { readParquet } = await import('./read-parquet.ts')
  yield* readParquet(path)
}

const READERS: Readonly<Record<FileFormat, (path: string) => AsyncGenerator<FileRow>>> = {
  csv: csvRows,
  jsonl: jsonLines,
  json: jsonDocument,
  parquet: parquetRows,
}

/**
 * Rows of a file in order, numbered from 0. Memory is bounded: for `parquet` by a row group of the
 * file, for the others by a row; but `json` is read whole.
 */
export function readRows(path: string, format: FileFormat): AsyncGenerator<FileRow> {
  return READERS[format](path)
}
