import {
  epochToMicros,
  type FieldSpec,
  KINDS,
  parseIsoMicros,
  USAGE_SHORTHAND,
} from '@llmhub/schema'
import { type ColumnOf, compileExpression, type Expression } from './expression/compile.ts'
import { difference, isTrue, rounded, type Value, ValueError } from './expression/value.ts'
import type { FieldMapping, Mapping, TimeMapping } from './mapping.ts'

/** What a run of `import` adds to its mapping. */
export interface MapContext {
  /** 16 hex digits that tell the file from others: with the row number, the identity of the event. */
  readonly fileId: string
  /** `--start`, epoch microseconds; needed by relative and row times. */
  readonly start: number | null
  /** `--field path=value`. */
  readonly constants: Readonly<Record<string, string>>
}

export type Row = Readonly<Record<string, unknown>>

/** A row as event; or why it is none, and of which part of the mapping; or left out by `where`. */
export type Mapped =
  | { readonly event: object }
  | { readonly problem: string; readonly path: string }
  | { readonly leftOut: true }

/** Maps row `index` (from 0) of a file. */
export type MapRow = (row: Row, index: number, context: MapContext) => Mapped

/** Value at a column, or at a dotted path of a JSON row; empty text counts as absent. */
function valueAt(row: Row, path: string): unknown {
  let value: unknown = Object.hasOwn(row, path) ? row[path] : undefined
  if (value === undefined && path.includes('.')) {
    value = row
    for (const key of path.split('.')) {
      const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key)
      value = isThere ? (value as Row)[key] : undefined
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

/** Keys that mean something to JavaScript itself. */
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Sets the value at a dotted path, through objects that it makes where there are none. */
export function put(payload: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.')
  if (keys.some((key) => FORBIDDEN.has(key))) throw new ValueError(`${path} is not allowed`)
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

function timeOf(time: TimeMapping, row: Row, index: number, start: number | null): number {
  const { unit, from, relative, stepMs } = time
  const needsStart = unit === 'row' || relative === true
  if (needsStart && start === null) {
    throw new ValueError('the file has no clock: give the time of its start with --start')
  }
  if (unit === 'row') return (start ?? 0) + index * (stepMs ?? 1000) * 1000
  const value = from === undefined ? undefined : valueAt(row, from)
  if (unit === 'text') {
    const micros = textTime(value)
    if (micros === null) throw new ValueError(`${from}: ${JSON.stringify(value)} is not a time`)
    return micros
  }
  const count = number(value)
  if (count === null) throw new ValueError(`${from}: ${JSON.stringify(value)} is not a number`)
  const micros = Math.round(count * MICROS[unit])
  if (relative === true) return (start ?? 0) + micros
  if (epochToMicros(micros) === null) throw new ValueError(`${from}: ${count} is not a time`)
  return micros
}

/** The value of an expression as a time. */
function asTime(value: Value): number {
  const micros = typeof value === 'string' ? textTime(value) : value
  if (typeof micros === 'number' && Number.isSafeInteger(micros) && micros >= 0) return micros
  throw new ValueError(`${JSON.stringify(value)} is not a time: expected microseconds or ISO 8601`)
}

export type CompiledMapping =
  | { readonly ok: true; readonly map: MapRow }
  /** Lines that name the place. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Texts of a CSV file as the field needs them; what does not fit stays, for the hub to say why. */
function fitFor(kind: string, path: string): (value: Value) => unknown {
  const specs: readonly FieldSpec[] = KINDS.find((each) => each.kind === kind)?.fields ?? []
  const spec = specs.find(({ name, aliases }) => name === path || aliases?.includes(path) === true)
  const isNumber =
    USAGE_SHORTHAND.includes(path) || ['number', 'count', 'fraction'].includes(spec?.type ?? '')
  if (isNumber) return (value) => number(value) ?? value ?? undefined
  if (spec?.type !== 'boolean') return (value) => value ?? undefined
  return (value) => (value === 'true' ? true : value === 'false' ? false : (value ?? undefined))
}

/** A field of the event: where it goes, and its value, undefined where it has none. */
interface Target {
  readonly path: string
  readonly value: (row: Row, column: ColumnOf) => unknown
}

/**
 * Compiles the expressions of a mapping once, for all rows. An event's id, where the mapping gives
 * none, is made of the file and the number of the row, so that a second run of the same file adds nothing.
 */
export function compileMapping(mapping: Mapping): CompiledMapping {
  const problems: string[] = []
  const expression = (source: string, path: string): Expression => {
    const compiled = compileExpression(source, mapping.lookups)
    if (compiled.ok) return compiled.run
    problems.push(`${path}: ${compiled.message}`)
    return () => null
  }
  const optional = (source: string | undefined, path: string): Expression | null =>
    source === undefined ? null : expression(source, path)
  const paths = [
    ...Object.keys(mapping.fields),
    ...Object.keys(mapping.constants),
    ...Object.keys(mapping.tags),
    ...Object.keys(mapping.common ?? {}),
  ]
  for (const path of paths) {
    if (path.split('.').some((key) => FORBIDDEN.has(key))) {
      problems.push(`${path}: a key of this name is not allowed`)
    }
  }
  const fields = Object.entries(mapping.fields).map(([path, source]): Target => {
    if (typeof source !== 'string') return { path, value: (row) => convert(source, row) }
    const run = expression(source, `fields.${path}`)
    const fit = fitFor(mapping.kind, path)
    return { path, value: (_row, column) => fit(run(column)) }
  })
  const expressionsOf = (part: 'tags' | 'common'): [string, Expression][] =>
    Object.entries(mapping[part] ?? {}).map(([name, source]) => [
      name,
      expression(source, `${part}.${name}`),
    ])
  const tags = expressionsOf('tags')
  const common = expressionsOf('common')
  const id = optional(mapping.id, 'id')
  const where = optional(mapping.where, 'where')
  const { time: timing } = mapping
  const timeExpression = typeof timing === 'string' ? expression(timing, 'time') : null
  if (problems.length > 0) return { ok: false, problems }

  const map: MapRow = (row, index, context) => {
    let path = 'where'
    const column: ColumnOf = (name) => {
      if (name === '$row') return index + 1
      if (name === '$file') return context.fileId
      if (name === '$start') return context.start
      return valueAt(row, name) ?? null
    }
    try {
      if (where !== null && !isTrue(where(column))) return { leftOut: true }
      path = 'time'
      const time =
        typeof timing === 'string'
          ? asTime(timeExpression?.(column) ?? null)
          : timeOf(timing, row, index, context.start)
      path = 'id'
      const rowId = `${context.fileId}-${index}`
      const ownId = id?.(column) ?? null
      if (id !== null && (ownId === null || ownId === '')) throw new ValueError('is empty')
      const payload: Record<string, unknown> = { type: mapping.kind }
      if (mapping.kind === 'parameter_execution') payload['execution_id'] = rowId
      for (const [at, value] of Object.entries(mapping.constants)) put(payload, at, value)
      for (const [at, value] of Object.entries(context.constants)) put(payload, at, value)
      for (const target of fields) {
        path = `fields.${target.path}`
        const value = target.value(row, column)
        if (value !== undefined) put(payload, target.path, value)
      }
      const tagged: Record<string, string> = {}
      for (const [tag, run] of tags) {
        path = `tags.${tag}`
        const value = run(column)
        if (value !== null && value !== '') tagged[tag] = text(value)
      }
      const shared: Record<string, unknown> = {}
      for (const [name, run] of common) {
        path = `common.${name}`
        const value = run(column)
        if (value !== null && value !== '') shared[name] = value
      }
      return {
        event: {
          common: {
            event_id: ownId === null ? rowId : text(ownId),
            timestamp: time,
            source_module: `import/${mapping.name}`,
            ...shared,
            tags: tagged,
          },
          payload,
        },
      }
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      return { problem: error.message, path }
    }
  }
  return { ok: true, map }
}
