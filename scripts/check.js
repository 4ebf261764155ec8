// `npm run check`: set up, then everything that is wrong without running the product. All steps run
// even when one fails, so that one run tells the whole story; the last line names the failed ones.

import { setUp } from './set-up.js'
import { runNode, tool } from './tool.js'

setUp()

/** @type {readonly (readonly [name: string, args: string[]])[]} */
const steps = [
  ['types', [tool('typescript', 'tsc'), '-p', 'tsconfig.check.json']],
  ['lint', [tool('oxlint'), '--type-aware', '--deny-warnings']],
  ['format', [tool('@biomejs/biome', 'biome'), 'check', '--error-on-warnings', '.']],
  // Rules and their exceptions: redocly.yaml.
  ['API document', [tool('@redocly/cli', 'redocly'), 'lint', 'docs/reference/openapi.json']],
  ['dead code', [tool('knip'), '--treat-config-hints-as-errors']],
  ['layers', [tool('vitest'), 'run', '--reporter=dot', 'test/layers.test.ts']],
]

const failed = []
for (const [name, args] of steps) {
  process.stdout.write(`── ${name}\n`)
  if ((await runNode(args)) !== 0) failed.push(name)
}
process.stdout.write(
  failed.length === 0 ? 'check: all good\n' : `check: ${failed.join(', ')} failed\n`,
)
process.exit(failed.length === 0 ? 0 : 1)
