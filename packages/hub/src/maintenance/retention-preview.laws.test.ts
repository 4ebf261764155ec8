import { join } from 'node:path'
import { FAMILIES } from '@llmhub/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTemporaryFolder, openRetainedHub } from '../../test/retained-hub.ts'
import { LETTERS } from '../core/retention.ts'
import { SAMPLE_START, sampleEvents } from '../store/sample-records.ts'
import { isAbout, isCut, retentionCuts, withPolicy } from './retention-rules.ts'

const DAY = 86_400_000_000
const NOW = 1000 * DAY
const PROJECTS = ['shop', 'bank']

const project = fc.option(fc.constantFrom(...PROJECTS))
const family = fc.option(fc.constantFrom(...FAMILIES.slice(0, 2), LETTERS))
const days = fc.integer({ min: 0, max: 6 })
const state = fc.record({
  policies: fc.uniqueArray(fc.record({ project, family, days }), {
    selector: (policy) => `${policy.project} ${policy.family}`,
    maxLength: 5,
  }),
  defaults: fc.record({ events: days, letters: days }),
  holds: fc.constant([]),
})
const change = fc.record({ project, family, days: fc.option(days) })

test('whatever a change lets go besides is in its preview', () => {
  fc.assert(
    fc.property(state, change, (before, changed) => {
      const after = retentionCuts(withPolicy(before, changed), PROJECTS, NOW)
      const preview = after.filter((cut) => isAbout(changed, cut))
      const present = retentionCuts(before, PROJECTS, NOW)
      for (const of of PROJECTS) {
        for (const which of [...FAMILIES, LETTERS]) {
          for (let age = 0; age < 8; age++) {
            const time = NOW - age * DAY
            const is = (cuts: typeof after) => isCut(cuts, of, which, time, time)
            if (is(after) && !is(present)) expect(is(preview)).toBe(true)
            expect(is(preview) && !is(after)).toBe(false)
          }
        }
      }
    }),
    { numRuns: 300 },
  )
})

test('a preview counts the rows that the next run deletes, and deletes none', async () => {
  await inTemporaryFolder(async (dir) => {
    const hub = await openRetainedHub(join(dir, 'hub'))
    try {
      const { payload } = sampleEvents(0, 0n, { rows: 200, step: DAY / 20 })
      await hub.append(0, payload)
      await hub.settled()
      hub.now = SAMPLE_START + 10 * DAY
      const count = async () =>
        Number((await hub.sql('SELECT count(*) FROM main.event_rows'))[0]?.[0])
      const before = await count()
      const policy = { project: null, family: null, days: 4 }
      const preview = await hub.keeper.preview(null, policy)
      expect(preview).toMatchObject({ dryRun: true, log: null })
      expect(await count()).toBe(before)
      const counted = preview.cuts.reduce((sum, { rows }) => sum + (rows ?? 0), 0)
      expect(counted).toBeGreaterThan(0)
      hub.policies.push(policy)
      await hub.keeper.run(null, false)
      await hub.settled()
      expect(before - (await count())).toBe(counted)
      // Without the policy nothing would be deleted any more.
      expect(await hub.keeper.preview(null, { ...policy, days: null })).toMatchObject({ cuts: [] })
    } finally {
      await hub.close()
    }
  })
})
