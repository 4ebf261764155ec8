import { ERRORS } from '@llmhub/schema'

/** JSON Schemas of bodies that more than one route shares, or that say more than their route. */

const eventCodes = ERRORS.filter((spec) => spec.scope === 'event').map((spec) => spec.code)

const count = { type: 'integer', minimum: 0 } as const

export const INTAKE_ANSWER_SCHEMA = {
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
      items: { type: 'object' },
    },
  },
  additionalProperties: false,
} as const

const cell = { type: ['string', 'number', 'boolean', 'null'] } as const

export const ANSWER_SCHEMA = {
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
      },
    },
    rows: { type: 'array', items: { type: 'array', items: cell } },
    meta: {
      type: 'object',
      required: ['asOf', 'source', 'partial', 'warnings', 'timezone', 'from', 'to'],
      properties: {
        asOf: {
          type: 'object',
          required: ['position', 'watermark'],
          properties: {
            position: { type: 'object', additionalProperties: { type: 'string' } },
            watermark: { type: ['string', 'null'] },
          },
        },
        source: { enum: ['raw', 'rollup', 'mixed'] },
        partial: { type: 'boolean' },
        warnings: { type: 'array', items: { type: 'string' } },
        timezone: { type: 'string' },
        from: { type: 'string' },
        to: { type: 'string' },
      },
    },
    next: { type: ['string', 'null'] },
  },
} as const

const filter = { type: 'object', required: ['field', 'op'] } as const

/** Shape of a question, for readers; the query stage checks more and says it better. */
export const QUESTION_SCHEMA = {
  type: 'object',
  required: ['kind'],
  properties: {
    kind: { enum: ['series', 'table', 'list'] },
    measures: { type: 'array', items: { type: ['string', 'object'] } },
    by: { type: 'array', items: { type: 'string' } },
    where: { type: 'object' },
    filters: { type: 'array', items: filter },
    from: { type: ['string', 'number'], default: 'now-7d' },
    to: { type: ['string', 'number'], default: 'now' },
    timezone: { type: 'string', default: 'UTC' },
    fill: { enum: ['none', 'null', 'zero', 'previous', 'linear'] },
    top: { type: 'object', required: ['by', 'n'] },
    order: { type: 'array', items: { type: 'object', required: ['by'] } },
    compare: { enum: ['previous', null] },
    limit: { type: 'integer', minimum: 1 },
    cursor: { type: ['string', 'null'] },
    after: { type: 'string', description: 'Position of an ingest answer to wait for.' },
  },
} as const
