import { spawn } from 'node:child_process'

/** Faults in the system calls of a process that runs, put there by strace. */

export interface Injection {
  /** Ends the fault; the process goes on without it. */
  detach(): void
}

/**
 * Lets every call of `calls` in every thread of the process have the fault, such as `error=EIO` or
 * `delay_exit=2000000` (µs); answers once it is so. The process may be gone before the fault is ended.
 * @throws Error when strace cannot attach
 */
export function injectFault(
  pid: number,
  calls: readonly string[],
  fault: string,
): Promise<Injection> {
  const names = calls.join(',')
  const tracer = spawn(
    'strace',
    ['-f', '-o', '/dev/null', '-e', `trace=${names}`, '-e', `inject=${names}:${fault}`].concat([
      '-p',
      String(pid),
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  return new Promise((resolve, reject) => {
    let text = ''
    tracer.stderr?.on('data', (bytes: Buffer) => {
      text += bytes.toString()
      if (/Process \d+ attached/.test(text)) resolve({ detach: () => tracer.kill('SIGKILL') })
    })
    tracer.once('error', reject)
    tracer.once('exit', () => reject(new Error(`strace ended: ${text}`)))
  })
}

/** Why strace cannot attach to a process here, or null. */
export async function whyNoStrace(): Promise<string | null> {
  const target = spawn('sleep', ['30'], { stdio: 'ignore' })
  try {
    const injection = await injectFault(target.pid ?? 0, ['fdatasync'], 'error=EIO')
    injection.detach()
    return null
  } catch (error) {
    return `strace cannot inject faults here: ${String(error)}`
  } finally {
    target.kill('SIGKILL')
  }
}
