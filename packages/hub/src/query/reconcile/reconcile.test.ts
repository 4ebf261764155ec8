import { expect, test } from 'vitest'
import { projectScope } from '../../core/scope.ts'
import { call, NOW } from '../ask.fixture.ts'
import { executeQuestion } from '../execute.ts'
import type { MemoryRow } from '../memory-store.fixture.ts'
import { memoryStore } from '../memory-store.fixture.ts'
import { parseQuestion } from '../parse-question.ts'
import { parseInvoice } from './invoice.ts'
import { reconcile } from './reconcile.ts'

const USD = 10n ** 12n
const scope = projectScope('default')
const signal = new AbortController().signal

/** Dated snapshots of `m-large` have its prices. */
function canonical(provider: string | null, model: string): string | null {
  return model.startsWith('m-large') ? `${provider ?? 'p'}/m-large` : null
}

async function run(
  csv: string,
  rows: readonly MemoryRow[],
  { provider = null as string | null, timezone = 'UTC' } = {},
) {
  const parsed = parseInvoice(csv, {}, timezone)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const store = memoryStore(rows)
  return reconcile(
    { invoice: parsed.invoice, provider, timezone },
    canonical,
    async (question) => {
      const asked = parseQuestion(question, NOW)
      if (!asked.ok) throw new Error(JSON.stringify(asked.issues))
      return executeQuestion(asked.question, (plan) => store.query(plan, scope, signal))
    },
    scope,
    signal,
  )
}

async function body(...args: Parameters<typeof run>) {
  const outcome = await run(...args)
  if (!outcome.ok) throw new Error(outcome.message)
  return outcome.body as Record<string, unknown>
}

const priced = (hours: number, model: string, usd: bigint, more: MemoryRow = {}): MemoryRow =>
  call(hours, model, {
    provider: 'p',
    cost_total: usd * USD,
    cost_computed: usd * USD,
    cost_reported: null,
    ...more,
  })

const CALLS: readonly MemoryRow[] = [
  priced(1, 'm-large', 3n),
  priced(2, 'm-large-2026-01-01', 2n),
  priced(25, 'm-large', 4n),
  priced(3, 'Other', 1n),
  priced(4, 'forgotten', 6n),
  call(5, 'm-large', { provider: 'p', cost_total: 7n * USD, cost_reported: 7n * USD }),
  call(6, 'm-large', { provider: 'p', cost_total: null }),
  // Outside of the days, and of another provider.
  priced(-1, 'm-large', 50n),
  priced(48, 'm-large', 50n),
  priced(1, 'm-large', 100n, { provider: 'q' }),
]

const INVOICE = `date,model,amount
2026-11-20,m-large-latest,10.50
2026-11-20,m-large-latest,2
2026-11-21,m-large-latest,4
2026-11-20,other,0.75
2026-11-20,web search,0.25
`

test('by day and model: invoiced, computed, reported and the difference; aliases are one model', async () => {
  const found = await body(INVOICE, CALLS, { provider: 'p' })
  expect(found['total']).toMatchObject({
    invoiced: '17.5',
    total: '23',
    computed: '16',
    reported: '7',
    delta: '-5.5',
    delta_ratio: Number((-5.5 / 17.5).toPrecision(12)),
    calls: 6,
    unpriced: 1,
  })
  expect(found['items']).toMatchObject([
    { day: '2026-11-20', model: 'forgotten', state: 'hub_only', invoiced: '0', delta: '-6' },
    { day: '2026-11-20', model: 'other', state: 'both', delta: '-0.25' },
    {
      day: '2026-11-20',
      model: 'p/m-large',
      state: 'both',
      invoiced: '12.5',
      computed: '5',
      reported: '7',
      total: '12',
      delta: '0.5',
      delta_ratio: 0.04,
      calls: 3,
      unpriced: 1,
    },
    { day: '2026-11-20', model: 'web search', state: 'invoice_only', delta: '0.25' },
    { day: '2026-11-21', model: 'p/m-large', state: 'both', delta: '0', delta_ratio: 0 },
  ])
  expect(found['unmatched']).toEqual({ invoice: '0.25', hub: '6' })
  expect(found['days']).toMatchObject([
    { day: '2026-11-20', invoiced: '13.5', total: '19', delta: '-5.5' },
    { day: '2026-11-21', invoiced: '4', total: '4', delta: '0' },
  ])
  expect(found['models']).toMatchObject([
    { model: 'forgotten', names: { invoice: [], hub: ['forgotten'] } },
    { model: 'other', names: { invoice: ['other'], hub: ['Other'] } },
    { model: 'p/m-large', names: { invoice: ['m-large-latest'] } },
    { model: 'web search', names: { invoice: ['web search'], hub: [] } },
  ])
  expect(found['invoice']).toMatchObject({ lines: 5, from: '2026-11-20', to: '2026-11-21' })
})

test('without a provider all calls are compared', async () => {
  const found = await body(INVOICE, CALLS)
  expect(found['total']).toMatchObject({ total: '123' })
})

test('an invoice without models is compared by day', async () => {
  const found = await body('date,amount\n2026-11-20,20\n2026-11-21,4\n', CALLS, { provider: 'p' })
  expect(found['items']).toMatchObject([
    { day: '2026-11-20', model: null, state: 'both', invoiced: '20', total: '19', delta: '1' },
    { day: '2026-11-21', model: null, state: 'both', invoiced: '4', total: '4', delta: '0' },
  ])
})

test('days are those of the zone', async () => {
  // 23:30 UTC is the next day in Berlin.
  const rows = [priced(23.5, 'm-large', 5n)]
  const csv = 'date,model,amount\n2026-11-21,m-large,5\n'
  expect((await body(csv, rows, { timezone: 'Europe/Berlin' }))['total']).toMatchObject({
    total: '5',
    delta: '0',
  })
  expect((await body(csv, rows))['total']).toMatchObject({ total: '0', delta: '5' })
  for (const timezone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/New_York']) {
    const found = await body('date,amount\n2026-11-02,1\n2026-11-01,1\n', [], { timezone })
    expect((found['days'] as unknown[]).length).toBe(2)
  }
})

test('an invoice of nothing, or of too many days, is refused', async () => {
  expect(await run('date,amount\n2026-11-20,\n', [])).toMatchObject({
    ok: false,
    code: 'invalid_request',
  })
  expect(await run('date,amount\n2024-11-20,1\n2026-11-20,1\n', [])).toMatchObject({
    ok: false,
    issues: [{ path: 'date' }],
  })
})
