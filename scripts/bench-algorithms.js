// `npm run bench:algorithms`: set up, then hold the algorithms to published figures; results go to bench/results/algorithms.md.

import { setUp } from './set-up.js'
import { runNode } from './tool.js'

setUp()
process.exitCode = await runNode([
  '--conditions=@llmhub/source',
  'bench/algorithms/run.ts',
  ...process.argv.slice(2),
])
