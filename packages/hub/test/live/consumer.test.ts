import { afterEach, expect, it } from 'vitest'
import type { LiveDefinition, LiveUpdate } from '../../src/live/live.ts'
import { callEvent } from '../intake-fixture.ts'
import { LiveSite } from './live-site.ts'

let site: LiveSite | null = null

afterEach(async () => {
  await site?.remove()
  site = null
})

const CALLS: LiveDefinition = {
  name: 'calls',
  project: null,
  windows: [{ type: 'calendar', step: '1m' }],
  by: ['model'],
  measures: ['requests.count', 'tokens.input'],
  where: null,
}

/** Calls at the clock's time, `ago` seconds back. */
function calls(of: LiveSite, count: number, name: string, ago = 0, model = 'gpt-4o'): unknown[] {
  const timestamp = new Date(of.clock.now() - ago * 1000).toISOString()
  return Array.from({ length: count }, (_, i) =>
    callEvent(
      `${name}-${i}`,
      { model_id: model, request_id: `${name}-${i}`, usage: { input_tokens: 7, output_tokens: 1 } },
      { timestamp },
    ),
  )
}

function counts(of: LiveSite): Record<string, unknown>[] {
  return [...of.told.values()]
    .filter(({ pane }) => pane.closed)
    .map(({ window, key, values, source }) => ({
      at: new Date(window.start / 1000).toISOString().slice(11, 16),
      model: key[0],
      calls: values['requests.count'],
      source,
    }))
}

async function closeMinute(of: LiveSite): Promise<void> {
  await of.settle()
  of.clock.advance(70_000)
  await of.hub.send(calls(of, 1, `end-${of.clock.now()}`, 0, 'clock'), { project: 'p' })
  await of.settle()
}

it('goes on from its checkpoint after a kill, and repeats nothing', async () => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 3, 'before'), { project: 'p' })
  await site.settle()
  expect(site.checkpoint.written).toBeGreaterThan(0)
  await site.hub.send(calls(site, 4, 'unsaved'), { project: 'p' })
  await site.kill()
  await site.start([CALLS])
  await closeMinute(site)
  expect(counts(site)).toEqual([{ at: '12:00', model: 'gpt-4o', calls: 7, source: 'live' }])
  expect(site.problems).toEqual([])
})

it.each([
  ['a flipped bit', (bytes: Uint8Array) => bytes.with(40, (bytes[40] ?? 0) ^ 1), 'checksum'],
  ['a cut end', (bytes: Uint8Array) => bytes.slice(0, -5), 'checksum'],
  ['nothing at all', () => new Uint8Array(3), 'ends within its head'],
  ['another file', () => new TextEncoder().encode('not a checkpoint at all'), 'no checkpoint'],
])('begins anew with a checkpoint that has %s', async (_, damage, why) => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 3, 'before'), { project: 'p' })
  await site.settle()
  await site.kill()
  site.checkpoint.bytes = damage(site.checkpoint.bytes ?? new Uint8Array())
  await site.start([CALLS])
  await closeMinute(site)
  expect(counts(site)).toEqual([{ at: '12:00', model: 'gpt-4o', calls: 3, source: 'live' }])
  expect(site.problems.join()).toContain(why)
  expect(site.consumer.status().resets).toBe(1)
})

it('has the store tell what a window had before a definition was added', async () => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 3, 'before'), { project: 'p' })
  await site.settle()
  const added: LiveDefinition = {
    ...CALLS,
    name: 'mine',
    windows: [{ type: 'tumbling', size: '2m' }],
  }
  expect(site.consumer.put(added).ok).toBe(true)
  await site.hub.send(calls(site, 2, 'after'), { project: 'p' })
  await closeMinute(site)
  await closeMinute(site)
  const mine = [...site.told.values()].filter((each) => each.definition === 'mine')
  const first = mine.find(({ key, pane }) => key[0] === 'gpt-4o' && pane.closed)
  expect(first?.values['requests.count']).toBe(5)
  expect(first?.source).toBe('store')
  // What was counted of that window was never told.
  const told = site.updates.filter((each) => each.definition === 'mine')
  const ofWindow = told.filter(({ window }) => window.start === first?.window.start)
  expect(new Set(ofWindow.map(({ source }) => source))).toEqual(new Set(['store']))
  expect(site.consumer.remove('mine')).toBe(true)
  expect(site.consumer.remove('mine')).toBe(false)
})

it('counts groups beyond the limit under one key of their project', async () => {
  site = await LiveSite.open()
  await site.start([{ ...CALLS, maxGroups: 2 }])
  for (let i = 0; i < 6; i++) {
    await site.hub.send(calls(site, 2, `m${i}`, 0, `model-${i}`), { project: 'p' })
  }
  await closeMinute(site)
  expect(counts(site).map(({ model, calls: n }) => [model, n])).toEqual([
    ['model-0', 2],
    ['model-1', 2],
    ['__other__', 8],
  ])
  expect(site.consumer.status().series[0]?.overflow).toBeGreaterThanOrEqual(8)
})

it('begins anew at the end of the log when it is too far behind', async () => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 1, 'first'), { project: 'p' })
  await site.settle()
  await site.kill()
  for (let i = 0; i < 5; i++) await site.hub.send(calls(site, 2, `lag${i}`), { project: 'p' })
  await site.start([CALLS], { maxLagRecords: 3 })
  await closeMinute(site)
  expect(site.consumer.status().resets).toBe(1)
  expect(site.problems.join()).toContain('records behind the log')
  expect(counts(site)).toEqual([{ at: '12:00', model: 'gpt-4o', calls: 11, source: 'store' }])
})

it('corrects a closed window when an event comes too late for it', async () => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 3, 'in-time'), { project: 'p' })
  await closeMinute(site)
  await closeMinute(site)
  await site.hub.send(calls(site, 2, 'late', 140), { project: 'p' })
  await site.settle()
  const [first] = counts(site)
  expect(first).toEqual({ at: '12:00', model: 'gpt-4o', calls: 5, source: 'store' })
  expect(site.consumer.status().series[0]?.late).toBe(2)
})

it('tells present values while somebody listens, and in snapshots', async () => {
  site = await LiveSite.open()
  await site.start([CALLS])
  await site.hub.send(calls(site, 3, 'a'), { project: 'p' })
  await site.settle()
  expect(site.updates).toEqual([])
  const stop = site.consumer.listen()
  site.clock.advance(2000)
  await site.settle()
  const [update] = site.updates as [LiveUpdate]
  expect(update.pane).toEqual({ index: 0, timing: 'early', closed: false })
  expect(update.values).toEqual({ 'requests.count': 3, 'tokens.input': 21 })
  stop()
  await site.hub.send(calls(site, 1, 'b'), { project: 'p' })
  await site.settle()
  site.clock.advance(2000)
  const snapshot = await site.consumer.snapshot({
    definition: 'calls',
    size: '1m',
    project: 'p',
    limit: 10,
  })
  expect(snapshot?.updates.map(({ values }) => values['requests.count'])).toEqual([4])
  const other = { definition: 'calls', size: '1h', project: 'p', limit: 10 }
  expect(await site.consumer.snapshot(other)).toBeNull()
})

it('shows closed windows after a start too, but keeps no names of people', async () => {
  site = await LiveSite.open()
  const people = { ...CALLS, name: 'people', by: ['user'] }
  const request = { definition: 'calls', size: '1m', project: 'p', limit: 10 }
  await site.start([CALLS, people])
  await site.hub.send(calls(site, 3, 'a'), { project: 'p' })
  await closeMinute(site)
  const before = site.consumer.keptResults(request)
  expect(before?.updates.map(({ values }) => values['requests.count'])).toEqual([3])
  expect(site.consumer.keptResults({ ...request, definition: 'people' })?.updates).toHaveLength(1)
  await site.stop()
  await site.start([CALLS, people])
  await site.settle()
  expect(site.consumer.keptResults(request)?.updates).toEqual(before?.updates)
  expect(site.consumer.keptResults({ ...request, definition: 'people' })?.updates).toEqual([])
})

it('withdraws what it told of a session that has grown, or become one with another', async () => {
  site = await LiveSite.open()
  const sessions: LiveDefinition = { ...CALLS, windows: [{ type: 'session', gap: '30s' }] }
  await site.start([sessions])
  site.consumer.listen()
  // The third lies between the others and makes one session of two.
  for (const [name, ago] of [
    ['a', 40],
    ['b', 0],
    ['c', 20],
  ] as const) {
    await site.hub.send(calls(site, 1, name, ago), { project: 'p' })
    await site.settle()
    site.clock.advance(1500)
    await site.settle()
  }
  const size = site.consumer.status().series[0]?.size ?? ''
  const request = { definition: 'calls', size, project: 'p', limit: 100 }
  const open = await site.consumer.snapshot(request)
  expect(open?.updates.map(({ values }) => values['requests.count'])).toEqual([3])
  // Whoever keeps what he is told has the same.
  const held = new Map<string, unknown>()
  for (const { window, key, removed, values } of site.updates) {
    const name = JSON.stringify([window, key])
    if (removed === true) held.delete(name)
    else held.set(name, values['requests.count'])
  }
  expect([...held.values()]).toEqual([3])
})

it.each<[Partial<LiveDefinition>, string, string]>([
  [{ name: '1' }, '/name', 'letter'],
  [{ windows: [] }, '/windows', '1 to 16'],
  [{ windows: [{ type: 'tumbling', size: '5x' }] }, '/windows/0', '5x'],
  [{ windows: [{ type: 'tumbling', size: '10ms' }] }, '/windows/0', 'shorter'],
  [{ windows: [{ type: 'calendar', step: '1h', zone: 'Mars' }] }, '/windows/0', 'Mars'],
  [{ measures: ['latency.p96'] }, '/measures/0', 'latency.p90'],
  [{ measures: ['users.count'] }, '/measures/0', 'distinct'],
  [{ by: ['modle'] }, '/by/0', 'Did you mean'],
  [
    { where: { all: [{ field: 'modle', op: 'eq', value: 'x' }] } },
    '/where/all/0/field',
    'Did you mean',
  ],
  [{ trigger: { on: 'count', n: 0 } }, '/trigger', 'n'],
  [{ maxGroups: 0 }, '/maxGroups', 'whole'],
])('refuses %j and names %s', async (wrong, path, text) => {
  site = await LiveSite.open()
  await site.start([])
  const outcome = site.consumer.put({ ...CALLS, ...wrong })
  expect(outcome.ok).toBe(false)
  if (outcome.ok) return
  expect(outcome.code).toBe('invalid')
  const issue = outcome.issues.find((each) => each.path === path)
  expect(issue?.message).toContain(text)
})
