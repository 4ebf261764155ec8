import { DEFAULT_FUTURE_TOLERANCE, DEFAULT_VALIDATION_LIMITS, validateEvent } from '@llmhub/schema'
import { describe, expect, it } from 'vitest'
import { compileMapping, type MapContext, type Mapped, type Row } from './map-row.ts'
import { type Mapping, parseMapping } from './mapping.ts'
import { MAPPINGS } from './mappings.ts'

function mapRow(mapping: Mapping, row: Row, index: number, run: MapContext): Mapped {
  const compiled = compileMapping(mapping)
  if (!compiled.ok) throw new Error(compiled.problems.join('\n'))
  return compiled.map(row, index, run)
}

const context: MapContext = {
  fileId: 'abc',
  start: Date.parse('2026-01-01T00:00:00Z') * 1000,
  constants: { model_id: 'm-1' },
}

function mappingNamed(name: string): Mapping {
  const found = MAPPINGS.find((mapping) => mapping.name === name)
  if (found === undefined) throw new Error(`no mapping ${name}`)
  return found
}

function mapped(name: string, row: Row, index = 0): { common: Row; payload: Row } {
  const result = mapRow(mappingNamed(name), row, index, context)
  if (!('event' in result)) throw new Error(JSON.stringify(result))
  const verdict = validateEvent(result.event, {
    now: Date.parse('2027-01-01T00:00:00Z') * 1000,
    futureTolerance: DEFAULT_FUTURE_TOLERANCE,
    oldest: null,
    requireEventId: true,
    limits: DEFAULT_VALIDATION_LIMITS,
  })
  expect(verdict).toMatchObject({ ok: true })
  return result.event as { common: Row; payload: Row }
}

describe('built-in mappings make valid events', () => {
  it('azure-llm-inference: a time without zone is UTC, to the microsecond', () => {
    const { common, payload } = mapped(
      'azure-llm-inference',
      { TIMESTAMP: '2023-11-16 18:15:46.6805900', ContextTokens: '374', GeneratedTokens: '44' },
      6,
    )
    expect(common).toMatchObject({
      event_id: 'abc-6',
      timestamp: Date.parse('2023-11-16T18:15:46Z') * 1000 + 680_590,
    })
    expect(payload).toEqual({
      type: 'llm_request',
      provider: 'azure',
      status: 'ok',
      model_id: 'm-1',
      input_tokens: 374,
      output_tokens: 44,
    })
  })

  it('llmperf: rows follow each other from the start; an error code makes an error', () => {
    const row = {
      provider: 'p',
      model: 'llama',
      error_code: '',
      error_msg: '',
      ttft_s: '0.5',
      end_to_end_latency_s: '1.25',
      request_output_throughput_token_per_s: '34.5',
      number_input_tokens: '550',
      number_output_tokens: '151',
    }
    const good = mapped('llmperf', row, 2)
    expect(good.common['timestamp']).toBe((context.start ?? 0) + 2_000_000)
    expect(good.payload).toMatchObject({
      model_id: 'llama',
      status: 'ok',
      ttft_ms: 500,
      latency_ms: 1250,
      tokens_per_second: 34.5,
    })
    const bad = mapped('llmperf', { ...row, error_code: '429', error_msg: 'slow down' })
    expect(bad.payload).toMatchObject({
      status: 'error',
      error_type: '429',
      error_message: 'slow down',
    })
  })

  it('vllm: latencies are differences of timestamps', () => {
    const { common, payload } = mapped('vllm', {
      request_id: 'bench-0',
      input_toks: 2358,
      output_toks: 531,
      arrival_time: 1_787_267_980.0827403,
      queued_ts: 27_536.5,
      first_token_ts: 27_537.25,
      last_token_ts: 27_554.5,
    })
    expect(common['timestamp']).toBe(1_787_267_980_082_740)
    expect(payload).toMatchObject({ ttft_ms: 750, latency_ms: 18_000, run_request_id: 'bench-0' })
  })

  it('mooncake: milliseconds since the start', () => {
    const { common } = mapped('mooncake', {
      timestamp: 1500,
      input_length: 1,
      output_length: 2,
      hash_ids: [0],
    })
    expect(common['timestamp']).toBe((context.start ?? 0) + 1_500_000)
  })

  it('litellm: cost, latency and error as the gateway saw them', () => {
    const { payload } = mapped('litellm', {
      id: 'chatcmpl-1',
      status: 'failure',
      custom_llm_provider: 'openai',
      startTime: '2025-01-24 09:20:46.847371',
      endTime: '2025-01-24 09:20:46.851954',
      completionStartTime: '2025-01-24 09:20:46.850',
      model: 'gpt-4o',
      response_cost: 0.000225,
      prompt_tokens: 10,
      completion_tokens: 20,
      error_str: null,
      error_information: { error_class: 'RateLimitError' },
    })
    expect(payload).toMatchObject({
      response_id: 'chatcmpl-1',
      status: 'error',
      error_type: 'RateLimitError',
      latency_ms: 4.583,
      ttft_ms: 2.629,
      cost_usd: 0.000225,
    })
  })

  it('temperature-experiment: an execution with its temperature and quality', () => {
    const { payload, common } = mapped('temperature-experiment', {
      'Date Time': '2024-06-07 11:14:53',
      'Model Name': 'gpt-35-turbo',
      'Agent Name': 'chain_of_thought',
      'Exam Name': 'comprehensive-100',
      Temperature: '0.5',
      'Problem ID': '1',
      Topic: 'Math',
      Score: '1',
      'Input Tokens': '395',
      'Output Tokens': '2670',
      'Total Tokens': '3065',
      Error: '',
    })
    expect(payload).toMatchObject({
      execution_id: 'abc-0',
      task_type: 'comprehensive-100',
      parameters: { temperature: 0.5 },
      response_quality: 1,
      success: true,
      input_tokens: 395,
    })
    expect(common['tags']).toEqual({ topic: 'Math' })
  })
})

describe('problems name the row and the way out', () => {
  it('asks for a start where the file has no clock', () => {
    const result = mapRow(mappingNamed('mooncake'), { timestamp: 1 }, 0, {
      ...context,
      start: null,
    })
    expect(result).toMatchObject({ problem: expect.stringContaining('--start') as string })
  })
  it('names a time that is none', () => {
    const result = mapRow(mappingNamed('azure-llm-inference'), { TIMESTAMP: 'soon' }, 0, context)
    expect(result).toMatchObject({ problem: 'TIMESTAMP: "soon" is not a time' })
  })
})

describe('a mapping file', () => {
  it('is taken when it is whole', () => {
    const text = JSON.stringify({
      format: 'csv',
      kind: 'gauge',
      time: { from: 't', unit: 's' },
      fields: { value: { from: 'v', type: 'number' } },
    })
    expect(parseMapping(text)).toMatchObject({ mapping: { kind: 'gauge', needs: [] } })
  })
  it.each([
    ['{', 'not valid JSON'],
    ['[]', 'expected a JSON object'],
    ['{"fromat":"csv"}', 'fromat: there is no such part'],
    ['{"format":"xml"}', 'format: expected one of csv, jsonl, json'],
    ['{"format":"csv","kind":"gauge","time":{"unit":"s"},"fields":{}}', 'time.from'],
    ['{"format":"csv","kind":"gauge","time":{"unit":"row"},"fields":{"a":3}}', 'fields.a'],
  ])('%s', (text, problem) => {
    expect(parseMapping(text)).toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining(problem)]) as string[],
    })
  })
})

it('a difference of large numbers has no digits that neither of them has', () => {
  const mapping: Mapping = {
    name: 'clock',
    doc: '',
    format: 'jsonl',
    kind: 'llm_request',
    time: { from: 'at', unit: 's' },
    fields: { ttft_ms: { from: 'first', minus: 'queued', scale: 1000, type: 'number' } },
    constants: { model_id: 'm' },
    tags: {},
    needs: [],
  }
  const row = { at: 1_750_000_000, first: 27_550.360701067, queued: 27_550.325000138 }
  const context = { fileId: 'f', start: null, constants: {} }
  expect(mapRow(mapping, row, 0, context)).toMatchObject({
    event: { payload: { ttft_ms: 35.700929 } },
  })
})
