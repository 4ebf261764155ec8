import { createHash } from 'node:crypto'
import type { Config } from './config/options.ts'
import type { Ask } from './core/ask.ts'
import type { Clock } from './core/clock.ts'
import { projectScope } from './core/scope.ts'
import { LiveClient } from './live/client.ts'
import { defaultDefinitions } from './live/default-definitions.ts'
import { type LiveDefinition, MOST_RESULTS } from './live/live.ts'
import type { MainRequests } from './live/protocol.ts'
import type { StoreClient } from './store/client.ts'

export interface LiveParts {
  readonly config: Config
  readonly clock: Clock
  readonly logDir: string
  readonly dataDir: string
  readonly hashKey: Uint8Array
  readonly ask: Ask
  readonly store: Pick<StoreClient, 'waitFor'>
  /** Definitions that people have added. */
  readonly definitions: readonly LiveDefinition[]
  readonly projects: () => Promise<readonly string[]>
  readonly onProblem: (problem: string) => void
}

/** How long the store may be behind the live consumer before its question is tried again. */
const PATIENCE_MS = 30_000

/** The live windows as configured; null when they are switched off. Nothing is counted before `start`. */
export function createLive(parts: LiveParts): LiveClient | null {
  const { config, clock, logDir, dataDir, hashKey } = parts
  if (!config['live.enabled']) return null
  const hubs = defaultDefinitions({
    models: listOf(config['live.model_dimensions']),
    kinds: listOf(config['live.kind_dimensions']),
  })
  return new LiveClient({
    logDir,
    dataDir,
    // The key is made with the log's folder and never leaves it.
    logName: createHash('sha256').update('live').update(hashKey).digest('hex').slice(0, 32),
    clock,
    definitions: [...hubs, ...parts.definitions],
    limits: {
      groups: config['live.max_groups'],
      definitions: config['live.max_definitions'],
      windows: config['live.closed_windows'],
      results: MOST_RESULTS,
      disorderMs: config['live.disorder_seconds'] * 1000,
      idleMs: config['live.idle_seconds'] * 1000,
      intervalMs: config['live.interval_ms'],
      maxLagRecords: config['live.max_lag_records'],
      futureMs: config['ingest.future_tolerance_seconds'] * 1000,
    },
    ask: askApplied(parts),
    projects: async (after, signal) =>
      (await isApplied(parts, after, signal)) ? parts.projects() : null,
    onProblem: parts.onProblem,
  })
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** Waits until the store has applied what the live consumer has read; false when it takes too long. */
async function isApplied(
  { store }: LiveParts,
  after: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): Promise<boolean> {
  const reached = await Promise.all(
    [...after].map(([partition, offset]) =>
      store.waitFor({ partition, offset }, PATIENCE_MS, signal),
    ),
  )
  return !reached.includes(false)
}

/** Asks once the store has applied everything that the live consumer has read. */
function askApplied(
  parts: LiveParts,
): (
  request: MainRequests['ask']['take'],
  signal: AbortSignal,
) => Promise<MainRequests['ask']['answer']> {
  return async ({ question, project, after }, signal) => {
    if (!(await isApplied(parts, after, signal))) {
      return {
        ok: false,
        code: 'store_rebuilding',
        message: 'the store is behind the live windows',
        issues: [],
      }
    }
    return parts.ask(question, projectScope(project), signal)
  }
}
