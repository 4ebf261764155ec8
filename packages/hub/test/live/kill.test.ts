import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { LiveUpdate } from '../../src/live/live.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { sampleEvents } from '../../src/store/sample-records.ts'

const CHILD = fileURLToPath(new URL('./live-child.fixture.ts', import.meta.url))
const RECORDS = 400
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llmhub-live-kill-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

/** Lines until the child ends, or is killed after so many of them, while the log grows from one offset to another. */
async function run(from: number, until: number, killAfter: number): Promise<string[]> {
  const child = spawn(
    process.execPath,
    ['--conditions=@llmhub/source', CHILD, dir, String(from), String(until)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (lines.length === killAfter) child.kill('SIGKILL')
  }
  return lines
}

function results(lines: readonly string[]): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const line of lines) {
    if (line === 'end') continue
    const { size, project, window, key, values, source } = JSON.parse(line) as LiveUpdate
    found.set(JSON.stringify([size, project, window, key]), { values, source })
  }
  return found
}

it('tells the same results after kills as without them', async () => {
  const opened = await openJournal({ dir: join(dir, 'log') })
  if (!opened.ok) throw new Error(opened.error.message)
  for (let i = 0n; i < BigInt(RECORDS); i++) {
    const { kind, payload } = sampleEvents(0, i, { rows: 30 })
    await opened.journal.append(0, [{ kind, payload }])
  }
  await opened.journal.close()
  const expected = results(await run(RECORDS, RECORDS, Number.POSITIVE_INFINITY))
  expect(expected.size).toBeGreaterThan(1000)
  await rm(join(dir, 'live'), { recursive: true, force: true })
  const lines: string[] = []
  for (const [life, killAfter] of [40, 120, 10, 60].entries()) {
    lines.push(...(await run(life * 80, life * 80 + 80, killAfter)))
  }
  const last = await run(320, RECORDS, Number.POSITIVE_INFINITY)
  expect(last.at(-1)).toBe('end')
  lines.push(...last)
  expect(lines.filter((line) => line.startsWith('problem'))).toEqual([])
  expect(results(lines)).toEqual(expected)
})
