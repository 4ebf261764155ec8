import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AskOutcome } from '../../src/core/ask.ts'
import { DefinitionWindows } from '../../src/live/definition-windows.ts'
import type { LiveDefinition } from '../../src/live/live.ts'
import { BACKFILL, LIVE } from '../../src/log/log.ts'
import { encodeOperation } from '../../src/log/operation.ts'
import { erasedRows } from '../../src/log/operation-rows.ts'
import { callEvent } from '../intake-fixture.ts'
import { LiveSite } from './live-site.ts'

let site: LiveSite

afterEach(() => {
  vi.restoreAllMocks()
  return site.remove()
})

const CALLS: LiveDefinition = {
  name: 'calls',
  project: null,
  windows: [{ type: 'calendar', step: '1m' }],
  by: ['model'],
  measures: ['requests.count'],
  where: null,
}
const REBUILDING: AskOutcome = {
  ok: false,
  code: 'store_rebuilding',
  message: 'it is being built again',
  issues: [],
}

/** Sends calls of `ago` seconds back. */
async function send(
  count: number,
  name: string,
  { ago = 0, model = 'gpt-4o', partition = 0, project = 'p' } = {},
): Promise<void> {
  const timestamp = new Date(site.clock.now() - ago * 1000).toISOString()
  const events = Array.from({ length: count }, (_, i) =>
    callEvent(`${name}-${i}`, { model_id: model, request_id: `${name}-${i}` }, { timestamp }),
  )
  await site.hub.send(events, { project, partition })
}

/** Lets `seconds` pass, and says so by an event. */
async function pass(seconds: number): Promise<void> {
  site.clock.advance(seconds * 1000)
  await send(1, `clock-${site.clock.now()}`, { model: 'clock' })
  await site.settle()
}

/** Calls of the closed windows of a model as they were told last, by the minute they begin at. */
function told(model = 'gpt-4o', definition = 'calls'): Record<string, unknown> {
  const found = [...site.told.values()].filter(
    (each) => each.definition === definition && each.key[0] === model && each.pane.closed,
  )
  return Object.fromEntries(
    found.map(({ window, values, removed }) => [
      new Date(window.start / 1000).toISOString().slice(11, 19),
      removed === true ? 'removed' : values['requests.count'],
    ]),
  )
}

/** Lets everything that is ready to run, run. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await site.turn()
}

async function begin(
  definitions: readonly LiveDefinition[] = [CALLS],
  limits: Parameters<LiveSite['start']>[1] = {},
): Promise<void> {
  site = await LiveSite.open()
  await site.start(definitions, limits)
}

describe('a window in doubt', () => {
  it('is asked for after a kill in the middle of its question', async () => {
    await begin()
    await send(3, 'live')
    await site.settle()
    await send(2, 'import', { partition: BACKFILL })
    await site.settle()
    site.answering = () => new Promise(() => {})
    site.clock.advance(70_000)
    await send(1, 'clock', { model: 'clock' })
    await turns()
    site.clock.advance(2000)
    // Nothing concerns it, but a checkpoint is written.
    await send(1, 'later', { model: 'clock' })
    for (let i = 0; i < 20; i++) await turns()
    const { bytes } = site.checkpoint
    site.answering = (answer) => answer()
    site.abandon()
    site.checkpoint.bytes = bytes
    await site.start([CALLS])
    await pass(1)
    expect(told()).toEqual({ '12:00:00': 5 })
  })

  it('is never told as it was counted, however far time goes at once', async () => {
    await begin()
    await send(3, 'live')
    await send(2, 'import', { partition: BACKFILL })
    await site.settle()
    await pass(600)
    const all = site.updates.filter(({ key }) => key[0] === 'gpt-4o')
    expect(all.map(({ values }) => values['requests.count'])).toEqual([5])
  })

  it('does not wait for one whose question fails', async () => {
    await begin([
      { ...CALLS, name: 'bad', project: 'q' },
      { ...CALLS, project: 'p' },
    ])
    await send(1, 'bad', { partition: BACKFILL, project: 'q' })
    await send(1, 'good', { partition: BACKFILL, project: 'p' })
    site.answering = (answer, project) =>
      project === 'q'
        ? Promise.resolve({ ...REBUILDING, code: 'query_timeout' } as AskOutcome)
        : answer()
    site.clock.advance(70_000)
    await send(1, 'clock', { model: 'clock' })
    while (told()['12:00:00'] === undefined) await turns()
    expect(told()).toEqual({ '12:00:00': 1 })
  })

  it('is not given an answer that a newer one has overtaken', async () => {
    await begin()
    await send(3, 'live')
    await send(1, 'import', { partition: BACKFILL })
    await site.settle()
    const held: (() => void)[] = []
    site.answering = async (answer) => {
      const outcome = await answer()
      await new Promise<void>((resolve) => held.push(resolve))
      return outcome
    }
    const request = { definition: 'calls', size: '1m', project: 'p', limit: 10 }
    const snapshot = site.consumer.snapshot(request)
    await turns()
    site.answering = (answer) => answer()
    await send(2, 'import-2', { partition: BACKFILL })
    await pass(70)
    for (const release of held) release()
    await snapshot
    expect(told()).toEqual({ '12:00:00': 6 })
  })

  it('of a lateness longer than windows are kept stays in doubt', async () => {
    await begin([{ ...CALLS, lateness: '1h' }], { windows: 2 })
    await send(3, 'live')
    await send(2, 'import', { partition: BACKFILL })
    await pass(300)
    await pass(300)
    await send(1, 'late', { ago: 600 })
    await site.settle()
    expect(told()['12:00:00']).toBe(6)
  })
})

it.each([
  [{ type: 'hopping', size: '4m', slide: '1m' } as const],
  [{ type: 'cumulate', size: '4m', step: '1m' } as const],
])('a row too late for some of the windows %j around it corrects those', async (window) => {
  await begin([{ ...CALLS, windows: [window], lateness: '10s' }])
  await send(3, 'live', { ago: -5 })
  await pass(70)
  await pass(70)
  await send(2, 'late', { ago: 130 })
  await pass(400)
  const { wrong } = await site.compare(['p'])
  expect(wrong).toEqual([])
  expect(Object.values(told())).toContain(5)
})

describe('when too far behind', () => {
  it('windows that were open are told however long ago they ended', async () => {
    await begin([CALLS], { maxLagRecords: 3 })
    await send(3, 'first')
    await site.settle()
    await site.stop()
    await send(1, 'second')
    site.clock.advance(300_000)
    for (let i = 0; i < 6; i++) await send(1, `lag${i}`)
    await site.start([CALLS], { maxLagRecords: 3 })
    await pass(70)
    expect(told()).toEqual({ '12:00:00': 4, '12:05:00': 6 })
  })

  it('closed windows are corrected by what was passed over', async () => {
    await begin([CALLS], { maxLagRecords: 3, windows: 60 })
    await send(3, 'first')
    await pass(70)
    await pass(100)
    expect(told()).toEqual({ '12:00:00': 3 })
    // All at once, as when the thread had no time.
    site.muted = true
    for (let i = 0; i < 6; i++) await send(1, `late${i}`, { ago: 165 })
    site.unmute()
    await site.settle()
    expect(site.consumer.status().resets).toBe(1)
    expect(told()).toEqual({ '12:00:00': 9 })
  })
})

it('a definition added after imports alone has their rows', async () => {
  await begin()
  await send(2, 'import', { partition: BACKFILL, ago: -30 })
  await site.settle()
  expect(site.consumer.put({ ...CALLS, name: 'mine' }).ok).toBe(true)
  await pass(20)
  await send(3, 'live')
  await pass(100)
  const { wrong } = await site.compare(['p'])
  expect(wrong).toEqual([])
  expect(told('gpt-4o', 'mine')).toEqual({ '12:00:00': 5 })
})

it('short windows that are open when a definition is added have their rows', async () => {
  await begin()
  await send(2, 'future', { ago: -2 })
  await send(1, 'far', { ago: -590, model: 'far' })
  await site.settle()
  const short: LiveDefinition = {
    ...CALLS,
    name: 'short',
    windows: [{ type: 'tumbling', size: '1s' }],
  }
  expect(site.consumer.put(short).ok).toBe(true)
  await pass(20)
  await pass(70)
  expect(told('gpt-4o', 'short')).toEqual({ '12:00:02': 2 })
})

it('what is kept is what is corrected', async () => {
  await begin([CALLS], { windows: 3 })
  await send(3, 'first')
  await pass(70)
  await pass(1000)
  await send(1, 'late', { ago: 1070 })
  await site.settle()
  const request = { definition: 'calls', size: '1m', project: 'p', limit: 100 }
  const snapshot = await site.consumer.snapshot(request)
  const kept = snapshot?.updates.filter(({ key }) => key[0] === 'gpt-4o')
  expect(kept).toEqual([])
})

it('an import before the first event is held against the clock', async () => {
  await begin()
  await send(1, 'import', { partition: BACKFILL, ago: 86_400 })
  await site.settle()
  expect(site.consumer.status().watermark).not.toBeNull()
})

describe('forgetting', () => {
  it('fails where no checkpoint can be written', async () => {
    await begin()
    await send(1, 'first')
    await site.settle()
    const replace = site.checkpoint.replace.bind(site.checkpoint)
    site.checkpoint.replace = () => Promise.reject(new Error('ENOSPC: no space left on device'))
    expect(await site.consumer.forget()).toBe(false)
    site.checkpoint.replace = replace
    expect(await site.consumer.forget()).toBe(true)
  })
})

it('rows that were read before the log could not be read on are in the checkpoint', async () => {
  await begin()
  await send(1, 'first')
  await site.settle()
  site.muted = true
  await send(3, 'second')
  await send(4, 'third')
  const { log } = site.hub
  const read = log.read.bind(log)
  log.read = async function* (partition, from, until) {
    for await (const record of read(partition, from, until)) {
      yield record
      throw new Error('EIO: i/o error')
    }
  }
  site.unmute()
  await turns()
  site.clock.advance(300)
  await turns()
  await site.stop()
  log.read = read
  await site.start([CALLS])
  await pass(70)
  expect(told()).toEqual({ '12:00:00': 8 })
})

it('an erasure takes back the closed results that name whom it is about', async () => {
  const byTag: LiveDefinition = { ...CALLS, by: ['model', 'tag.customer'] }
  await begin([byTag])
  const at = { timestamp: new Date(site.clock.now()).toISOString() }
  const call = (name: string): unknown =>
    callEvent(name, { model_id: 'gpt-4o' }, { ...at, tags: { customer: name } })
  await site.hub.send([call('ann')], { project: 'p' })
  await site.hub.send([call('bob')], { project: 'p' })
  await pass(70)
  await pass(200)
  const payload = encodeOperation({
    op: 'erase',
    id: 'e',
    at: site.clock.nowMicros(),
    by: null,
    cut: new Map([[LIVE, site.hub.log.next(LIVE)]]),
    reason: 'subject_request',
    rows: erasedRows([{ partition: LIVE, offset: 0n, index: 0 }]),
  })
  await site.hub.log.append(LIVE, [{ kind: 'operation', payload }])
  await pass(2)
  const named = [...site.told.values()].filter(({ key }) => key[0] === 'gpt-4o')
  expect(named.map(({ key, removed }) => [key[1], removed === true])).toEqual([
    ['ann', true],
    ['bob', false],
  ])
})

/** Has a method of the windows of a definition throw the first time, after its work is done. */
function failOnce(
  method: 'add' | 'take',
  isMeant: (windows: DefinitionWindows) => boolean = () => true,
): void {
  const original = Reflect.get(DefinitionWindows.prototype, method) as (
    this: DefinitionWindows,
    argument: unknown,
  ) => never
  let hasFailed = false
  vi.spyOn(DefinitionWindows.prototype, method).mockImplementation(function (
    this: DefinitionWindows,
    argument: unknown,
  ) {
    const done = original.call(this, argument)
    if (hasFailed || !isMeant(this)) return done
    hasFailed = true
    throw new Error('out of memory')
  })
}

describe('counting that fails in the middle', () => {
  it('is begun anew, and every window is told as the store has it', async () => {
    await begin()
    await send(3, 'before')
    await site.settle()
    // The first definition's windows have taken the rows when the second one's fail.
    failOnce('add', ({ name }) => name === 'other')
    expect(site.consumer.put({ ...CALLS, name: 'other' })).toMatchObject({ ok: true })
    await send(2, 'after')
    await pass(5)
    await pass(70)
    expect([told(), told('gpt-4o', 'other')]).toEqual([{ '12:00:00': 5 }, { '12:00:00': 5 }])
    expect(site.problems).toEqual([
      'out of memory',
      'the live windows begin anew: they could not be counted',
    ])
    expect((await site.compare(['p'])).wrong).toEqual([])
  })

  it('loses no window that closes as results fail to be taken', async () => {
    await begin()
    await send(3, 'before')
    await site.settle()
    site.clock.advance(60_000)
    await send(2, 'second')
    await site.settle()
    site.updates.length = 0
    site.told.clear()
    failOnce('take')
    await pass(120)
    await pass(5)
    expect(told()).toMatchObject({ '12:01:00': 2 })
    expect(site.problems).toHaveLength(2)
  })
})

it('a trigger without late results has late rows counted by the store, one without an end is refused', async () => {
  await begin([{ ...CALLS, trigger: { on: 'watermark' } }])
  await send(5, 'one')
  await pass(70)
  await send(4, 'late', { ago: 70 })
  await pass(5)
  expect(told()).toEqual({ '12:00:00': 9 })
  const twice = { ...CALLS, name: 'twice', trigger: { on: 'count', n: 2 } } as const
  expect(site.consumer.put(twice)).toMatchObject({
    code: 'invalid',
    issues: [{ path: '/trigger' }],
  })
})
