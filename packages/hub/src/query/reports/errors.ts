import type { Answer, Cell, Filter, Question } from '@llmhub/schema'
import type { ReportSpec } from '../../core/report.ts'
import { OTHER_KEY } from '../../store/store.ts'
import { exampleOf } from '../error-example.ts'
import { defineReport, questionBase } from './define-report.ts'
import type { ReportInput } from './parameters.ts'
import {
  FILTER_PARAMETERS,
  GRANULARITY_PARAMETER,
  RANGE_PARAMETERS,
  TIMEZONE_PARAMETER,
} from './parameters.ts'
import type { Shape } from './shape.ts'
import {
  arraySchema,
  cellAt,
  fillPoints,
  fillShape,
  measuresOf,
  objectSchema,
  pointSchema,
  schemaOf,
  unitsOf,
} from './shape.ts'

/** Groups of errors that are told apart at all; those beyond are left out with a warning. */
const MOST_GROUPS = 1000
/** Newest failures whose messages are read. */
const READ_MESSAGES = 1000
const SHOWN_EXAMPLES = 3
/** Types of error with a series of their own. */
const SERIES_TYPES = 10

const TOTAL = {
  requests: 'requests.count',
  errors: 'requests.errors',
  error_rate: 'requests.error_rate',
} as const satisfies Shape

/** The rows that `requests.errors` counts. */
const FAILED: readonly Filter[] = [
  { field: 'status', op: 'in', value: ['error', 'timeout'] },
  { field: 'kind', op: 'in', value: ['llm_request', 'latency'] },
]

const COUNT = { type: 'number' } as const
const RATIO = { type: ['number', 'null'] } as const
const TEXT = { type: ['string', 'null'] } as const
const TIME = { type: ['string', 'null'], format: 'date-time' } as const

export const errorsReport: ReportSpec = defineReport({
  path: '/errors',
  summary:
    'Which errors occur: by type, model and provider, over time and against the range before.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
    GRANULARITY_PARAMETER,
    TIMEZONE_PARAMETER,
    {
      name: 'limit',
      type: 'integer',
      doc: 'Groups to list, most errors first, at most 1000; the rest is summed up.',
      default: '50',
    },
  ],
  properties: {
    total: schemaOf(TOTAL),
    previous: schemaOf(TOTAL),
    items: arraySchema(
      objectSchema({
        error_type: { ...TEXT, description: 'Null: failures that say no type.' },
        model: TEXT,
        provider: TEXT,
        rest: { type: 'boolean', description: 'All groups that are not listed, summed up.' },
        errors: COUNT,
        share: { ...RATIO, description: 'Share of all errors, 0 to 1.' },
        rate: {
          ...RATIO,
          description: 'Share of the calls of this model and provider; of all calls for the rest.',
        },
        previous: { ...COUNT, description: 'Errors in the range of the same length before.' },
        previous_rate: RATIO,
        trend: { enum: ['new', 'up', 'down', 'flat', 'gone'], description: 'Of the rate.' },
        first: { ...TIME, description: 'First seen within the range.' },
        last: { ...TIME, description: 'Last seen within the range.' },
        examples: arraySchema(
          objectSchema({
            message: {
              type: 'string',
              description: 'Redacted: without addresses, keys, ids and long quotations.',
            },
            count: { ...COUNT, description: 'Among the failures whose messages were read.' },
            last: TIME,
          }),
        ),
      }),
    ),
    messages_read: { ...COUNT, description: 'Newest failures that the examples come from.' },
    series: arraySchema(pointSchema(TOTAL)),
    types: arraySchema(
      objectSchema({
        error_type: TEXT,
        rest: { type: 'boolean', description: 'All types that are not listed.' },
        series: arraySchema(pointSchema({ errors: 'requests.errors' })),
      }),
    ),
  },
  units: {
    total: unitsOf(TOTAL),
    previous: unitsOf(TOTAL),
    items: {
      errors: 'count',
      share: 'ratio',
      rate: 'ratio',
      previous: 'count',
      previous_rate: 'ratio',
    },
    series: unitsOf(TOTAL),
    types: { series: { errors: 'count' } },
  },
  check: ({ values }) =>
    Number(values['limit']) > MOST_GROUPS
      ? [{ path: 'limit', message: `is above ${MOST_GROUPS}` }]
      : [],
  questions,
  content: (answers, input) => {
    const { total, calls, groups, messages, series, types } = answers
    const [whole] = total.rows
    const examples = examplesOf(messages)
    const all = itemsOf(groups, calls, total)
    const limit = Number(input.values['limit'])
    const items = all.slice(0, limit).map((item) => ({
      ...item,
      examples: examples.get(groupOf(item.error_type, item.model, item.provider)) ?? [],
    }))
    const rest = restOf(all.slice(limit), total)
    return {
      body: {
        total: fillShape(TOTAL, total, whole),
        previous: previousOf(total, whole),
        items: rest === null ? items : [...items, { ...rest, examples: [] }],
        messages_read: messages.rows.length,
        series: fillPoints(TOTAL, series),
        types: seriesByType(types),
      },
    }
  },
})

function questions(input: ReportInput) {
  const base = questionBase(input)
  const failed = { ...base, filters: [...input.filters, ...FAILED] }
  const step = `time:${input.step}`
  const table = { kind: 'table', compare: 'previous', limit: MOST_GROUPS } as const
  return {
    total: { ...base, ...table, measures: measuresOf(TOTAL) },
    calls: { ...base, ...table, measures: ['requests.count'], by: ['model', 'provider'] },
    groups: {
      ...failed,
      ...table,
      measures: ['requests.errors', 'events.first', 'events.last'],
      by: ['error_type', 'model', 'provider'],
    },
    messages: {
      ...failed,
      filters: [...failed.filters, { field: 'error_message', op: 'exists' }],
      kind: 'list',
      by: ['error_type', 'model', 'provider', 'error_message'],
      limit: READ_MESSAGES,
    },
    series: { ...base, kind: 'series', measures: measuresOf(TOTAL), by: [step] },
    types: {
      ...failed,
      kind: 'series',
      measures: ['requests.errors'],
      by: ['error_type', step],
      top: { by: 'requests.errors', n: SERIES_TYPES, other: true },
    },
  } satisfies Readonly<Record<string, Question>>
}

interface Item {
  readonly error_type: Cell
  readonly model: Cell
  readonly provider: Cell
  readonly rest: boolean
  readonly errors: number
  readonly share: number | null
  readonly rate: number | null
  readonly previous: number
  readonly previous_rate: number | null
  readonly trend: 'new' | 'up' | 'down' | 'flat' | 'gone'
  readonly first: Cell
  readonly last: Cell
}

/** Texts as JSON, so that no name can pass for two. */
function groupOf(...keys: readonly Cell[]): string {
  return JSON.stringify(keys)
}

function numberAt(answer: Answer, row: Answer['rows'][number] | undefined, name: string): number {
  return Number(cellAt(answer, row, name) ?? 0)
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Number((part / whole).toPrecision(12))
}

/** Groups that failed in either range, most errors first; rates are by the calls of the same model. */
function itemsOf(groups: Answer, calls: Answer, total: Answer): Item[] {
  const made = new Map(
    calls.rows.map((row) => [
      groupOf(cellAt(calls, row, 'model'), cellAt(calls, row, 'provider')),
      {
        now: numberAt(calls, row, 'requests.count'),
        before: numberAt(calls, row, 'requests.count.previous'),
      },
    ]),
  )
  const errorsOfAll = numberAt(total, total.rows[0], 'requests.errors')
  return groups.rows
    .map((row): Item => {
      const [error_type = null, model = null, provider = null] = [
        'error_type',
        'model',
        'provider',
      ].map((name) => cellAt(groups, row, name))
      const { now, before } = made.get(groupOf(model, provider)) ?? { now: 0, before: 0 }
      const errors = numberAt(groups, row, 'requests.errors')
      const previous = numberAt(groups, row, 'requests.errors.previous')
      return {
        error_type,
        model,
        provider,
        rest: false,
        ...compared(errors, previous, now, before),
        share: ratio(errors, errorsOfAll),
        first: cellAt(groups, row, 'events.first'),
        last: cellAt(groups, row, 'events.last'),
      }
    })
    .sort((a, b) => b.errors - a.errors || b.previous - a.previous)
}

/** Counts of errors against the calls of each range. */
function compared(errors: number, previous: number, calls: number, callsBefore: number) {
  const rate = ratio(errors, calls)
  const previousRate = ratio(previous, callsBefore)
  return { errors, rate, previous, previous_rate: previousRate, trend: trendOf() }

  function trendOf(): Item['trend'] {
    if (previous === 0) return errors === 0 ? 'flat' : 'new'
    if (errors === 0) return 'gone'
    const [now, before] = [rate ?? 0, previousRate ?? 0]
    return now > before ? 'up' : now < before ? 'down' : 'flat'
  }
}

/** What is not listed, as one item; null where everything is. */
function restOf(others: readonly Item[], total: Answer): Item | null {
  if (others.length === 0) return null
  const [whole] = total.rows
  const sum = (of: (item: Item) => number): number => others.reduce((n, item) => n + of(item), 0)
  const times = (of: (item: Item) => Cell): string[] =>
    others
      .map(of)
      .filter((time) => typeof time === 'string')
      .sort((a, b) => Date.parse(a) - Date.parse(b))
  const errors = sum((item) => item.errors)
  const calls = numberAt(total, whole, 'requests.count')
  const callsBefore = numberAt(total, whole, 'requests.count.previous')
  return {
    error_type: null,
    model: null,
    provider: null,
    rest: true,
    ...compared(
      errors,
      sum((item) => item.previous),
      calls,
      callsBefore,
    ),
    share: ratio(errors, numberAt(total, whole, 'requests.errors')),
    first: times((item) => item.first)[0] ?? null,
    last: times((item) => item.last).at(-1) ?? null,
  }
}

function previousOf(total: Answer, row: Answer['rows'][number] | undefined): object {
  return Object.fromEntries(
    Object.entries(TOTAL).map(([name, measure]) => [
      name,
      cellAt(total, row, `${measure}.previous`),
    ]),
  )
}

interface Example {
  readonly message: string
  readonly count: number
  readonly last: Cell
}

/** The commonest messages of every group, among the newest failures. */
function examplesOf(messages: Answer): ReadonlyMap<string, readonly Example[]> {
  const groups = new Map<string, Map<string, Example>>()
  for (const row of messages.rows) {
    const [error, model, provider, message] = [
      'error_type',
      'model',
      'provider',
      'error_message',
    ].map((name) => cellAt(messages, row, name))
    if (typeof message !== 'string') continue
    const group = groupOf(error ?? null, model ?? null, provider ?? null)
    const known = groups.get(group) ?? new Map<string, Example>()
    groups.set(group, known)
    const example = exampleOf(message)
    const before = known.get(example)
    // Rows come newest first.
    const last = before?.last ?? cellAt(messages, row, 'time')
    known.set(example, { message: example, count: (before?.count ?? 0) + 1, last })
  }
  return new Map(
    [...groups].map(([group, known]) => [
      group,
      [...known.values()].sort((a, b) => b.count - a.count).slice(0, SHOWN_EXAMPLES),
    ]),
  )
}

function seriesByType(types: Answer): object[] {
  const found = new Map<string, { error_type: Cell; rest: boolean; series: object[] }>()
  for (const row of types.rows) {
    const type = cellAt(types, row, 'error_type')
    const rest = type === OTHER_KEY
    const entry = found.get(groupOf(type)) ?? {
      error_type: rest ? null : type,
      rest,
      series: [],
    }
    found.set(groupOf(type), entry)
    entry.series.push({
      time: cellAt(types, row, 'time'),
      errors: cellAt(types, row, 'requests.errors'),
      complete: cellAt(types, row, 'complete'),
    })
  }
  return [...found.values()].sort((a, b) => Number(a.rest) - Number(b.rest))
}
