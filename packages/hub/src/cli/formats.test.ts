import { describe, expect, it } from 'vitest'
import { axisFormat, bucketLabels, columnFormat, percent, shortTime } from './formats.ts'

const column = (unit: string, values: readonly (number | null)[]): string[] => {
  const format = columnFormat(unit, values)
  return values.filter((value) => value !== null).map(format)
}

describe('a column has one precision and one unit', () => {
  it.each([
    ['USD', [1234.5, 3], ['$1,234.50', '$3.00']],
    ['USD', [150, 0.001], ['$150.00', '<$0.01']],
    ['USD', [5.7, 0.012], ['$5.700', '$0.012']],
    ['USD', [0.00161500000000001, 0], ['$0.0016', '$0.00']],
    ['USD', [0.00003], ['<$0.0001']],
    ['USD', [-2.5, 1], ['-$2.50', '$1.00']],
    ['ms', [0.85], ['850 µs']],
    ['ms', [12.3, 4], ['12.3 ms', '4.0 ms']],
    ['ms', [1240, 850], ['1.24 s', '0.85 s']],
    ['ms', [125_000, 61_000], ['2m 05s', '1m 01s']],
    ['ratio', [0.0123], ['1.23 %']],
    ['ratio', [0.5, null, 0.25], ['50.0 %', '25.0 %']],
    ['tokens', [1_234_567, 3], ['1,234,567', '3']],
    ['tokens/s', [45.61], ['45.6 /s']],
    ['count', [12], ['12']],
    ['', [0.91234], ['0.9123']],
    ['count', [null], []],
  ])('%s %j', (unit, values, expected) => {
    expect(column(unit, values)).toEqual(expected)
  })
})

it('shortens the numbers of an axis', () => {
  expect(axisFormat('tokens', [0, 1_500_000])(1_200_000)).toBe('1.2 M')
  expect(axisFormat('USD', [20_000])(20_000)).toBe('$20.0 k')
  expect(axisFormat('ms', [20_000])(2000)).toBe('2.00 s')
})

it('writes times without what all of them share, in the zone asked for', () => {
  expect(shortTime('2026-11-21T10:00:00.123Z')).toBe('2026-11-21 10:00:00')
  expect(shortTime('not a time')).toBe('not a time')
  const days = ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z']
  expect(bucketLabels(days, 'UTC')).toEqual(['2026-11-20', '2026-11-21'])
  expect(bucketLabels(days, 'Europe/Berlin')).toEqual(['2026-11-20 01:00', '2026-11-21 01:00'])
  expect(percent(0.01234)).toBe('1.23%')
})
