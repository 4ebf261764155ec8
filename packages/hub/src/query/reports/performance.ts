import type { ReportSpec } from '../../core/report.ts'
import { defineReport, questionBase } from './define-report.ts'
import {
  FILTER_PARAMETERS,
  GRANULARITY_PARAMETER,
  RANGE_PARAMETERS,
  TIMEZONE_PARAMETER,
} from './parameters.ts'
import {
  arraySchema,
  fillPoints,
  fillShape,
  measuresOf,
  pointSchema,
  schemaOf,
  unitsOf,
} from './shape.ts'
import { LATENCY, THROUGHPUT, TTFT } from './shapes.ts'

const PERFORMANCE = { throughput: THROUGHPUT, latency: LATENCY, ttft: TTFT }

export const performanceReport: ReportSpec = defineReport({
  path: '/performance',
  summary: 'Throughput, latency, time to the first token and errors: overall and as a series.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...FILTER_PARAMETERS,
    GRANULARITY_PARAMETER,
    TIMEZONE_PARAMETER,
  ],
  properties: {
    overall: schemaOf(PERFORMANCE),
    series: arraySchema(pointSchema(PERFORMANCE)),
  },
  units: { overall: unitsOf(PERFORMANCE), series: unitsOf(PERFORMANCE) },
  questions: (input) => {
    const base = { ...questionBase(input), measures: measuresOf(PERFORMANCE) }
    return {
      overall: { ...base, kind: 'table' },
      series: { ...base, kind: 'series', by: [`time:${input.step}`] },
    }
  },
  content: ({ overall, series }) => ({
    body: {
      overall: fillShape(PERFORMANCE, overall, overall.rows[0]),
      series: fillPoints(PERFORMANCE, series),
    },
  }),
})
