import { readFile } from 'node:fs/promises'
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBValue,
  MAP,
  mapValue,
  VARCHAR,
} from '@duckdb/node-api'
import { type ColumnType, EVENT_COLUMNS } from '@llmhub/schema'
import type { FrameCell, Literal } from '../store.ts'
import { Dictionary } from './dictionary.ts'
import type { ResultCell } from './read-result.ts'
import { scalar } from './render-frame.ts'

/** A row by column name; a `dict` column by its text. Absent is null. */
export type EventRow = Readonly<Record<string, FrameCell>>

const STORED = EVENT_COLUMNS.filter(
  ({ name }) => name !== 'id_hi' && name !== 'id_lo' && name !== 'content_hash',
)

const SQL_TYPE: Readonly<Record<ColumnType, string>> = {
  dict: 'INTEGER',
  text: 'VARCHAR',
  i64: 'BIGINT',
  i32: 'INTEGER',
  i16: 'SMALLINT',
  f64: 'DOUBLE',
  bool: 'BOOLEAN',
  tags: 'MAP(VARCHAR, VARCHAR)',
}

/** The event tables of a store, in memory. */
export class EventTable {
  readonly connection: DuckDBConnection
  readonly texts = new Map<string, Dictionary>()
  #next = 0n

  constructor(connection: DuckDBConnection) {
    this.connection = connection
  }

  static async create(): Promise<EventTable> {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    const columns = STORED.map(({ name, type }) => `"${name}" ${SQL_TYPE[type]}`)
    await connection.run(
      `CREATE TABLE event_rows (log_partition SMALLINT, log_offset BIGINT, log_index INTEGER, ${columns.join(', ')})`,
    )
    for (const { name, type } of STORED) {
      if (type === 'dict') {
        await connection.run(`CREATE TABLE "dict_${name}" (id INTEGER, value VARCHAR)`)
      }
    }
    await connection.run(
      'CREATE TABLE dirty_hours (project INTEGER, hour BIGINT, log_partition SMALLINT, log_offset BIGINT)',
    )
    return new EventTable(connection)
  }

  /** Runs one statement and answers its rows. */
  readonly run = async (sql: string, values: readonly Literal[] = []): Promise<FrameCell[][]> => {
    const rows = await this.runLists(sql, values)
    return rows.map((row) => row.map(scalar))
  }

  /** Like `run`, of a statement whose answer has lists of numbers. */
  readonly runLists = async (
    sql: string,
    values: readonly Literal[] = [],
  ): Promise<ResultCell[][]> => {
    const result = await this.connection.runAndReadAll(sql, [...values])
    return result.getRows().map((row) => row.map(neutral))
  }

  /** Runs the statements of a migration. */
  async migrate(file: string): Promise<void> {
    const sql = await readFile(new URL(`../../../sql/duckdb/${file}`, import.meta.url), 'utf8')
    await this.connection.run(sql)
  }

  /** Removes rows, but keeps dictionaries: ids are append-only. */
  async clear(): Promise<void> {
    await this.connection.run('DELETE FROM event_rows')
    await this.connection.run('DELETE FROM dirty_hours')
  }

  /** Marks the counted rows of a condition as suppressed, and their hours dirty. */
  async suppress(condition: string): Promise<void> {
    const offset = this.#next++
    await this.connection.run(
      `INSERT INTO dirty_hours SELECT DISTINCT project, CAST(floor("time" / 3600000000) AS BIGINT), 0, ${offset} FROM event_rows WHERE ${condition}`,
    )
    await this.connection.run(`UPDATE event_rows SET suppressed = TRUE WHERE ${condition}`)
  }

  /** Appends rows as one record of partition 0 and marks their hours dirty; answers its offset. */
  async append(rows: readonly EventRow[]): Promise<bigint> {
    const offset = this.#next++
    const cells: DuckDBValue[][] = []
    const dirty = new Set<string>()
    for (const row of rows) {
      const line: DuckDBValue[] = []
      for (const { name, type } of STORED)
        line.push(await this.#cell(name, type, row[name] ?? null))
      cells.push(line)
      const hour = Math.floor(Number(row['time']) / 3_600_000_000)
      dirty.add(`${await this.idOf('project', row['project'] as string)} ${hour}`)
    }
    const appender = await this.connection.createAppender('event_rows')
    cells.forEach((line, index) => {
      appender.appendSmallInt(0)
      appender.appendBigInt(offset)
      appender.appendInteger(index)
      line.forEach((value, i) => {
        if (value === null) appender.appendNull()
        else appendTyped(appender, (STORED[i] as { type: ColumnType }).type, value)
      })
      appender.endRow()
    })
    appender.closeSync()
    const marks = [...dirty].map((pair) => `(${pair.replace(' ', ', ')}, 0, ${offset})`)
    if (marks.length > 0) {
      await this.connection.run(`INSERT INTO dirty_hours VALUES ${marks.join()}`)
    }
    return offset
  }

  async #cell(name: string, type: ColumnType, value: FrameCell): Promise<DuckDBValue> {
    if (value === null) return null
    if (type === 'dict') return this.idOf(name, value as string)
    if (type === 'i64') return BigInt(value as number | bigint)
    if (type === 'tags') {
      return mapValue(
        Object.entries(value as Record<string, string>).map(([key, text]) => ({
          key,
          value: text,
        })),
      )
    }
    return value as string | number | boolean
  }

  /** Id of a dictionary's text, which is added when it is new. */
  async idOf(name: string, text: string): Promise<number> {
    const dictionary = this.texts.get(name) ?? new Dictionary()
    this.texts.set(name, dictionary)
    const known = dictionary.find(text)
    if (known !== undefined) return known
    const [id] = dictionary.idsOf([text])
    await this.connection.run(`INSERT INTO "dict_${name}" VALUES (${id}, $1)`, [text])
    return Number(id)
  }
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>

function appendTyped(appender: Appender, type: ColumnType, value: DuckDBValue): void {
  switch (type) {
    case 'dict':
    case 'i32':
      appender.appendInteger(value as number)
      break
    case 'i16':
      appender.appendSmallInt(value as number)
      break
    case 'i64':
      appender.appendBigInt(value as bigint)
      break
    case 'f64':
      appender.appendDouble(value as number)
      break
    case 'bool':
      appender.appendBoolean(value as boolean)
      break
    case 'text':
      appender.appendVarchar(value as string)
      break
    case 'tags':
      appender.appendMap(value as ReturnType<typeof mapValue>, MAP(VARCHAR, VARCHAR))
      break
    default:
      throw new TypeError(type satisfies never)
  }
}

/** Cells as a driver-neutral reader gives them: maps as plain objects. */
function neutral(value: DuckDBValue): ResultCell {
  if (value === null || typeof value !== 'object') return value
  if ('entries' in value && Array.isArray(value.entries)) {
    const pairs: [string, string][] = []
    for (const { key, value: text } of value.entries) pairs.push([String(key), String(text)])
    return Object.fromEntries(pairs)
  }
  if ('items' in value && Array.isArray(value.items)) return Float64Array.from(value.items, Number)
  throw new TypeError('a result cell of an unknown type')
}
