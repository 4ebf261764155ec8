/**
 * What a table can be written as. Formats that need a library load it when they are first used, so
 * that a hub which never writes them neither starts later nor grows.
 */

import type { Table } from '../core/table.ts'
import { encodeCsv } from './csv.ts'
import { encodeNdjson } from './ndjson.ts'

export type FormatName = 'csv' | 'ndjson' | 'parquet' | 'arrow' | 'xlsx'

/** What is said about a table beside its rows, in order. */
export type About = readonly (readonly [name: string, text: string])[]

export interface Format {
  readonly name: FormatName
  readonly mediaType: string
  /** Of file names, without the dot. */
  readonly extension: string
  /** Whether it is text, which a terminal can show. */
  readonly isText: boolean
  /** Whether rows go out as they come: then memory does not grow with the table. */
  readonly streams: boolean
  encode(tables: readonly [Table, ...Table[]], about: About): AsyncIterable<string | Uint8Array>
}

export const FORMATS: Readonly<Record<FormatName, Format>> = {
  csv: {
    name: 'csv',
    mediaType: 'text/csv; charset=utf-8',
    extension: 'csv',
    isText: true,
    streams: true,
    encode: ([table]) => encodeCsv(table),
  },
  ndjson: {
    name: 'ndjson',
    mediaType: 'application/x-ndjson',
    extension: 'ndjson',
    isText: true,
    streams: true,
    encode: ([table]) => encodeNdjson(table),
  },
  parquet: {
    name: 'parquet',
    mediaType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    isText: false,
    streams: true,
    async *encode([table], about) {
      const { encodeParquet } = await import('./parquet.ts')
      yield* encodeParquet(table, about)
    },
  },
  arrow: {
    name: 'arrow',
    mediaType: 'application/vnd.apache.arrow.stream',
    extension: 'arrows',
    isText: false,
    streams: true,
    async *encode([table], about) {
      const { encodeArrow } = await import('./arrow.ts')
      yield* encodeArrow(table, about)
    },
  },
  xlsx: {
    name: 'xlsx',
    mediaType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    extension: 'xlsx',
    isText: false,
    streams: false,
    async *encode(tables, about) {
      const { encodeXlsx } = await import('./xlsx.ts')
      yield await encodeXlsx(tables, about)
    },
  },
}

/** Everything in one piece, for what is small. */
export async function encodeWhole(
  format: Format,
  tables: readonly [Table, ...Table[]],
  about: About,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of format.encode(tables, about)) {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  }
  return Buffer.concat(chunks)
}
