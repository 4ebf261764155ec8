import { describe, expect, it } from 'vitest'
import {
  createWindowOperator,
  type Key,
  type Pipeline,
  ProcessOperator,
  restoreWindowOperator,
  StreamError,
  stream,
  tumbling,
  type WindowOperatorOptions,
} from '../src/index.ts'
import { batchOf, KEY_VALUE } from './rows.ts'

type Owns = (key: Key) => boolean

/** One kind of thing that takes over snapshots: all keep the same rules. */
interface Kind {
  /** A snapshot behind these keys (an event each at time 1), watermark and clock. */
  make(keys: readonly string[], watermark: number, clock: number): Uint8Array
  /** Counted events, and what each key has counted. */
  take(snapshots: Uint8Array | readonly Uint8Array[], owns?: Owns): [number, Record<string, number>]
  /** Takes over a snapshot twice, or after it was used. */
  takeTwice(snapshot: Uint8Array): void
}

const windows: WindowOperatorOptions = {
  keys: ['key'],
  windowing: { window: { type: 'tumbling', size: 1000 } },
  aggregates: [{ as: 'n', aggregate: 'count' }],
}

const windowOperator: Kind = {
  make(keys, watermark, clock) {
    const operator = createWindowOperator(windows)
    for (const key of keys) operator.push(batchOf([[1, key, 1]], KEY_VALUE))
    operator.watermark(watermark)
    operator.clock(clock)
    return operator.snapshot()
  },
  take(snapshots, owns) {
    const operator = restoreWindowOperator(windows, snapshots, owns)
    const { events } = operator.statistics()
    operator.end()
    const results = operator.takeResults()
    return [events, Object.fromEntries(results.map(({ key, values }) => [key, values['n']]))]
  },
  takeTwice() {
    throw new StreamError('invalid_input', 'it is made of them')
  },
}

const counting = (): ProcessOperator<number, number> =>
  new ProcessOperator<number, number>({
    name: 'counting',
    inputs: [{ keys: ['key'] }],
    process: {
      onEvent(_, context) {
        context.state = (context.state ?? 0) + 1
        context.setTimer(1000)
      },
      onTimer(context) {
        context.emit(context.state ?? 0)
      },
    },
  })

const processOperator: Kind = {
  make(keys, watermark, clock) {
    const operator = counting()
    for (const key of keys) operator.push(batchOf([[1, key, 1]], KEY_VALUE))
    operator.watermark(watermark)
    operator.clock(clock)
    return operator.snapshot()
  },
  take(snapshots, owns) {
    const operator = counting()
    operator.restore(snapshots, owns)
    const { events } = operator.statistics()
    operator.end()
    return [
      events,
      Object.fromEntries(operator.takeResults().map(({ key, value }) => [key, value])),
    ]
  },
  takeTwice(snapshot) {
    const operator = counting()
    operator.restore(snapshot)
    operator.restore(snapshot)
  },
}

function counts(now = 0): Pipeline<{ key: Key; values: Readonly<Record<string, unknown>> }> {
  return stream({ watermark: { type: 'ascending' } })
    .filter((event) => event['key'] !== 'none')
    .keyBy('key')
    .window(tumbling(1000))
    .aggregate({ n: 'count' })
    .run({ clock: () => now })
}

const pipelines: Kind = {
  make(keys, watermark, clock) {
    const pipeline = counts(clock)
    for (const key of keys) pipeline.offer({ time: 1, key })
    pipeline.offer({ time: watermark, key: 'none' })
    return pipeline.snapshot()
  },
  take(snapshots, owns) {
    const pipeline = counts()
    pipeline.restore(snapshots, owns)
    const { events } = pipeline.statistics()
    pipeline.end()
    return [
      Math.max(0, events - 1),
      Object.fromEntries(pipeline.take().map(({ key, values }) => [key, values['n']])),
    ]
  },
  takeTwice(snapshot) {
    const pipeline = counts()
    pipeline.offer({ time: 1, key: 'a' })
    pipeline.restore(snapshot)
  },
}

describe.each([
  ['a window operator', windowOperator],
  ['a process operator', processOperator],
  ['a pipeline', pipelines],
])('%s takes over snapshots', (_, kind) => {
  it('of one whole, and its counters go on', () => {
    expect(kind.take(kind.make(['a', 'a', 'b'], 10, 5))).toEqual([3, { a: 2, b: 1 }])
    expect(kind.take([kind.make(['a', 'a', 'b'], 10, 5)])).toEqual([3, { a: 2, b: 1 }])
  })

  it('of several, and counters begin at 0', () => {
    const all = [kind.make(['a', 'a'], 10, 5), kind.make(['b'], 10, 5)]
    expect(kind.take(all)).toEqual([0, { a: 2, b: 1 }])
  })

  it('of the keys it owns, and counters begin at 0', () => {
    const one = kind.make(['a', 'a', 'b'], 10, 5)
    expect(kind.take(one, (key) => key === 'a')).toEqual([0, { a: 2 }])
  })

  it.each([
    ['watermark', 11, 5],
    ['clock', 10, 6],
  ])('of one %s only', (what, watermark, clock) => {
    const all = [kind.make(['a'], 10, 5), kind.make(['b'], watermark, clock)]
    expect(() => kind.take(all)).toThrow(
      expect.objectContaining({
        code: 'bad_snapshot',
        message: expect.stringMatching(`one ${what}`) as string,
      }),
    )
  })

  it('that are whole, and no other bytes', () => {
    const one = kind.make(['a'], 10, 5)
    const wrong = [null, 5, 'snapshot', [one, null], one.slice(0, -1), new Uint8Array(0)]
    for (const snapshot of wrong) {
      expect(() => kind.take(snapshot as Uint8Array)).toThrow(
        expect.objectContaining({ code: 'bad_snapshot' }),
      )
    }
  })

  it('before anything else', () => {
    expect(() => kind.takeTwice(kind.make(['a'], 10, 5))).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  })
})

describe('results that wait in a snapshot of a pipeline', () => {
  const filled = (): Uint8Array => {
    const pipeline = counts()
    pipeline.offer({ time: 1, key: 'a' })
    pipeline.offer({ time: 2000, key: 'a' })
    return pipeline.snapshot()
  }

  it('go on, also those of several', () => {
    const pipeline = counts()
    pipeline.restore([filled(), filled()])
    expect(pipeline.take()).toHaveLength(2)
  })

  it('cannot be divided by key, and are not dropped in silence', () => {
    const pipeline = counts()
    expect(() => pipeline.restore(filled(), () => true)).toThrow(/cannot be divided by key/)
  })
})
