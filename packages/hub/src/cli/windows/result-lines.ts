/** Results of live windows as aligned lines. */

import { columnFormat, UNKNOWN } from '../formats.ts'
import { printable } from '../output.ts'
import type { LiveRow, LiveSnapshotMessage } from './live-messages.ts'

export interface ResultColumn {
  readonly head: string
  readonly width: number
  readonly right: boolean
  readonly text: (row: LiveRow) => string
}

const GAP = '  '
const DIMENSION_WIDTH = 22
const MEASURE_WIDTH = 10
const LEAST_TEXT = 8

/** Window, project where there are several, dimensions, and measures; the last ones go where there is no room. */
export function resultColumns(
  { by, measures }: LiveSnapshotMessage,
  {
    shown,
    projects,
    terminal,
  }: {
    /** Names of the measures to show; null shows all. */
    readonly shown: readonly string[] | null
    readonly projects: boolean
    /** Characters of a line. */
    readonly terminal: number
  },
): readonly ResultColumn[] {
  const chosen = measures.filter(({ name }) => shown === null || shown.includes(name))
  const columns: ResultColumn[] = [
    { head: 'WINDOW (UTC)', width: 19, right: false, text: windowText },
    ...(projects
      ? [{ head: 'PROJECT', width: 12, right: false, text: ({ project }: LiveRow) => project }]
      : []),
    ...by.map((name) => ({
      head: name.toUpperCase(),
      width: Math.max(LEAST_TEXT, by.length > 2 ? DIMENSION_WIDTH / 2 : DIMENSION_WIDTH),
      right: false,
      text: ({ key }: LiveRow) => printable(key[name] ?? UNKNOWN),
    })),
    ...chosen.map(({ name, unit }) => ({
      head: name.toUpperCase(),
      width: Math.max(MEASURE_WIDTH, name.length),
      right: true,
      text: ({ values }: LiveRow) => valueText(values[name] ?? null, unit),
    })),
  ]
  let width = 0
  return columns.filter((column, at) => {
    width += column.width + (at === 0 ? 0 : GAP.length)
    return at === 0 || width <= terminal
  })
}

export function headLine(columns: readonly ResultColumn[]): string {
  return lineOf(columns, ({ head }) => head)
}

export function resultLine(row: LiveRow, columns: readonly ResultColumn[]): string {
  return lineOf(columns, ({ text }) => text(row))
}

function lineOf(columns: readonly ResultColumn[], cell: (column: ResultColumn) => string): string {
  return columns
    .map((column) => {
      const text = cell(column)
      const cut = text.length > column.width ? `${text.slice(0, column.width - 1)}…` : text
      return column.right ? cut.padStart(column.width) : cut.padEnd(column.width)
    })
    .join(GAP)
    .trimEnd()
}

const DAY_MS = 86_400_000

/** Minutes of a day as `11-21 10:00–10:05`, days and more by their dates. */
function windowText({ start, end }: LiveRow): string {
  const [from, to] = [Date.parse(start), Date.parse(end)]
  if (to - from >= DAY_MS) return `${start.slice(0, 10)} ${Math.round((to - from) / DAY_MS)}d`
  const seconds = from % 60_000 !== 0 || to % 60_000 !== 0
  const clock = (iso: string): string => iso.slice(11, seconds ? 19 : 16)
  return seconds
    ? `${clock(start)}–${clock(end)}`
    : `${start.slice(5, 10)} ${clock(start)}–${clock(end)}`
}

function valueText(value: number | string | null, unit: string): string {
  if (value === null) return UNKNOWN
  const number = Number(value)
  if (typeof value === 'string' && !Number.isFinite(number)) return printable(value)
  return columnFormat(unit, [number])(number)
}
