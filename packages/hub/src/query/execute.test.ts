import { expect, test } from 'vitest'
import { projectScope } from '../core/scope.ts'
import { executeQuestion } from './execute.ts'
import type { MemoryRow } from './memory-store.test-support.ts'
import { memoryStore } from './memory-store.test-support.ts'
import { parseQuestion } from './parse-question.ts'

const START = Date.UTC(2026, 10, 20) * 1000
const HOUR = 3_600_000_000
const NOW = START + 24 * HOUR

function call(hours: number, model: string, more: MemoryRow = {}): MemoryRow {
  return {
    time: START + hours * HOUR,
    kind: 'llm_request',
    family: 'telemetry',
    model,
    status: 'ok',
    latency_ms: 100,
    cost_total: 1_500_000_000n,
    input_tokens: 10n,
    output_tokens: 5n,
    ...more,
  }
}

async function answer(question: object, rows: readonly MemoryRow[]) {
  const parsed = parseQuestion(question, NOW)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const store = memoryStore(rows)
  const outcome = await executeQuestion(parsed.question, (plan) =>
    store.query(plan, projectScope('default'), new AbortController().signal),
  )
  if (!outcome.ok) throw new Error(outcome.message)
  return { ...outcome.answer, plans: store.plans }
}

test('a series by model', async () => {
  const { columns, rows, meta } = await answer(
    {
      kind: 'series',
      measures: ['requests.count', 'cost.total', 'latency.p95'],
      by: ['time:1h', 'model'],
      from: '2026-11-20T00:00:00Z',
      to: '2026-11-20T03:00:00Z',
    },
    [
      call(0, 'a'),
      call(0.5, 'a', { latency_ms: 300 }),
      call(0.2, 'b'),
      call(2, 'a', { status: 'error', latency_ms: 9000 }),
    ],
  )
  expect(columns.map((column) => column.name)).toEqual([
    'time',
    'model',
    'requests.count',
    'cost.total',
    'latency.p95',
    'complete',
  ])
  expect(rows).toEqual([
    ['2026-11-20T00:00:00.000Z', 'a', 2, '0.003', 300, true],
    ['2026-11-20T00:00:00.000Z', 'b', 1, '0.0015', 100, true],
    ['2026-11-20T02:00:00.000Z', 'a', 1, '0.0015', null, true],
  ])
  expect(meta).toEqual({
    asOf: { position: { '0': '4' }, watermark: '2026-11-20T02:00:00.000Z' },
    source: 'raw',
    partial: false,
    warnings: [],
    timezone: 'UTC',
    from: '2026-11-20T00:00:00.000Z',
    to: '2026-11-20T03:00:00.000Z',
  })
})
