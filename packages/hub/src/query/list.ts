/**
 * Lists: rows of events, newest first, in pages. A cursor holds the place after the last row and
 * the range as it was resolved for the first page, so that `now` does not move between pages; it is
 * bound to the filters and refused with others.
 */

import type { Cell } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import { cursorParts, cursorText } from '../core/cursor-text.ts'
import { dollars } from '../core/dollars.ts'
import type { Frame, FrameCell, ListPlan } from '../store/store.ts'
import type { RunPlan } from './answer-meta.ts'
import { failureOf, metaOf } from './answer-meta.ts'
import type { Field } from './dimensions.ts'
import { fieldNamed } from './dimensions.ts'
import type { ParsedQuestion } from './parse-question.ts'
import { stableText } from './stable-text.ts'
import { toCell } from './value.ts'

/** Shown when the question names no fields. */
const DEFAULT_LIST_FIELDS = [
  'event_id',
  'kind',
  'severity',
  'service',
  'provider',
  'model',
  'status',
  'error_type',
  'latency',
  'ttft',
  'input_tokens',
  'output_tokens',
  'cost',
  'user',
  'session',
  'name',
  'value',
] as const

/** Raised when what a cursor holds changes; older cursors are refused. */
const CURSOR_VERSION = 2

interface ListCursor {
  readonly from: number
  readonly to: number
  readonly before: NonNullable<ListPlan['before']>
}

/** What a cursor is bound to: the filters of its question. */
function cursorBinding(question: Pick<ParsedQuestion, 'where'>): string {
  return `list ${CURSOR_VERSION} ${stableText(question.where)}`
}

function encodeCursor(cursor: ListCursor, binding: string): string {
  const { from, to, before } = cursor
  const { time, partition, offset, index } = before
  return cursorText([from, to, time, partition, `${offset}`, index], binding)
}

/** Null when the text is not a cursor of this version, is damaged, or was made for other filters. */
function decodeCursor(text: string, binding: string): ListCursor | null {
  const parts = cursorParts(text, binding)
  if (parts?.length !== 6) return null
  const [from, to, time, partition, offset, index] = parts
  if (typeof offset !== 'string' || !/^\d{1,19}$/u.test(offset)) return null
  if (!isWhole(from) || !isWhole(to) || !isWhole(time) || !isWhole(partition) || !isWhole(index)) {
    return null
  }
  return { from, to, before: { time, partition, offset: BigInt(offset), index } }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

export async function executeList(question: ParsedQuestion, run: RunPlan): Promise<AskOutcome> {
  const binding = cursorBinding(question)
  const cursor = question.cursor === null ? null : decodeCursor(question.cursor, binding)
  if (question.cursor !== null && cursor === null) {
    const message = 'is not a cursor of this question: ask without one for the first page'
    return { ok: false, code: 'invalid_question', message, issues: [{ path: '/cursor', message }] }
  }
  const { from, to } = cursor ?? question
  const fields = question.by.length > 0 ? question.by : defaultFields()
  const columns = [...new Set(fields.map(({ ref }) => (ref.type === 'tag' ? 'tags' : ref.column)))]
  const outcome = await run({
    type: 'list',
    from,
    to,
    where: question.where,
    columns,
    ...(cursor === null ? {} : { before: cursor.before }),
    limit: question.limit + 1,
  })
  if (!outcome.ok) return failureOf(outcome.failure, outcome.message)
  const { frame } = outcome
  const rows = frame.rows.slice(0, question.limit)
  const last = rows.at(-1)
  const more = frame.rows.length > question.limit && last !== undefined
  return {
    ok: true,
    answer: {
      columns: [
        { name: 'time', role: 'time' },
        ...fields.map((field) => ({
          name: field.name,
          role: field.type === 'text' ? ('dimension' as const) : ('measure' as const),
          ...(field.unit === undefined ? {} : { unit: field.unit }),
        })),
      ],
      rows: rows.map((row) => listRow(frame, row, fields)),
      meta: metaOf({ from, to, timezone: question.timezone }, [frame], []),
      next: more ? encodeCursor({ from, to, before: placeOf(frame, last) }, binding) : null,
    },
  }
}

function defaultFields(): Field[] {
  return DEFAULT_LIST_FIELDS.map((name) => {
    const field = fieldNamed(name)
    if (field === undefined) throw new RangeError(`default field ${name} is not in the catalogue`)
    return field
  })
}

function cellOf(frame: Frame, row: readonly FrameCell[], column: string): FrameCell {
  return row[frame.columns.lastIndexOf(column)] ?? null
}

function placeOf(frame: Frame, row: readonly FrameCell[]): NonNullable<ListPlan['before']> {
  const offset = cellOf(frame, row, 'offset')
  return {
    time: Number(cellOf(frame, row, 'time')),
    partition: Number(cellOf(frame, row, 'partition')),
    offset: typeof offset === 'bigint' ? offset : BigInt(Number(offset)),
    index: Number(cellOf(frame, row, 'index')),
  }
}

function listRow(frame: Frame, row: readonly FrameCell[], fields: readonly Field[]): Cell[] {
  return [
    formatIsoMicros(Number(cellOf(frame, row, 'time'))),
    ...fields.map((field): Cell => {
      const { ref } = field
      if (ref.type === 'tag') {
        const tags = cellOf(frame, row, 'tags')
        if (typeof tags !== 'object' || tags === null) return null
        return Object.hasOwn(tags, ref.key) ? (tags[ref.key] ?? null) : null
      }
      const cell = cellOf(frame, row, ref.column)
      if (typeof cell === 'bigint') {
        return field.type === 'money' ? dollars(cell) : toCell(cell, 'integer')
      }
      if (typeof cell === 'number') return toCell(cell, 'number')
      return typeof cell === 'object' && cell !== null ? JSON.stringify(cell) : cell
    }),
  ]
}
