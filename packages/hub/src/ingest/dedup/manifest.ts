import { crc32 } from 'node:zlib'
import { NewerFormatError } from '../../core/newer-format.ts'
import type { RunFiles } from './run-files.ts'

export interface ListedRun {
  readonly name: string
  readonly level: number
  /** Partition → this run and those before it hold every record before this offset, and none beyond. */
  readonly covered: ReadonlyMap<number, bigint>
}

/**
 * What the index on disk consists of. The manifest is replaced as a whole, and only after the runs it
 * names are durable; a run that it does not name does not belong to the index.
 */
export interface Manifest {
  readonly stride: number
  /** Runs, oldest first. */
  readonly runs: readonly ListedRun[]
  /** Partition → every record before this offset is in the runs. */
  readonly covered: ReadonlyMap<number, bigint>
  /** Keys received before this may have been dropped; epoch seconds. */
  readonly horizonStart: number
  readonly nextRun: number
}

export const MANIFEST_NAME = 'manifest.json'

/** Version of the manifest and of what it says of the runs. */
export const MANIFEST_VERSION = 2

/**
 * Null when there is none that is whole and of this version: the index is then built from the log.
 * @param stride words of an entry; null takes whatever the manifest says
 * @throws NewerFormatError
 */
export async function readManifest(
  files: Pick<RunFiles, 'read'>,
  stride: number | null,
): Promise<Manifest | null> {
  const bytes = await files.read(MANIFEST_NAME)
  if (bytes === null) return null
  const [text, sum] = new TextDecoder().decode(bytes).split('\n')
  if (text === undefined || sum !== String(crc32(text))) return null
  const value = JSON.parse(text) as {
    version?: number
    stride: number
    runs: { name: string; level: number; covered: Stored }[]
    covered: Stored
    horizonStart: number
    nextRun: number
  }
  const { version } = value
  if (version !== undefined && version > MANIFEST_VERSION) {
    throw new NewerFormatError(
      `the manifest of the deduplication index has version ${version}, this program reads ${MANIFEST_VERSION}`,
    )
  }
  if (version !== MANIFEST_VERSION) return null
  if (stride !== null && value.stride !== stride) return null
  const runs = value.runs.map((run) => ({ ...run, covered: reachOf(run.covered) }))
  return { ...value, runs, covered: reachOf(value.covered) }
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  const text = JSON.stringify({
    version: MANIFEST_VERSION,
    ...manifest,
    runs: manifest.runs.map((run) => ({ ...run, covered: stored(run.covered) })),
    covered: stored(manifest.covered),
  })
  return new TextEncoder().encode(`${text}\n${crc32(text)}`)
}

export function writeManifest(files: RunFiles, manifest: Manifest): Promise<void> {
  return files.replace(MANIFEST_NAME, encodeManifest(manifest))
}

/** Offsets as decimal text, because JSON has no bigint. */
type Stored = [partition: number, next: string][]

function stored(reach: ReadonlyMap<number, bigint>): Stored {
  return [...reach].map(([partition, next]) => [partition, String(next)])
}

function reachOf(pairs: Stored): Map<number, bigint> {
  return new Map(pairs.map(([partition, next]) => [partition, BigInt(next)]))
}
