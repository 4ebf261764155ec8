import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { priceCall } from './price.ts'
import { parseOverrides } from './price-override.ts'
import { createPriceTable } from './price-table.ts'
import { normalizeUsage } from './usage.ts'

/**
 * Tier arithmetic against an oracle that shares nothing with it: dollars as decimal text become whole
 * numbers of 10⁻³⁰ dollars, charged token by token range by range, and are rounded to pico-dollars at
 * the end, half to even.
 */

/** Dollars per unit as text with up to 15 places. */
const price = fc
  .tuple(fc.nat(9), fc.integer({ min: 5, max: 15 }))
  .chain(([lead, places]) =>
    fc.nat(99_999).map((digits) => `0.${String(lead * 100_000 + digits).padStart(places, '0')}`),
  )

const fine = (dollars: string): bigint => {
  const [whole = '0', fraction = ''] = dollars.split('.')
  return BigInt(whole + fraction.padEnd(30, '0'))
}

/** 10⁻³⁰ dollars, divided by `by`, to pico-dollars. */
function rounded(amount: bigint, by = 1n): bigint {
  const divisor = by * 10n ** 18n
  const whole = amount / divisor
  const rest = amount - whole * divisor
  if (rest * 2n > divisor) return whole + 1n
  if (rest * 2n < divisor) return whole
  return whole % 2n === 0n ? whole : whole + 1n
}

function ask(entry: unknown, usage: unknown, tier: string | null = null, time = 0) {
  const overrides = parseOverrides({ m: entry })
  expect(overrides.issues).toEqual([])
  return priceCall(createPriceTable({ overrides }), {
    provider: 'anywhere',
    model: 'm',
    time,
    usage: normalizeUsage(usage, 'http'),
    tier,
  })
}

function components(cost: ReturnType<typeof ask>): Record<string, bigint> | string {
  if ('unpriced' in cost) return cost.unpriced
  return {
    prompt: BigInt(cost.prompt),
    completion: BigInt(cost.completion),
    other: BigInt(cost.other),
    total: BigInt(cost.total),
  }
}

const counts = fc.record({
  fresh: fc.nat(600_000),
  read: fc.nat(400_000),
  write5m: fc.nat(9000),
  write1h: fc.nat(9000),
  text: fc.nat(60_000),
  thought: fc.nat(60_000),
})

describe('whole-request tiers', () => {
  it('charge the whole request at the price of its size, in the tier it was made in', () => {
    const sizes = ['', '_above_200k_tokens', '_above_512k_tokens']
    const suffixes: readonly (readonly [string | null, string])[] = [
      [null, ''],
      ['batch', '_batches'],
      ['FLEX', '_flex'],
      ['priority', '_priority'],
    ]
    const bases = [
      'input_cost_per_token',
      'cache_read_input_token_cost',
      'cache_creation_input_token_cost',
      'cache_creation_input_token_cost_above_1hr',
      'output_cost_per_token',
      'output_cost_per_reasoning_token',
    ]
    const names = sizes.flatMap((size) =>
      suffixes.flatMap(([, s]) => bases.map((b) => b + size + s)),
    )
    fc.assert(
      fc.property(
        fc.array(price, { minLength: names.length, maxLength: names.length }),
        counts,
        fc.constantFrom(...suffixes),
        (prices, { fresh, read, write5m, write1h, text, thought }, [tier, suffix]) => {
          const entry = Object.fromEntries(names.map((name, i) => [name, prices[i]]))
          const input = fresh + read + write5m + write1h
          const usage = {
            input_tokens: input,
            output_tokens: text + thought,
            cache_read_tokens: read,
            cache_write_tokens: write5m + write1h,
            cache_write_5m_tokens: write5m,
            cache_write_1h_tokens: write1h,
            reasoning_tokens: thought,
          }
          let size = ''
          if (input > 200_000) size = '_above_200k_tokens'
          if (input > 512_000) size = '_above_512k_tokens'
          const per = (i: number): bigint => fine(entry[`${bases[i]}${size}${suffix}`] ?? '')
          const prompt = rounded(
            BigInt(fresh) * per(0) +
              BigInt(read) * per(1) +
              BigInt(write5m) * per(2) +
              BigInt(write1h) * per(3),
          )
          const completion = rounded(BigInt(text) * per(4) + BigInt(thought) * per(5))
          expect(components(ask(entry, usage, tier))).toEqual({
            prompt,
            completion,
            other: 0n,
            total: prompt + completion,
          })
        },
      ),
      { numRuns: 400 },
    )
  })

  it('leave a tier without prices of its own unpriced', () => {
    fc.assert(
      fc.property(price, fc.constantFrom('batch', 'flex', 'priority', 'scale'), (each, tier) => {
        const entry = { input_cost_per_token: each, output_cost_per_token: each }
        expect(ask(entry, { input_tokens: 5, output_tokens: 5 }, tier)).toEqual({
          unpriced: 'unknown_tier',
        })
      }),
    )
  })
})

describe('graduated tiers', () => {
  it('charge what lies within a range at its price', () => {
    const ranges = fc
      .uniqueArray(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 })
      .map((ends) => [0, ...ends.sort((a, b) => a - b)])
    fc.assert(
      fc.property(
        ranges,
        fc.array(fc.tuple(price, price), { minLength: 6, maxLength: 6 }),
        fc.nat(4000),
        fc.nat(4000),
        (edges, prices, input, output) => {
          const steps = edges.map((start, i) => ({
            range: [start, edges[i + 1] ?? null],
            input_cost_per_token: prices[i]?.[0],
            output_cost_per_token: prices[i]?.[1],
          }))
          // Token by token: the one of number n costs what the range that n falls into says.
          const sum = (tokens: number, side: 0 | 1): bigint => {
            let total = 0n
            for (let n = 0; n < tokens; n++) {
              let step = 0
              while (step + 1 < edges.length && n >= (edges[step + 1] ?? 0)) step++
              total += fine(prices[step]?.[side] ?? '')
            }
            return rounded(total)
          }
          const cost = ask(
            { tiered_pricing: steps },
            { input_tokens: input, output_tokens: output },
          )
          expect(components(cost)).toEqual({
            prompt: sum(input, 0),
            completion: sum(output, 1),
            other: 0n,
            total: sum(input, 0) + sum(output, 1),
          })
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('what is not tokens', () => {
  it('is charged by the hour, image, character, page, search and request', () => {
    fc.assert(
      fc.property(
        fc.array(price, { minLength: 8, maxLength: 8 }),
        fc.array(fc.nat(100_000), { minLength: 7, maxLength: 7 }),
        (prices, amounts) => {
          const entry = {
            input_cost_per_audio_per_second: prices[0],
            output_cost_per_image: prices[1],
            input_cost_per_character: prices[2],
            ocr_cost_per_page: prices[3],
            input_cost_per_query: prices[4],
            input_cost_per_request: prices[5],
            output_cost_per_video_per_second: prices[6],
            search_context_cost_per_query: {
              search_context_size_low: 9,
              search_context_size_medium: prices[7],
            },
          }
          const at = (i: number): bigint => BigInt(amounts[i] ?? 0)
          const usage = {
            input_audio_ms: amounts[0],
            output_images: amounts[1],
            input_characters: amounts[2],
            input_pages: amounts[3],
            search_units: amounts[4],
            output_video_ms: amounts[5],
            web_searches: amounts[6],
          }
          fc.pre(amounts.slice(0, 6).some((amount) => amount > 0))
          const per = (i: number): bigint => fine(prices[i] ?? '')
          const prompt = rounded(at(0) * per(0) + 1000n * (at(2) * per(2) + at(3) * per(3)), 1000n)
          const completion = rounded(at(5) * per(6) + 1000n * at(1) * per(1), 1000n)
          const other = rounded(at(4) * per(4) + per(5) + at(6) * per(7))
          expect(components(ask(entry, usage))).toEqual({
            prompt,
            completion,
            other,
            total: prompt + completion + other,
          })
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is another way to charge the same where tokens are charged', () => {
    const entry = {
      input_cost_per_token: 1e-6,
      output_cost_per_token: 2e-6,
      output_cost_per_image: 0.04,
    }
    const both = { input_tokens: 10, output_tokens: 1000, images: 1 }
    expect(ask(entry, both)).toMatchObject({ prompt: 10_000_000, completion: 2_000_000_000 })
    expect(ask(entry, { input_tokens: 10, images: 1 })).toMatchObject({
      completion: 40_000_000_000,
    })
    expect(ask({ output_cost_per_image: 0.04 }, { images: 3 })).toMatchObject({
      total: 120_000_000_000,
    })
    expect(ask({ output_cost_per_image: 0.04 }, { pages: 3 })).toEqual({
      unpriced: 'not_priced_by_token',
    })
  })

  it('reads durations in seconds, minutes and hours alike', () => {
    const entry = { mode: 'audio_transcription', input_cost_per_second: 0.0001 }
    for (const usage of [
      { type: 'duration', seconds: 90.5 },
      { input_audio_minutes: 90.5 / 60 },
      { input_audio_hours: 90.5 / 3600 },
      { prompt_audio_seconds: 90.5 },
    ]) {
      expect(ask(entry, usage)).toMatchObject({ prompt: 9_050_000_000, total: 9_050_000_000 })
    }
  })
})

describe('scheduled changes', () => {
  it('count from their instant, whatever the order they are written in', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: -10, max: 5100 }),
        (days, day) => {
          const list = days.map((each, i) => ({
            input_cost_per_token: `0.00000${i + 1}`,
            output_cost_per_token: 0,
            valid_from: new Date(each * 86_400_000).toISOString().slice(0, 10),
          }))
          const began = days.filter((each) => each <= day)
          const cost = ask(list, { input_tokens: 1, output_tokens: 0 }, null, day * 86_400_000_000)
          const latest = days.indexOf(Math.max(...began))
          expect(cost).toMatchObject(
            began.length === 0
              ? { unpriced: 'not_yet_priced' }
              : { prompt: (latest + 1) * 1_000_000, rule: `m@${list[latest]?.valid_from}` },
          )
        },
      ),
    )
  })
})
