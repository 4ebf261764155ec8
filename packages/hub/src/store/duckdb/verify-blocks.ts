import type { Connection } from './driver.ts'

export interface TableReport {
  readonly table: string
  readonly rows: number
}

/**
 * Reads every value of every table once, so that a damaged block is found by its checksum. Answers the
 * tables read; damage comes out as the error of the statement that met it.
 */
export async function readEveryBlock(connection: Connection): Promise<TableReport[]> {
  const tables = await connection.rows(
    "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND database_name = current_database() ORDER BY table_name",
  )
  const reports: TableReport[] = []
  for (const [name] of tables.rows) {
    if (typeof name !== 'string') continue
    const table = name
    const quoted = `"${table.replaceAll('"', '""')}"`
    const counted = await connection.rows(
      `SELECT count(*), bit_xor(hash(t)) FROM (SELECT * FROM ${quoted}) t`,
    )
    reports.push({ table, rows: Number(counted.rows[0]?.[0] ?? 0) })
  }
  return reports
}
