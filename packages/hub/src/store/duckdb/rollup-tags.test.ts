import { afterAll, beforeAll, expect, test } from 'vitest'
import { allProjects } from '../../core/scope.ts'
import { ROLLUPS } from '../../rollup/rollups.ts'
import { DAY_MICROS, HOUR_MICROS } from '../rollup.ts'
import type { AggregatePlan, FieldRef } from '../store.ts'
import { EventTable } from './event-table.fixture.ts'
import { frameOf } from './render-frame.ts'
import { renderPlan } from './render-plan.ts'
import { buildSpan, readUnclean, registerRollups } from './rollup-build.ts'

const START = 20_000 * DAY_MICROS
const HOURS = 60

let table: EventTable

beforeAll(async () => {
  table = await EventTable.create()
  await table.migrate('0002_rollups.sql')
  await registerRollups(table.run, ROLLUPS)
  await table.append(
    Array.from({ length: HOURS * 4 }, (_, i) => ({
      project: 'default',
      time: START + i * (HOUR_MICROS / 4),
      weight: 1,
      suppressed: false,
      is_current: true,
      kind: 'llm_request',
      status: 'ok',
      cost_total: BigInt(i),
      tags: i % 7 === 0 ? null : { team: `team-${i % 3}`, tier: `tier-${i % 2}` },
    })),
  )
  const built = { from: START, to: START + 2 * DAY_MICROS }
  await buildSpan(table.run, ROLLUPS, HOUR_MICROS, built)
  await buildSpan(table.run, ROLLUPS, DAY_MICROS, built)
})
afterAll(() => table.connection.closeSync())

const tag = (key: string): FieldRef => ({ type: 'tag', key })

async function ask(plan: AggregatePlan): Promise<{ source: string; rows: unknown }> {
  const unclean = await readUnclean(table.run, ROLLUPS, plan)
  const context = { rollups: ROLLUPS, unclean, texts: table.texts }
  const { sql, values, columns, source } = renderPlan(plan, allProjects(), context)
  const rows = await table.runLists(sql, values)
  const frame = frameOf(plan, columns, rows, Number, table.texts)
  if (frame === 'too_many_rows') throw new Error(frame)
  return { source, rows: frame.rows }
}

test('several tags at once: groups, conditions and distinct values, from days and rows', async () => {
  const plan: AggregatePlan = {
    type: 'aggregate',
    from: START,
    to: START + HOURS * HOUR_MICROS,
    edges: null,
    where: { op: 'not', part: { op: 'in', field: tag('tier'), values: ['tier-9'] } },
    groupBy: [tag('team'), tag('tier')],
    aggregates: [
      { id: 'rows', fn: 'rows' },
      { id: 'cost', fn: 'sum', column: 'cost_total' },
      {
        id: 'first',
        fn: 'sum',
        column: 'cost_total',
        where: { op: 'in', field: tag('tier'), values: ['tier-0'] },
      },
      { id: 'teams', fn: 'distinct', field: tag('team') },
    ],
    maxRows: 100,
  }
  for (const groupBy of [plan.groupBy, [tag('tier')], [tag('unknown')], []]) {
    const stored = await ask({ ...plan, groupBy })
    const raw = await ask({ ...plan, groupBy, rawOnly: true })
    expect(stored.rows).toEqual(raw.rows)
    expect([stored.source, raw.source]).toEqual(['mixed', 'raw'])
  }
  expect((await ask(plan)).rows).toHaveLength(7)
})
