import type { EventColumnName } from '../columns.ts'

/**
 * - `string`: text up to the string limit; `id`: text, or a safe integer taken as its decimal text
 * - `number`: finite; `count`: whole, 0 or more, safe; `fraction`: 0 to 1
 * - `usd`: dollars as a number of 0 or more or a decimal string
 * - `boolean`
 * - `object`: any JSON object; `strings`: array of strings; `json`: any JSON value
 * - `enum`: one of `values`
 * - `usage`: token usage (`usage.ts` says which shapes are understood)
 */
export type FieldType =
  | 'string'
  | 'id'
  | 'number'
  | 'count'
  | 'fraction'
  | 'usd'
  | 'boolean'
  | 'object'
  | 'strings'
  | 'json'
  | 'enum'
  | 'usage'

export interface FieldSpec {
  readonly name: string
  readonly type: FieldType
  readonly required?: true
  /** `null` is allowed and means absent, unless `required`. */
  readonly values?: readonly string[]
  /** Least and greatest number allowed, inclusive. */
  readonly min?: number
  readonly max?: number
  readonly unit?: string
  /** Column of the event row that holds the field; without one it is kept in `extra`. */
  readonly column?: EventColumnName
  /**
   * Other names senders use. The canonical name wins; an unequal alias is kept in `extra` and counted.
   */
  readonly aliases?: readonly string[]
  readonly doc: string
}

export const FAMILIES = [
  'telemetry',
  'metric',
  'security',
  'cost',
  'governance',
  'execution',
  'service',
] as const
export type Family = (typeof FAMILIES)[number]

export interface KindSpec {
  readonly family: Family
  readonly kind: string
  readonly doc: string
  readonly fields: readonly FieldSpec[]
}

export const SEVERITIES = ['debug', 'info', 'warning', 'error', 'critical'] as const
export const CALL_STATUSES = ['ok', 'error', 'timeout', 'cancelled'] as const

/** Fields that carry what users and models wrote. Dropped and counted unless content is switched on. */
export const CONTENT_FIELDS = [
  'messages',
  'prompt',
  'completion',
  'input',
  'output',
  'content',
  'response',
  'response_text',
  'prompt_text',
  'system_instructions',
  'tool_definitions',
  'tool_calls',
  'choices',
] as const
