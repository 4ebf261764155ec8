import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { matches } from './support/doc-blocks.ts'

/** Chapters about streams and statistics and the examples, carried out: what a page shows behind a block is what it prints. */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CHAPTERS = globSync('docs/guide/{streams,statistics}/*.md', { cwd: ROOT }).toSorted()
const EXAMPLES = globSync('examples/**/*.ts', { cwd: ROOT }).toSorted()
const BLOCK = /^```ts run\n([^]*?)^```\n\n```text answer\n([^]*?)^```/gm
const run = promisify(execFile)

async function printed(...args: readonly string[]): Promise<string> {
  const flags = ['--conditions=@llmhub/source', '--disable-warning=ExperimentalWarning']
  const { stdout } = await run(process.execPath, [...flags, ...args], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', TZ: 'UTC' },
  })
  return stdout.trimEnd()
}

describe.each(CHAPTERS)('%s', (chapter) => {
  const text = readFileSync(path.join(ROOT, chapter), 'utf8')
  const blocks = [...text.matchAll(BLOCK)].map(({ index, 1: code = '', 2: answer = '' }) => ({
    line: text.slice(0, index).split('\n').length,
    code,
    answer: answer.trimEnd(),
  }))

  it('has an answer behind every block of code', () => {
    expect(blocks.length).toBeGreaterThan(1)
    expect(blocks.length).toBe([...text.matchAll(/^```ts/gm)].length)
  })

  it.each(blocks)('line $line prints what it shows', async ({ code, answer }) => {
    const got = await printed('--input-type=module-typescript', '--eval', code)
    expect(matches(got, answer) ? answer : got).toBe(answer)
  })
})

describe('the examples', () => {
  it('are there', () => {
    expect(EXAMPLES.length).toBeGreaterThan(3)
  })

  it.each(EXAMPLES)('%s prints what stands beside it', async (example) => {
    const shown = readFileSync(path.join(ROOT, example.replace(/\.ts$/, '.txt')), 'utf8')
    expect(await printed(example)).toBe(shown.trimEnd())
  })
})
