// `npm run bench [-- --quick]`: set up, then measure a running hub; results go to bench/results/.

import { setUp } from './set-up.js'
import { runNode } from './tool.js'

setUp()
const args = ['--conditions=@llmhub/source', 'bench/run.ts', ...process.argv.slice(2)]
process.exitCode = await runNode(args)
