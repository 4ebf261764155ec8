import { ERRORS, KINDS, STEPS } from '@llmhub/schema'
import { FILLS } from '../query/parse-question.ts'
import { FILTER_OPS } from '../query/parse-where.ts'

/** JSON Schemas of bodies that more than one route shares, or that say more than their route. */

const eventCodes = ERRORS.filter((spec) => spec.scope === 'event').map((spec) => spec.code)

const count = { type: 'integer', minimum: 0 } as const

const cell = { type: ['string', 'number', 'boolean', 'null'] } as const
const textOrNull = { type: ['string', 'null'] } as const

/** What an event is, for readers and clients; `/schemas/event.json` has every kind and field. */
export const EVENT_SCHEMA = {
  title: 'Event',
  description: 'One event. All kinds and fields: `/schemas/event.json`. Unknown fields are kept.',
  type: 'object',
  required: ['common', 'payload'],
  properties: {
    common: {
      type: 'object',
      required: ['timestamp'],
      properties: {
        event_id: {
          ...textOrNull,
          description: 'Identity within the project: sending it again counts once.',
        },
        timestamp: {
          type: ['string', 'number'],
          description: 'ISO 8601 with a zone, or epoch seconds, milliseconds or microseconds.',
        },
        environment: textOrNull,
        tags: {
          type: ['object', 'array', 'null'],
          description: 'Key and value pairs, or a list of keys.',
        },
      },
      additionalProperties: true,
    },
    payload: {
      type: 'object',
      required: ['type'],
      properties: { type: { enum: KINDS.map(({ kind }) => kind), description: 'Its kind.' } },
      additionalProperties: true,
    },
  },
} as const

export const INTAKE_ANSWER_SCHEMA = {
  title: 'IntakeAnswer',
  type: 'object',
  required: ['accepted', 'duplicates', 'rejected', 'results', 'position'],
  properties: {
    accepted: count,
    duplicates: count,
    rejected: count,
    results: {
      description: 'Events that were not accepted, the first 1,000.',
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        required: ['index', 'outcome'],
        properties: {
          index: count,
          outcome: { enum: ['duplicate', 'rejected'] },
          code: { enum: eventCodes },
          path: { type: 'string', description: 'JSON pointer into the event.' },
          message: { type: 'string' },
        },
        additionalProperties: false,
      },
    },
    position: {
      description: 'A question may wait for it (`after`); null when nothing was written.',
      type: ['string', 'null'],
    },
    preview: {
      description: 'With dryRun: the rows that would be stored.',
      type: 'array',
      items: {
        type: 'object',
        description: 'Values by column; numbers of 64 bits that are not safe are texts.',
        additionalProperties: {
          anyOf: [cell, { type: 'object', additionalProperties: { type: 'string' } }],
        },
      },
    },
  },
  additionalProperties: false,
} as const

/** How far an answer is good. */
const ANSWER_META_SCHEMA = {
  title: 'AnswerMeta',
  type: 'object',
  required: ['asOf', 'source', 'partial', 'warnings', 'timezone', 'from', 'to'],
  properties: {
    asOf: {
      type: 'object',
      required: ['position', 'watermark'],
      properties: {
        position: {
          type: 'object',
          description: 'Position of the store in each partition of the log.',
          additionalProperties: { type: 'string' },
        },
        watermark: { ...textOrNull, description: 'Greatest event time in the store.' },
      },
      additionalProperties: false,
    },
    source: { enum: ['raw', 'rollup', 'mixed'], description: 'Where the numbers come from.' },
    partial: {
      type: 'boolean',
      description: 'A part of the range could not be answered; `warnings` say why.',
    },
    warnings: { type: 'array', items: { type: 'string' } },
    timezone: { type: 'string' },
    from: { type: 'string', format: 'date-time' },
    to: { type: 'string', format: 'date-time' },
  },
  additionalProperties: false,
} as const

export const ANSWER_SCHEMA = {
  title: 'Answer',
  type: 'object',
  required: ['columns', 'rows', 'meta', 'next'],
  properties: {
    columns: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'role'],
        properties: {
          name: { type: 'string' },
          role: { enum: ['time', 'dimension', 'measure', 'comparison', 'meta'] },
          unit: { type: 'string' },
        },
        additionalProperties: false,
      },
    },
    rows: {
      type: 'array',
      description: 'Cells in the order of the columns; money is a decimal text of dollars.',
      items: { type: 'array', items: cell },
    },
    meta: ANSWER_META_SCHEMA,
    next: { ...textOrNull, description: '`cursor` of the next page of a list.' },
  },
  additionalProperties: false,
} as const

const scalar = { type: ['string', 'number', 'boolean'] } as const

const FILTER_SCHEMA = {
  title: 'Filter',
  type: 'object',
  required: ['field', 'op'],
  properties: {
    field: { type: 'string', description: 'A dimension, a numeric field, or `tag.<key>`.' },
    op: { enum: FILTER_OPS },
    value: {
      anyOf: [scalar, { type: 'array', items: { type: ['string', 'number'] } }],
      description: 'What to compare with; `exists` and `not_exists` have none.',
    },
  },
  additionalProperties: false,
} as const

const FILTER_OR_WHERE = { anyOf: [FILTER_SCHEMA, { $ref: '#/components/schemas/Where' }] } as const

const WHERE_SCHEMA = {
  title: 'Where',
  type: 'object',
  description: 'All given parts must hold.',
  properties: {
    all: { type: 'array', items: FILTER_OR_WHERE },
    any: { type: 'array', items: FILTER_OR_WHERE },
    not: { anyOf: [...FILTER_OR_WHERE.anyOf, { type: 'null' }] },
  },
  additionalProperties: false,
} as const

const MEASURE_SCHEMA = {
  title: 'Measure',
  description:
    'A measure of the catalogue; one under a name and a filter of its own; or a formula over names.',
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      required: ['as', 'measure'],
      properties: {
        as: { type: 'string' },
        measure: { type: 'string' },
        where: {
          anyOf: [
            WHERE_SCHEMA,
            {
              type: 'object',
              additionalProperties: {
                anyOf: [scalar, { type: 'array', items: { type: ['string', 'number'] } }],
              },
            },
          ],
        },
      },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['as', 'formula'],
      properties: { as: { type: 'string' }, formula: { type: 'string' } },
      additionalProperties: false,
    },
  ],
} as const

const instant = {
  type: ['string', 'number'],
  description: 'ISO 8601, epoch, or relative to now: `now-7d`.',
} as const

/** Shape of a question, for readers; the query stage checks more and says it better. */
export const QUESTION_SCHEMA = {
  title: 'Question',
  type: 'object',
  required: ['kind'],
  properties: {
    kind: { enum: ['series', 'table', 'list'] },
    measures: { type: 'array', items: MEASURE_SCHEMA },
    by: {
      type: 'array',
      description: `Dimensions, \`tag.<key>\`, and for a series one of ${STEPS.map((step) => `\`time:${step}\``).join(', ')}.`,
      items: { type: 'string' },
    },
    where: WHERE_SCHEMA,
    filters: { type: 'array', description: 'Short for `where.all`.', items: FILTER_SCHEMA },
    from: { ...instant, default: 'now-7d' },
    to: { ...instant, default: 'now' },
    timezone: { type: 'string', default: 'UTC', description: 'IANA zone of days and longer.' },
    fill: { enum: FILLS, description: 'What stands in buckets without rows.' },
    top: {
      type: 'object',
      description: 'Only the n groups with the most of a measure, the rest as one with `other`.',
      required: ['by', 'n'],
      properties: {
        by: { type: 'string' },
        n: { type: 'integer', minimum: 1 },
        other: { type: 'boolean' },
      },
      additionalProperties: false,
    },
    order: {
      type: 'array',
      items: {
        type: 'object',
        required: ['by'],
        properties: { by: { type: 'string' }, dir: { enum: ['asc', 'desc'] } },
        additionalProperties: false,
      },
    },
    compare: { enum: ['previous', null], description: 'Beside the range as long before it.' },
    limit: { type: 'integer', minimum: 1 },
    cursor: { ...textOrNull, description: '`next` of the page before.' },
    after: { type: 'string', description: 'Position of an ingest answer to wait for.' },
  },
} as const
