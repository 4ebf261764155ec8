// `npm run demo [-- options]`: set up, then `llmhub demo [options]`.

import { runCommand } from './run-command.js'

await runCommand('demo', 'demo')
