import { readMigrations } from '../../core/migrations.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open.ts'

/**
 * Migrates a database and ends itself by SIGKILL at a step. Arguments: file, folder, `wal` or `no-wal`,
 * version, step.
 */
const [path = '', folder = '', wal, version, at] = process.argv.slice(2)
const opened = await openDatabase({ path, wal: wal === 'wal' })
if (!opened.ok) throw new Error(opened.reason)
await migrate(opened.database.writer, readMigrations(folder), (migration, step) => {
  if (migration.version !== Number(version) || step !== Number(at)) return
  process.kill(process.pid, 'SIGKILL')
})
