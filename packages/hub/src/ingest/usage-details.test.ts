import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseOverrides } from './price-override.ts'
import { priceStored } from './price-row.ts'
import { createPriceTable } from './price-table.ts'
import { normalizeUsage } from './usage.ts'
import { restoreUsage, tierOfUsage, usageDetails, usageRule } from './usage-details.ts'

const details = (raw: unknown): string | null => {
  const usage = normalizeUsage(raw, 'http')
  return usage === null ? null : usageDetails(usage)
}

it('keeps nothing for most calls, and what has no column for the others', () => {
  expect(details({ input_tokens: 5, output_tokens: 3, cache_read_tokens: 2 })).toBeNull()
  expect(
    details({
      input_tokens: 5,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 7 },
      server_tool_use: { web_search_requests: 2 },
    }),
  ).toBe('{"cache_write_1h_tokens":7,"web_searches":2}')
  expect(details({ type: 'duration', seconds: 9.5 })).toBe('{"input_audio_ms":9500}')
  expect(details({ images: 0, seconds: -1, pages: 1.5, characters: 'many' })).toBeNull()
})

it('says how the usage was read', () => {
  const rule = (raw: unknown, receiver = 'http'): string | null => {
    const usage = normalizeUsage(raw, receiver)
    return usage === null ? null : usageRule(usage.counted)
  }
  expect(rule({ input_tokens: 5 })).toBe('hub cache=inclusive reasoning=inclusive by=receiver')
  expect(rule({ input_tokens: 5, cache_read_input_tokens: 9 })).toBe(
    'anthropic cache=exclusive reasoning=inclusive by=shape',
  )
  expect(rule({ promptTokenCount: 5, thoughtsTokenCount: 9 })).toBe(
    'gemini cache=inclusive reasoning=exclusive by=shape',
  )
  expect(rule({ prompt_tokens: 5, cached_tokens: 9, completion_tokens: 1 })).toBe(
    'openai cache=exclusive reasoning=inclusive by=parts_exceed_total',
  )
})

it('reads the tier that a usage object names', () => {
  expect(tierOfUsage({ service_tier: 'batch' })).toBe('batch')
  expect(tierOfUsage({ trafficType: 'ON_DEMAND' })).toBe('ON_DEMAND')
  expect(tierOfUsage({ service_tier: 5 })).toBeNull()
  expect(tierOfUsage(null)).toBeNull()
})

it('restores a record that says the same again', () => {
  const count = fc.option(fc.nat(1_000_000), { nil: undefined })
  const raw = fc.record({
    input_tokens: count,
    output_tokens: count,
    cache_read_tokens: count,
    cache_write_5m_tokens: count,
    cache_write_1h_tokens: count,
    reasoning_tokens: count,
    input_audio_tokens: count,
    output_image_tokens: count,
    web_searches: count,
    input_audio_seconds: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), {
      nil: undefined,
    }),
    images: count,
  })
  fc.assert(
    fc.property(raw, (sent) => {
      const usage = normalizeUsage(sent, 'http')
      const { input, output, cacheRead, cacheWrite, reasoning } = usage ?? {}
      const restored = restoreUsage(
        {
          input: input ?? null,
          output: output ?? null,
          cacheRead: cacheRead ?? null,
          cacheWrite: cacheWrite ?? null,
          reasoning: reasoning ?? null,
        },
        usage === null ? null : usageDetails(usage),
      )
      const plain = (record: typeof usage): unknown =>
        JSON.parse(
          JSON.stringify(record, (key, value: unknown) =>
            key === 'counted' || value === 0 || value === null ? undefined : value,
          ) ?? 'null',
        )
      expect(plain(restored) ?? {}).toEqual(plain(usage) ?? {})
    }),
  )
})

it('prices a row by what it reported where nothing can be computed', () => {
  const table = createPriceTable({
    overrides: parseOverrides({ m: { input_cost_per_token: 1e-6 } }),
  })
  const row = {
    provider: null,
    model: 'm',
    time: 0,
    tokens: { input: 3, output: null, cacheRead: null, cacheWrite: null, reasoning: null },
    details: null,
    tier: 'standard',
    reported: 5n,
  }
  expect(priceStored(table, row)).toMatchObject({
    costComputed: 3_000_000n,
    priceSource: 'override',
    priceRule: 'm',
  })
  expect(priceStored(table, { ...row, model: 'x' })).toEqual({
    costComputed: null,
    costPrompt: null,
    costOther: null,
    costCacheSaved: null,
    priceSource: 'reported',
    priceRule: 'unknown_model',
    priceVersion: null,
  })
  expect(priceStored(table, { ...row, model: 'x', reported: null })).toMatchObject({
    costComputed: null,
    priceSource: 'none',
  })
})
