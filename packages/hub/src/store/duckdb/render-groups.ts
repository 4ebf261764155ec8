import type { AggregatePlan, FieldRef, GroupKey } from '../store.ts'
import { OTHER_KEY } from '../store.ts'
import { compareText } from '../text-order.ts'
import { dictionaryTable, fieldSql, fieldType, type Parameters } from './render-sql.ts'

/**
 * Listed groups. The keys asked for become a small table `wanted` (g, k0 … kN), its dict keys
 * already ids, and a row belongs to the group that it joins. Group numbers follow the order in which
 * a frame shows them, so that ordering by the number orders by the keys.
 */
export interface ListedGroups {
  /** Group keys by group number. */
  readonly keys: readonly GroupKey[]
  /** Number of the group of the rows that are not listed; null when they are left out. */
  readonly other: number | null
}

export function listedGroups(plan: AggregatePlan): ListedGroups | null {
  if (plan.groups === undefined || plan.groupBy.length === 0) return null
  const unique = new Map(plan.groups.keys.map((key) => [JSON.stringify(key), key]))
  const otherKey: GroupKey = plan.groupBy.map(() => OTHER_KEY)
  const keys = [...unique.values()]
  if (plan.groups.other) keys.push(otherKey)
  keys.sort((a, b) => compareKeys(a, b, plan.groupBy))
  return { keys, other: plan.groups.other ? keys.indexOf(otherKey) : null }
}

/** Null when no listed key can be one of the fields' values. */
export function renderWanted(
  groups: ListedGroups,
  groupBy: readonly FieldRef[],
  parameters: Parameters,
): string | null {
  const rows: string[] = []
  groups.keys.forEach((key, g) => {
    if (g === groups.other) return
    const cells = key.map((text, i) => keyBinder(text, groupBy[i] as FieldRef))
    if (!cells.every((bind) => bind !== null)) return
    rows.push(`(${[g, ...cells.map((bind) => bind(parameters))].join(', ')})`)
  })
  if (rows.length === 0) return null
  const names = groupBy.map((_, i) => `v${i}`)
  const select: string[] = []
  const joins: string[] = []
  const known: string[] = []
  groupBy.forEach((field, i) => {
    if (field.type === 'column' && fieldType(field) === 'dict') {
      joins.push(`LEFT JOIN ${dictionaryTable(field.column)} d${i} ON d${i}.value = v.v${i}`)
      known.push(`(v.v${i} IS NULL OR d${i}.id IS NOT NULL)`)
      select.push(`d${i}.id AS k${i}`)
    } else {
      select.push(`v.v${i} AS k${i}`)
    }
  })
  const where = known.length === 0 ? '' : ` WHERE ${known.join(' AND ')}`
  return `SELECT v.g, ${select.join(', ')} FROM (VALUES ${rows.join(', ')}) v(g, ${names.join(', ')}) ${joins.join(' ')}${where}`
}

export function joinWanted(groupBy: readonly FieldRef[], parameters: Parameters): string {
  return groupBy
    .map((field, i) => `${fieldSql(field, parameters)} IS NOT DISTINCT FROM w.k${i}`)
    .join(' AND ')
}

/** Binds a key's text as a value of the field; null when no value of the field reads like that. */
function keyBinder(
  text: string | null,
  field: FieldRef,
): ((parameters: Parameters) => string) | null {
  const type = fieldType(field)
  if (text === null) return () => `CAST(NULL AS ${KEY_TYPE[type]})`
  switch (type) {
    case 'dict':
    case 'text':
      return (parameters) => parameters.text(text)
    case 'bool':
      return text === 'true' || text === 'false'
        ? (parameters) => parameters.boolean(text === 'true')
        : null
    case 'f64':
      return String(Number(text)) === text && Number.isFinite(Number(text))
        ? (parameters) => parameters.double(Number(text))
        : null
    case 'i64':
    case 'i32':
    case 'i16': {
      if (!/^-?[0-9]{1,19}$/.test(text)) return null
      const value = BigInt(text)
      const shown = String(value) === text && BigInt.asIntN(64, value) === value
      return shown ? (parameters) => parameters.integer(value) : null
    }
    case 'tags':
      throw new TypeError('rows are grouped by one key of their tags, not by all of them')
    default:
      return type satisfies never
  }
}

const KEY_TYPE = {
  dict: 'VARCHAR',
  text: 'VARCHAR',
  bool: 'BOOLEAN',
  f64: 'DOUBLE',
  i64: 'BIGINT',
  i32: 'BIGINT',
  i16: 'BIGINT',
  tags: 'VARCHAR',
} as const

/** Order of a frame: texts by code point, numbers by value, nulls last. */
function compareKeys(a: GroupKey, b: GroupKey, groupBy: readonly FieldRef[]): number {
  for (const [i, field] of groupBy.entries()) {
    const x = a[i] ?? null
    const y = b[i] ?? null
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    const type = fieldType(field)
    const number = type === 'i64' || type === 'i32' || type === 'i16' || type === 'f64'
    const order = number && x !== OTHER_KEY && y !== OTHER_KEY ? Number(x) - Number(y) : 0
    const result = order === 0 || Number.isNaN(order) ? compareText(x, y) : order
    if (result !== 0) return result
  }
  return 0
}
