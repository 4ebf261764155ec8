import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, it } from 'vitest'
import { priceCall } from './price.ts'
import { createPriceBook } from './price-book.ts'
import { packageModels } from './price-table.ts'
import { listPrices } from './price-view.ts'
import { normalizeUsage } from './usage.ts'

const entry = (cost: number) => ({ litellm_provider: 'house', input_cost_per_token: cost })

function costOf(table: Parameters<typeof priceCall>[0], model: string): unknown {
  const usage = normalizeUsage({ input_tokens: 1, output_tokens: 0 }, 'http')
  const cost = priceCall(table, { provider: 'house', model, time: 0, usage, tier: null })
  return 'unpriced' in cost ? cost.unpriced : cost.total
}

it('prices by what is set, else by the file, from the moment it is replaced', () => {
  const book = createPriceBook({ a: entry(1e-6), b: entry(2e-6) }, {})
  const before = book.now()
  const version = book.table.version
  expect([costOf(book.table, 'a'), costOf(book.table, 'b')]).toEqual([1_000_000, 2_000_000])
  book.replace({ b: entry(3e-6), c: entry(4e-6) })
  expect(['a', 'b', 'c'].map((model) => costOf(book.table, model))).toEqual([
    1_000_000, 3_000_000, 4_000_000,
  ])
  expect(book.table.version).not.toBe(version)
  // Whoever holds the table of a moment keeps its prices.
  expect([costOf(before, 'b'), costOf(before, 'c')]).toEqual([2_000_000, 'unknown_provider'])
  expect(book.overrides().models.map((model) => [model.key, book.origin(model)])).toEqual([
    ['b', 'set'],
    ['c', 'set'],
    ['a', 'file'],
  ])
  book.replace({})
  expect(book.table.version).toBe(version)
})

it('names its content: the same overrides have the same version', () => {
  const one = createPriceBook({ a: entry(1e-6) }, {}).overrides().version
  expect(createPriceBook({}, { a: entry(1e-6) }).overrides().version).toBe(one)
  expect(createPriceBook({}, { a: entry(2e-6) }).overrides().version).not.toBe(one)
})

it('lists every provider and model that the package has', () => {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const code = readFileSync(path.join(path.dirname(entry), 'index.js'), 'utf8')
  const providers = [...code.matchAll(/^ {4}id: "([^"]+)"/gm)].map(([, id]) => id)
  expect(providers.length).toBeGreaterThan(30)
  expect([...new Set(packageModels().map(({ provider }) => provider))]).toEqual([
    ...new Set(providers),
  ])
})

it('lists an override in place of what it replaces', () => {
  const book = createPriceBook({}, { 'openai/gpt-4o': { input_cost_per_token: 1e-6 } })
  const filter = { provider: 'openai', model: 'gpt-4o', tier: null, at: 1.8e15 }
  const listed = listPrices(book, filter).filter(({ model }) => model === 'gpt-4o')
  expect(listed).toMatchObject([{ source: 'override', rule: 'openai/gpt-4o' }])
})
