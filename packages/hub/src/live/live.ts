/**
 * Live windows: what the hub counts while events come in. A definition says what is counted, by which
 * dimensions and in which windows; the consumer in its own thread reads the log and tells of upserts; a
 * closed window's values are those that the question language answers for the same range.
 *
 * Nothing here is stored but the consumer's checkpoint: whatever is lost is made again from log and store.
 */

import type { Cell } from '@llmhub/schema'
import type { Duration, TriggerSpec, WindowSpec } from '@llmhub/stream'
import type { QuestionIssue } from '../core/ask.ts'

/**
 * Results of one definition and size that there are at most: so many are kept, asked of the store at once, sent as
 * one snapshot, and remembered by those who watch.
 */
export const MOST_RESULTS = 10_000

/**
 * Windows by calendar or clock, or of activity with pauses. The store cannot restate sessions: late events and
 * operations do not change them.
 */
export type LiveWindow =
  | Extract<WindowSpec, { readonly type: 'calendar' | 'tumbling' | 'hopping' | 'cumulate' }>
  | { readonly type: 'session'; readonly gap: Duration; readonly longest?: Duration }

/** What is counted live, as data. */
export interface LiveDefinition {
  /** Unique; letters, digits, `_`, `-` and dots. */
  readonly name: string
  /** The project it counts, or null for every project. Either way the project is part of what results are about. */
  readonly project: string | null
  /** One or several, of different sizes (`sizeOf`). */
  readonly windows: readonly LiveWindow[]
  /** Names of dimensions of the question language, `tag.<key>` included. */
  readonly by: readonly string[]
  /** Names of measures of the catalogue. Those that count distinct values are refused. */
  readonly measures: readonly string[]
  /** As in a question: `{all, any, not}`; null counts all events. */
  readonly where: Readonly<Record<string, unknown>> | null
  /** When results are given; default: while somebody listens once a second, at the end, and with late events. */
  readonly trigger?: TriggerSpec
  /** How long behind its end a window still takes late events by itself; later ones are asked from the store. Default one minute. */
  readonly lateness?: Duration
  /** Groups of one size at one time; further ones count under `__other__`. Default `live.max_groups`. */
  readonly maxGroups?: number
  /** Whether the hub brought it, which cannot be removed. Default false. */
  readonly builtIn?: boolean
}

/** One result. Results with equal definition, size, project, window and key replace each other, the newest wins. */
export interface LiveUpdate {
  readonly definition: string
  /** Of the window: `1h`, `10m`, `10m/1m`, `session 5m`. */
  readonly size: string
  readonly project: string
  /** Epoch microseconds, [start, end). */
  readonly window: { readonly start: number; readonly end: number }
  /** Values of the dimensions, in their order; all `__other__` beyond the limit of groups. */
  readonly key: readonly (string | null)[]
  /** By name of measure, as in answers: money as decimal strings. */
  readonly values: Readonly<Record<string, Cell>>
  readonly pane: {
    readonly index: number
    readonly timing: 'early' | 'on_time' | 'late'
    /** Whether the window has ended: the watermark is behind it. */
    readonly closed: boolean
  }
  /** `live`: counted from the log; `store`: answered by the store, because rows changed in other ways. */
  readonly source: 'live' | 'store'
  /** The group no longer has rows in this window: what was told before is void, and values are those of no rows. */
  readonly removed?: boolean
}

/** State of one definition and size. */
export interface LiveStatus {
  readonly definition: string
  readonly size: string
  /** No event before this is expected any more: epoch microseconds; null before the first event. */
  readonly watermark: number | null
  /** Records of the log that are not read yet, and how long the oldest of them waits. */
  readonly lagRecords: number
  readonly lagMs: number
  /** Events that came when their windows were forgotten. */
  readonly late: number
  readonly openWindows: number
  readonly groups: number
  /** Events counted under `__other__`. */
  readonly overflow: number
  /** Windows whose results came from the store. */
  readonly restated: number
}

export type PutOutcome =
  | { readonly ok: true; readonly definition: LiveDefinition }
  | {
      readonly ok: false
      /**
       * `invalid`: see issues; `built_in`: the name is one of the hub's own; `too_many`: a limit is reached;
       * `unavailable`: nobody counts now, try again.
       */
      readonly code: 'invalid' | 'built_in' | 'too_many' | 'unavailable'
      readonly message: string
      readonly issues: readonly QuestionIssue[]
    }

export interface SnapshotRequest {
  readonly definition: string
  readonly size: string
  /** Null: of all projects. */
  readonly project: string | null
  /** Most results; the newest windows come first when there are more. */
  readonly limit: number
}

export interface LiveSnapshot {
  /** Ordered by window and key. */
  readonly updates: readonly LiveUpdate[]
  /** `partition:offset` up to which they hold. */
  readonly position: string
  /** Epoch microseconds. */
  readonly watermark: number | null
}

export interface LiveSource {
  definitions(): readonly LiveDefinition[]
  /** Adds a definition, or replaces the one of the same name. */
  put(definition: LiveDefinition): Promise<PutOutcome>
  /** False when there is none of that name, or the hub brought it. */
  remove(name: string): Promise<boolean>
  /**
   * Results of one definition, size and project that are kept: open windows and the last closed ones, bounded.
   * Everything that listeners were told before it is answered is in it; what they are told from then on is newer.
   * Null when there is no such definition or size.
   */
  snapshot(of: SnapshotRequest): Promise<LiveSnapshot | null>
  /** Told of upserts, in order; never blocks the consumer. The listener must not throw. Answers how to stop. */
  subscribe(listener: (updates: readonly LiveUpdate[]) => void): () => void
  status(): readonly LiveStatus[]
}

/** The name of a window's size, unique within its definition. */
export function sizeOf(window: LiveWindow): string {
  switch (window.type) {
    case 'calendar':
      return window.zone === undefined || window.zone === 'UTC'
        ? window.step
        : `${window.step} ${window.zone}`
    case 'tumbling':
      return named(window.size, window.offset)
    case 'hopping':
      return named(`${window.size}/${window.slide}`, window.offset)
    case 'cumulate':
      return named(`${window.size} by ${window.step}`, window.offset)
    case 'session':
      return `session ${window.gap}`
    default:
      return window satisfies never
  }
}

function named(size: number | string, offset: number | string | undefined): string {
  return offset === undefined ? String(size) : `${size}+${offset}`
}
