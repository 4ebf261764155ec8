import { launch } from '../packages/hub/bin/launch.js'
import { endLike } from '../packages/hub/bin/supervise.js'
import { setUp } from './set-up.js'

/**
 * Sets up, then runs `llmhub <command>` with the options of this process.
 * @param {string} command
 * @param {string} script the name under which npm runs it
 */
export async function runCommand(command, script) {
  setUp()

  // npm tells its shell alone to stop, which ends without telling this process: being left by it is
  // being told. Whoever starts this file without npm may leave it running.
  if (process.env['npm_lifecycle_event'] === script) {
    const { ppid } = process
    const watching = setInterval(() => {
      if (process.ppid === ppid) return
      clearInterval(watching)
      process.kill(process.pid, 'SIGTERM')
    }, 500)
    watching.unref()
  }

  endLike(await launch([command, ...process.argv.slice(2)]))
}
