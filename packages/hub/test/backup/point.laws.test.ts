import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { LogEntry } from '../../src/log/log.ts'
import { encodeOperation } from '../../src/log/operation.ts'
import { sampleEvents } from '../../src/store/sample-records.ts'
import { SmallFolder } from './small-folder.ts'

/**
 * Appends of random sizes to both partitions, with operations that refer to what is durable: restored
 * at any cursor, the log has the greatest point at or below it that refers to nothing behind it and
 * parts no append. The model tries every pair of points.
 */

interface Append {
  readonly partition: number
  readonly first: number
  readonly next: number
  /** Offset after the last record referred to in the other partition. */
  readonly needs: number
}

const step = fc.record({
  partition: fc.constantFrom(0, 1),
  records: fc.integer({ min: 1, max: 3 }),
  refers: fc.constantFrom('nothing', 'cut', 'row'),
})

function expectedCut(appends: readonly Append[], wanted: readonly [number, number]) {
  const ends = (partition: number) => [
    0,
    ...appends.filter((each) => each.partition === partition).map(({ next }) => next),
  ]
  let best: readonly [number, number] = [0, 0]
  for (const live of ends(0)) {
    for (const back of ends(1)) {
      if (live > wanted[0] || back > wanted[1]) continue
      const isClosed = appends.every(({ partition, next, needs }) =>
        partition === 0 ? next > live || needs <= back : next > back || needs <= live,
      )
      if (isClosed && live >= best[0] && back >= best[1]) best = [live, back]
    }
  }
  return best
}

it('a point is the greatest that refers to nothing behind it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      fc.array(fc.tuple(fc.nat(30), fc.nat(30)), { minLength: 3, maxLength: 3 }),
      async (steps, points) => {
        const folder = await SmallFolder.make({ compress: true })
        try {
          const appends: Append[] = []
          const next: [number, number] = [0, 0]
          for (const { partition, records, refers } of steps) {
            const first = next[partition] ?? 0
            const other = next[1 - partition] ?? 0
            const entries: LogEntry[] = Array.from({ length: records }, (_, i) => {
              const { kind, payload } = sampleEvents(partition, BigInt(first + i), { rows: 1 })
              return { kind, payload }
            })
            let needs = 0
            if (refers === 'cut' && partition === 0) {
              const cut = new Map([
                [0, BigInt(first)],
                [1, BigInt(other)],
              ])
              const operation = { id: `o${first}`, at: 1, by: null, cut, project: null } as const
              const payload = encodeOperation({
                ...operation,
                op: 'retain',
                family: null,
                from: null,
                before: 0,
              })
              entries.push({ kind: 'operation', payload })
              needs = other
            } else if (refers === 'row' && other > 0) {
              const rows = [{ partition: 1 - partition, offset: String(other - 1), index: 0 }]
              const payload = encodeOperation({ op: 'suppress', project: 'default', rows })
              entries.push({ kind: 'operation', payload })
              needs = other
            }
            await folder.append(partition, ...entries)
            appends.push({ partition, first, next: first + entries.length, needs })
            next[partition] = first + entries.length
          }
          await folder.mustBackup()
          for (const [index, [a, b]] of points.entries()) {
            const wanted = [Math.min(a, next[0]), Math.min(b, next[1])] as const
            const restored = await folder.restore(`r${index}`, `0:${wanted[0]},1:${wanted[1]}`)
            if (!restored.ok) throw new Error(restored.message)
            const best = expectedCut(appends, wanted)
            expect([...restored.cursor.values()].map(Number)).toEqual(best)
            const expected = (await folder.records('data')).filter((record) => {
              const [partition, offset] = record.split(':', 2).map(Number)
              return (offset ?? 0) < (best[partition ?? 0] ?? 0)
            })
            expect(await folder.records(`r${index}`)).toEqual(expected)
          }
        } finally {
          await folder.remove()
        }
      },
    ),
    { numRuns: 12 },
  )
})

it('a time takes nothing that was received later', async () => {
  const folder = await SmallFolder.make()
  try {
    for (let i = 0; i < 8; i++) {
      const { kind, payload } = sampleEvents(0, BigInt(i), { rows: 2 })
      await folder.append(0, { kind, payload })
    }
    folder.now = Date.parse('2030-01-01T00:00:00Z')
    await folder.mustBackup()
    const { decodeBatch, numberAt } = await import('@llmhub/stream')
    const received = (offset: number): number => {
      const batch = decodeBatch(sampleEvents(0, BigInt(offset), { rows: 2 }).payload)
      return numberAt(batch.columns.get('received_at'), 1) ?? 0
    }
    const at = new Date(Math.ceil(received(4) / 1000)).toISOString()
    const later = Array.from({ length: 8 }, (_, i) => received(i)).findIndex(
      (micros) => micros > Date.parse(at) * 1000,
    )
    const restored = await folder.restore('restored', at)
    expect(restored).toMatchObject({
      ok: true,
      cursor: new Map([
        [0, BigInt(later)],
        [1, 0n],
      ]),
    })
    expect(later).toBeGreaterThan(3)
  } finally {
    await folder.remove()
  }
})
