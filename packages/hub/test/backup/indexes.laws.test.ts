import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readManifest } from '../../src/ingest/dedup/manifest.ts'
import { openRunFolder } from '../../src/ingest/dedup/node-run-files.ts'
import { openJournal } from '../../src/log/journal/journal.ts'
import { IndexedFolder, type Sent } from './indexed-folder.ts'
import { SmallFolder } from './small-folder.ts'

/*
 * Events come in by both partitions, some of them again, several reports of one call among them. Restored
 * at any point, a folder with the indexes of the backup behaves as one without them, which makes its
 * indexes from the log alone: what is then sent gets the same answers and the same records, to the byte.
 */

const report: fc.Arbitrary<Sent> = fc.record({
  id: fc.nat(60),
  call: fc.nat(25),
  kind: fc.constantFrom('llm_request' as const, 'token_cost' as const),
  partition: fc.constantFrom(0, 0, 1),
})

type Step = { do: 'send'; reports: readonly Sent[] } | { do: 'backup' } | { do: 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      reports: fc.array(report, { minLength: 4, maxLength: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('backup' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)

/** What a restored folder answers to the probe and then has in its log. */
async function behaviour(folder: SmallFolder, name: string, probe: readonly Sent[]) {
  const opened = await openJournal({ dir: folder.path(`${name}/log`), compress: false })
  if (!opened.ok) throw new Error(opened.error.message)
  const { journal } = opened
  try {
    const hub = await IndexedFolder.open(folder.path(name), journal)
    const answers: string[] = []
    for (let at = 0; at < probe.length; at += 9)
      answers.push(await hub.send(probe.slice(at, at + 9)))
    await hub.indexes.close()
    return { read: hub.read, answers, records: await folder.records(name) }
  } finally {
    await journal.close()
  }
}

/** The index in a restored folder knows nothing behind its log. */
async function expectWithin(
  folder: SmallFolder,
  name: string,
  cursor: ReadonlyMap<number, bigint>,
) {
  for (const index of ['ids', 'calls']) {
    const dir = folder.path(join(name, 'dedup', index))
    if (!existsSync(dir)) continue
    const manifest = await readManifest(await openRunFolder(dir), null)
    for (const { covered } of manifest?.runs ?? []) {
      for (const [partition, next] of covered) {
        expect(next <= (cursor.get(partition) ?? 0n)).toBe(true)
      }
    }
  }
}

it('a folder restored with indexes behaves as one that makes them from the log', async () => {
  let spared = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 16 }),
      fc.array(fc.tuple(fc.nat(40), fc.nat(15)), { minLength: 1, maxLength: 1 }),
      fc.array(report, { minLength: 20, maxLength: 40 }),
      async (steps, points, probe) => {
        const folder = await SmallFolder.make()
        let hub = await IndexedFolder.on(folder)
        try {
          const ids: string[] = []
          for (const current of [...steps, { do: 'backup' } as const]) {
            if (current.do === 'send') await hub.send(current.reports)
            else if (current.do === 'backup') ids.push((await folder.mustBackup()).manifest.id)
            else {
              await hub.indexes.close()
              hub = await IndexedFolder.on(folder)
            }
          }
          const [live, back] = [folder.journal.next(0), folder.journal.next(1)].map(Number)
          const cuts = points.map(
            ([a, b]) => `0:${Math.min(a, live ?? 0)},1:${Math.min(b, back ?? 0)}`,
          )
          for (const at of ['latest', ids[0] ?? '', ...cuts]) {
            const outcomes = []
            for (const name of ['with', 'without']) {
              const restored = await folder.restore(name, at)
              if (!restored.ok) throw new Error(restored.message)
              expect(restored.leftOut).toEqual([])
              await expectWithin(folder, name, restored.cursor)
              if (name === 'without') {
                await rm(folder.path('without/dedup'), { recursive: true, force: true })
              }
              outcomes.push(await behaviour(folder, name, probe))
              await rm(folder.path(name), { recursive: true })
            }
            const [known, made] = outcomes
            expect(known?.answers).toEqual(made?.answers)
            expect(known?.records).toEqual(made?.records)
            spared += (made?.read ?? 0) - (known?.read ?? 0)
          }
        } finally {
          await hub.indexes.close()
          await folder.remove()
        }
      },
    ),
    { numRuns: 2, seed: 20_261_121, endOnFailure: true },
  )
  expect(spared).toBeGreaterThan(0)
})
