/**
 * A mapping says how a row of a foreign file becomes an event. It is data, so that users can write
 * their own as JSON; the built-in ones are in `mappings.ts`.
 */

import type { Lookups } from './expression/functions.ts'

/**
 * Where a value comes from: an expression (`expression/compile.ts`), or a column with what is done to
 * it. `from` is a column, or a dotted path into a JSON row.
 */
export type FieldSource = string | FieldMapping

/** A column and what is done to it. */
export interface FieldMapping {
  readonly from: string
  /** Subtracted from `from` (numbers, or times of the same unit): durations. */
  readonly minus?: string
  /** Multiplies a number: seconds to milliseconds is 1000. */
  readonly scale?: number
  /** Default `text`. `count` rounds to a whole number; `duration` is a difference of times in ms. */
  readonly type?: 'text' | 'number' | 'count' | 'boolean' | 'duration'
  /** Replaces values; one that is not listed becomes `otherwise`, or stays where there is none. */
  readonly values?: Readonly<Record<string, string | number | boolean>>
  readonly otherwise?: string | number | boolean
  /** Value when the source is empty. */
  readonly empty?: string | number | boolean
}

/**
 * Units of a time column. `text`: ISO 8601, a time without zone being UTC. Numbers with `relative`
 * count from `--start`. `row`: no clock in the file, rows follow each other at `stepMs` from `--start`.
 */
export interface TimeMapping {
  readonly from?: string
  readonly unit: 'text' | 's' | 'ms' | 'us' | 'ns' | 'row'
  readonly relative?: boolean
  readonly stepMs?: number
}

export type FileFormat = 'csv' | 'jsonl' | 'json' | 'parquet'

export interface Mapping {
  readonly name: string
  readonly doc: string
  /** Absent: by the name of the file. */
  readonly format?: FileFormat
  readonly kind: string
  /** An expression gives epoch microseconds or ISO 8601 text. */
  readonly time: TimeMapping | string
  /** Payload path (dotted) → where it comes from. */
  readonly fields: Readonly<Record<string, FieldSource>>
  /** Payload path → fixed value; `--field path=value` adds to and replaces them. */
  readonly constants: Readonly<Record<string, string | number | boolean>>
  /** Tag → expression. */
  readonly tags: Readonly<Record<string, string>>
  /** Field of `common`, such as environment → expression. */
  readonly common?: Readonly<Record<string, string>>
  /** Identity of the event. Default: made of the file and the number of the row. */
  readonly id?: string
  /** Rows for which this does not hold are left out. */
  readonly where?: string
  /** Tables for lookup(). */
  readonly lookups?: Lookups
  /** Payload paths the file does not have and `--field` must give. */
  readonly needs: readonly string[]
}

const UNITS = ['text', 's', 'ms', 'us', 'ns', 'row']
const FORMATS: readonly string[] = ['csv', 'jsonl', 'json', 'parquet']
const PARTS = [
  'name',
  'doc',
  'format',
  'kind',
  'time',
  'fields',
  'constants',
  'tags',
  'common',
  'id',
  'where',
  'lookups',
  'needs',
]

/** Reads a user's mapping file. Problems come back as lines that name the place. */
export function parseMapping(text: string): { mapping: Mapping } | { problems: string[] } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { problems: [`not valid JSON: ${(error as Error).message}`] }
  }
  if (!isRecord(value)) return { problems: ['expected a JSON object'] }
  const problems: string[] = []
  for (const key of Object.keys(value))
    if (!PARTS.includes(key))
      problems.push(`${key}: there is no such part; known are ${PARTS.join(', ')}`)
  const { format, kind, time, fields } = value
  if (format !== undefined && (typeof format !== 'string' || !FORMATS.includes(format)))
    problems.push(`format: expected one of ${FORMATS.join(', ')}`)
  if (typeof kind !== 'string')
    problems.push('kind: expected the kind of event, such as llm_request')
  if (typeof time !== 'string') {
    if (!isRecord(time) || !UNITS.includes(String(time['unit']))) {
      problems.push(
        `time: expected { "from": "column", "unit": one of ${UNITS.join(', ')} }, or an expression`,
      )
    } else if (time['unit'] !== 'row' && typeof time['from'] !== 'string') {
      problems.push('time.from: expected the column that holds the time')
    }
  }
  if (!isRecord(fields))
    problems.push('fields: expected an object of payload path → { "from": "column" } or expression')
  else {
    for (const [path, spec] of Object.entries(fields)) {
      if (typeof spec !== 'string' && (!isRecord(spec) || typeof spec['from'] !== 'string'))
        problems.push(`fields.${path}: expected { "from": "column" } or an expression`)
    }
  }
  for (const part of ['constants', 'tags', 'common', 'lookups']) {
    if (value[part] !== undefined && !isRecord(value[part]))
      problems.push(`${part}: expected an object`)
  }
  for (const part of ['tags', 'common']) {
    const entries = isRecord(value[part]) ? Object.entries(value[part]) : []
    for (const [name, source] of entries) {
      if (typeof source !== 'string') problems.push(`${part}.${name}: expected an expression`)
    }
  }
  for (const part of ['id', 'where']) {
    if (value[part] !== undefined && typeof value[part] !== 'string')
      problems.push(`${part}: expected an expression`)
  }
  for (const [name, lookup] of Object.entries(isRecord(value['lookups']) ? value['lookups'] : {})) {
    if (!isRecord(lookup)) problems.push(`lookups.${name}: expected an object of key → value`)
  }
  if (problems.length > 0) return { problems }
  const defaults = { name: 'file', doc: '', constants: {}, tags: {}, needs: [] }
  return { mapping: { ...defaults, ...value } as unknown as Mapping }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
