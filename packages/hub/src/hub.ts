/**
 * The composition root: configuration → adapters → stages. Parts start in the order below and stop in
 * the reverse one; read it to see what depends on what.
 */

import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { eventJsonSchema } from '@llmhub/schema'
import { BatchFormatError } from '@llmhub/stream'
import { connectionsWithin, DEFAULT_SERVER_LIMITS } from './api/server.ts'
import { Authenticator } from './auth/authenticator.ts'
import { DEFAULT_PROJECT } from './auth/principal.ts'
import { ProjectLimits } from './auth/project-limits.ts'
import { BackupKeeper } from './backup/backup-keeper.ts'
import { nodeFiles } from './backup/files.ts'
import { HASH_KEY } from './backup/history.ts'
import { sabotageSwitches } from './config/load.ts'
import type { Config } from './config/options.ts'
import type { Control } from './control/control.ts'
import type { Clock } from './core/clock.ts'
import { descriptorLimit } from './core/descriptor-limit.ts'
import { checkFolderFormat } from './core/folder-format.ts'
import { lockFolder } from './core/folder-lock.ts'
import { watchFreeSpace } from './core/free-space.ts'
import { keepHeapSmall } from './core/idle-heap.ts'
import { createLogger, type LogDestination, type Logger, type LogLevel } from './core/logger.ts'
import { isNewerFormat } from './core/newer-format.ts'
import { newer, type Refused } from './core/refused.ts'
import { controlText, removeSetAside } from './hub-erasure.ts'
import { createLive } from './hub-live.ts'
import { listen, refusalOf } from './hub-refusals.ts'
import { knownProjects, limitsOf, statusOf, verifyPart } from './hub-status.ts'
import { warmUp } from './hub-warm-up.ts'
import { definedWindows, NO_WINDOWS, readWindows } from './hub-windows.ts'
import { canonicalModel } from './ingest/canonical-model.ts'
import { type Indexes, openIndexes } from './ingest/open-indexes.ts'
import { createPriceBook, type OverrideJson } from './ingest/price-book.ts'
import { readOverrides } from './ingest/read-overrides.ts'
import { HashKeyError, restoreIndexes } from './ingest/restore.ts'
import { checkpointIn } from './live/checkpoint-file.ts'
import { DEFAULT_STREAM_LIMITS } from './live/sse-hub.ts'
import { compactStore } from './maintenance/compact-store.ts'
import { ErasureKeeper } from './maintenance/erasure-keeper.ts'
import { RetentionKeeper } from './maintenance/retention-keeper.ts'
import { RetentionRules } from './maintenance/retention-rules.ts'
import { createPipeline } from './pipeline.ts'
import { REPORTS } from './query/reports/reports.ts'
import { semanticDocument } from './query/semantic.ts'
import { StoreClient } from './store/client.ts'
import type { StoreStatus } from './store/protocol.ts'

export interface Hub {
  /** Where it listens. */
  readonly url: string
  /** The key that was made at this start, shown once; null when there was one. */
  readonly firstKey: string | null
  /** Resolves when the process must end. */
  readonly failed: Promise<HubFailure>
  /** Waits until questions are answered, events being taken in before; false when it fails or `signal` is aborted. */
  ready(signal: AbortSignal): Promise<boolean>
  /** Finishes requests in flight, then stops part by part. Idempotent. */
  stop(): Promise<void>
}

/**
 * `storage`: what is on disk is uncertain, so nothing may be touched any more and starting again does
 * not help. `store_thread`: the thread that answers questions is gone; a new process has a new one.
 * `config`: a record of the log needs a newer release.
 */
export interface HubFailure {
  readonly what: 'storage' | 'store_thread' | 'config'
  readonly error: Error
}

export type HubStart = { readonly ok: true; readonly hub: Hub } | Refused

/** Undoes what has been started, the newest first; a failing step does not keep the others from running. */
class Started {
  readonly #stops: (() => unknown)[] = []
  #stopped: Promise<void> | null = null

  add(stop: () => unknown): void {
    this.#stops.push(stop)
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#run()
    return this.#stopped
  }

  async #run(): Promise<void> {
    const errors: unknown[] = []
    for (const stop of this.#stops.reverse()) {
      try {
        await stop()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything stopped cleanly')
  }
}

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string }

/** @param logTo takes the lines of the log, each a JSON object; standard output unless given */
export async function startHub(
  config: Config,
  clock: Clock,
  logTo?: LogDestination,
): Promise<HubStart> {
  const started = new Started()
  const logger = createLogger(config.log_level as LogLevel, logTo)
  try {
    const result = await start(config, clock, logger, started)
    if (!result.ok) await started.stop()
    return result
  } catch (error) {
    await started.stop()
    throw error
  }
}

async function start(
  config: Config,
  clock: Clock,
  logger: Logger,
  started: Started,
): Promise<HubStart> {
  const sabotage = sabotageSwitches()
  const dir = resolve(config.data_dir)

  // The folder: ours alone, of a layout we know.
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const locking = lockFolder(dir)
  if (!locking.ok) return { ok: false, reason: 'config', message: locking.message }
  started.add(() => locking.lock.release())
  const format = checkFolderFormat(dir, version)
  if (!format.ok) return { ok: false, reason: 'config', message: format.message }
  const freeSpace = await watchFreeSpace(dir, clock)
  started.add(() => freeSpace.stop())

  // What people configured.
  const { openControl } = await import('./control/sqlite/open-control.ts')
  const opening = openControl(join(dir, 'control.sqlite'), version)
  if (!opening.ok) return opening
  const { control } = opening
  started.add(() => control.close())
  if (control.projects().every((project) => project.name !== DEFAULT_PROJECT)) {
    control.putProject({ name: DEFAULT_PROJECT, createdAt: clock.now(), eventsPerSecond: null })
  }
  const authenticator = new Authenticator({ control, clock, randomBytes })
  started.add(() => authenticator.close())
  const isLoopback = ['127.0.0.1', 'localhost', '::1'].includes(config.host)
  if (!isLoopback && config.admin_key === null && control.keys().length === 0) {
    const message = `host is ${config.host}, which others can reach, but there is no key: set admin_key (LLMHUB_ADMIN_KEY_FILE), or start once on 127.0.0.1`
    return { ok: false, reason: 'config', message }
  }

  // The store, in its thread, says how far it has got; the log then knows what it must still have.
  const store = new StoreClient({
    logDir: join(dir, 'log'),
    storeDir: join(dir, 'store'),
    clock,
    epoch: control.takeLease('store', String(process.pid)),
    wal: config['store.wal'],
    memoryLimitMib: config['store.memory_mb'],
    threads: config['store.threads'],
    deadlineMs: config['query.deadline_ms'],
    readers: config['query.max_concurrent'],
    sqlReaders: config['sql.max_concurrent'],
    maxRows: config['store.apply_rows'],
    maxWaitMs: config['store.apply_interval_ms'],
    compactDeadShare: config['store.compact_dead_percent'] / 100,
    sabotage: { positionOffByOne: sabotage.has('position_off_by_one') },
    onProgress: logChanges(logger),
  })
  started.add(() => store.close())

  const openedStore = await store.opened()
  if (!openedStore.ok) return refusalOf(openedStore)

  const { openJournal } = await import('./log/journal/journal.ts')
  const { JournalError } = await import('./log/journal/problem.ts')
  const opened = await openJournal({
    dir: join(dir, 'log'),
    keepFrom: openedStore.durable,
    segmentBytes: config['log.segment_bytes'],
    compress: config['log.compress'],
    sabotage: {
      ackBeforeSync: sabotage.has('ack_before_sync'),
      skipChecksum: sabotage.has('skip_checksum'),
    },
  })
  if (!opened.ok) {
    const isNewer = opened.error.code === 'unsupported_version'
    return {
      ok: false,
      reason: isNewer ? 'config' : 'storage',
      message: opened.error.message,
    }
  }
  const { journal, recovery } = opened
  started.add(() => journal.close())
  if (recovery.cutBytes > 0) {
    logger.warn(
      { bytes: recovery.cutBytes },
      'cut a write that was not finished and not acknowledged',
    )
  }

  // Ingest: what has been seen, what things cost.
  const hashKey = control.secret(HASH_KEY) ?? newSecret(control, HASH_KEY, 16)
  let indexes: Indexes
  try {
    indexes = await openIndexes({
      dataDir: dir,
      clock,
      horizonSeconds: Math.round(config['dedup.horizon_days'] * 86_400),
      maxKeys: config['dedup.max_ids'],
    })
    started.add(() => indexes.close())
    // Everything that a newer release may have written was looked at: a start that is refused changes nothing.
    store.start(new Map([0, 1].map((partition) => [partition, journal.next(partition)])))
    started.add(journal.onCommit((partition, next) => store.committed(partition, next)))
    const { ids, calls } = indexes
    await restoreIndexes({ log: journal, ids, calls, hashKey })
  } catch (error) {
    if (isNewerFormat(error)) return newer(error.message)
    if (error instanceof JournalError || error instanceof BatchFormatError) {
      return { ok: false, reason: 'storage', message: error.message }
    }
    if (!(error instanceof HashKeyError)) throw error
    const message = `${error.message}: control.sqlite is not the one that belongs to this log; put the right one back`
    return { ok: false, reason: 'storage', message }
  }
  const overrides = await readOverrides(config['prices.overrides'])
  if (!overrides.ok) return overrides
  const [set] = control.priceOverrides(1)
  const prices = createPriceBook(
    overrides.overrides,
    set === undefined ? {} : (JSON.parse(set.json) as OverrideJson),
  )
  const projectLimits = new ProjectLimits(control, clock)
  const rules = new RetentionRules(control, {
    events: config['retention.days'],
    letters: config['dead_letters.days'],
  })
  const { createMemoryCache } = await import('./cache/memory/memory-cache.ts')
  const cache = createMemoryCache({ maxBytes: config['query.cache_mb'] * 1024 * 1024, clock })
  started.add(() => cache.close())
  const { ingest, asking, reading, maintenance, letters, reprice, exporting } = createPipeline({
    config,
    clock,
    log: journal,
    store,
    freeSpace,
    ids: indexes.ids,
    calls: indexes.calls,
    hashKey,
    prices,
    retention: rules,
    cache,
    newId: randomUUID,
    sabotage: { dedupOff: sabotage.has('dedup_off') },
  })
  // Live windows read the log by themselves; whether the hub is ready does not depend on them.
  const windows = await readWindows(config['live.windows'])
  if (!windows.ok) return windows
  const onProblem = (problem: string): void => logger.warn({ problem }, 'live windows')
  const live = createLive({
    config,
    clock,
    logDir: join(dir, 'log'),
    dataDir: dir,
    hashKey,
    ask: asking.ask,
    store,
    definitions: [
      ...windows.definitions,
      ...definedWindows(control, windows.definitions, onProblem),
    ],
    projects: () => knownProjects(control, store),
    onProblem,
  })
  if (live === null) await checkpointIn(dir).remove()
  else {
    live.start(new Map([0, 1].map((partition) => [partition, journal.next(partition)])))
    started.add(() => live.close())
    started.add(journal.onCommit((partition, next) => live.committed(partition, next)))
  }
  const retention = new RetentionKeeper({
    maintenance,
    log: journal,
    rules,
    projects: () => knownProjects(control, store),
    durable: async () => (await store.status()).durable,
    checkpoint: () => store.checkpoint(),
    clock,
    onError: (error) => logger.warn({ error: String(error) }, 'retention did not run'),
  })
  started.add(() => retention.stop())
  const erasures = new ErasureKeeper({
    maintenance,
    log: journal,
    control,
    holds: () => control.holds(),
    hashKey: control.secret('erasure_key') ?? newSecret(control, 'erasure_key', 32),
    compact: (signal) => compactStore({ store, clock }, signal),
    dropCaches: async () => {
      retention.logRewritten()
      await Promise.all([cache.clear(), live?.forget()])
    },
    removeSetAside: () => removeSetAside(dir),
    controlText: () => controlText(control),
    clock,
    newId: randomUUID,
    onError: (error) => logger.warn({ error: String(error) }, 'an erasure did not come to its end'),
  })
  started.add(() => erasures.stop())
  started.add(() => maintenance.stop())

  const { journalFiles } = await import('./log/journal/log-files.ts')
  const backups = new BackupKeeper({
    source: {
      dataDir: dir,
      control,
      image: () => journal.image(),
      indexes: () => indexes.images(),
      pathOf: journalFiles().pathOf,
      writer: version,
    },
    root: config['backup.dir'],
    clock,
    files: nodeFiles,
    onError: (error) => logger.warn({ error: String(error) }, 'no backup was made'),
  })
  started.add(() => backups.stop())

  // The service.
  const receiverLimits = {
    maxBodyBytes: config['ingest.max_body_bytes'],
    maxExpansion: config['ingest.max_compression_ratio'],
    maxEvents: config['ingest.max_events'],
    maxEventBytes: config['ingest.max_event_bytes'],
    maxDepth: config['ingest.max_depth'] * 2,
    maxInFlightBytes: config['ingest.max_inflight_bytes'],
  }
  const { createApi } = await import('./api/api.ts')
  const api = await createApi(
    {
      version,
      clock,
      random: () => randomInt(2 ** 32) / 2 ** 32,
      randomBytes,
      logger,
      control,
      cache,
      authenticator,
      projectLimits,
      intake: ingest.intake,
      receiverLimits,
      ask: asking.ask,
      sql: {
        run: (request, signal) => store.userSql(request, signal),
        maxRows: config['sql.max_rows'],
        maxTimeoutMs: config['sql.deadline_ms'],
      },
      reports: REPORTS,
      canonicalModel: (provider, model) => canonicalModel(prices.table, provider, model),
      rangeVersion: (scope, from, to) => store.version(scope, from, to),
      semantic: semanticDocument,
      schemas: () => ({ 'event.json': eventJsonSchema() }),
      status: () =>
        statusOf({
          logDir: join(dir, 'log'),
          store,
          journal,
          ingest,
          live,
          askStats: asking.stats,
          freeSpace,
          config,
          clock,
        }),
      reading,
      letters,
      live: live ?? NO_WINDOWS,
      liveLimits: {
        ...DEFAULT_STREAM_LIMITS,
        clients: config['live.max_streams'],
        clientsPerKey: config['live.max_streams_per_key'],
      },
      configuredWindows: new Set(windows.definitions.map(({ name }) => name)),
      maxWindows: config['live.max_definitions'],
      prices,
      reprice,
      verify: (what) => verifyPart(what, store, journal),
      retention: {
        defaults: rules.state.defaults,
        get last() {
          return retention.last
        },
        run: (by, dryRun) => retention.run(by, dryRun),
        preview: (by, policy) => retention.preview(by, policy),
        projects: async () =>
          store.progress.state === 'ready' ? knownProjects(control, store) : null,
        changed: () => rules.forget(),
      },
      erasures,
      compaction: {
        start: () => store.compact(),
        status: async () => (await store.status()).compaction,
      },
      backups,
      exporting,
      limits: () => limitsOf(config),
    },
    {
      ...DEFAULT_SERVER_LIMITS,
      maxConnections: connectionsWithin(descriptorLimit()),
      closeDeadlineMs: config.shutdown_seconds * 1000,
    },
  )
  started.add(() => api.server.close())
  // A key that was brought is there before the first request; one that is made is shown once, so that a
  // start that fails must not have made it.
  const brought = config.admin_key === null ? null : authenticator.firstKey(config.admin_key)
  if (brought?.origin === 'brought_revoked') {
    logger.warn('admin_key has been revoked and opens nothing: bring another one')
  }
  const listening = await listen(api.server, config)
  if (!listening.ok) return listening
  const first = brought ?? authenticator.firstKey(null)
  erasures.start()
  const stopping = new AbortController()
  started.add(() => stopping.abort())
  const { signal } = stopping
  // What retention lets go is read from the store, which may first have to be rebuilt.
  void store.ready(signal).then((isReady) => {
    if (isReady && !signal.aborted) retention.start()
  })
  const isOver = (): boolean => signal.aborted || ingest.stats().groups > 0
  // Events that come before it is done are taken in all the same, only slower.
  warmUp({ intake: ingest.intake, limits: receiverLimits, clock, isOver }).catch((error: unknown) =>
    logger.warn({ error: String(error) }, 'the warm-up failed'),
  )
  started.add(keepHeapSmall(clock))
  const { address } = listening
  const shown = address.host.includes(':') ? `[${address.host}]` : address.host
  return {
    ok: true,
    hub: {
      url: `http://${shown}:${address.port}`,
      firstKey: first.origin === 'created' ? first.secret : null,
      failed: Promise.race([
        journal.failed.then((error): HubFailure => ({ what: 'storage', error })),
        store.failed.then((error): HubFailure => ({ what: 'store_thread', error })),
        store.refused.then((refusal): HubFailure => {
          return { what: 'config', error: new Error(refusalOf(refusal).message) }
        }),
      ]),
      ready: (until) => store.ready(until),
      stop: () => started.stop(),
    },
  }
}

/** Logs the store's states, and why it is in them, once each; what went wrong as a warning. */
function logChanges(logger: Logger): (progress: StoreStatus) => void {
  let known = ''
  return ({ state, reason }) => {
    const now = `${state} ${reason ?? ''}`
    if (now === known) return
    known = now
    logger[reason === null ? 'info' : 'warn']({ state, reason }, 'store')
  }
}

function newSecret(control: Control, name: string, bytes: number): Uint8Array {
  const value = randomBytes(bytes)
  control.putSecret(name, value)
  return value
}
