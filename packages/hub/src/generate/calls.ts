import { type Application, REASONING_MODELS, REGIONS } from './applications.ts'
import type { Draft, Emit } from './event.ts'
import type { Incident } from './incidents.ts'
import { FAILURES, type Model, TIMEOUT_MS } from './models.ts'
import { quantile } from './quantile-table.ts'
import type { Random } from './random.ts'
import type { ApplicationTables, Tables } from './tables.ts'

/** What a conversation needs to know of the moment it begins in. */
export interface Moment {
  readonly tables: Tables
  readonly random: Random
  /** The incident that may be going on while it lasts, or null. */
  readonly incident: Incident | null
  /** Level of load (`loadLevel`). */
  readonly load: number
  /** Stands at the beginning of its ids. */
  readonly prefix: string
  readonly emit: Emit
}

/** No conversation is longer: a range is made from the cells of an hour before it on. */
export const LONGEST_SESSION_MS = 3_600_000

/** Expected numbers of further events per call of an application. */
const GUARDRAILS = 0.1
const SCORES = 0.03
const JUDGED = 0.08

export function eventsPerCall({ tools }: Application): number {
  return 1 + tools + GUARDRAILS + SCORES
}

export function meanTurns({ turns }: Application): number {
  return (1 + turns) / 2
}

/**
 * A conversation: its calls, and the guardrails, tool steps and scores that belong to them. The prompts
 * of its turns are draws from one distribution put in order, so that the context grows from turn to turn
 * and the lengths of all prompts still have that distribution.
 */
export function conversation(
  moment: Moment,
  tables: ApplicationTables,
  start: number,
  only: { readonly user: string } | null,
): void {
  const { random } = moment
  const { application } = tables
  const turns = only === null ? 1 + random.below(application.turns) : 1
  const prompts: number[] = []
  for (let turn = 0; turn < turns; turn++) prompts.push(quantile(tables.input, random.uniform()))
  prompts.sort((a, b) => a - b)
  const rank = Math.floor(quantile(tables.user, random.uniform()))
  const user = only?.user ?? tables.users[rank] ?? application.team
  const share = random.uniform()
  const model = tables.models.find(([upTo]) => share < upTo)?.[1] ?? tables.models[0]?.[1]
  if (model === undefined) throw new Error(`${application.service} has no model`)
  const session = `ses-${moment.prefix}-${random.word().toString(36)}`
  const region = REGIONS[rank % REGIONS.length] ?? REGIONS[0]
  const common = {
    source_module: 'sdk',
    environment: random.uniform() < 0.9 ? 'production' : 'staging',
    tags: { region, team: application.team, feature: application.feature },
  }
  let time = start
  for (const [turn, prompt] of prompts.entries()) {
    if (time >= start + LONGEST_SESSION_MS) return
    const call = { time, turn, prompt, model, user, session }
    time += makeCall(moment, tables, call, common)
    time += Math.floor(quantile(moment.tables.thinking, random.uniform()))
  }
}

interface Call {
  readonly time: number
  readonly turn: number
  readonly prompt: number
  readonly model: Model
  readonly user: string
  readonly session: string
}

/** Hands over a call and what belongs to it; answers how many milliseconds it took. */
function makeCall(
  moment: Moment,
  tables: ApplicationTables,
  call: Call,
  common: Parameters<Emit>[2],
): number {
  const { random, emit } = moment
  const { application } = tables
  const { time, model, user, session } = call
  const incident = activeAt(moment.incident, time)
  const request = `req-${moment.prefix}-${random.word().toString(36)}${random.below(1296).toString(36)}`
  const failure = failureOf(random, model, incident)
  const isGrown = hits(incident, 'prompt_growth', application.service)
  const input = Math.max(1, Math.round(call.prompt * (isGrown ? incident.effect.amount : 1)))
  const output = Math.max(1, Math.round(quantile(tables.output, random.uniform())))
  const slow = hits(incident, 'latency_regression', model.name) ? incident.effect.amount : 1
  const noise = quantile(moment.tables.ttft[moment.load] ?? EMPTY, random.uniform())
  const ttft = (model.ttftMs * noise + input / model.prefill) * slow
  const gap = quantile(moment.tables.speed[moment.load] ?? EMPTY, random.uniform()) * slow
  const whole = ttft + (output / model.speed) * 1000 * gap
  const status = failure ?? (whole > TIMEOUT_MS ? 'timeout' : null)
  const latency = hundredths(latencyOf(random, status, whole))
  const payload: Draft = {
    type: 'llm_request',
    provider: model.provider,
    model_id: model.name,
    request_id: request,
    ...(application.tools > 0 ? { trace_id: session, span_id: request } : {}),
    ...outcomeOf(moment, tables, call, { input, output, ttft, whole, status, latency }, incident),
    user_id: user,
    session_id: session,
    service: application.service,
    task_type: application.task,
    prompt_name: application.prompt,
    prompt_version: isGrown ? '4' : '3',
  }
  emit(time, payload, common)
  addCompanions(moment, tables, call, { request, latency, status }, incident, common)
  return Math.ceil(latency)
}

const EMPTY = new Float64Array(0)

interface Outcome {
  readonly input: number
  readonly output: number
  readonly ttft: number
  readonly whole: number
  readonly status: string | null
  readonly latency: number
}

type OutcomeFields = Readonly<Record<string, unknown>>

function outcomeOf(
  { random, tables }: Moment,
  { application }: ApplicationTables,
  { model, turn }: Call,
  { input, output, ttft, whole, status, latency }: Outcome,
  incident: Incident | null,
): OutcomeFields {
  if (status !== null) {
    // Providers charge nothing for a call that failed.
    const usage = { input_tokens: 0, output_tokens: 0 }
    const isTimeout = status === 'timeout'
    return {
      usage,
      latency_ms: latency,
      status: isTimeout ? 'timeout' : 'error',
      error_type: status,
    }
  }
  const usage: Record<string, number> = { input_tokens: input, output_tokens: output }
  // The first turn finds the fixed part of the prompt at best, later ones most of what was said.
  const isCached = random.uniform() < application.cached * (turn === 0 ? 0.6 : 1)
  if (isCached && !hits(incident, 'cache_collapse', application.service)) {
    usage['cache_read_tokens'] = Math.floor(input * quantile(tables.cachedShare, random.uniform()))
  }
  if (REASONING_MODELS.has(model.name)) {
    usage['reasoning_tokens'] = Math.floor(
      output * quantile(tables.reasoningShare, random.uniform()),
    )
  }
  const judged = random.uniform() < JUDGED ? qualityOf(random, model, incident) : null
  return {
    usage,
    latency_ms: latency,
    ttft_ms: hundredths(ttft),
    tokens_per_second: hundredths((output / Math.max(1, whole - ttft)) * 1000),
    status: 'ok',
    ...(judged === null ? {} : { quality: judged }),
  }
}

/** Guardrail, tool steps and score of a call. */
function addCompanions(
  moment: Moment,
  { application }: ApplicationTables,
  { time, model, user, session, turn }: Call,
  { request, latency, status }: { request: string; latency: number; status: string | null },
  incident: Incident | null,
  common: Parameters<Emit>[2],
): void {
  const { random, emit } = moment
  const { service } = application
  const who = { request_id: request, user_id: user, session_id: session }
  if (random.uniform() < GUARDRAILS) {
    const score = Math.round(random.uniform() ** 6 * 1000) / 1000
    const verdict = score > 0.9 ? 'deny' : score > 0.7 ? 'warn' : 'allow'
    const duration = hundredths(8 + 60 * random.uniform() ** 3)
    const guardrail = {
      type: 'guardrail',
      guardrail: turn === 0 ? 'input-filter' : 'output-filter',
      verdict,
      category: random.pick(['prompt_injection', 'toxicity', 'pii', 'off_topic']),
      score,
      duration_ms: duration,
      ...who,
      service,
    } as const
    emit(time + 1, guardrail, common)
  }
  if (random.uniform() < application.tools) {
    const duration = hundredths(40 + 2000 * random.uniform() ** 4)
    const isBroken = random.uniform() < 0.03
    const step = {
      type: 'span',
      name: random.pick(['search_tickets', 'run_query', 'read_file', 'fetch_metrics']),
      trace_id: session,
      span_id: `${request}-tool`,
      span_kind: 'tool',
      duration_ms: duration,
      status: isBroken ? 'error' : 'ok',
      ...(isBroken ? { error_type: 'tool_failed' } : {}),
      service,
      user_id: user,
      session_id: session,
    } as const
    emit(time + Math.ceil(latency), step, common)
  }
  if (status === null && random.uniform() < SCORES) {
    const value = qualityOf(random, model, incident)
    const score = {
      type: 'score',
      name: 'helpfulness',
      value,
      source: random.uniform() < 0.7 ? 'eval' : 'annotation',
      ...who,
      model_id: model.name,
    } as const
    emit(time + Math.ceil(latency) + 1000 + random.below(60_000), score, common)
  }
}

/** How the call fails, or null. */
function failureOf(random: Random, model: Model, incident: Incident | null): string | null {
  const chance = random.uniform()
  if (hits(incident, 'error_burst', model.provider) && chance < incident.effect.amount) {
    return 'server_error'
  }
  if (hits(incident, 'rate_limiting', model.name) && chance < incident.effect.amount) {
    return 'rate_limit'
  }
  if (chance >= model.failures) return null
  let left = random.uniform()
  for (const [type, share] of FAILURES) {
    left -= share
    if (left < 0) return type
  }
  return 'server_error'
}

function latencyOf(random: Random, failure: string | null, whole: number): number {
  if (failure === null) return whole
  if (failure === 'timeout') return TIMEOUT_MS
  // Refusals come at once, servers fail somewhere on the way.
  return failure === 'server_error' ? whole * random.uniform() : 30 + 120 * random.uniform()
}

function qualityOf(random: Random, model: Model, incident: Incident | null): number {
  const moved = hits(incident, 'quality_drop', model.name) ? incident.effect.amount : 0
  // Stays within [0, 1]: the best model has 0.9.
  const noise = (random.uniform() + random.uniform() - 1) * 0.1
  return Math.round((model.quality + moved + noise) * 1000) / 1000
}

function activeAt(incident: Incident | null, time: number): Incident | null {
  return incident !== null && time >= incident.from && time < incident.to ? incident : null
}

function hits(
  incident: Incident | null,
  kind: Incident['kind'],
  target: string,
): incident is Incident {
  return incident?.kind === kind && incident.target.value === target
}

export function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
