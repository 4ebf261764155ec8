import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { EXIT } from './exit-codes.ts'
import { run } from './run-cli.fixture.ts'

/** A hub as far as logging in looks: its version, and whether the key opens anything. */
const GOOD = 'lah_live_GOODkeykey12_secretsecret'
const seen: string[] = []
let server: Server
let url = ''
let home = ''

beforeAll(async () => {
  server = createServer((request, response) => {
    const key = request.headers.authorization ?? ''
    seen.push(`${request.url} ${key}`)
    response.setHeader('content-type', 'application/json')
    const isOpen = request.url === '/version' || key === `Bearer ${GOOD}`
    response.statusCode = isOpen ? 200 : 401
    response.end(
      JSON.stringify(isOpen ? { version: '1', measures: [] } : { title: 'Key is wrong' }),
    )
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => {
    server.close(resolve)
  })
})
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'llmhub-home-'))
  for (const name of ['LLMHUB_URL', 'LLMHUB_KEY', 'LLMHUB_KEY_FILE', 'LLMHUB_CONTEXT']) {
    vi.stubEnv(name, undefined)
  }
  vi.stubEnv('XDG_CONFIG_HOME', undefined)
  vi.stubEnv('HOME', home)
  seen.length = 0
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(home, { recursive: true })
})

const file = () => join(home, '.config', 'llmhub', 'contexts.json')
const login = (key: string, ...args: string[]) =>
  run(['login', '--url', url, ...args], { stdin: () => Promise.resolve(`${key}\n`) })

describe('a login in an empty home', () => {
  it('keeps address and key where only the user reads them, and uses them', async () => {
    const done = await login(GOOD, '--name', 'lab')
    expect(done).toMatchObject({ code: EXIT.ok, out: '' })
    expect(done.err).toContain('Context lab')
    expect(done.err).not.toContain(GOOD)
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, '.config', 'llmhub')).mode & 0o777).toBe(0o700)
    const asked = await run(['query', '--list'])
    expect(asked.code).toBe(EXIT.ok)
    expect(seen.at(-1)).toBe(`/api/v1/semantic Bearer ${GOOD}`)
  })

  it('keeps nothing when the key is refused, and says which key that was', async () => {
    const refused = await login('lah_live_BADkeybadkey_secret')
    expect(refused.code).toBe(EXIT.auth)
    expect(refused.err).toContain('lah_live_BADk… from standard input was refused by http://')
    expect(existsSync(file())).toBe(false)
    expect((await login('')).code).toBe(EXIT.usage)
    expect((await login('two words')).code).toBe(EXIT.usage)
  })

  it('reads the key without showing it where somebody sits at the terminal', async () => {
    const asked: string[] = []
    const done = await run(['login', '--url', url], {
      askSecret: (question) => {
        asked.push(question)
        return Promise.resolve(GOOD)
      },
    })
    expect([done.code, asked]).toEqual([EXIT.ok, [`Key for ${url} (it is not shown): `]])
  })

  it('has no option for the key, which other users could see', async () => {
    const { err, code } = await run(['login', '--key', GOOD])
    expect([code, err]).toEqual([EXIT.usage, expect.stringContaining('unknown option')])
  })
})

describe('contexts', () => {
  beforeEach(async () => {
    await login(GOOD, '--name', 'one')
    await login(GOOD, '--name', 'two')
  })

  it('are listed with masked keys, chosen, shown and removed', async () => {
    const list = await run(['context', 'list', '-o', 'table'])
    expect(list.out).toMatch(/one +http:\S+ +lah_live_GOOD…\n/)
    expect(list.out).toMatch(/two +http:\S+ +lah_live_GOOD… +yes\n/)
    expect((await run(['context', 'use', 'one'])).code).toBe(EXIT.ok)
    const shown = JSON.parse((await run(['context', 'show'])).out) as object
    expect(shown).toEqual({ name: 'one', url, key: 'lah_live_GOOD…', in_use: true })
    expect((await run(['context', 'remove', 'one'])).code).toBe(EXIT.ok)
    expect(readFileSync(file(), 'utf8')).not.toContain('one')
    expect((await run(['context', 'show'])).code).toBe(EXIT.notFound)
    expect((await run(['context', 'use', 'one'])).code).toBe(EXIT.notFound)
  })

  it('are named by flag and by environment', async () => {
    await run(['context', 'remove', 'two'])
    const other = await run(['query', '--list', '--context', 'one'])
    expect(other.code).toBe(EXIT.ok)
    vi.stubEnv('LLMHUB_CONTEXT', 'none')
    const wrong = await run(['query', '--list'])
    expect(wrong.code).toBe(EXIT.notFound)
    expect(wrong.err).toContain('named by LLMHUB_CONTEXT')
  })

  it('that somebody broke are an error that says what to do', async () => {
    writeFileSync(file(), '{"version": 7}')
    const { code, err } = await run(['query', '--list'])
    expect([code, err]).toEqual([EXIT.config, expect.stringContaining('llmhub login')])
  })

  it('that others can read are found by doctor', async () => {
    writeFileSync(file(), readFileSync(file()), { mode: 0o600 })
    const { chmodSync } = await import('node:fs')
    chmodSync(file(), 0o644)
    const { out } = await run(['doctor', '--set', `data_dir=${join(home, 'data')}`])
    expect(out).toMatch(/! contexts .*\n.*chmod 600/)
  })
})

describe('what is said about keys', () => {
  it('names the one that was refused and where it comes from', async () => {
    vi.stubEnv('LLMHUB_KEY', 'lah_live_WRONGkeywro_secret')
    const { err, code } = await run(['query', '--list', '--url', url])
    expect(code).toBe(EXIT.auth)
    expect(err).toContain(`The key lah_live_WRON… from LLMHUB_KEY was refused by ${url}.`)
    expect(err).not.toContain('secret')
  })

  it('says that none was sent', async () => {
    const { err } = await run(['query', '--list', '--url', url])
    expect(err).toContain(`No key was sent to ${url}.`)
  })
})

describe('flags of every command', () => {
  it('make it quiet, or tell of every request', async () => {
    vi.stubEnv('LLMHUB_KEY', GOOD)
    const verbose = await run(['query', '--list', '--url', url, '--verbose'])
    expect(verbose.err).toMatch(/^> GET http:\S+\/api\/v1\/semantic → 200 in \d+ ms\n/)
    const before = await run(['--verbose', 'query', '--list', '--url', url])
    expect(before.err).toContain('> GET')
    const quiet = await run([
      'doctor',
      '--quiet',
      '--set',
      `data_dir=${join(home, 'd')}`,
      '--url',
      url,
    ])
    expect(quiet.err).toBe('')
  })

  it('show where an error comes from', async () => {
    const { err } = await run(['query', '--debug'])
    expect(err).toMatch(/llmhub: name at least one measure.*\n.*CliError.*\n +at /s)
    expect((await run(['query'])).err).not.toContain('    at ')
  })
})
