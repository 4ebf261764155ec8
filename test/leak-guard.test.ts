import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const VITEST = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('leak-guard/vitest.config.ts', import.meta.url))

interface Report {
  readonly testResults: readonly { readonly name: string; readonly message: string }[]
}

describe('the leak guard', () => {
  it('fails the files that leave something open, and only those', () => {
    const folder = mkdtempSync(join(tmpdir(), 'llmhub-leaks-'))
    const file = join(folder, 'report.json')
    const run = spawnSync(
      process.execPath,
      [VITEST, 'run', '--config', CONFIG, '--reporter=json', `--outputFile=${file}`],
      { encoding: 'utf8' },
    )
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report
    rmSync(folder, { recursive: true })
    const messages = Object.fromEntries(
      report.testResults.map(({ name, message }) => [basename(name, '.fixture.ts'), message]),
    )
    expect(messages).toEqual({
      closes: '',
      server: 'left open by this test file: 1 TCPServerWrap',
      socket: 'left open by this test file: 2 TCPSocketWrap',
      timer: 'left open by this test file: 1 Timeout',
      child: expect.stringContaining('1 ProcessWrap'),
      worker: 'left open by this test file: 1 Worker',
    })
    expect(run.status).toBe(1)
  })
})
