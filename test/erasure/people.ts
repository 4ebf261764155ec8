/** Events of invented people over every family, and what else of them can get into a hub. */

export const ERASED = 'erika.7f3a"k@people.example'
export const OTHERS = ['bob-51c2', 'carla-99d0'] as const
/** A name that begins like another person's and is not hers. */
export const ALIKE = `${ERASED}-2`

const START = Date.UTC(2026, 0, 5)
const HOUR_MS = 3_600_000

export interface PersonEvent {
  readonly common: Readonly<Record<string, unknown>> & {
    readonly event_id: string
    readonly timestamp: string
  }
  readonly payload: Readonly<Record<string, unknown>> & { readonly type: string }
}

/** Twelve events per round: one or more of every family. Rounds are an hour apart. */
export function eventsOf(person: string, name: string, rounds: number): PersonEvent[] {
  const model = { provider: 'openai', model_id: 'gpt-4o' }
  return Array.from({ length: rounds }, (_, round) => {
    const call = { ...model, request_id: `${name}-call-${round}`, user_id: person }
    const payloads: readonly PersonEvent['payload'][] = [
      {
        type: 'llm_request',
        ...call,
        session_id: `${person}/session-${round}`,
        usage: { input_tokens: 100 + round, output_tokens: 7 },
        latency_ms: 120 + round,
        cost_usd: 0.25,
      },
      { type: 'token_cost', ...call, usage: { input_tokens: 100 + round, output_tokens: 7 } },
      {
        type: 'span',
        name: 'step',
        trace_id: `${name}-trace`,
        span_id: `${name}-${round}`,
        attributes: { owner: person },
      },
      { type: 'score', name: 'thumbs', value: 1, source: person },
      { type: 'counter', name: 'clicks', value: 3, service: `desk of ${person}` },
      { type: 'threat', threat_type: 'injection', actor: person },
      { type: 'guardrail', guardrail: 'toxicity', verdict: 'allow', score: 0.5, user_id: person },
      { type: 'api_cost', ...model, cost_usd: 0.5, user_id: person },
      { type: 'audit_trail', action: 'login', actor: person },
      { type: 'data_access', actor: `${name}-service`, resource: `/users/${person}/mail` },
      {
        type: 'parameter_execution',
        execution_id: `${name}-x-${round}`,
        task_type: 'chat',
        parameters: { temperature: 0.5 },
        user_id: person,
      },
      { type: 'service_event', name: 'sent', service: 'mail', details: { to: [person, 'all'] } },
    ]
    return payloads.map((payload, i) => ({
      common: {
        event_id: `${name}-${round}-${i}`,
        timestamp: new Date(START + round * HOUR_MS + i * 1000).toISOString(),
        tags: i % 3 === 0 ? { owner: person, [`seen-by:${person}`]: 'yes' } : { team: 'a' },
      },
      payload,
    }))
  }).flat()
}

/** Events that are refused: dead letters keep what they were. */
export function wrongEventsOf(person: string, name: string): unknown[] {
  return [
    {
      common: { event_id: `${name}-w1`, timestamp: 'never' },
      payload: { type: 'latency', user_id: person },
    },
    {
      common: { event_id: `${name}-w2`, timestamp: START },
      payload: { type: `kind of ${person}` },
    },
    { common: { event_id: `${name}/${person}`, timestamp: START }, payload: { type: 'counter' } },
  ]
}

/** An event of one person that names another. */
export function naming(of: string, whom: string, name: string): PersonEvent {
  return {
    common: { event_id: name, timestamp: new Date(START + 1800_000).toISOString() },
    payload: {
      type: 'llm_request',
      model_id: 'gpt-4o',
      user_id: of,
      status: 'error',
      error_message: `refused: ${whom}, see there`,
    },
  }
}
