/**
 * A process that makes a backup of a folder, or restores one, and kills itself before the n-th change on
 * disk: `<backup|restore> <root> <n>`. Ends with 0 when there are fewer.
 */
import { join } from 'node:path'
import { createBackup } from '../../src/backup/create.ts'
import { type Files, nodeFiles } from '../../src/backup/files.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import { openSqliteControl } from '../../src/control/sqlite/sqlite-control.ts'
import { systemClock } from '../../src/core/clock.ts'
import { nodeIndexFiles } from '../../src/ingest/dedup/index-files.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { journalFiles } from '../../src/log/journal/log-files.ts'

const [act = '', root = '', n = ''] = process.argv.slice(2)
let left = Number(n)
const step = (): void => {
  left -= 1
  if (left === 0) process.kill(process.pid, 'SIGKILL')
}
const files: Files = {
  ...nodeFiles,
  async write(path, chunks) {
    step()
    return nodeFiles.write(path, chunks)
  },
  async rename(from, to) {
    step()
    return nodeFiles.rename(from, to)
  },
  async remove(path) {
    step()
    return nodeFiles.remove(path)
  },
}
const log = journalFiles()
if (act === 'backup') {
  const dataDir = join(root, 'data')
  const opened = await openJournal({ dir: join(dataDir, 'log'), compress: false })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  const control = openSqliteControl({ file: join(dataDir, 'control.sqlite'), writer: '1.0' })
  const source = {
    dataDir,
    control,
    image: () => journal.image(),
    indexes: () => [],
    pathOf: log.pathOf,
    writer: '1.0',
  }
  const made = await createBackup(join(root, 'backups'), source, { clock: systemClock, files })
  if (!made.ok) throw new Error(made.message)
  control.close()
  await journal.close()
} else {
  const restored = await restoreBackup(
    {
      from: join(root, 'backups'),
      to: join(root, 'restored'),
      at: { by: 'latest' },
      command: 'llmhub restore as before',
    },
    {
      files,
      log,
      indexes: nodeIndexFiles,
      openControl: (file) => openSqliteControl({ file, writer: '1.0' }),
    },
  )
  if (!restored.ok) throw new Error(restored.message)
}
