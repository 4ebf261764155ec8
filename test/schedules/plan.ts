import { PROVIDER, type PriceFile, type Usage, wireUsage } from '../support/price-oracle.ts'
import { PRICED_MODELS, randomPrices, randomTier, randomUsage } from '../support/price-traffic.ts'
import { Seeded } from '../support/seeded.ts'
import {
  CALL_KINDS,
  type HeldDays,
  type Letter,
  Model,
  type Payload,
  type Planned,
  type Row,
  type ScheduleEvent,
} from './model.ts'

/**
 * A schedule: what is done to a hub, step by step, as a function of a seed and the time it begins.
 *
 * Whoever makes the plan lives it on a model, so that a step can speak of what is there: a letter to
 * correct, an event to send again. What the documentation leaves open is kept out of plans: a further
 * report of a call of which a report is erased already, and an erased event that is sent again after
 * the log may have given up even its hashes.
 */

export type Step =
  | { readonly act: 'send'; readonly events: readonly Planned[]; readonly lines: boolean }
  | { readonly act: 'prices'; readonly prices: PriceFile }
  | {
      readonly act: 'reprice'
      readonly from: number
      readonly to: number
      readonly model: string | null
      readonly onlyUnpriced: boolean
    }
  /** One letter, by its event id and code, with what goes in in its place; null: as kept. */
  | { readonly act: 'replay'; readonly letter: LetterName; readonly corrected: Planned | null }
  /** All open letters of `not_allowed` with a status that is. */
  | { readonly act: 'replay many'; readonly corrected: readonly Planned[] }
  | { readonly act: 'dismiss'; readonly letters: readonly LetterName[] }
  | { readonly act: 'erase'; readonly user: string }
  /** '' for every family. */
  | { readonly act: 'retain'; readonly family: string; readonly days: number }
  /** Null releases the hold. */
  | { readonly act: 'hold'; readonly hold: HeldDays | null }
  | { readonly act: 'compact' | 'restart' | 'kill' | 'rebuild' | 'restore' }

export interface LetterName {
  readonly eventId: string
  readonly code: string
}

/** With `killAfter` the hub is killed so many milliseconds into the act, started again, and the act repeated. */
export type PlannedStep = Step & { readonly killAfter: number | null }

export interface PlanOptions {
  readonly seed: number
  /** Epoch milliseconds. */
  readonly now: number
  readonly steps: number
}

const DAY = 86_400_000
const HOUR = 3_600_000
const OLDEST_DAYS = 60
/** Events that are wrong, and what is corrected of them, are never too old. */
const YOUNG_DAYS = 3
const POLICY_DAYS = [50, 40, 30, 20, 12, 6]
const USERS = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus']
const MOST_ERASURES = 2
const LONGEST_BEFORE_KILL_MS = 120

const ACTS: readonly (readonly [weight: number, act: Step['act']])[] = [
  [10, 'send'],
  [1, 'prices'],
  [4, 'reprice'],
  [3, 'replay'],
  [1, 'replay many'],
  [1, 'dismiss'],
  [2, 'erase'],
  [2, 'retain'],
  [1, 'hold'],
  [1, 'compact'],
  [1, 'restart'],
  [2, 'kill'],
  [1, 'rebuild'],
  [1, 'restore'],
]

/** What may be interrupted and done again with the same end. */
const REPEATABLE: ReadonlySet<Step['act']> = new Set([
  'send',
  'reprice',
  'replay',
  'replay many',
  'dismiss',
  'erase',
  'retain',
  'hold',
  'compact',
])

export function planSchedule({ seed, now, steps }: PlanOptions): readonly PlannedStep[] {
  const planner = new Planner(seed, now)
  const plan = [planner.prices(), planner.send()]
  while (plan.length < steps) plan.push(planner.next())
  return plan
}

/** Does a step to a model, as the hub should. */
export function applyStep(model: Model, step: Step): void {
  switch (step.act) {
    case 'send':
      for (const planned of step.events) model.take(planned)
      return
    case 'prices':
      model.prices = step.prices
      return
    case 'reprice':
      model.reprice(step.from, step.to, step.model, step.onlyUnpriced)
      return
    case 'replay': {
      const letter = theLetter(model, step.letter)
      model.replay(letter, step.corrected ?? letter.planned)
      return
    }
    case 'replay many':
      for (const corrected of step.corrected) {
        const { event_id: eventId } = corrected.event.common
        model.replay(theLetter(model, { eventId, code: 'not_allowed' }), corrected)
      }
      return
    case 'dismiss':
      for (const name of step.letters) theLetter(model, name).status = 'dismissed'
      return
    case 'erase':
      model.erase(step.user)
      return
    case 'retain':
      model.policies.set(step.family, step.days)
      model.retain()
      return
    case 'hold':
      model.hold = step.hold
      model.retain()
      return
    case 'compact':
    case 'restart':
    case 'kill':
    case 'rebuild':
    case 'restore':
      return
  }
}

function theLetter(model: Model, { eventId, code }: LetterName): Letter {
  const found = model.letters.find(
    ({ planned, code: of }) => planned.event.common.event_id === eventId && of === code,
  )
  if (found === undefined) throw new RangeError(`no letter ${code} of ${eventId}`)
  return found
}

class Planner {
  readonly #random: Seeded
  readonly #now: number
  readonly #model = new Model()
  /** Everything that was ever taken in. */
  readonly #taken: Planned[] = []
  /** Further reports of calls, to be sent later. */
  #reports: Planned[] = []
  /** What a wrong event should have been, by its id. */
  readonly #corrections = new Map<string, Planned>()
  #count = 0
  #erasures = 0
  /** Whether the prices have not changed since rows were last priced again. */
  #isRepriced = true

  constructor(seed: number, now: number) {
    this.#random = new Seeded(seed)
    this.#now = now
  }

  next(): PlannedStep {
    let dice = this.#random.int(ACTS.reduce((sum, [weight]) => sum + weight, 0))
    const [, act] = ACTS.find(([weight]) => (dice -= weight) < 0) ?? [0, 'send']
    switch (act) {
      case 'prices':
        return this.prices()
      case 'reprice':
        return this.#isRepriced && this.#random.chance(0.7) ? this.prices() : this.#reprice()
      case 'replay':
        return this.#replay() ?? this.send()
      case 'replay many':
        return this.#replayMany() ?? this.send()
      case 'dismiss':
        return this.#dismiss() ?? this.send()
      case 'erase':
        return this.#erase() ?? this.send()
      case 'retain':
        return this.#retain() ?? this.send()
      case 'hold':
        return this.#hold()
      case 'send':
        return this.send()
      case 'compact':
      case 'restart':
      case 'kill':
      case 'rebuild':
      case 'restore':
        return this.#done({ act })
    }
  }

  #done(step: Step, isRepeatable = REPEATABLE.has(step.act)): PlannedStep {
    applyStep(this.#model, step)
    const isKilled = this.#random.chance(0.2)
    const after = this.#random.int(LONGEST_BEFORE_KILL_MS)
    return { ...step, killAfter: isRepeatable && isKilled ? after : null }
  }

  // Prices

  prices(): PlannedStep {
    this.#isRepriced = this.#model.rows.size === 0
    const changes = [45, 20, 7].map((days) => this.#now - days * DAY)
    const prices = randomPrices(this.#random, changes, this.#random.chance(0.5))
    return this.#done({ act: 'prices', prices })
  }

  #reprice(): PlannedStep {
    this.#isRepriced = true
    const random = this.#random
    const all = random.chance(0.5)
    const first = all ? OLDEST_DAYS + 1 : random.between(2, OLDEST_DAYS)
    return this.#done({
      act: 'reprice',
      from: this.#now - first * DAY,
      to: all ? this.#now : this.#now - random.int(first) * DAY,
      model: random.chance(0.2) ? random.pick(PRICED_MODELS) : null,
      onlyUnpriced: random.chance(0.2),
    })
  }

  // Events

  send(): PlannedStep {
    const random = this.#random
    const model = this.#model
    const events: Planned[] = []
    let repeatable = true
    for (let left = random.between(1, 40); left > 0; left--) {
      const planned = this.#event()
      const before = model.letters.length
      // The model takes them one by one, so that what follows may repeat them; it takes no step twice.
      model.take(planned)
      if (model.letters.length > before) repeatable = false
      else this.#taken.push(planned)
      events.push(planned)
    }
    const isKilled = random.chance(0.2)
    const after = random.int(LONGEST_BEFORE_KILL_MS)
    const killAfter = repeatable && isKilled ? after : null
    return { act: 'send', events, lines: random.chance(0.3), killAfter }
  }

  #event(): Planned {
    const random = this.#random
    const dice = random.next()
    if (dice < 0.1) return this.#wrong()
    if (dice < 0.2) return this.#again() ?? this.#fresh()
    if (dice < 0.24) return this.#conflict() ?? this.#fresh()
    if (dice < 0.45) return this.#reports.shift() ?? this.#fresh()
    return this.#fresh()
  }

  #fresh(days = this.#random.between(1, OLDEST_DAYS)): Planned {
    const dice = this.#random.next()
    const user_id = this.#random.pick(USERS)
    if (dice < 0.75) return this.#call(user_id, days)
    if (dice < 0.87) {
      return this.#make({ type: 'api_cost', user_id, cost_usd: this.#dollars() }, days)
    }
    return this.#make({ type: 'gauge', name: 'depth', value: this.#random.int(99) }, days)
  }

  /** One report of a new call; the others are sent later. */
  #call(user_id: string, days: number): Planned {
    const random = this.#random
    const call = {
      provider: PROVIDER,
      model_id: random.pick(PRICED_MODELS),
      user_id,
      request_id: `r${this.#count}`,
      ...(random.chance(0.5) ? { response_id: `a${this.#count}` } : {}),
    }
    const tier = randomTier(random)
    const priced = { ...call, ...(tier === null ? {} : { service_tier: tier }) }
    const usage = randomUsage(random)
    const cost = random.chance(0.3) ? { cost_usd: this.#dollars() } : {}
    const told = wireUsage(usage)
    const latency = random.between(20, 30_000)
    const time = this.#time(days)
    const reports: Planned[] = []
    const add = (payload: Payload, counted: Usage | null): void => {
      reports.push(this.#make(payload, days, counted, time + reports.length))
    }
    const status = random.pick(['ok', 'ok', 'ok', 'error', 'timeout'])
    const kinds = random.chance(0.4) ? CALL_KINDS.filter(() => random.chance(0.6)) : ['llm_request']
    for (const type of shuffled(kinds.length === 0 ? ['latency'] : kinds, random)) {
      if (type === 'llm_request') {
        const isTold = random.chance(0.9)
        const body = { type, ...priced, status, latency_ms: latency, ...cost }
        add(isTold ? { ...body, usage: told } : body, isTold ? usage : null)
      } else if (type === 'token_cost') add({ type, ...priced, usage: told, ...cost }, usage)
      else if (type === 'token_usage') add({ type, ...call, usage: told }, usage)
      else add({ type, ...call, total_latency_ms: random.between(20, 30_000) }, null)
    }
    const [first, ...later] = reports
    if (first === undefined) throw new RangeError('a call without a report')
    this.#reports.push(...later)
    return first
  }

  #make(
    payload: Payload,
    days: number,
    usage: Usage | null = null,
    time = this.#time(days),
  ): Planned {
    const common = { event_id: `e${this.#count++}`, timestamp: new Date(time).toISOString() }
    return { event: { common, payload }, days, usage, wrong: null }
  }

  /** Hours away from where days begin, so that no policy has to be timed to the minute. */
  #time(days: number): number {
    return this.#now - days * DAY + this.#random.between(2 * HOUR, 20 * HOUR)
  }

  #dollars(): string {
    return (this.#random.int(2_000_000) / 1e6).toFixed(6)
  }

  /** What was sent before, whatever became of it. */
  #again(): Planned | null {
    if (this.#taken.length === 0) return null
    const planned = this.#random.pick(this.#taken)
    const { rows, policies } = this.#model
    const isThere = rows.has(planned.event.common.event_id)
    return isThere || policies.size === 0 || this.#isExpired(planned) ? planned : null
  }

  #isExpired({ days, event }: Planned): boolean {
    const families = { token_cost: 'cost', api_cost: 'cost', gauge: 'metric' } as const
    const family = families[event.payload.type as keyof typeof families] ?? 'telemetry'
    return days > this.#model.daysOf(family)
  }

  #conflict(): Planned | null {
    const rows = [...this.#model.rows.values()]
    if (rows.length === 0) return null
    const { event, days, usage } = this.#random.pick(rows)
    const payload = { ...event.payload, service: 'impostor' }
    return { event: { common: event.common, payload }, days, usage, wrong: null }
  }

  #wrong(): Planned {
    const good = this.#fresh(this.#random.between(1, YOUNG_DAYS))
    const { event, days, usage } = good
    const { common, payload } = event
    const isCall = payload.type === 'llm_request'
    const [wrong, body] = this.#random.pick<readonly [string, unknown]>([
      ['unknown_kind', { common, payload: { ...payload, type: 'no_such_kind' } }],
      ['wrong_type', { common, payload: { ...payload, service: 7 } }],
      ['bad_time', { common: { ...common, timestamp: 'yesterday' }, payload }],
      ['future', { common: { ...common, timestamp: '2199-01-01T00:00:00Z' }, payload }],
      ...(isCall
        ? ([
            ['not_allowed', { common, payload: { ...payload, status: 'great' } }],
            ['out_of_range', { common, payload: { ...payload, latency_ms: -1 } }],
            ['missing_field', { common, payload: { ...payload, model_id: undefined } }],
          ] as const)
        : []),
    ])
    this.#corrections.set(common.event_id, good)
    return { event: body as ScheduleEvent, days, usage, wrong }
  }

  // Letters

  /** Open letters that their event id and code name. */
  #open(): readonly (Letter & { readonly name: LetterName })[] {
    const named = this.#model.letters.map((letter) => ({
      ...letter,
      name: { eventId: letter.planned.event.common.event_id, code: letter.code },
    }))
    const counts = new Map<string, number>()
    const keyOf = ({ name }: { readonly name: LetterName }) => `${name.eventId} ${name.code}`
    for (const each of named) counts.set(keyOf(each), (counts.get(keyOf(each)) ?? 0) + 1)
    return named.filter((each) => each.status === 'open' && counts.get(keyOf(each)) === 1)
  }

  #replay(): PlannedStep | null {
    const open = this.#open()
    if (open.length === 0) return null
    const { name, planned } = this.#random.pick(open)
    const { common, payload } = planned.event
    let corrected = this.#corrections.get(name.eventId) ?? null
    if (name.code === 'id_conflict') {
      // At a time of its own: of two reports of a call with one time, the hash of the id decides.
      const time = Date.parse(common.timestamp) + 10 + this.#count
      const event_id = `e${this.#count++}`
      const event = { common: { event_id, timestamp: new Date(time).toISOString() }, payload }
      corrected = this.#isWhole(planned) ? { ...planned, event } : null
    } else if (name.code === 'expired' || this.#random.chance(0.1)) corrected = null
    if (corrected !== null) this.#taken.push(corrected)
    return this.#done({ act: 'replay', letter: name, corrected })
  }

  /** Whether every report of the call that was taken in is still there. */
  #isWhole({ event }: Planned): boolean {
    const call = event.payload.request_id
    const { rows } = this.#model
    return this.#taken.every(
      (each) => each.event.payload.request_id !== call || rows.has(each.event.common.event_id),
    )
  }

  #replayMany(): PlannedStep | null {
    const letters = this.#open().filter(({ code }) => code === 'not_allowed')
    const corrected = letters.map(({ planned }): Planned => {
      const { common, payload } = planned.event
      return { ...planned, event: { common, payload: { ...payload, status: 'ok' } }, wrong: null }
    })
    if (corrected.length === 0) return null
    this.#taken.push(...corrected)
    return this.#done({ act: 'replay many', corrected })
  }

  #dismiss(): PlannedStep | null {
    const letters = this.#open().filter(() => this.#random.chance(0.3))
    if (letters.length === 0) return null
    return this.#done({ act: 'dismiss', letters: letters.map(({ name }) => name) })
  }

  // What deletes

  #erase(): PlannedStep | null {
    if (this.#erasures === MOST_ERASURES) return null
    this.#erasures++
    const rejected = this.#model.letters.flatMap(
      ({ planned }) => planned.event.payload.user_id ?? [],
    )
    const user = this.#random.pick([...USERS, ...rejected])
    this.#forgetReports((row) => row.event.payload.user_id === user)
    return this.#done({ act: 'erase', user })
  }

  #retain(): PlannedStep | null {
    const random = this.#random
    const family = random.pick(['', '', 'telemetry', 'cost', 'metric'])
    const shorter = POLICY_DAYS.filter((days) => days < this.#model.daysOf(family))
    if (shorter.length === 0) return null
    const days = random.pick(shorter.slice(0, 3))
    this.#forgetReports((planned) => planned.days > days)
    return this.#done({ act: 'retain', family, days })
  }

  /** Only what no policy has let go yet is held: the log may still have rows that the store gave up. */
  #hold(): PlannedStep {
    const { hold, policies } = this.#model
    if (hold !== null) return this.#done({ act: 'hold', hold: null })
    const older = this.#random.between(2, Math.min(OLDEST_DAYS, ...policies.values()))
    return this.#done({ act: 'hold', hold: { older, younger: this.#random.int(older) } })
  }

  /** Reports of calls of which others others are about to be deleted. */
  #forgetReports(isGone: (planned: Planned | Row) => boolean): void {
    this.#reports = this.#reports.filter((planned) => !isGone(planned))
  }
}

function shuffled<T>(items: readonly T[], random: Seeded): T[] {
  return items
    .map((item) => [random.next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)
}
