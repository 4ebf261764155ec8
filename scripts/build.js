// `npm run build`: set up, compile every package into its dist/, and put the documentation beside what serves it.

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
  cpSync(new URL('docs', root), new URL('packages/hub/dist/docs', root), {
    recursive: true,
    // The hub makes openapi.json itself.
    filter: (from) => !/\.(?:json|svg)$/.test(from),
  })
}
process.exit(code)
