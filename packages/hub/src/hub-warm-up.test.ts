import { beforeEach, expect, it } from 'vitest'
import { IntakeHarness, LIMITS } from '../test/intake-fixture.ts'
import type { Clock } from './core/clock.ts'
import type { IntakeRequest } from './core/intake.ts'
import { warmUp } from './hub-warm-up.ts'

let hub: IntakeHarness
const requests: IntakeRequest[] = []

beforeEach(async () => {
  requests.length = 0
  hub = await new IntakeHarness().start()
})

/** Timers of no length: it is not the waiting that is tried here. */
const clock: Clock = {
  now: () => hub.clock.now(),
  nowMicros: () => hub.clock.nowMicros(),
  monotonic: () => 0,
  after(_, run) {
    const timer = setImmediate(run)
    return () => clearImmediate(timer)
  },
  hold: () => () => {},
  every: () => () => {},
}

function warm(isOver: () => boolean = () => false): Promise<number> {
  return warmUp({
    intake: (request) => {
      requests.push(request)
      return hub.stage.intake(request)
    },
    limits: LIMITS_OF_BODIES,
    clock,
    isOver,
  })
}

const LIMITS_OF_BODIES = { maxEvents: LIMITS.maxEvents, maxEventBytes: 100_000, maxDepth: 32 }

it('goes all the way with every event, and leaves nothing behind', async () => {
  const before = hub.stage.stats()
  // An event that became invalid would warm up the way into the dead letters.
  expect(await warm()).toBe(2000)
  expect(hub.stage.stats()).toEqual(before)
  expect(hub.log.next(0)).toBe(0n)
  const [first] = requests
  if (first === undefined) throw new Error('nothing was asked')
  // Known to nobody: the same event, sent in earnest, is new.
  const outcome = await hub.stage.intake({ ...first, dryRun: false })
  expect(outcome).toMatchObject({ ok: true, answer: { accepted: 50, duplicates: 0, rejected: 0 } })
})

it('ends when events come', async () => {
  expect(await warm(() => requests.length >= 3)).toBe(150)
  expect(requests).toHaveLength(3)
})
