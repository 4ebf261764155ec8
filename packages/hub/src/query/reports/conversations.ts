/**
 * Conversations: the events of one session. A conversation belongs to the range of its first event
 * and counts whole, also what comes after the range. To know where it began, events up to `REACH`
 * before the range are looked at, and up to `REACH` after it for its end: a session that was silent
 * for longer than that is taken as a new conversation.
 */

import type { Answer, Cell } from '@llmhub/schema'
import { formatIsoMicros, parseIsoMicros } from '@llmhub/schema'
import { dollars } from '../../core/dollars.ts'
import type { ReportSpec } from '../../core/report.ts'
import { QUESTION_LIMITS } from '../parse-question.ts'
import { divideHalfEven, picoDollars } from '../value.ts'
import { defineReport, questionBase } from './define-report.ts'
import { FILTER_PARAMETERS, RANGE_PARAMETERS } from './parameters.ts'
import {
  arraySchema,
  cellAt,
  fillShape,
  measuresOf,
  objectSchema,
  propertiesOf,
  unitsOf,
} from './shape.ts'

const REACH = 30 * 86_400 * 1_000_000

const CONVERSATION = {
  turns: 'requests.count',
  cost: 'cost.total',
  tokens: 'tokens.total',
  errors: 'requests.errors',
  first_event: 'events.first',
  last_event: 'events.last',
}

const MONEY = { type: ['string', 'null'], pattern: '^-?\\d+(\\.\\d+)?$' }

export const metricsConversations: ReportSpec = defineReport({
  path: '/metrics/conversations',
  summary: 'Sessions that began in the range: how many, how long, what they cost, and the longest.',
  parameters: [
    {
      name: 'limit',
      type: 'integer',
      doc: 'Number of conversations listed, most turns first, at most 1000.',
      default: '10',
    },
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
  ],
  properties: {
    count: { type: 'integer', description: 'Conversations that began in the range.' },
    avg_turns: { type: ['number', 'null'], description: 'Mean number of calls.' },
    avg_duration_seconds: {
      type: ['number', 'null'],
      description: 'Mean time from the first to the last event.',
    },
    avg_cost: { ...MONEY, description: 'Mean cost of the conversations whose cost is known.' },
    total_cost: { ...MONEY, description: 'Cost of all of them.' },
    top: arraySchema(objectSchema({ session: { type: 'string' }, ...propertiesOf(CONVERSATION) })),
  },
  units: {
    count: 'count',
    avg_turns: 'count',
    avg_duration_seconds: 's',
    avg_cost: 'USD',
    total_cost: 'USD',
    top: unitsOf(CONVERSATION),
  },
  check: ({ values }) =>
    Number(values['limit']) > 1000 ? [{ path: 'limit', message: 'is above 1000' }] : [],
  questions: (input) => {
    const { filters, timezone } = questionBase(input)
    return {
      sessions: {
        kind: 'table',
        measures: measuresOf(CONVERSATION),
        by: ['session'],
        filters: [...(filters ?? []), { field: 'session', op: 'exists' }],
        from: formatIsoMicros(Math.max(0, input.from - REACH)),
        // Not cut at now: which rows a report of a fixed range reads must not depend on the time.
        to: formatIsoMicros(input.to + REACH),
        ...(timezone === undefined ? {} : { timezone }),
        limit: QUESTION_LIMITS.rows,
      },
    }
  },
  content: ({ sessions }, input) => {
    const begun = sessions.rows.filter((row) => {
      const first = microsAt(sessions, row, 'events.first')
      return first >= input.from && first < input.to
    })
    const costs = begun.flatMap((row) => picoOf(cellAt(sessions, row, 'cost.total')) ?? [])
    const total = costs.reduce((sum, cost) => sum + cost, 0n)
    return {
      body: {
        count: begun.length,
        avg_turns: mean(begun.map((row) => Number(cellAt(sessions, row, 'requests.count')))),
        avg_duration_seconds: mean(begun.map((row) => duration(sessions, row))),
        avg_cost: costs.length === 0 ? null : dollars(divideHalfEven(total, BigInt(costs.length))),
        total_cost: costs.length === 0 ? null : dollars(total),
        top: begun.slice(0, Number(input.values['limit'])).map((row) => ({
          session: cellAt(sessions, row, 'session'),
          ...fillShape(CONVERSATION, sessions, row),
        })),
      },
      // The limit cuts the sessions with the fewest turns: counts and means are then too few.
      partial: sessions.rows.length >= QUESTION_LIMITS.rows,
    }
  },
})

function microsAt(sessions: Answer, row: readonly Cell[], column: string): number {
  const cell = cellAt(sessions, row, column)
  const micros = typeof cell === 'string' ? parseIsoMicros(cell) : null
  return micros ?? Number.NaN
}

function duration(sessions: Answer, row: readonly Cell[]): number {
  const last = microsAt(sessions, row, 'events.last')
  return (last - microsAt(sessions, row, 'events.first')) / 1e6
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sum = values.reduce((total, value) => total + value, 0)
  return Number((sum / values.length).toPrecision(12))
}

function picoOf(cell: Cell): bigint | null {
  return typeof cell === 'string' ? picoDollars(cell) : null
}
