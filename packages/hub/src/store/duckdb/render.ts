import type { ProjectScope } from '../../core/scope.ts'
import type { AggregatePlan, FieldRef, Literal, Plan, Predicate } from '../store.ts'
import { type RenderedAggregates, renderAggregates } from './render-aggregate.ts'
import { renderBucket } from './render-bucket.ts'
import { Conditions, predicateId } from './render-conditions.ts'
import { joinWanted, type ListedGroups, listedGroups, renderWanted } from './render-groups.ts'
import { POSITION_COLUMNS, renderList } from './render-list.ts'
import { renderPredicate } from './render-predicate.ts'
import { planRange, renderSpans } from './render-range.ts'
import { dictionaryTable, fieldSql, fieldType, Parameters } from './render-sql.ts'
import type { Texts } from './texts.ts'

/** A statement with its values, and the names of its result columns in order. */
export interface Rendered {
  readonly sql: string
  readonly values: Literal[]
  readonly columns: readonly string[]
}

/**
 * SQL of a plan over raw rows. Only rows that are current and not suppressed count. One row more than
 * `maxRows` is asked for, so that `frameOf` sees when there are too many.
 *
 * The statement groups ids and numbers first and turns ids into text afterwards, when few rows are left.
 *
 * @throws RangeError, TypeError for a plan that names no stored column or compares unlike types
 */
export function renderRaw(plan: Plan, scope: ProjectScope, texts: Texts): Rendered {
  const parameters = new Parameters(texts)
  const project = renderScope(scope, parameters)
  if (plan.type === 'list') {
    const sql = renderList(plan, project, parameters)
    return { ...parameters.finish(sql), columns: [...plan.columns, ...POSITION_COLUMNS] }
  }
  const groups = listedGroups(plan)
  const wanted = groups === null ? null : renderWanted(groups, plan.groupBy, parameters)
  const keys = renderKeys(plan, groups, wanted !== null, parameters)
  const shared = new Conditions(parameters)
  const aggregates = renderAggregates(plan.aggregates, parameters, shared)
  const conditions = [
    'e."is_current"',
    'NOT e."suppressed"',
    ...project,
    renderSpans('e."time"', [planRange(plan)], parameters),
    ...renderOwn(plan, parameters),
    ...(keys.possible ? [] : ['FALSE']),
  ]
  const bucket = plan.edges === null ? [] : [renderBucket('e."time"', plan.edges, parameters)]
  const grouped = [
    ...bucket.map((sql) => `${sql} AS bucket`),
    ...keys.inner.map((sql, i) => `${sql} AS ${keys.names[i]}`),
    ...aggregates.columns
      .filter((column) => column.inner !== null)
      .map((column) => `${column.inner} AS ${column.name}`),
  ]
  const by = [...bucket, ...keys.inner].map((_, i) => i + 1)
  const group = by.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${by.join(', ')}`
  const rows = shared.rows('event_rows', conditions, readBy(plan))
  const inner = `SELECT ${grouped.join(', ')} FROM ${rows} ${keys.join} ${group}`
  const sql = finishAggregate(plan, `(${inner}) g`, keys, aggregates, parameters)
  return {
    ...parameters.finish(wanted === null ? sql : `WITH wanted AS MATERIALIZED (${wanted}) ${sql}`),
    columns: resultColumns(plan, keys, aggregates.columns),
  }
}

/** What the grouping select and the select around it need to know of the group keys. */
export interface RenderedKeys {
  /** Key expressions over the rows `e` (and `w`), and their names in `g`. */
  readonly inner: readonly string[]
  readonly names: readonly string[]
  /** Joins of the grouping select. */
  readonly join: string
  /** False when no row can belong to any group. */
  readonly possible: boolean
  /** Fields whose ids become text at the end, by place; empty for listed groups. */
  readonly fields: readonly FieldRef[]
}

/** Listed groups are grouped by their number `k`, others by their key fields `k0 … kN`. */
export function renderKeys(
  plan: AggregatePlan,
  groups: ListedGroups | null,
  wanted: boolean,
  parameters: Parameters,
): RenderedKeys {
  if (groups === null) {
    return {
      inner: plan.groupBy.map((field) => groupKeySql(field, parameters)),
      names: plan.groupBy.map((_, i) => `k${i}`),
      join: '',
      possible: true,
      fields: plan.groupBy,
    }
  }
  const common = { names: ['k'], fields: [] }
  const { other } = groups
  if (!wanted) return { ...common, inner: [String(other ?? 0)], join: '', possible: other !== null }
  const kind = other === null ? 'JOIN' : 'LEFT JOIN'
  return {
    ...common,
    inner: [other === null ? 'w.g' : `COALESCE(w.g, ${other})`],
    join: `${kind} wanted w ON ${joinWanted(plan.groupBy, parameters)}`,
    possible: true,
  }
}

function groupKeySql(field: FieldRef, parameters: Parameters): string {
  if (fieldType(field) === 'tags') {
    throw new TypeError('rows are grouped by one key of their tags, not by all of them')
  }
  return fieldSql(field, parameters)
}

/** The select around the grouped rows `g`: ids to text, the first groups, order and row limit. */
export function finishAggregate(
  plan: AggregatePlan,
  grouped: string,
  keys: RenderedKeys,
  aggregates: RenderedAggregates,
  parameters: Parameters,
): string {
  const bucket = plan.edges === null ? [] : ['g.bucket']
  const joins: string[] = []
  const shown = keys.names.map((name, i) => {
    const field = keys.fields[i]
    if (field?.type !== 'column' || fieldType(field) !== 'dict') return `g.${name}`
    joins.push(`LEFT JOIN ${dictionaryTable(field.column)} d${i} ON d${i}.id = g.${name}`)
    return `d${i}.value`
  })
  const select = [
    ...bucket,
    ...shown.map((sql, i) => `${sql} AS ${keys.names[i]}`),
    ...aggregates.columns.map((column) => `${column.outer} AS ${column.name}`),
  ]
  const from = `SELECT ${select.join(', ')} FROM ${grouped} ${joins.join(' ')}`
  const order = orderBy([...bucket, ...shown.map((sql) => `${sql} ASC NULLS LAST`)])
  const limit = `LIMIT ${parameters.integer(plan.maxRows + 1)}`
  if (plan.topGroups === undefined) return `${from} ${order} ${limit}`
  if (plan.edges !== null) throw new RangeError('topGroups is asked without bucket edges')
  const { by, dir, limit: count } = plan.topGroups
  if (isListed(plan, by, aggregates)) return `${from} ${order}`
  const rank = aggregates.rank.get(by)
  if (rank === undefined) throw new RangeError(`topGroups ranks by an unknown aggregate: ${by}`)
  const direction = dir === 'asc' ? 'ASC' : 'DESC'
  const first = orderBy([
    `${rank} ${direction} NULLS LAST`,
    ...shown.map((sql) => `${sql} ASC NULLS LAST`),
  ])
  const again = orderBy(keys.names.map((name) => `t.${name} ASC NULLS LAST`))
  return `SELECT * FROM (${from} ${first} LIMIT ${parameters.integer(count)}) t ${again} ${limit}`
}

/** Whether `frameOf` finds the value from lists, and so keeps the first groups itself. */
function isListed(plan: AggregatePlan, by: string, aggregates: RenderedAggregates): boolean {
  const ranked = plan.aggregates.find((aggregate) => aggregate.id === by)
  return ranked?.fn === 'quantile' && !aggregates.rank.has(by)
}

function orderBy(terms: readonly string[]): string {
  return terms.length === 0 ? '' : `ORDER BY ${terms.join(', ')}`
}

export function resultColumns(
  plan: AggregatePlan,
  keys: RenderedKeys,
  aggregates: readonly { readonly name: string }[],
): string[] {
  const bucket = plan.edges === null ? [] : ['bucket']
  return [...bucket, ...keys.names, ...aggregates.map((column) => column.name)]
}

/** Conditions that keep the rows of the scope's project. */
export function renderScope(scope: ProjectScope, parameters: Parameters): string[] {
  if (scope.project === null) return []
  const id = parameters.idsOf('project', [scope.project])
  return [id === null ? 'FALSE' : `e."project" = ${id}`]
}

/** The plan's own condition. */
export function renderOwn(plan: AggregatePlan, parameters: Parameters): string[] {
  return plan.where === null ? [] : [renderPredicate(plan.where, parameters)]
}

/**
 * Conditions of which a row satisfies one if some aggregate reads it: a group is present when one of
 * its aggregates has a row to read. Empty when every row is read.
 */
export function readBy(plan: AggregatePlan): Predicate[] {
  const wheres = plan.aggregates.map((aggregate) => aggregate.where)
  if (wheres.includes(undefined)) return []
  return [...new Map((wheres as Predicate[]).map((where) => [predicateId(where), where])).values()]
}
