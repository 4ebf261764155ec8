/**
 * Dead letters as the store has them: rejected events, each with what became of it. All times are
 * epoch microseconds.
 */

import type { ProjectScope } from '../core/scope.ts'
import type { QueryOutcome } from './store.ts'

/** `open`: nothing was done about it yet. */
export type LetterStatus = 'open' | 'replayed' | 'dismissed'

export const LETTER_STATUSES = [
  'open',
  'replayed',
  'dismissed',
] as const satisfies readonly LetterStatus[]

/** Letters that pass every part given. */
export interface LetterFilter {
  readonly ids?: readonly string[]
  readonly codes?: readonly string[]
  readonly status?: LetterStatus
  readonly receiver?: string
  readonly eventId?: string
  /** Part of message, path or body, whatever the case of its letters. */
  readonly text?: string
  /** Receive time, [from, to). */
  readonly from?: number
  readonly to?: number
}

/** Place of a letter in the order newest first: (received at, partition, offset, index) descending. */
export interface LetterPlace {
  readonly receivedAt: number
  readonly partition: number
  readonly offset: bigint
  readonly index: number
}

export interface Letter extends LetterPlace {
  readonly project: string
  readonly rejectId: string
  readonly receiver: string
  readonly eventId: string | null
  readonly code: string
  readonly path: string
  readonly message: string
  readonly status: LetterStatus
  /** When it was replayed or dismissed, and as which event it was replayed. */
  readonly resolvedAt: number | null
  readonly replayedAs: string | null
  /** Null in a list without bodies. */
  readonly body: string | null
  /** See `BodyForm` of ingest; null where the release that kept it did not say. */
  readonly bodyForm: string | null
}

/** Letters of a code with a status. */
export interface LetterCount {
  readonly code: string
  readonly status: LetterStatus
  readonly count: number
}

/** What was rejected in a bucket of receive time. */
export interface RejectedCount {
  /** Index of the bucket. */
  readonly bucket: number
  readonly project: string
  readonly receiver: string
  readonly code: string
  readonly count: number
}

/** Rows taken in, of every family, suppressed ones too. */
export interface TakenInCount {
  readonly bucket: number
  readonly project: string
  readonly receiver: string
  readonly count: number
}

/**
 * - `list`: a page, newest first. `count`: how many by code and status.
 * - `rates`: rejected and taken in by bucket, the nth of which lies between the nth edge and the next.
 * - `oldest`: the receive time of the oldest letter of each project.
 */
export type LettersQuestion =
  | {
      readonly type: 'list'
      readonly filter: LetterFilter
      readonly before: LetterPlace | null
      readonly limit: number
      readonly bodies: boolean
    }
  | { readonly type: 'count'; readonly filter: LetterFilter }
  | {
      readonly type: 'rates'
      readonly filter: Pick<LetterFilter, 'receiver'>
      /** Receive time, [from, to), within the edges. */
      readonly from: number
      readonly to: number
      readonly edges: readonly number[]
      readonly maxRows: number
    }
  | { readonly type: 'oldest' }

export interface LettersAnswer {
  /** Position of each partition that the answer includes at least. */
  readonly position: ReadonlyMap<number, bigint>
  readonly letters: readonly Letter[]
  readonly counts: readonly LetterCount[]
  readonly rejected: readonly RejectedCount[]
  readonly takenIn: readonly TakenInCount[]
  readonly oldest: readonly { readonly project: string; readonly receivedAt: number }[]
}

export type LettersOutcome =
  | { readonly ok: true; readonly answer: LettersAnswer }
  | Extract<QueryOutcome, { readonly ok: false }>

/** Asks about the dead letters of one project, or of all. Whoever needs them gets this function injected. */
export type AskLetters = (
  question: LettersQuestion,
  scope: ProjectScope,
  signal: AbortSignal,
) => Promise<LettersOutcome>
