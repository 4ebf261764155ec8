import type { RollupDefinition } from '../rollup.ts'
import { DERIVED_COLUMNS, DICTIONARY_COLUMNS } from './physical.ts'
import { quote } from './render-sql.ts'
import type { Run } from './rollup-build.ts'
import { binTable, cellTable } from './rollup-cells.ts'

/**
 * What compaction leaves behind beside deleted rows: texts of dictionaries that no row has any more, and
 * cells of buckets that are not to be read until they are rebuilt. Both may hold what was erased.
 */

/** In place of a text that no row has; ids stay dense. No sender's text begins like this. */
const GONE = "chr(0) || 'gone:'"

/** SQL of the rows of `table` in the attached database `from` that belong into a compacted file. */
export async function livingRows(
  run: Run,
  from: string,
  table: string,
  rollups: readonly RollupDefinition[],
): Promise<string> {
  // Generated columns are computed by the new table.
  const generated =
    table === 'event_rows' ? `EXCLUDE (${[...DERIVED_COLUMNS.keys()].map(quote).join(', ')})` : ''
  const all = `SELECT * ${generated} FROM ${from}.main.${quote(table)}`
  const column = /^dict_(.+)$/.exec(table)?.[1]
  if (column !== undefined && column !== 'project' && DICTIONARY_COLUMNS.includes(column)) {
    const users = await run(
      "SELECT table_name FROM duckdb_columns() WHERE database_name = $1 AND schema_name = 'main' AND column_name = $2 AND data_type = 'INTEGER' ORDER BY table_name",
      [from, column],
    )
    const used = users.map(
      ([name]) =>
        `SELECT DISTINCT ${quote(column)} AS id FROM ${from}.main.${quote(name as string)}`,
    )
    if (used.length === 0) return all
    return `SELECT id, CASE WHEN id IN (SELECT id FROM (${used.join(' UNION ')}) WHERE id IS NOT NULL) THEN value ELSE ${GONE} || id END AS value FROM ${from}.main.${quote(table)}`
  }
  const rollup = rollups.find((definition) =>
    [cellTable(definition), binTable(definition)].includes(quote(table)),
  )
  if (rollup === undefined) return all
  const { grain } = rollup
  return `${all} WHERE bucket NOT IN (SELECT (hour * 3600000000) - (((hour * 3600000000) % ${grain}) + ${grain}) % ${grain} FROM ${from}.main.dirty_hours) AND bucket NOT IN (SELECT bucket FROM ${from}.main.rollup_buckets WHERE name = '${rollup.name}' AND NOT stored)`
}
