import type { Answer, Cell } from '@llmhub/schema'
import { memberName, numberOf } from '../chart/answer-chart.ts'
import { bucketLabels, columnFormat, isWritten, UNKNOWN } from '../formats.ts'
import { printable, type Terminal } from '../output.ts'
import { fittedTable } from '../table.ts'

/** A column that is not the hub's: made here from other answers. */
export interface ExtraColumn {
  readonly name: string
  /** One text for each row of the answer. */
  readonly cells: readonly string[]
}

/**
 * An answer as a table for people: numbers in the format of their column's unit, times in the zone of
 * the answer, and no column that says the same for every row (whether buckets are complete).
 */
export function answerTable(
  answer: Answer,
  terminal: Terminal,
  extra: readonly ExtraColumn[] = [],
): string {
  const { columns, rows } = answer
  const values = (at: number): Cell[] => rows.map((row) => row[at] ?? null)
  const shown = columns.flatMap((column, at) => {
    if (column.role === 'meta') {
      const isSaid = values(at).some((cell) => cell === false)
      return isSaid ? [{ head: column.name, cells: values(at).map(yesNo) }] : []
    }
    const unit = isWritten(column.unit) ? '' : ` (${column.unit})`
    return [
      {
        head: `${column.role === 'comparison' ? comparisonName(column.name) : column.name}${unit}`,
        cells: cellsOf(answer, at),
      },
    ]
  })
  shown.push(...extra.map(({ name, cells }) => ({ head: name, cells: [...cells] })))
  return fittedTable(
    terminal,
    shown.map(({ head }) => head),
    rows.map((_, row) => shown.map(({ cells }) => cells[row] ?? '')),
  )
}

/** `cost.total.previous` stands right behind `cost.total`: its last word will do. */
function comparisonName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

const yesNo = (cell: Cell): string => (cell === true ? 'yes' : 'no')

/** Cells of one column as texts. */
function cellsOf({ columns, rows, meta }: Answer, at: number): string[] {
  const column = columns[at]
  const cells = rows.map((row) => row[at] ?? null)
  if (column?.role === 'time') return bucketLabels(cells.map(String), meta.timezone)
  if (column?.role === 'dimension') return cells.map(memberName)
  const numbers = cells.map(numberOf)
  const isNumeric = cells.every((cell, row) => cell === null || numbers[row] !== null)
  if (column?.unit === undefined || !isNumeric) return cells.map(printable)
  const format = columnFormat(column.unit, numbers)
  return numbers.map((value) => (value === null ? UNKNOWN : format(value)))
}
