import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkMemory, checkNode } from '../../src/cli/doctor/machine.ts'
import { type CliRun, run } from '../../src/cli/run-cli.fixture.ts'
import { lockFolder } from '../../src/core/folder-lock.ts'
import { damageLog, UsedFolder } from './used-folder.ts'

/** Ten set-ups, broken for real: `llmhub doctor` has to name the cause of each, and the command that mends it. */

const execute = promisify(execFile)
const HUB = fileURLToPath(new URL('../../', import.meta.url))
const HELD: Server[] = []

let home: string
let used: UsedFolder

beforeAll(async () => {
  used = await UsedFolder.make()
})
afterAll(() => used.remove())
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llmhub-doctor-'))
  const settings = ['URL', 'KEY', 'KEY_FILE', 'CONTEXT', 'CONFIG'].map((name) => `LLMHUB_${name}`)
  for (const name of [...settings, 'XDG_CONFIG_HOME']) vi.stubEnv(name, undefined)
  vi.stubEnv('HOME', home)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true, force: true })
  for (const server of HELD.splice(0)) {
    await new Promise((resolve) => {
      server.close(resolve)
    })
  }
})

/** A server of this process on a free port of loopback. */
async function listen<T extends Server>(server: T): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  HELD.push(server)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** A hub as far as `doctor` looks. */
async function seemingHub(date?: Date): Promise<string> {
  const server = createHttpServer((request, response) => {
    if (date !== undefined) response.setHeader('date', date.toUTCString())
    response.setHeader('content-type', 'application/json')
    response.setHeader('connection', 'close')
    const isOpen = ['/version', '/ready'].includes(request.url ?? '')
    response.statusCode = isOpen || request.headers.authorization !== undefined ? 200 : 401
    response.end(JSON.stringify({ version: '9.9.9', accepted: 1 }))
  })
  return `http://127.0.0.1:${await listen(server)}`
}

function doctor(...args: readonly string[]): Promise<CliRun> {
  const set = args.some((arg) => arg.startsWith('data_dir='))
    ? []
    : [`data_dir=${join(home, 'data')}`]
  return run(['doctor', ...args, ...set.flatMap((each) => ['--set', each])])
}

/** The lines of one check: what is so, and behind the arrow what to do. */
function finding({ out }: CliRun, check: string): { said: string; fix: string } {
  const lines = out.split('\n')
  const at = lines.findIndex((line) => line.slice(2).startsWith(check.padEnd(14)))
  const next = lines[at + 1] ?? ''
  return { said: lines[at] ?? '', fix: next.trim().startsWith('→') ? next.trim().slice(2) : '' }
}

/** A file system of its own; null with the reason where this machine does not let us. */
function mounted(options: string): { path: string; end(): void } | string {
  const path = join(home, 'disk')
  mkdirSync(path)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'pipe' })
  } catch (error) {
    return `no file system can be mounted here: ${String(error).split('\n')[0]}`
  }
  return { path, end: () => execFileSync('umount', [path], { stdio: 'pipe' }) }
}

describe('doctor names cause and fix of', () => {
  it('1. a port that is taken, and by whom', async () => {
    const port = await listen(createServer((socket) => socket.destroy()))
    const result = await doctor('--set', `port=${port}`)
    const { said, fix } = finding(result, 'hub')
    expect(result.code).toBe(1)
    expect(said).toMatch(
      new RegExp(`^✗ hub +127\\.0\\.0\\.1:${port} is taken by process ${process.pid} \\(`),
    )
    expect(fix).toBe(`llmhub serve --set port=${port + 1}; or end that one: kill ${process.pid}`)
  })

  it('2. a disk that is full', async (context) => {
    const disk = mounted('size=256k')
    if (typeof disk === 'string') return context.skip(disk)
    try {
      const { bavail, bsize } = statfsSync(disk.path)
      writeFileSync(join(disk.path, 'everything'), Buffer.alloc(bavail * bsize))
      const result = await doctor('--set', `data_dir=${disk.path}`)
      const { said, fix } = finding(result, 'disk')
      expect([result.code, said]).toEqual([1, expect.stringContaining('no space is left')])
      expect(fix).toContain(`df -h ${disk.path}`)
    } finally {
      disk.end()
    }
  })

  it('3. a folder on a file system that is read-only', async (context) => {
    const disk = mounted('ro')
    if (typeof disk === 'string') return context.skip(disk)
    try {
      const result = await doctor('--set', `data_dir=${disk.path}`)
      const { said, fix } = finding(result, 'data folder')
      expect([result.code, said]).toEqual([1, expect.stringContaining('mounted read-only')])
      expect(fix).toContain('mount -o remount,rw')
    } finally {
      disk.end()
    }
  })

  it('4. a Node that is too old', async (context) => {
    expect(checkNode('20.20.2')).toMatchObject({
      state: 'error',
      message: expect.stringContaining('22.18 or newer is needed') as string,
      fix: expect.stringContaining('npm ci') as string,
    })
    // Such a Node cannot run doctor itself: the launcher says it, where no other Node is to be found.
    const { stdout } = await execute('/usr/bin/node', ['--version']).catch(() => ({ stdout: '' }))
    if (!stdout.startsWith('v20.')) return context.skip('no Node 20 in /usr/bin')
    cpSync(join(HUB, 'bin'), join(home, 'hub', 'bin'), { recursive: true })
    writeFileSync(join(home, 'hub', 'package.json'), '{"type":"module"}')
    const args = [join(home, 'hub/bin/llmhub.js'), 'doctor']
    const refused = await execute('/usr/bin/node', args).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 69,
      stderr: expect.stringMatching(
        /Node 22\.18\.0 or newer is needed; this is v20.*npm ci/s,
      ) as string,
    })
  })

  it('5. clocks that differ, and which of them is behind', async () => {
    const url = await seemingHub(new Date(Date.now() + 3_600_000))
    const result = await doctor('--url', url)
    const { said, fix } = finding(result, 'clock')
    expect(result.code).toBe(1)
    expect(said).toMatch(/^✗ clock +this machine is 3(599|600|601) s behind the hub/)
    expect(fix).toContain('timedatectl set-ntp true')
  })

  it('6. a key of the configuration that does not exist', async () => {
    const file = join(home, 'llmhub.json')
    writeFileSync(file, JSON.stringify({ ingest: { max_tgas: 3 } }))
    const result = await doctor('--config', file)
    const { said, fix } = finding(result, 'configuration')
    expect(result.code).toBe(1)
    expect(said).toMatch(
      /^✗ configuration +\S*llmhub\.json.*max_tgas.*did you mean ingest\.max_tags/,
    )
    expect(fix).toContain('llmhub config show --origin')
  })

  it('7. a damaged log', async () => {
    const folder = used.copy()
    try {
      damageLog(folder)
      const result = await doctor('--set', `data_dir=${folder}`)
      const { said, fix } = finding(result, 'log')
      expect([result.code, said]).toEqual([1, expect.stringMatching(/^✗ log +\S*0\/\S+\.seg/)])
      expect(fix).toBe(
        `See what a repair would do: llmhub journal repair --dry-run --set data_dir=${folder}`,
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('8. a folder that another process has', async () => {
    const folder = join(home, 'data')
    const locking = lockFolder(folder)
    if (!locking.ok) throw new Error(locking.message)
    try {
      const result = await doctor('--set', 'port=1')
      const { said, fix } = finding(result, 'lock')
      expect([result.code, said]).toEqual([
        1,
        expect.stringContaining(`${folder} is in use by process ${process.pid} (`),
      ])
      expect(fix).toMatch(new RegExp(`--url .*; to end it: kill ${process.pid}$`))
    } finally {
      locking.lock.release()
    }
  })

  it('8b. a folder that another hub has than the one that answers', async () => {
    const folder = join(home, 'data')
    const lock = pathToFileURL(join(HUB, 'src/core/folder-lock.ts')).href
    const program = `const { lockFolder } = await import(${JSON.stringify(lock)})
      lockFolder(${JSON.stringify(folder)})
      process.stdin.resume()
      console.log('held')`
    const flags = ['--conditions=@llmhub/source', '--input-type=module', '-e', program]
    const other = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'ignore'] })
    try {
      await once(other.stdout, 'data')
      const result = await doctor('--url', await seemingHub())
      const { said, fix } = finding(result, 'lock')
      expect([result.code, said]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(
            `in use by process ${other.pid} .*another hub answers, process ${process.pid}:`,
          ),
        ),
      ])
      expect(fix).toMatch(/--url .*--set data_dir=/)
    } finally {
      other.kill('SIGKILL')
    }
  })

  it('9. a key that is missing', async () => {
    const url = await seemingHub()
    const result = await doctor('--url', url)
    const { said, fix } = finding(result, 'key')
    expect([result.code, said]).toEqual([1, expect.stringContaining(`there is no key for ${url}`)])
    expect(fix).toMatch(/^llmhub login/)
  })

  it('10. memory that is not enough', async (context) => {
    const container = { container: 512 << 20, addressSpace: null, total: 8e9, free: 4e9 }
    expect(checkMemory({ 'store.memory_mb': 1024 }, container)).toMatchObject({
      state: 'error',
      message: expect.stringContaining('of the container (cgroup)') as string,
      fix: 'Give it 528.0 MiB or more, with --set store.memory_mb=128',
    })
    expect(checkMemory({ 'store.memory_mb': 1024 }, { ...container, container: 1 << 30 }).fix).toBe(
      'llmhub serve --set store.memory_mb=624',
    )
    const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@llmhub/source']
    const command = [process.execPath, ...flags, join(HUB, 'src/main.ts'), 'doctor', '-o', 'table']
    const set = ['--set', `data_dir=${join(home, 'data')}`, '--set', 'port=1']
    const limited = [
      '-c',
      'ulimit -v 3000000 && exec "$@"',
      'bash',
      ...command.slice(0, -2),
      ...set,
    ]
    const env = { PATH: process.env['PATH'] ?? '', HOME: home }
    const failed = await execute('bash', limited, { env }).catch((error: unknown) => error)
    const { stdout = '' } = failed as { stdout?: string }
    if (stdout === '') return context.skip('Node does not start under such a limit here')
    expect(stdout).toMatch(/^✗ memory +the address space is limited to 2\.9 GiB/m)
    expect(stdout).toContain('→ Start it without that limit: ulimit -v unlimited')
  })
})

describe('doctor', () => {
  it('finds nothing wrong where all is well, and tries an event', async () => {
    vi.stubEnv('LLMHUB_KEY', 'a-key-of-thirty-two-characters-or-so')
    vi.stubEnv('UV_THREADPOOL_SIZE', '16')
    const result = await doctor('--url', await seemingHub())
    expect([result.code, result.err], result.out).toEqual([
      0,
      expect.stringMatching(/^All \d+ checks/),
    ])
    expect(finding(result, 'event').said).toMatch(/a trial event is accepted in [\d.]+ ms/)
  })

  it('tells support everything but secrets', async () => {
    vi.stubEnv('LLMHUB_KEY', 'lah_live_SECRETxxxxxx_morethanthirtytwo')
    const url = await seemingHub()
    const { out } = await doctor('--json', '--url', url, '--set', `admin_key=${'s3cret'.repeat(8)}`)
    expect(out).not.toContain('s3cret')
    expect(out).not.toContain('morethanthirtytwo')
    const report = JSON.parse(out) as Record<string, unknown>
    expect(Object.keys(report)).toEqual([
      'at',
      'ok',
      'versions',
      'machine',
      'configuration',
      'findings',
    ])
    expect(report['configuration']).toContainEqual({
      option: 'admin_key',
      value: 'left out',
      origin: 'flag',
    })
    expect(report['versions']).toMatchObject({
      llmhub: '9.9.9',
      hub: '9.9.9',
      node: process.versions.node,
    })
  })
})
