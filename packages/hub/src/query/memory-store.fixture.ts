/**
 * A store of plain rows that evaluates logical plans straight from their definition, for tests: no
 * index, no merging, one pass per aggregate. Slow and obvious on purpose.
 */

import type { ProjectScope } from '../core/scope.ts'
import type {
  Aggregate,
  AggregatePlan,
  FieldRef,
  Frame,
  FrameCell,
  GroupKey,
  ListPlan,
  Plan,
  Predicate,
  QueryOutcome,
} from '../store/store.ts'
import { OTHER_KEY } from '../store/store.ts'

/** Columns by name; absent is null. Whole-number columns hold bigints. `time` is a number (µs). */
export type MemoryRow = Readonly<Record<string, FrameCell>>

export interface MemoryStore {
  query(plan: Plan, scope: ProjectScope, signal: AbortSignal): Promise<QueryOutcome>
  /** Every plan that was asked, in order. */
  readonly plans: Plan[]
}

export function memoryStore(rows: readonly MemoryRow[]): MemoryStore {
  const plans: Plan[] = []
  return {
    plans,
    query(plan, scope, signal) {
      plans.push(plan)
      if (signal.aborted) return Promise.resolve({ ok: false, failure: 'cancelled', message: '' })
      const visible = rows.filter(
        (row) =>
          (scope.project === null || (row['project'] ?? 'default') === scope.project) &&
          row['suppressed'] !== true &&
          row['is_current'] !== false &&
          timeOf(row) >= plan.from &&
          timeOf(row) < plan.to &&
          (plan.where === null || holds(plan.where, row)),
      )
      const found = plan.type === 'list' ? list(plan, visible) : aggregate(plan, visible)
      if (plan.type === 'aggregate' && found.rows.length > plan.maxRows) {
        return Promise.resolve({ ok: false, failure: 'too_many_rows', message: 'too many rows' })
      }
      const times = rows.map(timeOf)
      return Promise.resolve({
        ok: true,
        frame: {
          ...found,
          source: 'raw',
          position: new Map([[0, BigInt(rows.length)]]),
          watermark: times.length === 0 ? null : Math.max(...times),
        },
      })
    },
  }
}

const timeOf = (row: MemoryRow): number => Number(row['time'])

function fieldOf(row: MemoryRow, field: FieldRef): FrameCell {
  if (field.type === 'column') return row[field.column] ?? null
  const tags = row['tags'] ?? null
  if (typeof tags !== 'object' || tags === null) return null
  return Object.hasOwn(tags, field.key) ? (tags[field.key] ?? null) : null
}

function holds(predicate: Predicate, row: MemoryRow): boolean {
  switch (predicate.op) {
    case 'and':
      return predicate.parts.every((part) => holds(part, row))
    case 'or':
      return predicate.parts.some((part) => holds(part, row))
    case 'not':
      return !holds(predicate.part, row)
    case 'is_null':
      return fieldOf(row, predicate.field) === null
    case 'in': {
      const cell = fieldOf(row, predicate.field)
      return cell !== null && predicate.values.some((value) => value === cell)
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const cell = fieldOf(row, predicate.field)
      if (cell === null || typeof cell === 'object') return false
      if (predicate.op === 'lt') return cell < predicate.value
      if (predicate.op === 'lte') return cell <= predicate.value
      if (predicate.op === 'gt') return cell > predicate.value
      return cell >= predicate.value
    }
    case 'contains':
    case 'starts_with': {
      const cell = fieldOf(row, predicate.field)
      if (typeof cell !== 'string') return false
      return predicate.op === 'contains'
        ? cell.includes(predicate.value)
        : cell.startsWith(predicate.value)
    }
  }
}

function weightOf(row: MemoryRow): number {
  return typeof row['weight'] === 'number' ? row['weight'] : 1
}

function evaluate(asked: Aggregate, all: readonly MemoryRow[]): FrameCell {
  const rows =
    asked.where === undefined ? all : all.filter((row) => holds(asked.where ?? never(), row))
  if (asked.fn === 'distinct') {
    return new Set(rows.map((row) => fieldOf(row, asked.field)).filter((cell) => cell !== null))
      .size
  }
  const { column } = asked
  const valued = column === undefined ? rows : rows.filter((row) => (row[column] ?? null) !== null)
  if (asked.fn === 'rows') return valued.reduce((sum, row) => sum + weightOf(row), 0)
  const cells = valued.map((row) => row[asked.column] ?? null)
  if (cells.length === 0) return null
  if (cells.every((cell) => typeof cell === 'bigint')) {
    const whole = cells.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    if (asked.fn === 'sum') return whole.reduce((a, b) => a + b, 0n)
    if (asked.fn === 'min') return whole[0] ?? null
    if (asked.fn === 'max') return whole.at(-1) ?? null
  }
  const numbers = cells.map(Number).toSorted((a, b) => a - b)
  switch (asked.fn) {
    case 'sum':
      return numbers.reduce((a, b) => a + b, 0)
    case 'min':
      return numbers[0] ?? null
    case 'max':
      return numbers.at(-1) ?? null
    case 'm2': {
      const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
      return numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    }
    case 'quantile':
      return numbers[Math.max(0, Math.ceil(asked.q * numbers.length) - 1)] ?? null
  }
}

function never(): never {
  throw new Error('unreachable')
}

interface Group {
  readonly bucket: number | null
  readonly keys: GroupKey
  readonly rows: MemoryRow[]
}

function aggregate(
  plan: AggregatePlan,
  rows: readonly MemoryRow[],
): Pick<Frame, 'columns' | 'rows'> {
  const groups = new Map<string, Group>()
  const listed = plan.groups && new Set(plan.groups.keys.map((keys) => JSON.stringify(keys)))
  for (const row of rows) {
    const bucket = plan.edges === null ? null : bucketOf(plan.edges, timeOf(row))
    if (bucket === -1) continue
    let keys: GroupKey = plan.groupBy.map((field) => {
      const cell = fieldOf(row, field)
      return typeof cell === 'string' ? cell : null
    })
    if (listed !== undefined && !listed.has(JSON.stringify(keys))) {
      if (plan.groups?.other !== true) continue
      keys = plan.groupBy.map(() => OTHER_KEY)
    }
    const text = JSON.stringify([bucket, keys])
    const group = groups.get(text) ?? { bucket, keys, rows: [] }
    group.rows.push(row)
    groups.set(text, group)
  }
  const ids = plan.aggregates.map(({ id }) => id)
  let found = [...groups.values()]
    .sort((a, b) => (a.bucket ?? 0) - (b.bucket ?? 0) || compareKeys(a.keys, b.keys))
    .map((group) => ({
      group,
      cells: plan.aggregates.map((asked) => evaluate(asked, group.rows)),
    }))
  if (plan.topGroups !== undefined) {
    const { by, dir, limit } = plan.topGroups
    const at = ids.indexOf(by)
    if (at < 0) throw new Error(`topGroups by unknown aggregate ${by}`)
    found = found
      .sort((a, b) => {
        const left = a.cells[at] ?? null
        const right = b.cells[at] ?? null
        if (left === null || right === null) {
          return left === right ? 0 : left === null ? 1 : -1
        }
        const order = left < right ? -1 : left > right ? 1 : 0
        return dir === 'asc' ? order : -order
      })
      .slice(0, limit)
      .sort((a, b) => compareKeys(a.group.keys, b.group.keys))
  }
  return {
    columns: [
      ...(plan.edges === null ? [] : ['bucket']),
      ...plan.groupBy.map((_, index) => `key${index}`),
      ...ids,
    ],
    rows: found.map(({ group, cells }) => [
      ...(plan.edges === null ? [] : [group.bucket]),
      ...group.keys,
      ...cells,
    ]),
  }
}

function bucketOf(edges: readonly number[], time: number): number {
  for (let index = 0; index + 1 < edges.length; index++) {
    if (time >= (edges[index] ?? 0) && time < (edges[index + 1] ?? 0)) return index
  }
  return -1
}

function compareKeys(a: GroupKey, b: GroupKey): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? null
    if (left === right) continue
    if (left === null || right === null) return left === null ? 1 : -1
    return left < right ? -1 : 1
  }
  return 0
}

function list(plan: ListPlan, rows: readonly MemoryRow[]): Pick<Frame, 'columns' | 'rows'> {
  const place = (row: MemoryRow, index: number): number[] => [
    timeOf(row),
    Number(row['partition'] ?? 0),
    Number(row['offset'] ?? 0),
    Number(row['index'] ?? index),
  ]
  const before = plan.before
  const { arrival } = plan
  if (arrival !== undefined) {
    const after = arrival.after ?? { offset: -1n, index: -1 }
    const start = [Number(after.offset), after.index]
    const sign = arrival.descending === true ? -1 : 1
    return framed(
      plan,
      rows
        .map((row, index) => ({ row, at: place(row, index) }))
        .filter(({ at }) => at[1] === arrival.partition)
        .filter(({ at }) => comparePlaces(at.slice(2), start) > 0)
        .sort((a, b) => sign * comparePlaces(a.at.slice(2), b.at.slice(2))),
    )
  }
  const limit =
    before === undefined
      ? null
      : [before.time, before.partition, Number(before.offset), before.index]
  const found = rows
    .map((row, index) => ({ row, at: place(row, index) }))
    .filter(({ at }) => limit === null || comparePlaces(at, limit) < 0)
    .sort((a, b) => comparePlaces(b.at, a.at))
  return framed(plan, found)
}

function framed(
  plan: ListPlan,
  found: readonly { readonly row: MemoryRow; readonly at: readonly number[] }[],
): Pick<Frame, 'columns' | 'rows'> {
  return {
    columns: [...plan.columns, 'time', 'partition', 'offset', 'index'],
    rows: found
      .slice(0, plan.limit)
      .map(({ row, at }) => [
        ...plan.columns.map((column) => row[column] ?? null),
        at[0] ?? 0,
        at[1] ?? 0,
        BigInt(at[2] ?? 0),
        at[3] ?? 0,
      ]),
  }
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] ?? 0
    if (left !== right) return left - right
  }
  return 0
}
