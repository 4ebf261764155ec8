import type { EventErrorCode } from '@llmhub/schema'
import { Seeded } from './seeded.ts'

/**
 * Traffic of an invented organisation, from a seed: calls of models reported in one to three ways
 * (which the hub must count once), metrics, threats, executions, costs; events sent again; and events
 * that are wrong, each with the code it must be rejected with.
 *
 * Amounts are whole numbers or decimals with few digits, so that every sum has one right value. The
 * reports of one call have different times, so that which of them counts does not hang on a tie.
 */

export interface TrafficEvent {
  readonly common: {
    readonly event_id: string
    readonly timestamp: string
    readonly [field: string]: unknown
  }
  readonly payload: { readonly type: string; readonly [field: string]: unknown }
}

export interface Sent {
  /** What goes over the wire: a `TrafficEvent`, or something that is none. */
  readonly body: unknown
  /** The event, unless it must be rejected. */
  readonly event: TrafficEvent | null
  readonly expect: 'taken' | EventErrorCode
}

export interface TrafficOptions {
  readonly seed: number
  /** Begins the ids: no two generators of one data folder may share it. */
  readonly name: string
  /** Share of events that repeat an earlier one of this generator. Default 0.1. */
  readonly repeated?: number
  /** Share of wrong events. Default 0.06. */
  readonly wrong?: number
}

export const TRAFFIC_START = Date.UTC(2026, 0, 5)
export const TRAFFIC_HOURS = 6
/** Model of every wrong event that names one: no report may ever show it. */
const WRONG_MODEL = 'never-accepted'

const MODELS = [
  ['openai', 'gpt-4o'],
  ['openai', 'gpt-4o-mini'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['google', 'gemini-2.5-flash'],
  ['acme', 'in-house-7b'],
] as const
const ENVIRONMENTS = ['production', 'staging', 'development'] as const
/** Earlier events that may be repeated. */
const REMEMBERED = 500
const HOUR_MS = 3_600_000

export class Traffic {
  readonly #random: Seeded
  readonly #name: string
  readonly #repeated: number
  readonly #wrong: number
  readonly #earlier: TrafficEvent[] = []
  /** Further reports of calls, to be sent later. */
  readonly #reports: TrafficEvent[] = []
  #count = 0

  constructor({ seed, name, repeated = 0.1, wrong = 0.06 }: TrafficOptions) {
    this.#random = new Seeded(seed)
    this.#name = name
    this.#repeated = repeated
    this.#wrong = wrong
  }

  /** Half of the batches hold nothing wrong, so that not every append ends with rejected events. */
  batch(size: number): Sent[] {
    const wrong = this.#random.chance(0.5) ? 0 : this.#wrong * 2
    return Array.from({ length: size }, () => this.next(wrong))
  }

  next(wrong: number = this.#wrong): Sent {
    const random = this.#random
    if (random.chance(wrong)) return this.#mistake()
    const known = this.#earlier.length > 0 && random.chance(this.#repeated)
    const event = known ? random.pick(this.#earlier) : this.#fresh()
    return { body: event, event, expect: 'taken' }
  }

  #fresh(): TrafficEvent {
    const waiting = this.#reports.length > 0 && this.#random.chance(0.4)
    const event = (waiting ? this.#reports.shift() : undefined) ?? this.#make()
    if (this.#earlier.length < REMEMBERED) this.#earlier.push(event)
    else this.#earlier[this.#random.int(REMEMBERED)] = event
    return event
  }

  #make(): TrafficEvent {
    const random = this.#random
    const dice = random.next()
    if (dice < 0.5) return this.#call()
    if (dice < 0.6) return this.#gauge()
    if (dice < 0.7) return this.#threat()
    if (dice < 0.8) return this.#execution()
    if (dice < 0.87) return this.#event({ type: 'api_cost', cost_usd: this.#dollars() })
    if (dice < 0.94) {
      return this.#event({
        type: 'resource_consumption',
        resource_type: random.pick(['gpu', 'storage']),
        quantity: random.between(1, 100),
        cost_usd: this.#dollars(),
      })
    }
    return this.#event({ type: 'audit_trail', action: 'login', actor: `u${random.int(40)}` })
  }

  /** One call; what is not answered here is reported by later events. */
  #call(): TrafficEvent {
    const random = this.#random
    const [provider, model_id] = random.pick(MODELS)
    const call = {
      provider,
      model_id,
      request_id: `${this.#name}-r${this.#count}`,
      user_id: `u${random.int(40)}`,
      session_id: `s${random.int(200)}`,
      ...(random.chance(0.5) ? { response_id: `${this.#name}-a${this.#count}` } : {}),
    }
    const usage = { input_tokens: random.between(1, 9000), output_tokens: random.int(2000) }
    const time = this.#time()
    const reports = [
      {
        type: 'llm_request',
        ...call,
        ...(random.chance(0.9) ? { usage } : {}),
        latency_ms: random.between(20, 30_000),
        status: random.pick(['ok', 'ok', 'ok', 'ok', 'error', 'timeout', 'cancelled']),
        ...(random.chance(0.7) ? { cost_usd: this.#dollars() } : {}),
      },
      { type: 'token_cost', ...call, usage, cost_usd: this.#dollars() },
      { type: 'token_usage', ...call, usage },
      { type: 'latency', ...call, total_latency_ms: random.between(20, 30_000) },
    ]
    const wanted = random.chance(0.3) ? random.between(2, 3) : 1
    const chosen: TrafficEvent[] = []
    for (let i = 0; i < wanted; i++) {
      // A call that is reported once is mostly reported whole.
      const at = wanted === 1 && random.chance(0.7) ? 0 : random.int(reports.length)
      const [payload] = reports.splice(at, 1)
      if (payload !== undefined) chosen.push(this.#event(payload, time + i))
    }
    const [first, ...later] = chosen
    if (first === undefined) throw new RangeError('a call without a report')
    this.#reports.push(...later)
    return first
  }

  #gauge(): TrafficEvent {
    const { type, ...rest } = { type: 'gauge', name: 'queue_depth', value: this.#random.int(1000) }
    return this.#event({ type, ...rest, service: this.#random.pick(['api', 'worker']) })
  }

  #threat(): TrafficEvent {
    const random = this.#random
    return this.#event({
      type: 'threat',
      threat_type: random.pick(['prompt_injection', 'jailbreak']),
      threat_level: random.pick(['low', 'medium', 'high', 'critical']),
      confidence: random.int(100) / 100,
    })
  }

  #execution(): TrafficEvent {
    const random = this.#random
    return this.#event({
      type: 'parameter_execution',
      execution_id: `${this.#name}-x${this.#count}`,
      task_type: random.pick(['summary', 'translation']),
      model_id: random.pick(MODELS)[1],
      parameters: { temperature: random.int(11) / 10 },
      success: random.chance(0.9),
    })
  }

  #event(payload: TrafficEvent['payload'], time: number = this.#time()): TrafficEvent {
    const event_id = `${this.#name}-${this.#count++}`
    const common = {
      event_id,
      timestamp: new Date(time).toISOString(),
      environment: this.#random.pick(ENVIRONMENTS),
      tags: { team: `t${this.#random.int(5)}` },
    }
    return { common, payload }
  }

  #time(): number {
    return TRAFFIC_START + this.#random.int(TRAFFIC_HOURS * HOUR_MS - 10)
  }

  /** Dollars with at most six decimals, as text or as a number. */
  #dollars(): string | number {
    const millionths = this.#random.int(2_000_000)
    const text = (millionths / 1e6).toFixed(6)
    return this.#random.chance(0.5) ? text : Number(text)
  }

  #mistake(): Sent {
    const good = this.#event({ type: 'llm_request', model_id: WRONG_MODEL })
    const { common, payload } = good
    const [expect, body] = this.#random.pick<readonly [EventErrorCode, unknown]>([
      ['not_an_object', this.#random.int(1000)],
      ['missing_field', { common, payload: { type: 'llm_request' } }],
      ['wrong_type', { common, payload: { ...payload, latency_ms: 'fast' } }],
      ['wrong_type', { common, payload: { ...payload, usage: { input_tokens: '12' } } }],
      ['out_of_range', { common, payload: { ...payload, latency_ms: -1 } }],
      ['not_allowed', { common, payload: { ...payload, status: 'great' } }],
      ['unknown_kind', { common, payload: { ...payload, type: 'no_such_kind' } }],
      ['family_mismatch', { common: { ...common, event_type: 'security' }, payload }],
      ['bad_time', { common: { ...common, timestamp: 'yesterday' }, payload }],
      ['future', { common: { ...common, timestamp: '2199-01-01T00:00:00Z' }, payload }],
      ['missing_event_id', { common: { ...common, event_id: undefined }, payload }],
      ['unsupported_version', { common: { ...common, schema_version: '9.0.0' }, payload }],
      ['forbidden_key', { common, payload: { ...payload, context: { constructor: 1 } } }],
    ])
    return { body, event: null, expect }
  }
}

/** The same id with other content: rejected once the event has been acknowledged. */
export function conflictWith(event: TrafficEvent): Sent {
  const payload = { ...event.payload, service: 'an-impostor', model_id: WRONG_MODEL }
  return { body: { ...event, payload }, event: null, expect: 'id_conflict' }
}
