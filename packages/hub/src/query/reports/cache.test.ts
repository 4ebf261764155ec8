import { expect, test } from 'vitest'
import { conforms } from '../../../test/conforms.ts'
import { projectScope } from '../../core/scope.ts'
import { call, NOW } from '../ask.fixture.ts'
import { executeQuestion } from '../execute.ts'
import { memoryStore } from '../memory-store.fixture.ts'
import { parseQuestion } from '../parse-question.ts'
import { costsCache } from './cache.ts'

const USD = 10n ** 12n

test('/costs/cache sums what rows saved, net of writes, in total, by model and by day', async () => {
  const scope = projectScope('default')
  const signal = new AbortController().signal
  const rows = [
    // Read 80 of 100 from a cache: 9 instead of 45 dollars.
    call(1, 'reader', {
      provider: 'p',
      input_tokens: 100n,
      cache_read_tokens: 80n,
      cost_computed: 9n * USD,
      cost_cache_saved: 36n * USD,
    }),
    // Wrote 100 for a surcharge of a quarter.
    call(2, 'writer', {
      provider: 'p',
      input_tokens: 100n,
      cache_write_tokens: 100n,
      cost_computed: 5n * USD,
      cost_cache_saved: -1n * USD,
    }),
    call(-24, 'writer', {
      provider: 'p',
      input_tokens: 100n,
      cost_computed: 4n * USD,
      cost_cache_saved: 0n,
    }),
    call(3, 'unpriced', { cost_total: null }),
  ]
  const outcome = await costsCache.run(
    {},
    async (question) => {
      const parsed = parseQuestion(question, NOW)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
      const store = memoryStore(rows)
      return executeQuestion(parsed.question, (plan) => store.query(plan, scope, signal))
    },
    scope,
    NOW / 1000,
    signal,
  )
  if (!outcome.ok) throw new Error(outcome.message)
  expect(conforms(outcome.body, costsCache.response)).toEqual([])
  expect(outcome.body).toMatchObject({
    total: {
      cost: { computed: '18', without_cache: '53', saved: '35' },
      requests: 4,
      tokens: { input: 310, cache_read: 80, cache_write: 100 },
      read_share: Number((80 / 310).toPrecision(12)),
      saved_share: Number((35 / 53).toPrecision(12)),
    },
    models: [
      { model: 'reader', cost: { without_cache: '45', saved: '36' }, read_share: 0.8 },
      { model: 'writer', cost: { computed: '9', without_cache: '8', saved: '-1' } },
      { model: 'unpriced', cost: { without_cache: null, saved: null }, saved_share: null },
    ],
    series: [
      { time: '2026-11-19T00:00:00.000Z', saved: '0', without_cache: '4' },
      { time: '2026-11-20T00:00:00.000Z', saved: '35', without_cache: '49' },
    ],
    prices: { unpriced_requests: 1 },
  })
})
