import { describe, expect, it } from 'vitest'
import {
  afterCount,
  afterWatermark,
  hopping,
  type Row,
  session,
  stream,
  tumbling,
} from '../index.ts'

const ordered = { watermark: { type: 'ascending' } } as const

interface Call extends Record<string, unknown> {
  readonly time: number
  readonly service: string
  readonly ms: number
}

const calls: readonly Call[] = [
  { time: 1000, service: 'chat', ms: 120 },
  { time: 2000, service: 'chat', ms: 80 },
  { time: 3000, service: 'search', ms: 20 },
  { time: 61_000, service: 'chat', ms: 300 },
]

function perMinute() {
  return stream<Call>(ordered)
    .keyBy('service')
    .window(tumbling('1m'))
    .aggregate({ calls: 'count', slowest: { aggregate: 'max', of: 'ms' } })
}

async function all<O>(results: AsyncIterable<O>): Promise<O[]> {
  const found: O[] = []
  for await (const result of results) found.push(result)
  return found
}

describe('a pipeline', () => {
  it('reads like the sentence and gives results as windows end', async () => {
    const pipeline = perMinute().run()
    await pipeline.push(calls)
    expect(
      pipeline.take().map(({ key, values }) => [key, values['calls'], values['slowest']]),
    ).toEqual([
      ['chat', 2, 120],
      ['search', 1, 20],
    ])
    pipeline.end()
    expect((await all(pipeline)).map(({ key, window }) => [key, window.start])).toEqual([
      ['chat', 60_000],
    ])
  })

  it('gives the same for events one at a time and in one batch', async () => {
    const early = stream({ watermark: { type: 'bounded', lag: '2s' } })
      .keyBy('service')
      .window(hopping('1m', '20s'))
      .trigger(afterWatermark({ early: afterCount(2), late: afterCount(1) }))
      .discarding()
      .aggregate({ calls: 'count' })
    const whole = early.run()
    await whole.push(calls)
    whole.end()
    const single = early.run()
    for (const call of calls) await single.push(call)
    single.end()
    // The watermark moves with every push, so that panes may differ in their timing, and in nothing else.
    const sorted = (results: unknown[]): string[] =>
      results.map((one) => JSON.stringify(one)).sort()
    const values = (results: { key: unknown; window: unknown; values: unknown }[]): unknown[] =>
      results.map(({ key, window, values }) => ({ key, window, values }))
    expect(sorted(values(single.take()))).toEqual(sorted(values(whole.take())))
  })

  it('passes results of a stage on before its watermark', async () => {
    const pipeline = perMinute()
      .keyBy()
      .window(tumbling('1m'))
      .aggregate({ services: 'count', calls: { aggregate: 'sum', of: 'calls' } })
      .run()
    await pipeline.push(calls)
    pipeline.end()
    expect((await all(pipeline)).map(({ window, values }) => [window.start, values])).toEqual([
      [0, { services: 2, calls: 3 }],
      [60_000, { services: 1, calls: 1 }],
    ])
    expect(pipeline.statistics().late).toBe(0)
  })

  it('filters, maps and unites', async () => {
    const chat = stream({ ...ordered, name: 'a' }).filter((event) => event['service'] === 'chat')
    const renamed = stream({ ...ordered, name: 'b' }).map<Row>(({ time, who }) => ({
      time: time ?? null,
      service: who ?? null,
    }))
    const pipeline = chat
      .union(renamed)
      .keyBy('service')
      .window(session('10s'))
      .aggregate({ n: 'count' })
      .run()
    await pipeline.push(calls, { source: 'a' })
    await pipeline.push([{ time: 5000, who: 'chat' }], { source: 'b' })
    pipeline.end()
    expect((await all(pipeline)).map(({ window, values }) => [window.start, values['n']])).toEqual([
      [1000, 3],
      [61_000, 1],
    ])
  })

  it('joins two branches of one stream', async () => {
    const events = stream(ordered)
    const starts = events.filter((event) => event['what'] === 'start').keyBy('id')
    const ends = events.filter((event) => event['what'] === 'end').keyBy('id')
    const pipeline = starts.joinInterval(ends, { from: 0, to: '10s' }, { join: 'left' }).run()
    await pipeline.push([
      { time: 0, what: 'start', id: 'x' },
      { time: 500, what: 'start', id: 'y' },
      { time: 4000, what: 'end', id: 'x' },
      { time: 30_000, what: 'end', id: 'y' },
    ])
    pipeline.end()
    const pairs = (await all(pipeline)).map(({ key, time, value }) => [
      key,
      time,
      value.right?.['time'] ?? null,
    ])
    expect(pairs).toEqual([
      ['x', 4000, 4000],
      ['y', 10_500, null],
    ])
  })

  it('connects two streams to one function', async () => {
    const requests = stream({ ...ordered, name: 'requests' }).keyBy('id')
    const limits = stream({ ...ordered, name: 'limits' }).keyBy('id')
    const pipeline = requests
      .connect<number, boolean>(limits, {
        onEvent(event, context, input) {
          if (input === 1) context.state = Number(event['most'])
          else context.emit(Number(event['tokens']) <= (context.state ?? 0))
        },
      })
      .run()
    await pipeline.push({ time: 0, id: 'x', most: 100 }, { source: 'limits' })
    await pipeline.push({ time: 1, id: 'x', tokens: 99 })
    await pipeline.push({ time: 2, id: 'x', tokens: 101 })
    expect(pipeline.take().map(({ value }) => value)).toEqual([true, false])
    await expect(pipeline.push({ time: 3 }, { source: 'nowhere' })).rejects.toThrow(
      "there is no source 'nowhere'; there is requests, limits",
    )
  })

  it('joins windows, and windows what was joined', async () => {
    const events = stream(ordered)
    const asked = events.filter((event) => event['what'] === 'ask').keyBy('id')
    const answered = events.filter((event) => event['what'] === 'answer').keyBy('id')
    const pipeline = asked
      .joinWindow(answered, tumbling('10s'))
      .map(({ time, left }) => ({ time, hasLeft: left !== null }))
      .keyBy('hasLeft')
      .window(tumbling('1m'))
      .aggregate({ n: 'count' })
      .run()
    await pipeline.push([
      { time: 1000, what: 'ask', id: 'a' },
      { time: 2000, what: 'answer', id: 'a' },
      { time: 3000, what: 'answer', id: 'a' },
      { time: 15_000, what: 'ask', id: 'b' },
    ])
    pipeline.end()
    expect((await all(pipeline)).map(({ key, values }) => [key, values['n']])).toEqual([[true, 2]])
    expect(pipeline.statistics().late).toBe(0)
  })

  it('holds the watermark of a stage whose results are stamped earlier than their windows end', async () => {
    const pipeline = stream(ordered)
      .keyBy('service')
      .window(tumbling('1m'))
      .settings({ stamp: 'earliest' })
      .aggregate({ n: 'count' })
      .keyBy()
      .window(tumbling('1s'))
      .aggregate({ n: { aggregate: 'sum', of: 'n' } })
      .run()
    for (const call of calls) await pipeline.push(call)
    pipeline.end()
    const found = (await all(pipeline)).map(({ window, values }) => [window.start, values['n']])
    expect(found).toEqual([
      [1000, 2],
      [3000, 1],
      [61_000, 1],
    ])
    expect(pipeline.statistics().late).toBe(0)
  })

  it('refuses a stage that would count what was withdrawn', () => {
    const withdrawing = stream(ordered)
      .keyBy()
      .window(tumbling(1))
      .retracting()
      .aggregate({ n: 'count' })
    const description = withdrawing.keyBy().window(tumbling(1)).aggregate({ n: 'count' })
    expect(() => description.run()).toThrow(/withdrawn/)
    const named = stream(ordered).keyBy('n').window(tumbling(1)).aggregate({ n: 'count' })
    expect(() => named.keyBy().window(tumbling(1)).aggregate({ m: 'count' }).run()).toThrow(/'n'/)
  })

  it('keeps state and timers by key', async () => {
    const pipeline = stream(ordered)
      .keyBy('service')
      .process<Record<string, number>, string>({
        // An event of the next minute may come before the watermark: counts are kept by minute.
        onEvent(_, context) {
          const end = Math.floor(context.time / 60_000) * 60_000 + 60_000
          context.state = { ...context.state, [end]: (context.state?.[end] ?? 0) + 1 }
          context.setTimer(end)
        },
        onTimer(context) {
          const { [context.time]: calls, ...rest } = context.state ?? {}
          context.emit(`${calls} calls by ${context.time}`)
          context.state = Object.keys(rest).length === 0 ? undefined : rest
        },
      })
      .run()
    await pipeline.push(calls)
    pipeline.end()
    expect((await all(pipeline)).map(({ key, value }) => [key, value])).toEqual([
      ['chat', '2 calls by 60000'],
      ['search', '1 calls by 60000'],
      ['chat', '1 calls by 120000'],
    ])
    expect(pipeline.statistics().stages[0]?.counts['keys']).toBe(0)
  })

  it('waits for room, and that is not silence of the source', async () => {
    let now = 0
    const pipeline = stream({ watermark: { type: 'ascending' }, idleAfter: 10 })
      .keyBy('service')
      .window(tumbling(1))
      .aggregate({ n: 'count' })
      .run({ clock: () => now, results: 2 })
    pipeline.addPartition('slow')
    await pipeline.push(calls.slice(0, 1), { partition: 'slow' })
    for (const time of [1, 2, 3]) {
      await pipeline.push([{ time: time * 10_000, service: 'a' }], { partition: 'fast' })
    }
    await pipeline.push([{ time: 30_000, service: 'a' }], { partition: 'slow' })
    expect(pipeline.offer([{ time: 40_000, service: 'a' }])).toBe(false)
    let isIn = false
    const pushed = pipeline
      .push([{ time: 31_000, service: 'a' }], { partition: 'slow' })
      .then(() => {
        isIn = true
      })
    now = 1000
    await Promise.resolve()
    expect(isIn).toBe(false)
    expect(pipeline.take().length).toBeGreaterThanOrEqual(2)
    await pushed
    expect(isIn).toBe(true)
  })

  it('ends with the error of its sink', async () => {
    const pipeline = perMinute().to(() => {
      throw new Error('disk full')
    })
    await pipeline.push(calls)
    await expect(pipeline.finish()).rejects.toThrow('disk full')
  })

  it('goes on from a snapshot as if nothing had happened', async () => {
    const description = perMinute().keyBy('service').window(session('5m')).aggregate({ n: 'count' })
    const whole = description.run()
    const first = description.run()
    await whole.push(calls)
    await first.push(calls.slice(0, 2))
    const second = description.run()
    second.restore(first.snapshot())
    await second.push(calls.slice(2))
    whole.end()
    second.end()
    expect(await all(second)).toEqual(await all(whole))
    expect(second.statistics().events).toBe(4)
  })

  it('divides its keys over more pipelines', async () => {
    const whole = perMinute().run()
    await whole.push(calls)
    whole.take()
    const parts = ['chat', 'search'].map((service) => {
      const part = perMinute().run()
      part.restore(whole.snapshot(), (key) => key === service)
      return part
    })
    whole.end()
    for (const part of parts) part.end()
    const found = (await Promise.all(parts.map((part) => all(part)))).flat()
    expect(found).toEqual(await all(whole))
  })

  it('keeps events from the future away from the watermark', async () => {
    const pipeline = stream({ ...ordered, maxFuture: '1m' })
      .keyBy()
      .window(tumbling('1m'))
      .aggregate({ n: 'count' })
      .run({ clock: () => 100_000 })
    await pipeline.push([{ time: 90_000 }, { time: 8e15 }, { time: 91_000 }])
    expect(pipeline.statistics()).toMatchObject({ future: 1, watermark: 91_000, late: 1 })
    expect(pipeline.takeLate()).toMatchObject([{ reason: 'future', time: 8e15 }])
  })
})
