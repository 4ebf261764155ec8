import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { FileFormat } from './mapping.ts'

/** SHA-256 of a file in hex, read as a stream. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const COMPRESSED = /\.(gz|zst|zstd)$/iu

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
}

/** The format that a file's name tells, or null. `.gz` and `.zst` are looked through. */
export function formatOfName(path: string): FileFormat | null {
  const extension = /\.(\w+)$/u.exec(path.replace(COMPRESSED, ''))?.[1]?.toLowerCase() ?? ''
  return EXTENSIONS[extension] ?? null
}

/** Whether the columns of a CSV file are parted by tabs. */
export function isTabbed(path: string): boolean {
  return /\.tsv$/iu.test(path.replace(COMPRESSED, ''))
}

export interface Source {
  /** What the file holds, decompressed. An error of any part ends it. */
  readonly stream: Readable
  /** How far into the file the reader is, in bytes of the file. */
  readonly bytes: () => number
}

/** Opens a file, through gzip or zstd where its name ends so. */
export function openSource(path: string): Source {
  const file = createReadStream(path)
  const bytes = (): number => file.bytesRead
  const ending = COMPRESSED.exec(path)?.[1]?.toLowerCase()
  if (ending === undefined) return { stream: file, bytes }
  const decompress = ending === 'gz' ? createGunzip() : createZstdDecompress()
  // The reader of the stream meets its error; without a listener here it would end the process.
  return { stream: pipeline(file, decompress, () => {}), bytes }
}
