/**
 * The body of a report as tables: every list and every group of numbers in it is one, with what is
 * nested flattened to `tokens.input`. What is said about the whole report stands beside them.
 */

import { type AnswerMeta, parseIsoMicros } from '@llmhub/schema'
import {
  type Table,
  type TableCell,
  type TableColumn,
  type TableType,
  tableOf,
} from '../../core/table.ts'
import { aboutAnswer } from '../answer-table.ts'
import { picoDollars } from '../value.ts'
import type { JsonSchema } from './shape.ts'

export interface ReportTables {
  readonly tables: readonly Table[]
  readonly about: readonly (readonly [string, string])[]
}

type Fields = Readonly<Record<string, unknown>>

/** `schema` is that of the body: it names the columns of lists that are empty. */
export function reportTables(body: Fields, schema: JsonSchema, title: string): ReportTables {
  const { meta, units, ...parts } = body
  const tables: Table[] = []
  const about: (readonly [string, string])[] = [['report', title]]
  for (const [name, part] of Object.entries(parts)) {
    const unitsHere = isFields(units) ? units[name] : undefined
    const listed = rowsOf(part)
    if (listed === null) about.push([name, plainText(part)])
    else tables.push(tableOfRows(name, listed, unitsHere, columnsOfSchema(schema, name)))
  }
  return { tables, about: [...about, ...aboutAnswer({ meta: meta as AnswerMeta })] }
}

/** The rows of a part: of a list, of named groups of one form, of one group; null for a single value. */
function rowsOf(part: unknown): readonly Fields[] | null {
  if (Array.isArray(part)) return part.every(isFields) ? part : null
  if (!isFields(part)) return null
  const groups = Object.entries(part)
  const forms = new Set(
    groups.map(([, group]) => (isFields(group) ? Object.keys(group).join() : '')),
  )
  if (groups.length > 1 && forms.size === 1 && !forms.has('')) {
    return groups.map(([name, group]) => ({ name, ...(group as Fields) }))
  }
  return [part]
}

function tableOfRows(
  name: string,
  rows: readonly Fields[],
  units: unknown,
  otherwise: readonly string[],
): Table {
  const flat = rows.map((row) => new Map(leaves(row)))
  const names = [...new Set(flat.flatMap((row) => [...row.keys()]))]
  const columns = (names.length > 0 ? names : otherwise).map((column): TableColumn => {
    const unit = unitOf(units, column)
    const cells = flat.map((row) => row.get(column) ?? null)
    const type = typeOf(cells, unit)
    return { name: column, type, ...(unit === undefined || unit === '' ? {} : { unit }) }
  })
  return tableOf(
    name,
    columns,
    flat.map((row) => columns.map((column) => tableCell(row.get(column.name), column.type))),
  )
}

/** Every value that is no group, under its dotted name. */
function leaves(row: Fields, prefix = ''): [string, unknown][] {
  return Object.entries(row).flatMap(([name, value]) =>
    isFields(value) ? leaves(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value]],
  )
}

/** The unit at a dotted name; where rows are named groups, the units are of the groups. */
function unitOf(units: unknown, path: string): string | undefined {
  let at = units
  for (const key of path.split('.')) at = isFields(at) ? at[key] : undefined
  return typeof at === 'string' ? at : undefined
}

function columnsOfSchema(schema: JsonSchema, name: string): readonly string[] {
  const part = schemaAt(schema, 'properties', name)
  const items = schemaAt(part, 'items')
  return schemaLeaves(items ?? part)
}

function schemaAt(schema: unknown, ...path: string[]): unknown {
  let at = schema
  for (const key of path) at = isFields(at) ? at[key] : undefined
  return at
}

function schemaLeaves(schema: unknown, prefix = ''): string[] {
  const properties = schemaAt(schema, 'properties')
  if (!isFields(properties)) return []
  return Object.entries(properties).flatMap(([name, part]) => {
    const inner = schemaLeaves(part, `${prefix}${name}.`)
    return inner.length > 0 ? inner : [`${prefix}${name}`]
  })
}

const WHOLE_UNITS = ['count', 'tokens']

function typeOf(cells: readonly unknown[], unit: string | undefined): TableType {
  const known = cells.filter((cell) => cell !== null && cell !== undefined)
  if (unit === 'USD' && known.every(isAmount)) return 'money'
  if (known.length === 0) return unit === undefined ? 'text' : 'number'
  if (known.every((cell) => typeof cell === 'number')) {
    const isWhole = WHOLE_UNITS.includes(unit ?? '') && known.every(Number.isSafeInteger)
    return isWhole ? 'integer' : 'number'
  }
  if (known.every((cell) => typeof cell === 'boolean')) return 'boolean'
  if (known.every(isTime)) return 'time'
  return 'text'
}

function isAmount(value: unknown): value is string | number {
  return (typeof value === 'string' || typeof value === 'number') && picoDollars(value) !== null
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT/u.test(value) && parseIsoMicros(value) !== null
  )
}

function tableCell(value: unknown, type: TableType): TableCell {
  if (value === null || value === undefined) return null
  if (type === 'money') return isAmount(value) ? picoDollars(value) : null
  if (type === 'time') return typeof value === 'string' ? parseIsoMicros(value) : null
  if (typeof value === 'number' || typeof value === 'boolean') {
    return type === 'text' ? String(value) : value
  }
  return plainText(value)
}

function plainText(value: unknown): string {
  if (value === null) return ''
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
