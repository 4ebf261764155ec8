import { describe, expect, it } from 'vitest'
import { StreamError } from '../stream-error.ts'
import { ProcessOperator, type ProcessOptions } from './process-operator.ts'
import { batchesOf, type PlainRecord } from './records.ts'

type Counting = ProcessOptions<number, string>

const counting: Counting = {
  name: 'counting',
  inputs: [{ keys: ['key'] }],
  process: {
    onEvent(event, context, input) {
      context.state = (context.state ?? 0) + 1
      if (typeof event['timer'] === 'number') context.setTimer(event['timer'])
      if (typeof event['cancel'] === 'number') context.cancelTimer(event['cancel'])
      if (typeof event['clock'] === 'number') context.setClockTimer(event['clock'])
      context.emit(`${input}: ${context.state}`)
    },
    onTimer(context) {
      context.emit(`timer ${context.time} with ${context.state} at ${context.watermark}`)
      if (context.time < 40) context.setTimer(context.time + 10)
    },
    onClockTimer(context) {
      context.emit(`clock ${context.time} at ${context.clock}`)
      context.state = undefined
    },
  },
}

function push<S, O>(operator: ProcessOperator<S, O>, records: PlainRecord[], input = 0): O[] {
  for (const batch of batchesOf(records)) operator.push(batch, undefined, input)
  return taken(operator)
}

function taken<S, O>(operator: ProcessOperator<S, O>): O[] {
  return operator.takeResults().map(({ value }) => value)
}

describe('a process operator', () => {
  it('calls timers in the order of time, with those that they set', () => {
    const operator = new ProcessOperator(counting)
    push(operator, [
      { time: 1, key: 'a', timer: 35 },
      { time: 2, key: 'b', timer: 15 },
      { time: 3, key: 'b', timer: 15 },
      { time: 3, key: 'c', timer: 20 },
      { time: 3, key: 'c', cancel: 20 },
    ])
    operator.watermark(36)
    expect(operator.takeResults().map(({ key, time }) => [key, time])).toEqual([
      ['b', 15],
      ['b', 25],
      ['a', 35],
      ['b', 35],
    ])
    operator.watermark(45)
    expect(taken(operator)).toEqual(['timer 45 with 1 at 45', 'timer 45 with 2 at 45'])
  })

  it('calls timers for what has passed at once, and those of the clock by the clock', () => {
    const operator = new ProcessOperator(counting)
    operator.watermark(100)
    expect(push(operator, [{ time: 100, key: 'a', timer: 50 }])).toEqual([
      '0: 1',
      'timer 50 with 1 at 100',
    ])
    push(operator, [{ time: 101, key: 'a', clock: 7 }])
    operator.clock(6)
    expect(taken(operator)).toEqual([])
    operator.clock(9)
    expect(taken(operator)).toEqual(['clock 7 at 9'])
    expect(operator.statistics().keys).toBe(0)
  })

  it('goes by the least watermark of its inputs', () => {
    const operator = new ProcessOperator({
      ...counting,
      inputs: [{ keys: ['key'] }, { keys: ['name'], time: 'at' }],
    })
    expect(push(operator, [{ time: 1, key: 'a', timer: 40 }])).toEqual(['0: 1'])
    expect(push(operator, [{ at: 1, name: 'a' }], 1)).toEqual(['1: 2'])
    operator.watermark(50, 0)
    expect(taken(operator)).toEqual([])
    operator.watermark(41, 1)
    expect(taken(operator)).toEqual(['timer 40 with 2 at 41'])
  })

  it.each([
    ['event', [1, 2, 3, 1]],
    ['created', [1, 2, 1, 2]],
  ] as const)('drops state that has outlived its time after the last %s', (refresh, counts) => {
    const operator = new ProcessOperator({ ...counting, ttl: { after: 10, refresh } })
    const found: string[] = []
    for (const time of [0, 9, 18, 28]) {
      operator.watermark(time)
      found.push(...push(operator, [{ time, key: 'a' }]))
    }
    const expected = refresh === 'event' ? counts : [1, 2, 1, 1]
    expect(found).toEqual(expected.map((count) => `0: ${count}`))
    operator.end()
    expect(operator.statistics()).toMatchObject({
      keys: 0,
      expired: 2 + Number(refresh !== 'event'),
    })
  })

  it('shares the overflow key beyond the limit, or drops', () => {
    const records = ['a', 'b', 'c', 'd', 'b'].map((key, time) => ({ time, key }))
    const sharing = new ProcessOperator({ ...counting, limits: { keys: 2 } })
    push(sharing, records)
    expect(sharing.statistics()).toMatchObject({ keys: 3, overflowed: 2 })
    const dropping = new ProcessOperator({ ...counting, limits: { keys: 2, overflow: 'drop' } })
    expect(push(dropping, records)).toEqual(['0: 1', '0: 1', '0: 2'])
    expect(dropping.statistics()).toMatchObject({ keys: 2, overflowed: 2 })
  })

  it('goes on from a snapshot, with other keys elsewhere', () => {
    const first = new ProcessOperator(counting)
    push(first, [
      { time: 1, key: 'a', timer: 30, clock: 5 },
      { time: 2, key: 'b', timer: 20 },
    ])
    const bytes = first.snapshot()
    const second = new ProcessOperator(counting)
    second.restore(bytes, (key) => key === 'b')
    second.watermark(25)
    second.clock(10)
    expect(taken(second)).toEqual(['timer 20 with 1 at 25'])
    expect(() => new ProcessOperator({ ...counting, name: 'other' }).restore(bytes)).toThrow(
      StreamError,
    )
    expect(() =>
      new ProcessOperator(counting).restore(bytes.subarray(0, bytes.length - 3)),
    ).toThrow(StreamError)
  })

  it('refuses what is no time', () => {
    const operator = new ProcessOperator(counting)
    expect(() => operator.watermark(Number.NaN)).toThrow(StreamError)
    expect(() => push(operator, [{ time: 1, key: 'a', timer: 0.5 }])).toThrow(StreamError)
    operator.watermark(10)
    operator.watermark(5)
    expect(operator.statistics().regressions).toBe(1)
  })
})
