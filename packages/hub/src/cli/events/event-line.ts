/** Events as aligned lines of a terminal. */

import { styleText } from 'node:util'
import { count } from '../formats.ts'
import { printable } from '../output.ts'

/** An event as the API gives it. */
export type EventView = Readonly<Record<string, unknown>>

export interface LineColumn {
  readonly head: string
  readonly width: number
  /** Narrow terminals shrink a column to this before they leave others out. */
  readonly least: number
  readonly right?: true
  readonly fields: readonly string[]
  readonly text: (event: EventView) => string
}

const GAP = '  '

/** What a line shows when nobody names fields. */
export const DEFAULT_COLUMNS: readonly LineColumn[] = [
  {
    head: 'TIME (UTC)',
    width: 12,
    least: 12,
    fields: ['time'],
    text: ({ time }) => clockTime(time),
  },
  { head: 'KIND', width: 12, least: 8, fields: ['kind'], text: ({ kind }) => printable(kind) },
  {
    head: 'SERVICE',
    width: 14,
    least: 8,
    fields: ['service'],
    text: ({ service }) => printable(service),
  },
  {
    head: 'MODEL / NAME',
    width: 24,
    least: 12,
    fields: ['model', 'name', 'category'],
    text: ({ model, name, category }) => printable(model ?? name ?? category),
  },
  {
    head: 'STATUS',
    width: 9,
    least: 7,
    fields: ['status', 'error_type'],
    text: ({ status }) => printable(status),
  },
  {
    head: 'LATENCY',
    width: 8,
    least: 8,
    right: true,
    fields: ['latency'],
    text: ({ latency }) => milliseconds(latency),
  },
  {
    head: 'TOKENS',
    width: 13,
    least: 13,
    right: true,
    fields: ['input_tokens', 'output_tokens'],
    text: (event) => tokens(event),
  },
  {
    head: 'COST $',
    width: 10,
    least: 9,
    right: true,
    fields: ['cost'],
    text: ({ cost }) => money(cost),
  },
  { head: 'USER', width: 16, least: 8, fields: ['user'], text: ({ user }) => printable(user) },
]

/** Fields that decide about the colour of a line. */
export const COLOUR_FIELDS = ['status', 'severity'] as const

/** A column per field that was asked for. */
export function fieldColumns(names: readonly string[]): LineColumn[] {
  return names.map((name) => ({
    head: name.toUpperCase(),
    width: Math.max(name.length, NAMED_WIDTHS[name] ?? 14),
    least: Math.max(6, Math.min(name.length, 10)),
    fields: [name],
    text: (event) => printable(name === 'time' ? clockTime(event['time']) : event[name]),
  }))
}

const NAMED_WIDTHS: Readonly<Record<string, number>> = {
  time: 12,
  event_id: 36,
  model: 24,
  error_message: 40,
  extra: 40,
  tags: 30,
}

/** The columns that fit: shrunk, and where that is not enough, the last ones left out. */
export function fitted(columns: readonly LineColumn[], terminal: number): readonly LineColumn[] {
  const gaps = (n: number): number => GAP.length * Math.max(0, n - 1)
  let kept = columns
  const least = (some: readonly LineColumn[]): number =>
    some.reduce((sum, column) => sum + Math.min(column.least, column.width), gaps(some.length))
  while (kept.length > 1 && least(kept) > terminal) kept = kept.slice(0, -1)
  let room = terminal - least(kept)
  return kept.map((column) => {
    const low = Math.min(column.least, column.width)
    const more = Math.max(0, Math.min(room, column.width - low))
    room -= more
    return { ...column, width: low + more }
  })
}

export function headLine(columns: readonly LineColumn[]): string {
  return columns
    .map((column) => padded(column.head, column))
    .join(GAP)
    .trimEnd()
}

/** Errors are red, warnings yellow. */
export function eventLine(
  event: EventView,
  columns: readonly LineColumn[],
  color: boolean,
): string {
  const line = columns
    .map((column) => padded(column.text(event), column))
    .join(GAP)
    .trimEnd()
  if (!color) return line
  if (isError(event)) return styleText('red', line, { validateStream: false })
  return event['severity'] === 'warning'
    ? styleText('yellow', line, { validateStream: false })
    : line
}

export function isError({ status, severity }: EventView): boolean {
  return (
    status === 'error' || status === 'timeout' || severity === 'error' || severity === 'critical'
  )
}

/** The day of an event, as a line between days. */
export function dayOf({ time }: EventView): string {
  return typeof time === 'string' ? time.slice(0, 10) : ''
}

function padded(text: string, { width, right }: LineColumn): string {
  const cut = text.length <= width ? text : `${text.slice(0, width - 1)}…`
  return right === true ? cut.padStart(width) : cut.padEnd(width)
}

function clockTime(time: unknown): string {
  const found = typeof time === 'string' ? /T(\d\d:\d\d:\d\d)(\.\d{1,3})?/.exec(time) : null
  return found === null ? '' : `${found[1]}${(found[2] ?? '.').padEnd(4, '0')}`
}

/** 950 → 950ms, 12345 → 12.3s. */
export function milliseconds(value: unknown): string {
  if (typeof value !== 'number') return ''
  if (value < 1000) return `${value < 10 ? value.toFixed(1) : Math.round(value)}ms`
  return value < 100_000 ? `${(value / 1000).toFixed(1)}s` : `${count(value / 1000)}s`
}

function tokens({ input_tokens: input, output_tokens: output }: EventView): string {
  if (typeof input !== 'number' && typeof output !== 'number') return ''
  const shown = (n: unknown): string => (typeof n === 'number' ? short(n) : '?')
  return `${shown(input)}→${shown(output)}`
}

function short(n: number): string {
  return n < 100_000
    ? String(n)
    : n < 10_000_000
      ? `${Math.round(n / 1000)}k`
      : `${Math.round(n / 1e6)}M`
}

/** Dollars with as many places as tell something: 0.000045, 0.0123, 12.30. */
export function money(value: unknown): string {
  if (typeof value !== 'string') return ''
  const amount = Number(value)
  if (!Number.isFinite(amount)) return ''
  const size = Math.abs(amount)
  return amount.toFixed(size === 0 || size >= 10 ? 2 : size >= 0.01 ? 4 : 6)
}
