// `npm test [-- vitest arguments]`: set up, run the tests, and end with one line for people and
// machines: `N passed, N failed`, and `, N skipped` when some were.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUp } from './set-up.js'
import { summary } from './test-summary.js'
import { runNode, tool } from './tool.js'

setUp()
const folder = mkdtempSync(join(tmpdir(), 'llmhub-test-'))
const file = join(folder, 'report.json')
const code = await runNode(
  [
    tool('vitest'),
    'run',
    '--reporter=default',
    '--reporter=./scripts/test-reporter.js',
    ...process.argv.slice(2),
  ],
  { TEST_REPORT_FILE: file },
)
const result = summary(readReport(), code)
rmSync(folder, { recursive: true })
process.stdout.write(`\n${result.lines.join('\n')}\n`)
process.exitCode = result.code

/** `undefined` when vitest ended before it could write one. */
function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}
