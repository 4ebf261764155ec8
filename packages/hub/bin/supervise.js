// Runs a child process on behalf of this one. Plain JavaScript that runs on Node 20.
//
// The child gets this process's standard streams. Signals meant for it arrive here too (a terminal
// sends Ctrl-C to the whole process group, npm forwards it once more, a service manager sends
// SIGTERM to this process alone), so:
//   - the first SIGINT, SIGTERM or SIGHUP is forwarded once. The child must take several of them
//     as one request to stop, because the terminal may have told it already;
//   - another SIGINT within SAME_PRESS_MS is the same key press, arriving by another way;
//   - a later SIGINT kills the child: the person does not want to wait.
//
// With `restart` the child is started again after a crash: an end that nobody asked for and that
// starting again may heal. States: running → (crash) → waiting → running …; a signal in either ends
// it, and so do the exits in FINAL_EXITS. The wait doubles with each crash in a row up to a cap;
// a child that lived for `healthyMs` ends the row; `maxCrashes` in a row end the process, for a
// server that cannot start is better seen as stopped than as forever starting.

import { spawn } from 'node:child_process'

/** Exits after which a restart cannot help: success, usage, storage (EX_TEMPFAIL), configuration (EX_CONFIG). */
const FINAL_EXITS = new Set([0, 2, 75, 78])

/**
 * @typedef {object} RestartPolicy
 * @property {number} firstDelayMs wait before the first restart
 * @property {number} maxDelayMs the wait doubles up to this
 * @property {number} healthyMs a life this long ends a row of crashes
 * @property {number} maxCrashes crashes in a row after which there is no further start
 */

/** @type {Readonly<RestartPolicy>} */
export const RESTART_POLICY = Object.freeze({
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  healthyMs: 60_000,
  maxCrashes: 10,
})

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP']
const SAME_PRESS_MS = 1_000

/**
 * @param {object} options
 * @param {string} options.command program to run
 * @param {string[]} options.args
 * @param {Record<string, string | undefined>} options.env the child's whole environment
 * @param {Readonly<RestartPolicy> | null} options.restart `null` = never start again
 * @param {import('node:events').EventEmitter} [options.signals] where signals arrive; this process
 * @param {() => number} [options.now] monotonic milliseconds
 * @param {(message: string) => void} [options.log]
 * @param {typeof spawn} [options.start] starts the child; with this process's streams
 * @returns {Promise<{ code: number } | { signal: NodeJS.Signals }>} how the last child ended
 */
export async function supervise({
  command,
  args,
  env,
  restart,
  signals = process,
  now = () => performance.now(),
  log = (message) => process.stderr.write(`llmhub: ${message}\n`),
  start = spawn,
}) {
  /** The request to stop: which signal came first and when. */
  let asked
  let child
  let wake = () => {}

  const onSignal = (signal) => {
    if (asked === undefined) {
      asked = { signal, at: now() }
      child?.kill(signal)
      wake()
    } else if (signal === 'SIGINT' && now() - asked.at >= SAME_PRESS_MS) {
      child?.kill('SIGKILL')
    }
  }
  const handlers = FORWARDED.map((signal) => [signal, () => onSignal(signal)])
  for (const [signal, handler] of handlers) signals.on(signal, handler)

  try {
    for (let crashes = 0; ; ) {
      const startedAt = now()
      child = start(command, args, { env, stdio: 'inherit' })
      const end = await ending(child)
      child = undefined
      if ('error' in end) {
        log(`cannot run ${command}: ${end.error.message}`)
        return { code: 126 }
      }
      if (asked !== undefined || restart === null || FINAL_EXITS.has(end.code)) return end

      crashes = now() - startedAt >= restart.healthyMs ? 1 : crashes + 1
      const how =
        'signal' in end ? `was ended by ${end.signal}` : `crashed with exit code ${end.code}`
      if (crashes >= restart.maxCrashes) {
        log(
          `the server ${how}, ${crashes} times in a row; giving up. Its last lines above say why.`,
        )
        return end
      }
      const delayMs = Math.min(restart.firstDelayMs * 2 ** (crashes - 1), restart.maxDelayMs)
      log(
        `the server ${how}; starting it again in ${delayMs} ms (${crashes} of ${restart.maxCrashes})`,
      )
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, delayMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = () => {}
      if (asked !== undefined) return { signal: asked.signal }
    }
  } finally {
    for (const [signal, handler] of handlers) signals.off(signal, handler)
  }
}

function ending(child) {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error }))
    child.once('exit', (code, signal) => resolve(signal === null ? { code } : { signal }))
  })
}

/** Ends this process the way the child ended, so that a shell or service manager sees the same. */
export function endLike(end) {
  if ('code' in end) process.exit(end.code)
  process.kill(process.pid, end.signal)
}
