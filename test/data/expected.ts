import { type Happening } from './traces.ts'

/**
 * What the hub must answer about the traces, computed in the plainest way from the documented
 * meaning of each measure: sort and count, no sketch, no bucket cache, money in whole pico-dollars.
 */

/** Pico-dollars of one input and one output token. */
export const PRICES: Readonly<Record<string, readonly [input: bigint, output: bigint]>> = {
  'azure/gpt-4': [30_000_000n, 60_000_000n],
  'azure/gpt-4o': [2_500_000n, 10_000_000n],
  'azure/gpt-35-turbo': [500_000n, 1_500_000n],
  'openai/gpt-4o': [2_500_000n, 10_000_000n],
  'anthropic/claude-3-opus-20240229': [15_000_000n, 75_000_000n],
}

export type Figure = number | bigint | string | null

/** Figures that only a sketch may change, by at most 1 %. */
export const isQuantile = (measure: string): boolean => /\.p\d\d$/.test(measure)
/** Figures that are quotients or roots of sums of floats. */
export const isFloat = (measure: string): boolean =>
  /\.(avg|stddev|rate|per_second|error_rate|success_rate)$/.test(measure)

interface Cost {
  readonly prompt: bigint
  readonly completion: bigint
}

function costOf(row: Happening): Cost | null {
  const price = PRICES[`${row.provider}/${row.model}`]
  if (price === undefined || row.kind !== 'llm_request') return null
  return {
    prompt: BigInt(row.input ?? 0) * price[0],
    completion: BigInt(row.output ?? 0) * price[1],
  }
}

const totalOf = (row: Happening): bigint | null => {
  const cost = costOf(row)
  return cost === null ? row.reported : cost.prompt + cost.completion
}

const known = <T>(values: readonly (T | null)[]): T[] =>
  values.filter((value): value is T => value !== null)

/** 0 where there is nothing to add up, null where nothing that is there has a value. */
function sum(values: readonly (number | null)[]): number | null {
  const there = known(values)
  if (values.length > 0 && there.length === 0) return null
  return there.reduce((total, value) => total + value, 0)
}

export function sumMoney(values: readonly (bigint | null)[]): bigint | null {
  const there = known(values)
  if (values.length > 0 && there.length === 0) return null
  return there.reduce((total, value) => total + value, 0n)
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null
  return values.reduce((total, value) => total + value, 0) / values.length
}

/** The least value that at least a share q of all values does not exceed. */
function nearestRank(values: readonly number[], q: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(1, Math.ceil(q * sorted.length - 1e-9)) - 1] ?? null
}

export function halfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const twice = 2n * (dividend - quotient * divisor)
  if (twice > divisor || (twice === divisor && quotient % 2n === 1n)) return quotient + 1n
  return quotient
}

function distribution(name: string, values: readonly number[]): Record<string, Figure> {
  const average = mean(values)
  const squares = values.map((value) => (value - (average ?? 0)) ** 2)
  const spread =
    values.length < 2 ? null : Math.sqrt(squares.reduce((a, b) => a + b, 0) / (values.length - 1))
  return {
    [`${name}.count`]: values.length,
    [`${name}.avg`]: average,
    [`${name}.min`]: values.length === 0 ? null : values.reduce((a, b) => Math.min(a, b)),
    [`${name}.max`]: values.length === 0 ? null : values.reduce((a, b) => Math.max(a, b)),
    [`${name}.p50`]: nearestRank(values, 0.5),
    [`${name}.p90`]: nearestRank(values, 0.9),
    [`${name}.p95`]: nearestRank(values, 0.95),
    [`${name}.p99`]: nearestRank(values, 0.99),
    [`${name}.stddev`]: spread,
  }
}

/** Epoch microseconds in ISO 8601, to the millisecond where that says it all. */
export function iso(micros: number): string {
  const millis = new Date(Math.floor(micros / 1000)).toISOString()
  const rest = micros % 1000
  return rest === 0 ? millis : millis.replace('Z', `${String(rest).padStart(3, '0')}Z`)
}

/** Every measure that a report shows, over rows of `seconds` of time. */
export function figures(rows: readonly Happening[], seconds: number): Record<string, Figure> {
  const calls = rows.filter((row) => row.kind === 'llm_request')
  const executions = rows.filter((row) => row.kind === 'parameter_execution')
  const ok = calls.filter((row) => row.status === 'ok')
  const errors = calls.filter((row) => row.status === 'error' || row.status === 'timeout')
  const costs = calls.map(totalOf)
  const priced = calls.filter((row) => totalOf(row) !== null)
  const total = sumMoney(costs)
  const pricedTokens = priced.reduce((all, row) => all + (row.input ?? 0) + (row.output ?? 0), 0)
  const inputs = sum(calls.map((row) => row.input))
  const outputs = sum(calls.map((row) => row.output))
  const times = rows.map((row) => row.time)
  const none = calls.length === 0 ? 0 : null
  return {
    'requests.count': calls.length,
    'requests.ok': ok.length,
    'requests.errors': errors.length,
    'requests.cancelled': 0,
    'requests.error_rate': calls.length === 0 ? null : errors.length / calls.length,
    'requests.rate': seconds === 0 ? null : calls.length / seconds,
    ...distribution('latency', known(ok.map((row) => row.latency))),
    ...distribution('ttft', known(ok.map((row) => row.ttft))),
    'tokens.input': inputs,
    'tokens.output': outputs,
    'tokens.total': inputs === null && outputs === null ? null : (inputs ?? 0) + (outputs ?? 0),
    'tokens.cache_read': none,
    'tokens.cache_write': none,
    'tokens.reasoning': none,
    'tokens.per_second': mean(known(ok.map((row) => row.speed))),
    'cost.total': total,
    'cost.computed': sumMoney(
      calls.map((row) => {
        const cost = costOf(row)
        return cost === null ? null : cost.prompt + cost.completion
      }),
    ),
    'cost.reported': sumMoney(calls.map((row) => row.reported)),
    'cost.prompt': sumMoney(calls.map((row) => costOf(row)?.prompt ?? null)),
    'cost.completion': sumMoney(calls.map((row) => costOf(row)?.completion ?? null)),
    'cost.other': sumMoney(calls.map((row) => (costOf(row) === null ? null : 0n))),
    'cost.per_request': priced.length === 0 ? null : halfEven(total ?? 0n, BigInt(priced.length)),
    'cost.per_1k_tokens':
      pricedTokens === 0 ? null : halfEven((total ?? 0n) * 1000n, BigInt(pricedTokens)),
    'cost.unpriced.count': calls.length - priced.length,
    'users.count': new Set(known(calls.map((row) => row.user))).size,
    'sessions.count': new Set(known(calls.map((row) => row.session))).size,
    'quality.avg': mean(known(rows.map((row) => row.quality))),
    'executions.count': executions.length,
    'executions.success_rate': mean(known(executions.map((row) => row.success))),
    'events.count': rows.length,
    'events.errors': 0,
    'events.first': times.length === 0 ? null : iso(times.reduce((a, b) => Math.min(a, b))),
    'events.last': times.length === 0 ? null : iso(times.reduce((a, b) => Math.max(a, b))),
  }
}

export type Step = '1m' | '5m' | '15m' | '1h' | '1d' | '1w' | '1M'

const FIXED: Readonly<Partial<Record<Step, number>>> = {
  '1m': 60,
  '5m': 300,
  '15m': 900,
  '1h': 3600,
}
const MINUTE = 60_000_000

const clocks = new Map<string, Intl.DateTimeFormat>()

/** Wall clock of a zone at an instant, as if it were UTC. Milliseconds. */
function wallClock(millis: number, zone: string): number {
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  clocks.set(zone, clock)
  const parts = clock.formatToParts(millis)
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value)
  return Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
}

/** Instant at which the wall clock of a zone shows midnight of a date. Epoch microseconds. */
function midnight(year: number, month: number, day: number, zone: string): number {
  const wall = Date.UTC(year, month, day)
  let instant = wall
  for (let turn = 0; turn < 3; turn++) instant = wall - (wallClock(instant, zone) - instant)
  return instant * 1000
}

const HOUR = 3_600_000_000
const ofHours = new Map<string, readonly [number, number]>()

/** [start, end) of the bucket of an instant; zones are whole hours from UTC. */
export function bucketOf(time: number, step: Step, zone: string): readonly [number, number] {
  if (FIXED[step] !== undefined) return computeBucket(time, step, zone)
  const key = `${step} ${zone} ${Math.floor(time / HOUR)}`
  const bucket = ofHours.get(key) ?? computeBucket(time, step, zone)
  ofHours.set(key, bucket)
  return bucket
}

function computeBucket(time: number, step: Step, zone: string): readonly [number, number] {
  const seconds = FIXED[step]
  if (seconds !== undefined) {
    const length = seconds * 1_000_000
    const start = Math.floor(time / length) * length
    return [start, start + length]
  }
  const wall = new Date(wallClock(Math.floor(time / 1_000_000) * 1000, zone))
  const [year, month, day] = [wall.getUTCFullYear(), wall.getUTCMonth(), wall.getUTCDate()]
  if (step === '1M') return [midnight(year, month, 1, zone), midnight(year, month + 1, 1, zone)]
  const first = step === '1d' ? day : day - ((wall.getUTCDay() + 6) % 7)
  const days = step === '1d' ? 1 : 7
  return [midnight(year, month, first, zone), midnight(year, month, first + days, zone)]
}

export interface Bucket {
  readonly start: number
  readonly complete: boolean
  /** Of the part inside the range. */
  readonly seconds: number
}

/** All buckets that touch [from, to). */
export function bucketsOf(from: number, to: number, step: Step, zone: string): Bucket[] {
  const buckets: Bucket[] = []
  for (let at = from; at < to; ) {
    const [start, end] = bucketOf(at, step, zone)
    const seconds = (Math.min(end, to) - Math.max(start, from)) / 1_000_000
    buckets.push({ start, complete: start >= from && end <= to, seconds })
    at = Math.max(end, at + MINUTE)
  }
  return buckets
}

export interface Line {
  readonly points: number
  readonly slope: number | null
  readonly slope_low: number | null
  readonly slope_high: number | null
  readonly p_value: number | null
  readonly r_squared: number | null
  readonly mean: number | null
}

/** Least squares through (x, y) by the textbook, with the 95 % interval of the slope. */
export function line(points: readonly (readonly [x: number, y: number])[]): Line {
  const n = points.length
  const xs = points.map(([x]) => x)
  const ys = points.map(([, y]) => y)
  const [mx, my] = [mean(xs) ?? 0, mean(ys) ?? 0]
  const sxx = xs.reduce((all, x) => all + (x - mx) ** 2, 0)
  const sxy = points.reduce((all, [x, y]) => all + (x - mx) * (y - my), 0)
  const syy = ys.reduce((all, y) => all + (y - my) ** 2, 0)
  const nothing = { slope: null, slope_low: null, slope_high: null, p_value: null, r_squared: null }
  if (n < 2 || sxx === 0) return { points: n, ...nothing, mean: mean(ys) }
  const slope = sxy / sxx
  const rest = points.reduce((all, [x, y]) => all + (y - my - slope * (x - mx)) ** 2, 0)
  const error = n < 3 ? null : Math.sqrt(rest / (n - 2) / sxx)
  const t = n < 3 ? 0 : tQuantile(0.975, n - 2)
  return {
    points: n,
    slope,
    slope_low: error === null ? null : slope - t * error,
    slope_high: error === null ? null : slope + t * error,
    p_value:
      error === null
        ? null
        : error === 0
          ? slope === 0
            ? 1
            : 0
          : 2 * (1 - tCdf(Math.abs(slope / error), n - 2)),
    r_squared: syy === 0 ? null : 1 - rest / syy,
    mean: mean(ys),
  }
}

/**
 * Student's distribution by Simpson's rule over its density after t = √ν·tan θ, which makes the
 * integrand cos^(ν−1) θ: smooth and on a bounded interval.
 */
function tCdf(t: number, freedom: number): number {
  const half = halves.get(freedom) ?? area(Math.PI / 2, freedom)
  halves.set(freedom, half)
  return 0.5 + area(Math.atan(t / Math.sqrt(freedom)), freedom) / (2 * half)
}

const halves = new Map<number, number>()
const SIMPSON_STEPS = 2000

function area(to: number, freedom: number): number {
  const width = to / SIMPSON_STEPS
  let total = 0
  for (let step = 0; step <= SIMPSON_STEPS; step++) {
    const weight = step === 0 || step === SIMPSON_STEPS ? 1 : step % 2 === 1 ? 4 : 2
    total += weight * Math.cos(step * width) ** (freedom - 1)
  }
  return (total * width) / 3
}

const quantiles = new Map<string, number>()

function tQuantile(p: number, freedom: number): number {
  const key = `${p} ${freedom}`
  let low = 0
  let high = quantiles.get(key) ?? 1000
  if (quantiles.has(key)) return high
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2
    if (tCdf(middle, freedom) < p) low = middle
    else high = middle
  }
  quantiles.set(key, low)
  return low
}
