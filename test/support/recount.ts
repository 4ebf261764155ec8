import type { TrafficEvent } from './traffic.ts'

/**
 * What the reports must say about a set of accepted events, counted in the plainest way and from the
 * rules as the documentation states them. Shares no code with the hub.
 *
 * - Reports of one call (here: the same `request_id`) count once: the best kind, then the earliest.
 * - Calls are `llm_request` and `latency`; tokens come from `llm_request`, `token_cost` and
 *   `token_usage`; costs from `llm_request`, `token_cost`, `api_cost` and `resource_consumption`.
 * - A sum over no event of its kinds is 0; over events of which none says the value it is null.
 */

export interface Figures {
  events: number
  requests: number
  errors: number
  tokenRows: number
  input: number | null
  output: number | null
  costRows: number
  /** Pico-dollars. */
  reported: bigint | null
  latencyCount: number
  latencySum: number
  latencyMax: number | null
  threats: number
  executions: number
  readonly users: Set<string>
  readonly sessions: Set<string>
}

export interface Recount {
  readonly total: Figures
  readonly byKind: ReadonlyMap<string, Figures>
  /** '' stands for events without a model. */
  readonly byModel: ReadonlyMap<string, Figures>
  /** By the start of the hour in ISO 8601. */
  readonly byHour: ReadonlyMap<string, Figures>
  /** Ids of the events that count. */
  readonly visible: ReadonlySet<string>
}

const CALL_KINDS = ['llm_request', 'token_cost', 'token_usage', 'latency']
const TOKEN_KINDS = new Set(['llm_request', 'token_cost', 'token_usage'])
const COST_KINDS = new Set(['llm_request', 'token_cost', 'api_cost', 'resource_consumption'])
const PICO = 1_000_000_000_000n

export function recount(events: Iterable<TrafficEvent>): Recount {
  const visible = countOnce(events)
  const total = figures()
  const byKind = new Map<string, Figures>()
  const byModel = new Map<string, Figures>()
  const byHour = new Map<string, Figures>()
  for (const event of visible.values()) {
    const { payload, common } = event
    add(total, event)
    add(groupOf(byKind, payload.type), event)
    add(groupOf(byModel, text(payload['model_id'])), event)
    add(groupOf(byHour, `${common.timestamp.slice(0, 13)}:00:00.000Z`), event)
  }
  return { total, byKind, byModel, byHour, visible: new Set(visible.keys()) }
}

function countOnce(events: Iterable<TrafficEvent>): Map<string, TrafficEvent> {
  const counted = new Map<string, TrafficEvent>()
  const bestOfCall = new Map<string, TrafficEvent>()
  for (const event of events) {
    const id = event.common.event_id
    if (counted.has(id)) throw new Error(`event ${id} is listed twice`)
    const call = text(event.payload['request_id'])
    if (call === '' || !CALL_KINDS.includes(event.payload.type)) {
      counted.set(id, event)
      continue
    }
    const best = bestOfCall.get(call)
    if (best !== undefined && !isBetter(event, best)) continue
    if (best !== undefined) counted.delete(best.common.event_id)
    bestOfCall.set(call, event)
    counted.set(id, event)
  }
  return counted
}

function isBetter(one: TrafficEvent, other: TrafficEvent): boolean {
  const rank = CALL_KINDS.indexOf(one.payload.type) - CALL_KINDS.indexOf(other.payload.type)
  if (rank !== 0) return rank < 0
  return Date.parse(one.common.timestamp) < Date.parse(other.common.timestamp)
}

function figures(): Figures {
  return {
    events: 0,
    requests: 0,
    errors: 0,
    tokenRows: 0,
    input: 0,
    output: 0,
    costRows: 0,
    reported: 0n,
    latencyCount: 0,
    latencySum: 0,
    latencyMax: null,
    threats: 0,
    executions: 0,
    users: new Set(),
    sessions: new Set(),
  }
}

function groupOf(groups: Map<string, Figures>, key: string): Figures {
  const known = groups.get(key)
  if (known !== undefined) return known
  const group = figures()
  groups.set(key, group)
  return group
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function add(to: Figures, { payload }: TrafficEvent): void {
  const kind = payload.type
  to.events++
  if (kind === 'threat') to.threats++
  if (kind === 'parameter_execution') to.executions++
  if (CALL_KINDS.includes(kind)) {
    to.users.add(text(payload['user_id']))
    to.sessions.add(text(payload['session_id']))
  }
  if (TOKEN_KINDS.has(kind)) {
    const usage = payload['usage'] as { input_tokens: number; output_tokens: number } | undefined
    const first = to.tokenRows++ === 0
    to.input = sum(to.input, usage?.input_tokens, first)
    to.output = sum(to.output, usage?.output_tokens, first)
  }
  if (COST_KINDS.has(kind)) {
    const dollars = payload['cost_usd']
    const known = typeof dollars === 'string' || typeof dollars === 'number'
    if (to.costRows++ === 0) to.reported = null
    if (known) to.reported = (to.reported ?? 0n) + picoDollars(String(dollars))
  }
  if (kind === 'llm_request' || kind === 'latency') {
    const status = payload['status'] ?? 'ok'
    to.requests++
    if (status === 'error' || status === 'timeout') to.errors++
    const latency = payload['latency_ms'] ?? payload['total_latency_ms']
    if (status === 'ok' && typeof latency === 'number') {
      to.latencyCount++
      to.latencySum += latency
      to.latencyMax = Math.max(to.latencyMax ?? 0, latency)
    }
  }
}

/** The sum with one more value; the first event decides that it is no longer a sum over nothing. */
function sum(before: number | null, value: number | undefined, first: boolean): number | null {
  const known = first ? null : before
  return value === undefined ? known : (known ?? 0) + value
}

/** Whole pico-dollars of a decimal number of dollars such as `12.5` or `1e-6`. */
export function picoDollars(dollars: string): bigint {
  const [mantissa = '', exponent = '0'] = dollars.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const places = BigInt(fraction.length) - BigInt(exponent)
  const digits = BigInt(whole + fraction)
  const scaled = places >= 0n ? (digits * PICO) / 10n ** places : digits * PICO * 10n ** -places
  if (places >= 0n && (digits * PICO) % 10n ** places !== 0n) {
    throw new RangeError(`${dollars} is not a whole number of pico-dollars`)
  }
  return scaled
}
