import { expect, it } from 'vitest'
import type { ScanOutcome, ScanPage, ScanRequest } from '../store/protocol.ts'
import { ExportBroken, type ExportRequest, startExport } from './export-rows.ts'

const REQUEST: ExportRequest = {
  project: 'p',
  from: 0,
  to: 100,
  where: null,
  columns: ['event_id'],
  uncounted: false,
}

const rowAt = (partition: number, offset: number, index: number): ScanPage['rows'][number] => ({
  partition,
  offset: BigInt(offset),
  index,
  cells: [`${partition}:${offset}:${index}`],
})

function page(
  rows: ScanPage['rows'],
  next: ScanPage['next'],
  position: readonly (readonly [number, bigint])[],
): ScanOutcome {
  return { ok: true, page: { rows, next, position: new Map(position) } }
}

const never = new AbortController().signal

async function idsOf(pages: AsyncIterable<readonly (readonly unknown[])[]>): Promise<unknown[]> {
  const ids: unknown[] = []
  for await (const rows of pages) ids.push(...rows.flat())
  return ids
}

it('has the rows up to the positions of its first page, however many come after', async () => {
  const asked: ScanRequest[] = []
  const answers = [
    page([rowAt(0, 1, 0), rowAt(0, 1, 1)], { partition: 0, offset: 1n, index: 1 }, [
      [0, 3n],
      [1, 1n],
    ]),
    // Meanwhile three more records came, and with them a partition.
    page([rowAt(0, 2, 0), rowAt(0, 3, 0)], { partition: 1, offset: 0n, index: -1 }, [
      [0, 6n],
      [1, 2n],
      [2, 1n],
    ]),
    page([rowAt(1, 0, 0), rowAt(1, 1, 0)], { partition: 2, offset: 0n, index: -1 }, [
      [0, 6n],
      [1, 2n],
      [2, 1n],
    ]),
    page([rowAt(2, 0, 0)], null, [[2, 1n]]),
  ]
  const started = await startExport(
    async (request) => {
      asked.push(request)
      return answers[asked.length - 1] ?? page([], null, [])
    },
    REQUEST,
    never,
  )
  if (!started.ok) throw new Error(started.message)
  expect(asked).toHaveLength(1)
  expect(await idsOf(started.snapshot.pages)).toEqual(['0:1:0', '0:1:1', '0:2:0', '1:0:0'])
  expect(asked.map(({ after }) => after?.offset ?? null)).toEqual([null, 1n, 0n, 0n])
  expect(JSON.stringify(asked[0]?.where)).toContain('suppressed')
})

it('reads a page only when the one before it was taken', async () => {
  let reads = 0
  const started = await startExport(
    async () => {
      reads++
      return page([rowAt(0, reads, 0)], { partition: 0, offset: BigInt(reads), index: 0 }, [
        [0, 99n],
      ])
    },
    REQUEST,
    never,
  )
  if (!started.ok) throw new Error(started.message)
  const iterator = started.snapshot.pages[Symbol.asyncIterator]()
  await iterator.next()
  expect(reads).toBe(1)
  await iterator.next()
  expect(reads).toBe(2)
  await iterator.return?.()
  expect(reads).toBe(2)
})

it('says at once that it cannot begin, and breaks off when it cannot go on', async () => {
  const failed: ScanOutcome = { ok: false, failure: 'rebuilding', message: 'the store is away' }
  expect(await startExport(async () => failed, REQUEST, never)).toEqual(failed)
  let reads = 0
  const started = await startExport(
    async () =>
      reads++ === 0
        ? page([rowAt(0, 1, 0)], { partition: 0, offset: 1n, index: 0 }, [[0, 9n]])
        : failed,
    REQUEST,
    never,
  )
  if (!started.ok) throw new Error(started.message)
  await expect(idsOf(started.snapshot.pages)).rejects.toThrow(ExportBroken)
})

it('counts what questions count, unless it is asked for all', async () => {
  const asked: ScanRequest[] = []
  const scan = async (request: ScanRequest): Promise<ScanOutcome> => {
    asked.push(request)
    return page([], null, [])
  }
  await startExport(scan, { ...REQUEST, uncounted: true }, never)
  expect(asked[0]?.where).toBeNull()
})
