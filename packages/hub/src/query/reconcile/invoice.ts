/**
 * A provider's invoice as CSV → lines of day, model and amount, or what is wrong with it, by line.
 *
 * A shape says in which columns the file has what; it is known by its headers:
 * - `openai`: the export of costs, one line per day and line item, `gpt-4o-2024-08-06, input`; days
 *   without cost have no amount
 * - `anthropic`: the export of costs of the console, one line per day, model and type of token
 * - `generic`: a header of the usual names for date, model and amount, or as told
 */

import { parseTime } from '@llmhub/stream'
import { parse } from 'csv-parse/sync'
import type { QuestionIssue } from '../../core/ask.ts'
import { suggestion } from '../suggestion.ts'
import { picoDollars } from '../value.ts'
import { dayNames } from './calendar-day.ts'

export const INVOICE_FIELDS = [
  'date',
  'model',
  'amount',
  'currency',
  'input_tokens',
  'output_tokens',
] as const
export type InvoiceField = (typeof INVOICE_FIELDS)[number]
export type InvoiceColumns = Readonly<Partial<Record<InvoiceField, string>>>

export interface InvoiceLine {
  /** `2026-11-20`, a day of the time zone. */
  readonly day: string
  readonly model: string | null
  /** Pico-dollars. */
  readonly amount: bigint
  readonly inputTokens: bigint | null
  readonly outputTokens: bigint | null
}

export interface Invoice {
  readonly shape: 'openai' | 'anthropic' | 'generic'
  /** Whose invoice it is, where the shape says it. */
  readonly provider: string | null
  /** Which header was taken for what. */
  readonly columns: InvoiceColumns
  readonly lines: readonly InvoiceLine[]
  /** Lines without an amount. */
  readonly empty: number
}

export type InvoiceParse =
  | { readonly ok: true; readonly invoice: Invoice }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

export const INVOICE_LIMITS = { lines: 200_000, columns: 200, issues: 20, days: 400 } as const

interface Shape {
  readonly name: Invoice['shape']
  readonly provider: string | null
  /** Headers of which all have to be there. */
  readonly has: readonly string[]
  readonly columns: InvoiceColumns
}

const SHAPES: readonly Shape[] = [
  {
    name: 'openai',
    provider: 'openai',
    has: ['start_time', 'amount_value', 'line_item'],
    columns: {
      date: 'start_time',
      model: 'line_item',
      amount: 'amount_value',
      currency: 'amount_currency',
    },
  },
  {
    name: 'anthropic',
    provider: 'anthropic',
    has: ['usage_date_utc', 'model', 'cost_usd'],
    columns: { date: 'usage_date_utc', model: 'model', amount: 'cost_usd' },
  },
]

/** Names that a header of any other file may have, best first. */
const USUAL_NAMES: Readonly<Record<InvoiceField, readonly string[]>> = {
  date: ['date', 'day', 'usage_date', 'usage_date_utc', 'start_time', 'timestamp', 'time'],
  model: ['model', 'model_id', 'model_name', 'model_version', 'line_item', 'sku'],
  amount: ['amount', 'amount_usd', 'cost', 'cost_usd', 'total_cost', 'total', 'spend', 'usd'],
  currency: ['currency', 'amount_currency', 'cost_currency'],
  input_tokens: ['input_tokens', 'prompt_tokens'],
  output_tokens: ['output_tokens', 'completion_tokens'],
}

/**
 * @param told headers named by the caller; they go before what the file is recognised as
 * @param timezone whose days instants belong to; dates without a time are taken as they are
 */
export function parseInvoice(text: string, told: InvoiceColumns, timezone: string): InvoiceParse {
  const firstLine = text
    .slice(0, 100_000)
    .split(/\r?\n/u)
    .find((line) => line.trim() !== '')
  if (firstLine === undefined) return wrong([{ path: 'line 1', message: 'the file is empty' }])
  const rows = readRows(text, delimiterOf(firstLine))
  if (!rows.ok) return wrong([{ path: `line ${rows.line}`, message: rows.message }])
  const [header, ...records] = rows.records
  if (header === undefined) return wrong([{ path: 'line 1', message: 'the file is empty' }])
  if (records.length > INVOICE_LIMITS.lines) {
    const message = `the file has more than ${INVOICE_LIMITS.lines} lines`
    return wrong([{ path: `line ${INVOICE_LIMITS.lines + 1}`, message }])
  }
  const found = findColumns(header.fields, told)
  if (!found.ok) return found
  const { at, shape, columns } = found
  const issues: QuestionIssue[] = []
  const lines: InvoiceLine[] = []
  let empty = 0
  const dayOf = dayReader(timezone)
  for (const record of records) {
    const cell = (field: InvoiceField): string => {
      const index = at[field]
      return index === undefined ? '' : (record.fields[index] ?? '').trim()
    }
    if (cell('amount') === '') {
      empty++
      continue
    }
    const line = readLine(cell, dayOf, shape?.name === 'openai')
    if ('line' in line) lines.push(line.line)
    else if (
      issues.push({ path: `line ${record.line}`, message: line.issue }) >= INVOICE_LIMITS.issues
    )
      break
  }
  if (issues.length > 0) return wrong(issues)
  const name = shape?.name ?? 'generic'
  return {
    ok: true,
    invoice: { shape: name, provider: shape?.provider ?? null, columns, lines, empty },
  }
}

function wrong(issues: readonly QuestionIssue[]): InvoiceParse & { readonly ok: false } {
  return { ok: false, issues }
}

interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

type Rows =
  | { readonly ok: true; readonly records: readonly CsvRecord[] }
  | { readonly ok: false; readonly line: number; readonly message: string }

function readRows(text: string, delimiter: string): Rows {
  try {
    const found = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 100_000,
    }) as unknown as readonly { readonly info: { lines: number }; readonly record: string[] }[]
    return {
      ok: true,
      records: found.map(({ info, record }) => ({ line: info.lines, fields: record })),
    }
  } catch (error) {
    const { lines = 1, message } = error as { readonly lines?: number; readonly message: string }
    return { ok: false, line: lines, message: `is not CSV: ${message}` }
  }
}

/** The one of comma, semicolon and tab that the header has most of. */
function delimiterOf(header: string): string {
  const count = (mark: string): number => header.split(mark).length
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

type Found =
  | {
      readonly ok: true
      readonly at: Readonly<Partial<Record<InvoiceField, number>>>
      readonly shape: Shape | null
      readonly columns: InvoiceColumns
    }
  | (InvoiceParse & { readonly ok: false })

function findColumns(header: readonly string[], told: InvoiceColumns): Found {
  const names = header.slice(0, INVOICE_LIMITS.columns).map((name) => name.trim())
  const plain = names.map((name) => name.toLowerCase().replaceAll(/[\s-]+/g, '_'))
  const shape = SHAPES.find(({ has }) => has.every((name) => plain.includes(name))) ?? null
  const at: Partial<Record<InvoiceField, number>> = {}
  const columns: Partial<Record<InvoiceField, string>> = {}
  const issues: QuestionIssue[] = []
  for (const field of INVOICE_FIELDS) {
    const asked = told[field]
    const wanted = shape?.columns[field]
    const usual = wanted === undefined ? USUAL_NAMES[field] : [wanted]
    const index =
      asked === undefined
        ? (usual.map((name) => plain.indexOf(name)).find((each) => each >= 0) ?? -1)
        : names.indexOf(asked)
    if (index >= 0) {
      at[field] = index
      columns[field] = names[index] ?? ''
    } else if (asked !== undefined) {
      const hint = suggestion(asked, names)
      issues.push({ path: field, message: `no column of the file is named "${asked}".${hint}` })
    } else if (field === 'date' || field === 'amount') {
      const known = names.slice(0, 20).join(', ')
      issues.push({
        path: field,
        message: `no column of ${known} is known to hold it: name it with ?${field}=<header>`,
      })
    }
  }
  return issues.length > 0 ? wrong(issues) : { ok: true, at, shape, columns }
}

const AMOUNT = /^(-?)\$?(\d{1,3}(?:,\d{3})+|\d*)(?:\.(\d*))?(?:e([+-]?\d{1,2}))?$/iu

/** Dollars as invoices write them: `1,234.50`, `$0.02`, `8.1e-05`. Exact; rounded half to even below a pico-dollar. */
export function amountOf(text: string): bigint | null {
  const match = AMOUNT.exec(text)
  if (match === null || !/\d/u.test(text)) return null
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = whole.replaceAll(',', '') + fraction
  const point = digits.length - fraction.length + Number(exponent)
  const padded = point < 0 ? '0'.repeat(-point) + digits : digits.padEnd(point, '0')
  const place = Math.max(0, point)
  const dollars = padded.slice(0, place).replace(/^0+(?=\d)/u, '') || '0'
  const plain = `${sign}${dollars}.${padded.slice(place, place + 24) || '0'}`
  return picoDollars(plain)
}

type LineRead = { readonly line: InvoiceLine } | { readonly issue: string }

function readLine(
  cell: (field: InvoiceField) => string,
  dayOf: (text: string) => string | null,
  isLineItem: boolean,
): LineRead {
  const amount = amountOf(cell('amount'))
  if (amount === null) return { issue: `"${shown(cell('amount'))}" is not an amount of dollars` }
  const currency = cell('currency')
  if (currency !== '' && currency.toLowerCase() !== 'usd') {
    return { issue: `the currency is "${shown(currency)}", and only USD can be compared` }
  }
  const day = dayOf(cell('date'))
  if (day === null) {
    return { issue: `"${shown(cell('date'))}" is not a date: ISO 8601 (2026-11-20) or epoch` }
  }
  const tokens: Record<string, bigint | null> = {}
  for (const field of ['input_tokens', 'output_tokens'] as const) {
    const text = cell(field)
    if (text !== '' && !/^\d{1,18}$/u.test(text)) {
      return { issue: `${field} "${shown(text)}" is not a whole number` }
    }
    tokens[field] = text === '' ? null : BigInt(text)
  }
  // `gpt-4o-2024-08-06, cached input` is an item of that model.
  const name = isLineItem ? (cell('model').split(', ')[0] ?? '') : cell('model')
  return {
    line: {
      day,
      model: name === '' ? null : name,
      amount,
      inputTokens: tokens['input_tokens'] ?? null,
      outputTokens: tokens['output_tokens'] ?? null,
    },
  }
}

/** Foreign text in a message: short. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** Days of instants, and dates as they are. Repeated texts, which are most, are read once. */
function dayReader(timezone: string): (text: string) => string | null {
  const nameOf = dayNames(timezone)
  const known = new Map<string, string | null>()
  const read = (text: string): string | null => {
    if (text === '' || text.startsWith('now')) return null
    // A time without a zone is one of whoever wrote the invoice: its date counts as it is written.
    const date = /^(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?$/u.exec(text)?.[1]
    const time = parseTime(date ?? text, 0)
    if (!time.ok) return null
    if (date !== undefined) return date
    return nameOf(time.micros)
  }
  return (text) => {
    const before = known.get(text)
    if (before !== undefined) return before
    const day = read(text)
    known.set(text, day)
    return day
  }
}
