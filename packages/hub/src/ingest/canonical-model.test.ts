import { expect, test } from 'vitest'
import { canonicalModel } from './canonical-model.ts'
import { createPriceTable } from './price-table.ts'

const table = createPriceTable()

test.each([
  ['openai', 'gpt-4o', 'openai/gpt-4o'],
  ['openai', 'gpt-4o-2024-08-06', 'openai/gpt-4o'],
  // Another price list, another model.
  ['openai', 'gpt-4o-2024-05-13', 'openai/gpt-4o-2024-05-13'],
  ['anthropic', 'claude-sonnet-4-5-20250929', 'anthropic/claude-sonnet-4-5'],
  ['anthropic', 'Claude Sonnet 4.5', 'anthropic/claude-sonnet-4-5'],
  [null, 'gpt-4.1', 'openai/gpt-4.1'],
  ['openai', 'no such model', null],
  ['nobody', 'gpt-4o', null],
])('%s %s is %s', (provider, model, expected) => {
  expect(canonicalModel(table, provider, model)).toBe(expected)
})
