import { describe, expect, it } from 'vitest'
import { StreamError } from '../stream-error.ts'
import { parseDuration } from './duration.ts'

describe('durations', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1500us', null],
    ['0.1s', 100],
    ['1.5d', 129_600_000],
    ['1w', 604_800_000],
    [42, 42],
    ['', null],
    ['5', null],
    ['5 m', null],
    ['5m!', null],
    ['m5', null],
    ['-5m', null],
    [0, null],
    [1.5, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [4e14, null],
    [null as unknown as string, null],
  ])('%j in ms', (text, expected) => {
    const parse = (): number => parseDuration(text, 'ms', 'size')
    if (expected === null) {
      expect(parse).toThrow(StreamError)
      expect(parse).toThrow(/^size: /)
    } else expect(parse()).toBe(expected)
  })

  it('count in the unit of the stream', () => {
    expect(parseDuration('1500us', 'us', 'size')).toBe(1500)
    expect(parseDuration('1ms', 'us', 'size')).toBe(1000)
    expect(parseDuration('-1ms', 'us', 'offset', 'any')).toBe(-1000)
    expect(parseDuration(0, 'us', 'lag', 'from zero')).toBe(0)
  })
})
