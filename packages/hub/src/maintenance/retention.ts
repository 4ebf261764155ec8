/**
 * Retention: rows older than their policy are deleted from the store by `retain` operations, and then
 * given up by the log. Raw rows and the buckets of rollups over them go together: a bucket is a cache
 * of its rows, and is built anew from what is left of them.
 */

import { LETTERS } from '../core/retention.ts'
import type { Cut } from '../log/operation.ts'
import { DEAD_LETTERS } from '../log/operation.ts'
import { type ActTools, MaintenanceError } from './operations.ts'
import type { RetentionCut } from './retention-rules.ts'

export interface CutReport extends RetentionCut {
  /** Rows that it lets go; null where they were not counted, which only a dry run does. */
  readonly rows: number | null
  /** Whether there were any. */
  readonly found: boolean
}

export interface RetentionReport {
  readonly cuts: readonly CutReport[]
  /** Below this, no row that the cuts let go is left in the store. */
  readonly below: Cut
}

const PAGE = 20_000

/**
 * Deletes what the cuts let go from the store, and answers when that is applied.
 * @param dryRun counts the rows instead, which reads all of them
 * @throws MaintenanceError when the store cannot be read or the log takes no operation
 */
export async function retain(
  tools: ActTools,
  cuts: readonly RetentionCut[],
  dryRun: boolean,
): Promise<RetentionReport> {
  const below = await tools.applied()
  const reports: CutReport[] = []
  for (const cut of cuts) {
    const rows = await countRows(tools, cut, dryRun ? Number.POSITIVE_INFINITY : 1)
    const found = rows > 0
    reports.push({ ...cut, rows: dryRun ? rows : null, found })
    if (!found || dryRun) continue
    const { project, from, before } = cut
    const family = cut.family === LETTERS ? DEAD_LETTERS : cut.family
    const outcome = await tools.append({
      op: 'retain',
      ...tools.head(below),
      project,
      family,
      from,
      before,
    })
    if (!outcome.ok) throw new MaintenanceError(outcome.failure, outcome.message)
    if (!(await tools.untilApplied(outcome.appended))) {
      throw new MaintenanceError('stopped', 'the act was stopped')
    }
  }
  return { cuts: reports, below }
}

async function countRows(tools: ActTools, cut: RetentionCut, most: number): Promise<number> {
  const letters = cut.family === LETTERS
  let rows = 0
  const pages = tools.scan({
    table: letters ? 'dead_letters' : 'events',
    project: cut.project,
    from: cut.from ?? -(2 ** 53),
    to: cut.before,
    where:
      letters || cut.family === null
        ? null
        : { op: 'in', field: { type: 'column', column: 'family' }, values: [cut.family] },
    columns: [],
    limit: Math.min(PAGE, most),
  })
  for await (const page of pages) {
    rows += page.rows.length
    if (rows >= most) break
  }
  return rows
}
