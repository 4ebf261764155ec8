import type { Logger } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import type { ProjectLimits } from '../auth/project-limits.ts'
import type { BackupKeeper } from '../backup/backup-keeper.ts'
import type { Cache } from '../cache/cache.ts'
import type { Control } from '../control/control.ts'
import type { Ask } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { Intake } from '../core/intake.ts'
import type { ReportSpec } from '../core/report.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { HubStatus } from '../core/status.ts'
import type { Exporting } from '../export/export-rows.ts'
import type { PriceBook } from '../ingest/price-book.ts'
import type { LiveSource } from '../live/live.ts'
import type { LiveStreamLimits } from '../live/sse-hub.ts'
import type { LetterActs } from '../maintenance/resolve.ts'
import type { EventReader } from '../query/events/reader.ts'
import type { CanonicalModel } from '../query/reconcile/reconcile.ts'
import type { ReceiverLimits } from '../receivers/http/limits.ts'
import type { JsonSchema } from './route.ts'
import type { Compaction } from './routes/compaction.ts'
import type { ErasureRouteDependencies } from './routes/erasures.ts'
import type { Reprice } from './routes/prices.ts'
import type { RetentionService } from './routes/retention.ts'
import type { SqlService } from './routes/sql.ts'
import type { Verify } from './routes/verify.ts'

/** Everything the service needs and does not make itself. */
export interface ApiDependencies {
  readonly version: string
  readonly clock: Clock
  /** Uniform in [0, 1): spreads Retry-After. */
  readonly random: () => number
  /** Cryptographically strong. */
  readonly randomBytes: (size: number) => Uint8Array
  readonly logger: Logger
  readonly control: Control
  readonly cache: Cache
  readonly authenticator: Authenticator
  readonly projectLimits: ProjectLimits
  readonly intake: Intake
  readonly receiverLimits: ReceiverLimits
  readonly ask: Ask
  readonly sql: SqlService
  /** Mounted at /api/v1 + path. */
  readonly reports: readonly ReportSpec[]
  /** Changes whenever rows of [from, to) of the scope change; epoch microseconds. */
  readonly rangeVersion: (scope: ProjectScope, from: number, to: number) => Promise<string>
  /** Names models alike that have one price list. */
  readonly canonicalModel: CanonicalModel
  /** The catalogue of measures and dimensions. */
  readonly semantic: () => JsonSchema
  /** JSON Schemas by file name, served at /schemas/<name>. */
  readonly schemas: () => Readonly<Record<string, JsonSchema>>
  readonly status: () => HubStatus | Promise<HubStatus>
  readonly reading: EventReader
  readonly exporting: Exporting
  readonly letters: LetterActs
  readonly live: LiveSource
  readonly liveLimits: LiveStreamLimits
  /** Names of live windows that the configuration brings. */
  readonly configuredWindows: ReadonlySet<string>
  /** Most live windows that people may define at run time. */
  readonly maxWindows: number
  readonly verify: Verify
  readonly prices: PriceBook
  readonly reprice: Reprice
  readonly retention: RetentionService
  readonly erasures: ErasureRouteDependencies['erasures']
  readonly compaction: Compaction
  readonly backups: Pick<BackupKeeper, 'start' | 'list' | 'status'>
  /** Limits of other stages, by stage, for /api/v1/limits. */
  readonly limits: () => Readonly<Record<string, unknown>>
}
