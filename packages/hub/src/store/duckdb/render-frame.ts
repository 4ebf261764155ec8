import { fixedPoint, fromUnits, squaredDeviations, WEIGHT_SCALE } from '../fixed-point.ts'
import type { Aggregate, AggregatePlan, Frame, FrameCell, Plan } from '../store.ts'
import type { ResultCell } from './read-result.ts'
import { isWhole, quantileKey } from './render-aggregate.ts'
import { listedGroups } from './render-groups.ts'
import { POSITION_COLUMNS } from './render-list.ts'
import { shareUnits, storedColumn } from './render-sql.ts'
import { type NumberList, SketchRank } from './sketch-rank.ts'
import type { TextColumn, Texts } from './texts.ts'

export type FrameTable = Pick<Frame, 'columns' | 'rows'>

type ResultRow = readonly ResultCell[]

/**
 * Result rows of a rendered plan (maps as plain objects, 64 and 128-bit numbers as bigint) as the plan's answer; `too_many_rows` when there are more than it
 * allows. Sums of units become numbers here, once, and sketch bins the value at their rank.
 *
 * @param binValue value that stands for a bin of the quantile sketch
 * @param texts of the ids in a list's rows
 */
export function frameOf(
  plan: Plan,
  columns: readonly string[],
  rows: readonly ResultRow[],
  binValue: (bin: number) => number,
  texts: Texts,
): FrameTable | 'too_many_rows' {
  if (plan.type === 'list') {
    const dictionaries = plan.columns.map((name) =>
      storedColumn(name).type === 'dict' ? texts.get(name) : undefined,
    )
    return {
      columns: [...plan.columns, ...POSITION_COLUMNS],
      rows: rows.map((row) =>
        row.map((cell, i) =>
          i < plan.columns.length
            ? listCell(scalar(cell), dictionaries[i])
            : positionCell(scalar(cell), i - plan.columns.length),
        ),
      ),
    }
  }
  const cut = plan.topGroups !== undefined && ranksByLists(plan, plan.topGroups.by, columns)
  if (!cut && rows.length > plan.maxRows) return 'too_many_rows'
  const readers = [...keyReaders(plan, columns), ...aggregateReaders(plan, columns, binValue)]
  const read = rows.map((row) => readers.flatMap((each) => each(row)))
  const kept = cut ? firstGroups(plan, read) : read
  if (kept.length > plan.maxRows) return 'too_many_rows'
  return {
    columns: [
      ...(plan.edges === null ? [] : ['bucket']),
      ...plan.groupBy.map((_, i) => `key${i}`),
      ...plan.aggregates.map((aggregate) => aggregate.id),
    ],
    rows: kept,
  }
}

/** Whether the statement left the choice of the first groups to this file. */
function ranksByLists(plan: AggregatePlan, by: string, columns: readonly string[]): boolean {
  const ranked = plan.aggregates.find((aggregate) => aggregate.id === by)
  return ranked?.fn === 'quantile' && columns.includes(`a${firstOf(plan, ranked)}_bins`)
}

/** Number of the first aggregate that reads the same sketch rows. */
function firstOf(plan: AggregatePlan, quantile: Quantile): number {
  const key = quantileKey(quantile)
  return plan.aggregates.findIndex((each) => each.fn === 'quantile' && quantileKey(each) === key)
}

type Quantile = Extract<Aggregate, { fn: 'quantile' }>

/**
 * The first groups by a quantile, nulls last. Rows come ordered by their keys, so that the earlier of
 * two equals is the one whose keys come first, and they stay in that order.
 */
function firstGroups(
  plan: AggregatePlan,
  rows: readonly (readonly FrameCell[])[],
): (readonly FrameCell[])[] {
  const { by, dir, limit } = plan.topGroups as NonNullable<AggregatePlan['topGroups']>
  const at = plan.groupBy.length + plan.aggregates.findIndex((aggregate) => aggregate.id === by)
  const sign = dir === 'asc' ? 1 : -1
  const value = (i: number): number | null => {
    const cell = rows[i]?.[at] ?? null
    return cell === null ? null : Number(cell)
  }
  const order = (i: number, j: number): number => {
    const [x, y] = [value(i), value(j)]
    if (x === null || y === null) return Number(x === null) - Number(y === null) || i - j
    return sign * (x - y) || i - j
  }
  const first = new Set(
    rows
      .map((_, i) => i)
      .sort(order)
      .slice(0, limit),
  )
  return rows.filter((_, i) => first.has(i))
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
    readers.push((row) => keyText(scalar(row[at])))
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
  const sketches = new Map<number, (row: ResultRow, q: number) => number | null>()
  return plan.aggregates.map((aggregate, i) => {
    if (aggregate.fn === 'quantile') {
      const first = firstOf(plan, aggregate)
      const bins = columns.indexOf(`a${first}_bins`)
      if (bins >= 0) {
        const read = sketches.get(first) ?? sketchReader(plan, first, bins)
        sketches.set(first, read)
        return (row) => {
          const bin = read(row, aggregate.q)
          return bin === null ? null : binValue(bin)
        }
      }
    }
    const squares = columns.indexOf(`a${i}_ss`)
    if (squares >= 0) return squaresReader(aggregate, columns, i)
    const at = columns.indexOf(`a${i}`)
    return (row) => nullOr(row[at], (value) => aggregateCell(aggregate, value))
  })
}

/** Bin at a share of a row's lists; all shares that the plan asks of them are found at once. */
function sketchReader(
  plan: AggregatePlan,
  first: number,
  bins: number,
): (row: ResultRow, q: number) => number | null {
  const ranks = new SketchRank()
  const members = plan.aggregates.filter(
    (each): each is Quantile => each.fn === 'quantile' && firstOf(plan, each) === first,
  )
  const qs = [...new Set(members.map((each) => each.q))]
  const shares = qs.map(shareUnits)
  let last: ResultRow | null = null
  let found: readonly (number | null)[] = []
  return (row, q) => {
    if (row !== last) {
      last = row
      found = ranks.binsAt(numbers(row[bins]), numbers(row[bins + 1]), shares)
    }
    return found[qs.indexOf(q)] ?? null
  }
}

/** A list cell; no list is an empty one. */
function numbers(cell: ResultCell | undefined): NumberList {
  if (cell instanceof Int16Array || cell instanceof Float64Array) return cell
  if (cell === null || cell === undefined) return new Int16Array(0)
  throw new TypeError(`not a list of numbers in a result: ${typeof cell}`)
}

/** A cell that holds one value. @throws TypeError for a list */
export function scalar(cell: ResultCell | undefined): FrameCell {
  if (cell instanceof Int16Array || cell instanceof Float64Array) {
    throw new TypeError('a list of numbers in a result, where one value is expected')
  }
  return cell ?? null
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

function big(value: ResultCell | undefined): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(value)
  throw new TypeError(`not a whole number in a result: ${typeof value}`)
}

function nullOr<T extends FrameCell>(
  value: ResultCell | undefined,
  read: (value: Exclude<FrameCell, null>) => T,
): T | null {
  const cell = scalar(value)
  return cell === null ? null : read(cell)
}

/** @throws Error for an id without a text, which no transaction of ours can write */
function listCell(value: FrameCell, dictionary: TextColumn | undefined): FrameCell {
  if (dictionary === undefined || value === null) return value
  const id = Number(value)
  const text = dictionary.valueOf(id)
  if (text === undefined) throw new Error(`a dictionary has no text of the id ${id}`)
  return text
}

/** Positions: time, partition and index are numbers, the offset stays 64-bit. */
function positionCell(value: FrameCell, place: number): FrameCell {
  return POSITION_COLUMNS[place] === 'offset' ? big(value) : Number(value)
}
