import { calcPrice, findProvider, type ModelInfo } from '@pydantic/genai-prices'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addPico } from './money.ts'
import { priceCall } from './price.ts'
import { applyPlan, compilePlan } from './price-plan.ts'
import { createPriceTable } from './price-table.ts'
import { normalizeUsage } from './usage.ts'

const table = createPriceTable()

/** The package's providers that this test knows of, and all their models. */
const PROVIDERS = [
  'anthropic',
  'aws',
  'azure',
  'cohere',
  'deepseek',
  'fireworks',
  'google',
  'groq',
  'mistral',
  'openai',
  'openrouter',
  'perplexity',
  'x-ai',
  'zhipuai',
]
const MODELS: readonly (readonly [string, ModelInfo])[] = PROVIDERS.flatMap((id) =>
  (findProvider({ providerId: id })?.models ?? []).map((model) => [id, model] as const),
)

const counts = fc
  .record({
    fresh: fc.oneof(fc.nat(3000), fc.nat(600_000)),
    cacheRead: fc.nat(300_000),
    cacheWrite5m: fc.nat(5000),
    cacheWrite1h: fc.nat(5000),
    output: fc.nat(50_000),
    searches: fc.nat(5),
  })
  .map(({ fresh, cacheRead, cacheWrite5m, cacheWrite1h, output, searches }) => ({
    input_tokens: fresh + cacheRead + cacheWrite5m + cacheWrite1h,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite5m + cacheWrite1h,
    cache_write_5m_tokens: cacheWrite5m,
    cache_write_1h_tokens: cacheWrite1h,
    output_tokens: output,
    web_searches: searches,
  }))
const instant = fc.integer({ min: 1_700_000_000, max: 1_830_000_000 })

describe('prices against the arithmetic of the price package', () => {
  it('has enough models to mean something', () => {
    expect(MODELS.length).toBeGreaterThan(1000)
  })

  it('agree on every model to the precision of its floating point', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        counts,
        instant,
        ([provider, info], usage, second) => {
          const cost = priceCall(table, {
            provider,
            model: info.id,
            time: second * 1_000_000,
            usage: normalizeUsage(usage, 'http'),
            tier: null,
          })
          fc.pre('total' in cost)
          const expected = calcPrice(usage, info.id, {
            providerId: provider,
            timestamp: new Date(second * 1000),
          })
          // An exact id goes before patterns here, and may not in the package.
          fc.pre(expected !== null && expected.model.id === info.id)
          const told = 'total' in cost ? cost : null
          const dollars = (amount: number | bigint | undefined) => Number(amount) / 1e12
          // Three components are rounded by at most half a pico-dollar each.
          const close = (a: number, b: number) => Math.abs(a - b) <= 1.6e-12 + 1e-12 * Math.abs(b)
          expect(close(dollars(told?.prompt), expected?.input_price ?? Number.NaN)).toBe(true)
          expect(close(dollars(told?.completion), expected?.output_price ?? Number.NaN)).toBe(true)
          expect(close(dollars(told?.total), expected?.total_price ?? Number.NaN)).toBe(true)
        },
      ),
      { numRuns: 4000 },
    )
  })

  it('are whole, never negative, and the total is the sum of its components', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        counts,
        instant,
        ([provider, info], usage, second) => {
          const cost = priceCall(table, {
            provider,
            model: info.id,
            time: second * 1_000_000,
            usage: normalizeUsage(usage, 'http'),
            tier: null,
          })
          fc.pre('total' in cost)
          const parts = 'total' in cost ? [cost.prompt, cost.completion, cost.other] : []
          expect(parts.every((part) => Number.isSafeInteger(part) && part >= 0)).toBe(true)
          const sum = parts.reduce(addPico, 0)
          expect('total' in cost ? cost.total : null).toBe(sum)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('price amounts beyond 2^53 pico-dollars exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5e11 }),
        fc.integer({ min: 0, max: 5e11 }),
        (input, output) => {
          const cost = priceCall(table, {
            provider: 'openai',
            model: 'gpt-4o',
            time: 1_750_000_000_000_000,
            usage: normalizeUsage({ input_tokens: input, output_tokens: output }, 'http'),
            tier: null,
          })
          // $2.50 and $10 per million tokens.
          const exact = BigInt(input) * 2_500_000n + BigInt(output) * 10_000_000n
          expect('total' in cost ? BigInt(cost.total) : null).toBe(exact)
        },
      ),
    )
  })
})

describe('what caching saved', () => {
  const plainOf = ({ input_tokens, output_tokens, web_searches }: Record<string, number>) => ({
    input_tokens,
    output_tokens,
    web_searches,
  })

  it('is what the same call costs without a word of caches, less what it costs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        counts,
        instant,
        ([provider, info], usage, second) => {
          const call = { provider, model: info.id, time: second * 1_000_000, tier: null }
          const cost = priceCall(table, { ...call, usage: normalizeUsage(usage, 'http') })
          fc.pre('total' in cost)
          const plain = priceCall(table, { ...call, usage: normalizeUsage(plainOf(usage), 'http') })
          if (!('total' in cost) || !('total' in plain)) throw new Error('plain input has no price')
          expect(addPico(cost.total, cost.cacheSaved)).toBe(plain.total)
        },
      ),
    )
  })

  it('is negative for a write that nothing reads', () => {
    const cost = priceCall(table, {
      provider: 'anthropic',
      model: 'claude-sonnet-4-5',
      time: 1_760_000_000_000_000,
      usage: normalizeUsage({ input_tokens: 1000, cache_write_tokens: 1000 }, 'http'),
      tier: null,
    })
    // 1,000 tokens written at 3.75 dollars per million instead of 3.
    expect('total' in cost && cost.cacheSaved).toBe(-750_000_000)
  })

  it('counts reads, and writes for five minutes and an hour, each at its own price', () => {
    const price = (text: string) => ({ base: { digits: BigInt(text), scale: 0 }, tiers: [] })
    const list = new Map([
      ['input_mtok', price('10')],
      ['cache_read_mtok', price('1')],
      ['cache_write_mtok', price('12')],
      ['cache_write_5m_mtok', price('13')],
      ['cache_write_1h_mtok', price('20')],
      ['input_audio_mtok', price('30')],
      ['cache_audio_read_mtok', price('3')],
    ])
    const plain = normalizeUsage({ input_tokens: 1000, output_tokens: 0 }, 'http')
    if (plain === null) throw new Error('no usage')
    const usage = {
      ...plain,
      cacheRead: 300,
      cacheWrite: 250,
      cacheWrite5m: 100,
      cacheWrite1h: 50,
      inputAudio: 200,
      cacheReadAudio: 80,
    }
    const cost = applyPlan(compilePlan(list, 'r'), usage)
    if (typeof cost === 'string') throw new Error(cost)
    // 220 read at 1 and 80 of audio at 3, 100 written at 13, 50 at 20, 100 at 12, 120 of audio, 330 plain.
    expect(cost.total).toBe((220 + 240 + 1300 + 1000 + 1200 + 3600 + 3300) * 1e6)
    expect(cost.cacheSaved).toBe((800 * 10 + 200 * 30) * 1e6 - Number(cost.total))
  })
})
