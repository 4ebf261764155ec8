import duckdb from '@duckdb/node-bindings'
import type { Connection } from './driver.ts'
import { DICTIONARY_COLUMNS } from './physical.ts'

/**
 * The texts of a `dict` column, numbered from 0 in order of first appearance in the log. Ids are
 * never reused or changed. New texts are pending until the transaction that writes them commits.
 */
export class Dictionary {
  readonly #ids = new Map<string, number>()
  readonly #values: string[] = []
  #committed = 0

  constructor(values: Iterable<string> = []) {
    for (const value of values) this.#add(value)
    this.#committed = this.#values.length
  }

  #add(value: string): number {
    const id = this.#values.length
    this.#ids.set(value, id)
    this.#values.push(value)
    return id
  }

  get size(): number {
    return this.#values.length
  }

  find(value: string): number | undefined {
    return this.#ids.get(value)
  }

  valueOf(id: number): string | undefined {
    return this.#values[id]
  }

  /** Ids of a batch's values, index by index; unknown ones are added. */
  idsOf(values: readonly string[]): Int32Array {
    const ids = new Int32Array(values.length)
    for (const [i, value] of values.entries()) ids[i] = this.#ids.get(value) ?? this.#add(value)
    return ids
  }

  /** Texts added since the last commit, with the id of the first of them. */
  get pending(): { readonly first: number; readonly values: readonly string[] } {
    return { first: this.#committed, values: this.#values.slice(this.#committed) }
  }

  get hasPending(): boolean {
    return this.#values.length > this.#committed
  }

  commit(): void {
    this.#committed = this.#values.length
  }

  /** Forgets what was added since the last commit. */
  rollback(): void {
    for (const value of this.#values.splice(this.#committed)) this.#ids.delete(value)
  }
}

export type Dictionaries = ReadonlyMap<string, Dictionary>

/**
 * Reads every dictionary.
 * @throws Error when the ids of one are not 0, 1, 2, …, which no transaction of ours can produce
 */
export async function loadDictionaries(connection: Connection): Promise<Dictionaries> {
  const dictionaries = new Map<string, Dictionary>()
  for (const column of DICTIONARY_COLUMNS) {
    const { rows } = await connection.rows(`SELECT id, value FROM "dict_${column}" ORDER BY id`)
    const values: string[] = []
    for (const [id, value] of rows) {
      if (id !== values.length || typeof value !== 'string') {
        throw new Error(`invalid dictionary dict_${column}: entry ${values.length} is missing`)
      }
      values.push(value)
    }
    dictionaries.set(column, new Dictionary(values))
  }
  return dictionaries
}

/** Writes the pending texts; part of the transaction that uses their ids. */
export function insertPending(
  connection: Connection,
  catalog: string,
  dictionaries: Dictionaries,
): void {
  for (const [column, dictionary] of dictionaries) {
    if (!dictionary.hasPending) continue
    const { first, values } = dictionary.pending
    const appender = duckdb.appender_create_ext(
      connection.handle,
      catalog,
      'main',
      `dict_${column}`,
    )
    for (const [i, value] of values.entries()) {
      duckdb.append_int32(appender, first + i)
      duckdb.append_varchar(appender, value)
      duckdb.appender_end_row(appender)
    }
    duckdb.appender_close_sync(appender)
  }
}
