import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../run-cli.fixture.ts'

const execute = promisify(execFile)
const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url))

const completed = async (...words: string[]): Promise<string[]> => {
  const { out } = await run(['__complete', ...words])
  return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']))
}

describe('candidates', () => {
  it.each([
    [['qu'], ['query']],
    [
      ['keys', 're'],
      ['revoke', 'reset'],
    ],
    [['keys', 'revoke', '--dry'], ['--dry-run']],
    [['--ver'], ['--verbose', '--version']],
    [
      ['query', 'cost.total', 'latency.p9'],
      ['latency.p90', 'latency.p95', 'latency.p99'],
    ],
    [
      ['query', '--by', 'time:1'],
      ['time:1m', 'time:15m', 'time:1h', 'time:1d', 'time:1w', 'time:1M'],
    ],
    [
      ['query', '--by=time:1h', '-o', 'c'],
      ['csv', 'chart'],
    ],
    [['query', '--by=time:6'], ['--by=time:6h']],
    [['doctor', '-o'], []],
    [['--context', 'nobody'], []],
    [['--quiet', 'verify', 'l'], ['log']],
    [['serve', '--set', 'port'], ['port=']],
    [['completion', 'p'], ['powershell']],
    [['help', 'exit'], ['exit-codes']],
    [['nonsense', 'x'], []],
  ])('%j', async (words, expected) => {
    expect(await completed(...words)).toEqual(expected)
  })

  it('say what each is, on one line', async () => {
    const { out } = await run(['__complete', ''])
    for (const line of out.trimEnd().split('\n')) expect(line).toMatch(/^\S+\t.+$/)
  })
})

it('is printed for four shells, and says which there are', async () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    const { code, out } = await run(['completion', shell])
    expect([code, out.includes('__complete')]).toEqual([0, true])
  }
  // There is no PowerShell to source it with: its text is all that is looked at.
  expect((await run(['completion', 'powershell'])).out).toContain('Register-ArgumentCompleter')
  const wrong = await run(['completion', 'bsh'])
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('did you mean bash?')])
})

describe('sourced by a real shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmhub-completion-'))
  const flags = '--disable-warning=ExperimentalWarning --conditions=@llmhub/source'

  beforeAll(() => {
    const file = join(folder, 'llmhub')
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" ${flags} "${MAIN}" "$@"\n`)
    chmodSync(file, 0o755)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** What the script prints, or why it cannot be run. */
  async function inShell(
    command: string,
    args: readonly string[],
  ): Promise<string | { missing: string }> {
    try {
      await execute(command, ['--version'])
    } catch {
      return { missing: `${command} is not installed` }
    }
    const env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, TERM: 'dumb' }
    return (await execute(command, args, { env })).stdout
  }

  it('bash, whose words end at colons', async (context) => {
    const ask = (line: string) =>
      `COMP_LINE=${JSON.stringify(line)}; COMP_POINT=\${#COMP_LINE}; _llmhub; echo "\${COMPREPLY[*]}"`
    const script = [
      'source <(llmhub completion bash)',
      'complete -p llmhub',
      ask('llmhub keys re'),
      ask('llmhub query --by time:1'),
    ].join('\n')
    const out = await inShell('bash', ['--norc', '-c', script])
    if (typeof out !== 'string') return context.skip(out.missing)
    expect(out.trimEnd().split('\n')).toEqual([
      'complete -o default -F _llmhub llmhub',
      'revoke reset',
      '1m 15m 1h 1d 1w 1M',
    ])
  })

  it('zsh, with its own system of completion loaded', async (context) => {
    const script = `
      autoload -U compinit; compinit -u -D
      source <(llmhub completion zsh)
      print -- $_comps[llmhub]
      _describe() { print -rl -- "\${(@P)2}" }
      words=(llmhub keys re); CURRENT=3; _llmhub
      words=(llmhub query --by time:15); CURRENT=4; _llmhub`
    const out = await inShell('zsh', ['-f', '-c', script])
    if (typeof out !== 'string') return context.skip(out.missing)
    expect(out.trimEnd().split('\n')).toEqual([
      '_llmhub',
      'revoke:revoke a key',
      'reset:when no admin key is known any more: revoke those there are and make o',
      'time\\:15m:buckets of time',
    ])
  })

  it('fish, which completes a line by itself', async (context) => {
    const script =
      'llmhub completion fish | source; complete -C "llmhub keys re"; complete -C "llmhub query --by time:15"'
    const out = await inShell('fish', ['--no-config', '-c', script])
    if (typeof out !== 'string') return context.skip(out.missing)
    expect(out.trimEnd().split('\n').sort()).toEqual([
      'reset\twhen no admin key is known any more: revoke those there are and make o',
      'revoke\trevoke a key',
      'time:15m\tbuckets of time',
    ])
  })
})
