import { fixedPoint } from '../fixed-point.ts'
import type { Aggregate } from '../store.ts'
import type { Conditions } from './render-conditions.ts'
import { unitsSql, WEIGHT_UNITS } from './render-measure.ts'
import { fieldSql, type Parameters, quote, storedColumn } from './render-sql.ts'

/** One result column: computed per group as `inner`, shown as `outer` over the grouped rows `g`. */
export interface ResultColumn {
  readonly name: string
  /** Null where another column's `inner` holds the value too. */
  readonly inner: string | null
  readonly outer: string
}

export interface RenderedAggregates {
  readonly columns: readonly ResultColumn[]
  /** Per aggregate id, the expression over `g` that ranks groups by it. */
  readonly rank: ReadonlyMap<string, string>
}

/**
 * SQL of a plan's aggregates over raw rows `e`. The result columns of aggregate number i are `a<i>`,
 * or `a<i>_n`, `a<i>_s`, `a<i>_ss` where squared deviations are finished from exact sums
 * (`frameOf` in render-frame.ts reads them).
 */
export function renderAggregates(
  aggregates: readonly Aggregate[],
  parameters: Parameters,
  conditions: Conditions,
): RenderedAggregates {
  const columns: ResultColumn[] = []
  const rank = new Map<string, string>()
  const add = (name: string, inner: string | null, outer = `g.${name}`): string => {
    columns.push({ name, inner, outer })
    return outer
  }
  const quantiles = quantileLists(aggregates, parameters, conditions)
  aggregates.forEach((aggregate, i) => {
    const name = `a${i}`
    rank.set(aggregate.id, renderAggregate(aggregate, name, add, quantiles, parameters, conditions))
  })
  // A plan may ask for the groups alone, and SQL wants something to select.
  if (columns.length === 0) add('present', 'TRUE')
  return { columns, rank }
}

function renderAggregate(
  aggregate: Aggregate,
  name: string,
  add: (name: string, inner: string | null, outer?: string) => string,
  quantiles: QuantileLists,
  parameters: Parameters,
  conditions: Conditions,
): string {
  switch (aggregate.fn) {
    case 'rows': {
      const extra = aggregate.column === undefined ? [] : [`${sqlOf(aggregate.column)} IS NOT NULL`]
      const sum = `sum(${conditions.value(WEIGHT_UNITS)})${conditions.filter(aggregate.where, extra)}`
      return add(name, `COALESCE(${sum}, 0)`)
    }
    case 'sum': {
      const filter = conditions.filter(aggregate.where)
      if (isWhole(aggregate.column)) return add(name, `sum(${sqlOf(aggregate.column)})${filter}`)
      const fixed = fixedPoint(numeric(aggregate.column))
      return fixed === undefined
        ? add(name, `fsum(${sqlOf(aggregate.column)})${filter}`)
        : add(name, `sum(${unitsSql(aggregate.column, fixed.scale, fixed.limit)})${filter}`)
    }
    case 'min':
    case 'max': {
      const column = sqlOf(numeric(aggregate.column))
      return add(name, `${aggregate.fn}(${column})${conditions.filter(aggregate.where)}`)
    }
    case 'm2': {
      const column = sqlOf(numeric(aggregate.column))
      const fixed = fixedPoint(aggregate.column)
      if (fixed === undefined) {
        const pop = `var_pop(${column})${conditions.filter(aggregate.where)}`
        return add(name, `${pop} * count(${column})${conditions.filter(aggregate.where)}`)
      }
      const units = conditions.value(unitsSql(aggregate.column, fixed.squareScale, fixed.limit))
      const n = add(`${name}_n`, `count(${column})${conditions.filter(aggregate.where)}`)
      const s = add(`${name}_s`, `sum(${units})${conditions.filter(aggregate.where)}`)
      const square = `CAST(${units} AS HUGEINT) * ${units}`
      const ss = add(`${name}_ss`, `sum(${square})${conditions.filter(aggregate.where)}`)
      return `(${ss}::DOUBLE - ${s}::DOUBLE * ${s}::DOUBLE / ${n})`
    }
    case 'distinct': {
      const field = fieldSql(aggregate.field, parameters)
      return add(name, `count(DISTINCT ${field})${conditions.filter(aggregate.where)}`)
    }
    case 'quantile': {
      const list = quantiles.get(quantileKey(aggregate)) as QuantileList
      const place = list.qs.indexOf(aggregate.q) + 1
      const inner = list.name === '' ? list.sql : null
      if (inner !== null) list.name = name
      return add(name, inner, `g.${list.name}[${place}]`)
    }
    default:
      return aggregate satisfies never
  }
}

/**
 * Quantiles of one column over the same rows share one sort: four in a list cost 1.4 times one, four
 * apart cost four times one.
 */
interface QuantileList {
  readonly qs: readonly number[]
  readonly sql: string
  /** Result column that holds the list; empty until there is one. */
  name: string
}
type QuantileLists = ReadonlyMap<string, QuantileList>
type Quantile = Extract<Aggregate, { fn: 'quantile' }>

function quantileLists(
  aggregates: readonly Aggregate[],
  parameters: Parameters,
  conditions: Conditions,
): QuantileLists {
  const found = aggregates.filter((aggregate): aggregate is Quantile => aggregate.fn === 'quantile')
  const lists = new Map<string, QuantileList>()
  for (const [key, members] of Map.groupBy(found, quantileKey)) {
    const first = members[0] as Quantile
    const qs = [...new Set(members.map((member) => member.q))]
    const bound = qs.map((q) => parameters.share(q)).join(', ')
    const column = sqlOf(numeric(first.column))
    const sql = `quantile_disc(${column}, [${bound}])${conditions.filter(first.where)}`
    lists.set(key, { qs, sql, name: '' })
  }
  return lists
}

/** Equal for quantiles that read the same values of the same rows. */
export function quantileKey(aggregate: Quantile): string {
  return JSON.stringify([aggregate.column, aggregate.where ?? null], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}

function sqlOf(column: string): string {
  return `e.${quote(storedColumn(column).name)}`
}

export function isWhole(column: string): boolean {
  const { type } = storedColumn(column)
  return type === 'i64' || type === 'i32' || type === 'i16'
}

/** @throws TypeError for a column that holds no numbers */
export function numeric(column: string): string {
  if (isWhole(column) || storedColumn(column).type === 'f64') return column
  throw new TypeError(`column ${column} holds no numbers`)
}
