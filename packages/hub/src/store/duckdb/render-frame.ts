import type { Aggregate, AggregatePlan, Frame, FrameCell, Plan } from '../store.ts'
import { isWhole } from './render-aggregate.ts'
import { listedGroups } from './render-groups.ts'
import { POSITION_COLUMNS } from './render-list.ts'
import { fixedPoint, fromUnits, squaredDeviations, WEIGHT_SCALE } from './render-measure.ts'

export type FrameTable = Pick<Frame, 'columns' | 'rows'>

type ResultRow = readonly FrameCell[]

/**
 * Result rows of a rendered plan (maps as plain objects, 64 and 128-bit numbers as bigint) as the plan's answer; `too_many_rows` when there are more than it
 * allows. Sums of units become numbers here, once, and sketch bins their value.
 *
 * @param binValue value that stands for a bin of the quantile sketch
 */
export function frameOf(
  plan: Plan,
  columns: readonly string[],
  rows: readonly ResultRow[],
  binValue: (bin: number) => number,
): FrameTable | 'too_many_rows' {
  if (plan.type === 'list') {
    return {
      columns: [...plan.columns, ...POSITION_COLUMNS],
      rows: rows.map((row) =>
        row.map((cell, i) => listCell(cell, i >= plan.columns.length, i - plan.columns.length)),
      ),
    }
  }
  if (rows.length > plan.maxRows) return 'too_many_rows'
  const readers = [...keyReaders(plan, columns), ...aggregateReaders(plan, columns, binValue)]
  return {
    columns: [
      ...(plan.edges === null ? [] : ['bucket']),
      ...plan.groupBy.map((_, i) => `key${i}`),
      ...plan.aggregates.map((aggregate) => aggregate.id),
    ],
    rows: rows.map((row) => readers.flatMap((read) => read(row))),
  }
}

type Reader = (row: ResultRow) => FrameCell | readonly FrameCell[]

function keyReaders(plan: AggregatePlan, columns: readonly string[]): Reader[] {
  const readers: Reader[] = []
  if (plan.edges !== null) readers.push((row) => Number(row[0]))
  const groups = listedGroups(plan)
  if (groups !== null) {
    const at = columns.indexOf('k')
    readers.push((row) => groups.keys[Number(row[at])] as readonly (string | null)[])
    return readers
  }
  plan.groupBy.forEach((_, i) => {
    const at = columns.indexOf(`k${i}`)
    readers.push((row) => keyText(row[at] ?? null))
  })
  return readers
}

function keyText(value: FrameCell): string | null {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'number') return String(value === 0 ? 0 : value)
  if (typeof value === 'object') throw new TypeError('rows are not grouped by maps')
  return String(value)
}

function aggregateReaders(
  plan: AggregatePlan,
  columns: readonly string[],
  binValue: (bin: number) => number,
): Reader[] {
  return plan.aggregates.map((aggregate, i) => {
    const bins = columns.indexOf(`a${i}_bin`)
    if (bins >= 0) return (row) => nullOr(row[bins], (bin) => binValue(Number(bin)))
    const squares = columns.indexOf(`a${i}_ss`)
    if (squares >= 0) return squaresReader(aggregate, columns, i)
    const at = columns.indexOf(`a${i}`)
    return (row) => nullOr(row[at], (value) => aggregateCell(aggregate, value))
  })
}

function squaresReader(aggregate: Aggregate, columns: readonly string[], i: number): Reader {
  const [n, s, ss] = [`a${i}_n`, `a${i}_s`, `a${i}_ss`].map((name) => columns.indexOf(name)) as [
    number,
    number,
    number,
  ]
  const column = aggregate.fn === 'm2' ? aggregate.column : ''
  const scale = fixedPoint(column)?.squareScale ?? 1
  return (row) =>
    nullOr(row[ss], (squares) => squaredDeviations(big(row[n]), big(row[s]), big(squares), scale))
}

function aggregateCell(aggregate: Aggregate, value: Exclude<FrameCell, null>): FrameCell {
  switch (aggregate.fn) {
    case 'rows':
      return fromUnits(big(value), WEIGHT_SCALE)
    case 'distinct':
      return Number(value)
    case 'm2':
      return Number(value)
    case 'sum': {
      if (isWhole(aggregate.column)) return big(value)
      const fixed = fixedPoint(aggregate.column)
      return fixed === undefined ? Number(value) : fromUnits(big(value), fixed.scale)
    }
    case 'min':
    case 'max':
    case 'quantile':
      return isWhole(aggregate.column) ? big(value) : Number(value)
    default:
      return aggregate satisfies never
  }
}

function big(value: FrameCell | undefined): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(value)
  throw new TypeError(`not a whole number in a result: ${typeof value}`)
}

function nullOr<T extends FrameCell>(
  value: FrameCell | undefined,
  read: (value: Exclude<FrameCell, null>) => T,
): T | null {
  return value === null || value === undefined ? null : read(value)
}

/** Positions: time, partition and index are numbers, the offset stays 64-bit. */
function listCell(value: FrameCell, position: boolean, place: number): FrameCell {
  if (!position) return value
  return POSITION_COLUMNS[place] === 'offset' ? big(value) : Number(value)
}
