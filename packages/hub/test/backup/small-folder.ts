import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupOutcome, createBackup } from '../../src/backup/create.ts'
import { type Files, nodeFiles } from '../../src/backup/files.ts'
import { HASH_KEY } from '../../src/backup/history.ts'
import { parsePoint } from '../../src/backup/point.ts'
import { type RestoreOutcome, restoreBackup } from '../../src/backup/restore.ts'
import { type BackupCheck, verifyBackups } from '../../src/backup/verify-backup.ts'
import type { Control } from '../../src/control/control.ts'
import { openSqliteControl } from '../../src/control/sqlite/sqlite-control.ts'
import { checkFolderFormat } from '../../src/core/folder-format.ts'
import { nodeIndexFiles } from '../../src/ingest/dedup/index-files.ts'
import type { Indexes } from '../../src/ingest/open-indexes.ts'
import { dumpJournal } from '../../src/log/journal/dump.ts'
import { type Journal, openJournal } from '../../src/log/journal/journal.ts'
import { journalFiles } from '../../src/log/journal/log-files.ts'
import type { LogEntry } from '../../src/log/log.ts'

/** A data folder without a store, and a folder of backups beside it; time is the test's. */
export class SmallFolder {
  readonly root: string
  readonly journal: Journal
  readonly control: Control
  now = Date.parse('2026-11-21T10:00:00Z')
  /** Backed up where a test sets them. */
  indexes: Pick<Indexes, 'images'> | null = null

  private constructor(root: string, journal: Journal, control: Control) {
    this.root = root
    this.journal = journal
    this.control = control
  }

  static async make(options: { readonly compress?: boolean } = {}): Promise<SmallFolder> {
    const root = await mkdtemp(join(tmpdir(), 'llmhub-backup-'))
    const opened = await openJournal({
      dir: join(root, 'data', 'log'),
      segmentBytes: 400,
      compress: options.compress ?? false,
    })
    if (!opened.ok) throw new Error(opened.error.message)
    const control = openSqliteControl({ file: join(root, 'data', 'control.sqlite'), writer: '1.0' })
    control.putSecret(HASH_KEY, new Uint8Array(16).fill(7))
    control.takeLease('store', 'test')
    checkFolderFormat(join(root, 'data'), '1.0')
    return new SmallFolder(root, opened.journal, control)
  }

  get backups(): string {
    return join(this.root, 'backups')
  }

  path(name: string): string {
    return join(this.root, name)
  }

  async append(partition: number, ...payloads: readonly (string | LogEntry)[]): Promise<void> {
    const entries = payloads.map((payload) =>
      typeof payload === 'string'
        ? { kind: 'events' as const, payload: new Uint8Array(Buffer.from(payload)) }
        : payload,
    )
    const outcome = await this.journal.append(partition, entries)
    if (!outcome.ok) throw new Error(outcome.message)
  }

  backup(files: Files = nodeFiles): Promise<BackupOutcome> {
    this.now += 1000
    return createBackup(
      this.backups,
      {
        dataDir: join(this.root, 'data'),
        control: this.control,
        image: () => this.journal.image(),
        indexes: () => this.indexes?.images() ?? [],
        pathOf: journalFiles().pathOf,
        writer: '1.0',
      },
      { clock: { now: () => this.now }, files },
    )
  }

  /** @throws Error when none was made */
  async mustBackup(): Promise<Extract<BackupOutcome, { ok: true }>> {
    const outcome = await this.backup()
    if (!outcome.ok) throw new Error(outcome.message)
    return outcome
  }

  verify(): Promise<BackupCheck> {
    return verifyBackups(this.backups, nodeFiles, journalFiles(), nodeIndexFiles)
  }

  restore(to: string, at = 'latest', files: Files = nodeFiles): Promise<RestoreOutcome> {
    const point = parsePoint(at)
    if (point === null) throw new Error(`no point: ${at}`)
    return restoreBackup(
      { from: this.backups, to: this.path(to), at: point, command: 'llmhub restore as before' },
      {
        files,
        log: journalFiles(),
        indexes: nodeIndexFiles,
        openControl: (file) => openSqliteControl({ file, writer: '1.0' }),
      },
    )
  }

  /** Records of a data folder, as `<partition>:<offset>:<text>`. */
  async records(name: string): Promise<string[]> {
    const found: string[] = []
    for (const partition of [0, 1]) {
      for await (const { offset, payload } of dumpJournal(join(this.root, name, 'log'), {
        partition,
      })) {
        found.push(`${partition}:${offset}:${payload.toString()}`)
      }
    }
    return found
  }

  /** Every file below a folder as one text. */
  async bytesOf(name: string): Promise<string> {
    let text = ''
    const entries = await readdir(this.path(name), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (entry.isFile()) text += await readFile(join(entry.parentPath, entry.name), 'latin1')
    }
    return text
  }

  async remove(): Promise<void> {
    await this.journal.close()
    this.control.close()
    await rm(this.root, { recursive: true, force: true })
  }
}

/**
 * Files that fail at the n-th change and, `forGood`, at every later one: as a process that is killed
 * there would leave them. A write gets as far as half of its bytes.
 */
export function failingFiles(
  n: number,
  error: () => Error,
  options: { readonly forGood: boolean; readonly writesOnly?: boolean },
): Files & { readonly failed: boolean } {
  let steps = 0
  let failed = false
  const isFailing = (isWrite: boolean): boolean => {
    if (failed && options.forGood) return true
    if (options.writesOnly === true && !isWrite) return false
    steps += 1
    if (steps === n) failed = true
    return steps === n
  }
  const guard =
    <A extends readonly unknown[]>(work: (...args: A) => Promise<void>) =>
    async (...args: A): Promise<void> => {
      if (isFailing(false)) throw error()
      await work(...args)
    }
  return {
    ...nodeFiles,
    get failed() {
      return failed
    },
    makeFolder: guard((path: string) => nodeFiles.makeFolder(path)),
    rename: guard((from: string, to: string) => nodeFiles.rename(from, to)),
    syncFolder: guard((path: string) => nodeFiles.syncFolder(path)),
    remove: guard((path: string) => nodeFiles.remove(path)),
    async write(path, chunks) {
      if (!isFailing(true)) return nodeFiles.write(path, chunks)
      const whole: Uint8Array[] = []
      for await (const chunk of chunks) whole.push(chunk)
      const bytes = Buffer.concat(whole)
      await nodeFiles.write(path, [bytes.subarray(0, bytes.length >> 1)])
      throw error()
    },
  }
}
