import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, isShown } from './support/doc-blocks.ts'

/**
 * docs/guide/first-hour.md as a newcomer goes it: a copy of the files that a clone has, the demonstration
 * started in it as the page says, then one command after the other, and Ctrl-C at the end.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = 'docs/guide/first-hour.md'
const BLOCKS = blocksOf(PAGE, readFileSync(join(ROOT, PAGE), 'utf8'))
const READY = /ready at (http:\/\/\S+)/
const KEY = /export LLMHUB_KEY=(\S+)/
const run = promisify(execFile)

/** The files that are in version control or would be, or null where this is no working copy. */
function clonedFiles(): string[] | null {
  if (!existsSync(join(ROOT, '.git'))) return null
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', args, { cwd: ROOT, maxBuffer: 1 << 26 }).toString()
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(ROOT, file)))
}

describe('the first hour', () => {
  const clone = mkdtempSync(join(tmpdir(), 'llmhub-first-hour-'))
  const files = clonedFiles()
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: clone,
    TMPDIR: clone,
    npm_config_update_notifier: 'false',
    LLMHUB_PORT: '0',
  }
  let demo: ChildProcess | null = null
  let said = ''

  beforeAll(() => {
    for (const file of files ?? []) {
      mkdirSync(join(clone, dirname(file)), { recursive: true })
      cpSync(join(ROOT, file), join(clone, file), { verbatimSymlinks: true })
    }
    // What `npm ci` would install: the set-up finds it there.
    for (const folder of ['node_modules', 'packages/hub/node_modules']) {
      if (existsSync(join(ROOT, folder))) {
        execFileSync('cp', ['-al', join(ROOT, folder), join(clone, folder)])
      }
    }
  })

  afterAll(() => {
    if (isRunning()) signalGroup('SIGKILL')
    rmSync(clone, { recursive: true, force: true })
  })

  const isRunning = (): boolean => demo?.exitCode === null && demo.signalCode === null

  /** As a terminal does it: to all that the command started. */
  function signalGroup(signal: NodeJS.Signals): void {
    if (demo?.pid !== undefined) process.kill(-demo.pid, signal)
  }

  function start(script: string): Promise<void> {
    const child = spawn('bash', ['--norc', '-c', `exec ${script}`], {
      cwd: clone,
      env,
      detached: true,
    })
    demo = child
    return new Promise((resolve, reject) => {
      const hear = (bytes: Buffer): void => {
        said += bytes.toString()
        const [url, key] = [READY.exec(said)?.[1], KEY.exec(said)?.[1]]
        if (url === undefined || key === undefined) return
        env['LLMHUB_URL'] = url
        env['LLMHUB_KEY'] = key
        resolve()
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}:\n${said}`)))
    })
  }

  it.each(BLOCKS.map((block) => [block.at, block] as const))(
    '%s',
    async (_at, { answer, kind, script }) => {
      if (files === null) return
      if (kind === 'start') return start(script.trim())
      const bash = ['--norc', '-euo', 'pipefail', '-c', script]
      const { stdout } = await run('bash', bash, { cwd: clone, env })
      expect(isShown(stdout, answer), stdout).toBe(true)
    },
    120_000,
  )

  it('ends with Ctrl-C, and cleanly', async (context) => {
    if (files === null) context.skip('this is no working copy: there is nothing to clone')
    const child = demo
    expect(isRunning(), said).toBe(true)
    const ended = new Promise((resolve) => child?.once('exit', resolve))
    signalGroup('SIGINT')
    await ended
    expect(said).toContain('stopped')
    expect(existsSync(join(clone, 'demo-data', 'truth.json'))).toBe(true)
  })
})
