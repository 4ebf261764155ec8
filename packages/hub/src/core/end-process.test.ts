import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'

const MODULE = new URL('./end-process.ts', import.meta.url).href

it('ends with the code, before anything else of the process runs', () => {
  const script = `
    import { endProcess } from ${JSON.stringify(MODULE)}
    process.on('exit', () => process.stderr.write('an exit handler ran'))
    process.stderr.write('storage failed\\n')
    endProcess(75)`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const { status, signal, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, signal, stderr }).toEqual({
    status: 75,
    signal: null,
    stderr: 'storage failed\n',
  })
})
