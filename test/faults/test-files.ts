import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inFolder } from '../support/folder.ts'
import { FaultFound } from './fault-found.ts'

/** Faults whose proof is a test file: it is run, and must hold. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const KEPT_OUTPUT = 6000
const MOST_OUTPUT_BYTES = 64 << 20

/** What a command printed, whether it ended well or not. */
interface Output {
  readonly stdout: string
  readonly stderr: string
}

interface Counts {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

/**
 * Runs the test files whose paths contain one of `filters`; answers how many tests held.
 * @throws FaultFound with the end of what was printed when one failed, or none ran
 */
export function runTestFiles(
  filters: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return inFolder(async (folder) => {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`]
    const ran = await promisify(execFile)(
      process.execPath,
      [VITEST, 'run', ...reporters, ...filters],
      { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: MOST_OUTPUT_BYTES },
    ).catch((error: unknown) => ({ ...(error as Output), failed: true }))
    const said = `${ran.stdout}${ran.stderr}`.slice(-KEPT_OUTPUT)
    if ('failed' in ran) throw new FaultFound(`${filters.join(' ')}:\n${said}`)
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Counts
    if (counts.numPassedTests === 0) throw new FaultFound(`no test ran:\n${said}`)
    const skipped = counts.numPendingTests > 0 ? `, ${counts.numPendingTests} skipped` : ''
    return `${counts.numPassedTests} tests of ${filters.join(' ')}${skipped}`
  })
}
