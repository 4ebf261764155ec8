import { systemClock } from '../../core/clock.ts'
import { applyOf, sampleEvents } from '../sample-records.ts'
import { DuckDbStore } from './duckdb-store.ts'

/**
 * Applies records for ever and prints after each apply `applied <next> <durable>`, until it is killed.
 * Arguments: database file, `wal` or `no-wal`, rows of a record, applies between checkpoints.
 */
async function applyForEver(args: readonly string[]): Promise<never> {
  const [path = '', wal, rows = '3', every = '5'] = args
  const opening = await DuckDbStore.open({
    path,
    wal: wal === 'wal',
    checkpointMib: 1,
    clock: systemClock,
    incarnation: 'child',
    answer: () => Promise.reject(new Error('not asked here')),
  })
  if (!opening.ok) throw new Error(opening.reason)
  const { store } = opening
  let next = (await store.applied()).get(0) ?? 0n
  for (let n = 1; ; n++) {
    const records = [next, next + 1n].map((offset) =>
      sampleEvents(0, offset, { rows: Number(rows) }),
    )
    await store.apply(applyOf(records))
    next += 2n
    if (n % Number(every) === 0) await store.checkpoint()
    process.stdout.write(`applied ${next} ${(await store.durable()).get(0) ?? 0n}\n`)
  }
}

await applyForEver(process.argv.slice(2))
