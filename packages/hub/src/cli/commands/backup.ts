import { join } from 'node:path'
import type { Schemas } from '@llmhub/client'
import { backupDocument } from '../../backup/backup-document.ts'
import { BackupFolder } from '../../backup/backup-folder.ts'
import { createBackup } from '../../backup/create.ts'
import { nodeFiles } from '../../backup/files.ts'
import { verifyBackups } from '../../backup/verify-backup.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import { isNewerFormat, runInstead } from '../../core/newer-format.ts'
import { whyUnfinished } from '../../core/unfinished-folder.ts'
import { nodeIndexFiles } from '../../ingest/dedup/index-files.ts'
import type { Indexes } from '../../ingest/open-indexes.ts'
import { hubAt } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, count, counted, duration, utcTime } from '../formats.ts'
import { onLockedFolder } from '../locked-folder.ts'
import { progressBar } from '../progress.ts'
import { printTable } from '../table.ts'

type BackupShown = Pick<Schemas['Backup'], 'id' | 'created_at' | 'cursor' | 'files' | 'bytes'>

export interface BackupOptions extends GlobalOptions {
  readonly to?: string
  readonly wait?: boolean
  readonly offline?: boolean
  readonly dataDir?: string
}

const URL_PATH = '/api/v1/backups'
const LOOK_MS = 250

const FAILURES: Readonly<Record<string, string>> = {
  busy: 'another backup into that folder, a pruning or a restore of it is under way',
  other_hub: 'the folder holds backups of another hub: choose another one',
  disk_full:
    'the folder has no room for it; earlier backups are whole, and the next one removes what this one left',
  stopped: 'the hub was stopped',
  failed: 'a file could not be read or written; the log of the hub says which',
}

/** Exit code of a backup that was not made. */
const FAILURE_EXIT: Readonly<Record<string, number>> = {
  busy: EXIT.conflict,
  other_hub: EXIT.conflict,
  disk_full: EXIT.storage,
  stopped: EXIT.interrupted,
  failed: EXIT.storage,
}

/** `llmhub backup`: asks the running hub for a backup and waits for its end; `--offline` makes it here. */
export async function backup(
  options: BackupOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  if (options.offline === true) return backupOffline(options, context, version)
  if (options.dataDir !== undefined) {
    throw new CliError('--data-dir goes with --offline: a running hub knows its folder', EXIT.usage)
  }
  const hub = hubAt(connection(options))
  const body = options.to === undefined ? {} : { to: options.to }
  let status = await hub.call('POST /api/v1/backups', { body })
  if (options.wait === false) {
    context.terminal.err(`Begun. How it goes: GET ${URL_PATH}/status\n`)
    return
  }
  const bar = progressBar('backup', 'segments', context.terminal, context.clock)
  while (status.running !== null) {
    const { done, segments } = status.running
    bar.update(done, segments, done)
    if (context.signal.aborted) {
      bar.finish()
      throw new CliError('the backup goes on in the hub', EXIT.interrupted)
    }
    await new Promise<void>((resume) => context.clock.hold(LOOK_MS, resume))
    status = await hub.call('GET /api/v1/backups/status')
  }
  bar.finish()
  const { last } = status
  if (last === null || last.backup === null) {
    const failure = last?.failure ?? 'failed'
    throw new CliError(
      `no backup was made: ${FAILURES[failure] ?? failure}`,
      FAILURE_EXIT[failure] ?? EXIT.failure,
    )
  }
  show(last.backup, options, context)
  context.terminal.err(
    `${count(last.copied_files)} of ${count(last.backup.files)} files copied, ${bytes(last.copied_bytes)}, in ${duration(last.seconds)}\n`,
  )
}

async function backupOffline(
  options: BackupOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  const { to, dataDir } = options
  if (to === undefined) throw new CliError('--offline needs --to <folder>', EXIT.usage)
  const set = dataDir === undefined ? options.set : [...(options.set ?? []), `data_dir=${dataDir}`]
  const here = { ...options, ...(set === undefined ? {} : { set }) }
  const { openJournal } = await import('../../log/journal/journal.ts')
  const { journalFiles } = await import('../../log/journal/log-files.ts')
  const { openSqliteControl } = await import('../../control/sqlite/sqlite-control.ts')
  const outcome = await onLockedFolder(here, 'log', 'leave --offline out', async (logDir) => {
    const folder = join(logDir, '..')
    const unfinished = whyUnfinished(folder)
    if (unfinished !== null) throw new CliError(unfinished, EXIT.conflict)
    // Opened as the hub would: a write that was not finished is cut off its end.
    const opened = await openJournal({ dir: logDir, compress: false })
    if (!opened.ok) throw new CliError(opened.error.message, EXIT.storage)
    const { journal } = opened
    const control = openSqliteControl({ file: join(folder, 'control.sqlite'), writer: version })
    const indexes = await storedIndexes(folder, context.clock)
    const bar = progressBar('backup', 'segments', context.terminal, context.clock)
    try {
      return await createBackup(
        to,
        {
          dataDir: folder,
          control,
          image: () => journal.image(),
          indexes: () => indexes.images(),
          pathOf: journalFiles().pathOf,
          writer: version,
        },
        {
          clock: context.clock,
          files: nodeFiles,
          signal: context.signal,
          onProgress: ({ done, segments }) => bar.update(done, segments, done),
        },
      )
    } finally {
      bar.finish()
      await indexes.close()
      control.close()
      await journal.close()
    }
  })
  if (!outcome.ok) {
    throw new CliError(
      `no backup was made: ${outcome.message}`,
      FAILURE_EXIT[outcome.failure] ?? EXIT.failure,
    )
  }
  show(backupDocument(outcome.manifest), options, context)
  context.terminal.err(
    `${count(outcome.copiedFiles)} of ${count(outcome.manifest.files.length)} files copied, ${bytes(outcome.copiedBytes)}\n`,
  )
}

/** The indexes as the last hub left them, with nothing dropped from them. */
async function storedIndexes(dataDir: string, clock: CliContext['clock']): Promise<Indexes> {
  const { openIndexes } = await import('../../ingest/open-indexes.ts')
  const everything = { horizonSeconds: Number.MAX_SAFE_INTEGER, maxKeys: Number.MAX_SAFE_INTEGER }
  try {
    return await openIndexes({ dataDir, clock, ...everything })
  } catch (error) {
    if (!isNewerFormat(error)) throw error
    throw new CliError(`${error.message}: ${runInstead()}`, EXIT.storage)
  }
}

function show(made: BackupShown, options: GlobalOptions, context: CliContext): void {
  if (format(options, context) === 'json') printJson(context, made)
  else printList([made], context)
}

function printList(backups: readonly BackupShown[], { terminal }: CliContext): void {
  const rows = backups.map((each) => [
    each.id,
    utcTime(each.created_at),
    Object.entries(each.cursor)
      .map(([partition, next]) => `${partition}:${next}`)
      .join(','),
    each.files,
    bytes(each.bytes),
  ])
  printTable(terminal, ['ID', 'CREATED', 'CURSOR', 'FILES', 'SIZE'], rows, { keep: ['ID'] })
}

/** `llmhub backup list <folder>`: on the machine that has the folder; no hub is asked. */
export async function backupList(
  dir: string,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const { manifests, damaged } = await new BackupFolder(dir, nodeFiles).read()
  const backups = manifests.map(backupDocument)
  if (format(options, context) === 'json') printJson(context, backups)
  else printList(backups, context)
  for (const { file, message } of damaged) context.terminal.err(`${file}: ${message}\n`)
  if (damaged.length > 0) throw new CliError('some backups are damaged', EXIT.storage)
  if (backups.length === 0) throw new CliError(`${dir} holds no backup`, EXIT.notFound)
}

/** `llmhub backup verify <folder>`: reads everything in it. */
export async function backupVerify(
  dir: string,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const { journalFiles } = await import('../../log/journal/log-files.ts')
  const bar = progressBar('verify', 'files', context.terminal, context.clock)
  const check = await verifyBackups(dir, nodeFiles, journalFiles(), nodeIndexFiles, (done, files) =>
    bar.update(done, files, done),
  ).finally(() => bar.finish())
  if (format(options, context) === 'json') printJson(context, check)
  else {
    for (const { backups, file, message } of check.problems) {
      const affected = backups.length === 0 ? '' : ` (backups ${backups.join(', ')})`
      context.terminal.out(`${file}: ${message}${affected}\n`)
    }
  }
  context.terminal.err(
    `${counted(check.backups, 'backup')}, ${counted(check.files, 'file')}, ${bytes(check.bytes)}: ${check.problems.length === 0 ? 'whole' : 'DAMAGED'}\n`,
  )
  if (check.problems.length > 0) {
    throw new CliError(
      'a backup is damaged: make a new one into another folder while the hub has its data',
      EXIT.storage,
    )
  }
  if (check.backups === 0) throw new CliError(`${dir} holds no backup`, EXIT.notFound)
}

export interface PruneOptions extends GlobalOptions {
  readonly keep: number
  readonly yes?: boolean
  readonly dryRun?: boolean
}

/** `llmhub backup prune <folder>`: removes all but the newest backups, and the files that only they had. */
export async function backupPrune(
  dir: string,
  options: PruneOptions,
  context: CliContext,
): Promise<void> {
  if (options.keep < 1) throw new CliError('--keep is at least 1', EXIT.usage)
  const folder = new BackupFolder(dir, nodeFiles)
  const { manifests, damaged } = await folder.read()
  if (manifests.length + damaged.length === 0) {
    throw new CliError(`${dir} holds no backup`, EXIT.notFound)
  }
  const [broken] = damaged
  if (broken !== undefined) {
    throw new CliError(`${broken.file}: ${broken.message}; nothing was removed`, EXIT.storage)
  }
  const old = manifests.slice(0, Math.max(0, manifests.length - options.keep))
  if (options.dryRun === true) {
    const backups = old.map(backupDocument)
    if (format(options, context) === 'json') printJson(context, { removed: backups })
    else if (backups.length > 0) printList(backups, context)
    context.terminal.err(`Would remove ${counted(old.length, 'backup')}. Nothing was changed.\n`)
    return
  }
  const what = `this removes ${count(old.length)} of ${counted(manifests.length, 'backup')}`
  await confirm({ what, word: 'prune' }, options, context)
  const locking = lockFolder(dir)
  if (!locking.ok) {
    throw new CliError(
      `a backup into ${dir} or a restore of it is under way: ${locking.message}`,
      EXIT.conflict,
    )
  }
  try {
    const pruned = await folder.prune(options.keep)
    if (format(options, context) === 'json') printJson(context, pruned)
    context.terminal.err(
      `${counted(pruned.removed.length, 'backup')} removed, ${bytes(pruned.bytes)} given back\n`,
    )
  } finally {
    locking.lock.release()
  }
}
