import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterCount,
  batchesOf,
  createWindowOperator,
  defineAggregate,
  type Pipeline,
  ProcessOperator,
  repeatedly,
  type Stream,
  StreamError,
  stream,
  tumbling,
} from '../src/index.ts'

type Event = Readonly<Record<string, unknown>>

const longest = defineAggregate<{ text: string }>({
  name: 'longest',
  needs: 'text',
  init: () => ({ text: '' }),
  add(state, value) {
    if (String(value).length > state.text.length) state.text = String(value)
  },
  merge: (a, b) => (b.text.length > a.text.length ? b : a),
  value: (state) => state.text,
})

const source = (): Stream<Event> => stream<Event>({ watermark: { type: 'ascending' } })
const sums = (from: Stream<Event>): Stream<Event> =>
  from
    .keyBy('key')
    .window(tumbling(10))
    .trigger(repeatedly(afterCount(1)))
    .aggregate({ sum: { aggregate: 'sum', of: 'value' } }) as unknown as Stream<Event>
const counts = (from: Stream<Event>): Stream<Event> =>
  from.keyBy('key').window(tumbling(10)).aggregate({ n: 'count' }) as unknown as Stream<Event>

/** Pipelines in which some stage cannot read a text as `value`, and others before it can. */
const PIPELINES: Readonly<Record<string, () => Pipeline<unknown>>> = {
  'one window': () => sums(source()).run(),
  'behind a filter': () => sums(source().filter(() => true)).run(),
  'behind a function': () => sums(source().map<Event>((event) => ({ ...event }))).run(),
  'behind rows that are chosen': () => sums(source().select((_, rows) => rows.slice())).run(),
  'beside a window that takes it': () => {
    const events = source()
    return counts(events).union(sums(events)).run()
  },
  'beside one, behind filters': () => {
    const events = source()
    const one = counts(events.filter(() => true))
    return one.union(sums(events.filter(() => true).map<Event>((event) => event))).run()
  },
  'beside a function with state': () => {
    const events = source()
    const seen = events.keyBy('key').process<number, Event>({
      onEvent(_, context) {
        context.state = (context.state ?? 0) + 1
        context.emit({ seen: context.state })
      },
    })
    return (seen as unknown as Stream<Event>).union(sums(events)).run()
  },
}

const good = fc.record({
  time: fc.integer({ min: 0, max: 100 }),
  key: fc.constantFrom('a', 'b'),
  value: fc.integer({ min: -9, max: 9 }),
})
/** What no stage that sums can read, later than everything and so a reason to raise the watermark. */
const WRONG: readonly Event[] = [
  { time: 1000, key: 'a', value: 'x' },
  { time: 1000, key: 'c', value: { deep: 1 } },
  { time: '1000', key: 'a', value: 1 },
]

describe.each(Object.keys(PIPELINES))('a push that is refused: %s', (name) => {
  it('leaves no trace, whatever came with it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(good, { maxLength: 6 }),
        fc.array(good, { maxLength: 4 }),
        fc.constantFrom(...WRONG),
        async (before, beside, wrong) => {
          const make = PIPELINES[name]
          if (make === undefined) throw new Error(name)
          const pipeline = make()
          await pipeline.push(before)
          const state = pipeline.snapshot()
          const statistics = pipeline.statistics()
          await expect(pipeline.push([...beside, wrong])).rejects.toThrow(StreamError)
          await expect(pipeline.push([wrong, ...beside])).rejects.toThrow(StreamError)
          expect(() => pipeline.offer([...beside, wrong])).toThrow(StreamError)
          expect(pipeline.snapshot()).toEqual(state)
          expect(pipeline.statistics()).toEqual(statistics)
          // And what comes next is as if it had never been.
          const other = make()
          await other.push(before)
          for (const one of [pipeline, other]) {
            await one.push(beside)
            one.end()
          }
          expect(pipeline.take()).toEqual(other.take())
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('a push', () => {
  it('is one step of time, though its events are of several types', async () => {
    const pipeline = counts(source()).run()
    // The number and the text are in batches of their own; the second is not late because of the first.
    await pipeline.push([
      { time: 50, key: 'a', value: 1 },
      { time: 5, key: 'a', value: 'x' },
    ])
    pipeline.end()
    expect(pipeline.statistics().late).toBe(0)
    expect(pipeline.take()).toHaveLength(2)
  })

  it('is decided behind a filter, which may leave out what cannot be read', async () => {
    const pipeline = sums(source().filter((event) => typeof event['value'] === 'number')).run()
    await pipeline.push([
      { time: 1, key: 'a', value: 1 },
      { time: 2, key: 'a', value: 'x' },
    ])
    expect(pipeline.take()).toHaveLength(1)
    expect(pipeline.statistics().events).toBe(2)
  })

  it('calls a function of the user once for each event', async () => {
    let calls = 0
    const counted = source().filter(() => {
      calls++
      return true
    })
    const pipeline = sums(counted).run()
    await pipeline.push([
      { time: 1, key: 'a', value: 1 },
      { time: 2, key: 'a', value: 1 },
    ])
    expect(calls).toBe(2)
    const [batch] = batchesOf([{ time: 3, key: 'a', value: 1 }])
    if (batch === undefined) throw new Error('no batch')
    // The same batch again is other events: the function may answer otherwise.
    for (let i = 0; i < 3; i++) await pipeline.pushBatch(batch)
    expect(calls).toBe(5)
  })

  it('that a function of the user fails on leaves no trace', async () => {
    const failing = source().map<Event>((event) => {
      if (event['value'] === 7) throw new Error('seven')
      return event
    })
    const pipeline = sums(failing).run()
    await pipeline.push({ time: 1, key: 'a', value: 1 })
    const state = pipeline.snapshot()
    const two = [
      { time: 20, key: 'a', value: 1 },
      { time: 21, key: 'a', value: 7 },
    ]
    await expect(pipeline.push(two)).rejects.toThrow('seven')
    expect(pipeline.snapshot()).toEqual(state)
  })
})

describe('an operator that refuses a batch', () => {
  const tags = {
    type: 'tags',
    offsets: Uint32Array.of(0, 0),
    keys: new Int32Array(0),
    keyNames: [],
    values: { type: 'text', valid: null, offsets: Uint32Array.of(0), bytes: new Uint8Array(0) },
  } as const
  const numbers = { type: 'f64', valid: null, data: Float64Array.of(5) } as const
  const texts = { type: 'dict', codes: Int32Array.of(0), values: ['x'] } as const

  it.each([
    ['a key of tags', { time: numbers, key: tags, value: numbers, name: texts }],
    ['a time of texts', { time: texts, key: texts, value: numbers, name: texts }],
    ['texts to sum', { time: numbers, key: texts, value: texts, name: texts }],
    ['tags to keep', { time: numbers, key: texts, value: numbers, name: tags }],
    [
      'numbers where a definition needs texts',
      { time: numbers, key: texts, value: numbers, name: numbers },
    ],
  ])('counts nothing of it: %s', (_, columns) => {
    const operator = createWindowOperator({
      keys: ['key'],
      windowing: { window: { type: 'tumbling', size: 10 } },
      aggregates: [
        { as: 'n', aggregate: 'count' },
        { as: 'sum', aggregate: 'sum', of: 'value' },
        { as: 'names', aggregate: 'collect', of: 'name' },
        { as: 'kinds', aggregate: 'distinct', of: 'name' },
        { as: 'longest', aggregate: 'longest', of: 'name' },
      ],
      others: { longest },
    })
    const state = operator.snapshot()
    const statistics = operator.statistics()
    const batch = { rows: 1, columns: new Map(Object.entries(columns)) }
    expect(() => operator.check(batch)).toThrow(StreamError)
    expect(() => operator.push(batch)).toThrow(StreamError)
    expect(operator.snapshot()).toEqual(state)
    expect(operator.statistics()).toEqual(statistics)
  })

  it('counts nothing of it: a process function', () => {
    const operator = new ProcessOperator({
      name: 'x',
      inputs: [{ keys: ['key'] }],
      process: {
        onEvent: () => {
          throw new Error('called')
        },
      },
    })
    const state = operator.snapshot()
    const columns = new Map(Object.entries({ time: numbers, key: tags }))
    expect(() => operator.push({ rows: 1, columns })).toThrow(StreamError)
    expect(() => operator.push({ rows: 1, columns: new Map([['time', texts]]) })).toThrow(/of type/)
    expect(() => operator.push({ rows: 0, columns: new Map() }, undefined, 3)).toThrow(/no input 3/)
    expect(operator.snapshot()).toEqual(state)
    expect(operator.statistics().events).toBe(0)
  })
})
