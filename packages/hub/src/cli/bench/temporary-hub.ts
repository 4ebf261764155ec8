import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childEnvironment } from '../../config/load.ts'
import type { CliContext } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'

export interface TemporaryHub {
  readonly url: string
  readonly key: string
  readonly folder: string
  /** Ends it and removes its folder. */
  end(): Promise<void>
}

const READY = /ready at (http:\/\/\S+)/
const KEPT_OUTPUT = 4000

/**
 * A hub of its own on a free port of loopback, with its data in a temporary folder: what it measures
 * touches nobody's data, and leaves nothing behind.
 */
export async function startTemporaryHub({ self, signal }: CliContext): Promise<TemporaryHub> {
  const [command, ...before] = self ?? []
  if (command === undefined) {
    throw new CliError('this program cannot start itself: name a hub with --url', EXIT.failure)
  }
  const folder = mkdtempSync(join(tmpdir(), 'llmhub-bench-'))
  const key = randomBytes(24).toString('hex')
  const set = { port: 0, host: '127.0.0.1', data_dir: join(folder, 'data'), log_level: 'warn' }
  const flags = Object.entries(set).flatMap(([path, value]) => ['--set', `${path}=${value}`])
  const child = spawn(command, [...before, 'serve', ...flags], {
    // A configuration file of the folder one stands in must not be that of this hub.
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: childEnvironment({
      LLMHUB_ADMIN_KEY: key,
      LLMHUB_NO_RESTART: '1',
      UV_THREADPOOL_SIZE: '16',
    }),
  })
  const end = async (): Promise<void> => {
    await ended(child)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    return { url: await readyUrl(child, signal), key, folder, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Stops it, without waiting for what a stop would save: the folder goes anyway. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('close', () => resolve())
    child.kill('SIGKILL')
  })
}

function readyUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-KEPT_OUTPUT)
      const url = READY.exec(said)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('error', (error) =>
      reject(new CliError(`the hub did not start: ${error.message}`, EXIT.failure)),
    )
    child.once('exit', () => reject(new CliError(`the hub did not start:\n${said}`, EXIT.failure)))
    signal.addEventListener('abort', () => reject(new CliError('interrupted', EXIT.interrupted)), {
      once: true,
    })
  })
}
