import type { Answer, Cell, Question } from '@llmhub/schema'
import { projectScope } from '../core/scope.ts'
import type { Plan } from '../store/store.ts'
import { executeQuestion } from './execute.ts'
import type { MemoryRow } from './memory-store.fixture.ts'
import { memoryStore } from './memory-store.fixture.ts'
import { parseQuestion } from './parse-question.ts'

export const HOUR = 3_600_000_000
/** 2026-11-20T00:00:00Z */
export const START = Date.UTC(2026, 10, 20) * 1000
export const NOW = START + 24 * HOUR

/** A call of a model `hours` after START. */
export function call(hours: number, model: string, more: MemoryRow = {}): MemoryRow {
  return {
    time: START + Math.round(hours * HOUR),
    project: 'default',
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

export interface Asked extends Answer {
  readonly plans: readonly Plan[]
}

/** Answers a question over plain rows; throws what is wrong with it. */
export async function answer(
  question: Question,
  rows: readonly MemoryRow[],
  now = NOW,
): Promise<Asked> {
  const parsed = parseQuestion(question, now)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const store = memoryStore(rows)
  const outcome = await executeQuestion(parsed.question, (plan) =>
    store.query(plan, projectScope('default'), new AbortController().signal),
  )
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  return { ...outcome.answer, plans: store.plans }
}

/** Rows as objects by column. */
export function records(asked: Pick<Answer, 'columns' | 'rows'>): Record<string, Cell>[] {
  return asked.rows.map((row) =>
    Object.fromEntries(asked.columns.map((column, at) => [column.name, row[at] ?? null])),
  )
}
