/** Parts that several reports show. */

import type { Shape } from './shape.ts'

export const REQUESTS = {
  count: 'requests.count',
  ok: 'requests.ok',
  errors: 'requests.errors',
  cancelled: 'requests.cancelled',
  error_rate: 'requests.error_rate',
} as const satisfies Shape

export const THROUGHPUT = {
  requests: 'requests.count',
  requests_per_second: 'requests.rate',
  tokens_per_second: 'tokens.per_second',
  errors: 'requests.errors',
  error_rate: 'requests.error_rate',
} as const satisfies Shape

export const LATENCY = {
  count: 'latency.count',
  avg: 'latency.avg',
  min: 'latency.min',
  max: 'latency.max',
  p50: 'latency.p50',
  p90: 'latency.p90',
  p95: 'latency.p95',
  p99: 'latency.p99',
  stddev: 'latency.stddev',
} as const satisfies Shape

export const TTFT = {
  count: 'ttft.count',
  avg: 'ttft.avg',
  min: 'ttft.min',
  max: 'ttft.max',
  p50: 'ttft.p50',
  p90: 'ttft.p90',
  p95: 'ttft.p95',
  p99: 'ttft.p99',
  stddev: 'ttft.stddev',
} as const satisfies Shape

export const TOKENS = {
  input: 'tokens.input',
  output: 'tokens.output',
  total: 'tokens.total',
  cache_read: 'tokens.cache_read',
  cache_write: 'tokens.cache_write',
  reasoning: 'tokens.reasoning',
} as const satisfies Shape

export const COST = {
  total: 'cost.total',
  computed: 'cost.computed',
  reported: 'cost.reported',
  prompt: 'cost.prompt',
  completion: 'cost.completion',
  other: 'cost.other',
  per_request: 'cost.per_request',
  per_1k_tokens: 'cost.per_1k_tokens',
  unpriced_requests: 'cost.unpriced.count',
} as const satisfies Shape
