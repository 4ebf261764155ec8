import { type ColumnType, EVENT_COLUMNS, REJECT_COLUMNS } from '@llmhub/schema'

/** A column of a table as the batch names and types it. */
export interface StoredColumn {
  readonly name: string
  readonly type: ColumnType
  /** Stored where the batch has no value, for columns that are never null. */
  readonly whenNull?: number
}

/** Columns of the batch that only deduplication needs: the log keeps them, the store does not. */
const NOT_STORED: ReadonlySet<string> = new Set(['id_hi', 'id_lo', 'content_hash'])

const WHEN_NULL: Readonly<Record<string, number>> = { weight: 1, suppressed: 0, is_current: 1 }

/**
 * Columns of `event_rows` that follow exactly from others of the row and are computed when read: they
 * cost no bytes. The batch has them too, and ingest makes them by the same rule.
 */
export const DERIVED_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['cost_completion', 'cost_computed - cost_prompt - cost_other'],
  ['cost_total', 'coalesce(cost_computed, cost_reported)'],
])

/** Columns of `event_rows` after the position, in table order, the derived ones included. */
export const EVENT_ROW_COLUMNS: readonly StoredColumn[] = EVENT_COLUMNS.filter(
  ({ name }) => !NOT_STORED.has(name),
).map(({ name, type }) => {
  const whenNull = WHEN_NULL[name]
  return whenNull === undefined ? { name, type } : { name, type, whenNull }
})

/** Those of them that an apply writes. */
export const WRITTEN_EVENT_COLUMNS: readonly StoredColumn[] = EVENT_ROW_COLUMNS.filter(
  ({ name }) => !DERIVED_COLUMNS.has(name),
)

/** Columns of `reject_rows` after the position, in table order. */
export const REJECT_ROW_COLUMNS: readonly StoredColumn[] = REJECT_COLUMNS.map(({ name, type }) => ({
  name,
  type,
}))

/** Columns kept as ids of the table `dict_<name>`; equal names of both tables share one. */
export const DICTIONARY_COLUMNS: readonly string[] = [
  ...new Set(
    [...EVENT_ROW_COLUMNS, ...REJECT_ROW_COLUMNS]
      .filter(({ type }) => type === 'dict')
      .map(({ name }) => name),
  ),
]

export const SQL_TYPES: Readonly<Record<ColumnType, string>> = {
  dict: 'INTEGER',
  text: 'VARCHAR',
  i64: 'BIGINT',
  i32: 'INTEGER',
  i16: 'SMALLINT',
  f64: 'DOUBLE',
  bool: 'BOOLEAN',
  tags: 'MAP(VARCHAR, VARCHAR)',
}
