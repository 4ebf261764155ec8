import { epochToMicros, parseIsoMicros } from '@llmhub/schema'
import type { FieldMapping, Mapping } from './mapping.ts'

/** What a run of `import` adds to its mapping. */
export interface MapContext {
  /** First 16 hex digits of the file's SHA-256: with the row number, the identity of the event. */
  readonly fileId: string
  /** `--start`, epoch microseconds; needed by relative and row times. */
  readonly start: number | null
  /** `--field path=value`. */
  readonly constants: Readonly<Record<string, string>>
}

export type Row = Readonly<Record<string, unknown>>
export type Mapped = { readonly event: object } | { readonly problem: string }

/** Value at a column, or at a dotted path of a JSON row; empty text counts as absent. */
function valueAt(row: Row, path: string): unknown {
  let value: unknown = row[path]
  if (value === undefined && path.includes('.')) {
    value = row
    for (const key of path.split('.')) {
      value = typeof value === 'object' && value !== null ? (value as Row)[key] : undefined
    }
  }
  return value === '' || value === null ? undefined : value
}

/** A time as text to microseconds; a time without a zone is taken as UTC. */
function textTime(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const text = value.trim()
  return parseIsoMicros(text) ?? parseIsoMicros(`${text}Z`)
}

function number(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.trim() === '') return null
  const parsed = Number(value)
  return Number.isFinite(parsed) ? parsed : null
}

/** Rounds away the binary noise of a difference or a product: 12 significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(12))
}

/**
 * a − b without the noise of the subtraction: numbers of 15 digits have, before the point and behind
 * it, as many places as the larger one leaves. 27550.360701067 − 27550.325000138 = 0.035700929.
 */
function difference(a: number, b: number): number {
  const larger = Math.max(Math.abs(a), Math.abs(b))
  if (larger === 0 || !Number.isFinite(larger)) return a - b
  const places = 14 - Math.floor(Math.log10(larger))
  return places < 0 || places > 100 ? a - b : Number((a - b).toFixed(places))
}

/** Text of any JSON value: what it is, or its JSON where it is not a scalar. */
function text(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? ''
}

function convert(spec: FieldMapping, row: Row): unknown {
  const value = valueAt(row, spec.from)
  if (value === undefined) return spec.empty
  if (spec.values !== undefined) return spec.values[text(value)] ?? spec.otherwise ?? value
  switch (spec.type ?? 'text') {
    case 'text':
      return typeof value === 'object' ? value : text(value)
    case 'boolean':
      return value === true || value === 'true' || value === '1' || value === 1
    case 'duration': {
      const end = textTime(value)
      const begin = spec.minus === undefined ? null : textTime(valueAt(row, spec.minus))
      return end === null || begin === null ? undefined : (end - begin) / 1000
    }
    case 'number':
    case 'count': {
      const first = number(value)
      if (first === null) return value
      const second = spec.minus === undefined ? 0 : number(valueAt(row, spec.minus))
      if (second === null) return undefined
      if (spec.minus === undefined && spec.scale === undefined) return first
      const result = rounded(difference(first, second) * (spec.scale ?? 1))
      return spec.type === 'count' ? Math.round(result) : result
    }
  }
}

function put(payload: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  const last = keys.pop()
  let target = payload
  for (const key of keys) {
    const inner = target[key]
    if (typeof inner === 'object' && inner !== null) target = inner as Record<string, unknown>
    else {
      const made: Record<string, unknown> = {}
      target[key] = made
      target = made
    }
  }
  if (last !== undefined) target[last] = value
}

const MICROS = { s: 1e6, ms: 1e3, us: 1, ns: 1e-3 } as const

function timeOf(mapping: Mapping, row: Row, index: number, start: number | null): number | string {
  const { unit, from, relative, stepMs } = mapping.time
  const needsStart = unit === 'row' || relative === true
  if (needsStart && start === null)
    return 'the file has no clock: give the time of its start with --start'
  if (unit === 'row') return (start ?? 0) + index * (stepMs ?? 1000) * 1000
  const value = from === undefined ? undefined : valueAt(row, from)
  if (unit === 'text') return textTime(value) ?? `${from}: ${JSON.stringify(value)} is not a time`
  const count = number(value)
  if (count === null) return `${from}: ${JSON.stringify(value)} is not a number`
  const micros = Math.round(count * MICROS[unit])
  if (relative === true) return (start ?? 0) + micros
  return epochToMicros(micros) === null ? `${from}: ${count} is not a time` : micros
}

/**
 * The event of row `index` (from 0). Its id is made of the file's hash and the row number, so that a
 * second run of the same file adds nothing.
 */
export function mapRow(mapping: Mapping, row: Row, index: number, context: MapContext): Mapped {
  const time = timeOf(mapping, row, index, context.start)
  if (typeof time === 'string') return { problem: time }
  const id = `${context.fileId}-${index}`
  const payload: Record<string, unknown> = { type: mapping.kind }
  if (mapping.kind === 'parameter_execution') payload['execution_id'] = id
  for (const [path, value] of Object.entries(mapping.constants)) put(payload, path, value)
  for (const [path, value] of Object.entries(context.constants)) put(payload, path, value)
  for (const [path, spec] of Object.entries(mapping.fields)) {
    const value = convert(spec, row)
    if (value !== undefined) put(payload, path, value)
  }
  const tags: Record<string, string> = {}
  for (const [tag, column] of Object.entries(mapping.tags)) {
    const value = valueAt(row, column)
    if (value !== undefined) tags[tag] = text(value)
  }
  return {
    event: {
      common: { event_id: id, timestamp: time, source_module: `import/${mapping.name}`, tags },
      payload,
    },
  }
}
