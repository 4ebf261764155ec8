import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inFolder } from '../support/folder.ts'
import { HubProcess } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import { ask } from '../support/reports.ts'
import { Seeded } from '../support/seeded.ts'

/**
 * A fortnight of calls whose prices turn out to be wrong, missing and about to change, priced again in a
 * real hub, against an oracle of plain BigInt arithmetic over the events as they were sent.
 */

const START = Date.parse('2026-10-01T00:00:00Z')
const DAY = 86_400_000
const DAYS = 14
const RANGE = { from: '2026-10-01T00:00:00Z', to: '2026-10-15T00:00:00Z' }

interface Sent {
  readonly model: string
  readonly time: number
  readonly tier: string | null
  readonly input: number
  readonly cacheRead: number
  readonly write1h: number
  readonly output: number
  readonly searches: number
}

/** Pico-dollars for one token or search; null where the model or tier has none. */
type Prices = (sent: Sent) => {
  readonly input: bigint
  readonly read: bigint
  readonly write1h: bigint
  readonly output: bigint
  readonly search: bigint
} | null

function makeEvents(count: number): Sent[] {
  const random = new Seeded(20_261_001)
  return Array.from({ length: count }, () => {
    const cacheRead = random.int(3000)
    const write1h = random.int(3) === 0 ? random.int(500) : 0
    return {
      model: random.pick(['steady', 'falling', 'late']),
      time: START + random.int(DAYS * 24 * 3600) * 1000,
      tier: random.pick([null, null, 'default', 'batch', 'flex']),
      input: cacheRead + write1h + random.int(random.int(10) === 0 ? 300_000 : 4000),
      cacheRead,
      write1h,
      output: random.int(2000),
      searches: random.int(5) === 0 ? 1 + random.int(3) : 0,
    }
  })
}

function wireEvent(sent: Sent, i: number): unknown {
  const { model, tier, input, cacheRead, write1h, output, searches } = sent
  return {
    common: { event_id: `call-${i}`, timestamp: new Date(sent.time).toISOString() },
    payload: {
      type: 'llm_request',
      provider: 'house',
      model_id: model,
      request_id: `req-${i}`,
      ...(tier === null ? {} : { service_tier: tier }),
      usage: {
        input_tokens: input,
        cache_read_tokens: cacheRead,
        cache_write_tokens: write1h,
        cache_write_1h_tokens: write1h,
        output_tokens: output,
        web_searches: searches,
      },
    },
  }
}

const search = { search_context_size_medium: 0.01 }
const steady = {
  litellm_provider: 'house',
  input_cost_per_token: 2e-6,
  input_cost_per_token_above_200k_tokens: 4e-6,
  cache_read_input_token_cost: 2e-7,
  cache_read_input_token_cost_above_200k_tokens: 4e-7,
  cache_creation_input_token_cost_above_1hr: 4e-6,
  output_cost_per_token: 8e-6,
  input_cost_per_token_batches: 1e-6,
  output_cost_per_token_batches: 4e-6,
  search_context_cost_per_query: search,
}
const falling = {
  litellm_provider: 'house',
  input_cost_per_token: 1e-5,
  output_cost_per_token: 3e-5,
}
const FIRST = { steady, falling }
const SECOND = {
  steady,
  falling: [falling, { ...falling, input_cost_per_token: 5e-6, valid_from: '2026-10-08' }],
  late: { litellm_provider: 'house', input_cost_per_token: 3e-7, output_cost_per_token: 7e-7 },
}

const flat = (input: bigint, output: bigint) => ({
  input,
  read: input,
  write1h: input,
  output,
  search: 0n,
})
const isStandard = (sent: Sent): boolean => sent.tier === null || sent.tier === 'default'

const steadyPrices: Prices = (sent) => {
  if (sent.tier === 'batch') return { ...flat(1_000_000n, 4_000_000n), search: 10_000_000_000n }
  if (!isStandard(sent)) return null
  const [input, read] = sent.input > 200_000 ? [4_000_000n, 400_000n] : [2_000_000n, 200_000n]
  return { input, read, write1h: 4_000_000n, output: 8_000_000n, search: 10_000_000_000n }
}
const first: Prices = (sent) => {
  if (sent.model === 'steady') return steadyPrices(sent)
  if (sent.model !== 'falling' || !isStandard(sent)) return null
  return flat(10_000_000n, 30_000_000n)
}
const second: Prices = (sent) => {
  if (sent.model === 'late' && isStandard(sent)) return flat(300_000n, 700_000n)
  const isCut = sent.model === 'falling' && sent.time >= START + 7 * DAY
  const prices = first(sent)
  return isCut && prices !== null ? flat(5_000_000n, 30_000_000n) : prices
}

function costOf(sent: Sent, prices: Prices): bigint | null {
  const each = prices(sent)
  if (each === null) return null
  const fresh = sent.input - sent.cacheRead - sent.write1h
  return (
    BigInt(fresh) * each.input +
    BigInt(sent.cacheRead) * each.read +
    BigInt(sent.write1h) * each.write1h +
    BigInt(sent.output) * each.output +
    BigInt(sent.searches) * each.search
  )
}

interface Totals {
  readonly cost: number
  readonly unpriced: number
}

function totals(events: readonly Sent[], prices: Prices): Record<string, Totals> {
  const sums = new Map<string, { cost: bigint; unpriced: number }>()
  for (const sent of events) {
    const sum = sums.get(sent.model) ?? { cost: 0n, unpriced: 0 }
    sums.set(sent.model, sum)
    const cost = costOf(sent, prices)
    if (cost === null) sum.unpriced++
    else sum.cost += cost
  }
  return Object.fromEntries(
    [...sums].map(([model, { cost, unpriced }]) => [
      model,
      { cost: Number(cost) / 1e12, unpriced },
    ]),
  )
}

async function asked(hub: HubProcess, after: string): Promise<Record<string, Totals>> {
  const answer = await ask(hub, {
    kind: 'table',
    measures: ['cost.total', 'cost.unpriced.count'],
    by: ['model'],
    ...RANGE,
    after,
  })
  return Object.fromEntries(
    answer.rows.map(([model, cost, unpriced]) => [
      String(model),
      { cost: Number(cost ?? 0), unpriced: Number(unpriced) },
    ]),
  )
}

interface Report {
  readonly applied: boolean
  readonly seen: number
  readonly changed: number
  readonly cost_before: string
  readonly cost_after: string
  readonly operations: number
  readonly models: readonly { readonly model: string; readonly changed: number }[]
  readonly top: readonly { readonly eventId: string }[]
}

async function reprice(hub: HubProcess, body: Readonly<Record<string, unknown>>): Promise<Report> {
  const reply = await hub.post('/api/v1/prices/reprice', body)
  expect(reply.status, reply.text).toBe(200)
  return JSON.parse(reply.text) as Report
}

async function putOverrides(hub: HubProcess, overrides: unknown): Promise<string> {
  const body = JSON.stringify(overrides)
  const reply = await hub.send('PUT', '/api/v1/prices/overrides', body, 'application/json')
  expect(reply.status, reply.text).toBe(200)
  return (JSON.parse(reply.text) as { version: string }).version
}

/** Everything that prices have a say in, row by row. */
async function listedRows(hub: HubProcess): Promise<string> {
  const fields = [
    'event_id',
    'cost',
    'cost_computed',
    'price_source',
    'price_rule',
    'price_version',
    'service_tier',
    'usage_rule',
  ]
  const answer = await ask(hub, { kind: 'list', by: fields, ...RANGE, limit: 1000 })
  return JSON.stringify(answer.rows)
}

const dollars = (events: readonly Sent[], prices: Prices): number =>
  Number(events.reduce((sum, sent) => sum + (costOf(sent, prices) ?? 0n), 0n)) / 1e12

test('a change of prices is for what comes, and repricing makes it so for what has come', () =>
  inFolder(async (folder) => {
    const dataDir = join(folder, 'data')
    const start = { dataDir, settings: { log_level: 'warn' } }
    const events = makeEvents(900)
    let hub = await HubProcess.start(start)
    try {
      const before = await putOverrides(hub, FIRST)
      const sent = await hub.post('/api/v1/events', events.map(wireEvent))
      expect(sent.status, sent.text).toBe(200)
      const { position } = JSON.parse(sent.text) as { position: string }
      expect(await asked(hub, position)).toEqual(totals(events, first))

      // New prices change nothing that has come.
      const after = await putOverrides(hub, SECOND)
      expect(after).not.toBe(before)
      expect(await asked(hub, position)).toEqual(totals(events, first))

      const tried = await reprice(hub, { ...RANGE, dry_run: true })
      expect(tried).toMatchObject({ applied: false, operations: 0, seen: events.length })
      expect(Number(tried.cost_before)).toBe(dollars(events, first))
      expect(Number(tried.cost_after)).toBe(dollars(events, second))
      const changed = events.filter((each) => costOf(each, first) !== costOf(each, second))
      expect(changed.length).toBeGreaterThan(100)
      const ruled = events.filter(
        (each) => each.model === 'late' || (each.model === 'falling' && isStandard(each)),
      )
      expect(tried.changed).toBeGreaterThanOrEqual(changed.length)
      expect(tried.changed).toBeLessThanOrEqual(ruled.length)
      expect(await asked(hub, position)).toEqual(totals(events, first))

      // A part: one model of one week.
      const week = { from: RANGE.from, to: '2026-10-08T00:00:00Z' }
      const part = await reprice(hub, { ...week, model: 'late', only_unpriced: true })
      expect(part.applied).toBe(true)
      const partly: Prices = (each) =>
        each.model === 'late' && each.time < START + 7 * DAY ? second(each) : first(each)
      expect(await asked(hub, position)).toEqual(totals(events, partly))

      // The command shows what changes, and without a terminal or --yes does nothing.
      const days = ['--from', RANGE.from, '--to', RANGE.to]
      const shown = await runCommand(hub.url, ['reprice', ...days, '--dry-run', '-o', 'json'])
      expect(JSON.parse(shown.stdout)).toMatchObject({
        applied: false,
        seen: events.length,
        changed: tried.changed - part.changed,
        cost_after: tried.cost_after,
      })
      expect(await runCommand(hub.url, ['reprice', ...days])).toMatchObject({ code: 2 })
      expect(await asked(hub, position)).toEqual(totals(events, partly))
      const lateOnly = [...days, '--model', 'late', '--yes']
      expect(await runCommand(hub.url, ['reprice', ...lateOnly])).toMatchObject({ code: 0 })
      const further: Prices = (each) => (each.model === 'late' ? second(each) : first(each))
      expect(await asked(hub, position)).toEqual(totals(events, further))

      const all = await reprice(hub, RANGE)
      expect(all).toMatchObject({ applied: true, operations: 1 })
      expect(await asked(hub, position)).toEqual(totals(events, second))
      const again = await reprice(hub, RANGE)
      expect(again).toMatchObject({ changed: 0, operations: 0, top: [] })
      expect(again.cost_before).toBe(again.cost_after)

      // The same from the log alone.
      const rows = await listedRows(hub)
      expect(rows).toContain(after)
      await hub.kill()
      rmSync(join(dataDir, 'store'), { recursive: true })
      hub = await HubProcess.start(start)
      expect(await asked(hub, position)).toEqual(totals(events, second))
      expect(await listedRows(hub)).toBe(rows)
      expect(await reprice(hub, { ...RANGE, dry_run: true })).toMatchObject({ changed: 0 })
    } finally {
      await hub.kill()
    }
  }))
