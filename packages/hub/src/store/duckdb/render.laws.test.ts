import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allProjects, projectScope } from '../../core/scope.ts'
import type { ListPlan, Plan } from '../store.ts'
import { EventTable } from './event-table.fixture.ts'
import { answer, list } from './oracle.fixture.ts'
import { aggregatePlan, END, eventRow, predicate, START, settle } from './plans.fixture.ts'
import { renderRaw } from './render.ts'
import { renderBucket } from './render-bucket.ts'
import { type FrameTable, frameOf } from './render-frame.ts'
import { Parameters } from './render-sql.ts'

let table: EventTable

beforeAll(async () => {
  table = await EventTable.create()
})
afterAll(() => table.connection.closeSync())

async function ask(plan: Plan, project: string | null): Promise<FrameTable> {
  const { sql, values, columns } = renderRaw(
    plan,
    project === null ? allProjects() : projectScope(project),
    table.texts,
  )
  const frame = frameOf(plan, columns, await table.run(sql, values), (bin) => bin, table.texts)
  if (frame === 'too_many_rows') throw new Error('more rows than the plan allows')
  return frame
}

const project = fc.constantFrom(null, 'default', "p'2", 'nobody')

test('an aggregate plan answers what its definition says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventRow, { maxLength: 30 }),
      fc.array(fc.tuple(aggregatePlan, project), { minLength: 4, maxLength: 4 }),
      async (rows, questions) => {
        await table.clear()
        await table.append(rows)
        for (const [plan, scope] of questions) {
          const got = await ask(plan, scope)
          const want = answer(plan, scope, rows)
          expect(got.columns).toEqual(want.columns)
          expect(settle(plan, got.rows, want.rows)).toEqual(settle(plan, want.rows, got.rows))
        }
      },
    ),
    { numRuns: 120 },
  )
})

test('a list plan pages through the rows of its definition', async () => {
  const columns = ['model', 'user_id', 'tags', 'latency_ms', 'cost_total', 'suppressed']
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventRow, { maxLength: 25 }),
      fc.option(predicate, { nil: null }),
      project,
      fc.integer({ min: 1, max: 6 }),
      async (rows, where, scope, limit) => {
        await table.clear()
        const offset = await table.append(rows)
        const placed = rows.map((row, i) => ({ ...row, place: [0, offset, i] as const }))
        const whole: ListPlan = { type: 'list', from: START, to: END, where, columns, limit: 1000 }
        const want = list(whole, scope, placed as never)
        const seen: unknown[] = []
        let page: ListPlan = { ...whole, limit }
        for (;;) {
          const got = await ask(page, scope)
          expect(got.columns).toEqual(want.columns)
          seen.push(...got.rows)
          const last = got.rows.at(-1)
          if (got.rows.length < limit || last === undefined) break
          const [time, partition, at, index] = last.slice(-4) as [number, number, bigint, number]
          page = { ...page, before: { time, partition, offset: at, index } }
        }
        expect(seen).toEqual(want.rows)
      },
    ),
    { numRuns: 60 },
  )
})

test('a list plan pages through the rows of a partition in the order of arrival', async () => {
  const columns = ['model', 'tags', 'cost_total']
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(eventRow, { maxLength: 8 }), { maxLength: 5 }),
      fc.option(predicate, { nil: null }),
      project,
      fc.record({ limit: fc.integer({ min: 1, max: 5 }), descending: fc.boolean() }),
      async (batches, where, scope, { limit, descending }) => {
        await table.clear()
        const placed: unknown[] = []
        for (const rows of batches) {
          const offset = await table.append(rows)
          placed.push(...rows.map((row, i) => ({ ...row, place: [0, offset, i] as const })))
        }
        const arrival = { partition: 0 }
        const base = { type: 'list', from: START, to: END, where, columns } as const
        const whole: ListPlan = { ...base, arrival, limit: 1000 }
        const want = list(whole, scope, placed as never)
        const seen: unknown[] = []
        let page: ListPlan = { ...whole, limit }
        for (;;) {
          const got = await ask(page, scope)
          seen.push(...got.rows)
          const last = got.rows.at(-1)
          if (got.rows.length < limit || last === undefined) break
          const [offset, index] = last.slice(-2) as [bigint, number]
          page = { ...page, arrival: { partition: 0, after: { offset, index } } }
        }
        expect(seen).toEqual(want.rows)
        const back: ListPlan = { ...base, arrival: { partition: 0, descending }, limit }
        expect((await ask(back, scope)).rows).toEqual(list(back, scope, placed as never).rows)
        const other: ListPlan = { ...whole, arrival: { partition: 1 } }
        expect((await ask(other, scope)).rows).toEqual([])
      },
    ),
    { numRuns: 40 },
  )
})

test('a bucket number is the place of the last edge at or before the time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })), {
        minLength: 1,
        maxLength: 9,
      }),
      async (runs) => {
        const edges = [START]
        for (const [count, step] of runs) {
          for (let i = 0; i < count; i++) edges.push((edges.at(-1) as number) + step)
        }
        const parameters = new Parameters(table.texts)
        const bucket = renderBucket('t', edges, parameters)
        const [first, last] = [START, edges.at(-1) as number]
        const { sql, values } = parameters.finish(
          `SELECT t, ${bucket} FROM (SELECT unnest(range(${first}, ${last})) AS t)`,
        )
        for (const [time, index] of await table.run(sql, values)) {
          expect(Number(index)).toBe(edges.findLastIndex((edge) => edge <= Number(time)))
        }
      },
    ),
    { numRuns: 60 },
  )
})
