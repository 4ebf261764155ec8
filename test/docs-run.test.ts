import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, isShown, unexplained } from './support/doc-blocks.ts'
import { ADMIN_KEY, HubProcess } from './support/hub-process.ts'
import { whyNot } from './support/installed.ts'

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
  'live',
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

const TEXTS = PAGES.map((page) => [page, readFileSync(join(ROOT, page), 'utf8')] as const)
const BLOCKS = TEXTS.flatMap(([page, text]) => blocksOf(page, text))

describe('the pages', () => {
  it('all have blocks, and every block of shell is carried out or says why not', () => {
    expect(BLOCKS.length).toBeGreaterThan(20)
    for (const page of PAGES) expect(BLOCKS.some(({ at }) => at.startsWith(page))).toBe(true)
    expect(TEXTS.flatMap(([page, text]) => unexplained(page, text))).toEqual([])
  })

  it('are all there are', () => {
    const guide = globSync('docs/guide/*.md', { cwd: ROOT })
    // The first hour is gone by a test of its own.
    const others = guide.filter((page) => !PAGES.includes(page))
    expect(others).toEqual(['docs/guide/first-hour.md'])
  })
})

describe('the commands of README and guide run as they stand', () => {
  const clone = mkdtempSync(join(tmpdir(), 'llmhub-docs-'))
  const start = () =>
    HubProcess.start({
      dataDir: join(clone, 'data'),
      settings: { 'backup.dir': join(clone, 'backups') },
    })
  // Of the commands they are made of, the one that a machine may be without. Blocks build on each other, so that all or none run.
  const missing = whyNot('curl')
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

  it.for(BLOCKS.map((block) => [block.at, block] as const))('%s', async ([, block], { skip }) => {
    if (missing !== null) return skip(missing)
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
    // A reader takes longer from one command to the next than the store takes to catch up: a list waits for it.
    if (hub !== null) await hub.get('/api/v1/events?limit=1')
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

  it('can be pasted, and the answer has the event in it', async (context) => {
    const missing = whyNot('curl')
    if (missing !== null) return context.skip(missing)
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
