import {
  bucketOf,
  bucketsOf,
  type Figure,
  figures,
  halfEven,
  line,
  type Step,
  sumMoney,
} from './expected.ts'
import type { Happening } from './traces.ts'

/** The reports as the documentation describes them, filled with figures straight from the traces. */

export interface Shape {
  readonly [field: string]: string | Shape
}

const prefixed = (prefix: string, ...names: string[]): Shape =>
  Object.fromEntries(names.map((name) => [name, `${prefix}.${name}`]))

const REQUESTS = prefixed('requests', 'count', 'ok', 'errors', 'cancelled', 'error_rate')
const SPREAD = ['count', 'avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99', 'stddev']
const LATENCY = prefixed('latency', ...SPREAD)
const TTFT = prefixed('ttft', ...SPREAD)
const TOKENS = prefixed(
  'tokens',
  'input',
  'output',
  'total',
  'cache_read',
  'cache_write',
  'reasoning',
)
const COST = {
  ...prefixed('cost', 'total', 'computed', 'reported', 'prompt', 'completion', 'other'),
  ...prefixed('cost', 'per_request', 'per_1k_tokens'),
  unpriced_requests: 'cost.unpriced.count',
}
const THROUGHPUT = {
  requests: 'requests.count',
  requests_per_second: 'requests.rate',
  tokens_per_second: 'tokens.per_second',
  errors: 'requests.errors',
  error_rate: 'requests.error_rate',
}
const PERFORMANCE = { throughput: THROUGHPUT, latency: LATENCY, ttft: TTFT }
const COST_POINT = {
  ...prefixed('cost', 'total', 'prompt', 'completion', 'other'),
  requests: 'requests.count',
  tokens: 'tokens.total',
}
const COST_ITEM = { cost: COST, requests: 'requests.count', tokens: TOKENS }
const PEOPLE = { users: 'users.count', sessions: 'sessions.count', quality: 'quality.avg' }
const WINDOW = {
  requests: REQUESTS,
  throughput: THROUGHPUT,
  latency: LATENCY,
  ttft: TTFT,
  tokens: TOKENS,
  cost: COST,
  ...PEOPLE,
}
const SUMMARY = {
  requests: REQUESTS,
  latency: prefixed('latency', 'avg', 'p50', 'p95', 'p99'),
  ttft: prefixed('ttft', 'avg', 'p50', 'p95'),
  tokens: TOKENS,
  cost: COST,
  ...PEOPLE,
}
const FAMILIES = {
  executions: prefixed('executions', 'count', 'success_rate'),
  events: prefixed('events', 'count', 'errors', 'first', 'last'),
}
const MODEL = {
  requests: REQUESTS,
  throughput: {
    requests_per_second: 'requests.rate',
    tokens_per_second: 'tokens.per_second',
  },
  latency: LATENCY,
  ttft: prefixed('ttft', 'avg', 'p50', 'p95', 'p99'),
  tokens: TOKENS,
  cost: COST,
  users: 'users.count',
  quality: 'quality.avg',
  last_event: 'events.last',
}

/** A figure and the measure it is of, which says how exact the answer must be. */
export interface Expected {
  readonly measure: string
  readonly figure: Figure
}

export type Filled = {
  readonly [field: string]: Filled | Expected | Filled[] | string | boolean | number | null
}

function fill(shape: Shape, values: Readonly<Record<string, Figure>>): Filled {
  return Object.fromEntries(
    Object.entries(shape).map(([field, part]) => [
      field,
      typeof part === 'string'
        ? ({ measure: part, figure: values[part] ?? null } satisfies Expected)
        : fill(part, values),
    ]),
  )
}

/** Parameters of a report. Times are epoch microseconds. */
export interface Asked {
  readonly from: number
  readonly to: number
  readonly step?: Step
  readonly zone?: string
  readonly provider?: string
  readonly model?: string
  readonly user?: string
}

const CALLS = (row: Happening): boolean => row.kind === 'llm_request'

export function selected(rows: readonly Happening[], asked: Asked): Happening[] {
  return rows.filter(
    (row) =>
      row.time >= asked.from &&
      row.time < asked.to &&
      (asked.provider === undefined || row.provider === asked.provider) &&
      (asked.model === undefined || row.model === asked.model) &&
      (asked.user === undefined || row.user === asked.user),
  )
}

const secondsOf = ({ from, to }: Asked): number => (to - from) / 1_000_000

function points(shape: Shape, rows: readonly Happening[], asked: Asked, step: Step): Filled[] {
  const zone = asked.zone ?? 'UTC'
  const inBucket = Map.groupBy(rows, (row) => bucketOf(row.time, step, zone)[0])
  return bucketsOf(asked.from, asked.to, step, zone).flatMap((bucket): Filled[] => {
    const own = inBucket.get(bucket.start)
    if (own === undefined) return []
    const time = new Date(bucket.start / 1000).toISOString()
    return [{ time, ...fill(shape, figures(own, bucket.seconds)), complete: bucket.complete }]
  })
}

export function costs(all: readonly Happening[], asked: Asked): Filled {
  const rows = selected(all, asked).filter(CALLS)
  return {
    total: fill(
      { ...COST, requests: 'requests.count', tokens: TOKENS },
      figures(rows, secondsOf(asked)),
    ),
    series: points(COST_POINT, rows, asked, asked.step ?? '1h'),
    by_day: points(COST_POINT, rows, asked, '1d'),
  }
}

const DIMENSIONS: Readonly<Record<string, (row: Happening) => string | null>> = {
  model: (row) => row.model,
  provider: (row) => row.provider,
  user: (row) => row.user,
  session: (row) => row.session,
  status: (row) => row.status,
  kind: (row) => row.kind,
  environment: () => 'production',
  task_type: (row) => row.task,
  'tag.topic': (row) => row.tags['topic'] ?? null,
}

export function keyOf(row: Happening, dimension: string): string | null {
  const read = DIMENSIONS[dimension]
  if (read === undefined) throw new Error(`no dimension ${dimension}`)
  return read(row)
}

const money = (value: Figure | undefined): bigint => (typeof value === 'bigint' ? value : -1n)

/** Groups by a dimension, most expensive first, ties by key, unknown last. */
function ranked(rows: readonly Happening[], dimension: string, seconds: number) {
  const groups = [...Map.groupBy(rows, (row) => keyOf(row, dimension))].map(([key, own]) => ({
    key,
    own,
    values: figures(own, seconds),
  }))
  return groups.sort((a, b) => {
    const [x, y] = [money(a.values['cost.total']), money(b.values['cost.total'])]
    if (x !== y) return x < y ? 1 : -1
    if (a.key === null || b.key === null) return a.key === b.key ? 0 : a.key === null ? 1 : -1
    return a.key < b.key ? -1 : 1
  })
}

export function breakdown(
  all: readonly Happening[],
  asked: Asked,
  by: string,
  limit: number,
): Filled {
  const rows = selected(all, asked).filter(CALLS)
  const seconds = secondsOf(asked)
  const groups = ranked(rows, by, seconds)
  const total = figures(rows, seconds)
  const item = (key: string | null, rest: boolean, values: Record<string, Figure>): Filled => {
    const [cost, whole] = [values['cost.total'], total['cost.total']]
    const share =
      typeof cost === 'bigint' && typeof whole === 'bigint' && whole > 0n
        ? Number((cost * 10n ** 15n) / whole) / 1e15
        : null
    return { key, rest, ...fill(COST_ITEM, values), share: { measure: 'share.avg', figure: share } }
  }
  const rest = groups.slice(limit).flatMap(({ own }) => own)
  return {
    by,
    total: fill(COST_ITEM, total),
    items: [
      ...groups.slice(0, limit).map(({ key, values }) => item(key, false, values)),
      ...(rest.length === 0 ? [] : [item(null, true, figures(rest, seconds))]),
    ],
  }
}

export function performance(all: readonly Happening[], asked: Asked): Filled {
  const rows = selected(all, asked).filter(CALLS)
  return {
    overall: fill(PERFORMANCE, figures(rows, secondsOf(asked))),
    series: points(PERFORMANCE, rows, asked, asked.step ?? '1h'),
  }
}

export function metrics(all: readonly Happening[], asked: Asked, window: string): Filled {
  const rows = selected(all, asked)
  return {
    model: asked.model ?? null,
    window,
    ...fill(WINDOW, figures(rows, secondsOf(asked))),
  }
}

export function summary(all: readonly Happening[], asked: Asked): Filled {
  const rows = selected(all, asked)
  const values = figures(rows, secondsOf(asked))
  const kinds = [...Map.groupBy(rows, (row) => row.kind)]
    .map(([kind, own]) => ({ kind, own }))
    .sort((a, b) => b.own.length - a.own.length)
  return {
    ...fill(SUMMARY, values),
    ...fill(FAMILIES, values),
    kinds: kinds.map(({ kind, own }) => ({
      family: kind === 'llm_request' ? 'telemetry' : 'execution',
      kind,
      count: { measure: 'events.count', figure: own.length },
    })),
  }
}

export function models(all: readonly Happening[], asked: Asked): Filled {
  const rows = selected(all, asked)
  const groups = Map.groupBy(rows, (row) => JSON.stringify([row.provider, row.model]))
  const filled = [...groups].map(([text, own]) => {
    const [provider, model] = JSON.parse(text) as [string | null, string]
    return { provider, model, values: figures(own, secondsOf(asked)) }
  })
  const texts = (a: string | null, b: string | null): number =>
    a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1
  filled.sort(
    (a, b) =>
      Number(b.values['requests.count']) - Number(a.values['requests.count']) ||
      texts(a.provider, b.provider) ||
      texts(a.model, b.model),
  )
  return {
    models: filled.map(({ provider, model, values }) => ({
      provider,
      model,
      ...fill(MODEL, values),
    })),
  }
}

/** No session of the traces goes on for longer than the reach of the report. */
export function conversations(all: readonly Happening[], asked: Asked, limit: number): Filled {
  const anyTime = { ...asked, from: 0, to: Number.MAX_SAFE_INTEGER }
  const rows = selected(all, anyTime).filter((row) => row.session !== null)
  const sessions = [...Map.groupBy(rows, (row) => row.session ?? '')]
    .map(([session, own]) => ({
      session,
      values: figures(own, 1),
      first: Math.min(...own.map((row) => row.time)),
      last: Math.max(...own.map((row) => row.time)),
    }))
    .filter(({ first }) => first >= asked.from && first < asked.to)
    .sort(
      (a, b) =>
        Number(b.values['requests.count']) - Number(a.values['requests.count']) ||
        (a.session < b.session ? -1 : 1),
    )
  const costsKnown = sessions.flatMap(({ values }) =>
    typeof values['cost.total'] === 'bigint' ? [values['cost.total']] : [],
  )
  const total = costsKnown.length === 0 ? null : sumMoney(costsKnown)
  const n = sessions.length
  const turns = sessions.reduce((sum, { values }) => sum + Number(values['requests.count']), 0)
  const length = sessions.reduce((sum, { first, last }) => sum + (last - first) / 1_000_000, 0)
  const average = total === null ? null : halfEven(total, BigInt(costsKnown.length))
  return {
    count: { measure: 'sessions.count', figure: n },
    avg_turns: { measure: 'turns.avg', figure: n === 0 ? null : turns / n },
    avg_duration_seconds: { measure: 'duration.avg', figure: n === 0 ? null : length / n },
    avg_cost: { measure: 'cost.per_request', figure: average },
    total_cost: { measure: 'cost.total', figure: total },
    top: sessions.slice(0, limit).map(({ session, values }) => ({
      session,
      ...fill(
        {
          turns: 'requests.count',
          cost: 'cost.total',
          tokens: 'tokens.total',
          errors: 'requests.errors',
          first_event: 'events.first',
          last_event: 'events.last',
        },
        values,
      ),
    })),
  }
}

export function trends(all: readonly Happening[], asked: Asked): Filled {
  const rows = selected(all, asked).filter(CALLS)
  const step = asked.step ?? '1h'
  const zone = asked.zone ?? 'UTC'
  const inBucket = Map.groupBy(rows, (row) => bucketOf(row.time, step, zone)[0])
  const buckets = bucketsOf(asked.from, asked.to, step, zone).map((bucket) => ({
    ...bucket,
    values: figures(inBucket.get(bucket.start) ?? [], bucket.seconds),
  }))
  const trend = (measure: string): Filled => {
    const series = buckets.flatMap(({ complete, values }, index) => {
      const value = values[measure] ?? null
      if (!complete || value === null) return []
      return [[index, typeof value === 'bigint' ? Number(value) / 1e12 : Number(value)] as const]
    })
    const fitted = line(series)
    const { slope_low: low, slope_high: high, slope } = fitted
    const significant = low !== null && high !== null && (low > 0 || high < 0)
    return {
      ...Object.fromEntries(
        Object.entries(fitted).map(([field, figure]) => [
          field,
          { measure: `${measure === 'latency.p95' ? 'quantiles' : 'trend'}.${field}`, figure },
        ]),
      ),
      significant,
      direction: !significant ? 'flat' : (slope ?? 0) > 0 ? 'up' : 'down',
    }
  }
  return {
    confidence: 0.95,
    trends: {
      requests: trend('requests.count'),
      cost: trend('cost.total'),
      latency_p95: trend('latency.p95'),
      error_rate: trend('requests.error_rate'),
    },
  }
}
