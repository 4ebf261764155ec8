/** Filters of a question → the predicate of a plan, or issues. */

import type { FilterOp } from '@llmhub/schema'
import type { QuestionIssue } from '../core/ask.ts'
import type { Literal, Predicate } from '../store/store.ts'
import type { Field } from './dimensions.ts'
import { FIELD_NAMES, fieldNamed } from './dimensions.ts'
import { suggestion } from './suggestion.ts'
import { picoDollars } from './value.ts'

export const WHERE_LIMITS = { depth: 8, filters: 100, values: 1000, text: 4096 } as const

export const FILTER_OPS: readonly FilterOp[] = [
  'eq',
  'ne',
  'in',
  'not_in',
  'gt',
  'gte',
  'lt',
  'lte',
  'contains',
  'starts_with',
  'exists',
  'not_exists',
]

/** Collects what is wrong, and which fields are filtered on. */
export interface WhereContext {
  readonly issues: QuestionIssue[]
  readonly fields: Set<string>
  filters: number
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** All parts must hold; null holds always. */
export function allOf(parts: readonly (Predicate | null)[]): Predicate | null {
  const real = parts.filter((part) => part !== null)
  const [only] = real
  if (only === undefined) return null
  return real.length === 1 ? only : { op: 'and', parts: real }
}

/**
 * A `where` of a question: `{all, any, not}`, each optional, together by and. An empty `any` holds
 * always, as if it were absent.
 */
export function parseWhere(
  value: unknown,
  path: string,
  context: WhereContext,
  depth = 0,
): Predicate | null {
  if (value === undefined || value === null) return null
  if (!isRecord(value)) {
    context.issues.push({ path, message: 'must be an object with `all`, `any` or `not`' })
    return null
  }
  if (depth > WHERE_LIMITS.depth) {
    context.issues.push({ path, message: `is nested more than ${WHERE_LIMITS.depth} deep` })
    return null
  }
  for (const key of Object.keys(value)) {
    if (key !== 'all' && key !== 'any' && key !== 'not') {
      context.issues.push({
        path: `${path}/${key}`,
        message: `is not known here; use \`all\`, \`any\` or \`not\`.${suggestion(key, ['all', 'any', 'not'])}`,
      })
    }
  }
  const all = parseParts(value['all'], `${path}/all`, context, depth)
  const any = parseParts(value['any'], `${path}/any`, context, depth)
  const not = parseNode(value['not'], `${path}/not`, context, depth + 1)
  const [onlyAny] = any
  return allOf([
    ...all,
    onlyAny === undefined ? null : any.length === 1 ? onlyAny : { op: 'or', parts: any },
    not === null ? null : { op: 'not', part: not },
  ])
}

/** A list of filters and nested wheres. */
export function parseParts(
  value: unknown,
  path: string,
  context: WhereContext,
  depth = 0,
): Predicate[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    context.issues.push({ path, message: 'must be a list of filters' })
    return []
  }
  const parts: Predicate[] = []
  for (const [index, part] of value.entries()) {
    if (context.filters > WHERE_LIMITS.filters) break
    const parsed = parseNode(part, `${path}/${index}`, context, depth + 1)
    if (parsed !== null) parts.push(parsed)
  }
  return parts
}

function parseNode(
  value: unknown,
  path: string,
  context: WhereContext,
  depth: number,
): Predicate | null {
  if (value === undefined || value === null) return null
  if (isRecord(value) && 'field' in value) return parseFilter(value, path, context)
  return parseWhere(value, path, context, depth)
}

/** `{ status: 'error', model: ['a', 'b'] }`: every field equals its value, or one of them. */
export function parseEqualities(
  value: Readonly<Record<string, unknown>>,
  path: string,
  context: WhereContext,
): Predicate | null {
  return allOf(
    Object.entries(value).map(([field, wanted]) =>
      parseFilter(
        { field, op: Array.isArray(wanted) ? 'in' : 'eq', value: wanted },
        `${path}/${field}`,
        context,
      ),
    ),
  )
}

function parseFilter(
  filter: Readonly<Record<string, unknown>>,
  path: string,
  context: WhereContext,
): Predicate | null {
  const { issues } = context
  const before = issues.length
  context.filters++
  if (context.filters > WHERE_LIMITS.filters) {
    issues.push({ path, message: `is more than ${WHERE_LIMITS.filters} filters` })
    return null
  }
  const name = filter['field']
  const field = typeof name === 'string' ? fieldNamed(name) : undefined
  if (field === undefined) {
    issues.push({
      path: `${path}/field`,
      message:
        typeof name === 'string'
          ? `"${name.slice(0, 100)}" is not a field.${suggestion(name, FIELD_NAMES)}`
          : 'must name a field',
    })
  }
  const op = filter['op'] === undefined ? 'eq' : FILTER_OPS.find((each) => each === filter['op'])
  if (op === undefined) {
    const asked = typeof filter['op'] === 'string' ? suggestion(filter['op'], FILTER_OPS) : ''
    issues.push({ path: `${path}/op`, message: `must be one of ${FILTER_OPS.join(', ')}.${asked}` })
  }
  for (const key of Object.keys(filter)) {
    if (key !== 'field' && key !== 'op' && key !== 'value') {
      issues.push({ path: `${path}/${key}`, message: 'is not known in a filter' })
    }
  }
  if (field === undefined || op === undefined || issues.length > before) return null
  context.fields.add(field.name)
  return predicateOf(field, op, filter['value'], `${path}/value`, issues)
}

function predicateOf(
  field: Field,
  op: FilterOp,
  value: unknown,
  path: string,
  issues: QuestionIssue[],
): Predicate | null {
  const { ref } = field
  switch (op) {
    case 'exists':
    case 'not_exists': {
      const absent: Predicate = { op: 'is_null', field: ref }
      return (op === 'not_exists') !== (value === false) ? absent : { op: 'not', part: absent }
    }
    case 'eq':
    case 'ne':
    case 'in':
    case 'not_in': {
      const wanted: readonly unknown[] = Array.isArray(value) ? value : [value]
      if (wanted.length > WHERE_LIMITS.values) {
        issues.push({ path, message: `has more than ${WHERE_LIMITS.values} values` })
        return null
      }
      const values = wanted.map((each) => literalOf(field, each, path, issues))
      if (values.includes(null)) return null
      const within: Predicate = { op: 'in', field: ref, values: values.filter((v) => v !== null) }
      return op === 'eq' || op === 'in' ? within : { op: 'not', part: within }
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte': {
      const literal = literalOf(field, value, path, issues)
      return literal === null ? null : { op, field: ref, value: literal }
    }
    case 'contains':
    case 'starts_with': {
      if (field.type !== 'text') {
        issues.push({ path, message: `\`${op}\` needs a text field` })
        return null
      }
      const literal = literalOf(field, value, path, issues)
      return typeof literal === 'string' ? { op, field: ref, value: literal } : null
    }
  }
}

/** A value as the column holds it; null and an issue when it does not fit. */
function literalOf(
  field: Field,
  value: unknown,
  path: string,
  issues: QuestionIssue[],
): Literal | null {
  const fail = (message: string): null => {
    issues.push({ path, message })
    return null
  }
  switch (field.type) {
    case 'text': {
      if (typeof value === 'string') {
        return value.length <= WHERE_LIMITS.text
          ? value
          : fail(`is longer than ${WHERE_LIMITS.text} characters`)
      }
      if (typeof value === 'number' || typeof value === 'boolean') return String(value)
      return fail('must be a text')
    }
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : fail('must be a number')
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value)
        ? BigInt(value)
        : fail('must be a whole number')
    case 'money': {
      const pico =
        typeof value === 'number' || typeof value === 'string' ? picoDollars(value) : null
      return pico ?? fail('must be an amount of dollars, as a number or decimal string')
    }
  }
}

/** An issue for every key that is not known. */
export function unknownKeys(
  value: Readonly<Record<string, unknown>>,
  known: readonly string[],
  path: string,
  issues: QuestionIssue[],
): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      issues.push({
        path: `${path}/${key.slice(0, 100)}`,
        message: `is not known here; use ${known.join(', ')}.${suggestion(key, known)}`,
      })
    }
  }
}
