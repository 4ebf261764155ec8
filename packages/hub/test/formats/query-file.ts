import { DuckDBInstance } from '@duckdb/node-api'

/** Asks DuckDB, an instance of its own that may load nothing from elsewhere; cells as JavaScript values. */
export async function queryFile(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJS()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
