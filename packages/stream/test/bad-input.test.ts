import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createWindowOperator,
  restoreWindowOperator,
  StreamError,
  stream,
  tumbling,
  type WindowOperatorOptions,
} from '../src/index.ts'
import { batch, options as modelOptions, operatorOptions, steps } from './model/against-model.ts'
import { batchOf, KEY_VALUE, type Row } from './rows.ts'

const COUNT = [{ as: 'n', aggregate: 'count' }]
const SUM = [...COUNT, { as: 'sum', aggregate: 'sum', of: 'value' }]

/** What a caller could hand over from JSON: the types do not hold there. */
function attempt(options: unknown): StreamError {
  try {
    createWindowOperator(options as WindowOperatorOptions)
  } catch (error) {
    if (error instanceof StreamError) return error
    throw error
  }
  throw new Error(`taken: ${JSON.stringify(options)}`)
}

describe('a specification that is wrong', () => {
  it.each([
    [{ window: { type: 'tumbling', size: 0 } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling', size: -1 } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling', size: 1.5 } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling', size: Number.NaN } }, 'invalid_duration', 'window.size'],
    [
      { window: { type: 'tumbling', size: Number.POSITIVE_INFINITY } },
      'invalid_duration',
      'window.size',
    ],
    [{ window: { type: 'tumbling', size: '5 minutes' } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling', size: '' } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling', size: '1us' } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'tumbling' } }, 'invalid_duration', 'window.size'],
    [{ window: { type: 'hopping', size: 10, slide: 0 } }, 'invalid_duration', 'window.slide'],
    [{ window: { type: 'cumulate', size: 10, step: 3 } }, 'invalid_window', 'window.step'],
    [{ window: { type: 'session', gap: 0 } }, 'invalid_duration', 'window.gap'],
    [{ window: { type: 'session', gap: 10, longest: 5 } }, 'invalid_window', 'window.longest'],
    [{ window: { type: 'sliding', difference: -1 } }, 'invalid_duration', 'window.difference'],
    [{ window: { type: 'count', size: 0 } }, 'invalid_window', 'window.size'],
    [{ window: { type: 'count', size: 2.5 } }, 'invalid_window', 'window.size'],
    [{ window: { type: 'calendar', step: '2d' } }, 'invalid_window', 'window.step'],
    [
      { window: { type: 'calendar', step: '1d', zone: 'Mars/Base' } },
      'invalid_window',
      'window.zone',
    ],
    [{ window: { type: 'rolling', size: 10 } }, 'invalid_window', 'window.type'],
    [{ window: { type: 'tumbling', size: 10 }, lateness: -1 }, 'invalid_duration', 'lateness'],
    [
      { window: { type: 'tumbling', size: 10 }, accumulation: 'adding' },
      'invalid_window',
      'accumulation',
    ],
    [{ window: { type: 'tumbling', size: 10 }, stamp: 'middle' }, 'invalid_window', 'stamp'],
    [{ window: { type: 'tumbling', size: 10 }, closing: 'never' }, 'invalid_window', 'closing'],
    [{ window: { type: 'tumbling', size: 10 }, evaluation: 'row' }, 'invalid_window', 'evaluation'],
    [
      { window: { type: 'tumbling', size: 10 }, trigger: { on: 'count', n: 0 } },
      'invalid_trigger',
      'trigger.n',
    ],
    [
      { window: { type: 'tumbling', size: 10 }, trigger: { on: 'moon' } },
      'invalid_trigger',
      'trigger.on',
    ],
    [
      { window: { type: 'tumbling', size: 10 }, trigger: { on: 'first_of', of: [] } },
      'invalid_trigger',
      'trigger.of',
    ],
    [
      {
        window: { type: 'tumbling', size: 10 },
        trigger: { on: 'repeatedly', of: { on: 'processing_time', delay: 'x' } },
      },
      'invalid_duration',
      'trigger.of.delay',
    ],
  ])('%j is refused with its code and place', (windowing, code, path) => {
    const error = attempt({ windowing, aggregates: COUNT })
    expect([error.code, error.path]).toEqual([code, path])
    expect(error.message).toContain(path.split('.').at(-1))
  })

  it('of an aggregate names the nearest one', () => {
    const windowing = { window: { type: 'tumbling', size: 10 } }
    const error = attempt({ windowing, aggregates: [{ as: 'x', aggregate: 'summ', of: 'value' }] })
    expect(error.code).toBe('unknown_aggregate')
    expect(error.message).toContain("'sum'")
    const without = attempt({ windowing, aggregates: [{ as: 'x', aggregate: 'sum' }] })
    expect(without.code).toBe('invalid_aggregate')
  })

  it('of names that two aggregates share is refused', () => {
    const windowing = { window: { type: 'tumbling', size: 10 } }
    const error = attempt({ windowing, aggregates: [...COUNT, { as: 'n', aggregate: 'count' }] })
    expect(error.code).toBe('invalid_aggregate')
  })
})

describe('rows that are wrong', () => {
  const tumbling: WindowOperatorOptions = {
    keys: ['key'],
    windowing: { window: { type: 'tumbling', size: 10 } },
    aggregates: SUM,
  }

  it('without a whole time in range are counted and change nothing else', () => {
    const times = [null, Number.NaN, 1.5, Number.POSITIVE_INFINITY, -Number.MAX_VALUE, 8.64e15 + 2]
    const operator = createWindowOperator(tumbling)
    operator.push(batchOf([[1, 'a', 1], ...times.map((time): Row => [time, 'a', 100])], KEY_VALUE))
    operator.end()
    const results = operator.takeResults()
    expect(results.map(({ values }) => values)).toEqual([{ n: 1, sum: 1 }])
    expect(operator.statistics()).toMatchObject({ events: 7, invalid: 6, late: 0 })
    expect(operator.takeLate()).toEqual([])
  })

  it('with numbers that are none are counted and never enter a sum', () => {
    const operator = createWindowOperator(tumbling)
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, null, 2]
    operator.push(
      batchOf(
        values.map((value, i): Row => [i, 'a', value]),
        KEY_VALUE,
      ),
    )
    operator.end()
    expect(operator.takeResults().map(({ values: of }) => of)).toEqual([{ n: 5, sum: 3 }])
    expect(operator.statistics().invalidValues).toBe(2)
  })

  it('may have no key, which is a group of its own', () => {
    const operator = createWindowOperator(tumbling)
    operator.push(
      batchOf(
        [
          [1, null, 1],
          [2, 'a', 2],
          [3, null, 3],
        ],
        KEY_VALUE,
      ),
    )
    operator.end()
    const sums = operator
      .takeResults()
      .map(({ key, values }) => `${String(key)} ${Number(values['sum'])}`)
    expect(sums.toSorted()).toEqual(['a 2', 'null 4'])
  })

  it('at either end of time have their window', () => {
    const operator = createWindowOperator(tumbling)
    operator.push(
      batchOf(
        [
          [-8.64e15, 'a', 1],
          [8.64e15 - 1, 'a', 2],
          [8.64e15, 'a', 3],
        ],
        KEY_VALUE,
      ),
    )
    operator.end()
    const results = operator.takeResults()
    expect(results.reduce((sum, { values }) => sum + Number(values['n']), 0)).toBe(3)
    for (const { window, time } of results) {
      expect(window.start).toBeGreaterThanOrEqual(-8.64e15)
      expect(window.end).toBeLessThanOrEqual(8.64e15 + 10)
      expect(Math.abs(time)).toBeLessThanOrEqual(8.64e15)
    }
  })

  it('that lack a column altogether count as nulls', () => {
    const operator = createWindowOperator(tumbling)
    operator.push(batchOf([[1, 'a']], ['key:dict']))
    operator.end()
    expect(operator.takeResults().map(({ values }) => values)).toEqual([{ n: 1, sum: null }])
  })
})

describe('time that is told wrong', () => {
  const options: WindowOperatorOptions = {
    windowing: { window: { type: 'tumbling', size: 10 } },
    aggregates: COUNT,
  }

  it('goes back: it is ignored and counted, or refused where that was asked for', () => {
    const operator = createWindowOperator(options)
    operator.watermark(100)
    operator.watermark(50)
    operator.clock(100)
    operator.clock(50)
    expect(operator.statistics()).toMatchObject({ watermark: 100, clock: 100, regressions: 2 })
    const strict = createWindowOperator({ ...options, strict: true })
    strict.watermark(100)
    expect(() => strict.watermark(50)).toThrow(StreamError)
    strict.clock(100)
    expect(() => strict.clock(50)).toThrow(StreamError)
  })

  it.each([Number.NaN, 1.5])('is no time: %d is refused', (time) => {
    const operator = createWindowOperator(options)
    expect(() => operator.watermark(time)).toThrow(StreamError)
    expect(() => operator.clock(time)).toThrow(StreamError)
  })

  it('leaps: every window fires once, in order', () => {
    const operator = createWindowOperator(options)
    operator.push(batchOf([[5], [25], [1e12]], []))
    operator.watermark(2e12)
    const starts = operator.takeResults().map(({ window }) => window.start)
    expect(starts).toEqual([0, 20, 1e12])
    operator.end()
    expect(operator.takeResults()).toEqual([])
  })
})

describe('more keys than the limit', () => {
  it('share a key that is counted, and leave the others as they are', () => {
    const operator = createWindowOperator({
      keys: ['key'],
      windowing: { window: { type: 'tumbling', size: 10 } },
      aggregates: SUM,
      limits: { keys: 2 },
    })
    const rows = ['a', 'b', 'c', 'd', 'a', 'c'].map((key, i): Row => [i, key, 1])
    operator.push(batchOf(rows, KEY_VALUE))
    operator.end()
    const sums = operator
      .takeResults()
      .map(({ key, values }) => `${String(key)} ${String(values['n'])}`)
    expect(sums.toSorted()).toEqual(['__other__ 3', 'a 2', 'b 1'])
    expect(operator.statistics().overflowed).toBe(3)
    // Keys without state make room for others.
    operator.takeLate()
    expect(operator.statistics().keys).toBe(0)
  })
})

describe('a snapshot', () => {
  it('cut short or with a byte changed is refused by name', () => {
    fc.assert(
      fc.property(
        modelOptions,
        steps,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (model, script, cut, place, byte) => {
          const options = operatorOptions(model, 'fast')
          const operator = createWindowOperator(options)
          for (const step of script) if ('events' in step) operator.push(batch(step.events))
          operator.takeResults()
          operator.takeLate()
          const bytes = operator.snapshot()
          expect(codeOf(options, bytes.subarray(0, cut % bytes.length))).toBe('bad_snapshot')
          const changed = bytes.slice()
          const at = place % bytes.length
          changed[at] = byte
          expect(codeOf(options, changed)).toBe(bytes[at] === byte ? null : 'bad_snapshot')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('of other options is refused', () => {
    const make = (size: number): WindowOperatorOptions => ({
      windowing: { window: { type: 'tumbling', size } },
      aggregates: COUNT,
    })
    const bytes = createWindowOperator(make(10)).snapshot()
    expect(codeOf(make(10), bytes)).toBeNull()
    expect(codeOf(make(20), bytes)).toBe('bad_snapshot')
  })

  it('is refused while there are results that were not taken', () => {
    const operator = createWindowOperator({
      windowing: { window: { type: 'tumbling', size: 10 } },
      aggregates: COUNT,
    })
    operator.push(batchOf([[1]], []))
    operator.end()
    expect(() => operator.snapshot()).toThrow(StreamError)
  })
})

/** The code with which bytes are refused, null where they are taken; any other error is a fault. */
function codeOf(options: WindowOperatorOptions, bytes: Uint8Array): string | null {
  try {
    restoreWindowOperator(options, bytes)
    return null
  } catch (error) {
    if (error instanceof StreamError) return error.code
    throw error
  }
}

describe('a batch with texts where an aggregate needs numbers', () => {
  const windowing = { window: { type: 'tumbling', size: 10 } } as const

  it('is refused whole: nothing of it is counted', () => {
    const operator = createWindowOperator({ windowing, aggregates: SUM })
    operator.push(batchOf([[1, 'k', 5]], KEY_VALUE))
    const wrong = batchOf([[1, 'k', 'five']], ['key:dict', 'value:dict'])
    expect(() => operator.push(wrong)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        path: 'value',
        message: expect.stringContaining("column 'value': it holds texts where numbers") as string,
      }),
    )
    operator.push(batchOf([[2, 'k', 7]], KEY_VALUE))
    operator.end()
    expect(operator.takeResults().map(({ values }) => values)).toEqual([{ n: 2, sum: 12 }])
    expect(operator.statistics().events).toBe(2)
  })
})

describe('a limit for the future without a clock', () => {
  it('is refused when the pipeline is made', () => {
    const described = stream({ watermark: { type: 'ascending' }, maxFuture: '1h' })
      .keyBy()
      .window(tumbling('1m'))
      .aggregate({ n: 'count' })
    expect(() => described.run()).toThrow(/maxFuture is measured from the clock/)
    expect(() => described.run({ clock: () => 0 })).not.toThrow()
  })
})
