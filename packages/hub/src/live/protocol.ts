import type { Question } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import type { ConsumerStatus, LiveLimits } from './consumer-options.ts'
import type {
  LiveDefinition,
  LiveSnapshot,
  LiveUpdate,
  PutOutcome,
  SnapshotRequest,
} from './live.ts'

/**
 * Messages between the main thread and the thread of the live consumer. They carry positions, definitions and
 * results; the thread reads the log itself, and has the main thread ask the store.
 */

/** What the worker is started with. Paths are absolute. */
export interface LiveWorkerData {
  readonly logDir: string
  readonly dataDir: string
  /** See `LiveConsumerOptions`. */
  readonly logName: string
  readonly definitions: readonly LiveDefinition[]
  readonly limits: LiveLimits
}

/** What the main thread asks the worker for, by name. */
export interface LiveRequests {
  readonly put: { readonly take: LiveDefinition; readonly answer: PutOutcome }
  readonly remove: { readonly take: string; readonly answer: boolean }
  readonly snapshot: { readonly take: SnapshotRequest; readonly answer: LiveSnapshot | null }
  /** Answers once the checkpoint holds nothing that the log, as far as it is committed now, has erased; false when it may. */
  readonly forget: { readonly take: null; readonly answer: boolean }
}

/** What the worker asks the main thread for. */
export interface MainRequests {
  readonly ask: { readonly take: StoreRequest; readonly answer: AskOutcome }
  /** Null where they cannot be told now. */
  readonly projects: {
    readonly take: StoreRequest['after']
    readonly answer: readonly string[] | null
  }
}

export interface StoreRequest {
  readonly question: Question
  readonly project: string
  /** The store is to have applied every partition up to here. */
  readonly after: ReadonlyMap<number, bigint>
}

type RequestOf<R> = {
  readonly [N in keyof R]: {
    readonly type: 'request'
    readonly id: number
    readonly name: N
    readonly take: R[N] extends { readonly take: infer T } ? T : never
  }
}[keyof R]

interface Answered {
  readonly type: 'answer'
  readonly id: number
  readonly answer: unknown
}

export type ToLive =
  | RequestOf<LiveRequests>
  | Answered
  | { readonly type: 'start'; readonly committed: ReadonlyMap<number, bigint> }
  | { readonly type: 'committed'; readonly partition: number; readonly next: bigint }
  /** Whether anybody wants to be told of updates. */
  | { readonly type: 'listening'; readonly on: boolean }
  | { readonly type: 'close' }

export type FromLive =
  | RequestOf<MainRequests>
  | Answered
  | {
      readonly type: 'status'
      readonly status: ConsumerStatus
      readonly definitions: readonly LiveDefinition[]
    }
  | { readonly type: 'updates'; readonly updates: readonly LiveUpdate[] }
  | { readonly type: 'problem'; readonly problem: string }
  | { readonly type: 'closed' }
