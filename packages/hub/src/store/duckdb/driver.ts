import duckdb from '@duckdb/node-bindings'
import { type ListResult, readListResult, readResult, type SqlResult } from './read-result.ts'

/**
 * The thinnest layer over DuckDB's C API that the store needs. Statements run on a thread of the
 * libuv pool; a connection runs one at a time, so callers take turns.
 */

/** Bound by type: whole numbers as BIGINT (larger bigints as HUGEINT), other numbers as DOUBLE. */
export type SqlValue = string | number | bigint | boolean | null

/** A DuckDB database handle: everything opened below it is closed with it. */
export type DatabaseHandle = duckdb.Database

const SELECT = duckdb.StatementType.SELECT
/** More than the interrupts that can be on their way when a ROLLBACK begins. */
const ROLLBACK_TRIES = 100
const INT64_MAX = (1n << 63n) - 1n

export class Connection {
  readonly handle: duckdb.Connection
  #closed = false
  /** A ROLLBACK is under way, which interrupts would only prevent. */
  #isEnding = false

  private constructor(handle: duckdb.Connection) {
    this.handle = handle
  }

  static async open(database: DatabaseHandle): Promise<Connection> {
    return new Connection(await duckdb.connect(database))
  }

  /** Runs one or more statements without values and drops their results. */
  async execute(sql: string): Promise<void> {
    await duckdb.query(this.handle, sql)
  }

  /**
   * Runs one statement with `$1 … $n` bound to `values`. The whole result is in memory; more than
   * `maxRows` rows are refused with a `TooManyRowsError` before any is turned into JavaScript.
   */
  rows(sql: string, values: readonly SqlValue[] = [], maxRows?: number): Promise<SqlResult> {
    return this.#run(sql, values, readResult, { maxRows })
  }

  /** Like `rows`, for a statement whose answer has lists of numbers. */
  listRows(sql: string, values: readonly SqlValue[] = []): Promise<ListResult> {
    return this.#run(sql, values, readListResult, {})
  }

  async #run<T>(
    sql: string,
    values: readonly SqlValue[],
    read: (result: duckdb.Result) => T,
    { maxRows, onlySelect = false }: { maxRows?: number | undefined; onlySelect?: boolean },
  ): Promise<T> {
    const statement = await duckdb.prepare(this.handle, sql)
    try {
      // A COMMIT, for one, would end the transaction that keeps the statement from writing.
      if (onlySelect && duckdb.prepared_statement_type(statement) !== SELECT) {
        throw new NotASelectError('only one SELECT is run here')
      }
      for (const [i, value] of values.entries()) bindValue(statement, i + 1, value)
      const result = await duckdb.execute_prepared(statement)
      const count = duckdb.row_count(result)
      if (maxRows !== undefined && count > maxRows) throw new TooManyRowsError(count, maxRows)
      return read(result)
    } finally {
      // Left to the garbage collector it would keep its connection, and that the database, alive.
      duckdb.destroy_prepare_sync(statement)
    }
  }

  /**
   * Like `rows` for one SELECT, in a transaction that cannot write.
   * @throws NotASelectError
   */
  async select(
    sql: string,
    values: readonly SqlValue[] = [],
    maxRows?: number,
  ): Promise<SqlResult> {
    return this.readOnly(() => this.#run(sql, values, readResult, { maxRows, onlySelect: true }))
  }

  /**
   * Runs `work` in a transaction that cannot write and sees one state of the data: that of the first
   * statement which reads.
   * @param first such a statement, to have that state before `work` starts
   */
  async readOnly<T>(work: () => Promise<T>, first = ''): Promise<T> {
    try {
      await this.execute(`BEGIN TRANSACTION READ ONLY; ${first}`)
      return await work()
    } finally {
      await this.#rollback()
    }
  }

  /**
   * Interrupts are repeated until the work has ended. From here on they have no effect; the last one before may still
   * hit the ROLLBACK, which then fails in one way or another, so that it is over only when DuckDB says that there is
   * no transaction: one that stays open would make every later one of the connection fail.
   */
  async #rollback(): Promise<void> {
    this.#isEnding = true
    try {
      for (let tries = 0; tries < ROLLBACK_TRIES; tries++) {
        try {
          await this.execute('ROLLBACK')
          return
        } catch (error) {
          if (/no transaction is active/i.test(String(error))) return
        }
      }
    } finally {
      this.#isEnding = false
    }
  }

  /** Stops the statement that runs now, within about a millisecond; it fails as interrupted. */
  interrupt(): void {
    if (!this.#closed && !this.#isEnding) duckdb.interrupt(this.handle)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    duckdb.disconnect_sync(this.handle)
  }
}

class NotASelectError extends Error {
  override readonly name = 'NotASelectError'
}

export class TooManyRowsError extends Error {
  override readonly name = 'TooManyRowsError'

  constructor(count: number, maxRows: number) {
    super(`the answer has ${count} rows, more than the ${maxRows} allowed`)
  }
}

export function bindValue(
  statement: duckdb.PreparedStatement,
  index: number,
  value: SqlValue,
): void {
  if (value === null) duckdb.bind_null(statement, index)
  else if (typeof value === 'string') duckdb.bind_varchar(statement, index, value)
  else if (typeof value === 'boolean') duckdb.bind_boolean(statement, index, value)
  else if (typeof value === 'bigint') {
    if (value <= INT64_MAX && value >= -INT64_MAX - 1n) duckdb.bind_int64(statement, index, value)
    else duckdb.bind_hugeint(statement, index, value)
  } else if (Number.isSafeInteger(value)) duckdb.bind_int64(statement, index, BigInt(value))
  else duckdb.bind_double(statement, index, value)
}
