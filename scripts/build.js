// `npm run build`: set up, then compile every package into its dist/.

import { setUp } from './set-up.js'
import { runNode, tool } from './tool.js'

setUp()
process.exit(
  await runNode([tool('typescript', 'tsc'), '-b', 'tsconfig.build.json', ...process.argv.slice(2)]),
)
