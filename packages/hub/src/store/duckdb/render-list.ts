import type { ListPlan } from '../store.ts'
import { predicateFields, renderPredicate } from './render-predicate.ts'
import { type Parameters, quote, storedColumn } from './render-sql.ts'

/** Names of the position columns that end every row of a list. */
export const POSITION_COLUMNS = ['time', 'partition', 'offset', 'index'] as const

/**
 * SQL of a page of rows, newest first or by arrival, with ids in place of the dictionaries' texts. Rows
 * that are not counted are listed only when the plan itself asks about `suppressed` or `is_current`.
 */
export function renderList(
  plan: ListPlan,
  scope: readonly string[],
  parameters: Parameters,
): string {
  const columns = plan.columns.map((name) => storedColumn(name))
  const asked = new Set(
    (plan.where === null ? [] : predicateFields(plan.where)).map((field) =>
      field.type === 'column' ? field.column : '',
    ),
  )
  const conditions = [
    ...(asked.has('suppressed') ? [] : ['NOT e."suppressed"']),
    ...(asked.has('is_current') ? [] : ['e."is_current"']),
    ...scope,
    `e."time" >= ${parameters.integer(plan.from)}`,
    `e."time" < ${parameters.integer(plan.to)}`,
    ...(plan.where === null ? [] : [renderPredicate(plan.where, parameters)]),
    ...(plan.arrival === undefined
      ? plan.before === undefined
        ? []
        : [renderBefore(plan.before, parameters)]
      : renderArrival(plan.arrival, parameters)),
  ]
  const direction = plan.arrival === undefined || plan.arrival.descending === true ? 'DESC' : 'ASC'
  const keys = [
    ...(plan.arrival === undefined ? ['e."time"', 'e.log_partition'] : []),
    'e.log_offset',
    'e.log_index',
  ]
  const order = keys.map((key) => `${key} ${direction}`).join(', ')
  const inner = columns.map((column, i) => `e.${quote(column.name)} AS c${i}`)
  const rows = `FROM event_rows e WHERE ${conditions.join(' AND ')}`
  const page = `ORDER BY ${order} LIMIT ${parameters.integer(plan.limit)}`
  const selected = [...inner, 'e."time"', 'e.log_partition', 'e.log_offset', 'e.log_index']
  const list = `SELECT ${selected.join(', ')} ${rows}`
  if (plan.arrival !== undefined) return `${list} ${page}`
  // Finding the page by time alone first, and then reading all columns of so late rows only, takes about
  // half: to keep the newest rows so far, the database would read whole blocks of every column.
  const oldest = `SELECT min(p."time") FROM (SELECT e."time" ${rows} ORDER BY e."time" DESC LIMIT ${parameters.integer(plan.limit)}) p`
  return `${list} AND e."time" >= (${oldest}) ${page}`
}

function renderArrival(
  { partition, after }: NonNullable<ListPlan['arrival']>,
  parameters: Parameters,
): string[] {
  const own = `e.log_partition = ${parameters.integer(partition)}`
  if (after === undefined) return [own]
  const offset = parameters.integer(after.offset)
  const later = `(e.log_offset > ${offset} OR e.log_index > ${parameters.integer(after.index)})`
  // Rows are sorted by arrival: this bound lets the scan skip all blocks before the place.
  return [own, `e.log_offset >= ${offset}`, later]
}

function renderBefore(before: NonNullable<ListPlan['before']>, parameters: Parameters): string {
  const places = [
    ['e."time"', before.time],
    ['e.log_partition', before.partition],
    ['e.log_offset', before.offset],
    ['e.log_index', before.index],
  ] as const
  let later = 'FALSE'
  for (const [column, value] of places.toReversed()) {
    const bound = (): string => parameters.integer(value)
    later = `(${column} < ${bound()} OR (${column} = ${bound()} AND ${later}))`
  }
  // Implied by the rest, but only this form lets the scan skip newer blocks.
  return `e."time" <= ${parameters.integer(before.time)} AND ${later}`
}
