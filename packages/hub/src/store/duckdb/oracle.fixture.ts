import { EVENT_COLUMNS } from '@llmhub/schema'
import type {
  Aggregate,
  AggregatePlan,
  FieldRef,
  FrameCell,
  GroupKey,
  ListPlan,
  Predicate,
} from '../store.ts'
import { OTHER_KEY } from '../store.ts'
import type { EventRow } from './event-table.fixture.ts'

/**
 * What a plan means, written a second time over plain objects. It shares no code with the renderer;
 * values and groups are found by looping, numbers by BigInt.
 */
export interface OracleTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly FrameCell[])[]
}

const TYPES = new Map(EVENT_COLUMNS.map((column) => [column.name as string, column.type as string]))

export function answer(
  plan: AggregatePlan,
  project: string | null,
  rows: readonly EventRow[],
): OracleTable {
  const kept = rows.filter(
    (row) =>
      counts(row, project) &&
      Number(row['time']) >= plan.from &&
      Number(row['time']) < plan.to &&
      (plan.where === null || holds(plan.where, row)) &&
      (plan.aggregates.length === 0 ||
        plan.aggregates.some((one) => one.where === undefined || holds(one.where, row))),
  )
  const groups = new Map<string, { bucket: number; key: GroupKey; rows: EventRow[] }>()
  for (const row of kept) {
    const bucket = plan.edges === null ? 0 : bucketOf(plan.edges, Number(row['time']))
    if (bucket < 0) continue
    const key = keyOf(plan, row)
    if (key === null) continue
    const id = JSON.stringify([bucket, key])
    const group = groups.get(id) ?? { bucket, key, rows: [] }
    group.rows.push(row)
    groups.set(id, group)
  }
  let found = [...groups.values()].map((group) => ({
    ...group,
    cells: plan.aggregates.map((one) => aggregate(one, group.rows)),
  }))
  const byKey = (a: { key: GroupKey }, b: { key: GroupKey }): number =>
    compareKey(a.key, b.key, plan.groupBy)
  const top = plan.topGroups
  if (top !== undefined) {
    const at = plan.aggregates.findIndex((one) => one.id === top.by)
    found.sort(
      (a, b) => compareCell(a.cells[at] ?? null, b.cells[at] ?? null, top.dir) || byKey(a, b),
    )
    found = found.slice(0, top.limit)
  }
  found.sort((a, b) => a.bucket - b.bucket || byKey(a, b))
  return {
    columns: [
      ...(plan.edges === null ? [] : ['bucket']),
      ...plan.groupBy.map((_, i) => `key${i}`),
      ...plan.aggregates.map((one) => one.id),
    ],
    rows: found.map((group) => [
      ...(plan.edges === null ? [] : [group.bucket]),
      ...group.key,
      ...group.cells,
    ]),
  }
}

/** Rows given in log order: their place is their index within offset `offset(row)`. */
export function list(
  plan: ListPlan,
  project: string | null,
  rows: readonly (EventRow & { readonly place: readonly [number, bigint, number] })[],
): OracleTable {
  const after = (a: readonly (number | bigint)[], b: readonly (number | bigint)[]): number => {
    for (let i = 0; i < a.length; i++) {
      const x = a[i] as number
      const y = b[i] as number
      if (x !== y) return x < y ? 1 : -1
    }
    return 0
  }
  if (plan.arrival !== undefined) return byArrival(plan, plan.arrival, project, rows)
  const { before } = plan
  const found = rows
    .filter((row) => counts(row, project))
    .filter((row) => Number(row['time']) >= plan.from && Number(row['time']) < plan.to)
    .filter((row) => plan.where === null || holds(plan.where, row))
    .map((row) => ({ row, at: [Number(row['time']), ...row.place] }))
    .filter(
      ({ at }) =>
        before === undefined ||
        after(at, [before.time, before.partition, before.offset, before.index]) > 0,
    )
    .sort((a, b) => after(a.at, b.at))
    .slice(0, plan.limit)
  return {
    columns: [...plan.columns, 'time', 'partition', 'offset', 'index'],
    rows: found.map(({ row, at }) => [...plan.columns.map((name) => row[name] ?? null), ...at]),
  }
}

function byArrival(
  plan: ListPlan,
  { partition, after, descending }: NonNullable<ListPlan['arrival']>,
  project: string | null,
  rows: readonly (EventRow & { readonly place: readonly [number, bigint, number] })[],
): OracleTable {
  const rank = ([, offset, index]: readonly [number, bigint, number]): bigint =>
    offset * 1_000_000n + BigInt(index)
  const found = rows
    .filter((row) => counts(row, project) && row.place[0] === partition)
    .filter((row) => Number(row['time']) >= plan.from && Number(row['time']) < plan.to)
    .filter((row) => plan.where === null || holds(plan.where, row))
    .filter(
      (row) =>
        after === undefined || rank(row.place) > rank([partition, after.offset, after.index]),
    )
    .toSorted((a, b) => Number(rank(a.place) - rank(b.place)) * (descending === true ? -1 : 1))
    .slice(0, plan.limit)
  return {
    columns: [...plan.columns, 'time', 'partition', 'offset', 'index'],
    rows: found.map((row) => [
      ...plan.columns.map((name) => row[name] ?? null),
      Number(row['time']),
      ...row.place,
    ]),
  }
}

function counts(row: EventRow, project: string | null): boolean {
  return (
    row['is_current'] === true &&
    row['suppressed'] === false &&
    (project === null || row['project'] === project)
  )
}

function bucketOf(edges: readonly number[], time: number): number {
  for (let i = 0; i + 1 < edges.length; i++) {
    if (time >= (edges[i] as number) && time < (edges[i + 1] as number)) return i
  }
  return -1
}

function valueOf(field: FieldRef, row: EventRow): FrameCell {
  if (field.type === 'column') return row[field.column] ?? null
  const tags = row['tags'] as Record<string, string> | null | undefined
  return tags !== null && tags !== undefined && Object.hasOwn(tags, field.key)
    ? (tags[field.key] as string)
    : null
}

function keyOf(plan: AggregatePlan, row: EventRow): GroupKey | null {
  const key = plan.groupBy.map((field) => {
    const value = valueOf(field, row)
    if (value !== null && typeof value === 'object') throw new TypeError('a map is no key')
    return value === null ? null : String(value)
  })
  if (plan.groups === undefined || plan.groupBy.length === 0) return key
  if (plan.groups.keys.some((one) => one.every((text, i) => text === key[i]))) return key
  return plan.groups.other ? plan.groupBy.map(() => OTHER_KEY) : null
}

function holds(predicate: Predicate, row: EventRow): boolean {
  switch (predicate.op) {
    case 'and':
      return predicate.parts.every((part) => holds(part, row))
    case 'or':
      return predicate.parts.some((part) => holds(part, row))
    case 'not':
      return !holds(predicate.part, row)
    case 'is_null':
      return valueOf(predicate.field, row) === null
    case 'in': {
      const value = valueOf(predicate.field, row)
      // Loose equality is what compares a bigint with a number by value.
      // oxlint-disable-next-line eqeqeq
      return value !== null && predicate.values.some((one) => one == value)
    }
    case 'contains': {
      const value = valueOf(predicate.field, row)
      return value !== null && (value as string).includes(predicate.value)
    }
    case 'starts_with': {
      const value = valueOf(predicate.field, row)
      return value !== null && (value as string).startsWith(predicate.value)
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const value = valueOf(predicate.field, row)
      if (value === null) return false
      const sign =
        typeof value === 'string'
          ? compareText(value, String(predicate.value))
          : value < predicate.value
            ? -1
            : value > predicate.value
              ? 1
              : 0
      return { lt: sign < 0, lte: sign <= 0, gt: sign > 0, gte: sign >= 0 }[predicate.op]
    }
  }
}

function aggregate(one: Aggregate, all: readonly EventRow[]): FrameCell {
  const rows = all.filter((row) => one.where === undefined || holds(one.where, row))
  switch (one.fn) {
    case 'rows': {
      let total = 0n
      for (const row of rows) {
        if (one.column !== undefined && (row[one.column] ?? null) === null) continue
        total += roundEven((row['weight'] as number) * 1e6)
      }
      return total % 1_000_000n === 0n ? Number(total / 1_000_000n) : Number(total) / 1e6
    }
    case 'distinct': {
      const seen = new Set(
        rows.map((row) => valueOf(one.field, row)).filter((value) => value !== null),
      )
      return seen.size
    }
    case 'sum':
    case 'min':
    case 'max':
    case 'm2':
    case 'quantile': {
      const values = rows
        .map((row) => row[one.column] ?? null)
        .filter((value) => value !== null) as (number | bigint)[]
      return values.length === 0 ? null : numbers(one, values)
    }
  }
}

const SCALE: Readonly<Record<string, readonly [number, number]>> = {
  latency_ms: [1e6, 1e3],
  ttft_ms: [1e6, 1e3],
  tokens_per_second: [1e6, 1e3],
  quality: [1e12, 1e9],
}

function numbers(
  one: Extract<Aggregate, { fn: 'sum' | 'min' | 'max' | 'm2' | 'quantile' }>,
  values: readonly (number | bigint)[],
): FrameCell {
  const whole = TYPES.get(one.column)?.startsWith('i') === true
  const ascending = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const shown = (value: number | bigint): FrameCell => (whole ? BigInt(value) : Number(value))
  const [scale, squareScale] = SCALE[one.column] ?? [undefined, undefined]
  switch (one.fn) {
    case 'min':
      return shown(ascending[0] as number)
    case 'max':
      return shown(ascending.at(-1) as number)
    case 'quantile': {
      const n = ascending.length
      let k = 1
      while (k / n < one.q) k++
      return shown(ascending[k - 1] as number)
    }
    case 'sum': {
      if (whole) return values.reduce((sum: bigint, value) => sum + BigInt(value), 0n)
      if (scale === undefined) return values.reduce((sum: number, value) => sum + Number(value), 0)
      const units = values.reduce(
        (sum: bigint, value) => sum + roundEven(Number(value) * scale),
        0n,
      )
      const exact = units % BigInt(scale) === 0n
      return exact ? Number(units / BigInt(scale)) : Number(units) / scale
    }
    case 'm2': {
      const scaled =
        squareScale === undefined
          ? values.map(Number)
          : values.map((value) => Number(roundEven(Number(value) * squareScale)) / squareScale)
      const mean = scaled.reduce((sum, value) => sum + value, 0) / scaled.length
      return scaled.reduce((sum, value) => sum + (value - mean) ** 2, 0)
    }
    default:
      throw new TypeError(one satisfies never)
  }
}

function roundEven(x: number): bigint {
  const floor = Math.floor(x)
  const rest = x - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0)
  return BigInt(up ? floor + 1 : floor)
}

function compareKey(a: GroupKey, b: GroupKey, groupBy: readonly FieldRef[]): number {
  for (const [i, field] of groupBy.entries()) {
    const [x, y] = [a[i] ?? null, b[i] ?? null]
    if (x === y) continue
    if (x === null || y === null) return x === null ? 1 : -1
    const type = field.type === 'tag' ? 'text' : (TYPES.get(field.column) ?? '')
    const number = ['i64', 'i32', 'i16', 'f64'].includes(type) && x !== OTHER_KEY && y !== OTHER_KEY
    return number ? Number(x) - Number(y) : compareText(x, y)
  }
  return 0
}

function compareCell(a: FrameCell, b: FrameCell, dir: 'asc' | 'desc'): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  const order = a < b ? -1 : 1
  return dir === 'asc' ? order : -order
}

function compareText(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)]
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const order = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0)
    if (order !== 0) return order
  }
  return x.length - y.length
}
