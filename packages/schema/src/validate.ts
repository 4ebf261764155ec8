/**
 * Validation of wire events. It never throws and changes nothing; a valid event comes back taken
 * apart by the field tables, so that the next stage copies values into columns without looking
 * names up again. The first problem found is reported.
 */

import {
  checkField,
  checkJson,
  checkTokens,
  DEFAULT_VALIDATION_LIMITS,
  type InvalidEvent,
  invalid,
  isForbidden,
  typeName,
  type ValidationLimits,
  within,
  wrongType,
} from './check-value.ts'
import {
  AT,
  COMMON,
  COMPILED_KINDS,
  type CompiledFields,
  type CompiledKind,
} from './compiled-kinds.ts'
import { CONTENT_FIELDS, type KindSpec } from './kinds.ts'
import { nearestName } from './nearest-name.ts'
import { epochToMicros, parseIsoMicros } from './time.ts'

export type { InvalidEvent, ValidationLimits }
export { DEFAULT_VALIDATION_LIMITS }

/** Events later than now by more than this are `future`: 10 minutes, in microseconds. */
export const DEFAULT_FUTURE_TOLERANCE = 600_000_000

/** Major version of the event schema that this program reads. */
export const SCHEMA_MAJOR = 1

export interface ValidationContext {
  /** Epoch microseconds. */
  readonly now: number
  /** Microseconds; see DEFAULT_FUTURE_TOLERANCE. */
  readonly futureTolerance: number
  /** Events before this are `expired`; null keeps forever. Epoch microseconds. */
  readonly oldest: number | null
  /** Whether an event without an id is an error (no Idempotency-Key was given). */
  readonly requireEventId: boolean
  /** Keep content fields (in `extra`) instead of dropping them. Default false. */
  readonly keepContent?: boolean
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

export type Validation = ValidEvent | InvalidEvent

/** Token counts that may stand in the payload itself instead of in `usage`. */
export const USAGE_SHORTHAND: readonly string[] = [
  'input_tokens',
  'output_tokens',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cached_tokens',
  'reasoning_tokens',
]

const CONTENT: ReadonlySet<string> = new Set(CONTENT_FIELDS)
const SHORTHAND: ReadonlySet<string> = new Set(USAGE_SHORTHAND)
const NO_TAGS: readonly (readonly [string, string])[] = []

/** What is being collected for one event. */
interface Draft {
  extra: Record<string, unknown> | null
  usageParts: Record<string, unknown> | null
  droppedContent: number
  aliasConflicts: number
}

function keepExtra(draft: Draft, key: string, value: unknown): void {
  draft.extra ??= {}
  draft.extra[key] = value
}

/** A valid value as it is kept: ids are text. */
function kept(type: string, value: unknown): unknown {
  return type === 'id' && typeof value === 'number' ? String(value) : value
}

/** Fills `values` from `object`; answers the first problem, its path relative to `object`. */
function readFields(
  object: Record<string, unknown>,
  compiled: CompiledFields,
  values: unknown[],
  draft: Draft,
  context: ValidationContext,
): InvalidEvent | null {
  let aliases: string[] | null = null
  for (const key in object) {
    const value = object[key]
    const slot = compiled.slots.get(key)
    if (slot === undefined) {
      if (key === 'type' && compiled !== COMMON) continue
      const problem = readUnknown(key, value, compiled, draft, context)
      if (problem !== null) return problem
    } else if (value === null || value === undefined) {
      continue
    } else if (slot.alias) {
      aliases ??= []
      aliases.push(key)
    } else {
      const problem = checkField(slot.spec, value, context.limits)
      if (problem !== null) return within(key, problem)
      values[slot.index] = kept(slot.spec.type, value)
    }
  }
  if (aliases !== null) {
    const problem = readAliases(object, aliases, compiled, values, draft, context)
    if (problem !== null) return problem
  }
  for (const slot of compiled.required) {
    if (values[slot.index] === undefined) {
      return within(slot.spec.name, invalid('missing_field', '', `${slot.spec.name} is required`))
    }
  }
  return null
}

function readUnknown(
  key: string,
  value: unknown,
  compiled: CompiledFields,
  draft: Draft,
  context: ValidationContext,
): InvalidEvent | null {
  if (isForbidden(key))
    return within(key, invalid('forbidden_key', '', `key ${key} is not allowed`))
  if (CONTENT.has(key) && context.keepContent !== true) {
    draft.droppedContent++
    return null
  }
  if (value === null || value === undefined) return null
  const problem = checkJson(value, 0, context.limits)
  if (problem !== null) return within(key, problem)
  if (compiled.usage >= 0 && SHORTHAND.has(key)) {
    const wrong = checkTokens(value)
    if (wrong !== null) return within(key, wrong)
    draft.usageParts ??= {}
    draft.usageParts[key] = value
  } else {
    keepExtra(draft, key, value)
  }
  return null
}

/** Aliases fill what the canonical names left empty; one that contradicts is kept in `extra` and counted. */
function readAliases(
  object: Record<string, unknown>,
  aliases: readonly string[],
  compiled: CompiledFields,
  values: unknown[],
  draft: Draft,
  context: ValidationContext,
): InvalidEvent | null {
  for (const key of aliases) {
    const slot = compiled.slots.get(key)
    if (slot === undefined) continue
    const value = object[key]
    const problem = checkField(slot.spec, value, context.limits)
    if (problem !== null) return within(key, problem)
    const alias = kept(slot.spec.type, value)
    const canonical = values[slot.index]
    if (canonical === undefined) {
      values[slot.index] = alias
    } else if (canonical !== alias) {
      draft.aliasConflicts++
      keepExtra(draft, key, value)
    }
  }
  return null
}

type Tags = readonly (readonly [key: string, value: string])[]

/** Tags as pairs, or the first problem. */
function readTags(value: unknown, limits: ValidationLimits): Tags | InvalidEvent {
  const pairs: (readonly [string, string])[] = []
  if (Array.isArray(value)) {
    for (const [i, key] of value.entries()) {
      if (typeof key !== 'string') return within(i, wrongType('a string', key))
      if (!pairs.some(([known]) => known === key)) pairs.push([key, ''])
      if (pairs.length > limits.maxTags) break
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      const tag = (value as Record<string, unknown>)[key]
      if (isForbidden(key))
        return within(key, invalid('forbidden_key', '', `key ${key} is not allowed`))
      if (tag === null || tag === undefined) continue
      if (typeof tag === 'string') pairs.push([key, tag])
      else if (typeof tag === 'boolean') pairs.push([key, tag ? 'true' : 'false'])
      else if (typeof tag === 'number' && Number.isFinite(tag)) pairs.push([key, String(tag)])
      else return within(key, wrongType('a string, a number or a boolean', tag))
    }
  } else {
    return wrongType('an object or an array of strings', value)
  }
  if (pairs.length > limits.maxTags) {
    return invalid('too_many_tags', '', `more than ${limits.maxTags} tags`)
  }
  for (const [key, tag] of pairs) {
    if (key.length > limits.maxTagLength || tag.length > limits.maxTagLength) {
      const problem = invalid(
        'string_too_long',
        '',
        `tag is longer than ${limits.maxTagLength} characters`,
      )
      return within(key.slice(0, 64), problem)
    }
  }
  return pairs
}

function readTime(value: unknown, context: ValidationContext): number | InvalidEvent {
  let time: number | null = null
  if (typeof value === 'string') time = parseIsoMicros(value)
  else if (typeof value === 'number') time = epochToMicros(value)
  if (time === null) {
    const expected =
      'ISO 8601 with a zone, such as 2026-11-21T10:00:00Z, or epoch seconds, milliseconds or microseconds'
    return invalid('bad_time', '', `expected ${expected}`)
  }
  if (time > context.now + context.futureTolerance) {
    const ahead = Math.round((time - context.now) / 1_000_000)
    return invalid('future', '', `${ahead} s ahead of the clock of the hub`)
  }
  if (context.oldest !== null && time < context.oldest) {
    return invalid('expired', '', 'older than the retention keeps')
  }
  return time
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function notAnObject(name: string, value: unknown): InvalidEvent {
  const problem =
    value === undefined
      ? invalid('missing_field', '', `${name} is required`)
      : wrongType('an object', value)
  return within(name, problem)
}

/**
 * Validates one wire event: `{ common, payload }`.
 * Cost: about 1 µs for a typical call event.
 */
export function validateEvent(value: unknown, context: ValidationContext): Validation {
  if (!isObject(value))
    return invalid('not_an_object', '', `expected an object, got ${typeName(value)}`)
  const { common, payload } = value
  if (!isObject(common)) return notAnObject('common', common)
  if (!isObject(payload)) return notAnObject('payload', payload)
  const { type } = payload
  if (typeof type !== 'string') {
    const problem =
      type === undefined
        ? invalid('missing_field', '', 'type is required')
        : wrongType('a string', type)
    return within('payload', within('type', problem))
  }
  const known = COMPILED_KINDS.get(type)
  if (known === undefined) {
    const hint = nearestName(type, COMPILED_KINDS.keys())
    const meant = hint === null ? '' : `; did you mean ${hint}?`
    return invalid(
      'unknown_kind',
      '/payload/type',
      `kind ${JSON.stringify(type.slice(0, 64))} is unknown${meant}`,
    )
  }

  const draft: Draft = { extra: null, usageParts: null, droppedContent: 0, aliasConflicts: 0 }
  for (const key in value) {
    if (key === 'common' || key === 'payload') continue
    const problem = readUnknown(key, value[key], COMMON, draft, context)
    if (problem !== null) return problem
  }
  const commonValues: unknown[] = COMMON.empty.slice()
  const wrongCommon =
    readFields(common, COMMON, commonValues, draft, context) ??
    checkCommon(commonValues, known.kind, context)
  if (wrongCommon !== null) return within('common', wrongCommon)
  const time = readTime(commonValues[AT.timestamp], context)
  if (typeof time !== 'number') return within('common', within('timestamp', time))
  const sent = commonValues[AT.tags]
  const tags = sent === undefined ? NO_TAGS : readTags(sent, context.limits)
  if ('ok' in tags) return within('common', within('tags', tags))

  const values: unknown[] = known.fields.empty.slice()
  const wrongPayload = readFields(payload, known.fields, values, draft, context)
  if (wrongPayload !== null) return within('payload', wrongPayload)
  settleUsage(known.fields, values, draft)
  keepColumnless(known, values, draft)
  return {
    ok: true,
    kind: known.kind,
    time,
    common: commonValues,
    fields: values,
    tags,
    extra: draft.extra,
    droppedContent: draft.droppedContent,
    aliasConflicts: draft.aliasConflicts,
  }
}

/** What the field table cannot say about `common`. */
function checkCommon(
  common: readonly unknown[],
  kind: KindSpec,
  context: ValidationContext,
): InvalidEvent | null {
  const version = common[AT.schemaVersion]
  if (
    typeof version === 'string' &&
    !version.startsWith(`${SCHEMA_MAJOR}.`) &&
    version !== String(SCHEMA_MAJOR)
  ) {
    return within(
      'schema_version',
      invalid('unsupported_version', '', `this hub reads versions ${SCHEMA_MAJOR}.x`),
    )
  }
  const family = common[AT.family]
  if (family !== undefined && family !== kind.family) {
    return within(
      'event_type',
      invalid('family_mismatch', '', `kind ${kind.kind} belongs to ${kind.family}`),
    )
  }
  const eventId = common[AT.eventId]
  if (eventId === '' || (eventId === undefined && context.requireEventId)) {
    return within(
      'event_id',
      invalid('missing_event_id', '', 'event_id is required without an Idempotency-Key'),
    )
  }
  return null
}

/** Token counts of the payload itself become `usage`, unless there is one: then they are extra. */
function settleUsage(compiled: CompiledFields, values: unknown[], draft: Draft): void {
  if (draft.usageParts === null) return
  if (values[compiled.usage] === undefined) values[compiled.usage] = draft.usageParts
  else for (const [key, value] of Object.entries(draft.usageParts)) keepExtra(draft, key, value)
}

/** Fields without a column are kept in `extra`; a usage object only where it says more than plain counts. */
function keepColumnless(known: CompiledKind, values: readonly unknown[], draft: Draft): void {
  for (const i of known.fields.columnless) {
    const value = values[i]
    const spec = known.kind.fields[i]
    if (spec === undefined || value === undefined) continue
    if (spec.type === 'usage' && hasOnlyPlainCounts(value)) continue
    keepExtra(draft, spec.name, value)
  }
}

function hasOnlyPlainCounts(usage: unknown): boolean {
  for (const key in usage as object) if (!SHORTHAND.has(key)) return false
  return true
}
