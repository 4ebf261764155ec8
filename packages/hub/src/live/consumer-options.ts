import type { Clock } from '../core/clock.ts'
import type { CheckpointFile } from './checkpoint-file.ts'
import type { DefinitionLimits } from './definition-windows.ts'
import type { LiveDefinition, LiveStatus, LiveUpdate } from './live.ts'
import type { PlanMeasures } from './plan.ts'
import type { AskStore } from './restater.ts'
import type { ReadLog } from './row-places.ts'

export interface LiveLimits extends DefinitionLimits {
  /** How much later than others an event may come and still be in time, in milliseconds. */
  readonly disorderMs: number
  /** Without events for so long, event time goes on with the clock. */
  readonly idleMs: number
  /** Events are gathered for so long before they are counted. */
  readonly intervalMs: number
  /** Records behind the log at which the consumer begins anew at its end. */
  readonly maxLagRecords: number
  /** How far ahead of the clock an event may be, in milliseconds: as ingest takes them in. */
  readonly futureMs: number
  /** Definitions that may be added to those of the hub. */
  readonly definitions: number
}

/** What the consumer needs of a log. A payload read is valid until the next step of the iteration. */
export interface LiveLog extends ReadLog {
  earliest(partition: number): bigint | Promise<bigint>
}

export interface LiveConsumerOptions {
  readonly log: LiveLog
  /** For looking up rows, so that following the log is not disturbed; default `log`. */
  readonly lookUp?: ReadLog
  /** Tells this log from others: a checkpoint of another one is not used. */
  readonly logName: string
  readonly clock: Clock
  readonly planMeasures: PlanMeasures
  readonly definitions: readonly LiveDefinition[]
  readonly checkpoint: CheckpointFile | null
  readonly ask: AskStore
  readonly projects: (after: ReadonlyMap<number, bigint>) => Promise<readonly string[]>
  readonly limits: LiveLimits
  readonly onUpdates: (updates: readonly LiveUpdate[]) => void
  /** Told of what went wrong and was dealt with. */
  readonly onProblem: (problem: string) => void
}

export interface ConsumerStatus {
  readonly series: readonly LiveStatus[]
  /** Epoch µs; null before the first event. */
  readonly watermark: number | null
  readonly lagRecords: number
  readonly lagMs: number
  /** Events read from the live partition since the process began. */
  readonly events: number
  readonly updates: number
  /** How often it began anew because it was too far behind or its state was of no use. */
  readonly resets: number
  readonly errors: number
  readonly checkpointBytes: number
  /** Milliseconds since the last checkpoint; null before the first. */
  readonly checkpointAgeMs: number | null
  /** Memory of the window operators, estimated. */
  readonly stateBytes: number
}
