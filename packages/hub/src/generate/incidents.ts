import { APPLICATIONS } from './applications.ts'
import { MODELS } from './models.ts'
import { mixWords, Random } from './random.ts'

/**
 * What goes wrong in the made-up organisation, when, and how much: the truth that detectors are held to.
 * Every two days have one incident, and any twenty days have one of each kind. When each is depends on
 * the seed and the days alone, so that a longer range has the same ones.
 */
export const INCIDENT_KINDS = [
  'latency_regression',
  'error_burst',
  'cost_spike',
  'traffic_drop',
  'traffic_surge',
  'prompt_growth',
  'cache_collapse',
  'attack_wave',
  'quality_drop',
  'rate_limiting',
] as const
export type IncidentKind = (typeof INCIDENT_KINDS)[number]

export interface Incident {
  readonly kind: IncidentKind
  /** Epoch milliseconds, [from, to). */
  readonly from: number
  readonly to: number
  /** What it hits: a dimension of questions with its value. */
  readonly target: { readonly dimension: string; readonly value: string }
  /** What it does: a measure of questions, and by how much it is multiplied, or to how much it is set or moved. */
  readonly effect: {
    readonly measure: string
    readonly how: 'times' | 'becomes' | 'adds'
    readonly amount: number
  }
  readonly doc: string
}

export const SLOT_MS = 2 * 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

interface Plan {
  /** Hours it lasts, from and to. */
  readonly hours: readonly [number, number]
  readonly dimension: string
  readonly values: readonly string[]
  readonly effect: Incident['effect']
  readonly doc: string
}

const models = Object.keys(MODELS)
const busyModels = ['gpt-4o-mini', 'claude-sonnet-4-5', 'gemini-2.5-flash', 'gpt-4.1']
const services = APPLICATIONS.map(({ service }) => service)

const PLANS: Readonly<Record<IncidentKind, Plan>> = {
  latency_regression: {
    hours: [3, 6],
    dimension: 'model',
    values: busyModels,
    effect: { measure: 'latency.p50', how: 'times', amount: 2.5 },
    doc: 'the model answers 2.5 times as slowly',
  },
  error_burst: {
    hours: [1, 3],
    dimension: 'provider',
    values: ['openai', 'anthropic', 'google'],
    effect: { measure: 'requests.error_rate', how: 'becomes', amount: 0.3 },
    doc: 'three calls in ten of the provider fail with server_error',
  },
  cost_spike: {
    hours: [4, 8],
    dimension: 'user',
    values: ['runaway-script-1', 'runaway-script-2', 'runaway-script-3'],
    effect: { measure: 'cost.total', how: 'adds', amount: 0.25 },
    doc: 'a script makes a quarter more calls of ops-agent, all of them under one user',
  },
  traffic_drop: {
    hours: [2, 4],
    dimension: 'service',
    values: services.slice(0, 3),
    effect: { measure: 'requests.count', how: 'times', amount: 0.1 },
    doc: 'nine conversations in ten of the service do not begin',
  },
  traffic_surge: {
    hours: [1, 3],
    dimension: 'service',
    values: services.slice(0, 3),
    effect: { measure: 'requests.count', how: 'times', amount: 3 },
    doc: 'three times as many conversations of the service begin, and its calls slow down with them',
  },
  prompt_growth: {
    hours: [12, 24],
    dimension: 'service',
    values: services.slice(0, 4),
    effect: { measure: 'tokens.input', how: 'times', amount: 1.8 },
    doc: 'a new version of the prompt is 1.8 times as long',
  },
  cache_collapse: {
    hours: [6, 12],
    dimension: 'service',
    values: ['ops-agent', 'support-chat'],
    effect: { measure: 'tokens.cache_read', how: 'becomes', amount: 0 },
    doc: 'nothing is read from the prompt cache',
  },
  attack_wave: {
    hours: [1, 2],
    dimension: 'actor',
    values: ['203.0.113.17', '198.51.100.200', '192.0.2.44'],
    effect: { measure: 'events.count', how: 'times', amount: 30 },
    doc: 'thirty times as many threats, from one address',
  },
  quality_drop: {
    hours: [6, 12],
    dimension: 'model',
    values: busyModels,
    effect: { measure: 'quality.avg', how: 'adds', amount: -0.2 },
    doc: 'judges score the answers of the model 0.2 lower',
  },
  rate_limiting: {
    hours: [1, 3],
    dimension: 'model',
    values: models,
    effect: { measure: 'requests.error_rate', how: 'becomes', amount: 0.2 },
    doc: 'one call in five of the model is refused with rate_limit',
  },
}

/** The incident of a slot of two days since 1970. */
function incidentOf(seed: number, slot: number): Incident {
  const order = shuffled(INCIDENT_KINDS, new Random(seed, 0x1c))
  const count = order.length
  const kind = order[((slot % count) + count) % count] ?? 'latency_regression'
  const plan = PLANS[kind]
  const random = new Random(seed, 0x1d, slot)
  // In waking hours, when there is traffic to be seen in; the longest ends before the slot does.
  const start = random.below(2) * 24 + 8 + random.below(10)
  const [least, most] = plan.hours
  const hours = least + random.below(2 * (most - least) + 1) / 2
  const last = Math.min(start, 48 - hours)
  const from = slot * SLOT_MS + Math.floor(last) * HOUR_MS + random.below(12) * 5 * MINUTE_MS
  const to = Math.min(from + hours * HOUR_MS, (slot + 1) * SLOT_MS)
  const target = { dimension: plan.dimension, value: random.pick(plan.values) }
  return { kind, from, to, target, effect: plan.effect, doc: plan.doc }
}

/** Incidents that touch [from, to), epoch milliseconds, in order. */
export function incidentsBetween(seed: number, from: number, to: number): Incident[] {
  const found: Incident[] = []
  for (let slot = Math.floor(from / SLOT_MS); slot * SLOT_MS < to; slot++) {
    const incident = incidentOf(mixWords(seed, [0x1b]), slot)
    if (incident.from < to && incident.to > from) found.push(incident)
  }
  return found
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const order = [...values]
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const [a, b] = [order[i], order[j]]
    if (a === undefined || b === undefined) continue
    order[i] = b
    order[j] = a
  }
  return order
}
