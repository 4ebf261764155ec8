import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { dumpJournal } from '../../packages/hub/src/log/journal/dump.ts'

/**
 * Searches a data folder for a text in every form it may have: each file as it is, compressed files
 * decompressed, each record of the log, and every value of the database by SQL, whose own compression
 * no search of bytes sees through. Answers where it was found.
 */
export async function searchFolder(dir: string, text: string): Promise<readonly string[]> {
  const needles = formsOf(text)
  const isIn = (bytes: Buffer): boolean => needles.some((needle) => bytes.includes(needle))
  const found: string[] = []
  for (const file of await filesOf(dir)) {
    const bytes = await readFile(file)
    if (isIn(bytes) || isIn(unpacked(bytes))) found.push(relative(dir, file))
    if (file.endsWith('.duckdb')) found.push(...(await searchDatabase(file, text)))
  }
  for (const partition of [0, 1]) {
    for await (const { kind, offset, payload } of dumpJournal(join(dir, 'log'), { partition })) {
      if (isIn(Buffer.from(payload))) found.push(`log ${partition}:${offset} ${kind}`)
    }
  }
  return found
}

async function filesOf(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
}

/** Plain, inside of JSON, and in base64 at each of its three alignments. */
function formsOf(text: string): Buffer[] {
  const plain = Buffer.from(text)
  const base64 = [0, 1, 2].map((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), plain]).toString('base64')
    // The first and last characters hold bits of the neighbours.
    return padded.slice(shift === 0 ? 0 : 4, -4)
  })
  return [
    plain,
    Buffer.from(JSON.stringify(text).slice(1, -1)),
    ...base64.map((each) => Buffer.from(each)),
  ]
}

function unpacked(bytes: Buffer): Buffer {
  const magic = bytes.length < 4 ? 0 : bytes.readUInt32LE(0)
  if (magic === 0xfd2f_b528) return zstdDecompressSync(bytes)
  return (magic & 0xffff) === 0x8b1f ? gunzipSync(bytes) : Buffer.alloc(0)
}

async function searchDatabase(file: string, text: string): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    await connection.run(`ATTACH '${file}' AS searched (READ_ONLY)`)
    const tables = await connection.runAndReadAll(
      "SELECT table_name FROM duckdb_tables() WHERE database_name = 'searched'",
    )
    const found: string[] = []
    for (const name of tables.getColumns()[0] as string[]) {
      const hits = await connection.runAndReadAll(
        `SELECT count(*) FROM searched.main."${name}" t WHERE contains(CAST(t AS VARCHAR), $1) OR contains(CAST(t AS VARCHAR), $2)`,
        [text, JSON.stringify(text).slice(1, -1)],
      )
      if (hits.getRows()[0]?.[0] !== 0n) found.push(`table ${name}`)
    }
    return found
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
