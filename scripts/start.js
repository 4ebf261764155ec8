// `npm start [-- options]`: set up, then `llmhub serve [options]`.

import { launch } from '../packages/hub/bin/launch.js'
import { endLike } from '../packages/hub/bin/supervise.js'
import { setUp } from './set-up.js'

setUp()
endLike(await launch(['serve', ...process.argv.slice(2)]))
