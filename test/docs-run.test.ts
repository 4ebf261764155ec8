import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, HubProcess } from './support/hub-process.ts'

/**
 * README and guide, carried out as a reader would: every block marked `sh run` in the order of the
 * pages, in a folder that looks like a clone, with a hub on its `data`. A block marked
 * `sh run stopped` finds the hub stopped; it is started again for the next one that is not.
 * A block must exit 0, and a request it makes must not be refused. What the page shows as the answer
 * right behind it (`json answer`, `text answer`) is what it has to print, … standing for anything.
 * What cannot be carried out here says why (`sh not run: the reason`): a block of shell is one of the two.
 */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GUIDE = [
  'sending-events',
  'asking-questions',
  'cost',
  'events',
  'cli',
  'sql',
  'dead-letters',
  'prices',
  'operating',
  'backup',
  'recovering',
  'upgrading',
  'api-clients',
  'import-export',
  'demo',
  'doctor',
]
const PAGES = ['README.md', ...GUIDE.map((name) => `docs/guide/${name}.md`)]
const run = promisify(execFile)

/** Makes curl tell a refusal by its exit code. */
const PRELUDE = 'curl() { command curl --fail-with-body "$@"; }\n'
/** README takes the way through npx that a reader takes; the guide goes straight, to save half the time. */
const STRAIGHT = 'npx() { "node_modules/.bin/$1" "${@:2}"; }\n'

interface Block {
  readonly at: string
  readonly stopped: boolean
  readonly script: string
  /** What the page shows as its answer, or null. */
  readonly answer: { readonly form: string; readonly text: string } | null
}

/** The blocks to run of a page's text, each with the answer right behind it. */
function blocksOf(page: string, text: string): Block[] {
  return [
    ...text.matchAll(
      /^```sh run( stopped)?\n([^]*?)^```\n(?:\n```(json|text) answer\n([^]*?)^```)?/gm,
    ),
  ].map(({ index, 1: stopped, 2: script = '', 3: form, 4: answer = '' }) => ({
    at: `${page}:${text.slice(0, index).split('\n').length}`,
    stopped: stopped !== undefined,
    script,
    answer: form === undefined ? null : { form, text: answer },
  }))
}

/** Whether the output is what the page shows; a page that shows none is content with any. */
function isShown(stdout: string, answer: Block['answer']): boolean {
  if (answer === null) return true
  if (answer.form === 'json') return shows(JSON.parse(stdout), JSON.parse(answer.text))
  return matches(trimmed(stdout), trimmed(answer.text))
}

/** Whether a text is the one shown, where … stands for anything. */
function matches(got: string, shown: string): boolean {
  const parts = shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[^]*')}$`).test(got)
}

/** Whether a JSON value is the one shown; `"…": "…"` in an object stands for further members. */
function shows(got: unknown, shown: unknown): boolean {
  if (shown === '…') return true
  if (typeof shown === 'string') return typeof got === 'string' && matches(got, shown)
  if (typeof shown !== 'object' || shown === null) return got === shown
  if (typeof got !== 'object' || got === null) return false
  const { '…': more, ...members } = shown as Record<string, unknown>
  const isAll = more !== undefined || Object.keys(got).length === Object.keys(members).length
  return (
    isAll &&
    Array.isArray(got) === Array.isArray(shown) &&
    Object.entries(members).every(([key, value]) =>
      shows((got as Record<string, unknown>)[key], value),
    )
  )
}

/** Blocks of shell that are neither carried out nor say why not, as `page:line`. */
function unexplained(page: string, text: string): string[] {
  return [...text.matchAll(/^```(?:sh|bash|shell|console)\b(.*)\n[^]*?^```$/gm)]
    .filter(({ 1: rest = '' }) => !/^ (run( stopped)?|not run: .{10,})$/.test(rest))
    .map(({ index }) => `${page}:${text.slice(0, index).split('\n').length}`)
}

const trimmed = (text: string) => text.replace(/[ \t\r]+$/gm, '').trimEnd()

const TEXTS = PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')] as const)
const BLOCKS = TEXTS.flatMap(([page, text]) => blocksOf(page, text))

describe('blocks of a page', () => {
  it('are found, with what they answer', () => {
    const text =
      'a\n```sh run\nx\n```\n\n```json answer\n{}\n```\n```sh\ny\n```\n```sh run stopped\nz\n```\n'
    expect(blocksOf('p', text)).toEqual([
      { at: 'p:2', stopped: false, script: 'x\n', answer: { form: 'json', text: '{}\n' } },
      { at: 'p:12', stopped: true, script: 'z\n', answer: null },
    ])
    expect(BLOCKS.length).toBeGreaterThan(20)
    for (const page of PAGES) expect(BLOCKS.some(({ at }) => at.startsWith(page))).toBe(true)
  })

  it('are carried out, or say why not', () => {
    const text = '```sh\na\n```\n```sh run\nb\n```\n```sh not run: needs a printer\nc\n```\n```sh not run:\nd\n```\n'
    expect(unexplained('p', text)).toEqual(['p:1', 'p:10'])
    expect(TEXTS.flatMap(([page, each]) => unexplained(page, each))).toEqual([])
  })

  it('are those of every page of the guide', () => {
    const guide = globSync('docs/guide/*.md', { cwd: ROOT })
    expect(guide.filter((page) => !PAGES.includes(page))).toEqual([])
  })

  it('are held to their answers', () => {
    const got = { a: 1, b: ['x7', null] }
    expect(shows(got, { a: 1, b: ['x…', null] })).toBe(true)
    expect(shows(got, { a: 1, '…': '…' })).toBe(true)
    expect(shows(got, { a: 1 })).toBe(false)
    expect(shows(got, { a: 2, '…': '…' })).toBe(false)
    expect(shows(got, { a: 1, b: ['x…'] })).toBe(false)
    expect(shows(got, { a: 1, b: ['y…', null] })).toBe(false)
    expect([matches('a.b (1)', 'a.b (1)'), matches('axb (1)', 'a.b (1)')]).toEqual([true, false])
  })
})

describe('the commands of README and guide run as they stand', () => {
  const clone = mkdtempSync(join(tmpdir(), 'llmhub-docs-'))
  const start = () =>
    HubProcess.start({
      dataDir: join(clone, 'data'),
      settings: { 'backup.dir': join(clone, 'backups') },
    })
  let hub: HubProcess | null = null

  beforeAll(() => {
    for (const name of ['node_modules', 'package.json']) {
      symlinkSync(join(ROOT, name), join(clone, name))
    }
  })

  afterAll(async () => {
    await hub?.kill()
    rmSync(clone, { recursive: true, force: true })
  })

  it.each(BLOCKS.map((block) => [block.at, block] as const))('%s', async (_at, block) => {
    if (block.stopped) {
      await hub?.stop()
      hub = null
    } else {
      hub ??= await start()
    }
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: clone,
      TMPDIR: clone,
      npm_config_update_notifier: 'false',
      LLMHUB_KEY: ADMIN_KEY,
      ...(hub === null ? {} : { LLMHUB_URL: hub.url }),
    }
    const shell = block.at.startsWith('README') ? '' : STRAIGHT
    const { stdout } = await run(
      'bash',
      ['--norc', '-euo', 'pipefail', '-c', PRELUDE + shell + block.script],
      {
        cwd: clone,
        env,
      },
    )
    expect(isShown(stdout, block.answer), stdout).toBe(true)
  })
})

describe('what the hub tells a newcomer', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'llmhub-banner-'))
  let hub: HubProcess

  beforeAll(async () => {
    hub = await HubProcess.start({ dataDir, under: ['env', '-u', 'LLMHUB_ADMIN_KEY'] })
  })

  afterAll(async () => {
    await hub.kill()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it('can be pasted, and the answer has the event in it', async () => {
    const commands = hub.stderr.split('\n').filter((line) => line.startsWith('    '))
    expect(commands.filter((line) => /^ {4}(export|curl) /.test(line))).toHaveLength(4)
    const { stdout } = await run('bash', [
      '--norc',
      '-euo',
      'pipefail',
      '-c',
      PRELUDE + commands.join('\n'),
    ])
    expect(stdout).toMatch(/^\{"accepted":1,.*\}\{"total":\{"total":"0\.0045",/)
  })
})
