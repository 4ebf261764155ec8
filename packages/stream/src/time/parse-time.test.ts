import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTime } from './parse-time.ts'

const NOW = Date.parse('2026-03-31T10:20:30.000Z') * 1000 + 7
const HOUR = 3_600_000_000
const at = (iso: string) => ({ ok: true, micros: Date.parse(iso) * 1000 })

describe('parseTime', () => {
  it.each([
    ['2026-11-21T10:00:00Z', '2026-11-21T10:00:00Z'],
    ['2026-11-21T10:00:00.25Z', '2026-11-21T10:00:00.250Z'],
    ['2026-11-21 10:00:00+01:00', '2026-11-21T09:00:00Z'],
    ['2026-11-21T10:00-0530', '2026-11-21T15:30:00Z'],
    ['2026-11-21T10:00+02', '2026-11-21T08:00:00Z'],
    ['2026-11-21', '2026-11-21T00:00:00Z'],
    [' 1970-01-01T00:00:00Z ', '1970-01-01T00:00:00Z'],
    ['1700000000', '2023-11-14T22:13:20Z'],
    ['1700000000.5', '2023-11-14T22:13:20.500Z'],
    [1_700_000_000, '2023-11-14T22:13:20Z'],
    [1_700_000_000_250, '2023-11-14T22:13:20.250Z'],
    [1_700_000_000_250_000, '2023-11-14T22:13:20.250Z'],
    [0, '1970-01-01T00:00:00Z'],
  ])('reads %s', (text, iso) => {
    expect(parseTime(text, NOW)).toEqual(at(iso))
  })

  it('keeps microseconds', () => {
    expect(parseTime('1970-01-01T00:00:00.123456789Z', NOW)).toEqual({ ok: true, micros: 123_456 })
    expect(parseTime(1_700_000_000_000_001, NOW)).toEqual({
      ok: true,
      micros: 1_700_000_000_000_001,
    })
  })

  it.each([
    ['now', NOW],
    ['now-15m', NOW - HOUR / 4],
    ['now-7d', NOW - 7 * 24 * HOUR],
    ['now+90s', NOW + 90_000_000],
    ['now-1w+2h', NOW - 7 * 24 * HOUR + 2 * HOUR],
    // 31 March, a month back, is the last of February.
    ['now-1M', Date.parse('2026-02-28T10:20:30Z') * 1000 + 7],
    ['now-1y', Date.parse('2025-03-31T10:20:30Z') * 1000 + 7],
    ['now/d', Date.parse('2026-03-31T00:00:00Z') * 1000],
    ['now/w', Date.parse('2026-03-30T00:00:00Z') * 1000],
    ['now/M', Date.parse('2026-03-01T00:00:00Z') * 1000],
    ['now-1h/h', Date.parse('2026-03-31T09:00:00Z') * 1000],
    ['now/m', Date.parse('2026-03-31T10:20:00Z') * 1000],
  ])('reads %s', (text, micros) => {
    expect(parseTime(text, NOW)).toEqual({ ok: true, micros })
  })

  it('rounds in the zone it is given', () => {
    expect(parseTime('now/d', NOW, 'Europe/Berlin')).toEqual(at('2026-03-30T22:00:00Z'))
    expect(parseTime('now/d', NOW, 'nowhere')).toMatchObject({ ok: false })
    expect(parseTime('2026-11-21', NOW, 'Europe/Berlin')).toEqual(at('2026-11-21T00:00:00Z'))
  })

  it.each([
    '',
    'yesterday',
    'now-',
    'now-5',
    'now-5x',
    'now/y',
    'now-999999999y',
    '2026-11-21T10:00:00',
    '2026-02-30',
    // Years that Date.UTC would take for those of the twentieth century.
    '0000-01-01',
    '0070-01-01T00:00:00Z',
    '0099-12-31T23:59:59Z',
    '2026-13-01',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21T10:00:60Z',
    '2026-11-21T10:00:00+99:00',
    '1969-12-31T23:59:59Z',
    '-5',
    '1e3',
    '99999999999999999999',
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e17,
  ])('refuses %s as a value', (text) => {
    const found = parseTime(text, NOW)
    expect(found).toMatchObject({ ok: false, code: 'invalid_time' })
  })

  it('refuses what is neither a text nor a number', () => {
    for (const value of [undefined, null, {}, 5n]) {
      expect(parseTime(value as string, NOW)).toMatchObject({ code: 'invalid_time' })
    }
  })

  it('reads every instant back as it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_000_000_000_000 }), (millis) => {
        const iso = new Date(millis).toISOString()
        expect(parseTime(iso, NOW)).toEqual({ ok: true, micros: millis * 1000 })
      }),
    )
  })

  it('never throws', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^now[-+/]?\d{0,12}[smhdwMy/]{0,3}$/),
      fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?[Z+-]?[\d:]{0,5}$/),
    )
    fc.assert(
      fc.property(fc.oneof(text, fc.double()), (value) => {
        const found = parseTime(value, NOW)
        expect(found.ok ? Number.isSafeInteger(found.micros) && found.micros >= 0 : true).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
