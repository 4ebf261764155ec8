import { WEIGHT_SCALE } from '../fixed-point.ts'
import { DAY_MICROS, HOUR_MICROS, type RollupDefinition, type Span } from '../rollup.ts'
import type { FrameCell, Literal } from '../store.ts'
import { quote, storedColumn } from './render-sql.ts'
import { binColumn, binTable, cellTable, definitionColumns, presentSql } from './rollup-cells.ts'

/** Runs one statement on the connection that maintains rollups, and answers its rows. */
export type Run = (
  sql: string,
  values?: readonly Literal[],
) => Promise<readonly (readonly FrameCell[])[]>

/**
 * State of the buckets.
 *
 * A bucket is clean when no hour of it is in `dirty_hours` and its row in `rollup_buckets`, if it has
 * one, is of the definition's version and stored. Every apply marks the hours it touched in its own
 * transaction, so a bucket that was never marked and has no row has no events either, and counts as
 * clean with no cells: empty years cost nothing.
 *
 * Only DELETE and INSERT are used: an UPDATE would stop the database's checkpoint while a question
 * is being answered.
 */

/**
 * Makes buckets of definitions that are new or changed due for building. Run it in one transaction after
 * opening the store, before the first question.
 */
export async function registerRollups(
  run: Run,
  definitions: readonly RollupDefinition[],
): Promise<void> {
  for (const { name, version, grain } of definitions) {
    const known = await run('SELECT version FROM rollup_versions WHERE name = $1', [name])
    if (known[0]?.[0] === version) continue
    await run('DELETE FROM rollup_versions WHERE name = $1', [name])
    await run('DELETE FROM rollup_buckets WHERE name = $1', [name])
    await run(
      `INSERT INTO rollup_buckets SELECT DISTINCT $1, ${bucketSql('e."time"', grain)}, 0, 0, FALSE FROM event_rows e`,
      [name],
    )
    await run(`INSERT INTO rollup_versions VALUES ($1, ${version})`, [name])
  }
}

/**
 * Rebuilds every bucket of one grain that lies in the span: cells out, cells in from the rows as
 * they are now, marks of the hours out. First build, late rows, redefinition are this one act. Run it
 * in one transaction: its snapshot decides which marks go, later ones are not seen and stay.
 * `span` starts and ends at multiples of the grain.
 */
export async function buildSpan(
  run: Run,
  definitions: readonly RollupDefinition[],
  grain: number,
  span: Span,
): Promise<void> {
  if (span.from % grain !== 0 || span.to % grain !== 0) {
    throw new RangeError('a span of buckets starts and ends at bucket edges')
  }
  for (const definition of definitions) {
    if (definition.grain === grain) await rebuild(run, definition, span)
    else if (definition.grain > grain) await outdate(run, definition, span)
  }
  if (grain !== HOUR_MICROS) return
  await run(
    `DELETE FROM dirty_hours WHERE hour >= ${span.from / HOUR_MICROS} AND hour < ${span.to / HOUR_MICROS}`,
  )
}

async function rebuild(run: Run, definition: RollupDefinition, span: Span): Promise<void> {
  const cells = cellTable(definition)
  const bins = binTable(definition)
  const tables = definition.sketches.length === 0 ? [cells] : [cells, bins]
  const inSpan = `bucket >= ${span.from} AND bucket < ${span.to}`
  for (const table of tables) await run(`DELETE FROM ${table} WHERE ${inSpan}`)
  await run(`INSERT INTO ${cells} ${selectCells(definition, span)}`)
  if (definition.sketches.length > 0)
    await run(`INSERT INTO ${bins} ${selectBins(definition, span)}`)
  const { name, version, grain } = definition
  await run(`DELETE FROM rollup_buckets WHERE name = $1 AND ${inSpan}`, [name])
  await run(
    `INSERT INTO rollup_buckets SELECT $1, r.bucket, ${version}, COALESCE(c.n, 0), COALESCE(${isWorthKeeping(definition)}, TRUE) FROM (SELECT unnest(range(${span.from}, ${span.to}, ${grain})) AS bucket) r LEFT JOIN (SELECT bucket, count(*) AS n, ${countsRows(definition) ? 'sum("rows")' : 'NULL'} AS "rows" FROM ${cells} WHERE ${inSpan} GROUP BY bucket) c ON c.bucket = r.bucket`,
    [name],
  )
  const refused = await run(
    `SELECT bucket FROM rollup_buckets WHERE name = $1 AND ${inSpan} AND NOT stored`,
    [name],
  )
  if (refused.length === 0) return
  const list = refused.map(([bucket]) => Number(bucket)).join(', ')
  for (const table of tables) await run(`DELETE FROM ${table} WHERE bucket IN (${list})`)
}

/**
 * Cells of a bucket `c` are kept up to the definition's number. More than a few must be far fewer than the
 * rows they stand for: a cell has more numbers than a row, so that reading the rows costs no more, and a
 * thin bucket of many users would make the file grow by a third of its rows.
 */
function isWorthKeeping(definition: RollupDefinition): string {
  const few = `c.n <= ${definition.maxCells}`
  if (!countsRows(definition)) return few
  return `${few} AND (c.n <= ${FEW_CELLS} OR c.n * ${ROWS_PER_CELL * WEIGHT_SCALE} <= c."rows")`
}

const FEW_CELLS = 1_000
const ROWS_PER_CELL = 8

function countsRows(definition: RollupDefinition): boolean {
  return definition.measures.some(({ fn, column }) => fn === 'rows' && column === undefined)
}

/** Makes the coarser buckets around a span due, because their rows changed. */
async function outdate(run: Run, definition: RollupDefinition, span: Span): Promise<void> {
  const { name, grain } = definition
  const from = Math.floor(span.from / grain) * grain
  const to = Math.ceil(span.to / grain) * grain
  const touched = `name = $1 AND bucket >= ${from} AND bucket < ${to}`
  await run(`DELETE FROM rollup_buckets WHERE ${touched}`, [name])
  await run(
    `INSERT INTO rollup_buckets SELECT $1, unnest(range(${from}, ${to}, ${grain})), 0, 0, FALSE`,
    [name],
  )
}

/** Start of the bucket of a time; the division of SQL rounds towards zero, so it is not used. */
export function bucketSql(time: string, grain: number): string {
  return `${time} - ((${time} % ${grain}) + ${grain}) % ${grain}`
}

const COUNTED = 'e."is_current" AND NOT e."suppressed"'

/** Cells of a span, in the order of the table's columns. */
export function selectCells(definition: RollupDefinition, span: Span): string {
  const dims = dimColumns(definition)
  const numbers = definitionColumns(definition).map((column) => column.fromRows)
  const by = [0, ...dims].map((_, i) => i + 1).join(', ')
  const select = [bucketSql('e."time"', definition.grain), ...dims, ...numbers].join(', ')
  return `SELECT ${select} FROM event_rows e WHERE ${COUNTED} AND e."time" >= ${span.from} AND e."time" < ${span.to} GROUP BY ${by}`
}

/** Sketch rows of a span. */
export function selectBins(definition: RollupDefinition, span: Span): string {
  const dims = dimColumns(definition)
  const by = [0, ...dims, 0, 0].map((_, i) => i + 1).join(', ')
  return definition.sketches
    .map((column, series) => {
      const bin = `e.${quote(binColumn(column))}`
      const select = [
        bucketSql('e."time"', definition.grain),
        ...dims,
        `${series}`,
        bin,
        'count(*)',
      ]
      return `SELECT ${select.join(', ')} FROM event_rows e WHERE ${COUNTED} AND e."time" >= ${span.from} AND e."time" < ${span.to} AND ${bin} IS NOT NULL GROUP BY ${by}`
    })
    .join(' UNION ALL ')
}

function dimColumns(definition: RollupDefinition): string[] {
  return [
    ...definition.dims.map((dim) => `e.${quote(storedColumn(dim).name)}`),
    ...definition.present.map(presentSql),
  ]
}

/** What there is to build, for the schedule. Starts in epoch microseconds. */
export async function readBacklog(
  run: Run,
  definitions: readonly RollupDefinition[],
): Promise<{ dirtyHours: number[]; staleHours: number[]; staleDays: number[] }> {
  const dirty = await run('SELECT DISTINCT hour FROM dirty_hours')
  const stale = new Map<number, Set<number>>([
    [HOUR_MICROS, new Set()],
    [DAY_MICROS, new Set()],
  ])
  for (const { name, grain, version } of definitions) {
    const rows = await run(
      `SELECT bucket FROM rollup_buckets WHERE name = $1 AND version <> ${version}`,
      [name],
    )
    for (const [bucket] of rows) stale.get(grain)?.add(Number(bucket))
  }
  return {
    dirtyHours: dirty.map(([hour]) => Number(hour) * HOUR_MICROS),
    staleHours: [...(stale.get(HOUR_MICROS) ?? [])],
    staleDays: [...(stale.get(DAY_MICROS) ?? [])],
  }
}

/** Spans of a range in which a rollup must not be read, ascending; by the rollup's name. */
export type UncleanSpans = ReadonlyMap<string, readonly Span[]>

/**
 * Run it in the transaction that answers the question, so that state and rows are of one snapshot.
 * A definition that is not registered is unclean everywhere.
 */
export async function readUnclean(
  run: Run,
  definitions: readonly RollupDefinition[],
  range: Span,
): Promise<UncleanSpans> {
  // A registered definition has no buckets of an older version: registering replaced them by ones that
  // are not stored. One statement, because going to the database and back is what costs here.
  const state = Map.groupBy(
    await run(
      `SELECT 0, name, version FROM rollup_versions
       UNION ALL SELECT DISTINCT 1, NULL, hour FROM dirty_hours WHERE hour >= ${Math.floor(range.from / DAY_MICROS) * 24} AND hour < ${Math.ceil(range.to / DAY_MICROS) * 24}
       UNION ALL SELECT 2, name, bucket FROM rollup_buckets WHERE bucket > ${range.from - DAY_MICROS} AND bucket < ${range.to} AND NOT stored`,
    ),
    ([part]) => Number(part),
  )
  const registered = new Map(
    (state.get(0) ?? []).map(([, name, version]) => [name, Number(version)]),
  )
  const dirty = (state.get(1) ?? []).map(([, , hour]) => Number(hour))
  const bad = Map.groupBy(state.get(2) ?? [], ([, name]) => name)
  const unclean = new Map<string, readonly Span[]>()
  for (const { name, grain, version } of definitions) {
    if (registered.get(name) !== version) {
      unclean.set(name, [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }])
      continue
    }
    const starts = new Set([
      ...(bad.get(name) ?? []).map(([, , bucket]) => Number(bucket)),
      ...dirty.map((hour) => Math.floor((hour * HOUR_MICROS) / grain) * grain),
    ])
    unclean.set(name, mergeStarts([...starts], grain))
  }
  return unclean
}

/** Buckets as spans, neighbours joined. */
export function mergeStarts(starts: readonly number[], grain: number): Span[] {
  const spans: { from: number; to: number }[] = []
  for (const start of starts.toSorted((a, b) => a - b)) {
    const last = spans.at(-1)
    if (last?.to === start) last.to = start + grain
    else spans.push({ from: start, to: start + grain })
  }
  return spans
}
