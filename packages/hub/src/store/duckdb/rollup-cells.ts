import { fixedPoint } from '../fixed-point.ts'
import type { RollupDefinition, RollupMeasure } from '../rollup.ts'
import type { Aggregate } from '../store.ts'
import { SQL_TYPES } from './physical.ts'
import { isWhole, numeric } from './render-aggregate.ts'
import { unitsSql, WEIGHT_UNITS } from './render-measure.ts'
import { quote, storedColumn } from './render-sql.ts'

/** One stored number of a cell: how it is made from rows `e`, and how those of several cells merge. */
export interface CellColumn {
  readonly name: string
  readonly type: 'HUGEINT' | 'BIGINT' | 'DOUBLE'
  readonly fromRows: string
  readonly merge: 'sum' | 'min' | 'max'
}

/** Sketch column of each number that has one. */
const BIN_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['latency_ms', 'latency_bin'],
  ['ttft_ms', 'ttft_bin'],
  ['value', 'value_bin'],
])

/** @throws RangeError for a column without sketch bins */
export function binColumn(column: string): string {
  const bin = BIN_COLUMNS.get(column)
  if (bin === undefined) throw new RangeError(`column ${column} has no sketch bins`)
  return bin
}

/** The stored numbers of a measure; null for a measure that does not add up exactly. */
export function cellColumns(measure: RollupMeasure): CellColumn[] | null {
  if (measure.fn === 'rows') {
    const counted = measure.column
    const filter = counted === undefined ? '' : ` FILTER (WHERE ${rowColumn(counted)} IS NOT NULL)`
    return [
      {
        name: counted === undefined ? 'rows' : `rows_${counted}`,
        type: 'HUGEINT',
        fromRows: `COALESCE(sum(${WEIGHT_UNITS})${filter}, 0)`,
        merge: 'sum',
      },
    ]
  }
  const { fn } = measure
  const column = numeric(measure.column)
  const whole = isWhole(column)
  const fixed = fixedPoint(column)
  if (fn === 'min' || fn === 'max') {
    const type = whole ? 'BIGINT' : 'DOUBLE'
    return [{ name: `${fn}_${column}`, type, fromRows: `${fn}(${rowColumn(column)})`, merge: fn }]
  }
  const total = (name: string, sql: string): CellColumn => ({
    name: `${name}_${column}`,
    type: 'HUGEINT',
    fromRows: sql,
    merge: 'sum',
  })
  if (fn === 'sum') {
    if (whole) return [total('sum', `sum(${rowColumn(column)})`)]
    if (fixed === undefined) return null
    return [total('sum', `sum(${unitsSql(column, fixed.scale, fixed.limit)})`)]
  }
  if (fixed === undefined) return null
  const units = unitsSql(column, fixed.squareScale, fixed.limit)
  return [
    total('n', `CAST(count(${rowColumn(column)}) AS HUGEINT)`),
    total('s', `sum(${units})`),
    total('ss', `sum(CAST(${units} AS HUGEINT) * ${units})`),
  ]
}

function rowColumn(column: string): string {
  return `e.${quote(storedColumn(column).name)}`
}

/** Stored numbers of a definition, each once. @throws RangeError for a measure that is not exact */
export function definitionColumns(definition: RollupDefinition): CellColumn[] {
  const columns = new Map<string, CellColumn>()
  for (const measure of definition.measures) {
    const cells = cellColumns(measure)
    if (cells === null) {
      throw new RangeError(`${definition.name}: ${measure.fn} of ${measure.column} is not exact`)
    }
    for (const cell of cells) columns.set(cell.name, cell)
  }
  return [...columns.values()]
}

/** The measure whose stored numbers answer an aggregate; null where cells cannot. */
export function measureOf(aggregate: Aggregate): RollupMeasure | null {
  switch (aggregate.fn) {
    case 'rows':
      return aggregate.column === undefined
        ? { fn: 'rows' }
        : { fn: 'rows', column: aggregate.column }
    case 'sum':
    case 'min':
    case 'max':
    case 'm2':
      return { fn: aggregate.fn, column: aggregate.column }
    case 'distinct':
    case 'quantile':
      return null
    default:
      return aggregate satisfies never
  }
}

export function cellTable(definition: RollupDefinition): string {
  return quote(`rollup_${definition.name}`)
}

export function binTable(definition: RollupDefinition): string {
  return quote(`rollup_${definition.name}_bins`)
}

/** True where the row has a value, else null: so that "is null" reads the same of rows and of cells. */
export function presentSql(column: string): string {
  return `CASE WHEN ${rowColumn(column)} IS NOT NULL THEN TRUE END`
}

/** The statements that make a definition's tables; the migration holds exactly these. */
export function tableStatements(definition: RollupDefinition): string[] {
  const dims = definition.dims.map((dim) => `  ${quote(dim)} ${SQL_TYPES[storedColumn(dim).type]}`)
  dims.push(...definition.present.map((column) => `  ${quote(column)} BOOLEAN`))
  const create = (table: string, columns: readonly string[]): string =>
    `CREATE TABLE ${table} (\n${['  bucket BIGINT', ...dims, ...columns].join(',\n')}\n);`
  const cells = definitionColumns(definition).map(({ name, type }) => `  ${quote(name)} ${type}`)
  const bins = ['  series TINYINT', '  bin SMALLINT', '  n BIGINT']
  return [
    create(cellTable(definition), cells),
    ...(definition.sketches.length === 0 ? [] : [create(binTable(definition), bins)]),
  ]
}
