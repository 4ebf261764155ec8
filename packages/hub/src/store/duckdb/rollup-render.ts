import type { ProjectScope } from '../../core/scope.ts'
import type { Span } from '../rollup.ts'
import type { Aggregate, AggregatePlan, FieldRef } from '../store.ts'
import {
  finishAggregate,
  type Rendered,
  readBy,
  renderKeys,
  renderOwn,
  renderScope,
  resultColumns,
} from './render.ts'
import { quantileKey, type ResultColumn } from './render-aggregate.ts'
import { renderBucket } from './render-bucket.ts'
import { Conditions } from './render-conditions.ts'
import { listedGroups, renderWanted } from './render-groups.ts'
import { predicateFields, renderPredicate } from './render-predicate.ts'
import { renderSpans } from './render-range.ts'
import { fieldSql, Parameters, quote, storedColumn } from './render-sql.ts'
import {
  binColumn,
  binTable,
  type CellColumn,
  cellColumns,
  cellTable,
  measureOf,
  presentSql,
} from './rollup-cells.ts'
import type { RollupChoice } from './rollup-plan.ts'
import type { Texts } from './texts.ts'

/**
 * SQL of a plan over a rollup's clean buckets and, for the rest of its range, over rows.
 *
 * The rows of the rest are first made into cells of the same shape (`cells`), with just the dims and
 * numbers that the plan needs; from there on both are one table and every aggregate merges cells.
 * Sketch rows go the same way, once for each set of rows that quantiles are asked of: `q<j>` holds the
 * bins and counts of a group as two lists, in which `frameOf` finds the ranks. So a plan that keeps the
 * first groups by a quantile is answered with all of them here, and cut there.
 */
export function renderMixed(
  plan: AggregatePlan,
  scope: ProjectScope,
  choice: RollupChoice,
  texts: Texts,
): Rendered {
  const parameters = new Parameters(texts)
  const groups = listedGroups(plan)
  const wanted = groups === null ? null : renderWanted(groups, plan.groupBy, parameters)
  const tagNames = namesOfTags(plan)
  const merging = <T>(render: () => T): T => parameters.withTagNames(tagNames, render)
  const keys = merging(() => renderKeys(plan, groups, wanted !== null, parameters))
  const source = new Source(plan, scope, choice, keys.possible, tagNames, parameters)

  const numbers = neededColumns(plan.aggregates, choice)
  const ctes = wanted === null ? [] : [`wanted AS MATERIALIZED (${wanted})`]
  ctes.push(`cells AS (${source.cells(numbers)})`)

  const bucket = plan.edges === null ? [] : ['e.bucket']
  const keyList = [
    ...bucket.map((sql) => `${sql} AS bucket`),
    ...keys.inner.map((sql, i) => `${sql} AS ${keys.names[i]}`),
  ]
  const groupNames = [...bucket.map(() => 'bucket'), ...keys.names]
  const by = keyList.map((_, i) => i + 1)

  const columns: ResultColumn[] = []
  const rank = new Map<string, string>()
  const add = (id: string, name: string, inner: string | null, outer: string): void => {
    columns.push({ name, inner, outer })
    rank.set(id, outer)
  }
  const conditions = new Conditions(parameters)
  const sets = quantileSets(plan.aggregates)
  plan.aggregates.forEach((aggregate, i) => {
    if (aggregate.fn === 'quantile') {
      // Its set's lists are read once, under the number of the set's first member.
      const j = sets.findIndex((set) => set.first === i)
      if (j < 0) return
      columns.push({ name: `a${i}_bins`, inner: null, outer: `q${j}.bins` })
      columns.push({ name: `a${i}_counts`, inner: null, outer: `q${j}.counts` })
    } else {
      merging(() => mergeAggregate(aggregate, i, choice, parameters, conditions, add))
    }
  })
  if (columns.every((column) => column.inner === null)) {
    columns.push({ name: 'present', inner: 'TRUE', outer: 'g.present' })
  }

  const inner = columns
    .filter((column) => column.inner !== null)
    .map((column) => `${column.inner} AS ${column.name}`)
  const group = by.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${by.join(', ')}`
  const rows = merging(() => conditions.rows('cells', [], readBy(plan)))
  ctes.push(
    `merged AS (SELECT ${[...keyList, ...inner].join(', ')} FROM ${rows} ${keys.join} ${group})`,
  )

  const joins = sets.map((set, j) => {
    const filter = set.where === undefined ? '' : `WHERE ${renderPredicate(set.where, parameters)}`
    const rows = `FROM (${source.bins(set.column)}) e ${keys.join} ${filter}`
    const group = by.length === 0 ? '' : `GROUP BY ${by.join(', ')}`
    if (isFine(plan, choice)) {
      const lists = [...keyList, 'list(e.bin) AS bins', `list(${COUNT}) AS counts`]
      ctes.push(`q${j} AS (SELECT ${lists.join(', ')} ${rows} ${group})`)
    } else {
      const counted = [...keyList, 'e.bin', 'sum(e.n) AS n']
      const byBin = [...by, by.length + 1].join(', ')
      ctes.push(`bins${j} AS (SELECT ${counted.join(', ')} ${rows} GROUP BY ${byBin})`)
      const lists = [...groupNames, 'list(e.bin) AS bins', `list(${COUNT}) AS counts`]
      ctes.push(`q${j} AS (SELECT ${lists.join(', ')} FROM bins${j} e ${group})`)
    }
    const on = groupNames.map((name) => `q${j}.${name} IS NOT DISTINCT FROM g.${name}`)
    return `LEFT JOIN q${j} ON ${on.length === 0 ? 'TRUE' : on.join(' AND ')}`
  })

  const sql = finishAggregate(
    plan,
    `merged g ${joins.join(' ')}`,
    keys,
    { columns, rank },
    parameters,
  )
  return {
    ...parameters.finish(`WITH ${ctes.join(', ')} ${sql}`),
    columns: resultColumns(plan, keys, columns),
  }
}

/** Exact up to 2^53, and read without a bigint for every bin. */
const COUNT = 'CAST(e.n AS DOUBLE)'

/**
 * Whether a group has few sketch rows of the same bin: then summing them in the database costs more
 * than listing them all. Groups of many buckets have them over and over.
 */
function isFine(plan: AggregatePlan, choice: RollupChoice): boolean {
  const { edges } = plan
  if (edges === null) return false
  const buckets = edges.length - 1
  const width = (edges[buckets] as number) - (edges[0] as number)
  return width <= buckets * choice.definition.grain * FEW_BUCKETS
}

const FEW_BUCKETS = 2

/** Renders the two halves of a choice: stored cells, and cells made of rows. */
class Source {
  readonly #plan: AggregatePlan
  readonly #scope: ProjectScope
  readonly #choice: RollupChoice
  readonly #possible: boolean
  readonly #parameters: Parameters
  /** Dims that the plan groups by or reads in the condition of an aggregate. */
  readonly #dims: readonly NeededDim[]

  constructor(
    plan: AggregatePlan,
    scope: ProjectScope,
    choice: RollupChoice,
    possible: boolean,
    tagNames: ReadonlyMap<string, string>,
    parameters: Parameters,
  ) {
    this.#plan = plan
    this.#scope = scope
    this.#choice = choice
    this.#possible = possible
    this.#parameters = parameters
    this.#dims = neededDims(plan, choice, tagNames, parameters)
  }

  cells(numbers: readonly CellColumn[]): string {
    const { definition, stored, raw } = this.#choice
    const merged = numbers.map(({ name }) => `e.${quote(name)}`)
    const made = numbers.map(({ name, fromRows }) => `${fromRows} AS ${quote(name)}`)
    const halves = [
      `SELECT ${list([...this.#bucket('e.bucket'), ...this.#stored(), ...merged])} FROM ${cellTable(definition)} e WHERE ${this.#conditions('e.bucket', stored)}`,
    ]
    for (const spans of clusters(raw)) {
      const key = [...this.#bucket('e."time"'), ...this.#dims.map((dim) => dim.made)]
      const select = list([...key, ...made])
      halves.push(
        `SELECT ${select} FROM event_rows e WHERE e."is_current" AND NOT e."suppressed" AND ${this.#conditions('e."time"', spans)} ${this.#groupBy(key.length)}`,
      )
    }
    return halves.join(' UNION ALL ')
  }

  bins(column: string): string {
    const { definition, stored, raw } = this.#choice
    const series = definition.sketches.indexOf(column)
    const halves = [
      `SELECT ${[...this.#bucket('e.bucket'), ...this.#stored(), 'e.bin', 'e.n'].join(', ')} FROM ${binTable(definition)} e WHERE e.series = ${series} AND ${this.#conditions('e.bucket', stored)}`,
    ]
    for (const spans of clusters(raw)) {
      const bin = `e.${quote(binColumn(column))}`
      const key = [
        ...this.#bucket('e."time"'),
        ...this.#dims.map((dim) => dim.made),
        `${bin} AS bin`,
      ]
      halves.push(
        `SELECT ${[...key, 'count(*) AS n'].join(', ')} FROM event_rows e WHERE e."is_current" AND NOT e."suppressed" AND ${bin} IS NOT NULL AND ${this.#conditions('e."time"', spans)} ${this.#groupBy(key.length)}`,
      )
    }
    return halves.join(' UNION ALL ')
  }

  #stored(): string[] {
    return this.#dims.map((dim) => dim.stored)
  }

  #bucket(time: string): string[] {
    const { edges } = this.#plan
    return edges === null ? [] : [`${renderBucket(time, edges, this.#parameters)} AS bucket`]
  }

  #conditions(time: string, spans: RollupChoice['stored']): string {
    return [
      renderSpans(time, spans, this.#parameters),
      ...renderScope(this.#scope, this.#parameters),
      ...renderOwn(this.#plan, this.#parameters),
      ...(this.#possible ? [] : ['FALSE']),
    ].join(' AND ')
  }

  #groupBy(count: number): string {
    if (count === 0) return 'HAVING count(*) > 0'
    return `GROUP BY ${Array.from({ length: count }, (_, i) => i + 1).join(', ')}`
  }
}

/**
 * Spans of rows that one scan reads. A scan skips blocks outside of its outer bounds alone, so that one
 * scan of the first and the last hour of a month would read the month.
 */
function clusters(spans: readonly Span[]): Span[][] {
  const gap = (i: number): number => (spans[i] as Span).from - (spans[i - 1] as Span).to
  const cuts = spans
    .map((_, i) => i)
    .slice(1)
    .sort((i, j) => gap(j) - gap(i))
    .slice(0, MAX_SCANS - 1)
    .sort((i, j) => i - j)
  const found: Span[][] = []
  for (const [n, from] of [0, ...cuts].entries()) {
    if (spans.length > 0) found.push(spans.slice(from, cuts[n]))
  }
  return found
}

/** Each costs about a millisecond to plan. */
const MAX_SCANS = 4

function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'TRUE AS present' : columns.join(', ')
}

/** A dim as read from stored cells and as made from rows. */
interface NeededDim {
  readonly stored: string
  readonly made: string
}

/** Fields that the merging of cells reads. */
function mergedFields(plan: AggregatePlan): FieldRef[] {
  return [
    ...plan.groupBy,
    ...plan.aggregates.flatMap((aggregate) => [
      ...(aggregate.where === undefined ? [] : predicateFields(aggregate.where)),
      ...(aggregate.fn === 'distinct' ? [aggregate.field] : []),
    ]),
  ]
}

/** Columns for the tags that are merged by: grouping rows by one text is far cheaper than by all tags. */
function namesOfTags(plan: AggregatePlan): ReadonlyMap<string, string> {
  const keys = new Set(
    mergedFields(plan).flatMap((field) => (field.type === 'tag' ? [field.key] : [])),
  )
  return new Map([...keys].map((key, i) => [key, `tag${i}`]))
}

function neededDims(
  plan: AggregatePlan,
  choice: RollupChoice,
  tagNames: ReadonlyMap<string, string>,
  parameters: Parameters,
): NeededDim[] {
  const named = new Set(
    mergedFields(plan).flatMap((field) => (field.type === 'column' ? [field.column] : [])),
  )
  for (const aggregate of plan.aggregates) {
    if (aggregate.fn === 'rows' && aggregate.column !== undefined) named.add(aggregate.column)
  }
  const { dims, present } = choice.definition
  const needed = (column: string): boolean => named.has(column)
  return [
    ...dims.filter(needed).map((dim) => {
      const sql = `e.${quote(storedColumn(dim).name)}`
      return { stored: sql, made: sql }
    }),
    ...present.filter(needed).map((column) => {
      const name = quote(storedColumn(column).name)
      return { stored: `e.${name}`, made: `${presentSql(column)} AS ${name}` }
    }),
    ...[...tagNames].map(([key, name]) => {
      const sql = `${parameters.tag(key)} AS ${quote(name)}`
      return { stored: sql, made: sql }
    }),
  ]
}

/** Numbers of the cells that the aggregates merge, each once. */
function neededColumns(aggregates: readonly Aggregate[], choice: RollupChoice): CellColumn[] {
  const found = new Map<string, CellColumn>()
  for (const aggregate of aggregates) {
    for (const column of columnsOf(aggregate, choice)) found.set(column.name, column)
  }
  return [...found.values()]
}

function columnsOf(aggregate: Aggregate, choice: RollupChoice): readonly CellColumn[] {
  const measure = measureOf(aggregate)
  if (measure === null) return []
  if (measure.fn === 'rows' && isKnown(choice, measure.column)) {
    return cellColumns({ fn: 'rows' }) ?? []
  }
  return cellColumns(measure) ?? []
}

/** Whether a cell's rows agree on having a value in the column. */
function isKnown({ definition }: RollupChoice, column: string | undefined): boolean {
  return (
    column !== undefined &&
    (definition.dims.includes(column) || definition.present.includes(column))
  )
}

function mergeAggregate(
  aggregate: Exclude<Aggregate, { fn: 'quantile' }>,
  i: number,
  choice: RollupChoice,
  parameters: Parameters,
  conditions: Conditions,
  add: (id: string, name: string, inner: string, outer: string) => void,
): void {
  const known = aggregate.fn === 'rows' && isKnown(choice, aggregate.column)
  const extra = known ? [`e.${quote(aggregate.column ?? '')} IS NOT NULL`] : []
  const filter = conditions.filter(aggregate.where, extra)
  if (aggregate.fn === 'distinct') {
    const field = fieldSql(aggregate.field, parameters)
    add(aggregate.id, `a${i}`, `count(DISTINCT ${field})${filter}`, `g.a${i}`)
    return
  }
  const merged = columnsOf(aggregate, choice).map(
    ({ name, merge }) => `${merge}(e.${quote(name)})${filter}`,
  )
  if (aggregate.fn === 'm2') {
    const names = [`a${i}_n`, `a${i}_s`, `a${i}_ss`] as const
    const [n, s, ss] = names
    names.forEach((name, place) => add(aggregate.id, name, merged[place] as string, `g.${name}`))
    // Ranking needs the finished number; the last call above left a part of it.
    add(
      aggregate.id,
      `a${i}_rank`,
      'NULL',
      `(g.${ss}::DOUBLE - g.${s}::DOUBLE * g.${s}::DOUBLE / g.${n})`,
    )
    return
  }
  const sql = merged[0] as string
  add(aggregate.id, `a${i}`, aggregate.fn === 'rows' ? `COALESCE(${sql}, 0)` : sql, `g.a${i}`)
}

/** Quantiles that read the same rows: their column, condition, and the first aggregate's number. */
interface QuantileSet {
  readonly column: string
  readonly where: Aggregate['where']
  readonly first: number
}

function quantileSets(aggregates: readonly Aggregate[]): QuantileSet[] {
  const sets = new Map<string, QuantileSet>()
  aggregates.forEach((aggregate, first) => {
    if (aggregate.fn !== 'quantile') return
    const key = quantileKey(aggregate)
    const { column, where } = aggregate
    if (!sets.has(key)) sets.set(key, { column, where, first })
  })
  return [...sets.values()]
}
