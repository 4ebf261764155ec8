/**
 * Trends: a least squares line through the complete buckets of a series. The slope is per bucket;
 * its interval is Student's with n − 2 degrees of freedom, which takes the distances from the line as
 * independent: with a strong daily pattern, read it with a granularity of a day.
 */

import type { Answer } from '@llmhub/schema'
import { fitLine, slopeInterval, studentTCdf } from '@llmhub/stats'
import type { ReportSpec } from '../../core/report.ts'
import { measureNamed } from '../measures.ts'
import { defineReport, questionBase } from './define-report.ts'
import {
  FILTER_PARAMETERS,
  GRANULARITY_PARAMETER,
  RANGE_PARAMETERS,
  TIMEZONE_PARAMETER,
} from './parameters.ts'
import { cellAt, objectSchema } from './shape.ts'

const TRENDS = {
  requests: 'requests.count',
  cost: 'cost.total',
  latency_p95: 'latency.p95',
  error_rate: 'requests.error_rate',
} as const
const CONFIDENCE = 0.95

const number = { type: ['number', 'null'] }
const TREND_SCHEMA = objectSchema({
  points: { type: 'integer', description: 'Complete buckets that have a value.' },
  slope: { ...number, description: 'Change per bucket.' },
  slope_low: { ...number, description: 'Lower end of the 95 % confidence interval of the slope.' },
  slope_high: { ...number, description: 'Upper end of it.' },
  p_value: { ...number, description: 'Chance of a slope this far from 0 if there were none.' },
  significant: { type: 'boolean', description: 'The interval does not contain 0.' },
  direction: { enum: ['up', 'down', 'flat'], description: '`flat` where not significant.' },
  r_squared: { ...number, description: 'Share of the variance that the line explains.' },
  mean: { ...number, description: 'Mean of the buckets.' },
})

export const metricsTrends: ReportSpec = defineReport({
  path: '/metrics/trends',
  summary: 'Where requests, cost, latency and error rate are going: slope with confidence.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
    GRANULARITY_PARAMETER,
    TIMEZONE_PARAMETER,
  ],
  properties: {
    granularity: { type: 'string', description: 'Bucket the slopes are per.' },
    confidence: { type: 'number' },
    trends: objectSchema(
      Object.fromEntries(Object.keys(TRENDS).map((name) => [name, TREND_SCHEMA])),
    ),
  },
  units: {
    trends: Object.fromEntries(
      Object.entries(TRENDS).map(([name, measure]) => [name, measureNamed(measure)?.unit ?? '']),
    ),
  },
  questions: (input) => ({
    series: {
      ...questionBase(input),
      kind: 'series',
      measures: Object.values(TRENDS),
      by: [`time:${input.step}`],
      // Hours without a call are part of the trend of calls and costs.
      fill: 'zero',
    },
  }),
  content: ({ series }, { values }) => ({
    body: {
      granularity: values['granularity'],
      confidence: CONFIDENCE,
      trends: Object.fromEntries(
        Object.entries(TRENDS).map(([name, measure]) => [name, trendOf(series, measure)]),
      ),
    },
  }),
})

const rounded = (value: number | null): number | null =>
  value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(12))

/** Buckets that are cut or still open, and buckets without a value, are left out. */
function trendOf(series: Answer, measure: string): Readonly<Record<string, unknown>> {
  const xs: number[] = []
  const ys: number[] = []
  for (const [index, row] of series.rows.entries()) {
    const cell = cellAt(series, row, measure)
    if (cellAt(series, row, 'complete') !== true || cell === null) continue
    xs.push(index)
    ys.push(Number(cell))
  }
  const mean = ys.length === 0 ? null : ys.reduce((sum, y) => sum + y, 0) / ys.length
  const fit = fitLine(xs, ys)
  const interval = fit === null ? null : slopeInterval(fit, CONFIDENCE)
  const significant = interval !== null && (interval.low > 0 || interval.high < 0)
  return {
    points: ys.length,
    slope: rounded(fit?.slope ?? null),
    slope_low: rounded(interval?.low ?? null),
    slope_high: rounded(interval?.high ?? null),
    p_value: rounded(fit === null ? null : pValue(fit.slope, fit.slopeError, fit.n)),
    significant,
    direction: !significant ? 'flat' : (fit?.slope ?? 0) > 0 ? 'up' : 'down',
    r_squared: rounded(fit?.rSquared ?? null),
    mean: rounded(mean),
  }
}

/** Two-sided t test of slope = 0; 0 for a perfect line that rises or falls, 1 for a level one. */
function pValue(slope: number, error: number | null, n: number): number | null {
  if (error === null) return null
  if (error === 0) return slope === 0 ? 1 : 0
  return 2 * (1 - studentTCdf(Math.abs(slope / error), n - 2))
}
