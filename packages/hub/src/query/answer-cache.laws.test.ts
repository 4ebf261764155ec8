import type { Question } from '@llmhub/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { createMemoryCache } from '../cache/memory/memory-cache.ts'
import { projectScope } from '../core/scope.ts'
import type { AggregatePlan, Plan, QueryOutcome } from '../store/store.ts'
import { createAsk } from './ask.ts'

const SECOND = 1_000_000
const DAY = 86_400 * SECOND
const START = '2026-11-21T09:59:50Z'

/** Ends of a range: passed, about to pass, and moving with the time of asking. */
const RANGES: readonly Pick<Question, 'from' | 'to'>[] = [
  { from: '2026-11-19T00:00:00Z', to: '2026-11-20T12:00:00Z' },
  { from: START, to: '2026-11-21T10:00:02Z' },
  { from: START, to: 'now' },
  { from: 'now-5s', to: 'now' },
]

const question = fc.record({
  range: fc.constantFrom(...RANGES),
  compare: fc.boolean(),
})
const step = fc.oneof(
  { weight: 4, arbitrary: question.map((each) => ({ type: 'ask' as const, ...each })) },
  // Rows of now, of the days before, and of a little ahead of now.
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(0, -DAY, -2 * DAY, -3 * DAY, -3 * SECOND, 400_000, 3 * SECOND)
      .map((shift) => ({ type: 'row' as const, shift })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 1500 }).map((ms) => ({ type: 'wait' as const, ms })),
  },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 12 }).map((turns) => ({ type: 'turns' as const, turns })),
  },
)

/** Lets `turns` of those who wait go on. */
async function pass(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve()
}

interface Run {
  readonly reused: number
  readonly shared: number
  readonly queries: number
}

async function run(
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
): Promise<Run> {
  const clock = manualClock()
  const rows: number[] = []
  let queries = 0
  const within = (from: number, to: number): number =>
    rows.filter((time) => time >= from && time < to).length
  const count = ({ from, to }: Plan): number => within(from, to)
  const { ask, stats } = createAsk({
    clock,
    maxConcurrent: 1000,
    cache: createMemoryCache({ clock }),
    waitFor: () => Promise.resolve(true),
    // As the store does it: whatever comes into a day changes the version of the day.
    version: async (_, { from, to }) => {
      await pass(1)
      const day = (time: number): number => Math.floor(time / DAY)
      return `${rows.filter((time) => day(time) >= day(from) && day(time) <= day(to - 1)).length}`
    },
    progress: () => ({ applied: new Map([[0, BigInt(rows.length)]]), watermark: null }),
    query: async (plan): Promise<QueryOutcome> => {
      queries++
      await pass(3)
      const position = new Map([[0, BigInt(rows.length)]])
      const watermark = rows.length === 0 ? null : Math.max(...rows)
      const columns = (plan as AggregatePlan).aggregates.map(({ id }) => id)
      const frame = {
        columns,
        rows: [columns.map(() => count(plan))],
        source: 'raw' as const,
        position,
        watermark,
      }
      await pass(3)
      return { ok: true, frame }
    },
  })
  const asked: Promise<void>[] = []
  /** When those were asked that are not answered. */
  const waiting: number[] = []
  const check = async (range: (typeof RANGES)[number], compare: boolean): Promise<void> => {
    const now = clock.nowMicros()
    const oldest = Math.min(now, ...waiting)
    waiting.push(now)
    const applied = [...rows]
    const measures = ['events.count']
    const outcome = await ask(
      { kind: 'table', measures, ...range, ...(compare ? { compare: 'previous' } : {}) },
      projectScope('p'),
      new AbortController().signal,
    )
    waiting.splice(waiting.indexOf(now), 1)
    if (!outcome.ok) throw new Error(outcome.message)
    const { columns, meta, rows: answered } = outcome.answer
    const from = Date.parse(meta.from) * 1000
    const to = Date.parse(meta.to) * 1000
    const known = (since: number, until: number): number =>
      applied.filter((time) => time >= since && time < until).length
    const place = (name: string): number => columns.findIndex((column) => column.name === name)
    const got = Number(answered[0]?.[place('events.count')])
    // Everything applied before the question, of the range that the answer is of; and nothing that never came.
    expect(got).toBeGreaterThanOrEqual(known(from, to))
    expect(got).toBeLessThanOrEqual(within(from, to))
    if (compare) {
      const before = Number(answered[0]?.[place('events.count.previous')])
      expect(before).toBeGreaterThanOrEqual(known(from - (to - from), from))
      expect(before).toBeLessThanOrEqual(within(from - (to - from), from))
    }
    expect(BigInt(meta.asOf.position['0'] ?? '0')).toBeGreaterThanOrEqual(BigInt(applied.length))
    // It is of now, or of an answer up to a second old, or of a run that others had begun.
    if (range.to !== 'now') expect(to).toBe(Date.parse(String(range.to)) * 1000)
    else expect(to).toBeGreaterThanOrEqual(Math.min(now - SECOND, oldest))
  }
  for (const each of steps) {
    if (each.type === 'ask') asked.push(check(each.range, each.compare))
    else if (each.type === 'row') rows.push(clock.nowMicros() + each.shift)
    else if (each.type === 'turns') await pass(each.turns)
    else clock.advance(each.ms)
  }
  await Promise.all(asked)
  const { reused, shared } = stats()
  return { reused, shared, queries }
}

test('no answer misses what was applied before it was asked, whether new, shared or used again', async () => {
  let reused = 0
  let shared = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const found = await run(steps)
      reused += found.reused
      shared += found.shared
    }),
  )
  // Else nothing was tried.
  expect(reused).toBeGreaterThan(0)
  expect(shared).toBeGreaterThan(0)
})

test('the same question of many at once is one run; so is the same question one after the other', async () => {
  const [fixed, , relative] = RANGES
  for (const range of [fixed, relative]) {
    if (range === undefined) throw new Error('no range')
    const same = { type: 'ask' as const, range, compare: false }
    const many = Array.from({ length: 50 }, () => same)
    const found = await run([...many, { type: 'turns', turns: 500 }, ...many])
    expect(found).toEqual({ queries: 1, shared: 49, reused: 50 })
  }
})
