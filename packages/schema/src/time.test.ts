import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { epochToMicros, formatIsoMicros, parseIsoMicros } from './time.ts'

describe('formatIsoMicros', () => {
  it('is what parseIsoMicros reads, to the microsecond, until the year 2255', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (micros) => {
        expect(parseIsoMicros(formatIsoMicros(micros))).toBe(micros)
      }),
    )
  })

  it('shows microseconds only where there are some', () => {
    expect(formatIsoMicros(1_000)).toBe('1970-01-01T00:00:00.001Z')
    expect(formatIsoMicros(1_001)).toBe('1970-01-01T00:00:00.001001Z')
    expect(formatIsoMicros(-1)).toBe('1969-12-31T23:59:59.999999Z')
  })
})

describe('parseIsoMicros', () => {
  it('agrees with Date on every millisecond of 1970 to 2200', () => {
    const from = Date.UTC(1970, 0, 1)
    const to = Date.UTC(2200, 0, 1)
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (ms) => {
        expect(parseIsoMicros(new Date(ms).toISOString())).toBe(ms * 1000)
      }),
    )
  })

  it.each([
    ['2026-11-21T10:00:00+02:00', '2026-11-21T08:00:00.000Z', 0],
    ['2026-11-21T10:00:00-0330', '2026-11-21T13:30:00.000Z', 0],
    ['2026-11-21 10:00:00.5Z', '2026-11-21T10:00:00.500Z', 0],
    ['2026-11-21t10:00:00.123456789z', '2026-11-21T10:00:00.123Z', 456],
    ['2024-02-29T23:59:59,999999Z', '2024-02-29T23:59:59.999Z', 999],
  ])('%s', (text, iso, micros) => {
    expect(parseIsoMicros(text)).toBe(Date.parse(iso) * 1000 + micros)
  })

  it.each([
    '2026-11-21',
    '2026-11-21T10:00:00',
    '2026-13-21T10:00:00Z',
    '2025-02-29T10:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21T10:00:60Z',
    '2026-11-21T10:00:00.Z',
    '2026-11-21T10:00:00Zulu',
    '2026-11-21T10:00:00+99:00',
    '2026/11/21T10:00:00Z',
    '٢٠٢٦-11-21T10:00:00Z',
  ])('refuses %s', (text) => {
    expect(parseIsoMicros(text)).toBeNull()
  })
})

describe('epochToMicros', () => {
  it('tells seconds, milliseconds and microseconds apart', () => {
    expect(epochToMicros(1_790_000_000)).toBe(1_790_000_000_000_000)
    expect(epochToMicros(1_790_000_000.25)).toBe(1_790_000_000_250_000)
    expect(epochToMicros(1_790_000_000_123)).toBe(1_790_000_000_123_000)
    expect(epochToMicros(1_790_000_000_123_456)).toBe(1_790_000_000_123_456)
    expect(epochToMicros(0)).toBe(0)
  })
  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e17])('refuses %d', (value) => {
    expect(epochToMicros(value)).toBeNull()
  })
})
