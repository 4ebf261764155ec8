import { createHash } from 'node:crypto'

/**
 * What the fixture of a release is filled with, and what it is asked: made here, from nothing but numbers.
 * Events are only ever added: those of released fixtures are sent again by the tests.
 */

export type Json = Readonly<Record<string, unknown>>

const START = Date.parse('2026-10-05T00:00:00Z')
const DAYS = 5
const HOUR = 3_600_000
const RANGE = { from: '2026-10-05', to: '2026-10-11' }
const BATCH = 150
const CALLS = 600
const MODELS = [
  ['openai', 'gpt-4o'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['house', 'steady'],
  ['house', 'unlisted'],
] as const

export const OVERRIDES: Json = {
  steady: {
    litellm_provider: 'house',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    cache_read_input_token_cost: 2e-7,
  },
}
/** Prices of the house's other model, set when its calls are in: what repricing is for. */
export const LATER_OVERRIDES: Json = {
  ...OVERRIDES,
  unlisted: { litellm_provider: 'house', input_cost_per_token: 3e-7, output_cost_per_token: 7e-7 },
}
export const REPRICED: Json = { ...RANGE, model: 'unlisted' }

function at(i: number): string {
  return new Date(START + ((i * 7919) % (DAYS * 24 * 60)) * 60_000 + (i % 1000)).toISOString()
}

/** Looks like what applications name things by, and does not compress. */
function name(kind: string, i: number): string {
  return `${kind}-${createHash('sha256').update(`${kind}${i}`).digest('hex').slice(0, 20)}`
}

function call(i: number): Json {
  const [provider, model] = MODELS[i % MODELS.length] ?? MODELS[0]
  const failed = i % 23 === 0
  const cached = i % 3 === 0 ? 200 + (i % 50) : 0
  return {
    common: {
      event_id: name('call', i),
      timestamp: at(i),
      environment: i % 5 === 0 ? 'staging' : 'production',
      tags: { team: `team-${i % 4}`, ...(i % 10 === 0 ? { note: 'Ünïcode 😀' } : {}) },
    },
    payload: {
      type: 'llm_request',
      provider,
      model_id: model,
      request_id: name('request', i),
      user_id: `user-${i % 17}`,
      session_id: `session-${i % 41}`,
      latency_ms: 100 + ((i * 37) % 1900),
      ttft_ms: 10 + ((i * 13) % 300),
      status: failed ? 'error' : 'ok',
      ...(failed ? { error_type: 'rate_limit', error_message: `slow down, call ${i}` } : {}),
      usage: {
        input_tokens: cached + 100 + ((i * 31) % 4000),
        output_tokens: (i * 17) % 900,
        ...(cached > 0 ? { cache_read_tokens: cached } : {}),
      },
    },
  }
}

function gauge(i: number): Json {
  return {
    common: { event_id: name('gauge', i), timestamp: at(i) },
    payload: { type: 'gauge', name: 'queue.depth', value: i / 4 },
  }
}

/** The cost of a call reported once more, and less well: the call's own report suppresses it. */
function repeated(i: number): Json {
  const { payload } = call(i) as { payload: Json }
  const { provider, model_id, request_id, usage } = payload
  return {
    common: { event_id: name('cost', i), timestamp: at(i) },
    payload: { type: 'token_cost', provider, model_id, request_id, usage },
  }
}

const some = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** Sent one after the other; every event is taken in. The costs come first, so that calls suppress them. */
export function liveBatches(): readonly (readonly Json[])[] {
  const batches: Json[][] = [some(20, (i) => repeated(i * 11)), some(60, gauge)]
  for (let i = 0; i < CALLS; i += BATCH) {
    batches.push(some(Math.min(BATCH, CALLS - i), (n) => call(i + n)))
  }
  return batches
}

/** Rows of an imported file, in the partition of imports. */
export const IMPORTED: readonly Json[] = some(100, (i) => call(CALLS + i))
export const IMPORTED_FILE: string = createHash('sha256').update('a file').digest('hex')

/** Rows of another project; those of the first day are expired by an operation. */
export const SHOP: readonly Json[] = some(60, (i) => call(CALLS + 200 + i))
export const SHOP_EXPIRED_BEFORE: number = (START + 24 * HOUR) * 1000

/** Rejected, each for a reason of its own. The first is corrected and replayed, the second dismissed. */
export const REJECTED: readonly Json[] = [
  {
    common: { event_id: 'late-1', timestamp: at(1) },
    payload: { type: 'llm_request', model_id: 7 },
  },
  { common: { event_id: 'late-2', timestamp: at(2) }, payload: { type: 'llm_request' } },
  { common: { event_id: 'late-3', timestamp: 'yesterday' }, payload: { type: 'gauge' } },
  { common: { event_id: 'late-4', timestamp: at(4) }, payload: { type: 'no_such_kind' } },
]
export const CORRECTION: Json = { '/payload/model_id': 'gpt-4o', '/payload/provider': 'openai' }

/** Ten questions: path and, for those that have one, body. */
export const QUESTIONS: readonly (readonly [path: string, body?: Json])[] = [
  [
    '/api/v1/query',
    {
      kind: 'table',
      measures: ['events.count', 'requests.count', 'cost.total', 'tokens.input', 'users.count'],
      ...RANGE,
    },
  ],
  [
    '/api/v1/query',
    {
      kind: 'table',
      measures: [
        'requests.count',
        'requests.error_rate',
        'cost.total',
        'latency.avg',
        'latency.p95',
      ],
      by: ['provider', 'model'],
      ...RANGE,
    },
  ],
  [
    '/api/v1/query',
    {
      kind: 'series',
      measures: ['requests.count', 'cost.total'],
      by: ['time:1h'],
      from: '2026-10-06T06:00:00Z',
      to: '2026-10-07T18:00:00Z',
    },
  ],
  [
    '/api/v1/query',
    {
      kind: 'series',
      measures: ['tokens.output', 'latency.p50'],
      by: ['time:1d', 'model'],
      timezone: 'Europe/Berlin',
      ...RANGE,
    },
  ],
  [
    '/api/v1/query',
    {
      kind: 'table',
      measures: ['requests.count', 'cost.total'],
      by: ['tag.team'],
      where: { all: [{ field: 'environment', op: 'eq', value: 'production' }] },
      ...RANGE,
    },
  ],
  [
    '/api/v1/query',
    {
      kind: 'table',
      measures: ['requests.count', 'cost.total'],
      by: ['user'],
      top: { by: 'cost.total', n: 5, other: true },
      ...RANGE,
    },
  ],
  ['/api/v1/query', { kind: 'list', limit: 25, ...RANGE }],
  [`/api/v1/costs?start_time=2026-10-06&end_time=2026-10-07`],
  [`/api/v1/errors?start_time=2026-10-07&end_time=2026-10-08`],
  ['/api/v1/dead-letters?from=2020-01-01&to=2100-01-01'],
]
