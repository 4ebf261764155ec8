import type { Predicate } from '../store.ts'
import { renderPredicate } from './render-predicate.ts'
import type { Parameters } from './render-sql.ts'

/**
 * What the aggregates of one statement read of its rows `e` beside plain columns, each computed once
 * per row: every distinct condition is a column, and aggregates filter by it.
 */
export class Conditions {
  readonly #parameters: Parameters
  readonly #values = new Columns('_v')
  readonly #conditions = new Columns('_c')

  constructor(parameters: Parameters) {
    this.#parameters = parameters
  }

  /** The column of `e` that is true where the predicate holds, and false or null elsewhere. */
  column(predicate: Predicate): string {
    return `e.${this.#conditions.nameOf(predicateId(predicate), () => renderPredicate(predicate, this.#parameters))}`
  }

  /** ` FILTER (WHERE …)` for an aggregate of the rows that satisfy all; empty without any. */
  filter(where: Predicate | undefined, extra: readonly string[] = []): string {
    const parts = where === undefined ? extra : [this.column(where), ...extra]
    return parts.length === 0 ? '' : ` FILTER (WHERE ${parts.join(' AND ')})`
  }

  /** The column of `e` that holds an expression over it. */
  value(sql: string): string {
    return `e.${this.#values.nameOf(sql, () => sql)}`
  }

  /**
   * Source of the rows `e`, with the columns asked for so far: render it after the aggregates.
   *
   * @param where conditions over the table `e`, all of which hold
   * @param any conditions of which one must hold; when empty, none has to
   */
  rows(table: string, where: readonly string[], any: readonly Predicate[]): string {
    const read = any.map((predicate) => this.column(predicate))
    const kept = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
    const rows = `(SELECT e.*${this.#values.list()} FROM ${table} e ${kept}) e`
    if (this.#conditions.names.length === 0) return rows
    const judged = `(SELECT e.*${this.#conditions.list()} FROM ${rows}) e`
    return read.length === 0 ? judged : `(SELECT * FROM ${judged} WHERE ${read.join(' OR ')}) e`
  }
}

/** Named expressions, each once. */
class Columns {
  readonly #prefix: string
  readonly #found = new Map<string, { readonly name: string; readonly sql: string }>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get names(): string[] {
    return [...this.#found.values()].map(({ name }) => name)
  }

  nameOf(id: string, render: () => string): string {
    const known = this.#found.get(id)
    if (known !== undefined) return known.name
    const name = `${this.#prefix}${this.#found.size}`
    this.#found.set(id, { name, sql: render() })
    return name
  }

  /** For a select list that goes on: `, sql AS name …`. */
  list(): string {
    return [...this.#found.values()].map(({ name, sql }) => `, ${sql} AS ${name}`).join('')
  }
}

/** Equal for equal predicates. */
export function predicateId(predicate: Predicate): string {
  return JSON.stringify(predicate, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}
