// `npm start [-- options]`: set up, then `llmhub serve [options]`.

import { runCommand } from './run-command.js'

await runCommand('serve', 'start')
