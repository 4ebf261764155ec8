import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../../src/cli/exit-codes.ts'
import { createProgram } from '../../src/cli/program.ts'
import { run } from '../../src/cli/run-cli.fixture.ts'
import { systemClock } from '../../src/core/clock.ts'
import { damageLog, UsedFolder } from './used-folder.ts'

/**
 * What cannot be taken back: each such command shows what it would do, asks for a word to be typed at a
 * terminal, and demands --yes where nobody sits at one. Proved by what reaches the hub or the folder.
 */

interface Destructive {
  readonly command: string
  /** Arguments behind the name; FOLDER is a data folder, BACKUPS one of backups. */
  readonly args: readonly string[]
  /** What has to be typed. */
  readonly word: string
  /** Works on a folder, not by a hub. */
  readonly on?: 'data' | 'backups'
}

const COMMANDS: readonly Destructive[] = [
  { command: 'erase', args: ['--user-id', 'ann'], word: 'ann' },
  { command: 'dead-letters dismiss', args: ['L1'], word: 'dismiss' },
  { command: 'dead-letters dismiss', args: ['--all', '--code', 'expired'], word: 'dismiss' },
  { command: 'retention set', args: ['90'], word: '90 days' },
  { command: 'retention set', args: ['--remove'], word: 'remove' },
  { command: 'retention run', args: [], word: 'delete' },
  { command: 'holds release', args: ['case'], word: 'case' },
  { command: 'keys revoke', args: ['k1'], word: 'k1' },
  { command: 'reprice', args: ['--from', 'now-1d'], word: 'reprice' },
  { command: 'keys reset', args: ['--set', 'data_dir=FOLDER'], word: 'reset', on: 'data' },
  { command: 'journal repair', args: ['--set', 'data_dir=FOLDER'], word: 'repair', on: 'data' },
  { command: 'backup prune', args: ['BACKUPS', '--keep', '1'], word: 'prune', on: 'backups' },
]

/** Requests that change something: all but reading, and but those that ask for a trial. */
let changes: string[] = []
let server: Server
let url = ''
let used: UsedFolder

beforeAll(async () => {
  used = await UsedFolder.make()
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answerTo(request, body)
      response.statusCode = status
      response.setHeader('content-type', 'application/json')
      response.end(answer === null ? '' : JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  used.remove()
  server.closeAllConnections()
  await new Promise((resolve) => {
    server.close(resolve)
  })
})
beforeEach(() => {
  changes = []
})

/** A hub that only writes down what is asked of it. */
function answerTo({ method, url: path = '' }: IncomingMessage, body: string): [number, unknown] {
  const { dry_run: dryRun = false } = (body === '' ? {} : JSON.parse(body)) as { dry_run?: boolean }
  if (method !== 'GET' && !dryRun) changes.push(`${method} ${path}`)
  const rows = { own: { telemetry: 1 }, mentions: {}, left: {} }
  if (path.startsWith('/api/v1/erasures')) {
    if (dryRun) return [200, { dry_run: true, rows, held_by: [] }]
    return [method === 'POST' ? 202 : 200, { id: 'e1', state: 'done', rows, verification: null }]
  }
  if (path.startsWith('/api/v1/dead-letters?')) return [200, { letters: [], total: 3, by_code: {} }]
  if (path.startsWith('/api/v1/dead-letters')) {
    const results = [{ id: 'L1', outcome: 'dismissed' }]
    return [200, { dry_run: false, counts: {}, results, position: null, next: null }]
  }
  if (path.startsWith('/api/v1/retention/run')) {
    return [200, { dry_run: dryRun, at: '2026-11-21T00:00:00Z', cuts: [], log: null }]
  }
  if (path.startsWith('/api/v1/prices/reprice')) {
    const counts = { seen: 1, changed: 1, priced_before: 0, priced_after: 1 }
    return [200, { price_version: 'v', ...counts, models: [] }]
  }
  if (path === '/api/v1/keys') {
    return [200, { keys: [{ id: 'k1', name: 'app', permissions: [], last_used_at: null }] }]
  }
  if (path === '/api/v1/holds') {
    return [200, { holds: [{ name: 'case', project: 'shop', reason: 'a case' }] }]
  }
  return [method === 'DELETE' && !path.startsWith('/api/v1/holds') ? 204 : 200, null]
}

/** Everything in a folder but the files of locks and databases that opening alone touches. */
function contentOf(folder: string): string {
  const hash = createHash('sha256')
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || /lock|-wal$|-shm$/.test(entry.name)) continue
    hash.update(path.slice(folder.length)).update(readFileSync(path))
  }
  return hash.digest('hex')
}

interface Site {
  readonly argv: readonly string[]
  /** Whether anything was changed since the last look. */
  readonly hasChanged: () => boolean
}

async function withSite(
  { command, args, on }: Destructive,
  use: (site: Site) => Promise<void>,
): Promise<void> {
  const words = command.split(' ')
  if (on === undefined) {
    const hasChanged = () => changes.splice(0).length > 0
    await use({ argv: [...words, ...args, '--url', url], hasChanged })
    return
  }
  const data = used.copy()
  const folder = on === 'data' ? data : join(data, 'backups')
  try {
    if (command === 'journal repair') damageLog(data)
    if (on === 'backups') {
      for (let i = 0; i < 2; i++) {
        const made = await run(['backup', '--offline', '--data-dir', data, '--to', folder])
        if (made.code !== EXIT.ok) throw new Error(made.err)
      }
    }
    // Opening the control store brings its file to rest once; after that only changes change it.
    await run([...words, ...args.map((arg) => named(arg, data)), '--dry-run'])
    let before = contentOf(folder)
    const hasChanged = () => {
      const now = contentOf(folder)
      const isOther = now !== before
      before = now
      return isOther
    }
    await use({ argv: [...words, ...args.map((arg) => named(arg, data))], hasChanged })
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}

const named = (arg: string, data: string): string =>
  arg.replace('FOLDER', data).replace('BACKUPS', join(data, 'backups'))

describe.each(COMMANDS.map((each) => [`${each.command} ${each.args.join(' ')}`, each] as const))(
  '%s',
  (_, destructive) => {
    it('shows what it would do, demands --yes off a terminal, and the word at one', () =>
      withSite(destructive, async ({ argv, hasChanged }) => {
        const dry = await run([...argv, '--dry-run'])
        expect([dry.code, hasChanged()], dry.err).toEqual([EXIT.ok, false])
        expect(dry.out + dry.err).not.toBe('')

        const bare = await run(argv)
        expect([bare.code, hasChanged()], bare.err).toEqual([EXIT.usage, false])
        expect(bare.err).toMatch(/--dry-run, then confirm with --yes\n$/)

        const wrong = await run(argv, { ask: () => Promise.resolve('yes') })
        expect([wrong.code, hasChanged()], wrong.err).toEqual([EXIT.usage, false])
        expect(wrong.err).toContain('nothing was changed')

        const asked: string[] = []
        const ask = (question: string) => {
          asked.push(question)
          return Promise.resolve(destructive.word)
        }
        const typed = await run(argv, { ask })
        expect([typed.code, hasChanged()], typed.err).toEqual([EXIT.ok, true])
        expect(asked).toEqual([`Type ${destructive.word} to go on: `])
      }))

    it('is done with --yes, and asks nothing then', () =>
      withSite(destructive, async ({ argv, hasChanged }) => {
        const ask = () => Promise.reject(new Error('asked'))
        const done = await run([...argv, '--yes'], { ask })
        expect([done.code, hasChanged()], done.err).toEqual([EXIT.ok, true])
      }))
  },
)

it('every command that takes --yes is one of these, and has --dry-run', () => {
  const terminal = {
    out() {},
    err() {},
    outIsTty: false,
    errIsTty: false,
    color: false,
    columns: 80,
  }
  const signal = new AbortController().signal
  const stdin = () => Promise.resolve('')
  const program = createProgram({ terminal, clock: systemClock, signal, stdin }, '9.9.9')
  const taking: string[] = []
  const without: string[] = []
  const walk = (command: Command, path: readonly string[]): void => {
    const options = command.options.map(({ long }) => long)
    if (options.includes('--yes')) {
      taking.push(path.join(' '))
      if (!options.includes('--dry-run')) without.push(path.join(' '))
    }
    for (const child of command.commands) walk(child, [...path, child.name()])
  }
  walk(program, [])
  expect(without).toEqual([])
  expect(taking.sort()).toEqual([...new Set(COMMANDS.map(({ command }) => command))].sort())
})
