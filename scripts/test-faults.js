// `npm run test:faults [-- options]`: set up, then the long fault runs (test/faults/run.ts).

import { setUp } from './set-up.js'
import { runNode } from './tool.js'

setUp()
process.exitCode = await runNode([
  '--conditions=@llmhub/source',
  'test/faults/run.ts',
  ...process.argv.slice(2),
])
