import type { Route } from '../route.ts'

/** A request that shows what a route is for. */
export interface RouteExample {
  /** Values of the path's parameters; `$NAME` stands for a variable of the environment. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown
  /** Why tests do not carry it out; absent where they do. */
  readonly notRun?: string
  /** What of the answer the record holds. Default `answer`; `status` where it is too long to show. */
  readonly record?: 'answer' | 'status'
  /** Whether numbers and texts of the answer are others every time, so that only its shape can be compared. */
  readonly varies?: true
}

const DAY = { start_time: '2025-11-20', end_time: '2025-11-21' } as const
const RANGE = { from: '2025-11-20', to: '2025-11-21' } as const
const FILE = 'a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a'

function call(eventId: string) {
  return {
    common: { event_id: eventId, timestamp: '2025-11-21T10:00:00Z' },
    payload: {
      type: 'llm_request',
      provider: 'openai',
      model_id: 'gpt-4o',
      usage: { input_tokens: 900, output_tokens: 100 },
      latency_ms: 640,
    },
  }
}

/** By route. GET routes without parameters in their path need none: the plain request is theirs. */
const EXAMPLES: Readonly<Record<string, RouteExample>> = {
  'POST /api/v1/events': { body: [call('call-1')] },
  'GET /api/v1/export/events': {
    query: { format: 'csv', from: '2025-11-20', to: '2025-11-21', fields: 'time,model,cost' },
  },
  'POST /api/v1/sql': {
    body: { sql: 'SELECT DISTINCT provider, model FROM events ORDER BY model', limit: 3 },
  },
  'GET /api/v1/sql/schema': { record: 'status' },
  'GET /api/v1/events': {
    query: { ...RANGE, fields: 'time,event_id,model,latency,cost' },
  },
  'GET /api/v1/events/:id': { params: { id: 'call-1' }, varies: true },
  'GET /api/v1/traces': { query: { ...RANGE, order: 'slowest' } },
  'GET /api/v1/traces/:id': {
    params: { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
    query: { from: 'now-1h' },
    notRun: 'There is no such trace.',
  },
  'GET /api/v1/conversations/:id': { params: { id: 'talk-0' }, query: RANGE },
  'GET /': { record: 'status' },
  'GET /problems': { record: 'status' },
  'GET /problems/:code': { params: { code: 'invalid_request' } },
  'GET /llms.txt': { record: 'status' },
  'GET /llms-full.txt': { record: 'status' },
  'GET /docs/README.md': { record: 'status' },
  'GET /docs/guide/:page': { params: { page: 'events.md' }, record: 'status' },
  'GET /docs/reference/:page': { params: { page: 'errors.md' }, record: 'status' },
  'GET /docs/formats/:page': { params: { page: 'journal.md' }, record: 'status' },
  'POST /api/v1/imports/:file': {
    params: { file: FILE },
    query: { from: '0', next: '1', last: 'true' },
    body: [call('row-0')],
  },
  'GET /api/v1/imports/:file': { params: { file: FILE } },
  'POST /api/v1/query': {
    body: {
      kind: 'table',
      measures: ['requests.count', 'cost.total', 'latency.p95'],
      by: ['model'],
      from: '2025-11-20',
      to: '2025-11-21',
    },
  },
  'GET /api/v1/live': { query: { definition: 'telemetry', size: '1h', for: '0' }, varies: true },
  'GET /api/v1/windows': { record: 'status' },
  'POST /api/v1/windows': {
    query: { dryRun: 'true' },
    body: {
      name: 'errors-by-service',
      windows: ['1m', '10m/1m'],
      by: ['service'],
      measures: ['requests.count', 'requests.errors', 'latency.p95'],
      where: { all: [{ field: 'environment', op: 'eq', value: 'production' }] },
    },
  },
  'DELETE /api/v1/windows/:name': {
    params: { name: 'errors-by-service' },
    notRun: 'There is no such window.',
  },
  'GET /api/v1/semantic': { record: 'status' },
  'GET /api/v1/costs': { query: { ...DAY, granularity: '6hour' } },
  'GET /api/v1/costs/breakdown': { query: { by: 'model', ...DAY } },
  'GET /api/v1/costs/cache': { query: { ...DAY, granularity: '1day' } },
  'GET /api/v1/costs/explain': {
    query: { from: '2025-11-20', to: '2025-11-21', vs: 'previous' },
  },
  'GET /api/v1/performance': { query: { ...DAY, granularity: '1day' } },
  'GET /api/v1/errors': { query: { ...DAY, granularity: '1day' } },
  'GET /api/v1/metrics': { query: { window: '1h' }, varies: true },
  'GET /api/v1/metrics/conversations': { query: { ...DAY, limit: '3' } },
  'GET /api/v1/metrics/trends': { query: { ...DAY, granularity: '1day' } },
  'POST /api/v1/costs/reconcile': {
    query: { provider: 'openai' },
    body: 'date,model,amount\n2025-11-20,gpt-4o,0.01\n',
  },
  'GET /api/v1/dead-letters/summary': {
    query: { from: 'now-1d', granularity: '1day' },
    varies: true,
  },
  'GET /api/v1/dead-letters': { query: { status: 'open', limit: '1' } },
  'GET /api/v1/dead-letters/:id': { params: { id: '$LETTER_ID' } },
  'POST /api/v1/dead-letters/:id/replay': {
    params: { id: '$LETTER_ID' },
    query: { dryRun: 'true' },
    body: call('call-9'),
  },
  'POST /api/v1/dead-letters/replay': {
    body: { filter: { code: 'wrong_type' }, set: { '/payload/latency_ms': 640 }, dry_run: true },
  },
  'POST /api/v1/dead-letters/dismiss': { body: { filter: { code: 'wrong_type' } } },
  'GET /api/v1/prices': { query: { provider: 'openai', model: 'gpt-4o', at: '2025-11-20' } },
  'GET /api/v1/prices/:provider/:model': {
    params: { provider: 'openai', model: 'gpt-4o' },
    query: { at: '2025-11-20' },
  },
  'PUT /api/v1/prices/overrides': {
    body: { 'my-model': { input_cost_per_token: '0.000001', output_cost_per_token: '0.000002' } },
  },
  'DELETE /api/v1/prices/overrides': {},
  'POST /api/v1/prices/reprice': {
    body: { from: '2025-11-20', to: '2025-11-21', dry_run: true },
  },
  'PUT /api/v1/projects/:name': { params: { name: 'shop' }, body: { events_per_second: 500 } },
  'POST /api/v1/keys': {
    body: { name: 'checkout service', project: 'shop', permissions: ['ingest:write'] },
  },
  'DELETE /api/v1/keys/:id': { params: { id: '$KEY_ID' } },
  'PUT /api/v1/retention': { body: { project: 'shop', family: null, days: 400 } },
  'DELETE /api/v1/retention': { query: { project: 'shop' } },
  'POST /api/v1/retention/run': { body: { dry_run: true }, varies: true },
  'PUT /api/v1/holds/:name': {
    params: { name: 'case-7' },
    body: { project: 'shop', reason: 'Audit of November.', from: '2025-11-01T00:00:00Z' },
  },
  'DELETE /api/v1/holds/:name': { params: { name: 'case-7' } },
  'POST /api/v1/erasures': { body: { subject: { user_id: 'user-1' }, dry_run: true } },
  'GET /api/v1/erasures/:id': { params: { id: '$ERASURE_ID' } },
  'POST /api/v1/verify/:what': { params: { what: 'log' }, varies: true },
  'POST /api/v1/maintenance/compact': {
    notRun: 'It goes on after the answer, and questions are refused meanwhile.',
  },
  'POST /api/v1/backups': { body: {}, notRun: 'It goes on after the answer.' },
  'GET /stats': { varies: true },
  'GET /metrics': { record: 'status' },
  'GET /openapi.json': { record: 'status' },
  'GET /docs': { record: 'status' },
  'GET /docs/:page': { params: { page: 'reports' }, record: 'status' },
  'GET /reference': { notRun: 'It sends browsers elsewhere.' },
  'GET /schemas/:name': { params: { name: 'event.json' }, record: 'status' },
}

/** The example of a route; null for a route that changes something and has none of its own. */
export function exampleOf(route: Pick<Route, 'method' | 'url' | 'query'>): RouteExample | null {
  const own = EXAMPLES[`${route.method} ${route.url}`]
  if (own !== undefined) return own
  if (route.method !== 'GET' || route.url.includes(':')) return null
  const takes = (given: string): boolean =>
    route.query?.parameters.some(({ name }) => name === given) === true
  if (takes('start_time')) return { query: DAY }
  return takes('from') ? { query: { from: '2025-11-20', to: '2025-11-21' } } : {}
}
