import type { EventErrorCode } from './error.ts'
import type { KindSpec } from './kinds.ts'

export interface ValidationLimits {
  /** Greatest length of a string in UTF-16 units. Default 65,536; `extra` values count too. */
  readonly maxStringLength: number
  /** Default 64. */
  readonly maxTags: number
  /** Greatest length of a tag's key and of its value. Default 1,024. */
  readonly maxTagLength: number
  /** Deepest nesting of `common` and `payload` values. Default 32. */
  readonly maxDepth: number
}

export interface ValidationContext {
  /** Epoch microseconds. */
  readonly now: number
  /** Events later than `now` + this are `future`. Default 600,000,000 (10 minutes). */
  readonly futureTolerance: number
  /** Events before this are `expired`; null keeps forever. Epoch microseconds. */
  readonly oldest: number | null
  /** Whether an event without an id is an error (no Idempotency-Key was given). */
  readonly requireEventId: boolean
  readonly limits: ValidationLimits
}

/** A valid event, taken apart. Arrays are aligned with the field tables; `undefined` = absent. */
export interface ValidEvent {
  readonly ok: true
  readonly kind: KindSpec
  /** Event time in epoch microseconds. */
  readonly time: number
  /** Values of COMMON_FIELDS by index; ids as text. */
  readonly common: readonly unknown[]
  /** Values of kind.fields by index, aliases resolved; ids as text. */
  readonly fields: readonly unknown[]
  /** Tags as pairs; a list of keys has empty values. */
  readonly tags: readonly (readonly [key: string, value: string])[]
  /** Unknown fields, unequal aliases and fields without a column; null when there are none. */
  readonly extra: Readonly<Record<string, unknown>> | null
  /** Content fields that were dropped. */
  readonly droppedContent: number
  /** Aliases that contradicted the canonical field. */
  readonly aliasConflicts: number
}

export interface InvalidEvent {
  readonly ok: false
  readonly code: EventErrorCode
  /** JSON pointer to the offending value. */
  readonly path: string
  readonly message: string
}

export type Validation = ValidEvent | InvalidEvent
