import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { openJournal } from './journal.ts'

const RECORDS = 3_000

test('a worker thread reads the log while it is written, rolled, compressed, rewritten and trimmed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'llmhub-journal-'))
  const dir = join(folder, 'log')
  const opened = await openJournal({ dir, segmentBytes: 50_000 })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  const worker = new Worker(new URL('./follow.fixture.ts', import.meta.url), {
    workerData: { dir },
    execArgv: ['--conditions=@llmhub/source'],
  })
  try {
    let read = 0n
    const done = new Promise<void>((resolve, reject) => {
      worker.on('error', reject)
      worker.on('message', (next: bigint) => {
        read = next
        if (read === BigInt(RECORDS)) resolve()
      })
    })
    journal.onCommit((_, next) => worker.postMessage(next))
    const appends: Promise<unknown>[] = []
    const problems: string[] = []
    for (let i = 0; i < RECORDS; i++) {
      const payload = Buffer.from(`${i} `.padEnd(100 + (i % 700), 'x'))
      appends.push(journal.append(0, [{ kind: 'events', payload }]))
      if (i % 100 === 99) await Promise.all(appends.splice(0))
      // Nothing that the worker has yet to read is dropped, and the last two thirds stay.
      if (i % 200 === 199) {
        const report = await journal.rewrite(
          0,
          ({ offset, payload }) =>
            Number(offset) % 7 === (i + 1) % 7
              ? Buffer.from(`${offset} `.padEnd(3 + (payload.length % 450), 'y'))
              : null,
          { rotate: i % 400 === 399 },
        )
        problems.push(...report.problems)
      }
      if (i % 500 === 499) await journal.trim(0, read < 1_000n ? read : 1_000n)
    }
    await Promise.all(appends)
    await done
    await journal.idle()
    expect(read).toBe(BigInt(RECORDS))
    expect(problems).toEqual([])
    expect(journal.stats().partitions[0]?.compressedSegments).toBeGreaterThan(3)
    expect(journal.stats().compressionFailures).toBe(0)
    await journal.close()
  } finally {
    await worker.terminate()
    await rm(folder, { recursive: true })
  }
})
