import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { BackupFolder } from '../../backup/backup-folder.ts'
import { nodeFiles } from '../../backup/files.ts'
import { parsePoint } from '../../backup/point.ts'
import { type RestoreFailure, restoreBackup } from '../../backup/restore.ts'
import type { Control } from '../../control/control.ts'
import { type Erasure, parseErasure } from '../../core/erasure.ts'
import { nodeIndexFiles } from '../../ingest/dedup/index-files.ts'
import { reapplyErasures } from '../../maintenance/reapply-erasures.ts'
import { type CliContext, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count } from '../formats.ts'
import { progressBar } from '../progress.ts'
import { shellCommand } from '../shell-command.ts'

export interface RestoreOptions extends GlobalOptions {
  readonly from: string
  readonly to: string
  readonly at?: string
  readonly erasures?: string
}

const FAILURE_EXIT: Readonly<Record<RestoreFailure, number>> = {
  not_empty: EXIT.conflict,
  in_use: EXIT.conflict,
  busy: EXIT.conflict,
  no_point: EXIT.notFound,
  damaged: EXIT.storage,
  disk_full: EXIT.storage,
  failed: EXIT.storage,
}

/** `llmhub restore`: makes a data folder from a backup, as it was at a point of the log. */
export async function restore(
  options: RestoreOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  const at = parsePoint(options.at ?? 'latest')
  if (at === null) {
    const forms =
      'latest, the id of a backup, <partition>:<offset>[,…], or a time like 2026-11-21T10:00:00Z'
    throw new CliError(`--at ${options.at}: expected ${forms}`, EXIT.usage)
  }
  const [from, to] = [resolve(options.from), resolve(options.to)]
  const given = options.erasures === undefined ? [] : await receiptsIn(options.erasures)
  const { journalFiles } = await import('../../log/journal/log-files.ts')
  const { openJournal } = await import('../../log/journal/journal.ts')
  const { openSqliteControl } = await import('../../control/sqlite/sqlite-control.ts')
  const openControl = (file: string): Control => openSqliteControl({ file, writer: version })
  let erased: readonly string[] = []
  const bar = progressBar('restore', 'files', context.terminal, context.clock)
  const outcome = await restoreBackup(
    { from, to, at, command: commandOf(options, from, to) },
    {
      files: nodeFiles,
      log: journalFiles(),
      indexes: nodeIndexFiles,
      openControl,
      onProgress: (done, files) => bar.update(done, files, done),
      async reapply(logDir, control) {
        const known = [
          ...control.erasures(),
          ...(await newestErasures(from, join(to, 'control.tmp'), openControl)),
          ...given,
        ]
        const erasures = [...new Map(known.map((each) => [each.id, each])).values()]
        if (erasures.length === 0) return
        const opened = await openJournal({ dir: logDir, compress: false })
        if (!opened.ok) throw new CliError(opened.error.message, EXIT.storage)
        const { journal } = opened
        try {
          const ledger = {
            // What was looked at lies beyond the point: it is taken as if it came from elsewhere.
            erasure(id: string) {
              const found = control.erasure(id)
              const isBeyond = [...(found?.cut ?? [])].some(([p, next]) => next > journal.next(p))
              return isBeyond ? null : found
            },
            putErasure: (erasure: Erasure) => control.putErasure(erasure),
          }
          const done = await reapplyErasures(journal, ledger, erasures)
          if (!done.ok) throw new CliError(done.message, EXIT.storage)
          erased = done.pending
        } finally {
          await journal.close()
        }
      },
    },
  ).finally(() => bar.finish())
  if (!outcome.ok) {
    throw new CliError(`not restored: ${outcome.message}`, FAILURE_EXIT[outcome.failure])
  }
  const cursor = Object.fromEntries([...outcome.cursor].map(([p, next]) => [p, String(next)]))
  if (format(options, context) === 'json') {
    printJson(context, {
      backup: outcome.manifest.id,
      cursor,
      files: outcome.files,
      bytes: outcome.bytes,
      left_out: outcome.leftOut,
      erased_again: erased,
    })
  }
  const reached = Object.entries(cursor).map(([partition, next]) => `${partition}:${next}`)
  context.terminal.err(
    `Restored ${reached.join(',')} of backup ${outcome.manifest.id}: ${count(outcome.files)} files, ${bytes(outcome.bytes)}.\n`,
  )
  for (const message of outcome.leftOut) {
    context.terminal.err(
      `Left out: ${message}. The first start makes again from the log what it held, which takes longer.\n`,
    )
  }
  if (erased.length > 0) {
    context.terminal.err(
      `Erased again: ${erased.join(', ')}. The first start of the hub takes the rows out of its files.\n`,
    )
  }
  context.terminal.err(`Start it: llmhub serve --set data_dir=${to}\n`)
}

/** Erasures on record in the newest backup of the folder, which an older one does not know of. */
async function newestErasures(
  from: string,
  temporary: string,
  openControl: (file: string) => Control,
): Promise<readonly Erasure[]> {
  const folder = new BackupFolder(from, nodeFiles)
  const { manifests } = await folder.read()
  const file = manifests.at(-1)?.files.find(({ path }) => path === 'control.sqlite')
  if (file === undefined) return []
  // A copy, because opening the store writes into it.
  await nodeFiles.write(temporary, nodeFiles.chunks(folder.objectPath(file.sha256)))
  try {
    const control = openControl(temporary)
    try {
      return control.erasures()
    } finally {
      control.close()
    }
  } finally {
    for (const suffix of ['', '-wal', '-shm']) await rm(temporary + suffix, { force: true })
  }
}

/** Receipts as `llmhub erase` prints them: one, a list, or one after the other. */
async function receiptsIn(path: string): Promise<readonly Erasure[]> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    const documents: unknown[] = []
    // Indented receipts that were appended to one file: each ends with a brace of its own.
    for (const part of text.startsWith('[') ? [text] : text.split(/(?<=^\})\s*$/m)) {
      if (part.trim() === '') continue
      const parsed: unknown = JSON.parse(part)
      if (Array.isArray(parsed)) documents.push(...(parsed as unknown[]))
      else documents.push(parsed)
    }
    return documents.map(parseErasure)
  } catch (error) {
    const message = `--erasures ${path}: ${(error as Error).message}`
    throw new CliError(message, EXIT.usage)
  }
}

function commandOf({ at, erasures }: RestoreOptions, from: string, to: string): string {
  const words = ['llmhub', 'restore', '--from', from, '--to', to]
  if (at !== undefined) words.push('--at', at)
  if (erasures !== undefined) words.push('--erasures', resolve(erasures))
  return shellCommand(words)
}
