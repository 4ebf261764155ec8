/**
 * What an event looks like to who reads it: the names of the question language, every stored column,
 * money in dollars, times as ISO 8601. A field without a value is left out, unless it was asked for.
 */

import { EVENT_COLUMNS, formatIsoMicros } from '@llmhub/schema'
import { dollars } from '../../core/dollars.ts'
import type { Frame, FrameCell } from '../../store/store.ts'
import { FIELDS, fieldNamed } from '../dimensions.ts'
import { toCell } from '../value.ts'

type FieldType = 'text' | 'number' | 'integer' | 'money' | 'time' | 'boolean' | 'object'

export interface EventField {
  readonly name: string
  /** Columns it is made of. */
  readonly columns: readonly string[]
  readonly type: FieldType
  readonly doc: string
  readonly unit?: string
  readonly read: (cellOf: (column: string) => FrameCell) => unknown
}

/** An event as a JSON object. */
export type EventObject = Readonly<Record<string, unknown>>

/** Columns that say nothing to a reader, or say it under another name. */
const HIDDEN = new Set([
  'id_hi',
  'id_lo',
  'content_hash',
  'suppressed',
  'is_current',
  'latency_bin',
  'ttft_bin',
  'value_bin',
])
const JSON_COLUMNS = new Set(['extra', 'usage_details'])

const COUNTED: EventField = {
  name: 'counted',
  columns: ['suppressed', 'is_current'],
  type: 'boolean',
  doc: 'Whether measures count it: false for a report of a call that a better one reports too.',
  read: (cellOf) => cellOf('suppressed') !== true && cellOf('is_current') !== false,
}

const PLACE: EventField = {
  name: 'place',
  columns: [],
  type: 'text',
  doc: 'Place in the log: partition:offset:index. It names the event for ever.',
  read: (cellOf) => `${cellOf('partition')}:${cellOf('offset')}:${cellOf('index')}`,
}

/** All fields, in the order in which an event shows them. */
export const EVENT_FIELDS: readonly EventField[] = [
  ...['event_id', 'project', 'time', 'kind', 'family'].map(storedField),
  COUNTED,
  PLACE,
  ...EVENT_COLUMNS.map(({ name }) => name)
    .filter((name) => !HIDDEN.has(name))
    .filter((name) => !['event_id', 'project', 'time', 'kind', 'family'].includes(name))
    .map(storedField),
]

const BY_NAME: ReadonlyMap<string, EventField> = new Map(
  EVENT_FIELDS.map((field) => [field.name, field]),
)

/** Every name that `fields` takes, aliases left out. */
export const EVENT_FIELD_NAMES: readonly string[] = [...BY_NAME.keys()]

/** The field of that name, of an alias of it, or `tag.<key>`; undefined for none. */
export function eventFieldNamed(name: string): EventField | undefined {
  const own = BY_NAME.get(name)
  if (own !== undefined) return own
  const field = fieldNamed(name)
  if (field === undefined) return undefined
  const { ref } = field
  if (ref.type === 'column') return BY_NAME.get(field.name)
  return {
    name: field.name,
    columns: ['tags'],
    type: 'text',
    doc: 'A tag.',
    read: (cellOf) => {
      const tags = cellOf('tags')
      if (typeof tags !== 'object' || tags === null || !Object.hasOwn(tags, ref.key)) return null
      return tags[ref.key] ?? null
    },
  }
}

function storedField(column: string): EventField {
  const spec = EVENT_COLUMNS.find(({ name }) => name === column)
  if (spec === undefined) throw new RangeError(`the event row has no column ${column}`)
  const name = FIELDS.find((field) => field.column === column)?.name ?? column
  const unit = 'unit' in spec ? spec.unit : undefined
  const type = typeOf(column, spec.type, unit)
  const shown = type === 'money' ? 'USD' : type === 'time' ? undefined : unit
  return {
    name,
    columns: [column],
    type,
    doc: spec.doc,
    ...(shown === undefined ? {} : { unit: shown }),
    read: (cellOf) => valueOf(type, cellOf(column)),
  }
}

function typeOf(column: string, type: string, unit: string | undefined): FieldType {
  if (unit === 'us') return 'time'
  if (unit === 'pico-dollars') return 'money'
  if (type === 'tags' || JSON_COLUMNS.has(column)) return 'object'
  if (type === 'f64') return 'number'
  if (type === 'bool') return 'boolean'
  return type === 'dict' || type === 'text' ? 'text' : 'integer'
}

function valueOf(type: FieldType, cell: FrameCell): unknown {
  if (cell === null) return null
  switch (type) {
    case 'time':
      return formatIsoMicros(Number(cell))
    case 'money':
      return dollars(BigInt(cell as bigint))
    case 'object':
      return typeof cell === 'string' ? parsedOrText(cell) : cell
    case 'integer':
      return typeof cell === 'bigint' ? toCell(cell, 'integer') : cell
    case 'number':
      return toCell(Number(cell), 'number')
    case 'text':
    case 'boolean':
      return cell
    default:
      return type satisfies never
  }
}

/** Columns of JSON are written by the hub itself; what is not JSON is shown rather than hidden. */
function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Columns that a list has to ask for to show these fields. */
export function columnsOf(fields: readonly EventField[]): string[] {
  return [...new Set(fields.flatMap(({ columns }) => columns))]
}

/** @param asked whether fields without a value are shown as null */
export function eventOf(
  frame: Frame,
  row: readonly FrameCell[],
  fields: readonly EventField[],
  asked: boolean,
): EventObject {
  const cellOf = (column: string): FrameCell => row[frame.columns.lastIndexOf(column)] ?? null
  const event: Record<string, unknown> = {}
  for (const { name, read } of fields) {
    const value = read(cellOf)
    if (asked || value !== null) event[name] = value
  }
  return event
}

const SCHEMA_TYPES: Readonly<Record<FieldType, object>> = {
  text: { type: ['string', 'null'] },
  number: { type: ['number', 'null'] },
  integer: { type: ['integer', 'string', 'null'] },
  money: { type: ['string', 'null'], pattern: '^-?\\d+(\\.\\d+)?$' },
  time: { type: ['string', 'null'], format: 'date-time' },
  boolean: { type: ['boolean', 'null'] },
  object: { type: ['object', 'string', 'null'] },
}

/** JSON Schema of an event; `tag.<key>` is there when `fields` asks for it. */
export const EVENT_SCHEMA = {
  title: 'StoredEvent',
  type: 'object',
  properties: Object.fromEntries(
    EVENT_FIELDS.map(({ name, type, doc, unit }) => [
      name,
      { ...SCHEMA_TYPES[type], description: unit === undefined ? doc : `${doc} In ${unit}.` },
    ]),
  ),
  patternProperties: { '^tag\\.': { type: ['string', 'null'] } },
  additionalProperties: false,
} as const
