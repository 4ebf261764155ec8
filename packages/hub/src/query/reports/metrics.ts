import { STEPS } from '@llmhub/schema'
import { parseTime } from '@llmhub/stream'
import type { ReportSpec } from '../../core/report.ts'
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
import { COST, LATENCY, REQUESTS, THROUGHPUT, TOKENS, TTFT } from './shapes.ts'

const WINDOW = {
  requests: REQUESTS,
  throughput: THROUGHPUT,
  latency: LATENCY,
  ttft: TTFT,
  tokens: TOKENS,
  cost: COST,
  users: 'users.count',
  sessions: 'sessions.count',
  quality: 'quality.avg',
}

/** The last minute … month of one model or of all. */
export const metrics: ReportSpec = defineReport({
  path: '/metrics',
  summary: 'Key numbers of one model, or of all, over the trailing window.',
  parameters: [
    {
      name: 'window',
      type: 'enum',
      doc: 'Length of the window that ends now.',
      values: [...STEPS],
      default: '1h',
    },
    ...FILTER_PARAMETERS,
  ],
  properties: {
    model: { type: ['string', 'null'], description: 'Null: all models.' },
    window: { enum: [...STEPS] },
    ...propertiesOf(WINDOW),
  },
  units: unitsOf(WINDOW),
  range: ({ values, now }) => {
    const start = parseTime(`now-${values['window']}`, now)
    return { from: start.ok ? start.micros : now, to: now }
  },
  questions: (input) => ({
    window: { ...questionBase(input), kind: 'table', measures: measuresOf(WINDOW) },
  }),
  content: ({ window }, { values }) => ({
    body: {
      model: values['model'] ?? null,
      window: values['window'],
      ...fillShape(WINDOW, window, window.rows[0]),
    },
  }),
})

const CALLS = {
  requests: REQUESTS,
  latency: { avg: 'latency.avg', p50: 'latency.p50', p95: 'latency.p95', p99: 'latency.p99' },
  ttft: { avg: 'ttft.avg', p50: 'ttft.p50', p95: 'ttft.p95' },
  tokens: TOKENS,
  cost: COST,
  users: 'users.count',
  sessions: 'sessions.count',
  quality: 'quality.avg',
}
const FAMILIES = {
  security: {
    threats: 'security.threats',
    threats_low: 'security.threats.low',
    threats_medium: 'security.threats.medium',
    threats_high: 'security.threats.high',
    threats_critical: 'security.threats.critical',
    vulnerabilities: 'security.vulnerabilities',
    compliance_violations: 'security.compliance_violations',
    guardrail_verdicts: 'security.guardrail.count',
    guardrail_denied: 'security.guardrail.denied',
    pii: 'security.pii',
  },
  governance: {
    policy_violations: 'governance.policy_violations',
    audit_events: 'governance.audit_events',
    data_accesses: 'governance.data_accesses',
    consents: 'governance.consents',
    consents_withdrawn: 'governance.consents.withdrawn',
  },
  executions: { count: 'executions.count', success_rate: 'executions.success_rate' },
  events: {
    count: 'events.count',
    errors: 'events.errors',
    first: 'events.first',
    last: 'events.last',
  },
}
const BY_KIND = { count: 'events.count' }

export const metricsSummary: ReportSpec = defineReport({
  path: '/metrics/summary',
  summary: 'All families of events at a glance.',
  parameters: [...RANGE_PARAMETERS, ...FILTER_PARAMETERS],
  properties: {
    ...propertiesOf(CALLS),
    ...propertiesOf(FAMILIES),
    kinds: arraySchema(
      objectSchema({
        family: { type: ['string', 'null'] },
        kind: { type: ['string', 'null'] },
        ...propertiesOf(BY_KIND),
      }),
    ),
  },
  units: { ...unitsOf(CALLS), ...unitsOf(FAMILIES), kinds: unitsOf(BY_KIND) },
  questions: (input) => {
    const base = { ...questionBase(input), kind: 'table' } as const
    return {
      calls: { ...base, measures: measuresOf(CALLS) },
      families: { ...base, measures: measuresOf(FAMILIES) },
      kinds: { ...base, measures: measuresOf(BY_KIND), by: ['family', 'kind'] },
    }
  },
  content: ({ calls, families, kinds }) => ({
    body: {
      ...fillShape(CALLS, calls, calls.rows[0]),
      ...fillShape(FAMILIES, families, families.rows[0]),
      kinds: kinds.rows.map((row) => ({
        family: cellAt(kinds, row, 'family'),
        kind: cellAt(kinds, row, 'kind'),
        ...fillShape(BY_KIND, kinds, row),
      })),
    },
  }),
})

const MODEL = {
  requests: REQUESTS,
  throughput: { requests_per_second: 'requests.rate', tokens_per_second: 'tokens.per_second' },
  latency: LATENCY,
  ttft: { avg: 'ttft.avg', p50: 'ttft.p50', p95: 'ttft.p95', p99: 'ttft.p99' },
  tokens: TOKENS,
  cost: COST,
  users: 'users.count',
  quality: 'quality.avg',
  last_event: 'events.last',
}
const MOST_MODELS = 1000

export const metricsModels: ReportSpec = defineReport({
  path: '/metrics/models',
  summary: 'One row per provider and model with all key numbers, most used first.',
  parameters: [...RANGE_PARAMETERS, ...FILTER_PARAMETERS],
  properties: {
    models: arraySchema(
      objectSchema({
        provider: { type: ['string', 'null'] },
        model: { type: 'string' },
        ...propertiesOf(MODEL),
      }),
    ),
  },
  units: { models: unitsOf(MODEL) },
  questions: (input) => {
    const { filters, ...base } = questionBase(input)
    return {
      models: {
        ...base,
        kind: 'table',
        measures: measuresOf(MODEL),
        by: ['provider', 'model'],
        filters: [...(filters ?? []), { field: 'model', op: 'exists' }],
        limit: MOST_MODELS,
      },
    }
  },
  content: ({ models }) => ({
    body: {
      models: models.rows.map((row) => ({
        provider: cellAt(models, row, 'provider'),
        model: cellAt(models, row, 'model'),
        ...fillShape(MODEL, models, row),
      })),
    },
  }),
})
