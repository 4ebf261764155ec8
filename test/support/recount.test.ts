import { describe, expect, it } from 'vitest'
import { picoDollars, recount } from './recount.ts'
import type { TrafficEvent } from './traffic.ts'

function event(id: string, time: string, payload: TrafficEvent['payload']): TrafficEvent {
  return { common: { event_id: id, timestamp: `2026-01-05T${time}.000Z` }, payload }
}

const usage = { input_tokens: 10, output_tokens: 3 }

describe('recount', () => {
  it('counts a call that was reported three times once, by its best report', () => {
    const call = { model_id: 'm', request_id: 'r', usage }
    const { total, visible } = recount([
      event('1', '00:00:00', { type: 'latency', ...call, total_latency_ms: 7 }),
      event('2', '00:00:02', { type: 'llm_request', ...call, latency_ms: 9, cost_usd: '0.1' }),
      event('3', '00:00:01', { type: 'llm_request', ...call, latency_ms: 8, cost_usd: 0.25 }),
      event('4', '00:00:00', { type: 'token_cost', ...call, cost_usd: 5 }),
    ])
    expect([...visible]).toEqual(['3'])
    expect(total).toMatchObject({
      events: 1,
      requests: 1,
      input: 10,
      output: 3,
      latencySum: 8,
      reported: 250_000_000_000n,
    })
  })

  it('groups by kind, model and hour, and knows null from zero', () => {
    const { byKind, byModel, byHour } = recount([
      event('1', '00:59:59', { type: 'gauge', name: 'g', value: 1 }),
      event('2', '01:00:00', { type: 'token_usage', model_id: 'm', usage }),
      event('3', '01:30:00', { type: 'llm_request', model_id: 'm', status: 'timeout', usage }),
    ])
    expect([...byKind.keys()]).toEqual(['gauge', 'token_usage', 'llm_request'])
    expect(byModel.get('')).toMatchObject({ events: 1, input: 0, reported: 0n })
    expect(byModel.get('m')).toMatchObject({
      events: 2,
      input: 20,
      requests: 1,
      errors: 1,
      reported: null,
    })
    expect([...byHour]).toMatchObject([
      ['2026-01-05T00:00:00.000Z', { events: 1 }],
      ['2026-01-05T01:00:00.000Z', { events: 2, latencyCount: 0 }],
    ])
  })

  it('reads dollars exactly', () => {
    expect(picoDollars('12.5')).toBe(12_500_000_000_000n)
    expect(picoDollars('1e-6')).toBe(1_000_000n)
    expect(picoDollars('0.000000000001')).toBe(1n)
    expect(() => picoDollars('0.0000000000001')).toThrow(RangeError)
  })
})
