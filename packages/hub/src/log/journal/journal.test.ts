import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LogEntry, LogRecord } from '../log.ts'
import { type Journal, openJournal } from './journal.ts'
import type { JournalOptions } from './options.ts'
import { openJournalReader } from './reader.ts'

let dir: string

beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'llmhub-journal-')), 'log')
})

afterEach(async () => {
  await rm(join(dir, '..'), { recursive: true, force: true })
})

async function opened(options: Partial<JournalOptions> = {}): Promise<Journal> {
  const result = await openJournal({ dir, ...options })
  if (!result.ok) throw new Error(result.error.message)
  return result.journal
}

function entry(text: string): LogEntry {
  return { kind: 'events', payload: Buffer.from(text) }
}

async function texts(records: AsyncIterable<LogRecord>): Promise<string[]> {
  const found: string[] = []
  for await (const { offset, kind, payload } of records) {
    found.push(`${offset} ${kind} ${Buffer.from(payload).toString()}`)
  }
  return found
}

describe('an open journal', () => {
  test('answers an append with its offsets and reads the records back', async () => {
    const journal = await opened()
    const outcome = await journal.append(0, [
      entry('a'),
      { kind: 'operation', payload: Buffer.from('{}') },
    ])
    expect(outcome).toEqual({ ok: true, appended: { partition: 0, first: 0n, next: 2n } })
    expect(await texts(journal.read(0, 0n))).toEqual(['0 events a', '1 operation {}'])
    expect(await texts(journal.read(0, 1n))).toEqual(['1 operation {}'])
    expect([journal.next(0), journal.next(1), journal.earliest(0)]).toEqual([2n, 0n, 0n])
    await journal.close()
  })

  test('commits concurrent appends together, in the order of their calls', async () => {
    const journal = await opened()
    const commits: bigint[] = []
    journal.onCommit((_, next) => commits.push(next))
    const outcomes = await Promise.all(
      ['a', 'b', 'c'].map((text) => journal.append(0, [entry(text)])),
    )
    expect(outcomes.map((outcome) => outcome.ok && outcome.appended.first)).toEqual([0n, 1n, 2n])
    expect(commits).toEqual([3n])
    expect(journal.pendingBytes).toBe(0)
    await journal.close()
  })

  test('goes on after reopening', async () => {
    const first = await opened()
    await first.append(0, [entry('a')])
    await first.append(1, [entry('imported')])
    await first.close()
    const second = await opened()
    expect(second.next(0)).toBe(1n)
    await second.append(0, [entry('b')])
    expect(await texts(second.read(0, 0n))).toEqual(['0 events a', '1 events b'])
    expect(await texts(second.read(1, 0n))).toEqual(['0 events imported'])
    await second.close()
  })

  test('answers closed after close, and close waits for what is pending', async () => {
    const journal = await opened()
    const pending = journal.append(0, [entry('a')])
    await Promise.all([journal.close(), journal.close()])
    expect(await pending).toMatchObject({ ok: true })
    expect(await journal.append(0, [entry('b')])).toMatchObject({ ok: false, failure: 'closed' })
  })

  test('gives an append larger than a segment one of its own', async () => {
    const journal = await opened({ segmentBytes: 200 })
    const texts = ['a', 'x'.repeat(500), 'y'.repeat(500), 'b', 'c']
    const answers = await Promise.all(texts.map((text) => journal.append(0, [entry(text)])))
    expect(answers.map(({ ok }) => ok)).toEqual(texts.map(() => true))
    await journal.close()
    const again = await opened({ segmentBytes: 200 })
    expect(again.stats().partitions[0]).toMatchObject({ next: 5n, segments: 4 })
    const read: string[] = []
    for await (const { payload } of again.read(0, 0n)) read.push(Buffer.from(payload).toString())
    expect(read).toEqual(texts)
    await again.close()
  })

  test('refuses an append beyond every bound as a bug of the caller', async () => {
    const journal = await opened({ segmentBytes: 200 })
    const huge = { kind: 'events', payload: new Uint8Array(1024 * 1024 * 1024) } as const
    await expect(journal.append(0, [huge])).rejects.toThrow(RangeError)
    expect(await journal.append(0, [entry('a')])).toMatchObject({ ok: true })
    await journal.close()
  })

  test('compresses closed segments, reads across both forms and trims whole segments', async () => {
    const journal = await opened({ segmentBytes: 300 })
    for (let i = 0; i < 20; i++) await journal.append(0, [entry(`record ${i} ${'x'.repeat(40)}`)])
    await journal.idle()
    const names = (await readdir(join(dir, '0'))).toSorted()
    expect(names.filter((name) => name.endsWith('.seg'))).toHaveLength(1)
    expect(names.filter((name) => name.endsWith('.seg.zst'))).toHaveLength(names.length - 1)
    expect(names.length).toBeGreaterThan(5)
    expect(await texts(journal.read(0, 0n))).toHaveLength(20)
    expect((await texts(journal.read(0, 7n, 9n))).map((text) => text.slice(0, 17))).toEqual([
      '7 events record 7',
      '8 events record 8',
    ])
    const earliest = await journal.trim(0, 7n)
    expect(earliest).toBeGreaterThan(3n)
    expect(earliest).toBeLessThanOrEqual(7n)
    expect(journal.earliest(0)).toBe(earliest)
    await expect(texts(journal.read(0, 0n))).rejects.toMatchObject({ problem: { code: 'trimmed' } })
    expect(await texts(journal.read(0, earliest))).toHaveLength(20 - Number(earliest))
    await journal.close()
    const again = await opened()
    expect([again.earliest(0), again.next(0)]).toEqual([earliest, 20n])
    await again.close()
  })
})

describe('a reader of its own', () => {
  test('follows the log while segments are rolled, compressed and trimmed', async () => {
    const journal = await opened({ segmentBytes: 300 })
    const reader = openJournalReader(dir)
    let read = 0
    let until = 0n
    journal.onCommit((_, next) => {
      until = next
    })
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 3; i++) await journal.append(0, [entry(`${round} ${'x'.repeat(50)}`)])
      for await (const record of reader.read(0, BigInt(read), until)) {
        expect(record.offset).toBe(BigInt(read))
        read += 1
      }
      if (round % 4 === 3) await journal.trim(0, BigInt(read - 4))
    }
    expect(read).toBe(60)
    expect(await reader.earliest(0)).toBe(journal.earliest(0))
    await reader.close()
    await journal.close()
  })
})
