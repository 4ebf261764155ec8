import { expect, test } from 'vitest'
import { withHub } from '../support/hub-process.ts'
import { Traffic } from '../support/traffic.ts'
import { LIMIT_MS } from './limit.ts'
import {
  damage,
  damageInUse,
  deleteDatabase,
  demandSameAnswers,
  flipBitsInUse,
  openTwice,
  withStored,
} from './store-faults.ts'

const EVENTS = 3000

test(
  'a database that is deleted or damaged while stopped is rebuilt to the same answers',
  { timeout: LIMIT_MS },
  () =>
    withStored(31, EVENTS, async (stored) => {
      const { start, ledger } = stored
      expect(ledger.acknowledged.size).toBeGreaterThan(EVENTS / 2)
      for (const place of [
        'nothing',
        'header',
        'checkpoint header',
        'middle',
        'everything',
      ] as const) {
        if (place === 'nothing') deleteDatabase(stored)
        else damage(stored, place, 32)
        await withHub(start, async (hub) => {
          await demandSameAnswers(hub, stored)
          await ledger.check(hub)
          await hub.stop()
        })
      }
    }),
)

test(
  'a database that is damaged in use is rebuilt while events are taken in',
  { timeout: LIMIT_MS },
  () =>
    withStored(33, EVENTS, async (stored) => {
      const { refused, taken } = await damageInUse(stored, 34)
      expect(refused).toBeGreaterThan(0)
      expect(taken).toBeGreaterThan(0)
      await withHub(stored.start, (hub) => demandSameAnswers(hub, stored))
    }),
)

test(
  'bits that turn over in a used database never give a wrong answer',
  { timeout: LIMIT_MS },
  () =>
    withStored(37, EVENTS, async (stored) => {
      const { found, refused, rebuildMs, taken } = await flipBitsInUse(stored, {
        seed: 38,
        rounds: 4,
        bits: 6,
      })
      expect(found).toBeGreaterThan(0)
      expect(refused).toBeGreaterThan(0)
      expect(rebuildMs.length).toBeGreaterThan(0)
      expect(taken).toBeGreaterThan(0)
      await withHub(stored.start, (hub) => demandSameAnswers(hub, stored))
    }),
)

test(
  'a second hub on the same folder is refused and the first one goes on',
  { timeout: LIMIT_MS },
  () =>
    withStored(35, 250, ({ start, ledger }) =>
      withHub(start, async (hub) => {
        const { ending, stderr } = await openTwice(start)
        expect(ending).toEqual({ code: 78 })
        expect(stderr).toContain(`in use by process ${hub.pid}`)
        const outcome = await ledger.send(hub, new Traffic({ seed: 36, name: 'after' }).batch(50))
        expect(outcome.kind).toBe('answered')
        await ledger.check(hub)
      }),
    ),
)
