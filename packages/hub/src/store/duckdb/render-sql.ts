import { type ColumnSpec, type ColumnType, EVENT_COLUMNS } from '@llmhub/schema'
import type { FieldRef, Literal } from '../store.ts'
import type { Texts } from './texts.ts'

/**
 * The values of one statement. Every value a plan carries enters SQL through here: the methods bind
 * it and answer the placeholder, cast to the type it is compared with, because the driver would
 * otherwise choose one by the size of the number.
 */
export class Parameters {
  /** The columns that the statement may name. */
  readonly columns: ReadonlyMap<string, ColumnSpec>
  readonly #values: Literal[] = []
  readonly #texts: Texts
  #tagNames: ReadonlyMap<string, string> = new Map()

  constructor(texts: Texts, columns: ReadonlyMap<string, ColumnSpec> = EVENT_TABLE) {
    this.#texts = texts
    this.columns = columns
  }

  /** Ids of a dictionary column's texts that pass, as a list for `IN`; null for none. */
  idsWhere(column: string, passes: (text: string) => boolean): string | null {
    const texts = this.#texts.get(column)
    const ids: number[] = []
    for (let id = 0; id < (texts?.size ?? 0); id++) {
      if (passes(texts?.valueOf(id) as string)) ids.push(id)
    }
    return ids.length === 0 ? null : ids.join(', ')
  }

  /** Ids of the texts given, as `idsWhere`. */
  idsOf(column: string, values: readonly string[]): string | null {
    const ids = values.flatMap((value) => this.#texts.get(column)?.find(value) ?? [])
    return ids.length === 0 ? null : ids.join(', ')
  }

  /** Renders over rows `e` that hold the values of these tags in columns of their own. */
  withTagNames<T>(names: ReadonlyMap<string, string>, render: () => T): T {
    const before = this.#tagNames
    this.#tagNames = names
    try {
      return render()
    } finally {
      this.#tagNames = before
    }
  }

  /** A tag's value in the row `e`. */
  tag(key: string): string {
    const name = this.#tagNames.get(key)
    return name === undefined ? `e."tags"[${this.text(key)}]` : `e.${quote(name)}`
  }

  #bind(value: Literal, type: string): string {
    this.#values.push(value)
    return `CAST($${this.#values.length} AS ${type})`
  }

  /**
   * The statement with the values that it mentions, renumbered: rendering may drop a part that it
   * had bound values for, and the driver refuses a value without a placeholder. No `$` comes from
   * elsewhere, because texts are bound.
   */
  finish(sql: string): { readonly sql: string; readonly values: Literal[] } {
    const values: Literal[] = []
    const numbers = new Map<number, number>()
    const text = sql.replaceAll(/\$([0-9]+)/g, (_, digits: string) => {
      const old = Number(digits)
      const known = numbers.get(old)
      if (known !== undefined) return `$${known}`
      values.push(this.#values[old - 1] as Literal)
      numbers.set(old, values.length)
      return `$${values.length}`
    })
    return { sql: text, values }
  }

  text(value: string): string {
    return this.#bind(value, 'VARCHAR')
  }

  boolean(value: boolean): string {
    return this.#bind(value, 'BOOLEAN')
  }

  /**
   * A whole number of up to 64 bits. It is written out: digits are no text of a plan, and the database
   * plans a statement with placeholders twice, the second time with their values.
   */
  integer(value: bigint | number): string {
    const whole = BigInt(value)
    if (BigInt.asIntN(64, whole) !== whole) throw new RangeError(`${whole} has more than 64 bits`)
    return `CAST(${whole} AS BIGINT)`
  }

  /** A whole number of any size that 128 bits hold; beyond that the nearest one that they hold. */
  huge(value: bigint): string {
    const clamped = value > HUGE_MAX ? HUGE_MAX : value < -HUGE_MAX ? -HUGE_MAX : value
    return this.#bind(clamped, 'HUGEINT')
  }

  /** A share as a decimal: with one, the database finds ranks by whole numbers. */
  share(q: number): string {
    const units = shareUnits(q).toString().padStart(13, '0')
    return this.#bind(`${units.slice(0, 1)}.${units.slice(1)}`, 'DECIMAL(13, 12)')
  }

  /** A finite number. Whole ones beyond 2^53 travel as text, since the driver binds them as BIGINT. */
  double(value: number): string {
    const bindable = Number.isInteger(value) && !Number.isSafeInteger(value) ? String(value) : value
    return this.#bind(bindable, 'DOUBLE')
  }
}

/**
 * A share between 0 and 1 in whole millionths of a millionth, rounded down: 7 of 100 reach 0.07, while
 * 0.07 × 100 in doubles is more than 7. Ranks found with it are exact for up to 10^11 values.
 *
 * @throws RangeError outside [0, 1]
 */
export function shareUnits(q: number): bigint {
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile is asked between 0 and 1, not ${q}`)
  return BigInt(Math.floor(q * 1e12))
}

const HUGE_MAX = (1n << 127n) - 1n

/** Columns of the batch that the table does not keep. */
const NOT_STORED = new Set(['id_hi', 'id_lo', 'content_hash'])

/** Columns of the rows of events by name. */
export const EVENT_TABLE: ReadonlyMap<string, ColumnSpec> = new Map(
  EVENT_COLUMNS.filter((column) => !NOT_STORED.has(column.name)).map((column) => [
    column.name,
    column,
  ]),
)

/** @throws RangeError for a name that is no stored column: identifiers come from the table alone */
export function storedColumn(
  name: string,
  columns: ReadonlyMap<string, ColumnSpec> = EVENT_TABLE,
): ColumnSpec {
  const column = columns.get(name)
  if (column === undefined) throw new RangeError(`not a stored column: ${JSON.stringify(name)}`)
  return column
}

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

export function dictionaryTable(column: string): string {
  return quote(`dict_${column}`)
}

/** Type of the value behind a field; a tag's value is text. */
export function fieldType(
  field: FieldRef,
  columns: ReadonlyMap<string, ColumnSpec> = EVENT_TABLE,
): ColumnType {
  return field.type === 'tag' ? 'text' : storedColumn(field.column, columns).type
}

/** The field of the row `e`, as stored: the id for a `dict` column. */
export function fieldSql(field: FieldRef, parameters: Parameters): string {
  if (field.type === 'tag') return parameters.tag(field.key)
  return `e.${quote(storedColumn(field.column, parameters.columns).name)}`
}
