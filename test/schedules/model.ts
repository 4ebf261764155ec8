import { costOf, type PriceFile, type Usage } from '../support/price-oracle.ts'

/**
 * A hub in memory: plain objects, BigInt, and the rules as the documentation states them. It shares no
 * code with the hub, and does nothing clever.
 */

export interface Payload {
  readonly type: string
  readonly model_id?: string
  readonly user_id?: string
  readonly status?: string
  readonly service_tier?: string
  /** The same for all reports of one call. */
  readonly request_id?: string
  readonly latency_ms?: number
  readonly total_latency_ms?: number
  readonly cost_usd?: string
  readonly [field: string]: unknown
}

export interface ScheduleEvent {
  readonly common: { readonly event_id: string; readonly timestamp: string }
  readonly payload: Payload
}

/** An event of a plan, with what the plan knows about it and the wire does not show. */
export interface Planned {
  readonly event: ScheduleEvent
  /** Days before the schedule began: an event of n days is older than n − 1 and younger than n days. */
  readonly days: number
  readonly usage: Usage | null
  /** What is wrong with it, or null. */
  readonly wrong: string | null
}

export interface Row extends Planned {
  readonly kind: string
  readonly family: string
  readonly user: string | null
  readonly time: number
  computed: bigint | null
  readonly reported: bigint | null
  suppressed: boolean
}

export interface Letter {
  readonly planned: Planned
  readonly code: string
  status: 'open' | 'replayed' | 'dismissed'
  replayedAs: string | null
}

export type Fate =
  | { readonly outcome: 'accepted' | 'duplicate' }
  | { readonly outcome: 'rejected'; readonly code: string }

const FAMILIES: Readonly<Record<string, string>> = {
  llm_request: 'telemetry',
  token_usage: 'telemetry',
  latency: 'telemetry',
  token_cost: 'cost',
  api_cost: 'cost',
  gauge: 'metric',
}
/** Of several reports of one call the first of these counts, then the earliest. */
export const CALL_KINDS = ['llm_request', 'token_cost', 'token_usage', 'latency']
export const PRICED_KINDS = ['llm_request', 'token_cost']

/** Events of `older` days or fewer and of more than `younger` are kept. */
export interface HeldDays {
  readonly older: number
  readonly younger: number
}

export class Model {
  /** Events that are there, by id. */
  readonly rows = new Map<string, Row>()
  /** What was accepted once, erased or not, by id: its content as JSON. */
  readonly known = new Map<string, string>()
  letters: Letter[] = []
  prices: PriceFile = new Map()
  /** Family, or '' for all, → days. */
  readonly policies = new Map<string, number>()
  hold: HeldDays | null = null

  /** Days that rows of a family are kept. */
  daysOf(family: string): number {
    return this.policies.get(family) ?? this.policies.get('') ?? Infinity
  }

  /** An event comes in; one that is rejected leaves a letter. */
  take(planned: Planned): Fate {
    const code = this.#refusal(planned)
    if (code !== null) {
      this.letters.push({ planned, code, status: 'open', replayedAs: null })
      return { outcome: 'rejected', code }
    }
    return { outcome: this.#enter(planned) }
  }

  #refusal(planned: Planned): string | null {
    const { common, payload } = planned.event
    if (planned.wrong !== null) return planned.wrong
    if (planned.days > this.daysOf(familyOf(payload.type))) return 'expired'
    const known = this.known.get(common.event_id)
    return known === undefined || known === JSON.stringify(planned.event) ? null : 'id_conflict'
  }

  #enter(planned: Planned): 'accepted' | 'duplicate' {
    const { event, usage } = planned
    const { common, payload } = event
    if (this.known.has(common.event_id)) return 'duplicate'
    this.known.set(common.event_id, JSON.stringify(event))
    const row: Row = {
      ...planned,
      kind: payload.type,
      family: familyOf(payload.type),
      user: payload.user_id ?? null,
      time: Date.parse(common.timestamp),
      computed: null,
      reported: payload.cost_usd === undefined ? null : picoOf(payload.cost_usd),
      suppressed: false,
    }
    row.computed = this.#price(row, usage)
    this.#suppress(row)
    this.rows.set(common.event_id, row)
    return 'accepted'
  }

  #price({ event, kind, time }: Row, usage: Usage | null): bigint | null {
    const { payload } = event
    if (!PRICED_KINDS.includes(kind) || usage === null) return null
    return costOf(this.prices, payload.model_id ?? '', time, payload.service_tier ?? null, usage)
  }

  #suppress(row: Row): void {
    const call = row.event.payload.request_id
    if (call === undefined || !CALL_KINDS.includes(row.kind)) return
    for (const other of this.rows.values()) {
      if (other.event.payload.request_id !== call || !CALL_KINDS.includes(other.kind)) continue
      if (isBetter(row, other)) other.suppressed = true
      else row.suppressed = true
    }
  }

  /** Takes an event in for a letter; the letter is resolved unless the event is rejected again. */
  replay(letter: Letter, corrected: Planned): Fate | { readonly outcome: 'unchanged' } {
    if (letter.status === 'replayed') return { outcome: 'unchanged' }
    const code = this.#refusal(corrected)
    if (code !== null) return { outcome: 'rejected', code }
    const outcome = this.#enter(corrected)
    letter.status = 'replayed'
    letter.replayedAs = corrected.event.common.event_id
    return { outcome }
  }

  reprice(from: number, to: number, model: string | null, onlyUnpriced: boolean): void {
    for (const row of this.rows.values()) {
      if (row.time < from || row.time >= to) continue
      if (model !== null && row.event.payload.model_id !== model) continue
      if (onlyUnpriced && row.computed !== null) continue
      row.computed = this.#price(row, row.usage)
    }
  }

  /** Refused when a hold keeps one of the rows. */
  erase(user: string): 'erased' | 'held' {
    const rows = [...this.rows.values()].filter((row) => row.user === user)
    if (rows.some((row) => this.#isHeld(row))) return 'held'
    for (const [id, row] of this.rows) if (row.user === user) this.rows.delete(id)
    this.letters = this.letters.filter(({ planned }) => planned.event.payload.user_id !== user)
    return 'erased'
  }

  #isHeld({ days }: Row): boolean {
    return this.hold !== null && days <= this.hold.older && days > this.hold.younger
  }

  /** Deletes what the policies let go. */
  retain(): void {
    for (const [id, row] of this.rows) {
      if (row.days > this.daysOf(row.family) && !this.#isHeld(row)) this.rows.delete(id)
    }
  }

  /** Rows that count. */
  *visible(): Generator<Row> {
    for (const row of this.rows.values()) if (!row.suppressed) yield row
  }
}

function familyOf(kind: string): string {
  return FAMILIES[kind] ?? ''
}

function isBetter(one: Row, other: Row): boolean {
  const rank = CALL_KINDS.indexOf(one.kind) - CALL_KINDS.indexOf(other.kind)
  return rank === 0 ? one.time < other.time : rank < 0
}

/** Pico-dollars of a decimal with at most twelve places. */
function picoOf(dollars: string): bigint {
  const [whole = '0', fraction = ''] = dollars.split('.')
  return BigInt(whole + fraction.padEnd(12, '0'))
}
