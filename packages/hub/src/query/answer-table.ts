import { type Answer, type AnswerColumn, type Cell, parseIsoMicros } from '@llmhub/schema'
import {
  type Table,
  type TableCell,
  type TableColumn,
  type TableType,
  tableOf,
} from '../core/table.ts'
import { fieldNamed } from './dimensions.ts'
import { measureNamed } from './measures.ts'
import { picoDollars } from './value.ts'

/** An answer as a table with types, for formats that have them. */
export function answerTable(answer: Pick<Answer, 'columns' | 'rows'>, name = 'Answer'): Table {
  const columns = answer.columns.map((column, at): TableColumn => {
    const type = typeOf(column, answer.rows, at)
    const { unit } = column
    return { name: column.name, type, ...(unit === undefined ? {} : { unit }) }
  })
  const rows = answer.rows.map((row) =>
    columns.map((column, at) => tableCell(row[at] ?? null, column.type)),
  )
  return tableOf(name, columns, rows)
}

const COMPARED = /\.(?:previous|delta)$/u

/** By the catalogue where it knows the name; else money by its unit, and the rest by what is there. */
function typeOf(column: AnswerColumn, rows: Answer['rows'], at: number): TableType {
  const { name, role, unit } = column
  if (role === 'time') return 'time'
  if (role === 'dimension') return 'text'
  const known =
    measureNamed(name)?.type ??
    fieldNamed(name)?.type ??
    (role === 'comparison' && COMPARED.test(name)
      ? measureNamed(name.replace(COMPARED, ''))?.type
      : undefined)
  const cells = rows.map((row) => row[at] ?? null).filter((cell) => cell !== null)
  if (known !== undefined && cells.every((cell) => fits(cell, known))) return known
  if (unit === 'USD' && cells.every((cell) => fits(cell, 'money'))) return 'money'
  if (cells.every((cell) => typeof cell === 'number')) return 'number'
  return cells.every((cell) => typeof cell === 'boolean') ? 'boolean' : 'text'
}

function fits(cell: Cell, type: TableType): boolean {
  switch (type) {
    case 'money':
      return typeof cell !== 'boolean' && cell !== null && picoDollars(cell) !== null
    case 'integer':
      return typeof cell === 'string' ? /^-?\d{1,19}$/u.test(cell) : Number.isInteger(cell)
    case 'time':
      return typeof cell === 'string' && parseIsoMicros(cell) !== null
    case 'number':
      return typeof cell === 'number'
    case 'boolean':
      return typeof cell === 'boolean'
    case 'text':
    case 'json':
      return typeof cell === 'string'
  }
}

function tableCell(cell: Cell, type: TableType): TableCell {
  if (cell === null) return null
  if (type === 'money') return typeof cell === 'boolean' ? null : picoDollars(cell)
  if (type === 'time') return typeof cell === 'string' ? parseIsoMicros(cell) : null
  return type === 'integer' && typeof cell === 'string' ? BigInt(cell) : cell
}

/** What an answer is of, for the sheet or the metadata beside its rows. */
export function aboutAnswer({ meta }: Pick<Answer, 'meta'>): (readonly [string, string])[] {
  const position = Object.entries(meta.asOf.position).map(([part, next]) => `${part}:${next}`)
  return [
    ['from', meta.from],
    ['to', meta.to],
    ['timezone', meta.timezone],
    ['as of position', position.join(' ')],
    ['as of watermark', meta.asOf.watermark ?? ''],
    ['source', meta.source],
    ['partial', meta.partial ? 'yes' : 'no'],
    ...meta.warnings.map((warning) => ['warning', warning] as const),
  ]
}
