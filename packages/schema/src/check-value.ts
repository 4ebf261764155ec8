import type { EventErrorCode } from './error.ts'
import type { FieldSpec } from './kinds/field.ts'

export interface ValidationLimits {
  /** Greatest length of a string in UTF-16 units. */
  readonly maxStringLength: number
  readonly maxTags: number
  /** Greatest length of a tag's key and of its value. */
  readonly maxTagLength: number
  /** Deepest nesting of a field's value; a scalar has depth 0. */
  readonly maxDepth: number
}

export const DEFAULT_VALIDATION_LIMITS: ValidationLimits = {
  maxStringLength: 65_536,
  maxTags: 64,
  maxTagLength: 1024,
  maxDepth: 32,
}

export interface InvalidEvent {
  readonly ok: false
  readonly code: EventErrorCode
  /** JSON pointer to the offending value. */
  readonly path: string
  readonly message: string
}

export function invalid(code: EventErrorCode, path: string, message: string): InvalidEvent {
  return { ok: false, code, path, message }
}

/** The problem as seen from one level up. */
export function within(key: string | number, problem: InvalidEvent): InvalidEvent {
  const step = String(key).replaceAll('~', '~0').replaceAll('/', '~1')
  return { ...problem, path: `/${step}${problem.path}` }
}

export function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

export function isForbidden(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

/**
 * Checks any JSON value for depth, string length, number range and forbidden keys. Recursion is
 * bounded by `maxDepth`. Paths are relative to the value: the pointer is only built for a problem.
 */
export function checkJson(
  value: unknown,
  depth: number,
  limits: ValidationLimits,
): InvalidEvent | null {
  if (typeof value === 'string') {
    if (value.length <= limits.maxStringLength) return null
    return invalid(
      'string_too_long',
      '',
      `text has ${value.length} characters, the limit is ${limits.maxStringLength}`,
    )
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return invalid('wrong_type', '', 'number is too large for a 64-bit float')
  }
  if (typeof value !== 'object' || value === null) return null
  if (depth >= limits.maxDepth)
    return invalid('too_deep', '', `nested deeper than ${limits.maxDepth} levels`)
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const problem = checkJson(value[i], depth + 1, limits)
      if (problem !== null) return within(i, problem)
    }
    return null
  }
  for (const key in value) {
    if (isForbidden(key))
      return within(key, invalid('forbidden_key', '', `key ${key} is not allowed`))
    const problem = checkJson((value as Record<string, unknown>)[key], depth + 1, limits)
    if (problem !== null) return within(key, problem)
  }
  return null
}

const DECIMAL = /^\d{1,12}(\.\d{1,18})?$/

export function wrongType(expected: string, value: unknown): InvalidEvent {
  return invalid('wrong_type', '', `expected ${expected}, got ${typeName(value)}`)
}

function checkNumber(spec: FieldSpec, value: unknown): InvalidEvent | null {
  if (typeof value !== 'number' || !Number.isFinite(value))
    return wrongType('a finite number', value)
  const least = spec.type === 'count' || spec.type === 'fraction' ? 0 : spec.min
  const greatest = spec.type === 'fraction' ? 1 : spec.max
  if (least !== undefined && value < least)
    return invalid('out_of_range', '', `${value} is below ${least}`)
  if (greatest !== undefined && value > greatest) {
    return invalid('out_of_range', '', `${value} is above ${greatest}`)
  }
  if (spec.type === 'count' && !Number.isSafeInteger(value))
    return wrongType('a whole number', value)
  return null
}

/** Up to a million dollars an event: fits 64-bit pico-dollars with room to spare. */
function checkDollars(value: unknown): InvalidEvent | null {
  if (typeof value === 'string' ? !DECIMAL.test(value) : typeof value !== 'number') {
    return wrongType('dollars as a number or a decimal string', value)
  }
  const dollars = Number(value)
  return dollars >= 0 && dollars <= 1e6
    ? null
    : invalid('out_of_range', '', `${dollars} is not between 0 and 1,000,000 dollars`)
}

function checkStrings(value: unknown, limits: ValidationLimits): InvalidEvent | null {
  if (!Array.isArray(value)) return wrongType('an array of strings', value)
  for (const [i, item] of value.entries()) {
    if (typeof item !== 'string') return within(i, wrongType('a string', item))
  }
  return checkJson(value, 0, limits)
}

/** Token counts anywhere in a usage object are whole and not negative; nothing else is asked of its shape. */
/** A count of tokens, wherever it stands. */
export function checkTokens(value: unknown): InvalidEvent | null {
  if (typeof value !== 'number') return wrongType('a count of tokens', value)
  if (Number.isSafeInteger(value) && value >= 0) return null
  return invalid('out_of_range', '', `${value} is not a count of tokens`)
}

function checkUsage(usage: object): InvalidEvent | null {
  for (const key in usage) {
    const value = (usage as Record<string, unknown>)[key]
    const isTokens = key.endsWith('tokens') || key.endsWith('TokenCount')
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const problem = checkUsage(value)
      if (problem !== null) return within(key, problem)
    } else if (isTokens && value !== null) {
      const problem = checkTokens(value)
      if (problem !== null) return within(key, problem)
    }
  }
  return null
}

/** Checks the value of one field; `value` is neither null nor undefined. The path is relative to it. */
export function checkField(
  spec: FieldSpec,
  value: unknown,
  limits: ValidationLimits,
): InvalidEvent | null {
  switch (spec.type) {
    case 'string':
      return typeof value === 'string' ? checkJson(value, 0, limits) : wrongType('a string', value)
    case 'id':
      if (typeof value === 'string') return checkJson(value, 0, limits)
      return Number.isSafeInteger(value) ? null : wrongType('a string or a safe integer', value)
    case 'number':
    case 'count':
    case 'fraction':
      return checkNumber(spec, value)
    case 'usd':
      return checkDollars(value)
    case 'boolean':
      return typeof value === 'boolean' ? null : wrongType('true or false', value)
    case 'enum':
      if (typeof value !== 'string') return wrongType('a string', value)
      if (spec.values?.includes(value) === true) return null
      return invalid('not_allowed', '', `expected one of ${spec.values?.join(', ')}`)
    case 'strings':
      return checkStrings(value, limits)
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return wrongType('an object', value)
      return checkJson(value, 0, limits)
    case 'usage':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return wrongType('an object', value)
      return checkJson(value, 0, limits) ?? checkUsage(value)
    case 'json':
      return checkJson(value, 0, limits)
  }
}
