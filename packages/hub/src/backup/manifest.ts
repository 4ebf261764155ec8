import { createHash } from 'node:crypto'

/**
 * What one backup consists of: a point of the log and the files that hold it, each with its hash.
 * Byte format: docs/formats/backup.md.
 */

/** Version of the layout that this program writes and the newest it reads. */
const BACKUP_FORMAT = 1

export interface BackedUpSegment {
  readonly partition: number
  readonly first: bigint
  /** Offset after its last record; of an open segment, after the last one copied. */
  readonly next: bigint
  readonly compressed: boolean
  /** See `SegmentBytes`. */
  readonly mark: string
}

/** A run of an index of ids or calls. */
export interface BackedUpRun {
  /** See `ImagedRun`. */
  readonly covered: ReadonlyMap<number, bigint>
  readonly mark: string
}

export interface BackedUpFile {
  /** Where it belongs below the data folder. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  /** Null for anything but a segment of the log. */
  readonly segment: BackedUpSegment | null
  /** Null for anything but a run of an index. */
  readonly run: BackedUpRun | null
}

/** Whether a file belongs to an index, which a restore can do without. */
export function isIndexFile({ path }: Pick<BackedUpFile, 'path'>): boolean {
  return path.startsWith('dedup/')
}

export interface Manifest {
  readonly id: string
  /** Epoch milliseconds of the instant that `cursor` was taken. */
  readonly created: number
  /** Release that wrote it. */
  readonly writer: string
  /** Names the hub: a hash of its key for ids, which all copies of a hub share. */
  readonly hub: string
  /** Names the history: a restored folder begins a new one, whose offsets mean other records. */
  readonly lineage: string
  /** The records before these offsets are in the backup. */
  readonly cursor: ReadonlyMap<number, bigint>
  readonly files: readonly BackedUpFile[]
}

export type ManifestRead =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly message: string }

/** JSON on one line, with the hash of everything else in it as the last member. */
export function encodeManifest(manifest: Manifest): Buffer {
  const body = JSON.stringify({
    format: BACKUP_FORMAT,
    id: manifest.id,
    created: new Date(manifest.created).toISOString(),
    writer: manifest.writer,
    hub: manifest.hub,
    lineage: manifest.lineage,
    cursor: reachText(manifest.cursor),
    files: manifest.files.map(({ path, sha256, bytes, segment, run }) => ({
      path,
      sha256,
      bytes,
      segment: segment && {
        ...segment,
        first: String(segment.first),
        next: String(segment.next),
      },
      run: run && { ...run, covered: reachText(run.covered) },
    })),
  })
  return Buffer.from(`${body.slice(0, -1)},"sha256":"${hashOf(body)}"}\n`)
}

const TAIL = /,"sha256":"([0-9a-f]{64})"\}\n$/

export function decodeManifest(bytes: Uint8Array): ManifestRead {
  const text = Buffer.from(bytes).toString('utf8')
  const match = TAIL.exec(text)
  if (match === null) return { ok: false, message: 'it does not end with its hash' }
  const body = `${text.slice(0, match.index)}}`
  if (hashOf(body) !== match[1]) return { ok: false, message: 'it does not match its hash' }
  const fields = JSON.parse(body) as Fields
  const format = fields['format']
  if (format !== BACKUP_FORMAT) {
    const message = `it has format ${String(format)}, written by release ${String(fields['writer'])}; this release reads format ${BACKUP_FORMAT}`
    return { ok: false, message }
  }
  // The hash vouches that the members are those that `encodeManifest` wrote.
  return {
    ok: true,
    manifest: {
      id: fields['id'] as string,
      created: Date.parse(fields['created'] as string),
      writer: fields['writer'] as string,
      hub: fields['hub'] as string,
      lineage: fields['lineage'] as string,
      cursor: reachOf(fields['cursor'] as ReachText),
      files: (fields['files'] as readonly StoredFile[]).map(({ segment, run, ...file }) => ({
        ...file,
        segment: segment && {
          ...segment,
          first: BigInt(segment.first),
          next: BigInt(segment.next),
        },
        run: run && { ...run, covered: reachOf(run.covered) },
      })),
    },
  }
}

type Fields = Readonly<Record<string, unknown>>

type StoredFile = Omit<BackedUpFile, 'segment' | 'run'> & {
  readonly run: (Omit<BackedUpRun, 'covered'> & { readonly covered: ReachText }) | null
  readonly segment:
    | (Omit<BackedUpSegment, 'first' | 'next'> & { readonly first: string; readonly next: string })
    | null
}

/** Offsets by partition, as decimal text: JSON has no bigint. */
type ReachText = Readonly<Record<string, string>>

function reachText(reach: ReadonlyMap<number, bigint>): ReachText {
  return Object.fromEntries([...reach].map(([partition, next]) => [partition, String(next)]))
}

function reachOf(text: ReachText): Map<number, bigint> {
  return new Map(Object.entries(text).map(([partition, next]) => [Number(partition), BigInt(next)]))
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Id of a backup of an instant: sorts by time. */
export function backupId(created: number): string {
  return new Date(created).toISOString().replaceAll(/[-:.]/g, '')
}

const ID = /^\d{8}T\d{9}Z$/

export function isBackupId(text: string): boolean {
  return ID.test(text)
}
