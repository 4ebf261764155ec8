import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allProjects, projectScope } from '../../core/scope.ts'
import { ROLLUPS } from '../../rollup/rollups.ts'
import { nextBuild } from '../../rollup/schedule.ts'
import { DAY_MICROS, HOUR_MICROS } from '../rollup.ts'
import type { AggregatePlan } from '../store.ts'
import { type EventRow, EventTable } from './event-table.fixture.ts'
import { answer } from './oracle.fixture.ts'
import { END, eventRow, rollupPlan, START, settle } from './plans.fixture.ts'
import { type FrameTable, frameOf } from './render-frame.ts'
import { renderPlan } from './render-plan.ts'
import { buildSpan, readBacklog, readUnclean, registerRollups } from './rollup-build.ts'
import { verifyRollups } from './rollup-verify.ts'

let table: EventTable

beforeAll(async () => {
  table = await EventTable.create()
  await table.migrate('0002_rollups.sql')
  await registerRollups(table.run, ROLLUPS)
})
afterAll(() => table.connection.closeSync())

/** Every value of a bin (1.02^bin − a half percent …) is told to 1 %. */
const GAMMA = 1.01 / 0.99
const binOf = (x: number): number => (x === 0 ? -20_000 : Math.ceil(Math.log(x) / Math.log(GAMMA)))
const binValue = (bin: number): number => (bin === -20_000 ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1))

/** Few hours, so that a step builds much with little; a row in ten keeps its own time. */
const row = fc
  .tuple(
    eventRow,
    fc.option(fc.constantFrom(0, 1, 2, 3, 4, 22, 23, 24, 35), { freq: 9 }),
    fc.nat(HOUR_MICROS - 1),
  )
  .map(([one, hour, rest]) =>
    withBins(hour === null ? one : { ...one, time: START + hour * HOUR_MICROS + rest }),
  )

function withBins(row: EventRow): EventRow {
  const bin = (value: unknown): number | null =>
    typeof value !== 'number' ? null : binOf(Math.max(value, 0) < 1e-100 ? 0 : value)
  return { ...row, latency_bin: bin(row['latency_ms']), ttft_bin: bin(row['ttft_ms']) }
}

async function ask(
  plan: AggregatePlan,
  project: string | null,
): Promise<FrameTable & { source: string }> {
  const unclean = await readUnclean(table.run, ROLLUPS, plan)
  const scope = project === null ? allProjects() : projectScope(project)
  const { sql, values, columns, source } = renderPlan(plan, scope, {
    rollups: ROLLUPS,
    unclean,
    texts: table.texts,
  })
  const frame = frameOf(plan, columns, await table.runLists(sql, values), binValue, table.texts)
  if (frame === 'too_many_rows') throw new Error('more rows than the plan allows')
  return { ...frame, source }
}

async function buildAll(
  closedBefore: number,
  maxHours: number,
  rounds = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    const build = nextBuild(await readBacklog(table.run, ROLLUPS), { closedBefore, maxHours })
    if (build === null) return
    await table.run('BEGIN TRANSACTION')
    await buildSpan(
      table.run,
      ROLLUPS,
      build.grain === 'hour' ? HOUR_MICROS : DAY_MICROS,
      build.span,
    )
    await table.run('COMMIT')
  }
}

async function reset(): Promise<void> {
  await table.clear()
  await table.run('DELETE FROM rollup_buckets')
  await table.run('DELETE FROM rollup_versions')
  for (const { name, sketches } of ROLLUPS) {
    await table.run(`DELETE FROM rollup_${name}`)
    if (sketches.length > 0) await table.run(`DELETE FROM rollup_${name}_bins`)
  }
  await registerRollups(table.run, ROLLUPS)
}

const seen = { raw: 0, rollup: 0, mixed: 0 }

test('answers with rollups equal the definition, whatever was built, came late or was suppressed', async () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({
        do: fc.constant('append' as const),
        rows: fc.array(row, { minLength: 1, maxLength: 20 }),
      }),
      fc.record({ do: fc.constant('suppress' as const), below: fc.nat({ max: 10 }) }),
      fc.record({
        do: fc.constant('build' as const),
        until: fc.integer({ min: 0, max: 60 }),
        maxHours: fc.integer({ min: 1, max: 30 }),
        rounds: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({
        do: fc.constant('ask' as const),
        plans: fc.array(rollupPlan, { minLength: 4, maxLength: 4 }),
        project: fc.constantFrom(null, 'default', "p'2"),
      }),
    ),
    { minLength: 6, maxLength: 14 },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 20, maxLength: 40 }),
      steps,
      fc.array(rollupPlan, { minLength: 10, maxLength: 10 }),
      async (first, list, last) => {
        await reset()
        let rows: EventRow[] = [...first]
        if (rows.length > 0) await table.append(rows)
        const check = async (plan: AggregatePlan, project: string | null): Promise<void> => {
          const got = await ask(plan, project)
          seen[got.source as 'raw'] += 1
          const want = answer(plan, project, rows)
          const near = (one: (typeof plan.aggregates)[number]): number | null =>
            one.fn === 'quantile' ? 0.01 : one.fn === 'm2' ? 1e-9 : null
          expect(got.columns).toEqual(want.columns)
          expect(settle(plan, got.rows, want.rows, near)).toEqual(
            settle(plan, want.rows, got.rows, near),
          )
        }
        for (const step of list) {
          if (step.do === 'append') {
            await table.append(step.rows)
            rows = [...rows, ...step.rows]
          } else if (step.do === 'suppress') {
            await table.suppress(`input_tokens < ${step.below} AND NOT suppressed`)
            rows = rows.map((row) =>
              row['input_tokens'] !== null && Number(row['input_tokens']) < step.below
                ? { ...row, suppressed: true }
                : row,
            )
          } else if (step.do === 'build') {
            await buildAll(START + step.until * HOUR_MICROS, step.maxHours, step.rounds)
          } else {
            for (const plan of step.plans) await check(plan, step.project)
          }
        }
        await buildAll(END + 4 * DAY_MICROS, 24)
        for (const plan of last) await check(plan, null)
        for (const report of await verifyRollups(table.run, ROLLUPS)) {
          expect(report).toMatchObject({ different: [], unmarked: [] })
        }
      },
    ),
    { numRuns: 6 },
  )
  expect(seen.raw).toBeGreaterThan(0)
  expect(seen.rollup).toBeGreaterThan(0)
  expect(seen.mixed).toBeGreaterThan(0)
})
