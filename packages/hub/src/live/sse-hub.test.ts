import type { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { memoryLiveSource, result } from '../../test/memory-live-source.ts'
import type { LiveSource } from './live.ts'
import { DEFAULT_STREAM_LIMITS, LiveHub } from './sse-hub.ts'

const ONE = {
  id: 'calls/1m',
  definition: 'calls',
  size: '1m',
  by: ['model'],
  project: null,
  limit: 10_000,
  filter: null,
  about: {},
}

function hubOf(source: LiveSource) {
  const clock = manualClock()
  const errors: unknown[] = []
  const hub = new LiveHub({
    source,
    clock,
    random: () => 0.5,
    epoch: 'run1',
    limits: DEFAULT_STREAM_LIMITS,
    onError: (error) => errors.push(error),
  })
  const open = (endAfterMs: number | null): Readable => {
    const opening = hub.open({
      owner: 'key',
      subscriptions: [ONE],
      lastEventId: undefined,
      authorized: () => true,
      endAfterMs,
    })
    if (!opening.ok) throw new Error(opening.message)
    return opening.body
  }
  return { clock, errors, hub, open }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function textOf(body: Readable): Promise<string> {
  let text = ''
  for await (const chunk of body) text += String(chunk)
  return text
}

test('a stream that ends after its snapshot waits until that is read', async () => {
  const source = memoryLiveSource()
  source.tell(...Array.from({ length: 2000 }, (_, at) => result(`model-${at}`, at)))
  const { clock, hub, open } = hubOf(source)
  const body = open(0)
  await turn()
  clock.advance(20_000)
  const text = await textOf(body)
  expect(text).toContain('"model-1999"')
  expect(text).toMatch(/event: bye\ndata: {"reason":"done","retryAfter":null}\n\n$/)
  await turn()
  expect(hub.stats()).toEqual({ clients: 0, queued: 0, coalesced: 0, ended: { done: 1 } })
  hub.close()
})

test('a stream that has ended is let go of even if nobody reads the end of it', async () => {
  const { clock, hub, open } = hubOf(memoryLiveSource())
  const body = open(5000)
  await turn()
  clock.advance(5000)
  await turn()
  expect([hub.stats().clients, body.destroyed]).toEqual([1, false])
  clock.advance(DEFAULT_STREAM_LIMITS.stalledMs)
  await turn()
  expect([hub.stats().clients, body.destroyed]).toEqual([0, true])
  hub.close()
})

test('a source that fails ends the stream, and the next one may work', async () => {
  const works = memoryLiveSource()
  let fails = true
  const source: LiveSource = {
    ...works,
    snapshot: (of) =>
      fails ? Promise.reject(new Error('the thread is gone')) : works.snapshot(of),
  }
  const { errors, hub, open } = hubOf(source)
  expect(await textOf(open(0))).toMatch(/"reason":"unavailable","retryAfter":3}/)
  expect(errors).toEqual([new Error('the thread is gone')])
  fails = false
  expect(await textOf(open(0))).toMatch(/"reason":"done"/)
  hub.close()
})

test('a definition that is not there ends the stream', async () => {
  const { hub, open } = hubOf(memoryLiveSource([]))
  expect(await textOf(open(null))).toMatch(/"reason":"removed","retryAfter":null}/)
  hub.close()
  expect(() => open(null)).toThrow('the hub is stopping')
})
