import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { BackupFolder } from './backup-folder.ts'
import {
  type BackupOutcome,
  type BackupProgress,
  type BackupSource,
  createBackup,
} from './create.ts'
import type { Files } from './files.ts'
import type { Manifest } from './manifest.ts'

export interface KeeperParts {
  readonly source: BackupSource
  /** The option `backup.dir`: backups go there or below it; null allows none. */
  readonly root: string | null
  readonly clock: Clock
  readonly files: Files
  readonly onError: (error: unknown) => void
}

/** - `not_set`: the option is unset; `outside`: not below its folder; `running`: one is under way */
export type BackupStart =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly failure: 'not_set' | 'outside' | 'running'
      readonly message: string
    }

export interface BackupStatus {
  readonly running: (BackupProgress & { readonly since: number; readonly to: string }) | null
  readonly last: {
    readonly at: number
    readonly seconds: number
    readonly to: string
    readonly outcome: BackupOutcome
  } | null
}

/** Backups of a running hub, one at a time. */
export class BackupKeeper {
  readonly #parts: KeeperParts
  readonly #stop = new AbortController()
  #status: BackupStatus = { running: null, last: null }
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: KeeperParts) {
    this.#parts = parts
  }

  get status(): BackupStatus {
    return this.#status
  }

  /** @param to a folder below `backup.dir`, absolute or relative to it; null: that folder itself */
  start(to: string | null): BackupStart {
    const place = this.#placeOf(to)
    if (!place.ok) return place
    if (this.#status.running !== null) {
      return { ok: false, failure: 'running', message: 'a backup is under way' }
    }
    const { clock } = this.#parts
    const since = clock.now()
    const start = clock.monotonic()
    const { dir } = place
    const running = { since, to: dir, done: 0, segments: 0, bytes: 0 }
    this.#status = { ...this.#status, running }
    this.#turn = this.#run(dir, running).then((outcome) => {
      const seconds = (clock.monotonic() - start) / 1000
      this.#status = { running: null, last: { at: clock.now(), seconds, to: dir, outcome } }
    })
    return { ok: true }
  }

  /** The backups in a folder, oldest first. */
  async list(
    to: string | null,
  ): Promise<
    | { readonly ok: true; readonly backups: readonly Manifest[] }
    | Extract<BackupStart, { ok: false }>
  > {
    const place = this.#placeOf(to)
    if (!place.ok) return place
    const { manifests } = await new BackupFolder(place.dir, this.#parts.files).read()
    return { ok: true, backups: manifests }
  }

  /** Stops the one under way, which leaves the backups there were as they are. Idempotent. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#turn
  }

  async #run(dir: string, running: NonNullable<BackupStatus['running']>): Promise<BackupOutcome> {
    const { source, clock, files, onError } = this.#parts
    try {
      const outcome = await createBackup(dir, source, {
        clock,
        files,
        signal: this.#stop.signal,
        onProgress: (progress) => {
          this.#status = { ...this.#status, running: { ...running, ...progress } }
        },
      })
      if (!outcome.ok) onError(outcome.message)
      return outcome
    } catch (error) {
      onError(error)
      return { ok: false, failure: 'failed', message: 'the log of the hub says why' }
    }
  }

  #placeOf(
    to: string | null,
  ): { readonly ok: true; readonly dir: string } | Extract<BackupStart, { ok: false }> {
    const { root } = this.#parts
    if (root === null) {
      const message =
        'this hub writes no backups until it is told where it may: start it with --set backup.dir=<folder> (LLMHUB_BACKUP_DIR), or stop it and run llmhub backup --offline'
      return { ok: false, failure: 'not_set', message }
    }
    const base = resolve(root)
    const dir = to === null ? base : isAbsolute(to) ? resolve(to) : resolve(base, to)
    if (isWithin(real(dir), real(base))) return { ok: true, dir }
    const message = `a backup goes into the folder of the option backup.dir or below it, not elsewhere`
    return { ok: false, failure: 'outside', message }
  }
}

function isWithin(dir: string, base: string): boolean {
  return dir === base || dir.startsWith(base.endsWith(sep) ? base : base + sep)
}

/** The path without symbolic links, as far as it exists: one of them could lead out of the folder. */
function real(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : `${real(parent)}${path.slice(parent === sep ? 0 : parent.length)}`
}
