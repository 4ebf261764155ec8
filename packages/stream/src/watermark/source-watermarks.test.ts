import { describe, expect, it } from 'vitest'
import { ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'
import { type SourceWatermarkOptions, SourceWatermarks } from './source-watermarks.ts'

const BOUNDED = { watermark: { type: 'bounded', lag: 5 } } as const

function observe(
  source: SourceWatermarks,
  partition: string,
  now: number,
  ...times: number[]
): void {
  const rows = Int32Array.from(times.keys())
  source.observe(partition, Float64Array.from(times), rows, times.length, now)
}

function restored(source: SourceWatermarks, options: SourceWatermarkOptions): SourceWatermarks {
  const out = new ByteWriter()
  source.write(out)
  const next = new SourceWatermarks(options)
  next.read(new ByteReader(out.finish()))
  return next
}

describe('watermarks of a source', () => {
  it('are the least of its partitions, also those that have said nothing yet', () => {
    const source = new SourceWatermarks(BOUNDED)
    source.add('a')
    source.add('b')
    observe(source, 'a', 0, 100, 90)
    expect(source.watermark).toBe(Number.NEGATIVE_INFINITY)
    observe(source, 'b', 0, 50)
    expect(source.watermark).toBe(45)
    source.remove('b')
    observe(source, 'a', 0, 101)
    expect(source.watermark).toBe(96)
  })

  it('leave silent partitions out, but not while we do not read', () => {
    const options = { ...BOUNDED, idleAfter: 10 }
    let source = new SourceWatermarks(options)
    observe(source, 'a', 0, 100)
    observe(source, 'b', 0, 50)
    source.tick(0)
    expect(source.watermark).toBe(95)
    // "b" came when "a" had said 95: it is left out until it has caught up.
    observe(source, 'b', 0, 200)
    observe(source, 'a', 5, 110)
    expect(source.watermark).toBe(105)
    source.block(true, 6)
    source.tick(100)
    source = restored(source, options)
    source.tick(1000)
    expect(source.watermark).toBe(105)
    source.block(false, 1000)
    source.tick(1004)
    observe(source, 'a', 1004, 111)
    source.tick(1009)
    expect(source.watermark).toBe(106)
    source.tick(1014)
    expect(source.watermark).toBe(106)
    observe(source, 'b', 1014, 300)
    source.tick(1015)
    expect(source.watermark).toBe(295)
    expect(source.idle).toBe(false)
    source.tick(2000)
    expect([source.watermark, source.idle]).toEqual([295, true])
  })

  it('name partitions that are too far ahead, whose silence then does not count', () => {
    const source = new SourceWatermarks({ ...BOUNDED, maxDrift: 20, idleAfter: 10 })
    source.add('slow')
    source.add('fast')
    observe(source, 'slow', 0, 100)
    observe(source, 'fast', 0, 121)
    expect(source.paused()).toEqual(['fast'])
    source.tick(5)
    observe(source, 'slow', 50, 102)
    expect(source.paused()).toEqual([])
    source.tick(55)
    expect(source.watermark).toBe(97)
    expect(source.idle).toBe(false)
  })

  it('keep the idle clock of a paused partition still when reading goes on', () => {
    const source = new SourceWatermarks({ ...BOUNDED, maxDrift: 20, idleAfter: 10 })
    source.add('slow')
    source.add('fast')
    observe(source, 'slow', 0, 100)
    observe(source, 'fast', 0, 121)
    source.tick(0)
    source.block(true, 1)
    source.block(false, 2)
    observe(source, 'slow', 90, 101)
    source.tick(91)
    expect(source.watermark).toBe(96)
    // "fast" was kept from speaking until 91, and holds the watermark still.
    observe(source, 'slow', 92, 300)
    source.tick(93)
    expect(source.watermark).toBe(116)
  })

  it('take out events from the future before they learn of them', () => {
    const source = new SourceWatermarks({ ...BOUNDED, maxFuture: 10 })
    const times = Float64Array.of(1, 111, 112, 8e15, 60)
    const admitted = source.admit(times, Int32Array.of(0, 1, 2, 3, 4), 5, 101)
    expect([...admitted.rows.subarray(0, admitted.count)]).toEqual([0, 1, 4])
    expect([admitted.future, source.future]).toEqual([2, 2])
  })

  it('go on with the clock where the specification says so', () => {
    const source = new SourceWatermarks({ watermark: { type: 'advancing', lag: 5 } })
    observe(source, 'a', 1000, 100)
    source.tick(1030)
    expect(source.watermark).toBe(125)
    const clock = new SourceWatermarks({ watermark: { type: 'clock', lag: '1s' } })
    clock.add('a')
    clock.tick(5000)
    expect(clock.watermark).toBe(4000)
    clock.end()
    expect(clock.watermark).toBe(Number.POSITIVE_INFINITY)
  })

  it('follow a column that says them', () => {
    const source = new SourceWatermarks({ watermark: { type: 'punctuated', column: 'mark' } })
    const data = Float64Array.of(0, 7, 3)
    const valid = Uint8Array.of(0b110, 0, 0, 0, 0, 0, 0, 0)
    const batch = { rows: 3, columns: new Map([['mark', { type: 'f64' as const, valid, data }]]) }
    const times = Float64Array.of(100, 100, 100)
    source.observe('a', times, Int32Array.of(0, 1, 2), 3, 0, batch)
    expect(source.watermark).toBe(7)
  })

  it('refuse what makes no sense', () => {
    for (const wrong of [
      { watermark: { type: 'bounded', lag: -1 } },
      { watermark: { type: 'bounded', lag: 'soon' } },
      { watermark: { type: 'often' } },
      { ...BOUNDED, idleAfter: 0 },
      { ...BOUNDED, maxDrift: Number.NaN },
    ]) {
      expect(() => new SourceWatermarks(wrong as SourceWatermarkOptions)).toThrow(StreamError)
    }
  })
})
