import { crc32 } from 'node:zlib'
import { NewerFormatError } from '../../core/newer-format.ts'
import type { RunFiles } from './run-files.ts'

/**
 * What the index on disk consists of. The manifest is replaced as a whole, and only after the runs it
 * names are durable; a run that it does not name does not belong to the index.
 */
export interface Manifest {
  readonly stride: number
  /** Runs, oldest first. */
  readonly runs: readonly { readonly name: string; readonly level: number }[]
  /** Partition → every record before this offset is in the runs. */
  readonly covered: ReadonlyMap<number, bigint>
  /** Keys received before this may have been dropped; epoch seconds. */
  readonly horizonStart: number
  readonly nextRun: number
}

const NAME = 'manifest.json'

/** Version of the manifest and of what it says of the runs. */
export const MANIFEST_VERSION = 1

/**
 * Null when there is none that is whole and of this version: the index is then built from the log.
 * @throws NewerFormatError
 */
export async function readManifest(files: RunFiles, stride: number): Promise<Manifest | null> {
  const bytes = await files.read(NAME)
  if (bytes === null) return null
  const [text, sum] = new TextDecoder().decode(bytes).split('\n')
  if (text === undefined || sum !== String(crc32(text))) return null
  const value = JSON.parse(text) as {
    version?: number
    stride: number
    runs: { name: string; level: number }[]
    covered: [number, string][]
    horizonStart: number
    nextRun: number
  }
  const { version } = value
  if (version !== undefined && version > MANIFEST_VERSION) {
    throw new NewerFormatError(
      `the manifest of the deduplication index has version ${version}, this program reads ${MANIFEST_VERSION}`,
    )
  }
  if (version !== MANIFEST_VERSION || value.stride !== stride) return null
  const covered = new Map(value.covered.map(([partition, next]) => [partition, BigInt(next)]))
  return { ...value, covered }
}

export function writeManifest(files: RunFiles, manifest: Manifest): Promise<void> {
  const covered = [...manifest.covered].map(([partition, next]) => [partition, String(next)])
  const text = JSON.stringify({ version: MANIFEST_VERSION, ...manifest, covered })
  return files.replace(NAME, new TextEncoder().encode(`${text}\n${crc32(text)}`))
}
