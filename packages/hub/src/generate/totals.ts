import type { MadeEvent } from './event.ts'

/** What a range of events adds up to: the sums that answers can be held to. */
export interface Totals {
  events: number
  kinds: Record<string, number>
  calls: {
    count: number
    errors: number
    timeouts: number
    inputTokens: number
    outputTokens: number
    cacheReadTokens: number
    /** Milliseconds of all calls, in hundredths, so that sums are exact. */
    latencyHundredths: number
    byModel: Record<string, number>
    byService: Record<string, number>
    byErrorType: Record<string, number>
  }
}

export function emptyTotals(): Totals {
  return {
    events: 0,
    kinds: {},
    calls: {
      count: 0,
      errors: 0,
      timeouts: 0,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      latencyHundredths: 0,
      byModel: {},
      byService: {},
      byErrorType: {},
    },
  }
}

export function addEvents(totals: Totals, events: readonly MadeEvent[]): void {
  for (const { payload } of events) {
    totals.events++
    add(totals.kinds, payload.type, 1)
    if (payload.type !== 'llm_request') continue
    const { calls } = totals
    const usage = payload['usage'] as Readonly<Record<string, number>>
    calls.count++
    if (payload['status'] === 'error') calls.errors++
    if (payload['status'] === 'timeout') calls.timeouts++
    calls.inputTokens += usage['input_tokens'] ?? 0
    calls.outputTokens += usage['output_tokens'] ?? 0
    calls.cacheReadTokens += usage['cache_read_tokens'] ?? 0
    calls.latencyHundredths += Math.round(Number(payload['latency_ms']) * 100)
    add(calls.byModel, String(payload['model_id']), 1)
    add(calls.byService, String(payload['service']), 1)
    const failure = payload['error_type']
    if (typeof failure === 'string') add(calls.byErrorType, failure, 1)
  }
}

/** Adds `more` to `totals`. */
export function addTotals(totals: Totals, more: Totals): void {
  totals.events += more.events
  addAll(totals.kinds, more.kinds)
  const [a, b] = [totals.calls, more.calls]
  a.count += b.count
  a.errors += b.errors
  a.timeouts += b.timeouts
  a.inputTokens += b.inputTokens
  a.outputTokens += b.outputTokens
  a.cacheReadTokens += b.cacheReadTokens
  a.latencyHundredths += b.latencyHundredths
  addAll(a.byModel, b.byModel)
  addAll(a.byService, b.byService)
  addAll(a.byErrorType, b.byErrorType)
}

function addAll(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(more)) add(sums, name, amount)
}

function add(sums: Record<string, number>, name: string, amount: number): void {
  sums[name] = (sums[name] ?? 0) + amount
}
