import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../packages/hub/src/cli/exit-codes.ts'
import { HubProcess } from './support/hub-process.ts'
import { runCommand } from './support/llmhub-command.ts'

/** A port of loopback that nothing listens on once `use` runs, or, with `busy`, that is taken. */
async function withPort<T>(busy: boolean, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
    })
  if (!busy) await close()
  try {
    return await use(address.port)
  } finally {
    if (busy) await close()
  }
}

describe('the command line', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'llmhub-cli-'))
  let hub: HubProcess

  beforeAll(async () => {
    hub = await HubProcess.start({ dataDir })
  })

  afterAll(async () => {
    await hub.kill()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('is what its page says: commands and exit codes', async () => {
    const page = readFileSync(new URL('../docs/guide/cli.md', import.meta.url), 'utf8')
    const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code))
    expect(codes).toEqual(Object.values(EXIT))
    const { stdout } = await runCommand(hub.url, ['--help'])
    const commands = stdout.slice(stdout.indexOf('Commands:'), stdout.indexOf('Exit codes:'))
    const known = [...commands.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name)
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name)
    expect(new Set(listed)).toEqual(new Set(known.filter((name) => name !== 'help')))
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('has the rows of an import in the next answer', async () => {
    const file = join(dataDir, 'trace.csv')
    const rows = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2025-11-21 08:00:00,10,20\n'
    writeFileSync(file, rows)
    const map = ['--map', 'azure-llm-inference', '--field', 'model_id=m']
    expect(await runCommand(hub.url, ['import', file, ...map])).toMatchObject({ code: EXIT.ok })
    const question = { kind: 'table', measures: ['requests.count'], from: '2025-11-21', to: 'now' }
    const { text } = await hub.post('/api/v1/query', question)
    expect(JSON.parse(text)).toMatchObject({ rows: [[1]] })
  })

  it('says each thing wrong with a question once, and what was meant', async () => {
    const { code, stdout, stderr } = await runCommand(hub.url, ['query', 'requests.cont'])
    expect([code, stdout]).toEqual([EXIT.usage, ''])
    expect(stderr.match(/Did you mean "requests\.count"\?/g)).toHaveLength(1)
    expect(stderr).toMatch(/^llmhub: Question is not valid\n {2}\/measures\/0: /)
  })

  it('takes no text for a number', async () => {
    const run = runCommand(hub.url, ['query', 'requests.count', '--limit', 'ten'])
    expect(await run).toMatchObject({ code: EXIT.usage, stdout: '' })
  })

  it('says which permissions there are', async () => {
    const args = ['keys', 'create', 'x', '--permission', 'read']
    const { code, stderr } = await runCommand(hub.url, args)
    expect(code).toBe(EXIT.usage)
    expect(stderr).toContain('ingest:write, query:read')
  })

  it('gives a key alone on standard output', async () => {
    const { code, stdout, stderr } = await runCommand(hub.url, ['keys', 'create', 'x'])
    expect(code).toBe(EXIT.ok)
    expect(stdout).toMatch(/^lah_\S+\n$/)
    expect(stderr).not.toContain(stdout.trim())
  })

  it.each([
    ['a hub that is not there', (port: number) => `http://127.0.0.1:${port}`, EXIT.unreachable],
    ['a text that is no URL', () => 'nonsense', EXIT.usage],
  ])('tells %s from other failures', async (_, url, expected) => {
    const run = (port: number) => runCommand(url(port), ['query', 'requests.count'])
    const { code, stderr } = await withPort(false, run)
    expect(code).toBe(expected)
    expect(stderr).toContain('--url')
  })

  it('refuses a folder that a hub uses', async () => {
    const set = ['--set', `data_dir=${dataDir}`]
    const serve = await runCommand(hub.url, ['serve', '--set', 'port=0', ...set])
    expect(serve.code).toBe(EXIT.config)
    expect(serve.stderr).toContain(`in use by process ${hub.pid}`)
    const journal = await runCommand(hub.url, ['journal', 'verify', ...set])
    expect(journal.code).toBe(EXIT.conflict)
  })

  it('refuses a port that is taken, in a sentence and with an exit that is not restarted', async () => {
    const folder = join(dataDir, 'other')
    const { code, stderr } = await withPort(true, (port) =>
      runCommand(hub.url, ['serve', '--set', `port=${port}`, '--set', `data_dir=${folder}`]),
    )
    expect(code).toBe(EXIT.config)
    expect(stderr).toMatch(/^llmhub: 127\.0\.0\.1:\d+ is in use by another program; .*--set port/m)
    expect(stderr).not.toContain('    at ')
  })

  it('puts rejected events right, and says by its exit what became of them', async () => {
    const wrong = (id: string) => ({
      common: { event_id: id, timestamp: '2026-11-20T10:00:00Z' },
      payload: { type: 'llm_request', model_id: 7 },
    })
    await hub.post('/api/v1/events', [wrong('cli-1'), wrong('cli-2')])
    const letters = (...args: string[]) => runCommand(hub.url, ['dead-letters', ...args])
    const list = await letters('list', '--text', 'cli-')
    const page = JSON.parse(list.stdout) as { letters: { id: string }[] }
    expect(page).toMatchObject({ total: 2, by_code: { wrong_type: 2 } })
    const [second = '', first = ''] = page.letters.map(({ id }) => id)
    const one = await letters('replay', first, '--set', '/payload/model_id="7"', '--dry-run')
    expect(one.stderr).toBe('would be: 1 accepted\n')
    const still = await letters('replay', first, second, '--set', '/payload/latency_ms=fast')
    expect([still.code, still.stderr]).toEqual([EXIT.partial, '2 rejected\n'])
    const fixed = await letters('replay', first, '--set', '/payload/model_id="7"', '-o', 'table')
    expect(fixed.code).toBe(EXIT.ok)
    expect(fixed.stdout).toMatch(/accepted {2}cli-1/)
    for (const [args, code] of [
      [['replay'], EXIT.usage],
      [['replay', first, '--all'], EXIT.usage],
      [['dismiss', first, '--code', 'expired'], EXIT.usage],
      [['replay', first, second, '--file', 'x.json'], EXIT.usage],
      [['list', '--code', 'nonsense'], EXIT.usage],
      [['show', 'nobody'], EXIT.notFound],
      [['dismiss', second], EXIT.usage],
      [['dismiss', 'nobody', '--yes'], EXIT.notFound],
      [['dismiss', second, '--yes'], EXIT.ok],
    ] as const) {
      const run = await letters(...args)
      expect(run.code, `${args.join(' ')}: ${run.stderr}`).toBe(code)
    }
    const dismissed = await letters('list', '--status', 'dismissed', '--event-id', 'cli-2')
    expect(JSON.parse(dismissed.stdout)).toMatchObject({ total: 1 })
  })
})
