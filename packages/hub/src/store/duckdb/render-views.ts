import { EVENT_COLUMNS, REJECT_COLUMNS } from '@llmhub/schema'
import { SQL_SCHEMA, SQL_VIEWS, type SqlView, type ViewColumn } from '../sql-views.ts'
import { quoted } from './open.ts'

const DICTIONARIES: ReadonlySet<string> = new Set(
  [...EVENT_COLUMNS, ...REJECT_COLUMNS]
    .filter(({ type }) => type === 'dict')
    .map(({ name }) => name),
)

/** A pico-dollar. Whole numbers times it are exact dollars. */
const PICO = '0.000000000001::DECIMAL(12, 12)'

/**
 * The statement that makes a view. A dictionary is read once as a list, which costs less than a join
 * and nothing when its column is not asked for; kinds are compared as ids, which the scan of the
 * table does itself.
 */
export function renderView(view: SqlView): string {
  const letters = view.name === 'dead_letters'
  const columns = view.columns.map((column) => `  ${renderColumn(column, letters)}`).join(',\n')
  return `CREATE VIEW ${SQL_SCHEMA}.${view.name} AS
SELECT
${columns}
FROM ${letters ? LETTERS : 'main.event_rows e'}${letters ? '' : `\nWHERE ${conditions(view)}`};
`
}

const LETTERS = `main.reject_rows e
LEFT JOIN main.reject_resolutions s ON s."project" = e."project" AND s."reject_id" = e."reject_id"`

function conditions({ kinds }: SqlView): string {
  const counted = 'NOT e."suppressed" AND e."is_current"'
  if (kinds === null) return counted
  const names = kinds.map(quoted).join(', ')
  return `${counted}\n  AND e."kind" IN (SELECT id FROM main."dict_kind" WHERE value IN (${names}))`
}

function renderColumn({ name, form }: ViewColumn, letters: boolean): string {
  if (letters && name === 'status') return `coalesce(s."resolution", 'open') AS "status"`
  if (letters && name === 'resolved_at') return 'make_timestamp(s."resolved_at") AS "resolved_at"'
  if (letters && name === 'replayed_event_id') return 's."event_id" AS "replayed_event_id"'
  if (name === 'time_us') return 'e."time" AS "time_us"'
  if (DICTIONARIES.has(name)) {
    return `list_extract((SELECT list(value ORDER BY id) FROM main."dict_${name}"), e."${name}" + 1) AS "${name}"`
  }
  if (form === 'time') return `make_timestamp(e."${name}") AS "${name}"`
  if (form === 'money') return `e."${name}"::DECIMAL(19, 0) * ${PICO} AS "${name}"`
  return `e."${name}"`
}

/** The migration that makes the views; a test holds the file to it. */
export function renderViews(): string {
  return `-- What people may read by SQL: only rows that count, texts and times in place of ids and microseconds,
-- dollars in place of pico-dollars. Written out from the definitions in src/store/sql-views.ts; a test
-- holds both equal (UPDATE=1 writes this file).
CREATE SCHEMA ${SQL_SCHEMA};

${SQL_VIEWS.map(renderView).join('\n')}`
}
