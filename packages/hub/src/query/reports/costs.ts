import type { ReportSpec } from '../../core/report.ts'
import { FIELDS, fieldNamed } from '../dimensions.ts'
import { suggestion } from '../suggestion.ts'
import { picoDollars } from '../value.ts'
import { defineReport, questionBase } from './define-report.ts'
import {
  FILTER_PARAMETERS,
  GRANULARITY_PARAMETER,
  RANGE_PARAMETERS,
  TIMEZONE_PARAMETER,
} from './parameters.ts'
import {
  arraySchema,
  cellAt,
  fillPoints,
  fillShape,
  measuresOf,
  objectSchema,
  pointSchema,
  propertiesOf,
  schemaOf,
  unitsOf,
} from './shape.ts'
import { COST, TOKENS } from './shapes.ts'

const TOTALS = { ...COST, requests: 'requests.count', tokens: TOKENS }
const POINT = {
  total: 'cost.total',
  prompt: 'cost.prompt',
  completion: 'cost.completion',
  other: 'cost.other',
  requests: 'requests.count',
  tokens: 'tokens.total',
}
const POINT_SCHEMA = pointSchema(POINT)

export const costs: ReportSpec = defineReport({
  path: '/costs',
  summary: 'What the calls cost: totals, a series by granularity, and by day.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
    GRANULARITY_PARAMETER,
    TIMEZONE_PARAMETER,
  ],
  properties: {
    total: schemaOf(TOTALS),
    series: arraySchema(POINT_SCHEMA),
    by_day: arraySchema(POINT_SCHEMA),
  },
  units: { total: unitsOf(TOTALS), series: unitsOf(POINT), by_day: unitsOf(POINT) },
  questions: (input) => {
    const base = questionBase(input)
    const series = { ...base, kind: 'series', measures: measuresOf(POINT) } as const
    return {
      total: { ...base, kind: 'table', measures: measuresOf(TOTALS) },
      series: { ...series, by: [`time:${input.step}`] },
      days: { ...series, by: ['time:1d'] },
    }
  },
  content: ({ total, series, days }) => {
    return {
      body: {
        total: fillShape(TOTALS, total, total.rows[0]),
        series: fillPoints(POINT, series),
        by_day: fillPoints(POINT, days),
      },
    }
  },
})

const ITEM = { cost: COST, requests: 'requests.count', tokens: TOKENS }
const GROUPS = FIELDS.filter((field) => field.groups).map((field) => field.name)

export const costsBreakdown: ReportSpec = defineReport({
  path: '/costs/breakdown',
  summary:
    'What the calls cost, by model, provider, user, environment, another dimension or a tag.',
  parameters: [
    {
      name: 'by',
      type: 'string',
      doc: 'Dimension: model, provider, user, environment, tag.<key>, or another one of the catalogue.',
      default: 'model',
      example: 'tag.team',
    },
    {
      name: 'limit',
      type: 'integer',
      doc: 'Number of groups, most expensive first, at most 1000; the rest is summed up.',
      default: '100',
    },
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
  ],
  properties: {
    by: { type: 'string' },
    total: schemaOf(ITEM),
    items: arraySchema(
      objectSchema({
        key: { type: ['string', 'null'], description: 'Null: calls that have no such value.' },
        rest: { type: 'boolean', description: 'All groups that are not listed, summed up.' },
        ...propertiesOf(ITEM),
        share: { type: ['number', 'null'], description: 'Share of the total cost, 0 to 1.' },
      }),
    ),
  },
  units: { total: unitsOf(ITEM), items: { ...unitsOf(ITEM), share: 'ratio' } },
  check: ({ values }) => {
    const by = values['by'] ?? ''
    const issues = []
    if (fieldNamed(by)?.groups !== true) {
      const hint = suggestion(by, GROUPS)
      issues.push({ path: 'by', message: `"${by}" is not a dimension.${hint}` })
    }
    if (Number(values['limit']) > 1000) issues.push({ path: 'limit', message: 'is above 1000' })
    return issues
  },
  questions: (input) => {
    const base = questionBase(input)
    const measures = measuresOf(ITEM)
    const n = Number(input.values['limit'])
    return {
      total: { ...base, kind: 'table', measures },
      items: {
        ...base,
        kind: 'table',
        measures,
        by: [input.values['by'] ?? 'model'],
        top: { by: 'cost.total', n, other: true },
        limit: n + 1,
      },
    }
  },
  content: ({ total, items }, input) => {
    const whole = picoOf(cellAt(total, total.rows[0], 'cost.total'))
    const n = Number(input.values['limit'])
    return {
      body: {
        by: fieldNamed(input.values['by'] ?? '')?.name ?? 'model',
        total: fillShape(ITEM, total, total.rows[0]),
        items: items.rows.map((row, index) => {
          const cost = picoOf(cellAt(items, row, 'cost.total'))
          const known = whole !== null && whole !== 0n && cost !== null
          // The rest of the groups, where there is one, follows the n listed ones.
          const rest = index === n
          return {
            key: rest ? null : (row[0] ?? null),
            rest,
            ...fillShape(ITEM, items, row),
            share: known ? Number((Number(cost) / Number(whole)).toPrecision(12)) : null,
          }
        }),
      },
    }
  },
})

function picoOf(cell: unknown): bigint | null {
  return typeof cell === 'string' ? picoDollars(cell) : null
}
