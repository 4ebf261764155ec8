import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_KEY, HubProcess } from './support/hub-process.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGES = [
  'README.md',
  'docs/guide/sending-events.md',
  'docs/guide/asking-questions.md',
  'docs/guide/operating.md',
  'docs/guide/recovering.md',
]
const run = promisify(execFile)

interface Block {
  readonly page: string
  readonly line: number
  readonly script: string
  /** What the page shows as its answer, or null. */
  readonly answer: string | null
}

/** The blocks marked `sh run` of a page, each with the `json answer` right behind it. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(`${ROOT}/${page}`, 'utf8')
  const blocks: Block[] = []
  for (const match of text.matchAll(
    /^```sh run\n([^]*?)^```\n(?:\n```json answer\n([^]*?)^```)?/gm,
  )) {
    const line = text.slice(0, match.index).split('\n').length
    blocks.push({ page, line, script: match[1] ?? '', answer: match[2] ?? null })
  }
  return blocks
}

/** Whether `got` has everything that `shown` has; a text ending in … stands for any that begins so. */
function shows(got: unknown, shown: unknown): boolean {
  if (typeof shown === 'string' && shown.endsWith('…')) {
    return typeof got === 'string' && got.startsWith(shown.slice(0, -1))
  }
  if (typeof shown !== 'object' || shown === null) return got === shown
  if (typeof got !== 'object' || got === null) return false
  if (Array.isArray(shown) && (!Array.isArray(got) || got.length !== shown.length)) return false
  return Object.entries(shown).every(([key, value]) =>
    shows((got as Record<string, unknown>)[key], value),
  )
}

describe('the commands of README and guide run as they stand', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'llmhub-docs-'))
  let hub: HubProcess

  beforeAll(async () => {
    hub = await HubProcess.start({ dataDir })
  })

  afterAll(async () => {
    await hub.kill()
    rmSync(dataDir, { recursive: true, force: true })
  })

  it.each(PAGES.flatMap(blocksOf).map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s',
    async (_name, block) => {
      const env = {
        ...process.env,
        LLMHUB_URL: hub.url,
        LLMHUB_KEY: ADMIN_KEY,
        LLMHUB_DATA_DIR: dataDir,
        PATH: `${ROOT}/node_modules/.bin:${process.env['PATH']}`,
      }
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block.script], {
        cwd: ROOT,
        env,
      })
      const shown: unknown = block.answer === null ? null : JSON.parse(block.answer)
      expect(shown === null || shows(JSON.parse(stdout), shown), stdout).toBe(true)
      expect(stdout).not.toContain('problems/')
    },
  )

  it('finds blocks to run', () => {
    expect(PAGES.flatMap(blocksOf).length).toBeGreaterThan(12)
  })
})
