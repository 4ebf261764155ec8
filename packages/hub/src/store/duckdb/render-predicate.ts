import type { ColumnType } from '@llmhub/schema'
import type { FieldRef, Literal, Predicate } from '../store.ts'
import { type Comparison, textTest } from '../text-test.ts'
import { fieldSql, fieldType, type Parameters } from './render-sql.ts'

/**
 * SQL of a predicate over the row `e`.
 *
 * The plan's logic has two values, SQL's has three. Both agree on what is true as long as nothing is
 * negated, because AND and OR never make truth out of null; so it is enough that a negation asks
 * for "is not true".
 *
 * A `dict` column holds ids: its comparisons are made here on the few texts of its dictionary, and the
 * rows are compared with the ids that passed.
 */
export function renderPredicate(predicate: Predicate, parameters: Parameters): string {
  switch (predicate.op) {
    case 'and':
    case 'or': {
      if (predicate.parts.length === 0) return predicate.op === 'and' ? 'TRUE' : 'FALSE'
      const parts = predicate.parts.map((part) => renderPredicate(part, parameters))
      return `(${parts.join(predicate.op === 'and' ? ' AND ' : ' OR ')})`
    }
    case 'not':
      return `(${renderPredicate(predicate.part, parameters)} IS NOT TRUE)`
    case 'is_null':
      return `(${fieldSql(predicate.field, parameters)} IS NULL)`
    case 'in':
      return overField(predicate, parameters, (type, sql) =>
        renderIn(type, sql, predicate.values, parameters),
      )
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return overField(predicate, parameters, (type, sql) =>
        renderRange(type, sql, predicate.op, predicate.value, parameters),
      )
    case 'contains':
    case 'starts_with':
      return overField(predicate, parameters, (type, sql) => {
        if (type !== 'text') throw mismatch(type, predicate.value)
        return `${predicate.op}(${sql}, ${parameters.text(predicate.value)})`
      })
    default:
      return predicate satisfies never
  }
}

/** Every field that a predicate reads. */
export function predicateFields(predicate: Predicate): FieldRef[] {
  if ('parts' in predicate) return predicate.parts.flatMap(predicateFields)
  if ('part' in predicate) return predicateFields(predicate.part)
  return [predicate.field]
}

/** Renders a comparison on the field itself, or on the ids of the texts that pass it. */
function overField(
  predicate: Comparison,
  parameters: Parameters,
  compare: (type: ColumnType, sql: string) => string,
): string {
  const { field } = predicate
  const type = fieldType(field, parameters.columns)
  const sql = fieldSql(field, parameters)
  if (type !== 'dict' || field.type === 'tag') return `(${compare(type, sql)})`
  const ids =
    predicate.op === 'in'
      ? parameters.idsOf(field.column, predicate.values.map(String))
      : parameters.idsWhere(field.column, textTest(predicate))
  return ids === null ? 'FALSE' : `(${sql} IN (${ids}))`
}

function renderIn(
  type: ColumnType,
  sql: string,
  values: readonly Literal[],
  parameters: Parameters,
): string {
  const bound: string[] = []
  for (const value of values) {
    switch (type) {
      case 'text':
        bound.push(parameters.text(String(value)))
        break
      case 'bool':
        if (typeof value !== 'boolean') throw mismatch(type, value)
        bound.push(parameters.boolean(value))
        break
      case 'f64':
        bound.push(parameters.double(finite(type, value)))
        break
      case 'i64':
      case 'i32':
      case 'i16':
        // A fraction equals no whole number.
        if (typeof value === 'number' && !Number.isInteger(finite(type, value))) break
        bound.push(parameters.huge(whole(type, value, Math.floor)))
        break
      case 'dict':
      case 'tags':
        throw mismatch(type, value)
      default:
        throw new TypeError(type satisfies never)
    }
  }
  return bound.length === 0 ? 'FALSE' : `${sql} IN (${bound.join(', ')})`
}

const COMPARISON = { lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

function renderRange(
  type: ColumnType,
  sql: string,
  op: keyof typeof COMPARISON,
  value: Literal,
  parameters: Parameters,
): string {
  const sign = COMPARISON[op]
  switch (type) {
    case 'text':
      return `${sql} ${sign} ${parameters.text(String(value))}`
    case 'f64':
      return `${sql} ${sign} ${parameters.double(finite(type, value))}`
    case 'i64':
    case 'i32':
    case 'i16': {
      // x < 1.5 is x < 2 and x >= 1.5 is x >= 2; x > 1.5 is x > 1 and x <= 1.5 is x <= 1.
      const bound = whole(type, value, op === 'lt' || op === 'gte' ? Math.ceil : Math.floor)
      const fits = BigInt.asIntN(64, bound) === bound
      return `${sql} ${sign} ${fits ? parameters.integer(bound) : parameters.huge(bound)}`
    }
    case 'bool':
    case 'dict':
    case 'tags':
      throw mismatch(type, value)
    default:
      throw new TypeError(type satisfies never)
  }
}

function finite(type: ColumnType, value: Literal): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number)) throw mismatch(type, value)
  return number
}

function whole(type: ColumnType, value: Literal, round: (x: number) => number): bigint {
  return typeof value === 'bigint' ? value : BigInt(round(finite(type, value)))
}

function mismatch(type: ColumnType, value: Literal): TypeError {
  return new TypeError(`a ${type} column is not compared with ${typeof value} ${String(value)}`)
}
