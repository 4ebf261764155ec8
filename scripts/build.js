// `npm run build`: set up, compile every package into its dist/, and put the guide beside what serves it.

import { cpSync } from 'node:fs'
import { setUp } from './set-up.js'
import { runNode, tool } from './tool.js'

setUp()
const code = await runNode([
  tool('typescript', 'tsc'),
  '-b',
  'tsconfig.build.json',
  ...process.argv.slice(2),
])
if (code === 0) {
  const root = new URL('../', import.meta.url)
  cpSync(new URL('docs/guide', root), new URL('packages/hub/dist/guide', root), { recursive: true })
}
process.exit(code)
