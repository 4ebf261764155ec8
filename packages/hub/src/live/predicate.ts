import type { Batch, Column, TagsColumn } from '@llmhub/stream'
import { hasValue, textAt } from '@llmhub/stream'
import type { FieldRef, Literal, Predicate } from '../store/store.ts'
import { type Comparison, textTest } from '../store/text-test.ts'

/** One byte per row: 1 where the row passes. */
export type Mask = Uint8Array

/**
 * Which rows of a batch pass predicates: the same that the store finds. Comparisons with null are false,
 * `not` is "is not true", texts are ordered by code point. Texts of a dictionary are compared once each, and a
 * predicate that comes again, alone or as part of others, is looked at once. Masks are shared: not to be changed.
 */
export class BatchMasks {
  readonly #batch: Batch
  readonly #known = new Map<string, Mask>()

  constructor(batch: Batch) {
    this.#batch = batch
  }

  /** @throws TypeError where a number is compared with a text and the like, which a question refuses */
  of(predicate: Predicate): Mask {
    const name = nameOf(predicate)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const mask = this.#make(predicate)
    this.#known.set(name, mask)
    return mask
  }

  #make(predicate: Predicate): Mask {
    switch (predicate.op) {
      case 'and':
        return this.#combine(predicate.parts, 1)
      case 'or':
        return this.#combine(predicate.parts, 0)
      case 'not': {
        const mask = this.of(predicate.part).slice()
        for (let row = 0; row < mask.length; row++) mask[row] = 1 - (mask[row] ?? 0)
        return mask
      }
      case 'is_null':
        return whereNull(predicate.field, this.#batch)
      case 'in':
      case 'lt':
      case 'lte':
      case 'gt':
      case 'gte':
      case 'contains':
      case 'starts_with':
        return compare(predicate, this.#batch)
      default:
        return predicate satisfies never
    }
  }

  /** @param neutral what no parts come to: 1 all must pass, 0 one of them */
  #combine(parts: readonly Predicate[], neutral: 0 | 1): Mask {
    const mask = new Uint8Array(this.#batch.rows).fill(neutral)
    for (const part of parts) {
      const other = this.of(part)
      for (let row = 0; row < mask.length; row++) {
        if (other[row] !== neutral) mask[row] = 1 - neutral
      }
    }
    return mask
  }
}

const names = new WeakMap<Predicate, string>()

/** Equal for equal predicates. Made once per object. */
function nameOf(predicate: Predicate): string {
  const known = names.get(predicate)
  if (known !== undefined) return known
  const name = JSON.stringify(predicate, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  names.set(predicate, name)
  return name
}

function whereNull(field: FieldRef, batch: Batch): Mask {
  const mask = new Uint8Array(batch.rows)
  const texts = field.type === 'tag' ? tagTexts(field.key, batch) : null
  const column = field.type === 'tag' ? undefined : batch.columns.get(field.column)
  for (let row = 0; row < mask.length; row++) {
    const isNull =
      texts === null ? column === undefined || !hasValue(column, row) : texts[row] === null
    mask[row] = isNull ? 1 : 0
  }
  return mask
}

function compare(predicate: Comparison, batch: Batch): Mask {
  const mask = new Uint8Array(batch.rows)
  const { field } = predicate
  if (field.type === 'tag') {
    const passes = textTest(predicate)
    const texts = tagTexts(field.key, batch)
    for (let row = 0; row < mask.length; row++) {
      const text = texts[row] ?? null
      if (text !== null && passes(text)) mask[row] = 1
    }
    return mask
  }
  const column = batch.columns.get(field.column)
  if (column === undefined) return mask
  switch (column.type) {
    case 'dict': {
      const passing = Uint8Array.from(column.values, oneWhere(textTest(predicate)))
      const { codes } = column
      for (let row = 0; row < mask.length; row++) {
        const code = codes[row] ?? -1
        if (code >= 0) mask[row] = passing[code] ?? 0
      }
      return mask
    }
    case 'text': {
      const passes = textTest(predicate)
      for (let row = 0; row < mask.length; row++) {
        const text = textAt(column, row)
        if (text !== null && passes(text)) mask[row] = 1
      }
      return mask
    }
    case 'bool': {
      const wanted = predicate.op === 'in' ? predicate.values : []
      for (let row = 0; row < mask.length; row++) {
        if (hasValue(column, row) && wanted.includes(column.data[row] === 1)) mask[row] = 1
      }
      return mask
    }
    case 'i64':
    case 'i32':
    case 'i16':
    case 'f64': {
      const passes = numberTest(predicate)
      for (let row = 0; row < mask.length; row++) {
        if (hasValue(column, row) && passes(column.data[row] ?? 0)) mask[row] = 1
      }
      return mask
    }
    case 'tags':
      throw new TypeError('a map of tags is not compared with a value')
    default:
      return column satisfies never
  }
}

const oneWhere =
  (passes: (text: string) => boolean) =>
  (text: string): number =>
    passes(text) ? 1 : 0

/** Numbers and bigints compare by their exact values. */
function numberTest(predicate: Comparison): (value: number | bigint) => boolean {
  if (predicate.op === 'in') {
    const wanted = predicate.values.map(numeric)
    return (value) => wanted.some((each) => isSameNumber(each, value))
  }
  const { op } = predicate
  if (op === 'contains' || op === 'starts_with') {
    throw new TypeError(`a number has no ${op}`)
  }
  const bound = numeric(predicate.value)
  switch (op) {
    case 'lt':
      return (value) => value < bound
    case 'lte':
      return (value) => value <= bound
    case 'gt':
      return (value) => value > bound
    case 'gte':
      return (value) => value >= bound
    default:
      return op satisfies never
  }
}

/** Exact, also between a bigint and a number. */
function isSameNumber(a: number | bigint, b: number | bigint): boolean {
  if (typeof a === 'number') {
    return typeof b === 'number' ? a === b : Number.isInteger(a) && BigInt(a) === b
  }
  return typeof b === 'bigint' ? a === b : isSameNumber(b, a)
}

function numeric(value: Literal): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value
  throw new TypeError(`a number is not compared with ${typeof value} ${String(value)}`)
}

/** Value of a tag by row, null where the row has no such tag. */
export function tagTexts(key: string, batch: Batch): (string | null)[] {
  const texts = Array.from({ length: batch.rows }, (): string | null => null)
  const column = batch.columns.get('tags')
  if (column?.type !== 'tags') return texts
  const code = column.keyNames.indexOf(key)
  if (code < 0) return texts
  for (let row = 0; row < batch.rows; row++) {
    const at = pairAt(column, row, code)
    if (at >= 0) texts[row] = textAt(column.values, at)
  }
  return texts
}

function pairAt(column: TagsColumn, row: number, code: number): number {
  const end = column.offsets[row + 1] ?? 0
  for (let at = column.offsets[row] ?? 0; at < end; at++) if (column.keys[at] === code) return at
  return -1
}

/** Text of a field by row of any column a group can be named by. */
export function fieldTexts(column: Column | undefined, rows: number): (string | null)[] {
  return Array.from({ length: rows }, (_, row) => textAt(column, row))
}
