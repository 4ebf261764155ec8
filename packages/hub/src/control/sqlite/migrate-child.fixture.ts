import { openSqliteControl } from './sqlite-control.ts'

/** Opens a control store and ends itself by SIGKILL at a step of its migrations. Arguments: file, folder, version, step. */
const [file = '', migrations = '', version, at] = process.argv.slice(2)
openSqliteControl({
  file,
  writer: 'child',
  migrations,
  onStep: (migration, step) => {
    if (migration.version !== Number(version) || step !== Number(at)) return
    process.kill(process.pid, 'SIGKILL')
  },
})
