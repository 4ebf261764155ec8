import type { ProjectScope } from '../../core/scope.ts'
import type { Aggregate, AggregatePlan } from '../store.ts'
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
import { fieldSql, Parameters, quote, shareUnits, storedColumn } from './render-sql.ts'
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

/**
 * SQL of a plan over a rollup's clean buckets and, for the rest of its range, over rows.
 *
 * The rows of the rest are first made into cells of the same shape (`cells`), with just the dims and
 * numbers that the plan needs; from there on both are one table and every aggregate merges cells.
 * Sketch rows go the same way (`bins<j>`, one for each set of rows that quantiles are asked of): the
 * quantile is the first bin at which the running count reaches the rank.
 */
export function renderMixed(
  plan: AggregatePlan,
  scope: ProjectScope,
  choice: RollupChoice,
): Rendered {
  const parameters = new Parameters()
  const groups = listedGroups(plan)
  const wanted = groups === null ? null : renderWanted(groups, plan.groupBy, parameters)
  const keys = renderKeys(plan, groups, wanted !== null, parameters)
  const source = new Source(plan, scope, choice, keys.possible, parameters)

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
      const j = sets.findIndex((set) => set.members.has(i))
      add(aggregate.id, `a${i}_bin`, null, `q${j}.b${i}`)
    } else {
      mergeAggregate(aggregate, i, choice, parameters, conditions, add)
    }
  })
  if (columns.every((column) => column.inner === null)) {
    columns.push({ name: 'present', inner: 'TRUE', outer: 'g.present' })
  }

  const inner = columns
    .filter((column) => column.inner !== null)
    .map((column) => `${column.inner} AS ${column.name}`)
  const group = by.length === 0 ? 'HAVING count(*) > 0' : `GROUP BY ${by.join(', ')}`
  const rows = conditions.rows('cells', [], readBy(plan))
  ctes.push(
    `merged AS (SELECT ${[...keyList, ...inner].join(', ')} FROM ${rows} ${keys.join} ${group})`,
  )

  const joins = sets.map((set, j) => {
    const filter = set.where === undefined ? '' : `WHERE ${renderPredicate(set.where, parameters)}`
    const counted = [...keyList, 'e.bin', 'sum(e.n) AS n']
    const byBin = [...by, by.length + 1].join(', ')
    ctes.push(
      `bins${j} AS (SELECT ${counted.join(', ')} FROM (${source.bins(set.column)}) e ${keys.join} ${filter} GROUP BY ${byBin})`,
    )
    const part = groupNames.length === 0 ? '' : `PARTITION BY ${groupNames.join(', ')}`
    const quantiles = [...set.members].map(
      ([i, q]) =>
        `min(bin) FILTER (WHERE reached * 1000000000000 >= total * ${parameters.integer(shareUnits(q))}) AS b${i}`,
    )
    ctes.push(
      `q${j} AS (SELECT ${[...groupNames, ...quantiles].join(', ')} FROM (SELECT *, sum(n) OVER (${part} ORDER BY bin) AS reached, sum(n) OVER (${part}) AS total FROM bins${j}) ${by.length === 0 ? '' : `GROUP BY ${by.join(', ')}`})`,
    )
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
    parameters: Parameters,
  ) {
    this.#plan = plan
    this.#scope = scope
    this.#choice = choice
    this.#possible = possible
    this.#parameters = parameters
    this.#dims = neededDims(plan, choice)
  }

  cells(numbers: readonly CellColumn[]): string {
    const { definition, stored, raw } = this.#choice
    const merged = numbers.map(({ name }) => `e.${quote(name)}`)
    const made = numbers.map(({ name, fromRows }) => `${fromRows} AS ${quote(name)}`)
    const halves = [
      `SELECT ${list([...this.#bucket('e.bucket'), ...this.#stored(), ...merged])} FROM ${cellTable(definition)} e WHERE ${this.#conditions('e.bucket', stored)}`,
    ]
    if (raw.length > 0) {
      const key = [...this.#bucket('e."time"'), ...this.#dims.map((dim) => dim.made)]
      const select = list([...key, ...made])
      halves.push(
        `SELECT ${select} FROM event_rows e WHERE e."is_current" AND NOT e."suppressed" AND ${this.#conditions('e."time"', raw)} ${this.#groupBy(key.length)}`,
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
    if (raw.length > 0) {
      const bin = `e.${quote(binColumn(column))}`
      const key = [
        ...this.#bucket('e."time"'),
        ...this.#dims.map((dim) => dim.made),
        `${bin} AS bin`,
      ]
      halves.push(
        `SELECT ${[...key, 'count(*) AS n'].join(', ')} FROM event_rows e WHERE e."is_current" AND NOT e."suppressed" AND ${bin} IS NOT NULL AND ${this.#conditions('e."time"', raw)} ${this.#groupBy(key.length)}`,
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

function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'TRUE AS present' : columns.join(', ')
}

/** A dim as read from stored cells and as made from rows. */
interface NeededDim {
  readonly stored: string
  readonly made: string
}

function neededDims(plan: AggregatePlan, choice: RollupChoice): NeededDim[] {
  const fields = [
    ...plan.groupBy,
    ...plan.aggregates.flatMap((aggregate) => [
      ...(aggregate.where === undefined ? [] : predicateFields(aggregate.where)),
      ...(aggregate.fn === 'distinct' ? [aggregate.field] : []),
    ]),
  ]
  const named = new Set(fields.map((field) => (field.type === 'column' ? field.column : '')))
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

/** Quantiles that read the same rows: their column, condition, and q by aggregate number. */
interface QuantileSet {
  readonly column: string
  readonly where: Aggregate['where']
  readonly members: ReadonlyMap<number, number>
}

function quantileSets(aggregates: readonly Aggregate[]): QuantileSet[] {
  const sets = new Map<
    string,
    { column: string; where: Aggregate['where']; members: Map<number, number> }
  >()
  aggregates.forEach((aggregate, i) => {
    if (aggregate.fn !== 'quantile') return
    const key = quantileKey(aggregate)
    const { column, where } = aggregate
    const set = sets.get(key) ?? { column, where, members: new Map<number, number>() }
    set.members.set(i, aggregate.q)
    sets.set(key, set)
  })
  return [...sets.values()]
}
