import { afterEach, expect, it } from 'vitest'
import { Seeded } from '../../../../test/support/seeded.ts'
import { Traffic, type TrafficEvent } from '../../../../test/support/traffic.ts'
import { BACKFILL, LIVE } from '../../src/log/log.ts'
import { HUBS_DEFINITIONS, LiveSite } from './live-site.ts'

/** Reports of a call come long after it: no window is too old to be corrected. */
const EVERYTHING = { windows: 100_000, results: 100_000 }

let site: LiveSite | null = null

afterEach(async () => {
  await site?.remove()
  site = null
})

/** Real traffic with times around now: most a few seconds old, some much older; repeated events keep theirs. */
class TimedTraffic {
  readonly #traffic: Traffic
  readonly #random: Seeded
  readonly #times = new Map<string, string>()
  readonly #seed: number
  #serial = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#traffic = new Traffic({ seed, name: `t${seed}`, wrong: 0 })
    this.#random = new Seeded(seed + 1)
  }

  batch(size: number, now: number): unknown[] {
    const service = Array.from({ length: 3 }, () => this.#serviceEvent(now))
    const others = this.#traffic.batch(size).map(({ body }) => {
      const event = body as TrafficEvent
      const id = event.common.event_id
      let time = this.#times.get(id)
      if (time === undefined) {
        const late = this.#random.chance(0.005) ? 60_000 * this.#random.int(50) : 0
        time = new Date(now - this.#random.int(4000) - late).toISOString()
        this.#times.set(id, time)
      }
      return { ...event, common: { ...event.common, timestamp: time } }
    })
    return [...others, ...service]
  }

  /** The one family that the traffic does not have. */
  #serviceEvent(now: number): unknown {
    const random = this.#random
    return {
      common: {
        event_id: `service-${this.#seed}-${this.#serial++}`,
        timestamp: new Date(now - random.int(4000)).toISOString(),
      },
      payload: {
        type: 'service_event',
        name: random.pick(['deploy', 'scale']),
        service: 'shop',
        duration_ms: random.int(1000),
        size_bytes: random.int(1_000_000),
        outcome: random.pick(['ok', 'error']),
      },
    }
  }
}

it('closed windows of all families and sizes have the values that questions answer', async () => {
  site = await LiveSite.open()
  const traffic = { p: new TimedTraffic(7), q: new TimedTraffic(8) }
  const random = new Seeded(3)
  await site.start(HUBS_DEFINITIONS, EVERYTHING)
  site.consumer.listen()
  // Steps of minutes, then of days, so that windows of every size close.
  const steps = [0.5, 0.5, 0.5, 0.5, 0.5, 4, 4, 40, 40, 300, 1500, 9000, 30_000]
  for (const [i, minutes] of steps.entries()) {
    const project = random.pick(['p', 'p', 'q'] as const)
    const partition = i === 3 ? BACKFILL : LIVE
    await site.hub.send(traffic[project].batch(40, site.clock.now()), { project, partition })
    if (i % 2 === 0) await site.settle()
    if (i === 4 || i === 8) {
      await site.kill()
      await site.start(HUBS_DEFINITIONS, EVERYTHING)
      site.consumer.listen()
    }
    site.clock.advance(minutes * 60_000)
  }
  await site.settle()
  site.clock.advance(60_000)
  await site.settle()
  const { wrong, compared } = await site.compare(['p', 'q'])
  expect(wrong.slice(0, 20)).toEqual([])
  expect(compared).toBeGreaterThan(1000)
  const closed = [...site.told.values()].filter(({ pane }) => pane.closed)
  const told = new Set(closed.map(({ definition }) => definition))
  expect(told).toEqual(new Set(HUBS_DEFINITIONS.map(({ name }) => name)))
  expect(new Set(closed.map(({ size }) => size)).size).toBe(8)
  expect(new Set(closed.map(({ source }) => source))).toEqual(new Set(['live', 'store']))
  expect(site.problems).toEqual([])
})
