import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normalizeUsage, type Usage } from './usage.ts'
import { USAGE_SHAPES } from './usage-shapes.ts'

type Told = { readonly [K in keyof Usage]?: Usage[K] }

/** The parts that were reported. */
function told(usage: Usage | null): Told {
  const parts = Object.entries(usage ?? {}).filter(
    ([name, value]) => value !== null && name !== 'counted',
  )
  return Object.fromEntries(parts) as Told
}

const counted = (usage: Usage | null) => usage?.counted

/** A key of any shape's table. */
const shapeKey = fc.constantFrom(
  ...new Set(USAGE_SHAPES.flatMap(({ keys, unless }) => [...keys, ...unless])),
)

describe('shapes of usage', () => {
  it('are told by the first of the table that fits', () => {
    const part = fc.oneof(fc.nat(), fc.constant(null), fc.constant(undefined), fc.constant({}))
    fc.assert(
      fc.property(fc.dictionary(shapeKey, part), (usage) => {
        const has = (key: string): boolean => usage[key] !== undefined && usage[key] !== null
        const first = USAGE_SHAPES.find(
          ({ keys, unless }) => keys.length === 0 || (keys.some(has) && !unless.some(has)),
        )
        // Whatever the shape, this counts as something.
        const normalized = normalizeUsage({ ...usage, output_tokens: 1 }, 'other')
        expect(normalized?.counted.shape).toBe(first?.name)
      }),
    )
  })

  it.each<[string, unknown, Told, object]>([
    [
      "the hub's own",
      { input_tokens: 100, output_tokens: 20, cache_read_tokens: 60, reasoning_tokens: 5 },
      { input: 100, output: 20, cacheRead: 60, reasoning: 5 },
      { shape: 'hub', cache: 'inclusive', by: 'receiver' },
    ],
    [
      'OpenAI chat',
      {
        prompt_tokens: 1109,
        completion_tokens: 751,
        total_tokens: 1860,
        prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 3 },
        completion_tokens_details: { reasoning_tokens: 512, audio_tokens: 0 },
      },
      {
        input: 1109,
        output: 751,
        cacheRead: 1024,
        reasoning: 512,
        inputAudio: 3,
        outputAudio: 0,
      },
      { shape: 'openai', cache: 'inclusive', by: 'shape' },
    ],
    [
      'OpenAI responses',
      {
        input_tokens: 43902,
        input_tokens_details: { cached_tokens: 4352 },
        output_tokens: 4474,
        output_tokens_details: { reasoning_tokens: 3840 },
        total_tokens: 48376,
      },
      { input: 43902, output: 4474, cacheRead: 4352, reasoning: 3840 },
      { shape: 'openai', cache: 'inclusive', by: 'shape' },
    ],
    [
      'Anthropic, which leaves the cache out of input',
      {
        input_tokens: 3,
        output_tokens: 33,
        cache_read_input_tokens: 1111,
        cache_creation_input_tokens: 418,
        cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 18 },
        server_tool_use: { web_search_requests: 2 },
        service_tier: 'standard',
      },
      {
        input: 1532,
        output: 33,
        cacheRead: 1111,
        cacheWrite: 418,
        cacheWrite5m: 400,
        cacheWrite1h: 18,
        webSearches: 2,
      },
      { shape: 'anthropic', cache: 'exclusive', by: 'shape' },
    ],
    [
      "a gateway's mixture of both, which counts as OpenAI does",
      {
        prompt_tokens: 1532,
        completion_tokens: 33,
        cache_read_input_tokens: 1111,
        cache_creation_input_tokens: 418,
        total_tokens: 1565,
      },
      { input: 1532, output: 33, cacheRead: 1111, cacheWrite: 418 },
      { shape: 'openai', cache: 'inclusive', by: 'shape' },
    ],
    [
      'Gemini, which leaves thoughts out of output and tool prompts out of input',
      {
        promptTokenCount: 46,
        candidatesTokenCount: 293,
        thoughtsTokenCount: 980,
        toolUsePromptTokenCount: 1436,
        cachedContentTokenCount: 40,
        totalTokenCount: 2755,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 30 },
          { modality: 'AUDIO', tokenCount: 10 },
          { modality: 'DOCUMENT', tokenCount: 4 },
          { modality: 'IMAGE', tokenCount: 2 },
        ],
      },
      {
        input: 1482,
        output: 1273,
        reasoning: 980,
        cacheRead: 40,
        inputAudio: 10,
        inputImage: 6,
      },
      { shape: 'gemini', cache: 'inclusive', reasoning: 'exclusive', by: 'shape' },
    ],
    [
      'Bedrock, which leaves the cache out of input',
      {
        inputTokens: 22,
        outputTokens: 13,
        cacheReadInputTokens: 0,
        cacheReadInputTokenCount: 0,
        cacheWriteInputTokens: 2492,
        totalTokens: 2527,
      },
      { input: 2514, output: 13, cacheRead: 0, cacheWrite: 2492 },
      { shape: 'bedrock', cache: 'exclusive', by: 'shape', conflicts: 0 },
    ],
    [
      'AI SDK',
      { inputTokens: 50, outputTokens: 9, cachedInputTokens: 40, reasoningTokens: 4 },
      { input: 50, output: 9, cacheRead: 40, reasoning: 4 },
      { shape: 'hub', cache: 'inclusive' },
    ],
    [
      'Cohere, by what is billed',
      {
        billed_units: { input_tokens: 2406, output_tokens: 2 },
        tokens: { input_tokens: 2935, output_tokens: 4 },
        cached_tokens: 2928,
      },
      { input: 2406, output: 2 },
      { shape: 'cohere', by: 'shape' },
    ],
  ])('understands %s', (_, raw, parts, rule) => {
    const usage = normalizeUsage(raw, 'http')
    expect(told(usage)).toEqual(parts)
    expect(counted(usage)).toMatchObject(rule)
  })
})

describe('arithmetic contradicts a declaration', () => {
  it('when the cache is greater than the input it should be part of', () => {
    const usage = normalizeUsage(
      { input_tokens: 10, output_tokens: 1, cache_read_tokens: 90 },
      'http',
    )
    expect(told(usage)).toEqual({ input: 100, output: 1, cacheRead: 90 })
    expect(counted(usage)).toMatchObject({ cache: 'exclusive', by: 'parts_exceed_total' })
  })

  it('when reasoning is greater than the output it should be part of', () => {
    const usage = normalizeUsage(
      {
        prompt_tokens: 5,
        completion_tokens: 3,
        completion_tokens_details: { reasoning_tokens: 9 },
      },
      'http',
    )
    expect(told(usage)).toEqual({ input: 5, output: 12, reasoning: 9 })
    expect(counted(usage)).toMatchObject({ reasoning: 'exclusive', by: 'parts_exceed_total' })
  })

  it('when only one way of counting gives the grand total', () => {
    // xAI's chat answers leave reasoning out of completion_tokens.
    const grok = normalizeUsage(
      {
        prompt_tokens: 12,
        completion_tokens: 100,
        total_tokens: 152,
        completion_tokens_details: { reasoning_tokens: 40 },
      },
      'http',
    )
    expect(told(grok)).toEqual({ input: 12, output: 140, reasoning: 40 })
    expect(counted(grok)).toMatchObject({ reasoning: 'exclusive', by: 'grand_total' })

    const outside = {
      input_tokens: 100,
      output_tokens: 7,
      cache_read_tokens: 50,
      total_tokens: 157,
    }
    expect(normalizeUsage(outside, 'http')?.input).toBe(150)
    // A total that fits no way of counting decides nothing.
    expect(normalizeUsage({ ...outside, total_tokens: 999 }, 'http')?.input).toBe(100)
  })
})

describe('receivers', () => {
  it('say how the hub names are meant where names do not tell', () => {
    const raw = {
      input_tokens: 100,
      output_tokens: 5,
      cache_read_tokens: 60,
      cache_write_tokens: 1,
    }
    expect(normalizeUsage(raw, 'http')?.input).toBe(100)
    expect(normalizeUsage(raw, 'claude_code')?.input).toBe(161)
    expect(normalizeUsage(raw, 'claude_code')?.counted.by).toBe('receiver')
    expect(normalizeUsage(raw, 'toString')?.counted.by).toBe('shape')
  })
})

describe('odd input', () => {
  it.each([null, undefined, 5, 'x', [], [1], {}, { a: 1 }, { input_tokens: null }, { tokens: {} }])(
    '%j counts nothing',
    (raw) => {
      expect(normalizeUsage(raw, 'http')).toBeNull()
    },
  )

  it('passes over what is not a count', () => {
    const raw = { input_tokens: -1, prompt_tokens: 7, output_tokens: 1.5, completion_tokens: '3' }
    expect(told(normalizeUsage(raw, 'http'))).toEqual({ input: 7 })
    expect(normalizeUsage({ input_tokens: 2e15 }, 'http')).toBeNull()
  })

  it('lets the canonical name win and counts contradictions', () => {
    const raw = { prompt_tokens: 9, input_tokens: 8, output_tokens: 1, completion_tokens: 1 }
    const usage = normalizeUsage(raw, 'http')
    expect(usage?.input).toBe(8)
    expect(usage?.counted.conflicts).toBe(1)
  })

  it('never throws, and totals always hold their parts', () => {
    const keys = [
      'input_tokens',
      'prompt_tokens',
      'promptTokenCount',
      'output_tokens',
      'completion_tokens',
      'cache_read_tokens',
      'cache_read_input_tokens',
      'cacheReadInputTokens',
      'cache_creation_input_tokens',
      'reasoning_tokens',
      'thoughtsTokenCount',
      'total_tokens',
      'billed_units',
      'cache_creation',
      'prompt_tokens_details',
      'promptTokensDetails',
      '__proto__',
    ]
    const count = fc.oneof(fc.nat(1000), fc.constant(0), fc.jsonValue())
    const raw = fc.dictionary(
      fc.constantFrom(...keys),
      fc.oneof(
        count,
        fc.dictionary(
          fc.constantFrom('cached_tokens', 'ephemeral_1h_input_tokens', 'input_tokens'),
          count,
        ),
        fc.array(fc.record({ modality: fc.constantFrom('AUDIO', 'TEXT', 5), tokenCount: count })),
      ),
    )
    fc.assert(
      fc.property(raw, (value) => {
        const usage = normalizeUsage(value, 'http')
        const of = (part: number | null | undefined) => part ?? 0
        expect(of(usage?.input)).toBeGreaterThanOrEqual(
          of(usage?.cacheRead) + of(usage?.cacheWrite),
        )
        expect(of(usage?.output)).toBeGreaterThanOrEqual(of(usage?.reasoning))
        expect(of(usage?.cacheWrite)).toBeGreaterThanOrEqual(
          of(usage?.cacheWrite5m) + of(usage?.cacheWrite1h),
        )
      }),
      { numRuns: 2000 },
    )
  })
})
