import type { Predicate } from '../store.ts'
import { renderPredicate } from './render-predicate.ts'
import type { Parameters } from './render-sql.ts'

/**
 * The conditions that aggregates of one statement put on its rows `e`, each computed once per row.
 *
 * A comparison with a dictionary is a subquery, and planning takes time that grows with the square of
 * their number: forty aggregates with two each take seconds to plan, however few rows there are. So
 * every distinct comparison becomes a column of the rows, every distinct condition a column made of
 * those, and the aggregates filter by columns.
 */
export class Conditions {
  readonly #parameters: Parameters
  readonly #comparisons = new Columns('_d')
  readonly #conditions = new Columns('_c')

  constructor(parameters: Parameters) {
    this.#parameters = parameters
  }

  /** The column of `e` that is true where the predicate holds, false or null elsewhere. */
  column(predicate: Predicate): string {
    return this.#conditions.nameOf(predicateId(predicate), () => this.#render(predicate))
  }

  /** ` FILTER (WHERE …)` for an aggregate over the rows that satisfy all; empty without any. */
  filter(where: Predicate | undefined, extra: readonly string[] = []): string {
    const parts = where === undefined ? extra : [this.column(where), ...extra]
    return parts.length === 0 ? '' : ` FILTER (WHERE ${parts.join(' AND ')})`
  }

  /**
   * Source of the rows `e` with the columns asked for so far, so that it is rendered last.
   *
   * @param from table and condition: `t e WHERE …`
   * @param any conditions of which a row must satisfy one; none leave all rows
   */
  rows(from: string, any: readonly Predicate[]): string {
    const columns = any.map((predicate) => this.column(predicate))
    const compared = `(SELECT e.*${this.#comparisons.list()} FROM ${from}) e`
    const where = columns.length === 0 ? '' : ` WHERE ${columns.join(' OR ')}`
    if (this.#conditions.size === 0) return compared
    return `(SELECT * FROM (SELECT e.*${this.#conditions.list()} FROM ${compared}) e${where}) e`
  }

  #render(predicate: Predicate): string {
    return renderPredicate(predicate, this.#parameters, (comparison, render) =>
      this.#comparisons.nameOf(predicateId(comparison), render),
    )
  }
}

/** Named expressions, each once. */
class Columns {
  readonly #prefix: string
  readonly #found = new Map<string, { readonly name: string; readonly sql: string }>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get size(): number {
    return this.#found.size
  }

  nameOf(id: string, render: () => string): string {
    const known = this.#found.get(id)
    if (known !== undefined) return `e.${known.name}`
    const name = `${this.#prefix}${this.#found.size}`
    this.#found.set(id, { name, sql: render() })
    return `e.${name}`
  }

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
