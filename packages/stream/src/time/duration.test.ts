import { describe, expect, it } from 'vitest'
import { StreamError } from '../stream-error.ts'
import { parseDuration } from './duration.ts'

describe('durations', () => {
  it.each([
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['0.1s', 100],
    ['1.5d', 129_600_000],
    ['1w', 604_800_000],
    [42, 42],
  ])('%j is %d ms', (text, expected) => {
    expect(parseDuration(text, 'ms', 'size')).toBe(expected)
  })

  it.each([
    '',
    '5',
    '5 m',
    '5m!',
    'm5',
    '-5m',
    '1500us',
    0,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    4e14,
    null as unknown as string,
  ])('%j is none, and the error says of what', (text) => {
    const parse = (): number => parseDuration(text, 'ms', 'size')
    expect(parse).toThrow(StreamError)
    expect(parse).toThrow(/^size: /)
  })

  it('count in the unit of the stream', () => {
    expect(parseDuration('1500us', 'us', 'size')).toBe(1500)
    expect(parseDuration('1ms', 'us', 'size')).toBe(1000)
    expect(parseDuration('-1ms', 'us', 'offset', 'any')).toBe(-1000)
    expect(parseDuration(0, 'us', 'lag', 'from zero')).toBe(0)
  })
})
