import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openJournal } from './journal.ts'
import { verifyJournal } from './verify.ts'

const FIXTURE = fileURLToPath(new URL('./writers.fixture.ts', import.meta.url))
/** The process is killed after so many acknowledgements; 0: while it opens the journal. */
const KILL_AFTER = [40, 0, 300, 7, 0, 150, 1, 90]

/** Runs the writers until the kill; answers the acknowledgements that were printed: [partition, offset, name]. */
async function writeUntilKilled(dir: string, cycle: number, acks: number): Promise<string[][]> {
  const child = spawn(
    process.execPath,
    ['--conditions=@llmhub/source', FIXTURE, dir, String(cycle)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const exit = once(child, 'exit')
  const found: string[][] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, ...ack] = line.split(' ')
    if (word === 'ack' && ack.length === 3) found.push(ack)
    if (found.length >= acks) child.kill('SIGKILL')
  }
  const [, signal] = (await exit) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL')
  return found
}

test('after kill -9 every acknowledged append is there at its offset, every other whole or absent', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llmhub-journal-'))
  const dir = join(folder, 'log')
  const acknowledged: string[][] = []
  try {
    for (const [cycle, acks] of KILL_AFTER.entries()) {
      acknowledged.push(...(await writeUntilKilled(dir, cycle, acks)))
      const opened = await openJournal({ dir, segmentBytes: 100_000 })
      assert.ok(opened.ok)
      const units = new Map<string, string>()
      for (const partition of [0, 1]) {
        let expected: { name: string; part: number; count: number } | undefined
        for await (const { offset, payload } of opened.journal.read(partition, 0n)) {
          const [name = '', part, count] = payload.toString().split(' ')
          if (expected === undefined) {
            assert.ok(!units.has(name), `${name} is there twice`)
            units.set(name, `${partition} ${offset}`)
            expected = { name, part: 0, count: Number(count) }
          }
          assert.deepEqual([name, Number(part)], [expected.name, expected.part])
          expected.part += 1
          if (expected.part === expected.count) expected = undefined
        }
        assert.equal(expected, undefined)
      }
      for (const [partition, offset, name = ''] of acknowledged) {
        assert.equal(units.get(name), `${partition} ${offset}`)
      }
      await opened.journal.close()
    }
    expect((await verifyJournal(dir)).ok).toBe(true)
    expect(acknowledged.length).toBeGreaterThanOrEqual(580)
  } finally {
    await rm(folder, { recursive: true })
  }
})
