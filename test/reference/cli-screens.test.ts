import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run } from '../../packages/hub/src/cli/run-cli.fixture.ts'
import { type Clock, systemClock } from '../../packages/hub/src/core/clock.ts'
import { WholeHub } from '../../packages/hub/test/scenarios/whole-hub.ts'
import { commandTree } from './cli-page.ts'
import { CHAPTERS, eventsOfTwoWeeks, FILES, type Screen } from './cli-screens.ts'
import { NOTE } from './markdown.ts'

const PAGE = join(import.meta.dirname, '../../docs/reference/cli-screens.md')
const COLUMNS = 100
/** Some fifty commands, one after the other, one of which rewrites the log. */
const LIMIT_MS = 600_000
/**
 * What a hub does of itself every minute or so, such as writing down when keys were used, would show on
 * a machine slow enough to get there.
 */
const MINUTELY_MS = 30_000
const clock: Clock = {
  ...systemClock,
  every: (ms, run) => (ms < MINUTELY_MS ? systemClock.every(ms, run) : () => undefined),
}

let home: string
let hub: WholeHub
/** Words of a screen → what the test made; and back, so that the page is the same every time. */
const names = new Map<string, string>()

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'llmhub-screens-'))
  for (const [name, text] of Object.entries(FILES)) {
    writeFileSync(join(home, name), text)
    names.set(`FILE:${name}`, join(home, name))
  }
  hub = await WholeHub.in({ 'backup.dir': join(home, 'backups') }, undefined, clock)
  names
    .set('RESTORED', join(home, 'restored'))
    .set('BACKUPS', join(home, 'backups'))
    .set('FOLDER', hub.dir)
  for (const name of ['URL', 'CONTEXT', 'KEY_FILE', 'CONFIG'])
    vi.stubEnv(`LLMHUB_${name}`, undefined)
  vi.stubEnv('LLMHUB_KEY', hub.headers['authorization']?.replace('Bearer ', ''))
  vi.stubEnv('LLMHUB_DATA_DIR', hub.dir)
  vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'))
  vi.stubEnv('UV_THREADPOOL_SIZE', '16')
  await hub.mustStart()
  const wrong = {
    common: { event_id: 'wrong-1', timestamp: '2025-03-12T10:00:00Z' },
    payload: { type: 'llm_request', model_id: 7 },
  }
  await hub.send(eventsOfTwoWeeks())
  await hub.send([wrong])
  await hub.call('/api/v1/keys', { name: 'app', permissions: ['ingest:write'] })
  const letters = (await hub.call('/api/v1/dead-letters')).body['letters'] as { id: string }[]
  const keys = (await hub.call('/api/v1/keys')).body['keys'] as { id: string; name: string }[]
  names
    .set('LETTER', letters[0]?.id ?? '')
    .set('KEY', keys.find(({ name }) => name === 'app')?.id ?? '')
  const question = { kind: 'table', measures: ['requests.count'], from: '2025-03-01', to: 'now' }
  const all = eventsOfTwoWeeks().length
  while (
    (((await hub.call('/api/v1/query', question)).body['rows'] as number[][])[0]?.[0] ?? 0) < all
  );
}, LIMIT_MS)
afterAll(async () => {
  vi.unstubAllEnvs()
  await hub.remove()
  rmSync(home, { recursive: true, force: true })
})

function made(word: string): string {
  let text = word
  for (const [name, value] of names) text = text.replace(name, value)
  return text
}

/** What differs from run to run, and from machine to machine, as what a reader expects there. */
function steady(text: string): string {
  let said = text
  for (const [name, value] of names) {
    const shown = name.startsWith('FILE:') ? name.slice(5) : SHOWN[name]
    if (shown !== undefined) said = said.replaceAll(value, shown)
  }
  return (
    said
      .replaceAll(home, '/home/ann')
      // Said where the store has not come along in the time that the command waits.
      .replaceAll(/^The store is still applying them; .*\n?/gm, '')
      // Shown from some time on.
      .replaceAll(/^\w+ [█▓▒░]{10,} .* left\n?/gm, '')
      // A backup has the files that the hub has written by then.
      .replaceAll(/\b\d+ of \d+ files copied/g, '7 of 7 files copied')
      .replaceAll(/\b\d+ files(?=, [\d.]+ [KM]iB)/g, '7 files')
      .replaceAll(/(?<=^\S+ +\S+ \S+ +0:3,1:0 +)\d+(?= )/gm, '7')
      .replaceAll(/(?<= SIZE\n.*)─+$/gm, '───────')
      // Which of the two depends on what was built meanwhile; the numbers do not.
      .replaceAll(/from (rollups and rows|rollups|rows)/g, 'from rollups and rows')
      .replaceAll(/http:\/\/127\.0\.0\.1:(?!59999\b)\d+/g, 'http://127.0.0.1:8080')
      .replaceAll(
        /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g,
        '0b6c1f6e-5d7e-4a53-9f0e-2f6f3f1c9a10',
      )
      // Events and questions are of the first half of 2025; every other time counts from now.
      .replaceAll(/\b(?!2025-0)20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '2026-11-21T10:00:00Z')
      .replaceAll(/\b(?!2025-0)20\d\d-\d\d-\d\d \d\d:\d\d:\d\d/g, '2026-11-21 10:00:00')
      .replaceAll(/brought-[0-9a-f]{12}/g, 'brought-0123456789ab')
      .replaceAll(/\(\d+\/s\)/g, '(100/s)')
      .replaceAll(/lah_live_[0-9A-Za-z_]+/g, 'lah_live_0aB3…')
      .replaceAll(/\b[0-9a-f]{10}-\w{1,4}\b/g, 'REQUEST')
      .replaceAll(/\b[\d.]+ (KiB|MiB|GiB)/g, '1.0 $1')
      .replaceAll(/\b[\d.]+ ?(ms|s)\b(?= \(nothing)|(?<=in )[\d.]+ ?(ms|s)\b/g, '12 ms')
      .replaceAll(/\b\d{8}T\d{9}Z/g, '20261121T100000000Z')
      .replaceAll(/process \d+ \(.*?\)/g, 'process 4711 (node … serve)')
      .replaceAll(/^✓ (node|time zones|memory|disk) .*$/gm, '✓ $1 …')
      .replaceAll(/\/tmp\/llmhub-\S+?(?=[\s;,:)]|$)/gm, '/var/lib/llmhub')
  )
}

const SHOWN: Readonly<Record<string, string>> = {
  LETTER: '0b6c1f6e-5d7e-4a53-9f0e-2f6f3f1c9a10',
  KEY: '0aB3cD4eF5gH',
  BACKUPS: '/mnt/backups',
  FOLDER: '/var/lib/llmhub',
  RESTORED: '/var/lib/restored',
}

async function shown({ argv, exit = 0 }: Screen, isRunning: boolean): Promise<string> {
  const url = isRunning && !argv.includes('--url') && takesUrl(argv) ? ['--url', hub.url] : []
  const {
    code,
    err,
    shown: text,
  } = await run([...argv.map(made), ...url], {
    terminal: { outIsTty: true, columns: COLUMNS },
    stdin: () => Promise.resolve('lah_live_key'),
  })
  expect(code, `${argv.join(' ')}: ${err}`).toBe(exit)
  const said = steady(text).trimEnd()
  const command = argv.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ')
  const line = steady(
    command
      .replaceAll('FILE:', '')
      .replace('RESTORED', '/var/lib/restored')
      .replace('LETTER', '0b6c1f6e-5d7e-4a53-9f0e-2f6f3f1c9a10')
      .replace('KEY', '0aB3cD4eF5gH')
      .replace('BACKUPS', '/mnt/backups'),
  )
  return `$ llmhub ${line}\n${said}${exit === 0 ? '' : `\n(exit ${exit})`}`
}

const REMOTE = new Set(
  commandTree().flatMap(([path, command]) =>
    command.options.some(({ long }) => long === '--url') ? [path] : [],
  ),
)

function takesUrl(argv: readonly string[]): boolean {
  const [first = '', second = ''] = argv
  if (first === 'backup' && ['list', 'verify', 'prune'].includes(second)) return false
  return REMOTE.has(`${first} ${second}`) || REMOTE.has(first)
}

describe('what the commands print', () => {
  it(
    'is as docs/reference/cli-screens.md shows it (UPDATE=1 writes it), and fits a terminal',
    async () => {
      const chapters: string[] = []
      let isRunning = true
      for (const { title, hub: state, screens } of CHAPTERS) {
        if (state === 'stopped' && isRunning) {
          await hub.stop()
          isRunning = false
        }
        const texts: string[] = []
        for (const screen of screens) texts.push(await shown(screen, isRunning))
        chapters.push(
          `## ${title}\n\n${texts.map((text) => `\`\`\`text\n${text}\n\`\`\``).join('\n\n')}`,
        )
      }
      const page = `${[
        NOTE,
        '# Screens',
        `What the commands print on a terminal of ${COLUMNS} columns, run against a small hub. In a pipe they print JSON.`,
        ...chapters,
      ].join('\n\n')}\n`
      if (process.env['UPDATE'] === '1') writeFileSync(PAGE, page)
      expect(readFileSync(PAGE, 'utf8')).toBe(page)
      // A line of a table that breaks is a table no more. Sentences may be longer.
      const tables = page.split('\n').filter((line) => / {2,}\S.* {2,}\S/.test(line))
      expect(tables.filter((line) => Array.from(line).length > COLUMNS)).toEqual([])
    },
    LIMIT_MS,
  )

  it('is said of every command: what it is for, and each option', () => {
    for (const [path, command, help] of commandTree()) {
      expect(command.description(), path).not.toBe('')
      for (const option of command.options) {
        expect(option.description, `${path} ${option.flags}`).not.toBe('')
      }
      expect(
        help.split('\n').filter((line) => line.length > COLUMNS && !line.includes('$ ')),
        path,
      ).toEqual([])
    }
  })
})
