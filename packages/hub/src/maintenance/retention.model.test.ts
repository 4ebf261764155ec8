/**
 * Random schedules of events, policies, holds, runs of retention, and rebuilds of the store from the
 * log, against a model that keeps rows in a list. LLMHUB_MODEL_RUNS sets the number of schedules.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EVENT_COLUMNS, FAMILIES } from '@llmhub/schema'
import { BatchBuilder, encodeBatch } from '@llmhub/stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTemporaryFolder, openRetainedHub, type RetainedHub } from '../../test/retained-hub.ts'
import { daysKept, type Hold, holdsOn, type RetentionPolicy } from '../core/retention.ts'
import { verifyJournal } from '../log/journal/verify.ts'

const HOUR = 3_600_000_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 2) * 1000
const PROJECTS = ['shop', 'bank']

interface Row {
  readonly id: string
  readonly project: string
  readonly family: string
  readonly time: number
}

type Step =
  | {
      readonly do: 'events'
      readonly partition: number
      readonly rows: readonly [number, number, number][]
    }
  | { readonly do: 'policy'; readonly policy: RetentionPolicy }
  | {
      readonly do: 'hold'
      readonly name: string
      readonly project: string
      readonly family: string | null
      readonly from: number | null
      readonly hours: number | null
    }
  | { readonly do: 'release'; readonly name: string }
  | { readonly do: 'wait'; readonly hours: number }
  | { readonly do: 'retain' | 'rebuild' | 'restart' }

const family = fc.constantFrom(...FAMILIES.slice(0, 3))
const project = fc.constantFrom(...PROJECTS)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('events' as const),
      partition: fc.constantFrom(0, 0, 0, 1),
      // Project, family, minutes before now.
      rows: fc.array(fc.tuple(fc.nat(1), fc.nat(2), fc.nat(4000)), { minLength: 1, maxLength: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('policy' as const),
      policy: fc.record({
        project: fc.option(project),
        family: fc.option(family),
        days: fc.integer({ min: 0, max: 3 }),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      name: fc.constantFrom('a', 'b'),
      project,
      family: fc.option(family),
      from: fc.option(fc.nat(100)),
      hours: fc.option(fc.integer({ min: 1, max: 60 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('release' as const), name: fc.constantFrom('a', 'b') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retain' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('rebuild' as const, 'restart' as const) }),
  },
)

/** Lets go first of one project, so that segments are rewritten, then of everything, so that they are dropped. */
const ENDING: readonly Step[] = [
  { do: 'release', name: 'a' },
  { do: 'release', name: 'b' },
  { do: 'policy', policy: { project: 'bank', family: null, days: 0 } },
  ...FAMILIES.map((name) => keep('bank', name, 0)),
  ...FAMILIES.map((name) => keep('shop', name, 1)),
  { do: 'wait', hours: 80 },
  { do: 'retain' },
  { do: 'rebuild' },
  ...FAMILIES.map((name) => keep('bank', name, 1)),
  { do: 'retain' },
  { do: 'rebuild' },
]

function keep(inProject: string, ofFamily: string, days: number): Step {
  return { do: 'policy', policy: { project: inProject, family: ofFamily, days } }
}

function encode(rows: readonly Row[], receivedAt: number): Uint8Array {
  const batch = new BatchBuilder(EVENT_COLUMNS)
  for (const [index, row] of rows.entries()) {
    const at = batch.addRow()
    batch.dict('project').set(at, row.project)
    batch.dict('family').set(at, row.family)
    batch.dict('kind').set(at, 'llm_request')
    batch.text('event_id').set(at, row.id)
    batch.int64('time').set(at, row.time)
    batch.int64('received_at').set(at, receivedAt)
    batch.int64('id_lo').set(at, index)
    batch.int64('id_hi').set(at, receivedAt)
    batch.int64('content_hash').set(at, index)
  }
  return encodeBatch(batch.finish())
}

/** What retention leaves of the rows. */
function kept(
  rows: readonly Row[],
  policies: readonly RetentionPolicy[],
  holds: readonly Hold[],
  now: number,
): Row[] {
  return rows.filter((row) => {
    const days = daysKept(policies, { events: 0, letters: 0 }, row.project, row.family)
    if (days === null) return true
    const before = Math.floor((now - days * DAY) / HOUR) * HOUR
    if (row.time >= before) return true
    return holdsOn(holds, row.project, row.family, { from: row.time, to: row.time + 1 }).length > 0
  })
}

async function stored(hub: RetainedHub): Promise<string[]> {
  await hub.settled()
  const found = await hub.sql(
    'SELECT event_id || \' \' || "time" FROM main.event_rows ORDER BY event_id',
  )
  return found.flatMap(([text]) => (typeof text === 'string' ? [text] : []))
}

async function execute(
  steps: readonly Step[],
  dir: string,
): Promise<{ dropped: number; rewritten: number }> {
  let hub = await openRetainedHub(dir, { segmentBytes: 2_000 })
  hub.now = START
  let rows: Row[] = []
  let count = 0
  const done = { dropped: 0, rewritten: 0 }
  const reopen = async (withoutStore: boolean) => {
    const { policies, holds, now } = hub
    await hub.close()
    if (withoutStore) await rm(join(dir, 'store'), { recursive: true })
    hub = await openRetainedHub(dir, { segmentBytes: 2_000 })
    hub.policies.push(...policies)
    hub.holds.push(...holds)
    hub.now = now
  }
  try {
    for (const each of [...steps, ...ENDING]) {
      switch (each.do) {
        case 'events': {
          const fresh = each.rows.map(([p, f, minutes]): Row => {
            const [inProject = '', ofFamily = ''] = [PROJECTS[p], FAMILIES[f]]
            const id = `event-${String(++count).padStart(6, '0')}`
            return {
              id,
              project: inProject,
              family: ofFamily,
              time: hub.now - minutes * 60_000_000,
            }
          })
          rows.push(...fresh)
          await hub.append(each.partition, encode(fresh, hub.now))
          break
        }
        case 'policy': {
          const { policy } = each
          const other = hub.policies.findIndex(
            (p) => p.project === policy.project && p.family === policy.family,
          )
          if (other >= 0) hub.policies.splice(other, 1)
          hub.policies.push(policy)
          break
        }
        case 'hold': {
          const { name, from, hours } = each
          const at = from === null ? null : START + from * HOUR
          const to = hours === null ? null : (at ?? START) + hours * HOUR
          const made = { reason: 'test', createdAt: 0, createdBy: null, releasedAt: null }
          const other = hub.holds.findIndex((hold) => hold.name === name)
          if (other >= 0) hub.holds.splice(other, 1)
          hub.holds.push({
            name,
            project: each.project,
            family: each.family,
            from: at,
            to,
            ...made,
          })
          break
        }
        case 'release': {
          const at = hub.holds.findIndex((hold) => hold.name === each.name)
          if (at >= 0) hub.holds.splice(at, 1)
          break
        }
        case 'wait':
          hub.now += each.hours * HOUR
          break
        case 'retain': {
          await hub.settled()
          const dry = await hub.keeper.run(null, true)
          const before = (await stored(hub)).length
          const run = await hub.keeper.run(null, false)
          rows = kept(rows, hub.policies, hub.holds, hub.now)
          const counted = dry.cuts.reduce((sum, cut) => sum + (cut.rows ?? 0), 0)
          assert.equal(before - counted, rows.length)
          assert.deepEqual(run.log?.problems ?? [], [])
          done.dropped += run.log?.dropped ?? 0
          done.rewritten += run.log?.rewritten ?? 0
          break
        }
        case 'rebuild':
          await reopen(true)
          break
        case 'restart':
          await reopen(false)
          break
      }
      const expected = rows.map(({ id, time }) => `${id} ${time}`).toSorted()
      assert.deepEqual(await stored(hub), expected)
    }
  } finally {
    await hub.close()
  }
  assert.ok((await verifyJournal(join(dir, 'log'))).ok)
  return done
}

const RUNS = Number(process.env['LLMHUB_MODEL_RUNS'] ?? 6)

test('retention keeps exactly what policies and holds say, and a rebuilt store has the same rows', {
  timeout: 60_000 + RUNS * 5_000,
}, async () => {
  let dropped = 0
  let rewritten = 0
  const property = fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 25 }), (steps) =>
    inTemporaryFolder(async (dir) => {
      const done = await execute(steps, dir)
      dropped += done.dropped
      rewritten += done.rewritten
    }),
  )
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
  expect(dropped).toBeGreaterThan(0)
  expect(rewritten).toBeGreaterThan(0)
})
