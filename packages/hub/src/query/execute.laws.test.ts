import type { Question } from '@llmhub/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answer, HOUR, records, START } from './ask.fixture.ts'
import type { MemoryRow } from './memory-store.fixture.ts'
import { picoDollars } from './value.ts'

const FROM = START / 1e6
const RANGE = { from: FROM, to: FROM + 12 * 3600 } as const

const row: fc.Arbitrary<MemoryRow> = fc.record({
  time: fc.integer({ min: -4 * 60, max: 13 * 60 }).map((minute) => START + minute * 60e6),
  kind: fc.constantFrom('llm_request', 'latency', 'token_cost', 'threat'),
  model: fc.constantFrom('a', 'b', 'c', 'd', null),
  user_id: fc.constantFrom('u', 'v', null),
  status: fc.constantFrom('ok', 'error', null),
  latency_ms: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: null }),
  cost_total: fc.option(fc.bigInt({ min: 0n, max: 10n ** 15n }), { nil: null }),
  input_tokens: fc.option(fc.bigInt({ min: 0n, max: 1000n }), { nil: null }),
})
const rows = fc.array(row, { maxLength: 40 })

const CALLS = new Set<unknown>(['llm_request', 'latency'])
const inRange = (each: MemoryRow): boolean =>
  Number(each['time']) >= START && Number(each['time']) < START + 12 * HOUR
const pico = (cell: unknown): bigint => (typeof cell === 'string' ? (picoDollars(cell) ?? 0n) : 0n)
const total = (cells: readonly unknown[]): bigint =>
  cells.reduce<bigint>((sum, cell) => sum + pico(cell), 0n)

test('measures equal plain sums over the rows', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const measures = [
        'requests.count',
        'requests.errors',
        'latency.avg',
        'latency.p50',
        'cost.total',
        'users.count',
        'events.count',
      ]
      const [found = {}] = records(await answer({ kind: 'table', measures, ...RANGE }, all))
      const inside = all.filter(inRange)
      const calls = inside.filter((each) => CALLS.has(each['kind']))
      const latencies = calls
        .filter((each) => each['status'] !== 'error' && each['latency_ms'] !== null)
        .map((each) => Number(each['latency_ms']))
        .sort((a, b) => a - b)
      expect(found['requests.count']).toBe(calls.length)
      expect(found['requests.errors']).toBe(
        calls.filter((each) => each['status'] === 'error').length,
      )
      expect(found['events.count']).toBe(inside.length)
      expect(found['latency.p50']).toBe(latencies[Math.ceil(latencies.length / 2) - 1] ?? null)
      const sum = latencies.reduce((a, b) => a + b, 0)
      const mean = latencies.length === 0 ? null : sum / latencies.length
      expect(found['latency.avg']).toBe(mean === null ? null : Number(mean.toPrecision(12)))
      const priced = inside.filter(
        (each) => each['kind'] === 'llm_request' || each['kind'] === 'token_cost',
      )
      const costs = priced.flatMap((each) =>
        typeof each['cost_total'] === 'bigint' ? [each['cost_total']] : [],
      )
      expect(found['cost.total'] === null).toBe(costs.length === 0 && priced.length > 0)
      expect(pico(found['cost.total'])).toBe(costs.reduce((a, b) => a + b, 0n))
      const users = inside
        .filter((each) => each['kind'] !== 'threat' && each['user_id'] !== null)
        .map((each) => each['user_id'])
      expect(found['users.count']).toBe(new Set(users).size)
    }),
  )
})

test('buckets, groups, and top with the rest each add up to the whole', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 5 }), async (all, n) => {
      const measures = ['requests.count', 'cost.total']
      const sums = async (question: Partial<Question>) => {
        const found = records(await answer({ kind: 'table', measures, ...RANGE, ...question }, all))
        const count = found.reduce((sum, each) => sum + Number(each['requests.count']), 0)
        return [count, total(found.map((each) => each['cost.total']))]
      }
      const whole = await sums({})
      const top = { by: 'cost.total', n, other: true }
      expect(await sums({ kind: 'series', by: ['time:1h'] })).toEqual(whole)
      expect(await sums({ kind: 'series', by: ['time:6h', 'model'], fill: 'zero' })).toEqual(whole)
      expect(await sums({ by: ['model', 'user'] })).toEqual(whole)
      expect(await sums({ by: ['model'], top })).toEqual(whole)
      expect(await sums({ kind: 'series', by: ['time:1h', 'model'], top })).toEqual(whole)
    }),
    { numRuns: 60 },
  )
})

test('top is the head of the whole ranking, ranked by the store or here', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 5 }), async (all, n) => {
      for (const by of ['cost.total', 'latency.avg']) {
        const base = { kind: 'table', measures: [by], by: ['model'], ...RANGE } as const
        const whole = await answer({ ...base, order: [{ by, dir: 'desc' }, { by: 'model' }] }, all)
        const top = await answer({ ...base, top: { by, n } }, all)
        expect(top.rows).toEqual(whole.rows.slice(0, n))
      }
    }),
    { numRuns: 60 },
  )
})

test('a comparison holds what each range alone says', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      const base = {
        kind: 'table',
        measures: ['requests.count', 'cost.total'],
        by: ['model'],
      } as const
      const now = records(await answer({ ...base, ...RANGE }, all))
      const before = records(await answer({ ...base, from: FROM - 12 * 3600, to: FROM }, all))
      for (const each of records(await answer({ ...base, ...RANGE, compare: 'previous' }, all))) {
        const of = (from: typeof now) => from.find((other) => other['model'] === each['model'])
        const current = Number(of(now)?.['requests.count'] ?? 0)
        const previous = Number(of(before)?.['requests.count'] ?? 0)
        expect(each['requests.count']).toBe(current)
        expect(each['requests.count.previous']).toBe(previous)
        expect(each['requests.count.delta']).toBe(current - previous)
        expect(each['requests.count.change']).toBe(
          previous === 0 ? null : Number(((current - previous) / previous).toPrecision(12)),
        )
        const costs = [each['cost.total'], each['cost.total.previous'], each['cost.total.delta']]
        const known = costs.every((cost) => cost !== null)
        expect(known ? pico(costs[0]) - pico(costs[1]) : 0n).toBe(known ? pico(costs[2]) : 0n)
      }
    }),
    { numRuns: 60 },
  )
})

test('fill adds rows and never changes one that was there', async () => {
  const fills = fc.constantFrom('null', 'zero', 'previous', 'linear')
  await fc.assert(
    fc.asyncProperty(rows, fills, async (all, fill) => {
      const base = {
        kind: 'series',
        measures: ['requests.count', 'latency.p95'],
        by: ['time:1h', 'model'],
        ...RANGE,
      } as const
      const plain = records(await answer(base, all))
      const filled = records(await answer({ ...base, fill }, all))
      const models = new Set(plain.map((each) => each['model']))
      expect(filled).toHaveLength(models.size * 12)
      for (const each of plain) {
        const same = filled.find(
          (other) => other['time'] === each['time'] && other['model'] === each['model'],
        )
        expect(same?.['requests.count']).toBe(each['requests.count'])
        const p95 = each['latency.p95'] ?? same?.['latency.p95']
        expect(same?.['latency.p95']).toBe(p95)
      }
    }),
    { numRuns: 60 },
  )
})

test('pages of a list put together are the list', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 10 }), async (all, limit) => {
      const placed = all.map((each, offset) => ({
        ...each,
        partition: offset % 2,
        offset: BigInt(offset),
        index: 0,
      }))
      const base = { kind: 'list', ...RANGE } as const
      const whole = await answer({ ...base, limit: 1000 }, placed)
      const pages: unknown[] = []
      let cursor: string | null = null
      do {
        const page: Awaited<ReturnType<typeof answer>> = await answer(
          { ...base, limit, cursor },
          placed,
        )
        pages.push(...page.rows)
        cursor = page.next
      } while (cursor !== null)
      expect(pages).toEqual(whole.rows)
      expect(whole.next).toBeNull()
    }),
    { numRuns: 40 },
  )
})
