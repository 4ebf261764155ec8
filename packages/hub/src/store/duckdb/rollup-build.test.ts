import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { allProjects } from '../../core/scope.ts'
import { ROLLUPS } from '../../rollup/rollups.ts'
import { HOUR_MICROS, type RollupDefinition } from '../rollup.ts'
import type { AggregatePlan, FrameCell } from '../store.ts'
import { type EventRow, EventTable } from './event-table.fixture.ts'
import { frameOf } from './render-frame.ts'
import { renderPlan } from './render-plan.ts'
import { buildSpan, readBacklog, readUnclean, registerRollups } from './rollup-build.ts'
import { tableStatements } from './rollup-cells.ts'
import { verifyRollups } from './rollup-verify.ts'

const T0 = 493_000 * HOUR_MICROS
const HOURS = { from: T0, to: T0 + 3 * HOUR_MICROS }
const definition = ROLLUPS.find(({ name }) => name === 'models_1h') as RollupDefinition

const event = (hour: number, model: string, latency: number | null = 100) =>
  ({
    project: 'default',
    time: T0 + hour * HOUR_MICROS + 5,
    weight: 1,
    suppressed: false,
    is_current: true,
    kind: 'llm_request',
    family: 'telemetry',
    model,
    latency_ms: latency,
    latency_bin: latency === null ? null : 7,
  }) satisfies EventRow

const byModel: AggregatePlan = {
  type: 'aggregate',
  from: HOURS.from,
  to: HOURS.to,
  edges: null,
  where: null,
  groupBy: [{ type: 'column', column: 'model' }],
  aggregates: [
    { id: 'n', fn: 'rows' },
    { id: 'sum', fn: 'sum', column: 'latency_ms' },
  ],
  maxRows: 100,
}

let table: EventTable

beforeEach(async () => {
  table = await EventTable.create()
  await table.migrate('0002_rollups.sql')
  await registerRollups(table.run, [definition])
})
afterEach(() => table.connection.closeSync())

async function ask(
  plan: AggregatePlan,
  rollups: readonly RollupDefinition[] = [definition],
): Promise<{ source: string; rows: readonly (readonly FrameCell[])[] }> {
  const unclean = await readUnclean(table.run, rollups, plan)
  const rendered = renderPlan(plan, allProjects(), { rollups, unclean, texts: table.texts })
  const rows = await table.runLists(rendered.sql, rendered.values)
  const frame = frameOf(plan, rendered.columns, rows, (bin) => bin, table.texts)
  if (frame === 'too_many_rows') throw new Error(frame)
  return { source: rendered.source, rows: frame.rows }
}

describe('rollups', () => {
  it('are declared by the migration as their definitions say', async () => {
    const file = new URL('../../../sql/duckdb/0002_rollups.sql', import.meta.url)
    const sql = await readFile(file, 'utf8')
    const declared = sql.slice(sql.indexOf('CREATE TABLE "rollup_')).trim()
    expect(declared).toBe(ROLLUPS.flatMap(tableStatements).join('\n\n'))
  })

  it('answer once built, and rows answer again for an hour that changed', async () => {
    await table.append([event(0, 'a'), event(1, 'a', 0.1), event(2, 'b', 0.2)])
    expect((await ask(byModel)).source).toBe('raw')
    await buildSpan(table.run, [definition], HOUR_MICROS, HOURS)
    const rows = [
      ['a', 2, 100.1],
      ['b', 1, 0.2],
    ]
    expect(await ask(byModel)).toEqual({ source: 'rollup', rows })
    await table.append([event(1, 'b', 0.1)])
    expect(await ask(byModel)).toEqual({ source: 'mixed', rows: [rows[0], ['b', 2, 0.3]] })
    expect((await ask({ ...byModel, rawOnly: true })).source).toBe('raw')
  })

  it('are not read where a bucket has too many cells to keep', async () => {
    const narrow = { ...definition, maxCells: 1 }
    await table.append([event(0, 'a'), event(0, 'b'), event(1, 'a')])
    await buildSpan(table.run, [narrow], HOUR_MICROS, HOURS)
    expect((await ask(byModel, [narrow])).source).toBe('mixed')
    expect((await ask({ ...byModel, to: T0 + HOUR_MICROS }, [narrow])).source).toBe('raw')
    expect(await table.run('SELECT DISTINCT bucket FROM rollup_models_1h')).toEqual([
      [BigInt(T0 + HOUR_MICROS)],
    ])
    expect((await readBacklog(table.run, [narrow])).staleHours).toEqual([])
  })

  it('are not read where many cells have few rows each', async () => {
    const cells = (hour: number, models: number, rowsEach: number) =>
      Array.from({ length: models }, (_, i) => ({ ...event(hour, `m${i}`), weight: rowsEach }))
    // A thousand cells are few; of more, each has to stand for eight rows.
    await table.append([...cells(0, 1000, 1), ...cells(1, 1001, 7), ...cells(2, 1001, 8)])
    await buildSpan(table.run, [definition], HOUR_MICROS, HOURS)
    const kept = await table.run(
      `SELECT stored FROM rollup_buckets WHERE bucket < ${HOURS.from + 3 * HOUR_MICROS} ORDER BY bucket`,
    )
    expect(kept.flat()).toEqual([true, false, true])
    const { source, rows } = await ask({ ...byModel, maxRows: 2000 })
    expect(source).toBe('mixed')
    expect(rows.length).toBe(1001)
    expect(rows).toEqual((await ask({ ...byModel, maxRows: 2000, rawOnly: true })).rows)
  })

  it('are built again when redefined', async () => {
    await table.append([event(0, 'a')])
    await buildSpan(table.run, [definition], HOUR_MICROS, HOURS)
    const next = { ...definition, version: definition.version + 1 }
    expect((await ask(byModel, [next])).source).toBe('raw')
    await registerRollups(table.run, [next])
    expect(await readBacklog(table.run, [next])).toMatchObject({ staleHours: [T0] })
    await buildSpan(table.run, [next], HOUR_MICROS, HOURS)
    expect(await ask(byModel, [next])).toEqual({ source: 'rollup', rows: [['a', 1, 100]] })
  })

  it('are verified: a changed, doubled or stray cell and unmarked rows are named', async () => {
    await table.append([event(0, 'a'), event(1, 'a'), event(2, 'a')])
    await buildSpan(table.run, [definition], HOUR_MICROS, HOURS)
    const verify = () => verifyRollups(table.run, [definition])
    expect(await verify()).toEqual([{ name: 'models_1h', checked: 3, different: [], unmarked: [] }])
    await table.run(`UPDATE rollup_models_1h SET "rows" = 7 WHERE bucket = ${T0}`)
    await table.run(
      `INSERT INTO rollup_models_1h_bins SELECT * FROM rollup_models_1h_bins WHERE bucket = ${T0 + HOUR_MICROS}`,
    )
    await table.append([event(9, 'a')])
    await table.run('DELETE FROM dirty_hours')
    expect(await verify()).toEqual([
      {
        name: 'models_1h',
        checked: 3,
        different: [T0, T0 + HOUR_MICROS],
        unmarked: [T0 + 9 * HOUR_MICROS],
      },
    ])
  })

  it('give the quantile of nearest rank, from bins as from rows', async () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1)
    const qs = [0, ...values.map((n) => n / 100), 0.005, 0.0101, 0.999, 1 / 3]
    const rows = values.map((n) => ({ ...event(n % 3, 'a', n), latency_bin: n }))
    const shuffled = rows.toSorted(
      (a, b) => ((a.latency_bin * 37) % 101) - ((b.latency_bin * 37) % 101),
    )
    await table.append(shuffled)
    const plan: AggregatePlan = {
      ...byModel,
      aggregates: qs.map((q, i) => ({ id: `q${i}`, fn: 'quantile', column: 'latency_ms', q })),
    }
    const ranks = qs.map((q) => values.find((n) => n / 100 >= q) ?? 100)
    expect(await ask(plan)).toEqual({ source: 'raw', rows: [['a', ...ranks]] })
    await buildSpan(table.run, [definition], HOUR_MICROS, { ...HOURS, to: T0 + 2 * HOUR_MICROS })
    expect(await ask(plan)).toEqual({ source: 'mixed', rows: [['a', ...ranks]] })
    await buildSpan(table.run, [definition], HOUR_MICROS, HOURS)
    expect(await ask(plan)).toEqual({ source: 'rollup', rows: [['a', ...ranks]] })
  })

  it('refuse a span that cuts a bucket', async () => {
    const span = { from: T0, to: T0 + 1 }
    await expect(buildSpan(table.run, [definition], HOUR_MICROS, span)).rejects.toThrow(RangeError)
  })
})
