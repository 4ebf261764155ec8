import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childEnv } from '../../packages/hub/bin/launch.js'
import { ADMIN_KEY } from './hub-process.ts'

/** The real command line in a process of its own. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const MAIN = fileURLToPath(new URL('../../packages/hub/src/main.ts', import.meta.url))

export interface CommandResult {
  /** Null when it was ended by a signal. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly result: Promise<CommandResult>
}

/** `llmhub` with these arguments, talking to the hub at `url`. */
export function startCommand(url: string, args: readonly string[]): RunningCommand {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--conditions=@llmhub/source', MAIN, ...args],
    {
      cwd: ROOT,
      env: childEnv({
        PATH: process.env['PATH'] ?? '',
        LLMHUB_URL: url,
        LLMHUB_KEY: ADMIN_KEY,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString()
  })
  const result = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, result }
}

export function runCommand(url: string, args: readonly string[]): Promise<CommandResult> {
  return startCommand(url, args).result
}
