import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { parse } from 'csv-parse'
import type { Row } from './map-row.ts'

/** A row of a file, or why it is none. `bytes`: how far into the file the reader is, for progress. */
export interface FileRow {
  readonly index: number
  readonly row: Row | null
  readonly problem: string | null
  readonly bytes: number
}

/** SHA-256 of a file in hex, read as a stream. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

async function* csvRows(path: string): AsyncGenerator<FileRow> {
  const source = createReadStream(path)
  const parser = source.pipe(
    parse({ columns: true, bom: true, relax_column_count: true, skip_empty_lines: true }),
  )
  source.on('error', (error) => parser.destroy(error))
  let index = 0
  for await (const row of parser) {
    yield { index: index++, row: row as Row, problem: null, bytes: source.bytesRead }
  }
}

function jsonRow(text: string): { row: Row | null; problem: string | null } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return { row: value as Row, problem: null }
    }
    return { row: null, problem: 'not a JSON object' }
  } catch (error) {
    return { row: null, problem: (error as Error).message }
  }
}

async function* jsonLines(path: string): AsyncGenerator<FileRow> {
  const source = createReadStream(path)
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })
  let index = 0
  for await (const line of lines) {
    if (line.trim() === '') continue
    yield { index: index++, ...jsonRow(line), bytes: source.bytesRead }
  }
}

/** One object, an array of objects, or one object per line. */
async function* jsonDocument(path: string): AsyncGenerator<FileRow> {
  const text = await readFile(path, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
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
      bytes: text.length,
    }
  }
}

/** Rows of a file in order, numbered from 0. Memory is bounded, but for `json`, which is read whole. */
export function readRows(path: string, format: 'csv' | 'jsonl' | 'json'): AsyncGenerator<FileRow> {
  switch (format) {
    case 'csv':
      return csvRows(path)
    case 'jsonl':
      return jsonLines(path)
    case 'json':
      return jsonDocument(path)
  }
}
