import type { Answer, ErrorCode } from '@llmhub/schema'
import type { Logger } from 'pino'
import type { Authenticator } from '../auth/authenticator.ts'
import type { ProjectLimits } from '../auth/project-limits.ts'
import type { Cache } from '../cache/cache.ts'
import type { Control } from '../control/control.ts'
import type { Ask } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { Intake } from '../core/intake.ts'
import type { ReportSpec } from '../core/report.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { ReceiverLimits } from '../receivers/http/limits.ts'
import type { JsonSchema } from './route.ts'

/** A part of the hub that has to work before it is ready. */
export interface DependencyStatus {
  readonly name: string
  readonly ready: boolean
  /** Why it is not, in words that hold no path and no SQL; null when ready. */
  readonly reason: string | null
}

/** What the hub knows of itself, for /ready, /stats and /metrics. Counters only grow while it runs. */
export interface HubStatus {
  readonly dependencies: readonly DependencyStatus[]
  readonly store: {
    readonly state: string
    readonly rows: number
    /** Age of the oldest record of the log that is not applied yet; 0 when there is none. */
    readonly applyLagSeconds: number
  }
  readonly journal: {
    readonly bytes: number
    readonly commits: number
    /** Time spent in fsync by all commits. */
    readonly fsyncSeconds: number
  }
  readonly dedup: {
    readonly entries: number
    /** How far back a duplicate is found for certain; null while nothing has been forgotten. */
    readonly horizonSeconds: number | null
  }
  /** Events by outcome, of all receivers. */
  readonly ingest: {
    readonly accepted: number
    readonly duplicates: number
    readonly rejected: number
    readonly rejectedByCode: Readonly<Partial<Record<ErrorCode, number>>>
  }
}

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
  /** Mounted at /api/v1 + path. */
  readonly reports: readonly ReportSpec[]
  /** Changes whenever rows of [from, to) of the scope change; epoch microseconds. */
  readonly rangeVersion: (scope: ProjectScope, from: number, to: number) => Promise<string>
  /** The catalogue of measures and dimensions. */
  readonly semantic: () => JsonSchema
  /** JSON Schemas by file name, served at /schemas/<name>. */
  readonly schemas: () => Readonly<Record<string, JsonSchema>>
  readonly status: () => HubStatus | Promise<HubStatus>
  /** Formula-safe CSV of an answer, with a header line. */
  readonly toCsv: (answer: Answer) => string
  /** Limits of other stages, by stage, for /api/v1/limits. */
  readonly limits: () => Readonly<Record<string, unknown>>
}
