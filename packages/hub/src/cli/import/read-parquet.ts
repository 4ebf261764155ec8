import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { formatIsoMicros } from '@llmhub/schema'
import {
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import type { Row } from './map-row.ts'
import type { FileRow } from './read-rows.ts'

/** Rows that are made into objects at a time. */
const SLICE_ROWS = 50_000

/** Beside Snappy, which the reader knows itself; LZ4 and LZO are refused by it. */
const COMPRESSORS: Compressors = {
  GZIP: (input, length) => exact(gunzipSync(input), length),
  ZSTD: (input, length) => exact(zstdDecompressSync(input), length),
  BROTLI: (input, length) => exact(brotliDecompressSync(input), length),
}

function exact(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`a page has ${bytes.length} bytes, not ${length}`)
  return bytes
}

/** Times as ISO 8601 with their microseconds; what is finer is cut off. */
const PARSERS = {
  timestampFromMilliseconds: (millis: bigint) => isoOf(millis * 1000n),
  timestampFromMicroseconds: (micros: bigint) => isoOf(micros),
  timestampFromNanoseconds: (nanos: bigint) => isoOf(nanos / 1000n),
  dateFromDays: (days: number) =>
    days === null || days === undefined ? null : isoOf(BigInt(days) * 86_400_000_000n).slice(0, 10),
}

function isoOf(micros: bigint): string {
  return formatIsoMicros(Number(micros))
}

/**
 * Rows of a Parquet file, by its top-level columns. 64-bit numbers that are not safe become text.
 * Cost: a row group, or 50,000 rows of it, is in memory at a time.
 */
export async function* readParquet(path: string): AsyncGenerator<FileRow> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const total = Number(metadata.num_rows)
  let index = 0
  let groupStart = 0
  for (const group of metadata.row_groups) {
    const groupEnd = groupStart + Number(group.num_rows)
    for (let from = groupStart; from < groupEnd; from += SLICE_ROWS) {
      const rows = await parquetReadObjects({
        file,
        metadata,
        rowStart: from,
        rowEnd: Math.min(groupEnd, from + SLICE_ROWS),
        compressors: COMPRESSORS,
        parsers: PARSERS,
        useOffsetIndex: true,
      })
      for (const row of rows) {
        const bytes = total === 0 ? file.byteLength : (file.byteLength * index) / total
        yield { index: index++, row: plainRow(row), problem: null, bytes }
      }
    }
    groupStart = groupEnd
  }
}

function plainRow(row: Readonly<Record<string, unknown>>): Row {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) plain[name] = plainValue(value)
  return plain
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  if (typeof value !== 'object' || value === null) return value ?? null
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plainValue)
  return plainRow(value as Readonly<Record<string, unknown>>)
}
