import type { Manifest } from './manifest.ts'

/** A backup as JSON. */
export function backupDocument(manifest: Manifest): {
  readonly id: string
  readonly created_at: string
  readonly writer: string
  readonly cursor: Readonly<Record<string, string>>
  readonly files: number
  readonly bytes: number
} {
  const { id, created, writer, cursor, files } = manifest
  return {
    id,
    created_at: new Date(created).toISOString(),
    writer,
    cursor: Object.fromEntries([...cursor].map(([partition, next]) => [partition, String(next)])),
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
  }
}
