import { describe, expect, it } from 'vitest'
import {
  CombinedWatermark,
  createWindowOperator,
  END_OF_TIME,
  IdleClock,
  ProcessOperator,
  SourceWatermarks,
  StreamError,
  stream,
  tumbling,
  WatermarkGenerator,
  type WatermarkSpec,
} from '../src/index.ts'

const NO_TIMES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300] as const
const SPECS: readonly WatermarkSpec[] = [
  { type: 'bounded', lag: 5 },
  { type: 'ascending' },
  { type: 'clock', lag: 5 },
  { type: 'advancing', lag: 5 },
  { type: 'punctuated', column: 'w' },
]
const rows = Int32Array.of(0)
const at = (time: number): Float64Array => Float64Array.of(time)

describe('a processing time that is none', () => {
  it.each(NO_TIMES)('%d is refused by all that are told one', (now) => {
    const windows = createWindowOperator({
      windowing: { window: { type: 'tumbling', size: 10 } },
      aggregates: [{ as: 'n', aggregate: 'count' }],
    })
    const process = new ProcessOperator({
      name: 'x',
      inputs: [{ keys: [] }],
      process: { onEvent: () => {} },
    })
    const idle = new IdleClock(5)
    const calls: (() => unknown)[] = [
      () => windows.clock(now),
      () => process.clock(now),
      () => idle.active(now),
      () => idle.check(now),
      () => idle.block(now),
      () => idle.unblock(now),
    ]
    for (const watermark of SPECS) {
      const generator = new WatermarkGenerator(watermark, 'ms')
      const source = new SourceWatermarks({ watermark, idleAfter: 10, maxFuture: 10 })
      source.add('a')
      calls.push(
        () => generator.tick(now),
        () => generator.observe(at(1), rows, 1, now),
        () => source.tick(now),
        () => source.observe('a', at(1), rows, 1, now),
        () => source.admit(at(1), rows, 1, now),
        () => source.block(true, now),
      )
      for (const call of calls) expect(call).toThrow(StreamError)
      expect(generator.watermark).toBe(Number.NEGATIVE_INFINITY)
      expect(source.watermark).toBe(Number.NEGATIVE_INFINITY)
    }
    expect(windows.statistics().clock).toBe(0)
  })

  it.each([...NO_TIMES, -1, 'later' as unknown as number, undefined as unknown as number])(
    '%s of the clock of a pipeline is not believed, and counted',
    async (wrong) => {
      let now = 100
      const pipeline = stream({ watermark: { type: 'clock', lag: 0 } })
        .keyBy()
        .window(tumbling(10))
        .aggregate({ n: 'count' })
        .run({ clock: () => now })
      await pipeline.push({ time: 95 })
      expect(pipeline.statistics().clockIgnored).toBe(0)
      now = wrong
      pipeline.tick()
      expect(pipeline.statistics()).toMatchObject({ clockIgnored: 1, watermark: 100 })
      now = 120
      pipeline.tick()
      expect(pipeline.statistics()).toMatchObject({ clockIgnored: 1, watermark: 120 })
    },
  )
})

describe('a watermark that is none', () => {
  it.each([Number.NaN, 0.5, 1e300])('%d is refused, and the others are as they were', (time) => {
    const combined = new CombinedWatermark()
    combined.add('a')
    combined.add('b')
    combined.advance('b', 5)
    expect(() => combined.advance('a', time)).toThrow(StreamError)
    expect(combined.advance('a', 3)).toEqual({ watermark: 3, idle: null })
    const process = new ProcessOperator({
      name: 'x',
      inputs: [{ keys: [] }],
      process: { onEvent: () => {} },
    })
    expect(() => process.watermark(time)).toThrow(StreamError)
    expect(() => process.watermark(5, 1)).toThrow(/no input 1/)
    expect(process.statistics().watermark).toBe(Number.NEGATIVE_INFINITY)
  })

  it('that goes back is ignored; an operator counts it', () => {
    const combined = new CombinedWatermark()
    combined.add('a')
    expect(combined.advance('a', 5).watermark).toBe(5)
    expect(combined.advance('a', 3).watermark).toBeNull()
    expect(combined.watermark).toBe(5)
    const process = new ProcessOperator({
      name: 'x',
      inputs: [{ keys: [] }, { keys: [] }],
      process: { onEvent: () => {} },
    })
    process.watermark(5, 0)
    process.watermark(3, 0)
    process.clock(5)
    process.clock(3)
    expect(process.statistics().regressions).toBe(2)
  })
})

describe('times of events that are none', () => {
  it.each(SPECS.slice(0, 2))('do not raise a watermark: $type', (spec) => {
    const generator = new WatermarkGenerator(spec, 'ms')
    generator.observe(
      Float64Array.of(Number.NaN, 50, Number.POSITIVE_INFINITY, 1e300),
      Int32Array.of(0, 1, 2, 3),
      4,
      0,
    )
    expect(generator.watermark).toBe(spec.type === 'bounded' ? 45 : 50)
  })

  it('of a column that says the watermark are passed over', () => {
    const generator = new WatermarkGenerator({ type: 'punctuated', column: 'w' }, 'ms')
    const data = Float64Array.of(Number.NaN, 7, Number.POSITIVE_INFINITY, 0.5)
    const batch = {
      rows: 4,
      columns: new Map([['w', { type: 'f64', valid: null, data } as const]]),
    }
    generator.observe(new Float64Array(4), Int32Array.of(0, 1, 2, 3), 4, 0, batch)
    expect(generator.watermark).toBe(7)
  })
})

describe('a result of a process function', () => {
  it.each([Number.NaN, 0.5, END_OF_TIME + 2])('at %d is refused', (time) => {
    const process = new ProcessOperator<number, number>({
      name: 'x',
      inputs: [{ keys: [] }],
      process: { onEvent: (_, context) => context.emit(1, time) },
    })
    const columns = new Map([['time', { type: 'f64', valid: null, data: at(1) } as const]])
    expect(() => process.push({ rows: 1, columns })).toThrow(/no time of a stream/)
    expect(process.takeResults()).toEqual([])
  })
})
