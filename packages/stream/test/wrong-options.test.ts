import { describe, expect, it } from 'vitest'
import {
  afterWatermark,
  createWindowOperator,
  defineAggregate,
  intervalJoin,
  ProcessOperator,
  SourceWatermarks,
  StreamError,
  type StreamOptions,
  session,
  stream,
  tumbling,
  WatermarkGenerator,
  windowJoin,
} from '../src/index.ts'

const ordered: StreamOptions = { watermark: { type: 'ascending' } }
const bounded = { type: 'tumbling', size: 10 } as const
const COUNT = [{ as: 'n', aggregate: 'count' }]

/** What a caller without types could hand over. */
const any = (value: unknown): never => value as never

function refusal(run: () => unknown): Pick<StreamError, 'code' | 'path' | 'message'> {
  try {
    run()
  } catch (error) {
    if (error instanceof StreamError) return error
    throw error
  }
  throw new Error('it was taken')
}

const keyed = (options: StreamOptions = ordered) => stream(options).keyBy('id')
const windowed = () => keyed().window(tumbling('1m'))
const process = { onEvent: () => {} }

describe('what is missing or no such thing at all', () => {
  it.each<[string, () => unknown, string, string]>([
    ['stream()', () => stream(any(undefined)), 'invalid_input', 'options'],
    ['stream({})', () => stream(any({})), 'invalid_input', 'watermark'],
    [
      'a watermark that is a text',
      () => stream(any({ watermark: 'ascending' })),
      'invalid_input',
      'watermark',
    ],
    [
      'a watermark of no type',
      () => stream(any({ watermark: {} })),
      'invalid_input',
      'watermark.type',
    ],
    [
      'a watermark of a type of objects',
      () => stream(any({ watermark: { type: 'toString' } })),
      'invalid_input',
      'watermark.type',
    ],
    [
      'no lag',
      () => stream(any({ watermark: { type: 'bounded' } })),
      'invalid_duration',
      'watermark.lag',
    ],
    [
      'no column of a watermark',
      () => stream(any({ watermark: { type: 'punctuated' } })),
      'invalid_input',
      'watermark.column',
    ],
    ['another unit', () => stream(any({ ...ordered, unit: 's' })), 'invalid_input', 'unit'],
    ['a time that is no name', () => stream(any({ ...ordered, time: 5 })), 'invalid_input', 'time'],
    ['a filter that is none', () => stream(ordered).filter(any('x')), 'invalid_input', 'filter'],
    ['no map', () => stream(ordered).map(any(undefined)), 'invalid_input', 'map'],
    ['no select', () => stream(ordered).select(any(null)), 'invalid_input', 'select'],
    ['a union with none', () => stream(ordered).union(any({})), 'invalid_input', 'union[0]'],
    [
      'a key that is no name',
      () => stream(ordered).keyBy(any(['id'])),
      'invalid_input',
      'keyBy[0]',
    ],
    [
      'no window',
      () => keyed().window(any(undefined)).aggregate({ n: 'count' }).run(),
      'invalid_window',
      'window',
    ],
    [
      'a window of no type',
      () => keyed().window(any({})).aggregate({ n: 'count' }).run(),
      'invalid_window',
      'window.type',
    ],
    [
      'no column of a gap',
      () =>
        keyed()
          .window(any({ type: 'session', gap: {} }))
          .aggregate({ n: 'count' })
          .run(),
      'invalid_input',
      'window.gap.column',
    ],
    ['no aggregates', () => windowed().aggregate(any(undefined)), 'invalid_aggregate', 'aggregate'],
    [
      'an aggregate that is nothing',
      () => windowed().aggregate(any({ n: null })),
      'invalid_aggregate',
      'n',
    ],
    [
      'an aggregate without a name',
      () => windowed().aggregate(any({ n: { of: 'x' } })),
      'invalid_aggregate',
      'n',
    ],
    [
      'a trigger that is none',
      () => windowed().trigger(any('count')).aggregate({ n: 'count' }).run(),
      'invalid_trigger',
      'trigger',
    ],
    ['no process', () => keyed().process(any(undefined)), 'invalid_input', 'options'],
    ['no onEvent', () => keyed().process(any({})), 'invalid_input', 'onEvent'],
    [
      'an onTimer that is none',
      () => keyed().process(any({ ...process, onTimer: 5 })),
      'invalid_input',
      'onTimer',
    ],
    [
      'a stream without a key to connect',
      () => keyed().connect(any(stream(ordered)), process),
      'invalid_input',
      'connect',
    ],
    [
      'a stream without a key to join',
      () => keyed().joinWindow(any(stream(ordered)), tumbling('1m')),
      'invalid_input',
      'joinWindow',
    ],
    [
      'nothing to join',
      () => keyed().joinInterval(any(undefined), { from: 0, to: 1 }),
      'invalid_input',
      'joinInterval',
    ],
    [
      'no interval',
      () => keyed().joinInterval(keyed(), any(undefined)),
      'invalid_input',
      'options',
    ],
    [
      'no sink',
      () => windowed().aggregate({ n: 'count' }).to(any(undefined)),
      'invalid_input',
      'to',
    ],
    [
      'a clock that is none',
      () =>
        windowed()
          .aggregate({ n: 'count' })
          .run({ clock: any(5) }),
      'invalid_input',
      'clock',
    ],
    [
      'room for no result',
      () => windowed().aggregate({ n: 'count' }).run({ results: 0 }),
      'invalid_input',
      'results',
    ],
    [
      'room for NaN results',
      () => windowed().aggregate({ n: 'count' }).run({ results: Number.NaN }),
      'invalid_input',
      'results',
    ],
    ['no operator options', () => createWindowOperator(any(undefined)), 'invalid_input', 'options'],
    [
      'no windowing',
      () => createWindowOperator(any({ aggregates: COUNT })),
      'invalid_window',
      'windowing',
    ],
    [
      'no list of aggregates',
      () => createWindowOperator(any({ windowing: { window: bounded } })),
      'invalid_aggregate',
      'aggregates',
    ],
    [
      'keys that are a text',
      () =>
        createWindowOperator(
          any({ windowing: { window: bounded }, aggregates: COUNT, keys: 'id' }),
        ),
      'invalid_input',
      'keys',
    ],
    [
      'a limit of keys',
      () =>
        createWindowOperator({
          windowing: { window: bounded },
          aggregates: COUNT,
          limits: { keys: 0 },
        }),
      'invalid_input',
      'limits.keys',
    ],
    [
      'a limit of late events',
      () =>
        createWindowOperator({
          windowing: { window: bounded },
          aggregates: COUNT,
          limits: { late: -1 },
        }),
      'invalid_input',
      'limits.late',
    ],
    [
      'no inputs',
      () => new ProcessOperator(any({ process, name: 'x' })),
      'invalid_input',
      'inputs',
    ],
    [
      'inputs without keys',
      () => new ProcessOperator(any({ process, name: 'x', inputs: [{}] })),
      'invalid_input',
      'inputs[0].keys',
    ],
    [
      'a limit of keys of a process',
      () =>
        new ProcessOperator({
          process,
          name: 'x',
          inputs: [{ keys: [] }],
          limits: { keys: Number.NaN },
        }),
      'invalid_input',
      'limits.keys',
    ],
    ['no sides of a join', () => windowJoin(any({ window: bounded })), 'invalid_input', 'left'],
    ['no options of a join', () => intervalJoin(any(undefined)), 'invalid_input', 'options'],
    [
      'a definition without functions',
      () => defineAggregate(any({ name: 'x', needs: 'any' })),
      'invalid_input',
      'init',
    ],
    ['no watermark of a source', () => new SourceWatermarks(any({})), 'invalid_input', 'watermark'],
    [
      'no rule of a watermark',
      () => new WatermarkGenerator(any(null), 'ms'),
      'invalid_input',
      'watermark',
    ],
  ])('%s is refused where it is', (_, run, code, path) => {
    const error = refusal(run)
    expect([error.code, error.path]).toEqual([code, path])
    // The place, what is there, and what would do.
    expect(error.message).toContain(path.split('.').at(-1))
    expect(error.message.length).toBeGreaterThan(path.length + 10)
  })

  it.each([undefined, null, 5, 'event', [[]], [null], [{ time: 1 }, 7]])(
    '%j is no event',
    async (events) => {
      const pipeline = windowed().aggregate({ n: 'count' }).run()
      await expect(pipeline.push(any(events))).rejects.toThrow(StreamError)
      expect(() => pipeline.offer(any(events))).toThrow(/is no event/)
      await expect(pipeline.pushBatch(any(events))).rejects.toThrow(StreamError)
      expect(pipeline.statistics().events).toBe(0)
    },
  )
})

describe('an option that is misspelt', () => {
  it.each<[string, () => unknown, string, string]>([
    ['of a stream', () => stream(any({ ...ordered, idleAftr: '1m' })), 'idleAftr', 'idleAfter'],
    [
      'of a watermark',
      () => stream(any({ watermark: { type: 'bounded', lag: 1, lagg: 2 } })),
      'watermark.lagg',
      'lag',
    ],
    [
      'of a window',
      () =>
        keyed()
          .window(any({ ...bounded, ofset: 5 }))
          .aggregate({ n: 'count' })
          .run(),
      'window.ofset',
      'offset',
    ],
    [
      'of windowing',
      () => windowed().settings(any({ allowedLatenes: '1m' })),
      'allowedLatenes',
      'lateness',
    ],
    [
      'of windowing of an operator',
      () =>
        createWindowOperator(
          any({ windowing: { window: bounded, latenes: 1 }, aggregates: COUNT }),
        ),
      'windowing.latenes',
      'lateness',
    ],
    [
      'of an operator',
      () =>
        createWindowOperator(
          any({ windowing: { window: bounded }, aggregates: COUNT, key: ['id'] }),
        ),
      'key',
      'keys',
    ],
    [
      'of limits',
      () =>
        windowed()
          .limits(any({ key: 5 }))
          .aggregate({ n: 'count' })
          .run(),
      'limits.key',
      'keys',
    ],
    [
      'of a trigger',
      () =>
        windowed()
          .trigger(afterWatermark(any({ earley: { on: 'never' } })))
          .aggregate({ n: 'count' })
          .run(),
      'trigger.earley',
      'early',
    ],
    [
      'of run',
      () =>
        windowed()
          .aggregate({ n: 'count' })
          .run(any({ result: 5 })),
      'result',
      'results',
    ],
    [
      'of process',
      () => keyed().process(any({ ...process, onTimr: () => {} })),
      'onTimr',
      'onTimer',
    ],
    [
      'of a ttl',
      () => keyed().process(any({ ...process, ttl: { after: '1m', refesh: 'event' } })),
      'ttl.refesh',
      'refresh',
    ],
    [
      'of a join',
      () => keyed().joinWindow(keyed(), tumbling('1m'), any({ takes: 'first' })),
      'takes',
      'take',
    ],
    ['of an interval', () => keyed().joinInterval(keyed(), any({ from: 0, too: 5 })), 'too', 'to'],
    [
      'of a definition',
      () => defineAggregate(any({ name: 'x', needs: 'any', orderd: true })),
      'orderd',
      'ordered',
    ],
  ])('%s is refused, with the nearest there is', (_, run, path, near) => {
    const error = refusal(run)
    expect([error.code, error.path]).toEqual(['unknown_option', path])
    expect(error.message).toContain(`did you mean '${near}'?`)
  })

  it('is refused where an event is pushed to', async () => {
    const pipeline = windowed().aggregate({ n: 'count' }).run()
    const push = pipeline.push({ time: 1 }, any({ partitions: 'a' }))
    await expect(push).rejects.toThrow("did you mean 'partition'?")
  })

  it('may be a member of an instance of a class', () => {
    class Counting {
      calls = 0
      onEvent(): void {
        this.calls++
      }
    }
    expect(() => keyed().process(new Counting()).run()).not.toThrow()
  })
})

describe('a column that does not exist', () => {
  const known: StreamOptions = { ...ordered, columns: ['time', 'service', 'ms', 'gap'] }

  it.each<[string, () => unknown, string, string]>([
    ['a key', () => stream(known).keyBy('servce'), 'keyBy', 'service'],
    [
      'a key behind a filter',
      () =>
        stream(known)
          .filter(() => true)
          .keyBy('servce'),
      'keyBy',
      'service',
    ],
    ['the time', () => stream({ ...known, time: 'tme' }), 'time', 'time'],
    [
      'a watermark',
      () => stream({ ...known, watermark: { type: 'punctuated', column: 'mss' } }),
      'watermark.column',
      'ms',
    ],
    [
      'an aggregate',
      () =>
        stream(known)
          .keyBy()
          .window(tumbling('1m'))
          .aggregate({ sum: { aggregate: 'sum', of: 'mss' } }),
      'sum.of',
      'ms',
    ],
    [
      'a second column',
      () =>
        stream(known)
          .keyBy()
          .window(tumbling('1m'))
          .aggregate({ top: { aggregate: 'arg_max', of: 'service', by: 'mss' } }),
      'top.by',
      'ms',
    ],
    [
      'a part',
      () =>
        stream(known)
          .keyBy()
          .window(tumbling('1m'))
          .aggregate({
            c: {
              aggregate: 'composite',
              parts: [{ as: 'a', aggregate: 'sum', of: 'mss' }],
              formula: 'a',
            },
          }),
      'c.a.of',
      'ms',
    ],
    [
      'a gap',
      () =>
        stream(known)
          .keyBy()
          .window(session({ column: 'gapp' }))
          .aggregate({ n: 'count' }),
      'window.gap.column',
      'gap',
    ],
    ['a later stage', () => windowed().aggregate({ calls: 'count' }).keyBy('idd'), 'keyBy', 'id'],
    [
      'an aggregate of a later stage',
      () =>
        windowed()
          .aggregate({ calls: 'count' })
          .keyBy()
          .window(tumbling('1h'))
          .aggregate({ all: { aggregate: 'sum', of: 'call' } }),
      'all.of',
      'calls',
    ],
  ])('of %s is refused where columns are known', (_, run, path, near) => {
    const error = refusal(run)
    expect([error.code, error.path]).toEqual(['unknown_column', path])
    expect(error.message).toContain(`did you mean '${near}'?`)
  })

  it('is taken where there is one, and behind a function, which may make any', () => {
    const stages = stream(known)
      .keyBy('service')
      .window(tumbling('1m'))
      .aggregate({ ms: { aggregate: 'sum', of: 'ms' } })
      .keyBy('service', 'window_start')
      .window(tumbling('1h'))
      .aggregate({ most: { aggregate: 'max', of: 'ms' } })
    expect(() => stages.map(() => ({ time: 0, other: 1 })).keyBy('other')).not.toThrow()
    expect(() => stages.union(any(stages)).keyBy('most')).not.toThrow()
  })

  it('is told by the statistics where columns are not known', async () => {
    const pipeline = stream({ watermark: { type: 'punctuated', column: 'wm' } })
      .keyBy('servce')
      .window(tumbling('1m'))
      .aggregate({ sum: { aggregate: 'sum', of: 'mss' }, n: 'count' })
      .run()
    expect(pipeline.statistics().warnings).toEqual([])
    await pipeline.push({ time: 1, service: 'a', ms: 5 })
    expect(pipeline.statistics().warnings).toEqual([
      "source 'events': no event has had the column 'wm'; did you mean 'ms'?",
      "stage 'window': no event has had the column 'servce'; did you mean 'service'?",
      "stage 'window': no event has had the column 'mss'; did you mean 'ms'?",
    ])
    await pipeline.push({ time: 2, servce: 'a', mss: 5, wm: 1 })
    expect(pipeline.statistics().warnings).toEqual([])
  })

  it('is told by the statistics of an operator', () => {
    const operator = createWindowOperator({
      keys: ['a'],
      windowing: { window: { type: 'session', gap: { column: 'b' } } },
      aggregates: [{ as: 'x', aggregate: 'correlation', of: 'c', with: 'd' }],
    })
    expect(operator.statistics().unseenColumns).toEqual([])
    const column = { type: 'f64', valid: null, data: Float64Array.of(1) } as const
    operator.push({ rows: 1, columns: new Map([['d', column]]) })
    expect(operator.statistics().unseenColumns).toEqual(['time', 'a', 'b', 'c'])
    expect(operator.statistics().invalid).toBe(1)
  })
})
