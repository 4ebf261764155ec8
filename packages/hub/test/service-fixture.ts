import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventJsonSchema } from '@llmhub/schema'
import { pino } from 'pino'
import type { Api } from '../src/api/api.ts'
import { createApi } from '../src/api/api.ts'
import type { ApiDependencies } from '../src/api/dependencies.ts'
import type { ServerLimits } from '../src/api/server.ts'
import { DEFAULT_SERVER_LIMITS } from '../src/api/server.ts'
import { Authenticator } from '../src/auth/authenticator.ts'
import { ProjectLimits } from '../src/auth/project-limits.ts'
import { createMemoryCache } from '../src/cache/memory/memory-cache.ts'
import type { Control, Permission } from '../src/control/control.ts'
import { openSqliteControl } from '../src/control/sqlite/sqlite-control.ts'
import { systemClock } from '../src/core/clock.ts'
import type { IntakeRequest } from '../src/core/intake.ts'
import type { HubStatus } from '../src/core/status.ts'
import { createPriceBook } from '../src/ingest/price-book.ts'
import { DEFAULT_STREAM_LIMITS } from '../src/live/sse-hub.ts'
import { semanticDocument } from '../src/query/semantic.ts'
import { DEFAULT_RECEIVER_LIMITS } from '../src/receivers/http/limits.ts'
import { memoryLiveSource } from './memory-live-source.ts'

/** A service on a free loopback port, for tests: real HTTP, keys, control store and cache. */
export interface ServiceFixture {
  readonly url: string
  readonly port: number
  readonly api: Api
  readonly control: Control
  readonly authenticator: Authenticator
  /** What ingest was given, in order. */
  readonly intakes: IntakeRequest[]
  /** Lines of the log, as written. */
  readonly log: string[]
  /** A key that may do `permissions`, for one project or for all. */
  key(permissions: readonly Permission[], project?: string | null): string
  close(): Promise<void>
}

export const READY_STATUS: HubStatus = {
  dependencies: [{ name: 'store', ready: true, reason: null }],
  store: { state: 'ready', rows: 3, bytes: 4096, recoveries: 0, applyLagSeconds: 0.5 },
  journal: {
    bytes: 1000,
    pendingBytes: 10,
    commits: 7,
    fsyncSeconds: 0.25,
    compressionFailures: 0,
  },
  dedup: { entries: 3, horizonSeconds: null, damagedRuns: 0, errors: 0 },
  ingest: {
    received: 6,
    accepted: 3,
    duplicates: 2,
    rejected: 1,
    rejectedByCode: { bad_time: 1 },
    projects: { default: { received: 6, accepted: 3, duplicates: 2, rejected: 1 } },
    refusedRequests: { overloaded: 4 },
    deadLettersNotKept: 5,
    suppressed: 1,
    unpriced: 2,
    droppedContent: 8,
    aliasConflicts: 9,
    pendingRows: 11,
  },
  query: { running: 1, waiting: 12, asked: 20, shared: 2, reused: 3, refused: 1 },
  live: null,
  disk: { freeBytes: 1_000_000 },
}

const NO_STORE = { ok: false, failure: 'rebuilding', message: 'no store here' } as const

export async function startService(
  overrides: Partial<ApiDependencies> = {},
  serverLimits: Partial<ServerLimits> = {},
): Promise<ServiceFixture> {
  const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-service-'))
  const control = openSqliteControl({ file: path.join(folder, 'control.db'), writer: '0.0.0' })
  const clock = overrides.clock ?? systemClock
  const authenticator = new Authenticator({ control, clock, randomBytes })
  const intakes: IntakeRequest[] = []
  const log: string[] = []
  const cache = createMemoryCache({ clock })
  const api = await createApi(
    {
      version: '0.0.0',
      prices: createPriceBook({}, {}),
      reprice: async () => ({ ok: false, failure: 'rebuilding', message: 'no store here' }),
      clock,
      random: () => 0.5,
      randomBytes,
      logger: pino({ level: 'debug' }, { write: (line: string) => log.push(line) }),
      control,
      cache,
      authenticator,
      projectLimits: new ProjectLimits(control, clock),
      intake: (request) => {
        intakes.push(request)
        const accepted = request.events.length
        const answer = { accepted, duplicates: 0, rejected: 0, results: [], position: '0:1' }
        return Promise.resolve({ ok: true, answer })
      },
      receiverLimits: DEFAULT_RECEIVER_LIMITS,
      ask: () =>
        Promise.resolve({
          ok: true,
          answer: {
            columns: [{ name: 'n', role: 'measure' }],
            rows: [[1]],
            meta: {
              asOf: { position: { '0': '1' }, watermark: null },
              source: 'raw',
              partial: false,
              warnings: [],
              timezone: 'UTC',
              from: '2026-11-01T00:00:00.000Z',
              to: '2026-11-08T00:00:00.000Z',
            },
            next: null,
          },
        }),
      sql: {
        run: async () => ({ ok: false, failure: 'rebuilding', message: 'no store here' }),
        maxRows: 100,
        maxTimeoutMs: 1000,
      },
      reports: [],
      canonicalModel: (provider, model) => `${provider ?? 'any'}/${model}`,
      rangeVersion: () => Promise.resolve('1'),
      semantic: semanticDocument,
      schemas: () => ({ 'event.json': eventJsonSchema() }),
      status: () => READY_STATUS,
      reading: {
        list: async () => NO_STORE,
        event: async () => NO_STORE,
        trace: async () => NO_STORE,
        traces: async () => NO_STORE,
        conversation: async () => NO_STORE,
      },
      exporting: {
        start: () => Promise.resolve({ ok: false, failure: 'rebuilding', message: 'no store' }),
        countsAlike: () => false,
      },
      letters: {
        ask: () => Promise.resolve({ ok: false, failure: 'rebuilding', message: 'no store' }),
        replay: () => Promise.resolve({ ok: false, code: 'rebuilding', message: 'no store' }),
        dismiss: () => Promise.resolve({ ok: false, code: 'rebuilding', message: 'no store' }),
      },
      live: memoryLiveSource(),
      liveLimits: DEFAULT_STREAM_LIMITS,
      configuredWindows: new Set(),
      maxWindows: 50,
      verify: async () => null,
      retention: {
        defaults: { events: 0, letters: 0 },
        last: null,
        run: async (_by, dryRun) => ({ dryRun, at: clock.now(), cuts: [], log: null }),
        preview: async () => ({ dryRun: true, at: clock.now(), cuts: [], log: null }),
        projects: async () => control.projects().map(({ name }) => name),
        changed: () => {},
      },
      erasures: { erase: async () => ({ ok: false, failure: 'stopped' }) },
      compaction: {
        start: async () => ({ ok: true }),
        status: async () => ({ deadBytes: null, running: null, last: null }),
      },
      backups: {
        start: () => ({ ok: true }),
        list: async () => ({ ok: true, backups: [] }),
        status: { running: null, last: null },
      },
      limits: () => ({}),
      ...overrides,
    },
    { ...DEFAULT_SERVER_LIMITS, ...serverLimits },
  )
  const { port } = await api.server.listen('127.0.0.1', 0)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    api,
    control,
    authenticator,
    intakes,
    log,
    key: (permissions, project = null) =>
      authenticator.create({ name: 'test', project, permissions, expiresAt: null }).secret,
    async close() {
      await api.server.close()
      authenticator.close()
      await cache.close()
      control.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
