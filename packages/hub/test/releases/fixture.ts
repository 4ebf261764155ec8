import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { BATCH_VERSION } from '@llmhub/stream'
import { MIGRATIONS_FOLDER as CONTROL_MIGRATIONS } from '../../src/control/sqlite/migrations.ts'
import { FOLDER_FORMAT } from '../../src/core/folder-format.ts'
import { readMigrations } from '../../src/core/migrations.ts'
import { MANIFEST_VERSION } from '../../src/ingest/dedup/manifest.ts'
import { RUN_VERSION } from '../../src/ingest/dedup/run.ts'
import { FORMAT_VERSION } from '../../src/log/journal/format.ts'
import { HOLES_VERSION } from '../../src/log/journal/holes.ts'
import { OPERATION_VERSION } from '../../src/log/operation.ts'
import { ROLLUPS } from '../../src/rollup/rollups.ts'
import { MIGRATIONS_FOLDER as STORE_MIGRATIONS } from '../../src/store/duckdb/migrate.ts'
import type { WholeHub } from '../scenarios/whole-hub.ts'
import { type Json, QUESTIONS } from './release-data.ts'

/**
 * The fixture of a release: its data folder, file by file and compressed, and what it answered. A
 * release's fixture is made once, by that release, and opened by every later one.
 */

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
export const FIXTURES: string = join(ROOT, 'test/fixtures/releases')
export const MAKE = 'npm run make-release-fixture'
/** Of all files of a fixture together. */
export const MOST_BYTES = 300 * 1024

/** The letters stay however old they get, and segments are closed early. */
export const SETTINGS: Readonly<Record<string, string>> = {
  'log.segment_bytes': '65536',
  'dead_letters.days': '0',
}

export interface Expected {
  readonly release: string
  /** What the files of the fixture are. */
  readonly formats: Formats
  /** Secrets of keys of the fixture alone. */
  readonly keys: { readonly reader: string; readonly shop: string; readonly revoked: string }
  /** In the order of `QUESTIONS` of that release. */
  readonly answers: readonly {
    readonly path: string
    readonly body: Json | null
    readonly answer: Json
  }[]
}

export interface Formats {
  readonly versions: Readonly<Record<string, number>>
  /** Migrations by file: the start of their SHA-256. */
  readonly control: Readonly<Record<string, string>>
  readonly store: Readonly<Record<string, string>>
}

/** What this program writes. */
export function presentFormats(): Formats {
  const versions: Record<string, number> = {
    folder: FOLDER_FORMAT.format,
    segment: FORMAT_VERSION,
    holes: HOLES_VERSION,
    batch: BATCH_VERSION,
    operation: OPERATION_VERSION,
    manifest: MANIFEST_VERSION,
    run: RUN_VERSION,
  }
  for (const { name, version } of ROLLUPS) versions[`rollup ${name}`] = version
  return { versions, control: hashes(CONTROL_MIGRATIONS), store: hashes(STORE_MIGRATIONS) }
}

function hashes(folder: string): Record<string, string> {
  const files = readMigrations(folder).map(({ file }) => file)
  return Object.fromEntries(
    files.map((file) => {
      const sha = createHash('sha256').update(readFileSync(join(folder, file)))
      return [file, sha.digest('hex').slice(0, 16)]
    }),
  )
}

export function presentRelease(): string {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Json
  return String(manifest['version'])
}

/** A release has a heading of its own in the changelog. */
export function isReleased(release: string): boolean {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  return changelog.split('\n').some((line) => line.startsWith(`## ${release}`))
}

/** Where a lock or a leftover of this machine is no part of the data. */
const LEFT_OUT = /^lock|\.tmp$/

export function pack(dataDir: string, into: string): void {
  for (const file of filesIn(dataDir)) {
    const path = relative(dataDir, file)
    if (LEFT_OUT.test(path)) continue
    const packed = join(into, `${path}.br`)
    mkdirSync(dirname(packed), { recursive: true })
    writeFileSync(packed, brotliCompressSync(readFileSync(file)))
  }
}

export function unpack(release: string, dataDir: string): void {
  const from = join(FIXTURES, release, 'data')
  for (const file of filesIn(from)) {
    const path = join(dataDir, relative(from, file).replace(/\.br$/, ''))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, brotliDecompressSync(readFileSync(file)), { mode: 0o600 })
  }
}

export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

export function bytesIn(folder: string): number {
  return filesIn(folder).reduce((sum, file) => sum + statSync(file).size, 0)
}

/** The numbers of an answer without what says how they were found. */
export async function answersOf(
  hub: WholeHub,
  questions: readonly (readonly [string, (Json | null)?])[] = QUESTIONS,
): Promise<Expected['answers']> {
  const answers: Expected['answers'][number][] = []
  for (const [path, body = null] of questions) {
    const { status, body: answer } = await hub.call(path, body ?? undefined)
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
    const { meta: _, ...rest } = answer
    answers.push({ path, body, answer: rest })
  }
  return answers
}

export async function untilReady(hub: WholeHub): Promise<void> {
  while ((await fetch(`${hub.url}/ready`)).status !== 200);
}
