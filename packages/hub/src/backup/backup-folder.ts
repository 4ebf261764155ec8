import { join } from 'node:path'
import { type Files, TEMPORARY } from './files.ts'
import { decodeManifest, encodeManifest, isBackupId, type Manifest } from './manifest.ts'

/**
 * A folder of backups. Files lie in `objects` under their SHA-256 and are shared by all backups; a
 * backup is its manifest, and exists from the rename of that on.
 * ```
 * <dir>/manifests/<id>.json
 * <dir>/objects/<sha256>
 * <dir>/lock                 one backup at a time
 * ```
 */
export class BackupFolder {
  readonly dir: string
  readonly files: Files

  constructor(dir: string, files: Files) {
    this.dir = dir
    this.files = files
  }

  get objects(): string {
    return join(this.dir, 'objects')
  }

  get manifests(): string {
    return join(this.dir, 'manifests')
  }

  objectPath(sha256: string): string {
    return join(this.objects, sha256)
  }

  /** Makes the folder where it is missing and removes what an interrupted run left unfinished. */
  async prepare(): Promise<void> {
    for (const folder of [this.objects, this.manifests]) {
      await this.files.makeFolder(folder)
      for (const name of await this.files.list(folder)) {
        if (name.endsWith(TEMPORARY)) await this.files.remove(join(folder, name))
      }
    }
    await this.files.syncFolder(this.dir)
  }

  /** Every backup, oldest first, and those whose manifest cannot be read. */
  async read(): Promise<{
    readonly manifests: readonly Manifest[]
    readonly damaged: readonly { readonly file: string; readonly message: string }[]
  }> {
    const manifests: Manifest[] = []
    const damaged: { file: string; message: string }[] = []
    for (const name of await this.files.list(this.manifests)) {
      const id = name.replace(/\.json$/, '')
      if (!isBackupId(id)) continue
      const file = join(this.manifests, name)
      const read = decodeManifest(await this.files.read(file))
      if (read.ok && read.manifest.id === id) manifests.push(read.manifest)
      else damaged.push({ file, message: read.ok ? 'it is of another backup' : read.message })
    }
    return { manifests, damaged }
  }

  /** Puts a file among the objects and answers its hash. */
  async addObject(
    name: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<{ readonly sha256: string; readonly bytes: number }> {
    const temporary = join(this.objects, name + TEMPORARY)
    const digest = await this.files.write(temporary, chunks)
    await this.files.rename(temporary, this.objectPath(digest.sha256))
    return digest
  }

  async hasObject(sha256: string, bytes: number): Promise<boolean> {
    return (await this.files.sizeOf(this.objectPath(sha256))) === bytes
  }

  /** Writes a manifest, or replaces the one of its id. */
  async putManifest(manifest: Manifest): Promise<void> {
    const path = join(this.manifests, `${manifest.id}.json`)
    await this.files.write(path + TEMPORARY, [encodeManifest(manifest)])
    await this.files.rename(path + TEMPORARY, path)
  }

  /**
   * Removes objects that no backup names; answers how many bytes. Does nothing while a manifest cannot
   * be read, because nobody knows what it names.
   */
  async collect(): Promise<number> {
    const { manifests, damaged } = await this.read()
    if (damaged.length > 0) return 0
    const named = new Set(manifests.flatMap(({ files }) => files.map(({ sha256 }) => sha256)))
    let bytes = 0
    for (const name of await this.files.list(this.objects)) {
      if (named.has(name)) continue
      bytes += (await this.files.sizeOf(join(this.objects, name))) ?? 0
      await this.files.remove(join(this.objects, name))
    }
    return bytes
  }

  /** Removes all but the newest `keep` backups; answers their ids and the bytes given back. */
  async prune(
    keep: number,
  ): Promise<{ readonly removed: readonly string[]; readonly bytes: number }> {
    const { manifests } = await this.read()
    const old = manifests.slice(0, Math.max(0, manifests.length - keep)).map(({ id }) => id)
    for (const id of old) await this.files.remove(join(this.manifests, `${id}.json`))
    await this.files.syncFolder(this.manifests)
    return { removed: old, bytes: await this.collect() }
  }
}
