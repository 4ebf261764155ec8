import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type PriceOutcome, priceCall } from './price.ts'
import { parseOverrides } from './price-override.ts'
import { createPriceTable, type PriceTable } from './price-table.ts'
import { normalizeUsage } from './usage.ts'

const MILLION = { input_tokens: 1_000_000, output_tokens: 1_000_000 }
const DOLLAR = 1_000_000_000_000
const micros = (iso: string) => Date.parse(iso) * 1000
const NOW = micros('2026-01-15T12:00:00Z')

interface Asked {
  readonly table?: PriceTable
  readonly provider?: string | null
  readonly time?: number
  readonly tier?: string | null
  readonly usage?: unknown
}

const standard = createPriceTable()

function price(model: string | null, asked: Asked = {}): PriceOutcome {
  return priceCall(asked.table ?? standard, {
    provider: asked.provider === undefined ? 'openai' : asked.provider,
    model,
    time: asked.time ?? NOW,
    usage: normalizeUsage(asked.usage ?? MILLION, 'http'),
    tier: asked.tier ?? null,
  })
}

describe('prices of the package', () => {
  it('say where they come from', () => {
    const cost = price('gpt-4o', {
      usage: { input_tokens: 1000, cache_read_tokens: 400, output_tokens: 10 },
    })
    // $2.50, $1.25 cached, $10 per million.
    expect(cost).toMatchObject({
      prompt: 600 * 2_500_000 + 400 * 1_250_000,
      completion: 10 * 10_000_000,
      other: 0,
      total: 600 * 2_500_000 + 400 * 1_250_000 + 10 * 10_000_000,
      source: 'package',
      rule: 'openai/gpt-4o',
    })
    expect('version' in cost ? cost.version : '').toMatch(/^genai-prices@\d+\.\d+\.\d+$/)
  })

  it('count from their date, to the microsecond', () => {
    // o3 went from $10 to $2 on 10 June 2025.
    const change = micros('2025-06-10T00:00:00Z')
    expect(price('o3', { time: change - 1 })).toMatchObject({
      prompt: 10 * DOLLAR,
      rule: 'openai/o3',
    })
    expect(price('o3', { time: change })).toMatchObject({
      prompt: 2 * DOLLAR,
      rule: 'openai/o3@2025-06-10',
    })
  })

  it('follow the time of day', () => {
    const usage = { input_tokens: 1_000_000, output_tokens: 0 }
    const at = (time: string) =>
      price('deepseek-chat', { provider: 'deepseek', usage, time: micros(`2026-01-15T${time}Z`) })
    expect(at('00:29:59')).toMatchObject({ prompt: 135_000_000_000 })
    expect(at('00:30:00')).toMatchObject({ prompt: 270_000_000_000 })
    expect(at('16:29:59')).toMatchObject({ prompt: 270_000_000_000 })
    expect(at('16:30:00')).toMatchObject({ prompt: 135_000_000_000 })
  })

  it('price the whole request by its size', () => {
    const sonnet = (input: number) =>
      price('claude-sonnet-4-5', {
        provider: 'anthropic',
        usage: { input_tokens: input, output_tokens: 100 },
      })
    expect(sonnet(200_000)).toMatchObject({
      prompt: 200_000 * 3_000_000,
      completion: 100 * 15_000_000,
    })
    expect(sonnet(200_001)).toMatchObject({
      prompt: 200_001 * 6_000_000,
      completion: 100 * 22_500_000,
      rule: 'anthropic/claude-sonnet-4-5>200000',
    })
  })

  it('charge each token once where parts overlap', () => {
    const cost = price('gemini-2.5-flash', {
      provider: 'google',
      usage: {
        promptTokenCount: 3297,
        cachedContentTokenCount: 2918,
        candidatesTokenCount: 55,
        thoughtsTokenCount: 95,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 2976 },
          { modality: 'AUDIO', tokenCount: 321 },
        ],
        cacheTokensDetails: [
          { modality: 'AUDIO', tokenCount: 284 },
          { modality: 'TEXT', tokenCount: 2634 },
        ],
      },
    })
    // $0.30 text, $1 audio, $0.03 cached, $0.10 cached audio, $2.50 out.
    expect(cost).toMatchObject({
      prompt: (2976 - 2634) * 300_000 + (321 - 284) * 1_000_000 + 2634 * 30_000 + 284 * 100_000,
      completion: 150 * 2_500_000,
    })
  })

  it('add what is not tokens apart', () => {
    const usage = { input_tokens: 0, output_tokens: 0, web_searches: 3 }
    expect(price('claude-sonnet-4-5', { provider: 'anthropic', usage })).toMatchObject({
      prompt: 0,
      other: 30_000_000_000,
      total: 30_000_000_000,
    })
  })

  it('charge a tier whose share of the usual price is published, where the provider serves it', () => {
    const usage = { input_tokens: 1000, cache_read_tokens: 400, output_tokens: 10, web_searches: 1 }
    const ask = (provider: string, time = NOW) =>
      price('claude-sonnet-4-5', { provider, usage, tier: 'batch', time })
    expect(ask('anthropic')).toMatchObject({
      prompt: 600 * 1_500_000 + 400 * 150_000,
      completion: 10 * 7_500_000,
      other: 10_000_000_000,
      rule: 'anthropic/claude-sonnet-4-5#batch',
    })
    expect(ask('anthropic', micros('2024-10-07'))).toEqual({ unpriced: 'not_yet_priced' })
    expect(ask('google')).toEqual({ unpriced: 'unknown_tier' })
    expect(price('claude-sonnet-4-5', { provider: 'anthropic', usage, tier: 'priority' })).toEqual({
      unpriced: 'unknown_tier',
    })
  })

  it('find the platform by its other names', () => {
    const rule = (provider: string | null, model: string) => {
      const cost = price(model, { provider })
      return 'rule' in cost ? cost.rule.split(/[@>]/)[0] : cost.unpriced
    }
    expect(rule('gcp.vertex_ai', 'gemini-2.5-flash')).toBe('google/gemini-2.5-flash')
    expect(rule('OpenAI', 'GPT-4o')).toBe('openai/gpt-4o')
    expect(rule('x_ai', 'grok-3')).toMatch(/^x-ai\//)
    expect(rule('azure.ai.openai', 'gpt-4o')).toMatch(/^(azure|openai)\/gpt-4o$/)
    expect(rule(null, 'gpt-4o')).toBe('openai/gpt-4o')
    expect(rule(null, 'openai/gpt-4o')).toBe('openai/gpt-4o')
    expect(rule('litellm', 'openai/gpt-4o')).toBe('openai/gpt-4o')
    expect(rule('anthropic', 'claude-sonnet-4-5-20250929')).toBe('anthropic/claude-sonnet-4-5')
  })
})

describe('what is not priced', () => {
  it.each<[string, string | null, Asked, string]>([
    ['no model', null, {}, 'no_model'],
    ['an empty model', '', {}, 'no_model'],
    ['no usage', 'gpt-4o', { usage: {} }, 'no_usage'],
    ['usage without totals', 'gpt-4o', { usage: { web_searches: 1 } }, 'no_usage'],
    ['a platform nobody knows', 'gpt-4o', { provider: 'my-gateway' }, 'unknown_provider'],
    ['a model the platform has not', 'claude-sonnet-4-5', { provider: 'openai' }, 'unknown_model'],
    ['a model nobody has', 'no-such-model', { provider: null }, 'unknown_model'],
    ['a tier without prices', 'gpt-4o', { tier: 'batch' }, 'unknown_tier'],
    [
      'output of a model that has no price for it',
      'text-embedding-3-small',
      {},
      'not_priced_by_token',
    ],
    [
      'a cost that no column holds',
      'gpt-4o',
      { usage: { input_tokens: 1e15, output_tokens: 0 } },
      'too_large',
    ],
    [
      'parts that exceed their whole',
      'gemini-2.5-flash',
      { provider: 'google', usage: { input_tokens: 5, input_audio_tokens: 9 } },
      'usage_contradicts_itself',
    ],
  ])('%s', (_, model, asked, reason) => {
    expect(price(model, asked)).toEqual({ unpriced: reason })
  })

  it('is not the usual tier by its names', () => {
    for (const tier of ['default', 'standard', 'ON_DEMAND', 'auto', '']) {
      expect(price('gpt-4o', { tier })).toMatchObject({ source: 'package' })
    }
  })
})

describe("the user's overrides", () => {
  const overrides = parseOverrides({
    sample_spec: { input_cost_per_token: 'documentation' },
    'gpt-4o': {
      litellm_provider: 'openai',
      input_cost_per_token: 1e-6,
      output_cost_per_token: 2e-6,
      cache_read_input_token_cost: 5e-7,
      input_cost_per_token_above_200k_tokens: 4e-6,
      input_cost_per_token_batches: 5e-7,
      output_cost_per_token_batches: 1e-6,
      max_tokens: 1000,
      supports_vision: true,
    },
    'azure/gpt-4o': {
      litellm_provider: 'azure',
      input_cost_per_token: 9e-6,
      output_cost_per_token: 9e-6,
    },
    'my-model': [
      { input_cost_per_token: '0.000001', output_cost_per_token: '0.000001' },
      { input_cost_per_token: 3e-6, output_cost_per_token: 3e-6, valid_from: '2026-01-01' },
    ],
    'tiny-model': { input_cost_per_token: 1.25e-13, output_cost_per_token: 0 },
    graduated: { litellm_provider: 'dashscope', tiered_pricing: [] },
    'gap-model': {
      tiered_pricing: [
        { range: [0, 1000], input_cost_per_token: 1e-6 },
        { range: [2000, 3000], input_cost_per_token: 2e-6 },
      ],
    },
    'slip-model': { input_cost_per_tokens: 1e-6 },
    'twice-model': [{ input_cost_per_token: 1e-6 }, { input_cost_per_token: 2e-6 }],
    'future-model': { input_cost_per_token: 1, output_cost_per_token: 1, valid_from: '2030-01-01' },
    'no-price': { litellm_provider: 'openai', mode: 'chat' },
    'bad-price': { input_cost_per_token: -1 },
    'bad-date': { input_cost_per_token: 1, valid_from: 'soon' },
    'odd-tier': { input_cost_per_token_above_200k_tokens: 1 },
    'odd-cache': {
      input_cost_per_token: 1e-6,
      input_cost_per_token_above_200k_tokens: 2e-6,
      cache_creation_input_token_cost_above_200k_tokens: 2.5e-6,
      output_cost_per_token: 1e-6,
      input_cost_per_request: 0.005,
    },
    'noisy-model': { input_cost_per_token: 2.9999900000000002e-6, output_cost_per_token: 0 },
  })
  const table = createPriceTable({ overrides })

  it('name what they leave out', () => {
    expect(overrides.issues.map((issue) => issue.path)).toEqual([
      '/graduated/tiered_pricing',
      '/gap-model/tiered_pricing/1/range',
      '/slip-model/input_cost_per_tokens',
      '/twice-model/1',
      '/bad-price/input_cost_per_token',
      '/bad-date/valid_from',
      '/odd-tier',
    ])
    expect(overrides.notes.map((note) => note.path)).toEqual(['/no-price', '/odd-cache'])
    expect(parseOverrides([]).issues).toHaveLength(1)
    expect(parseOverrides({ x: 5 }).issues).toHaveLength(1)
  })

  it('go before the package, with a version of their own', () => {
    const cost = price('gpt-4o', { table, usage: { input_tokens: 100, output_tokens: 10 } })
    expect(cost).toMatchObject({ source: 'override', rule: 'gpt-4o', prompt: 100 * 1_000_000 })
    expect('version' in cost ? cost.version : '').toBe(overrides.version)
    expect(overrides.version).toMatch(/^overrides@[0-9a-f]{12}$/)
    expect(table.version).toBe(`${overrides.version}+${standard.version}`)
    expect(price('gpt-4.1', { table })).toMatchObject({ source: 'package' })
  })

  it('know sizes, tiers and platforms', () => {
    const large = { input_tokens: 200_001, output_tokens: 0 }
    expect(price('gpt-4o', { table, usage: large })).toMatchObject({
      prompt: 200_001 * 4_000_000,
      rule: 'gpt-4o>200000',
    })
    expect(price('gpt-4o', { table, tier: 'batch' })).toMatchObject({
      prompt: 500_000 * 1_000_000,
      rule: 'gpt-4o#batch',
    })
    expect(price('gpt-4o', { table, tier: 'flex' })).toEqual({ unpriced: 'unknown_tier' })
    expect(price('gpt-4o', { table, provider: 'azure_ai' })).toMatchObject({ rule: 'azure/gpt-4o' })
    expect(price('azure/gpt-4o', { table, provider: null })).toMatchObject({ rule: 'azure/gpt-4o' })
  })

  it('count from their date, on any platform when they name none', () => {
    const ask = (time: string) =>
      price('my-model', { table, provider: 'anywhere', time: micros(time) })
    expect(ask('2025-12-31T23:59:59Z')).toMatchObject({ prompt: DOLLAR, rule: 'my-model' })
    expect(ask('2026-01-01T00:00:00Z')).toMatchObject({
      prompt: 3 * DOLLAR,
      rule: 'my-model@2026-01-01',
    })
    expect(price('future-model', { table })).toEqual({ unpriced: 'not_yet_priced' })
  })

  it('end with the next entry, in service tiers that it does not have too', () => {
    const entry = { input_cost_per_token: 2e-6, output_cost_per_token: 2e-6 }
    const cheap = { input_cost_per_token_batches: 1e-6, output_cost_per_token_batches: 1e-6 }
    const changing = createPriceTable({
      overrides: parseOverrides({
        m: [
          { ...entry, ...cheap },
          { ...entry, valid_from: '2026-01-01' },
          { ...entry, ...cheap, valid_from: '2026-02-01' },
        ],
      }),
    })
    const ask = (day: string) =>
      price('m', { table: changing, tier: 'batch', time: micros(`${day}T00:00:00Z`) })
    expect(ask('2025-12-31')).toMatchObject({ prompt: DOLLAR, rule: 'm#batch' })
    expect(ask('2026-01-31')).toEqual({ unpriced: 'unknown_tier' })
    expect(ask('2026-02-01')).toMatchObject({ prompt: DOLLAR, rule: 'm@2026-02-01#batch' })
  })

  it('are not guessed where several names stand for a platform', () => {
    const entry = (cost: number) => ({ input_cost_per_token: cost, output_cost_per_token: cost })
    const one = parseOverrides({ 'gemini/g': entry(1e-6) })
    const two = parseOverrides({ 'gemini/g': entry(1e-6), 'vertex_ai/g': entry(2e-6) })
    const ask = (overrides: typeof one, provider: string) =>
      price('g', { table: createPriceTable({ overrides }), provider })
    expect(ask(one, 'google')).toMatchObject({ rule: 'gemini/g' })
    expect(ask(two, 'vertex_ai')).toMatchObject({ rule: 'vertex_ai/g' })
    expect(ask(two, 'google')).toEqual({ unpriced: 'unknown_model' })
  })

  it('price what has no price of its own as what it is part of', () => {
    const usage = { input_tokens: 300_000, cache_write_tokens: 1000, output_tokens: 0 }
    expect(price('odd-cache', { table, usage })).toMatchObject({
      prompt: 300_000 * 2_000_000,
      other: 5_000_000_000,
    })
  })

  it('keep every digit of a price', () => {
    // 2999990.0000000002 pico-dollars per token.
    const noisy = (input: number) =>
      price('noisy-model', { table, usage: { input_tokens: input, output_tokens: 0 } })
    expect(noisy(1_000_000)).toMatchObject({ prompt: 2_999_990_000_000 })
    expect(noisy(10_000_000_000)).toMatchObject({ prompt: 29_999_900_000_000_002n })
  })

  it('round a component once, half to even', () => {
    // An eighth of a pico-dollar per token.
    const tiny = (input: number) => price('tiny-model', { table, usage: { input_tokens: input } })
    expect(tiny(3)).toMatchObject({ prompt: 0 })
    expect(tiny(4)).toMatchObject({ prompt: 0 })
    expect(tiny(5)).toMatchObject({ prompt: 1 })
    expect(tiny(12)).toMatchObject({ prompt: 2 })
    expect(tiny(20)).toMatchObject({ prompt: 2 })
  })
})

const shared =
  process.env['LLMHUB_SHARED_DATA'] ??
  path.resolve(import.meta.dirname, '../../../../../shared/data')
const litellmFile = path.join(shared, 'prices/litellm_model_prices_2026-07-24.json')
const hasLitellm = existsSync(litellmFile)

describe("LiteLLM's own table as overrides", () => {
  it('is read without an error, and prices by its own figures', (context) => {
    if (!hasLitellm) return context.skip(`there is no ${litellmFile}`)
    const json = JSON.parse(readFileSync(litellmFile, 'utf8')) as Record<
      string,
      Readonly<Record<string, unknown>>
    >
    const overrides = parseOverrides(json)
    expect(overrides.issues).toEqual([])
    expect(overrides.models.length).toBeGreaterThan(2700)
    const table = createPriceTable({ overrides })
    let compared = 0
    for (const [key, entry] of Object.entries(json)) {
      const provider = entry['litellm_provider']
      const [input, output] = [entry['input_cost_per_token'], entry['output_cost_per_token']]
      if (typeof provider !== 'string' || !key.startsWith(`${provider}/`)) continue
      if (typeof input !== 'number' || typeof output !== 'number') continue
      if ('tiered_pricing' in entry) continue
      const usage = { input_tokens: 1000, output_tokens: 100 }
      const cost = price(key.slice(provider.length + 1), { table, provider, usage })
      const close = (told: number | bigint, perToken: number, tokens: number) =>
        Math.abs(Number(told) / 1e12 - perToken * tokens) <= 1e-12 + 1e-12 * perToken * tokens
      expect('total' in cost && close(cost.prompt, input, 1000)).toBe(true)
      expect('total' in cost && close(cost.completion, output, 100)).toBe(true)
      compared++
    }
    expect(compared).toBeGreaterThan(1800)
  })
})

describe('the memory of matches', () => {
  it('is bounded and changes no answer', () => {
    const small = createPriceTable({ remembered: 2 })
    for (let round = 0; round < 3; round++) {
      for (const model of ['gpt-4o', 'o3', 'gpt-4.1', 'no-such', 'gpt-4o-mini']) {
        expect(price(model, { table: small })).toEqual(price(model))
      }
    }
    expect(small.find('openai', 'o3')).toBe(small.find('openai', 'o3'))
  })
})
