import { createMetrics } from '../core/metrics.ts'
import { LiveHub } from '../live/sse-hub.ts'
import { BodyBudget } from '../receivers/http/body-budget.ts'
import { createEventReceiver } from '../receivers/http/receive.ts'
import type { ApiDependencies } from './dependencies.ts'
import { openApiDocument } from './openapi/document.ts'
import { ReportCache } from './report-cache.ts'
import type { JsonSchema, Route } from './route.ts'
import { backupRoutes } from './routes/backups.ts'
import { compactionRoutes } from './routes/compaction.ts'
import { deadLetterSummaryRoute } from './routes/dead-letter-summary.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { documentRoutes } from './routes/documents.ts'
import { erasureRoutes } from './routes/erasures.ts'
import { eventRoutes } from './routes/events.ts'
import { exportRoutes } from './routes/exports.ts'
import { holdRoutes } from './routes/holds.ts'
import { importRoutes } from './routes/imports.ts'
import { keyRoutes } from './routes/keys.ts'
import { liveRoutes } from './routes/live.ts'
import { operationRoutes } from './routes/operations.ts'
import { pageRoutes } from './routes/pages.ts'
import { priceRoutes } from './routes/prices.ts'
import { projectRoutes } from './routes/projects.ts'
import { queryRoutes } from './routes/query.ts'
import { readEventRoutes } from './routes/read-events.ts'
import { readOneRoutes } from './routes/read-one.ts'
import { reconcileRoutes } from './routes/reconcile.ts'
import { referenceRoutes } from './routes/reference.ts'
import { reportRoutes } from './routes/reports.ts'
import { retentionRoutes } from './routes/retention.ts'
import { sqlRoutes } from './routes/sql.ts'
import { verifyRoutes } from './routes/verify.ts'
import { windowRoutes } from './routes/windows.ts'
import type { Server, ServerLimits } from './server.ts'
import { createServer, DEFAULT_SERVER_LIMITS } from './server.ts'
import { shareStatus } from './shared-status.ts'

export interface Api {
  /** The table of routes the server was made from. */
  readonly routes: readonly Route[]
  readonly openApi: JsonSchema
  readonly server: Server
}

/** The whole HTTP service, not yet listening. */
export async function createApi(
  dependencies: ApiDependencies,
  serverLimits: ServerLimits = DEFAULT_SERVER_LIMITS,
): Promise<Api> {
  const { authenticator, cache, clock, logger, projectLimits, receiverLimits } = dependencies
  const monotonic = (): number => clock.monotonic()
  const budget = new BodyBudget(receiverLimits.maxInFlightBytes)
  const liveHub = new LiveHub({
    source: dependencies.live,
    clock,
    random: dependencies.random,
    epoch: Buffer.from(dependencies.randomBytes(6)).toString('hex'),
    limits: dependencies.liveLimits,
    onError: (error) => logger.warn({ error: String(error) }, 'a live stream failed'),
  })
  const metrics = createMetrics({
    live: () => liveHub.stats(),
    inFlightBytes: () => budget.heldBytes,
    refusedBodies: () => budget.refused,
    cache: () => cache.stats(),
  })
  const receive = createEventReceiver({
    intake: dependencies.intake,
    limits: receiverLimits,
    budget,
    admit: (project, events) => projectLimits.admit(project, events),
  })
  let closing = false
  const closed = new AbortController()
  let openApi: JsonSchema = {}

  const status = shareStatus(dependencies.status, clock)
  const routes: readonly Route[] = [
    ...eventRoutes(dependencies, receive),
    ...readEventRoutes({ ...dependencies, closing: closed.signal }),
    ...readOneRoutes(dependencies),
    ...importRoutes(dependencies, receive),
    ...exportRoutes(dependencies),
    ...queryRoutes({ ...dependencies, monotonic, metrics }),
    ...reportRoutes({
      ...dependencies,
      monotonic,
      metrics,
      reportCache: new ReportCache(dependencies),
    }),
    ...liveRoutes({ ...dependencies, liveHub }),
    ...windowRoutes({ ...dependencies, liveHub }),
    ...sqlRoutes({ ...dependencies, monotonic, metrics }),
    deadLetterSummaryRoute(dependencies),
    ...deadLetterRoutes(dependencies),
    ...reconcileRoutes({ ...dependencies, budget, monotonic, metrics }),
    ...keyRoutes(dependencies),
    ...projectRoutes(dependencies),
    ...priceRoutes(dependencies),
    ...verifyRoutes(dependencies.verify, dependencies.random),
    ...retentionRoutes(dependencies),
    ...holdRoutes(dependencies),
    ...erasureRoutes(dependencies),
    ...compactionRoutes(dependencies.compaction, dependencies.random),
    ...backupRoutes(dependencies.backups),
    ...operationRoutes({
      version: dependencies.version,
      status,
      metrics,
      isClosing: () => closing,
    }),
    ...pageRoutes({ version: dependencies.version, status, routes: () => routes }),
    ...documentRoutes({ ...dependencies, serverLimits, openApi: () => openApi }),
    ...referenceRoutes(() => openApi),
  ]
  openApi = openApiDocument(routes, dependencies.version)
  const server = await createServer({
    routes,
    clock,
    logger,
    authenticator,
    limits: serverLimits,
    instance: Buffer.from(dependencies.randomBytes(5)).toString('hex'),
    observe: (record) => metrics.observeRequest(record),
  })
  return {
    routes,
    openApi,
    server: {
      ...server,
      async close() {
        closing = true
        closed.abort()
        liveHub.close()
        await server.close()
        metrics.close()
      },
    },
  }
}
