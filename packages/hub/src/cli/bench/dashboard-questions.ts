import type { Question } from '@llmhub/schema'

const MONTH = { from: 'now-30d', to: 'now' } as const
const DAY = { from: 'now-1d', to: 'now' } as const

/** What dashboards ask. `rows`: no rollup can have the answer, so there is only one way to it. */
export const QUESTIONS: readonly {
  readonly name: string
  readonly question: Question
  readonly rows?: true
}[] = [
  {
    name: 'cost by model and day',
    question: { kind: 'series', measures: ['cost.total'], by: ['time:1d', 'model'], ...MONTH },
  },
  {
    name: 'p95 latency by hour',
    question: { kind: 'series', measures: ['latency.p95'], by: ['time:1h'], ...MONTH },
  },
  {
    name: 'errors by hour',
    question: { kind: 'series', measures: ['requests.errors'], by: ['time:1h'], ...MONTH },
  },
  {
    name: '24-hour percentiles by model',
    question: {
      kind: 'table',
      measures: ['latency.p50', 'latency.p95', 'latency.p99'],
      by: ['model'],
      ...DAY,
    },
  },
  {
    name: 'top users by cost',
    question: {
      kind: 'table',
      measures: ['cost.total'],
      by: ['user'],
      top: { by: 'cost.total', n: 10 },
      ...MONTH,
    },
  },
  {
    name: 'requests by provider',
    question: { kind: 'table', measures: ['requests.count'], by: ['provider'], ...MONTH },
  },
  {
    name: 'tokens by model',
    question: {
      kind: 'table',
      measures: ['tokens.input', 'tokens.output'],
      by: ['model'],
      ...MONTH,
    },
  },
  {
    name: 'cost by tag team',
    question: { kind: 'table', measures: ['cost.total'], by: ['tag.team'], ...MONTH },
    rows: true,
  },
  {
    name: 'distinct users by day',
    question: { kind: 'series', measures: ['users.count'], by: ['time:1d'], ...MONTH },
  },
  { name: 'newest 50 events', question: { kind: 'list', limit: 50, ...MONTH }, rows: true },
]
