import type { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../test/manual-clock.ts'
import { memoryLiveSource, result } from '../../test/memory-live-source.ts'
import { DEFAULT_STREAM_LIMITS, LiveHub } from './sse-hub.ts'
import type { LiveSubscription } from './sse-subscription.ts'

/*
 * Whatever happens — results, pauses of the reader, snapshots that take long, lost connections, queues and rings
 * that are too small — a reader that has read everything has the newest result of every window and key.
 */

const subscriptionOf = (size: string): LiveSubscription => ({
  id: `calls/${size}`,
  definition: 'calls',
  size,
  by: ['model'],
  project: null,
  limit: 1000,
  filter: null,
  about: {},
})
const SUBSCRIPTIONS = [subscriptionOf('1m'), subscriptionOf('1h')]

interface Row {
  readonly start: string
  readonly project: string
  readonly key: unknown
  readonly values: unknown
}

/** A client as they should be: it keeps what it has, and goes on from the id that it saw last. */
class Reader {
  readonly state = new Map<string, Map<string, unknown>>()
  lastId: string | undefined
  #body: Readable | null = null
  #open = ''

  connect(hub: LiveHub, lastEventId: string | undefined): void {
    const opening = hub.open({
      owner: 'key',
      subscriptions: SUBSCRIPTIONS,
      lastEventId,
      authorized: () => true,
      endAfterMs: null,
    })
    if (!opening.ok) throw new Error(opening.message)
    this.#body = opening.body
  }

  disconnect(): void {
    this.#body?.destroy()
    this.#open = ''
  }

  read(): boolean {
    const chunk = this.#body?.read() as Buffer | null | undefined
    if (chunk === null || chunk === undefined) return false
    this.#open += chunk.toString()
    const blocks = this.#open.split('\n\n')
    this.#open = blocks.pop() ?? ''
    for (const block of blocks) this.#take(block)
    return true
  }

  #take(block: string): void {
    const event = /^event: (.*)$/m.exec(block)?.[1]
    const { sub, updates } = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '{}') as {
      sub: string
      updates: readonly Row[]
    }
    if (event === 'snapshot') this.state.set(sub, new Map())
    if (event === 'snapshot' || event === 'delta') {
      for (const { key, project, start, values } of updates) {
        this.state.get(sub)?.set(JSON.stringify([start, project, key]), values)
      }
    }
    this.lastId = /^id: (.*)$/m.exec(block)?.[1] ?? this.lastId
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function readAll(reader: Reader, clock: ManualClock): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet++) {
    clock.advance(20)
    await turn()
    while (reader.read()) {
      quiet = 0
      await turn()
    }
  }
}

type Step =
  | {
      readonly do: 'tell'
      readonly results: readonly [model: number, minute: number, hour: boolean][]
    }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'read' | 'hold' | 'release' }
  | { readonly do: 'reconnect'; readonly from: 'last' | 'nothing' | 'nonsense' }

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('tell' as const),
        results: fc.array(fc.tuple(fc.nat(3), fc.nat(2), fc.boolean()), {
          minLength: 1,
          maxLength: 12,
        }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 9, 40, 600),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('read', 'hold', 'release') }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('reconnect' as const),
        from: fc.constantFrom('last', 'last', 'nothing', 'nonsense'),
      }),
    },
  ),
  { minLength: 5, maxLength: 60 },
) as fc.Arbitrary<Step[]>

async function follow(all: readonly Step[]): Promise<void> {
  const clock = manualClock()
  const source = memoryLiveSource()
  const errors: unknown[] = []
  const hub = new LiveHub({
    source,
    clock,
    random: () => 0.5,
    epoch: 'run1',
    limits: {
      ...DEFAULT_STREAM_LIMITS,
      queueChars: 2000,
      bufferBytes: 300,
      ringChars: 2500,
      ringMs: 500,
      flushMs: 10,
    },
    onError: (error) => errors.push(error),
  })
  const reader = new Reader()
  reader.connect(hub, undefined)
  const newest = new Map<string, Map<string, { readonly count: number; readonly index: number }>>()
  let count = 0
  for (const step of all) {
    switch (step.do) {
      case 'tell': {
        const updates = step.results.map(([model, minute, hour]) => {
          const size = hour ? '1h' : '1m'
          const own =
            newest.get(size) ??
            new Map<string, { readonly count: number; readonly index: number }>()
          newest.set(size, own)
          const key = `${model} ${minute}`
          const index = (own.get(key)?.index ?? -1) + 1
          own.set(key, { index, count: ++count })
          return result(`model-${model}`, count, { index, minute, size })
        })
        source.tell(...updates)
        break
      }
      case 'advance':
        clock.advance(step.ms)
        break
      case 'read':
        reader.read()
        break
      case 'hold':
      case 'release':
        source.holdSnapshots(step.do === 'hold')
        break
      case 'reconnect': {
        reader.disconnect()
        await turn()
        const ids = { last: reader.lastId, nothing: undefined, nonsense: 'other0-7' }
        reader.connect(hub, ids[step.from])
        break
      }
    }
    await turn()
    expect(hub.stats().queued).toBeLessThan(20_000)
  }
  source.holdSnapshots(false)
  await readAll(reader, clock)
  const counts = (sub: string): unknown[] =>
    [...(reader.state.get(sub)?.values() ?? [])]
      .map((values) => (values as { 'requests.count': number })['requests.count'])
      .toSorted((a, b) => a - b)
  for (const size of ['1m', '1h']) {
    const expected = [...(newest.get(size)?.values() ?? [])].map((each) => each.count)
    expect(counts(`calls/${size}`)).toEqual(expected.toSorted((a, b) => a - b))
  }
  expect(errors).toEqual([])
  reader.disconnect()
  await turn()
  expect(hub.stats()).toMatchObject({ clients: 0, queued: 0 })
  hub.close()
  expect(source.listeners).toBe(0)
}

test('a reader ends up with the newest of everything', async () => {
  await fc.assert(fc.asyncProperty(steps, follow), { numRuns: 300 })
})
