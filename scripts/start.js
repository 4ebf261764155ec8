// `npm start [-- options]`: set up, then `llmhub serve [options]`.

import { launch } from '../packages/hub/bin/launch.js'
import { endLike } from '../packages/hub/bin/supervise.js'
import { setUp } from './set-up.js'

setUp()

// npm tells its shell alone to stop, which ends without telling this process: being left by it is
// being told. Whoever starts this file without npm may leave it running.
if (process.env['npm_lifecycle_event'] === 'start') {
  const { ppid } = process
  const watching = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(watching)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watching.unref()
}

endLike(await launch(['serve', ...process.argv.slice(2)]))
