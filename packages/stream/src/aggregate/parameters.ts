import { StreamError } from '../stream-error.ts'
import type { AggregateSpec } from './aggregate.ts'

/** A StreamError about one member of a specification. */
export function invalidAggregate(spec: AggregateSpec, member: string, what: string): StreamError {
  return new StreamError(
    'invalid_aggregate',
    `aggregate '${spec.aggregate}' as '${spec.as}': '${member}' ${what}`,
    `${spec.as}.${member}`,
  )
}

/** Refuses members that the aggregate does not know: a misspelt parameter must not be a default. */
export function checkMembers(spec: AggregateSpec, parameters: readonly string[]): void {
  for (const member of Object.keys(spec)) {
    if (member === 'as' || member === 'aggregate' || parameters.includes(member)) continue
    const known = parameters.length === 0 ? 'it has none' : `it has ${parameters.join(', ')}`
    throw invalidAggregate(spec, member, `is not a parameter of it; ${known}`)
  }
}

/** Name of the column that the aggregate reads. */
export function columnOf(spec: AggregateSpec, member = 'of'): string {
  const name = spec[member]
  if (typeof name === 'string' && name !== '') return name
  throw invalidAggregate(spec, member, 'must name a column')
}

export interface NumberRange {
  readonly least: number
  readonly most: number
  readonly whole?: boolean
  readonly fallback?: number
}

/** A number within the range, or the fallback when it is left out. */
export function numberParameter(spec: AggregateSpec, member: string, range: NumberRange): number {
  const value = spec[member] ?? range.fallback
  if (
    typeof value === 'number' &&
    value >= range.least &&
    value <= range.most &&
    (range.whole !== true || Number.isInteger(value))
  ) {
    return value
  }
  const kind = range.whole === true ? 'a whole number' : 'a number'
  throw invalidAggregate(spec, member, `must be ${kind} from ${range.least} to ${range.most}`)
}

/** One of a few words, or the first when it is left out. */
export function wordParameter<T extends string>(
  spec: AggregateSpec,
  member: string,
  words: readonly [T, ...T[]],
): T {
  const value = spec[member] ?? words[0]
  const found = words.find((word) => word === value)
  if (found !== undefined) return found
  throw invalidAggregate(spec, member, `must be one of ${words.join(', ')}`)
}
