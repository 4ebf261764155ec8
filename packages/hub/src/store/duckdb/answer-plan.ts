import { valueOf } from '@llmhub/stats'
import type { RollupDefinition } from '../rollup.ts'
import { type SqlValue, TooManyRowsError } from './driver.ts'
import type { AnswerPlan } from './duckdb-store.ts'
import type { ListResult } from './read-result.ts'
import { frameOf, scalar } from './render-frame.ts'
import { renderPlan } from './render-plan.ts'
import { planRange } from './render-range.ts'
import { type Run, readUnclean, type UncleanSpans } from './rollup-build.ts'

/** Answers plans from rows and from the rollups given, coarsest first. */
export function answerWith(rollups: readonly RollupDefinition[]): AnswerPlan {
  return async (plan, scope, run, texts) => {
    const unclean: UncleanSpans =
      plan.type === 'list' || plan.rawOnly === true || rollups.length === 0
        ? new Map()
        : await readUnclean(runOf(run), rollups, planRange(plan))
    const usable = unclean.size === 0 ? [] : rollups
    const rendered = renderPlan(plan, scope, { rollups: usable, unclean, texts })
    const result = await run(rendered.sql, rendered.values)
    const table = frameOf(plan, rendered.columns, result.rows, valueOf, texts)
    if (table === 'too_many_rows') {
      throw new TooManyRowsError(
        result.rows.length,
        plan.type === 'list' ? plan.limit : plan.maxRows,
      )
    }
    return { ...table, source: rendered.source }
  }
}

/** The statement runner that rollups are maintained with, on a runner of this store's driver. */
export function runOf(
  run: (sql: string, values?: readonly SqlValue[]) => Promise<ListResult>,
): Run {
  return async (sql, values = []) => {
    const { rows } = await run(sql, values)
    return rows.map((row) => row.map(scalar))
  }
}
