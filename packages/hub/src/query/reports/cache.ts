import type { Answer } from '@llmhub/schema'
import type { ReportSpec } from '../../core/report.ts'
import { defineReport, questionBase } from './define-report.ts'
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
  propertiesOf,
  schemaOf,
  unitsOf,
} from './shape.ts'

/**
 * What caching saved. `saved` is exact and net: per call, the input priced once more as if nothing had
 * been read from a cache or written to one, less what it was. `without_cache` is `computed` + `saved`.
 */
const MONEY = {
  computed: 'cost.computed',
  without_cache: 'cost.without_cache',
  saved: 'cost.cache_saved',
} as const satisfies Shape
const ITEM = {
  cost: MONEY,
  requests: 'requests.count',
  tokens: {
    input: 'tokens.input',
    cache_read: 'tokens.cache_read',
    cache_write: 'tokens.cache_write',
  },
} as const satisfies Shape
const POINT = { ...MONEY, cache_read: 'tokens.cache_read', cache_write: 'tokens.cache_write' }

const RATIOS = {
  read_share: {
    type: ['number', 'null'],
    description: 'Input tokens read from a cache, by all input tokens.',
  },
  saved_share: {
    type: ['number', 'null'],
    description: 'What was saved, by the cost without cache; negative where writing cost more.',
  },
} as const
const RATIO_UNITS = { read_share: 'ratio', saved_share: 'ratio' }

function itemOf(answer: Answer, row: Answer['rows'][number] | undefined): object {
  const number = (name: string): number => Number(cellAt(answer, row, name) ?? 0)
  const ratio = (part: string, whole: string): number | null =>
    number(whole) === 0 ? null : Number((number(part) / number(whole)).toPrecision(12)) + 0
  return {
    ...fillShape(ITEM, answer, row),
    read_share: ratio('tokens.cache_read', 'tokens.input'),
    saved_share: ratio('cost.cache_saved', 'cost.without_cache'),
  }
}

export const costsCache: ReportSpec = defineReport({
  path: '/costs/cache',
  summary: 'What prompt caching saved, writes taken off, and what it would have cost without.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
    { ...GRANULARITY_PARAMETER, default: '1day' },
    TIMEZONE_PARAMETER,
  ],
  properties: {
    total: objectSchema({ ...propertiesOf(ITEM), ...RATIOS }),
    models: arraySchema(
      objectSchema({
        provider: { type: ['string', 'null'] },
        model: { type: ['string', 'null'] },
        ...propertiesOf(ITEM),
        ...RATIOS,
      }),
    ),
    series: arraySchema(pointSchema(POINT)),
    prices: schemaOf({ unpriced_requests: 'cost.unpriced.count' }),
  },
  units: {
    total: { ...unitsOf(ITEM), ...RATIO_UNITS },
    models: { ...unitsOf(ITEM), ...RATIO_UNITS },
    series: unitsOf(POINT),
    prices: { unpriced_requests: 'count' },
  },
  questions: (input) => {
    const base = questionBase(input)
    const measures = measuresOf(ITEM)
    return {
      total: { ...base, kind: 'table', measures: [...measures, 'cost.unpriced.count'] },
      models: {
        ...base,
        kind: 'table',
        measures,
        by: ['provider', 'model'],
        order: [{ by: 'cost.without_cache', dir: 'desc' }],
      },
      series: {
        ...base,
        kind: 'series',
        measures: measuresOf(POINT),
        by: [`time:${input.step}`],
      },
    }
  },
  content: ({ total, models, series }) => {
    const [whole] = total.rows
    return {
      body: {
        total: itemOf(total, whole),
        models: models.rows.map((row) => ({
          provider: cellAt(models, row, 'provider'),
          model: cellAt(models, row, 'model'),
          ...itemOf(models, row),
        })),
        series: fillPoints(POINT, series),
        prices: { unpriced_requests: cellAt(total, whole, 'cost.unpriced.count') },
      },
    }
  },
})
