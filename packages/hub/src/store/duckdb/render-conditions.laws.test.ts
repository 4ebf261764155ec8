import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allProjects } from '../../core/scope.ts'
import { ROLLUPS } from '../../rollup/rollups.ts'
import { HOUR_MICROS } from '../rollup.ts'
import type { AggregatePlan, Predicate } from '../store.ts'
import { type EventRow, EventTable } from './event-table.fixture.ts'
import { answer } from './oracle.fixture.ts'
import { END, START, settle } from './plans.fixture.ts'
import { frameOf } from './render-frame.ts'
import { renderPlan } from './render-plan.ts'
import { buildSpan, readUnclean, registerRollups } from './rollup-build.ts'

const BUILT = { from: START, to: START + 18 * HOUR_MICROS }

let table: EventTable

beforeAll(async () => {
  table = await EventTable.create()
  await table.migrate('0002_rollups.sql')
  await registerRollups(table.run, ROLLUPS)
})
afterAll(() => table.connection.closeSync())

const VALUES = {
  kind: ['llm_request', 'latency', 'span', 'score'],
  status: ['ok', 'error', 'timeout', null],
} as const

const eventRow: fc.Arbitrary<EventRow> = fc.record({
  project: fc.constant('default'),
  family: fc.constant('telemetry'),
  time: fc.integer({ min: START, max: END - 1 }),
  weight: fc.constantFrom(1, 2.5),
  suppressed: fc.constant(false),
  is_current: fc.constant(true),
  kind: fc.constantFrom(...VALUES.kind),
  status: fc.constantFrom(...VALUES.status),
  latency_ms: fc.constantFrom(null, 1.5, 20, 300),
  input_tokens: fc.constantFrom(null, 1n, 70n),
})

/** Comparisons of two dictionaries: few, so that aggregates share some and not others. */
const comparison: fc.Arbitrary<Predicate> = fc
  .constantFrom('kind' as const, 'status' as const)
  .chain((name): fc.Arbitrary<Predicate> => {
    const field = { type: 'column', column: name } as const
    const texts = VALUES[name].filter((text) => text !== null)
    return fc.oneof(
      fc.record({
        op: fc.constant('in' as const),
        field: fc.constant(field),
        values: fc.subarray([...texts, 'unseen'], { maxLength: 2 }),
      }),
      fc.constant({ op: 'is_null', field } as const),
      fc.constant({ op: 'lt', field, value: 'm' } as const),
    )
  })
const condition: fc.Arbitrary<Predicate> = fc.oneof(
  comparison,
  comparison.map((part) => ({ op: 'not', part }) as const),
  fc
    .tuple(fc.constantFrom('and' as const, 'or' as const), comparison, comparison)
    .map(([op, a, b]): Predicate => ({ op, parts: [a, { op: 'not', part: b }] })),
)

const aggregate = fc.oneof(
  fc.constant({ fn: 'rows' } as const),
  fc.constant({ fn: 'rows', column: 'latency_ms' } as const),
  fc
    .constantFrom('sum' as const, 'max' as const, 'm2' as const)
    .map((fn) => ({ fn, column: 'latency_ms' })),
  fc.constant({ fn: 'sum', column: 'input_tokens' } as const),
)

const widePlan: fc.Arbitrary<AggregatePlan> = fc
  .record({
    parts: fc.array(fc.tuple(aggregate, condition), { minLength: 1, maxLength: 10 }),
    by: fc.boolean(),
  })
  .map(({ parts, by }) => ({
    type: 'aggregate',
    from: START,
    to: END,
    edges: null,
    where: null,
    groupBy: by ? [{ type: 'column', column: 'kind' }] : [],
    aggregates: parts.map(([one, where], i) => ({ ...one, id: `x${i}`, where })),
    maxRows: 100,
  }))

test('aggregates with many conditions answer what their definitions say, from rows and with rollups', async () => {
  const sources = new Set<string>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(eventRow, { minLength: 5, maxLength: 30 }),
      fc.array(widePlan, { minLength: 3, maxLength: 3 }),
      async (rows, plans) => {
        await table.clear()
        await table.append(rows)
        await buildSpan(table.run, ROLLUPS, HOUR_MICROS, BUILT)
        for (const plan of plans) {
          for (const rawOnly of [true, false]) {
            const asked: AggregatePlan = { ...plan, rawOnly }
            const unclean = await readUnclean(table.run, ROLLUPS, asked)
            const rendered = renderPlan(asked, allProjects(), {
              rollups: ROLLUPS,
              unclean,
              texts: table.texts,
            })
            sources.add(rendered.source)
            const found = await table.runLists(rendered.sql, rendered.values)
            const got = frameOf(asked, rendered.columns, found, (bin) => bin, table.texts)
            if (got === 'too_many_rows') throw new Error(got)
            const want = answer(asked, null, rows)
            expect(settle(asked, got.rows, want.rows)).toEqual(settle(asked, want.rows, got.rows))
          }
        }
      },
    ),
    { numRuns: 25 },
  )
  expect([...sources].sort()).toEqual(['mixed', 'raw'])
})
