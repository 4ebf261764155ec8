import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EXAMPLE_LENGTH, exampleOf } from './error-example.ts'

test.each([
  [
    'Rate limit reached for gpt-4o in organization org-Ab12Cd34Ef: Limit 30000, Used 29871. Try again in 1.742s.',
    'Rate limit reached for gpt-4o in organization <id>: Limit <n>, Used <n>. Try again in <n>s.',
  ],
  [
    'Incorrect API key provided: sk-proj-abc***********xyz. See https://example.com/keys?u=7',
    'Incorrect API key provided: <secret>. See <url>',
  ],
  ['user jane.doe@example.co.uk is blocked (HTTP 403)', 'user <email> is blocked (HTTP 403)'],
  ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer <secret>'],
  ['api_key=hunter2 refused', 'api_key=<secret> refused'],
  ['connect ECONNREFUSED 10.0.0.7:8443', 'connect ECONNREFUSED <address>'],
  ['request 123e4567-e89b-12d3-a456-426614174000\n\tfailed', 'request <id> failed'],
  [`refused: "${'my secret life story '.repeat(4)}"`, 'refused: "…"'],
  ['model_not_found: claude-3-5-sonnet', 'model_not_found: claude-3-5-sonnet'],
])('%s', (message, example) => {
  expect(exampleOf(message)).toBe(example)
})

test('an example is short, on one line and whole text, whatever the message', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3000 }), (message) => {
      const example = exampleOf(message)
      expect(example.length).toBeLessThanOrEqual(EXAMPLE_LENGTH)
      expect(/[\p{Cc}]/u.test(example)).toBe(false)
    }),
  )
})

test('long messages without spaces take no longer than short ones per character', () => {
  // Every pattern is linear: the text is cut before, and none nests repetitions.
  for (const unit of ['a', '1', 'a1', '-', '"', '@', '.', 'key=', 'a@b.']) {
    expect(exampleOf(unit.repeat(100_000)).length).toBeLessThanOrEqual(EXAMPLE_LENGTH)
  }
})
