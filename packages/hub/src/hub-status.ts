import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Verification } from './api/routes/verify.ts'
import type { Config } from './config/options.ts'
import type { Control } from './control/control.ts'
import type { Clock } from './core/clock.ts'
import type { FreeSpace } from './core/free-space.ts'
import type { DependencyStatus, EventCounts, HubStatus } from './core/status.ts'
import type { IntakeStage } from './ingest/intake.ts'
import type { ProjectCounts } from './ingest/stats.ts'
import type { LiveClient } from './live/client.ts'
import type { Journal } from './log/journal/journal.ts'
import { BACKFILL, LIVE, type Log } from './log/log.ts'
import type { AskStats } from './query/ask.ts'
import type { StoreClient } from './store/client.ts'

export interface StatusParts {
  readonly logDir: string
  readonly config: Config
  readonly clock: Clock
  readonly freeSpace: FreeSpace
  readonly store: StoreClient
  readonly journal: Journal
  readonly ingest: IntakeStage
  /** Null when live windows are switched off. */
  readonly live: LiveClient | null
  readonly askStats: () => AskStats
}

/** What the hub knows of itself: for /ready, /stats and /metrics. */
export async function statusOf(parts: StatusParts): Promise<HubStatus> {
  const { store, journal, ingest, clock, freeSpace } = parts
  const known = await store.status()
  const log = journal.stats()
  const counts = ingest.stats()
  const now = clock.now() / 1000
  return {
    dependencies: dependenciesOf(parts),
    store: {
      state: known.state,
      rows: known.rows,
      bytes: known.fileBytes,
      recoveries: known.recoveries,
      applyLagSeconds: store.lagMs / 1000,
    },
    journal: {
      bytes: await folderBytes(parts.logDir),
      pendingBytes: journal.pendingBytes,
      commits: log.commits,
      fsyncSeconds: log.fsyncSeconds,
      compressionFailures: log.compressionFailures,
    },
    dedup: {
      entries: counts.ids.keys,
      horizonSeconds:
        counts.ids.horizonStart === 0 ? null : Math.round(now - counts.ids.horizonStart),
      damagedRuns: counts.ids.damagedRuns,
      errors: counts.ids.errors,
    },
    ingest: {
      ...eventCounts(counts.total),
      rejectedByCode: Object.fromEntries(counts.rejectedByCode),
      projects: Object.fromEntries(
        [...counts.projects].map(([project, each]) => [project, eventCounts(each)]),
      ),
      refusedRequests: Object.fromEntries(counts.refused),
      deadLettersNotKept: counts.lettersNotKept,
      suppressed: counts.suppressed,
      unpriced: counts.unpriced,
      droppedContent: counts.droppedContent,
      aliasConflicts: counts.aliasConflicts,
      pendingRows: counts.pendingRows,
    },
    query: parts.askStats(),
    live: parts.live === null ? null : liveStatus(parts.live),
    disk: { freeBytes: freeSpace.bytes() },
  }
}

function liveStatus(live: LiveClient): NonNullable<HubStatus['live']> {
  const { series, lagMs, checkpointAgeMs, ...known } = live.progress
  const sum = (of: 'late' | 'openWindows' | 'restated'): number =>
    series.reduce((total, each) => total + each[of], 0)
  // What is counted of a definition is in each of its sizes.
  const definitions = [...new Map(series.map((each) => [each.definition, each])).values()]
  return {
    ...known,
    lagSeconds: lagMs / 1000,
    late: sum('late'),
    openWindows: sum('openWindows'),
    restated: sum('restated'),
    groups: definitions.reduce((total, { groups }) => total + groups, 0),
    overflow: definitions.reduce((total, { overflow }) => total + overflow, 0),
    restarts: live.restarts,
    checkpointAgeSeconds: checkpointAgeMs === null ? null : checkpointAgeMs / 1000,
  }
}

function eventCounts({ received, accepted, duplicate, rejected }: ProjectCounts): EventCounts {
  return { received, accepted, duplicates: duplicate, rejected }
}

function dependenciesOf({ store, freeSpace, config }: StatusParts): DependencyStatus[] {
  const { state } = store.progress
  const full = freeSpace.bytes() <= config['ingest.disk_reserve_bytes']
  return [
    { name: 'log', ready: !full, reason: full ? 'free space is below the reserve' : null },
    {
      name: 'store',
      ready: state === 'ready',
      reason: state === 'ready' ? null : `the store is ${state}`,
    },
  ]
}

/** Reads every record of the log, or has the store check itself. */
export async function verifyPart(
  what: 'log' | 'store' | 'rollups',
  store: StoreClient,
  log: Log,
): Promise<Verification | null> {
  if (what !== 'log') {
    const outcome = await store.verify(what)
    return outcome.ok ? { checked: outcome.checked, problems: outcome.problems } : null
  }
  const checked: { name: string; count: number }[] = []
  const problems: string[] = []
  for (const partition of [LIVE, BACKFILL]) {
    let count = 0
    try {
      for await (const _ of log.read(partition, log.earliest(partition))) count++
    } catch (error) {
      problems.push((error as Error).message)
    }
    checked.push({ name: `partition ${partition}`, count })
  }
  return { checked, problems }
}

/** Every project that has a record in the control store or ever had a row. */
export async function knownProjects(
  control: Pick<Control, 'projects'>,
  store: StoreClient,
): Promise<readonly string[]> {
  const outcome = await store.sql(
    { sql: 'SELECT value FROM main.dict_project', maxRows: 1_000_000, deadlineMs: 30_000 },
    new AbortController().signal,
  )
  if (!outcome.ok) throw new Error(outcome.message)
  const stored = outcome.rows.flatMap(([value]) => (typeof value === 'string' ? [value] : []))
  return [...new Set([...control.projects().map(({ name }) => name), ...stored])].toSorted()
}

/** Limits of every stage, as configured: option path → value. */
export function limitsOf(config: Config): Readonly<Record<string, unknown>> {
  const limits = Object.entries(config).filter(([path]) =>
    /^(ingest|query|sql|live|dedup|retention|dead_letters)\./.test(path),
  )
  return Object.fromEntries(limits)
}

/** Size of all files below a folder; one that vanishes meanwhile counts as nothing. */
async function folderBytes(dir: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    bytes += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}
