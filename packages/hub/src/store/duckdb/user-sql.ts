import duckdb from '@duckdb/node-bindings'
import type { Clock } from '../../core/clock.ts'
import type {
  SqlCell,
  SqlColumn,
  SqlFailure,
  SqlIssue,
  UserSqlOutcome,
  UserSqlRequest,
} from '../sql.ts'
import { SQL_SCHEMA } from '../sql-views.ts'
import { bindValue, type Connection } from './driver.ts'
import type { Breakage } from './fault.ts'
import { MemoryWatch } from './memory-watch.ts'
import { CATALOG } from './open.ts'
import { ReadPool } from './read-pool.ts'
import { meaningOf } from './sql-error.ts'
import { checkStatement, SQL_BOUNDS } from './sql-guard.ts'

export interface UserSqlOptions {
  readonly connect: () => Promise<Connection>
  readonly clock: Clock
  /** Statements that run at once; as many times WAITING may wait. */
  readonly size: number
  readonly memoryLimitMib: number
  readonly residentBytes?: () => number
  readonly onBroken: (breakage: Breakage) => void
}

const WAITING = 4

type Refused = Extract<UserSqlOutcome, { readonly ok: false }>

type Read =
  | {
      readonly ok: true
      readonly columns: readonly SqlColumn[]
      readonly rows: readonly (readonly SqlCell[])[]
      readonly truncated: boolean
    }
  | Refused

/**
 * Runs SQL that people write, on connections of their own, so that it takes no turn of questions. In
 * this order keep it from harm: the check of its parse tree; a transaction that cannot write; an
 * instance without access to files and network whose settings are locked; a deadline, caps on the
 * answer, and a watch over the memory it takes.
 */
export class UserSql {
  readonly #options: UserSqlOptions
  readonly #pool: ReadPool
  readonly #memory: MemoryWatch

  constructor(options: UserSqlOptions) {
    this.#options = options
    this.#memory = new MemoryWatch({ ...options, limitMib: options.memoryLimitMib })
    this.#pool = new ReadPool({
      connect: () => this.#connect(),
      clock: options.clock,
      size: options.size,
      maxWaiting: options.size * WAITING,
      onBroken: options.onBroken,
    })
  }

  /** Reads that ended, and whether any are under way: for whoever frees memory in pauses. */
  get reads(): ReadPool {
    return this.#pool
  }

  async #connect(): Promise<Connection> {
    const connection = await this.#options.connect()
    await connection.execute(`USE ${CATALOG}.${SQL_SCHEMA}`)
    await connection.execute('SET errors_as_json = true')
    return connection
  }

  /** Answers what `state` tells together with the rows, which hold at least that much. */
  async run(
    request: UserSqlRequest,
    signal: AbortSignal,
    state: () => {
      readonly position: ReadonlyMap<number, bigint>
      readonly watermark: number | null
    },
  ): Promise<UserSqlOutcome> {
    if (request.sql.length > SQL_BOUNDS.length) {
      return invalid({
        message: `the statement has ${request.sql.length} characters, more than ${SQL_BOUNDS.length}`,
        at: null,
      })
    }
    const { running, waiting } = this.#pool.load
    const { size } = this.#options
    if (running + waiting >= size * (1 + WAITING)) {
      return refused('busy', `${running} statements run and ${waiting} wait already`)
    }
    const before = state()
    const outcome = await this.#pool.run(
      (connection) => this.#read(connection, request),
      signal,
      request.deadlineMs,
    )
    if (!outcome.ok) return outcome
    return outcome.value.ok ? { ...outcome.value, ...before } : outcome.value
  }

  async #read(connection: Connection, request: UserSqlRequest): Promise<Read> {
    const issue = await parse(connection, request)
    if (issue !== null) return invalid(issue, request.sql)
    let exceeded = false
    const stopWatching = this.#memory.watch(() => {
      exceeded = true
      connection.interrupt()
    })
    try {
      return await this.#answer(connection, request, () => exceeded)
    } catch (error) {
      if (exceeded) return TOO_MUCH_MEMORY
      const meaning = meaningOf(error)
      if (meaning.what === 'memory') return TOO_MUCH_MEMORY
      if (meaning.what === 'issue') return invalid(meaning.issue, request.sql)
      throw error
    } finally {
      stopWatching()
    }
  }

  async #answer(
    connection: Connection,
    request: UserSqlRequest,
    isExceeded: () => boolean,
  ): Promise<Read> {
    const read = await connection.readOnly(() => answer(connection, request))
    if (read !== 'failed') return read
    if (isExceeded()) return TOO_MUCH_MEMORY
    // What went wrong is told by a run whose result is held as a whole.
    await connection.readOnly(() =>
      prepared(connection, request, duckdb.execute_prepared, async () => {}),
    )
    return invalid({ message: 'the statement failed after its first rows', at: null })
  }

  /** Stops every statement under way, because what others need is more urgent; answers whether any was. */
  async giveWay(): Promise<boolean> {
    return (await this.#pool.stopAll(GIVES_WAY)) > 0
  }

  close(reason: string): Promise<void> {
    return this.#pool.close(reason)
  }
}

const GIVES_WAY = {
  ok: false,
  failure: 'too_many_rows',
  message:
    'the statement was stopped because a question needed its memory: try again, or read less',
} as const

const TOO_MUCH_MEMORY = refused(
  'too_much_memory',
  'the statement was stopped because it takes more memory than it may',
)

function refused(failure: SqlFailure, message: string): Refused {
  return { ok: false, failure, message }
}

/** The place of an issue comes in bytes and goes out in UTF-16 units. */
function invalid(issue: SqlIssue, sql = ''): Refused {
  const at =
    issue.at === null
      ? null
      : Buffer.from(sql, 'utf8').subarray(0, issue.at).toString('utf8').length
  return { ok: false, failure: 'invalid', message: issue.message, issue: { ...issue, at } }
}

/** What is wrong with the statement by its parse tree alone; nothing of it is run. */
async function parse(
  connection: Connection,
  { parameters, sql }: UserSqlRequest,
): Promise<SqlIssue | null> {
  try {
    const { rows } = await connection.rows(
      'SELECT json_serialize_sql($1::VARCHAR, skip_null := true, skip_empty := true, skip_default := true)',
      [sql],
    )
    return checkStatement(rows[0]?.[0] as string, parameters)
  } catch (error) {
    const meaning = meaningOf(error)
    if (meaning.what === 'issue') return meaning.issue
    throw error
  }
}

/** Runs the statement by `execute`, answers what `read` makes of the result, or what is wrong with it. */
async function prepared<T>(
  connection: Connection,
  { sql, parameters }: UserSqlRequest,
  execute: (statement: duckdb.PreparedStatement) => Promise<duckdb.Result>,
  read: (result: duckdb.Result) => Promise<T>,
): Promise<T | Refused> {
  const statement = await duckdb.prepare(connection.handle, sql)
  try {
    // The parse tree has said so before; this is the database's own word for it.
    if (duckdb.prepared_statement_type(statement) !== duckdb.StatementType.SELECT) {
      return invalid({ message: 'this is no SELECT', at: 0 })
    }
    const issue = bindAll(statement, parameters)
    return issue === null ? await read(await execute(statement)) : invalid(issue)
  } finally {
    // Left to the garbage collector it would keep its connection, and that the database, alive.
    duckdb.destroy_prepare_sync(statement)
  }
}

/** Rows up to the caps of the request, or `failed` where the statement failed after its first rows. */
function answer(connection: Connection, request: UserSqlRequest): Promise<Read | 'failed'> {
  const { maxRows, maxBytes } = request
  return prepared<Read | 'failed'>(
    connection,
    request,
    duckdb.execute_prepared_streaming,
    async (result) => {
      // With the driver's types behind it this is half of what the thread loads, and many hubs never need it.
      const { rowsOf, sizeOf, typeName } = await import('./sql-cells.ts')
      const columns: SqlColumn[] = Array.from({ length: duckdb.column_count(result) }, (_, i) => ({
        name: duckdb.column_name(result, i),
        type: typeName(duckdb.column_logical_type(result, i)),
      }))
      const rows: (readonly SqlCell[])[] = []
      let bytes = 0
      for (;;) {
        const chunk = await duckdb.fetch_chunk(result)
        if (chunk === null || duckdb.data_chunk_get_size(chunk) === 0) {
          const whole = await isAlive(connection)
          return whole ? { ok: true, columns, rows, truncated: false } : 'failed'
        }
        for (const row of rowsOf(chunk)) {
          bytes += row.reduce<number>((sum, cell) => sum + sizeOf(cell), 2)
          if (rows.length === maxRows || bytes > maxBytes) {
            return { ok: true, columns, rows, truncated: true }
          }
          rows.push(row)
        }
      }
    },
  )
}

/**
 * Whether the transaction can still be used. The driver ends a stream that fails, or is interrupted, just
 * as one that is complete: that its transaction is lost is the only sign.
 */
async function isAlive(connection: Connection): Promise<boolean> {
  try {
    await connection.execute('SELECT 1')
    return true
  } catch {
    return false
  }
}

/** Binds values by number or name; says what is missing or too much. */
function bindAll(
  statement: duckdb.PreparedStatement,
  parameters: UserSqlRequest['parameters'],
): SqlIssue | null {
  const count = duckdb.nparams(statement)
  const names = Array.from({ length: count }, (_, i) => duckdb.parameter_name(statement, i + 1))
  const given = new Map(Object.entries(parameters))
  const missing = names.filter((name) => !given.has(name))
  if (missing.length > 0) {
    const list = missing.map((name) => `$${name}`).join(', ')
    return { message: `no value was given for ${list}`, at: null, hint: 'Give it in `params`.' }
  }
  const unused = [...given.keys()].filter((name) => !names.includes(name))
  if (unused.length > 0) {
    const list = unused.map((name) => `$${name}`).join(', ')
    return { message: `the statement has no parameter ${list}`, at: null }
  }
  for (const [i, name] of names.entries()) bindValue(statement, i + 1, given.get(name) ?? null)
  return null
}
