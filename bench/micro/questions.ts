/**
 * Ten fixed questions over generated calls of 30 days: from rows, and with rollups. Prints the median of
 * seven runs each and the ratio; figures of a shared machine compare only within one run.
 *
 *   node --conditions=@llmhub/source bench/micro/questions.ts [rows, default 1000000]
 */
import { allProjects } from '../../packages/hub/src/core/scope.ts'
import { ROLLUPS } from '../../packages/hub/src/rollup/rollups.ts'
import { EventTable } from '../../packages/hub/src/store/duckdb/event-table.fixture.ts'
import { renderPlan } from '../../packages/hub/src/store/duckdb/render-plan.ts'
import {
  buildSpan,
  readUnclean,
  registerRollups,
} from '../../packages/hub/src/store/duckdb/rollup-build.ts'
import { DAY_MICROS, HOUR_MICROS } from '../../packages/hub/src/store/rollup.ts'
import type {
  Aggregate,
  AggregatePlan,
  FieldRef,
  Predicate,
} from '../../packages/hub/src/store/store.ts'

const DAYS = 30
const START = 20_000 * DAY_MICROS
const END = START + DAYS * DAY_MICROS
const RUNS = 7

const column = (name: string): FieldRef => ({ type: 'column', column: name })
const isIn = (name: string, ...values: string[]): Predicate => ({
  op: 'in',
  field: column(name),
  values,
})
const calls = isIn('kind', 'llm_request', 'latency')
const succeeded: Predicate = {
  op: 'or',
  parts: [{ op: 'is_null', field: column('status') }, isIn('status', 'ok')],
}
const every = (width: number): number[] =>
  Array.from({ length: (END - START) / width + 1 }, (_, i) => START + i * width)
const quantile = (q: number): Aggregate => ({
  id: `p${q}`,
  fn: 'quantile',
  column: 'latency_ms',
  q,
  where: succeeded,
})

const plan = (
  aggregates: readonly Aggregate[],
  more: Partial<AggregatePlan> = {},
): AggregatePlan => ({
  type: 'aggregate',
  from: START,
  to: END,
  edges: null,
  where: calls,
  groupBy: [],
  aggregates,
  maxRows: 100_000,
  ...more,
})
const cost: Aggregate = { id: 'cost', fn: 'sum', column: 'cost_total' }
const rows: Aggregate = { id: 'rows', fn: 'rows' }
const errors: Aggregate = { id: 'errors', fn: 'rows', where: isIn('status', 'error', 'timeout') }
const hours = every(HOUR_MICROS)

const QUESTIONS: readonly (readonly [string, AggregatePlan])[] = [
  ['cost by model and day', plan([cost], { edges: every(DAY_MICROS), groupBy: [column('model')] })],
  ['p95 latency by hour', plan([quantile(0.95)], { edges: hours })],
  ['errors by hour', plan([errors, rows], { edges: hours })],
  ['requests by model', plan([rows], { groupBy: [column('model')] })],
  [
    'tokens by provider and environment',
    plan(
      [
        { id: 'in', fn: 'sum', column: 'input_tokens' },
        { id: 'out', fn: 'sum', column: 'output_tokens' },
      ],
      { groupBy: [column('provider'), column('environment')] },
    ),
  ],
  [
    'top 10 users by cost',
    plan([cost], {
      groupBy: [column('user_id')],
      topGroups: { by: 'cost', dir: 'desc', limit: 10 },
    }),
  ],
  [
    'latency percentiles by model',
    plan([0.5, 0.9, 0.95, 0.99].map(quantile), { groupBy: [column('model')] }),
  ],
  [
    'latency mean and deviation by day',
    plan(
      [
        { id: 'sum', fn: 'sum', column: 'latency_ms', where: succeeded },
        { id: 'n', fn: 'rows', column: 'latency_ms', where: succeeded },
        { id: 'm2', fn: 'm2', column: 'latency_ms', where: succeeded },
      ],
      { edges: every(DAY_MICROS) },
    ),
  ],
  [
    'unpriced calls by model',
    plan([{ id: 'n', fn: 'rows', where: { op: 'is_null', field: column('cost_total') } }], {
      groupBy: [column('model')],
    }),
  ],
  [
    'cost of the trailing 24 h, off the hour',
    plan([cost, rows], {
      from: END - DAY_MICROS - 17e8,
      to: END - 17e8,
      groupBy: [column('model')],
    }),
  ],
]

const DICTIONARIES: Readonly<Record<string, readonly string[]>> = {
  project: ['default'],
  kind: ['llm_request', 'latency', 'span'],
  family: ['telemetry'],
  provider: ['openai', 'anthropic', 'azure', 'google'],
  model: Array.from({ length: 12 }, (_, i) => `model-${i}`),
  environment: ['production', 'staging'],
  status: ['ok', 'error', 'timeout', 'cancelled'],
  price_source: ['package', 'none'],
}

/** Values per column as SQL over the row number `i`; other columns are null. */
const GENERATED: Readonly<Record<string, string>> = {
  project: '0',
  time: `${START} + CAST(i::DOUBLE / total * ${DAYS * DAY_MICROS} AS BIGINT)`,
  kind: 'CASE WHEN hash(i, 1) % 10 < 9 THEN 0 ELSE 2 END',
  family: '0',
  weight: '1.0',
  suppressed: 'FALSE',
  is_current: 'TRUE',
  provider: 'hash(i, 2) % 4',
  model: 'hash(i, 2) % 4 + hash(i, 3) % 3 * 4',
  environment: 'hash(i, 4) % 2',
  status: 'CASE WHEN hash(i, 5) % 50 = 0 THEN 1 + hash(i, 6) % 3 ELSE 0 END',
  price_source: 'CASE WHEN hash(i, 2) % 4 = 3 THEN 1 ELSE 0 END',
  user_id: `'user-' || (hash(i, 7) % 2000)`,
  latency_ms: 'exp(6 + (hash(i, 8) % 1000000) / 400000.0)',
  latency_bin: 'CAST(ceil((6 + (hash(i, 8) % 1000000) / 400000.0) / ln(1.01 / 0.99)) AS SMALLINT)',
  input_tokens: 'hash(i, 9) % 4000',
  output_tokens: 'hash(i, 10) % 900',
  cost_total: 'CASE WHEN hash(i, 2) % 4 < 3 THEN (hash(i, 11) % 100000000000)::BIGINT END',
}

async function generate(table: EventTable, total: number): Promise<void> {
  const names = Object.keys(GENERATED)
  const select = names.map((name) => `${GENERATED[name]} AS "${name}"`)
  await table.run(
    `INSERT INTO event_rows BY NAME SELECT 0 AS log_partition, i AS log_offset, 0 AS log_index, ${select.join(', ')} FROM (SELECT range AS i, ${total} AS total FROM range(${total}))`,
  )
  for (const [name, texts] of Object.entries(DICTIONARIES)) {
    for (const text of texts) await table.idOf(name, text)
  }
}

const total = Number(process.argv[2] ?? 1_000_000)
const table = await EventTable.create()
const { run } = table

await generate(table, total)
await table.migrate('0002_rollups.sql')
await table.migrate('0004_rollups_cost_cache_saved.sql')
await registerRollups(run, ROLLUPS)
const began = performance.now()
for (let from = START; from < END; from += DAY_MICROS) {
  await buildSpan(run, ROLLUPS, HOUR_MICROS, { from, to: from + DAY_MICROS })
}
await buildSpan(run, ROLLUPS, DAY_MICROS, { from: START, to: END })
const seconds = (performance.now() - began) / 1000
process.stdout.write(`${total} rows; rollups built in ${seconds.toFixed(1)} s\n`)
for (const { name } of ROLLUPS) {
  const cells = await run(`SELECT count(*) FROM rollup_${name}`)
  process.stdout.write(`  ${name}: ${Number(cells[0]?.[0])} cells\n`)
}

async function median(
  question: AggregatePlan,
): Promise<{ ms: number; source: string; answer: string }> {
  const times: number[] = []
  let source = ''
  let answer = ''
  for (let i = 0; i < RUNS; i++) {
    const start = performance.now()
    const unclean = await readUnclean(run, ROLLUPS, question)
    const rendered = renderPlan(question, allProjects(), {
      rollups: ROLLUPS,
      unclean,
      texts: table.texts,
    })
    const rows = await table.runLists(rendered.sql, rendered.values)
    times.push(performance.now() - start)
    source = rendered.source
    answer = `${rows.length} rows`
  }
  return { ms: times.sort((a, b) => a - b)[RUNS >> 1] ?? Number.NaN, source, answer }
}

for (const [name, question] of QUESTIONS) {
  const raw = await median({ ...question, rawOnly: true })
  const stored = await median(question)
  process.stdout.write(
    `${name.padEnd(42)} raw ${raw.ms.toFixed(1).padStart(7)} ms  ${stored.source.padEnd(6)} ${stored.ms.toFixed(1).padStart(7)} ms  × ${(raw.ms / stored.ms).toFixed(1).padStart(5)}  ${stored.answer}\n`,
  )
}
table.connection.closeSync()
