// `npm run bench:stream [-- --quick]`: set up, then measure the stream engine; results go to bench/results/stream.md.

import { setUp } from './set-up.js'
import { runNode } from './tool.js'

setUp()
const flags = ['--conditions=@llmhub/source', '--expose-gc', '--max-semi-space-size=64']
process.exitCode = await runNode([...flags, 'bench/stream/run.ts', ...process.argv.slice(2)])
