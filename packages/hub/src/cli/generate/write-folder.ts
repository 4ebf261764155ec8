import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { DEFAULT_PROJECT } from '../../auth/principal.ts'
import { codeOf } from '../../backup/files.ts'
import { HASH_KEY } from '../../backup/history.ts'
import type { Config } from '../../config/options.ts'
import type { Clock } from '../../core/clock.ts'
import { markFolderFormat } from '../../core/folder-format.ts'
import { lockFolder } from '../../core/folder-lock.ts'
import { markFinished, markUnfinished, UNFINISHED_HISTORY } from '../../core/unfinished-folder.ts'
import { addTotals, emptyTotals, type Totals } from '../../generate/totals.ts'
import { cellsOf, createWorld } from '../../generate/world.ts'
import type { OverrideJson } from '../../ingest/price-book.ts'
import { readOverrides } from '../../ingest/read-overrides.ts'
import { BACKFILL, type Log } from '../../log/log.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import type { Progress } from '../progress.ts'
import type { HistoryTask, HistoryTaskDone, HistoryWorkerData } from './history-task.ts'
import type { GeneratedRange } from './range.ts'

export interface WriteFolderOptions {
  readonly range: GeneratedRange
  readonly dir: string
  /** The command that writes it, to be shown to whoever finds the folder half written. */
  readonly command: string
  readonly config: Config
  readonly clock: Clock
  /** Release that writes. */
  readonly version: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Events of a record: what the intake puts into one append at most. */
const RECORD_EVENTS = 20_000
/** Records under way per thread: one being made, one waiting. */
const AHEAD = 2
const DAY_MICROS = 86_400_000_000
/** Events live for a moment: room for more of them makes collections rare, a tenth of the processor time. */
const YOUNG_MB = 96

/**
 * Writes history straight into the log of a new data folder, without a hub and without JSON. The rows are
 * those that the hub would have made of the same events. Answered when all of it is durable; until then
 * the folder has a mark, a hub refuses it, and writing into it begins anew.
 * @throws CliError when the folder holds something else, or storage fails
 */
export async function writeFolder(options: WriteFolderOptions): Promise<Totals> {
  const dir = resolve(options.dir)
  try {
    refuseOther(dir)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    const locking = lockFolder(dir)
    if (!locking.ok) throw new CliError(locking.message, EXIT.conflict)
    try {
      // Another process may have filled it meanwhile.
      refuseOther(dir)
      markUnfinished(dir, UNFINISHED_HISTORY, options.command)
      for (const name of readdirSync(dir)) {
        if (!OWN.has(name)) rmSync(join(dir, name), { recursive: true, force: true })
      }
      const totals = await writeInto(dir, options)
      markFinished(dir, UNFINISHED_HISTORY)
      return totals
    } finally {
      locking.lock.release()
    }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    throw unwritable(dir, (error as Error).message)
  }
}

/** What is in a folder that was not begun yet. */
const OWN: ReadonlySet<string> = new Set(['lock', UNFINISHED_HISTORY, `${UNFINISHED_HISTORY}.tmp`])

function refuseOther(dir: string): void {
  if (!existsSync(dir)) return
  const names = readdirSync(dir)
  if (names.includes(UNFINISHED_HISTORY) || names.every((name) => OWN.has(name))) return
  throw new CliError(
    `${dir} is not empty: name a folder that is not there yet, or start the hub on this one and leave --into out`,
    EXIT.conflict,
  )
}

function unwritable(dir: string, why: string): CliError {
  return new CliError(
    `${dir} cannot be written: ${why}; mend it and run the same again`,
    EXIT.storage,
  )
}

async function writeInto(dir: string, options: WriteFolderOptions): Promise<Totals> {
  const { config, clock, version } = options
  const { openControl } = await import('../../control/sqlite/open-control.ts')
  const overriding = await readOverrides(config['prices.overrides'])
  if (!overriding.ok) throw new CliError(overriding.message, EXIT[overriding.reason])
  const format = markFolderFormat(dir, version)
  if (!format.ok) throw new CliError(format.message, EXIT.config)
  const opening = openControl(join(dir, 'control.sqlite'), version)
  if (!opening.ok) throw unwritable(dir, opening.message)
  const { control } = opening
  const hashKey = randomBytes(16)
  try {
    control.putProject({ name: DEFAULT_PROJECT, createdAt: clock.now(), eventsPerSecond: null })
    control.putSecret(HASH_KEY, hashKey)
  } finally {
    control.close()
  }
  const { openJournal } = await import('../../log/journal/journal.ts')
  const opened = await openJournal({
    dir: join(dir, 'log'),
    segmentBytes: config['log.segment_bytes'],
    compress: config['log.compress'],
  })
  if (!opened.ok) throw unwritable(dir, opened.error.message)
  try {
    return await fillLog(opened.journal, hashKey, overriding.overrides, options)
  } finally {
    await opened.journal.close()
  }
}

async function fillLog(
  log: Log,
  hashKey: Uint8Array,
  overrides: OverrideJson,
  options: WriteFolderOptions,
): Promise<Totals> {
  const { range, config, progress, signal } = options
  const dir = resolve(options.dir)
  const { from, to, world } = range
  const tasks = tasksOf(range)
  const data: HistoryWorkerData = {
    world,
    from,
    to,
    hashKey,
    environment: config.environment,
    overrides,
    limits: limitsOf(config),
  }
  const threads = Math.min(Math.max(1, availableParallelism()), 4, tasks.length)
  const workers = Array.from(
    { length: threads },
    () =>
      new Worker(workerFile(), {
        workerData: data,
        execArgv: execArgv(),
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      }),
  )
  const totals = emptyTotals()
  try {
    await new Promise<void>((finish, fail) => {
      const waiting = new Map<number, Uint8Array>()
      let given = 0
      let written = 0
      let appending = false
      const give = (worker: Worker): void => {
        const task = tasks[given]
        // Records wait for their turn in memory: none runs far ahead of the one to be written next.
        if (task === undefined || given - written >= threads * (AHEAD + 2)) return
        given++
        worker.postMessage(task)
      }
      const append = async (): Promise<void> => {
        if (appending) return
        appending = true
        for (let payload = waiting.get(written); payload; payload = waiting.get(written)) {
          waiting.delete(written)
          if (signal.aborted) {
            const message = `interrupted: ${dir} holds a part only; run the same again, or delete it`
            throw new CliError(message, EXIT.interrupted)
          }
          if (payload.length > 0) {
            const outcome = await log.append(BACKFILL, [{ kind: 'events', payload }])
            if (!outcome.ok) throw unwritable(dir, outcome.message)
          }
          written++
          progress.update(written, tasks.length, totals.events)
          for (const worker of workers) give(worker)
        }
        appending = false
        if (written === tasks.length) finish()
      }
      log.failed.then(fail, fail)
      for (const worker of workers) {
        worker.on('error', fail)
        worker.on('message', (done: HistoryTaskDone) => {
          addTotals(totals, done.totals)
          waiting.set(done.index, done.payload)
          give(worker)
          append().catch(fail)
        })
        for (let i = 0; i < AHEAD; i++) give(worker)
      }
    })
  } finally {
    progress.finish()
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return totals
}

/** Cells in records of about the same size. */
function tasksOf({ from, to, world }: GeneratedRange): HistoryTask[] {
  const made = createWorld(world)
  const { first, end } = cellsOf(made, from, to)
  const perCell = (made.perDay * made.cellMs) / 86_400_000
  const step = Math.max(1, Math.floor(RECORD_EVENTS / Math.max(1, perCell)))
  const tasks: HistoryTask[] = []
  for (let at = first; at < end; at += step) {
    tasks.push({ index: tasks.length, first: at, end: Math.min(end, at + step) })
  }
  return tasks
}

function limitsOf(config: Config): HistoryWorkerData['limits'] {
  const days = config['retention.days']
  return {
    project: DEFAULT_PROJECT,
    keptMicros: days === 0 ? null : days * DAY_MICROS,
    maxEvents: Number.MAX_SAFE_INTEGER,
    maxEventBytes: config['ingest.max_event_bytes'],
    validation: {
      maxStringLength: config['ingest.max_string_length'],
      maxTags: config['ingest.max_tags'],
      maxTagLength: config['ingest.max_tag_length'],
      maxDepth: config['ingest.max_depth'],
    },
    futureTolerance: config['ingest.future_tolerance_seconds'] * 1_000_000,
    keepContent: config['ingest.keep_content'],
    maxLettersPerSecond: 0,
    maxGroupRows: RECORD_EVENTS,
    maxPendingRows: Number.MAX_SAFE_INTEGER,
    groupDelayMs: 0,
  }
}

function workerFile(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../../history-worker.${extension}`, import.meta.url))
}

/** Sources are found by the condition that the packages export them under. */
function execArgv(): string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=@llmhub/source'] : []
}
