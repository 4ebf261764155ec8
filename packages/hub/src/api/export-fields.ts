/** The fields that an export of events may have as columns: what questions name, and what only rows hold. */

import { nearestName } from '@llmhub/schema'
import type { TableCell, TableColumn, TableType } from '../core/table.ts'
import { FIELDS, fieldNamed } from '../query/dimensions.ts'
import type { FrameCell } from '../store/store.ts'

export interface ExportField extends TableColumn {
  /** Column of the row. */
  readonly column: string
  /** Key of the tags, where the field is one of them. */
  readonly tag?: string
}

const OWN: readonly (readonly [name: string, type: TableType, unit?: string])[] = [
  ['time', 'time'],
  ['received_at', 'time'],
  ['project', 'text'],
  ['suppressed', 'boolean'],
  ['cost_prompt', 'money', 'USD'],
  ['cost_completion', 'money', 'USD'],
  ['cost_other', 'money', 'USD'],
  ['cost_cache_saved', 'money', 'USD'],
  ['usage_details', 'json'],
  ['tags', 'json'],
  ['extra', 'json'],
]

const OWN_FIELDS: ReadonlyMap<string, ExportField> = new Map(
  OWN.map(([name, type, unit]) => [
    name,
    { name, column: name, type, ...(unit === undefined ? {} : { unit }) },
  ]),
)

/** Every field, in the order of a table that names none. `suppressed` comes only when it is named. */
export const EXPORT_FIELDS: readonly string[] = [
  'time',
  'received_at',
  'project',
  ...FIELDS.map(({ name }) => name),
  ...OWN.map(([name]) => name).filter(
    (name) => !['time', 'received_at', 'project', 'suppressed'].includes(name),
  ),
]

function exportField(name: string): ExportField | null {
  const own = OWN_FIELDS.get(name)
  if (own !== undefined) return own
  const field = fieldNamed(name)
  if (field === undefined) return null
  const { ref, type, unit } = field
  const shown = { name: field.name, type, ...(unit === undefined ? {} : { unit }) }
  return ref.type === 'tag'
    ? { ...shown, column: 'tags', tag: ref.key }
    : { ...shown, column: ref.column }
}

export type FieldsParse =
  | { readonly ok: true; readonly fields: readonly ExportField[] }
  | { readonly ok: false; readonly message: string }

const MOST_FIELDS = 200

/** Reads `model,cost,tag.team`; absent means all. */
export function parseFields(text: string | undefined): FieldsParse {
  const names = text === undefined ? EXPORT_FIELDS : text.split(',').map((name) => name.trim())
  if (names.length > MOST_FIELDS) {
    return { ok: false, message: `names more than ${MOST_FIELDS} fields` }
  }
  const fields: ExportField[] = []
  for (const name of names) {
    const field = exportField(name)
    if (field === null) {
      const near = nearestName(name, [...EXPORT_FIELDS, 'suppressed'])
      const meant = near === null ? '' : `; did you mean ${near}?`
      return { ok: false, message: `"${name.slice(0, 100)}" is not a field${meant}` }
    }
    if (fields.some((each) => each.name === field.name)) {
      return { ok: false, message: `names ${field.name} twice` }
    }
    fields.push(field)
  }
  return { ok: true, fields }
}

/** The cell of a field, from that of its column. */
export function exportCell(field: ExportField, cell: FrameCell): TableCell {
  if (cell === null) return null
  if (field.tag !== undefined) {
    if (typeof cell !== 'object' || !Object.hasOwn(cell, field.tag)) return null
    return cell[field.tag] ?? null
  }
  if (typeof cell === 'object') return Object.keys(cell).length === 0 ? null : JSON.stringify(cell)
  return field.type === 'money' && typeof cell === 'number' ? BigInt(cell) : cell
}
