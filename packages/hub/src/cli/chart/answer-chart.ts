import type { Answer, AnswerColumn, Cell } from '@llmhub/schema'
import { OTHER_KEY } from '../../store/store.ts'
import { isWritten } from '../formats.ts'
import { printable } from '../output.ts'
import { type Bar, barChart } from './bar-chart.ts'
import { lineChart } from './line-chart.ts'
import type { ChartStyle } from './style.ts'

/** As much of an answer as is drawn. */
export type Drawable = Pick<Answer, 'columns' | 'rows'> & {
  readonly meta: Pick<Answer['meta'], 'timezone'>
}

/**
 * An answer as text to look at: a line over time for each group where it has a time column, else a bar
 * for each group. One drawing for each measure, because two units do not fit one axis. Null when it has
 * neither a measure nor a row that could be drawn.
 */
export function answerChart(answer: Drawable, style: ChartStyle): string | null {
  const measures = placesOf(answer, 'measure')
  if (measures.length === 0 || answer.rows.length === 0) return null
  const drawings = measures.map((place) => drawing(answer, place, style))
  return drawings.join('\n')
}

function drawing(answer: Drawable, place: number, style: ChartStyle): string {
  const column = answer.columns[place]
  const title = titleOf(column)
  const dimensions = placesOf(answer, 'dimension')
  const [time] = placesOf(answer, 'time')
  if (time === undefined) {
    const bars: Bar[] = answer.rows.map((row) => ({
      label: groupName(row, dimensions) || 'all',
      value: numberOf(row[place]),
    }))
    return barChart(title, column?.unit, bars, style)
  }
  const starts = [...new Set(answer.rows.map((row) => String(row[time])))].sort()
  const placeOf = new Map(starts.map((start, at) => [start, at]))
  const groups = new Map<string, (number | null)[]>()
  for (const row of answer.rows) {
    const name = groupName(row, dimensions)
    const values =
      groups.get(name) ?? Array.from<number | null>({ length: starts.length }).fill(null)
    groups.set(name, values)
    values[placeOf.get(String(row[time])) ?? 0] = numberOf(row[place])
  }
  const series = [...groups].map(([name, values]) => ({ name: name || title, values }))
  // The greatest come first, so that those without a line of their own are the small ones.
  series.sort((a, b) => greatest(b.values) - greatest(a.values))
  const { timezone } = answer.meta
  return lineChart({ title, unit: column?.unit, starts, timezone, series }, style)
}

function greatest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
}

export function placesOf({ columns }: Drawable, role: AnswerColumn['role']): number[] {
  return columns.flatMap((column, at) => (column.role === role ? [at] : []))
}

/** Values of the group's dimensions: `openai / gpt-4o`; empty without any. */
export function groupName(row: readonly Cell[], dimensions: readonly number[]): string {
  return dimensions.map((at) => memberName(row[at] ?? null)).join(' / ')
}

/** The value of a dimension for people; the hub writes one key for all behind the greatest. */
export function memberName(cell: Cell): string {
  return cell === OTHER_KEY ? '(others)' : printable(cell ?? '(none)')
}

/** Money comes as decimal text. */
export function numberOf(cell: Cell | undefined): number | null {
  if (cell === null || cell === undefined || cell === '' || typeof cell === 'boolean') return null
  const value = Number(cell)
  return Number.isFinite(value) ? value : null
}

function titleOf(column: AnswerColumn | undefined): string {
  const unit = column?.unit
  return isWritten(unit) ? (column?.name ?? '') : `${column?.name ?? ''} (${unit})`
}
