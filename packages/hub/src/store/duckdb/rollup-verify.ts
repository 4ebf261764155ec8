import type { RollupDefinition, Span } from '../rollup.ts'
import { HOUR_MICROS } from '../rollup.ts'
import { bucketSql, mergeStarts, type Run, selectBins, selectCells } from './rollup-build.ts'
import { binTable, cellTable } from './rollup-cells.ts'

export interface RollupReport {
  readonly name: string
  /** Clean stored buckets that were recomputed. */
  readonly checked: number
  /** Starts of clean buckets whose cells are not what the rows give, ascending. */
  readonly different: readonly number[]
  /** Starts of buckets with events that are neither built nor marked, ascending. */
  readonly unmarked: readonly number[]
}

/** Buckets recomputed by one statement. */
const CHUNK = 48

/**
 * Recomputes every clean bucket from its rows and compares. Run it in one transaction; it writes nothing
 * and reads every counted row once per definition.
 */
export async function verifyRollups(
  run: Run,
  definitions: readonly RollupDefinition[],
): Promise<RollupReport[]> {
  const reports: RollupReport[] = []
  for (const definition of definitions) {
    const { name, grain, version } = definition
    const dirty = bucketSql(`hour * ${HOUR_MICROS}`, grain)
    const clean = await run(
      `SELECT bucket FROM rollup_buckets WHERE name = $1 AND version = ${version} AND stored AND bucket NOT IN (SELECT ${dirty} FROM dirty_hours)`,
      [name],
    )
    const starts = clean.map(([bucket]) => Number(bucket))
    const different = new Set<number>()
    for (const span of mergeStarts(starts, grain).flatMap((one) => chunks(one, CHUNK * grain))) {
      for (const bucket of await compare(run, definition, span)) different.add(bucket)
    }
    // Cells of a bucket without a row of state would be read as clean.
    const stray = await run(
      `SELECT DISTINCT bucket FROM ${cellTable(definition)} WHERE bucket NOT IN (SELECT bucket FROM rollup_buckets WHERE name = $1)`,
      [name],
    )
    for (const [bucket] of stray) different.add(Number(bucket))
    const unmarked = await run(
      `SELECT DISTINCT ${bucketSql('e."time"', grain)} FROM event_rows e EXCEPT SELECT bucket FROM rollup_buckets WHERE name = $1 EXCEPT SELECT ${dirty} FROM dirty_hours`,
      [name],
    )
    reports.push({
      name,
      checked: starts.length,
      different: ascending([...different]),
      unmarked: ascending(unmarked.map(([bucket]) => Number(bucket))),
    })
  }
  return reports
}

async function compare(run: Run, definition: RollupDefinition, span: Span): Promise<number[]> {
  const pairs = [[cellTable(definition), selectCells(definition, span)]]
  if (definition.sketches.length > 0)
    pairs.push([binTable(definition), selectBins(definition, span)])
  const found: number[] = []
  for (const [table, fresh] of pairs) {
    const stored = `SELECT * FROM ${table} WHERE bucket >= ${span.from} AND bucket < ${span.to}`
    // EXCEPT ALL, so that a cell stored twice is a difference too.
    const rows = await run(
      `WITH stored AS (${stored}), fresh AS (${fresh}) SELECT DISTINCT #1 FROM ((SELECT * FROM stored EXCEPT ALL SELECT * FROM fresh) UNION ALL (SELECT * FROM fresh EXCEPT ALL SELECT * FROM stored))`,
    )
    for (const [bucket] of rows) found.push(Number(bucket))
  }
  return found
}

function chunks(span: Span, width: number): Span[] {
  const parts: Span[] = []
  for (let from = span.from; from < span.to; from += width) {
    parts.push({ from, to: Math.min(from + width, span.to) })
  }
  return parts
}

function ascending(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b)
}
