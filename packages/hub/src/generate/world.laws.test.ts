import { createHash } from 'node:crypto'
import { KINDS, validateEvent } from '@llmhub/schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { APPLICATIONS } from './applications.ts'
import type { MadeEvent } from './event.ts'
import { eventStream, eventsOfCells, liveStream } from './event-stream.ts'
import { ARMS, expectedQuality, optimumOf, QUALITY_NOISE, TASKS } from './experiments.ts'
import { INCIDENT_KINDS, type Incident, incidentsBetween } from './incidents.ts'
import { EXECUTIONS } from './notices.ts'
import { Random } from './random.ts'
import { addEvents, addTotals, emptyTotals } from './totals.ts'
import { cellsOf, createWorld, type WorldOptions } from './world.ts'

const DAY = 86_400_000
const MONDAY = Date.parse('2026-11-02T00:00:00Z')
const NOW = Date.parse('2027-01-01T00:00:00Z')

function made(options: WorldOptions, from: number, to: number): MadeEvent[] {
  return [...eventStream(createWorld(options), from, to)].flat()
}

const text = (events: readonly MadeEvent[]): string => JSON.stringify(events)

describe('a world', () => {
  it('is the same bytes wherever it is made', () => {
    const events = made({ seed: 7, perDay: 2000 }, MONDAY, MONDAY + DAY)
    const hash = createHash('sha256').update(text(events)).digest('hex').slice(0, 16)
    expect({ events: events.length, hash }).toEqual({ events: 1827, hash: 'bd66e02406731266' })
  })

  it('has other events and other ids with another seed, rate or rhythm', () => {
    const worlds: WorldOptions[] = [
      { seed: 1, perDay: 500 },
      { seed: 2, perDay: 500 },
      { seed: 1, perDay: 501 },
      { seed: 1, perDay: 500, rhythm: false },
    ]
    expect(new Set(worlds.map((world) => createWorld(world).id)).size).toBe(worlds.length)
    expect(new Set(worlds.map((world) => text(made(world, MONDAY, MONDAY + DAY)))).size).toBe(4)
  })

  it('is made piece by piece: ranges that meet have the events of the whole', () => {
    const world = createWorld({ seed: 3, perDay: 1200 })
    const hours = fc.integer({ min: 1, max: 48 * 60 })
    fc.assert(
      fc.property(hours, hours, fc.boolean(), (a, b, isOff) => {
        const [first, second] = [Math.min(a, b), Math.max(a, b)].map((m) => MONDAY + m * 60_000)
        const middle = first ?? 0
        const end = (second ?? 0) + (isOff ? 1 : 0)
        const whole = [...eventStream(world, MONDAY, end)].flat()
        const parts = [
          ...eventStream(world, MONDAY, middle),
          ...eventStream(world, middle, end),
        ].flat()
        expect(text(parts)).toBe(text(whole))
        const byCells = [...eventsOfCells(world, cellsOf(world, MONDAY, end), MONDAY, end)].flat()
        const ids = (events: readonly MadeEvent[]) =>
          events.map((e) => String(e.common.event_id)).sort((a, b) => (a < b ? -1 : 1))
        expect(ids(byCells)).toEqual(ids(whole))
      }),
      { numRuns: 5 },
    )
  })

  it('goes on live with the conversations that begin from then on', () => {
    const world = createWorld({ seed: 3, perDay: 100_000, rhythm: false })
    const from = MONDAY + 1234
    const live: MadeEvent[] = []
    for (const event of liveStream(world, from)) {
      if (event.common.timestamp >= from + 30 * 60_000) break
      live.push(event)
    }
    const all = [...eventStream(world, from, from + 30 * 60_000)].flat()
    const ids = new Set(all.map((event) => event.common.event_id))
    expect(live.every((event) => ids.has(event.common.event_id))).toBe(true)
    expect(live.length).toBeGreaterThan(500)
    const times = live.map((event) => event.common.timestamp)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })
})

describe('twenty-eight days', () => {
  const options = { seed: 11, perDay: 4000 }
  const from = MONDAY
  const to = MONDAY + 28 * DAY
  const events = made(options, from, to)
  const calls = events.filter(({ payload }) => payload.type === 'llm_request')

  it('are as many events as were asked for, about', () => {
    expect(Math.abs(events.length / (28 * options.perDay) - 1)).toBeLessThan(0.05)
  })

  it('have every kind, each valid, and no id twice', () => {
    const limits = { maxStringLength: 1000, maxTags: 10, maxTagLength: 100, maxDepth: 8 }
    const context = {
      now: NOW * 1000,
      futureTolerance: 0,
      oldest: null,
      requireEventId: true,
      keepContent: false,
      limits,
    }
    for (const event of events) {
      const verdict = validateEvent(JSON.parse(JSON.stringify(event)), context)
      // Compared only where it matters: an assertion per event would take longer than making them.
      if (!verdict.ok || verdict.droppedContent > 0 || verdict.aliasConflicts > 0) {
        expect(verdict, text([event])).toMatchObject({ ok: true })
      }
    }
    const kinds = new Set(events.map(({ payload }) => payload.type))
    expect(KINDS.map(({ kind }) => kind).filter((kind) => !kinds.has(kind))).toEqual([])
    expect(new Set(events.map(({ common }) => common.event_id)).size).toBe(events.length)
    // Reports of one call would be merged into one.
    const reports = events.filter(({ payload }) =>
      ['llm_request', 'latency', 'token_usage', 'token_cost'].includes(payload.type),
    )
    expect(new Set(reports.map(({ payload }) => payload['request_id'])).size).toBe(reports.length)
  })

  it('add up to what the truth says', () => {
    const totals = emptyTotals()
    addEvents(totals, events)
    const halves = emptyTotals()
    for (const half of [events.slice(0, 1000), events.slice(1000)]) {
      const part = emptyTotals()
      addEvents(part, half)
      addTotals(halves, part)
    }
    expect(halves).toEqual(totals)
    const sum = (of: (event: MadeEvent) => number): number =>
      calls.reduce((all, event) => all + of(event), 0)
    const usage = (event: MadeEvent): Record<string, number> =>
      event.payload['usage'] as Record<string, number>
    expect(totals.events).toBe(events.length)
    expect(totals.calls).toMatchObject({
      count: calls.length,
      errors: sum(({ payload }) => (payload['status'] === 'error' ? 1 : 0)),
      timeouts: sum(({ payload }) => (payload['status'] === 'timeout' ? 1 : 0)),
      inputTokens: sum((event) => usage(event)['input_tokens'] ?? 0),
      outputTokens: sum((event) => usage(event)['output_tokens'] ?? 0),
      cacheReadTokens: sum((event) => usage(event)['cache_read_tokens'] ?? 0),
    })
    for (const [kind, count] of Object.entries(totals.kinds)) {
      expect(events.filter(({ payload }) => payload.type === kind).length).toBe(count)
    }
  })

  it('have days and weeks', () => {
    for (const { service, day, week } of APPLICATIONS.slice(0, 3)) {
      const own = calls.filter(({ payload }) => payload['service'] === service)
      const hours = shares(own, 24, (time) => Math.floor(time / 3_600_000) % 24)
      const weekdays = shares(own, 7, (time) => (Math.floor(time / DAY) + 3) % 7)
      expect(correlation(hours, day), service).toBeGreaterThan(0.85)
      if (Math.max(...week) > 1.1) expect(correlation(weekdays, week)).toBeGreaterThan(0.9)
    }
  })

  it('have users of whom few do much', () => {
    const counts = new Map<unknown, number>()
    for (const { payload } of calls) {
      if (payload['service'] !== 'support-chat') continue
      const user = payload['user_id']
      counts.set(user, (counts.get(user) ?? 0) + 1)
    }
    const sorted = [...counts.values()].sort((a, b) => b - a)
    const all = sorted.reduce((a, b) => a + b, 0)
    const top = sorted.slice(0, Math.ceil(sorted.length / 10)).reduce((a, b) => a + b, 0)
    expect(top / all).toBeGreaterThan(0.4)
  })

  it('have conversations whose prompts grow', () => {
    const sessions = Map.groupBy(calls, ({ payload }) => payload['session_id'])
    let turns = 0
    for (const session of sessions.values()) {
      const prompts = session
        .filter(({ payload }) => payload['status'] === 'ok' && payload['prompt_version'] === '3')
        .map(({ payload }) => (payload['usage'] as Record<string, number>)['input_tokens'] ?? 0)
      expect(prompts).toEqual(prompts.toSorted((a, b) => a - b))
      turns = Math.max(turns, prompts.length)
    }
    expect(turns).toBeGreaterThan(8)
  })

  it('have one incident in two days, of every kind in twenty, each plain to see', () => {
    const incidents = incidentsBetween(options.seed, from, to)
    expect(incidents.length).toBe(14)
    for (let at = 0; at + 10 <= incidents.length; at++) {
      const kinds = incidents.slice(at, at + 10).map(({ kind }) => kind)
      expect(new Set(kinds)).toEqual(new Set(INCIDENT_KINDS))
    }
  })

  it('have their best parameters where the truth says', () => {
    const random = new Random(5)
    const executions = Array.from({ length: 12_000 }, () => ({
      payload: EXECUTIONS.make(random, ''),
    }))
    expect(events.some(({ payload }) => payload.type === 'parameter_execution')).toBe(true)
    for (const task of TASKS) {
      const own = executions.filter(({ payload }) => payload['task_type'] === task.task)
      const best = optimumOf(task)
      const mean = (of: string): unknown => {
        const groups = Map.groupBy(own, ({ payload }) =>
          of === 'model_id' ? payload[of] : (payload['parameters'] as Record<string, unknown>)[of],
        )
        const means = [...groups].map(([value, rows]) => {
          const sum = rows.reduce(
            (all, { payload }) => all + Number(payload['response_quality']),
            0,
          )
          return [value, sum / rows.length] as const
        })
        return means.toSorted(([, a], [, b]) => b - a)[0]?.[0]
      }
      expect([task.task, mean('temperature'), mean('top_p'), mean('model_id')]).toEqual([
        task.task,
        best.temperature,
        best.top_p,
        best.model,
      ])
      const qualities = ARMS.map((arm) => expectedQuality(task, arm))
      expect(Math.max(...qualities)).toBeCloseTo(best.expectedQuality, 6)
      expect(Math.max(...qualities) + QUALITY_NOISE).toBeLessThan(1)
      expect(Math.min(...qualities) - QUALITY_NOISE).toBeGreaterThan(0)
    }
  })
})

describe('an incident', () => {
  const world = createWorld({ seed: 21, perDay: 40_000 })
  const incidents = incidentsBetween(world.seed, MONDAY, MONDAY + 20 * DAY)

  /** Events from as long before it as it lasts, and of it. */
  function around({ from, to }: Incident): readonly [MadeEvent[], MadeEvent[]] {
    const inside = [...eventStream(world, from, to)].flat()
    const dayBefore = [...eventStream(world, from - 7 * DAY, to - 7 * DAY)].flat()
    return [dayBefore, inside]
  }

  const callsOf = (events: readonly MadeEvent[], { target }: Incident): MadeEvent[] => {
    const field = { model: 'model_id', provider: 'provider', service: 'service', user: 'user_id' }
    const name = field[target.dimension as keyof typeof field]
    return events.filter(
      ({ payload }) => payload.type === 'llm_request' && payload[name] === target.value,
    )
  }
  const mean = (
    events: readonly MadeEvent[],
    of: (payload: MadeEvent['payload']) => number,
  ): number =>
    events.reduce((sum, { payload }) => sum + of(payload), 0) / Math.max(1, events.length)
  const usage = (payload: MadeEvent['payload'], name: string): number =>
    (payload['usage'] as Record<string, number>)[name] ?? 0

  /** What it changes, before and during. */
  const seen: Readonly<
    Record<Incident['kind'], (events: readonly MadeEvent[], it: Incident) => number>
  > = {
    latency_regression: (events, it) => mean(callsOf(events, it), (p) => Number(p['latency_ms'])),
    error_burst: (events, it) => mean(callsOf(events, it), (p) => (p['status'] === 'ok' ? 0 : 1)),
    rate_limiting: (events, it) => mean(callsOf(events, it), (p) => (p['status'] === 'ok' ? 0 : 1)),
    cost_spike: (events, it) => callsOf(events, it).length,
    traffic_drop: (events, it) => callsOf(events, it).length,
    traffic_surge: (events, it) => callsOf(events, it).length,
    prompt_growth: (events, it) => mean(callsOf(events, it), (p) => usage(p, 'input_tokens')),
    cache_collapse: (events, it) => mean(callsOf(events, it), (p) => usage(p, 'cache_read_tokens')),
    attack_wave: (events) => events.filter(({ payload }) => payload.type === 'threat').length,
    quality_drop: (events, it) =>
      mean(
        callsOf(events, it).filter(({ payload }) => payload['quality'] !== undefined),
        (p) => Number(p['quality']),
      ),
  }

  it.each(incidents.map((incident) => [incident.kind, incident] as const))('%s', (kind, it_) => {
    const [before, during] = around(it_).map((events) => seen[kind](events, it_))
    const ratio = (during ?? 0) / Math.max(before ?? 0, 1e-9)
    if (kind === 'cost_spike') expect([before, (during ?? 0) > 10]).toEqual([0, true])
    else if (kind === 'cache_collapse') expect([(before ?? 0) > 0, during]).toEqual([true, 0])
    else if (kind === 'quality_drop') expect((during ?? 0) - (before ?? 0)).toBeLessThan(-0.15)
    else if (kind === 'error_burst' || kind === 'rate_limiting') {
      expect(Math.abs((during ?? 0) - it_.effect.amount)).toBeLessThan(0.06)
    } else if (kind === 'attack_wave') expect(ratio).toBeGreaterThan(10)
    else if (kind === 'traffic_drop') expect(ratio).toBeLessThan(0.35)
    else {
      expect(ratio / it_.effect.amount).toBeGreaterThan(0.6)
      expect(ratio / it_.effect.amount).toBeLessThan(1.6)
    }
  })
})

/** Parts of all events by a number of their time, of mean 1. */
function shares(
  events: readonly MadeEvent[],
  parts: number,
  of: (time: number) => number,
): number[] {
  const counts = Array.from({ length: parts }, () => 0)
  for (const { common } of events) {
    const part = of(common.timestamp)
    counts[part] = (counts[part] ?? 0) + parts / events.length
  }
  return counts
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  const of = (f: (i: number) => number): number => a.reduce((sum, _, i) => sum + f(i), 0)
  const da = (i: number): number => (a[i] ?? 0) - ma
  const db = (i: number): number => (b[i] ?? 0) - mb
  return of((i) => da(i) * db(i)) / Math.sqrt(of((i) => da(i) ** 2) * of((i) => db(i) ** 2))
}
