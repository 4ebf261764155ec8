import { spawnSync } from 'node:child_process'
import { describe, expect, it, vi } from 'vitest'
import {
  bucketEdges,
  bucketStart,
  CALENDAR_STEPS,
  type CalendarStep,
  MAX_BUCKETS,
  parseStep,
} from './calendar.ts'
import { offsetSegments } from './time-zone.ts'

const micros = (iso: string) => Date.parse(iso) * 1000
const iso = (time: number) => new Date(time / 1000).toISOString().replace(':00.000Z', 'Z')

function edges(zone: string, step: CalendarStep, from: string, to: string): string[] {
  const found = bucketEdges({ from: micros(from), to: micros(to), step, zone })
  if (!found.ok) throw new Error(found.message)
  return found.edges.map(iso)
}

describe('buckets around known changes of the clock', () => {
  it('days of 23 and 25 hours are one bucket', () => {
    expect(edges('Europe/Berlin', '1d', '2024-03-30T12:00Z', '2024-04-01T12:00Z')).toEqual([
      '2024-03-29T23:00Z',
      '2024-03-30T23:00Z',
      '2024-03-31T22:00Z',
      '2024-04-01T22:00Z',
    ])
    // Double summer time ended in Newfoundland: two hours at once.
    expect(edges('America/St_Johns', '1d', '1988-10-30T12:00Z', '1988-10-30T13:00Z')).toEqual([
      '1988-10-30T01:30Z',
      '1988-10-31T03:30Z',
    ])
    expect(edges('America/New_York', '1d', '2024-11-03T04:00Z', '2024-11-04T05:00Z')).toEqual([
      '2024-11-03T04:00Z',
      '2024-11-04T05:00Z',
    ])
  })

  it('a day without a midnight begins when the clock resumes', () => {
    // São Paulo went from 23:59 to 01:00 on 4 November 2018, Beirut on 31 March 2024.
    expect(edges('America/Sao_Paulo', '1d', '2018-11-03T12:00Z', '2018-11-05T01:00Z')).toEqual([
      '2018-11-03T03:00Z',
      '2018-11-04T03:00Z',
      '2018-11-05T02:00Z',
    ])
    expect(edges('Asia/Beirut', '1d', '2024-03-30T12:00Z', '2024-03-31T12:00Z')).toEqual([
      '2024-03-29T22:00Z',
      '2024-03-30T22:00Z',
      '2024-03-31T21:00Z',
    ])
  })

  it('a day that happens to have two midnights begins at the first', () => {
    // São Paulo fell back from 00:00 to 23:00 on 17/18 February 2018, Newfoundland from 00:01 to 23:01.
    expect(edges('America/Sao_Paulo', '1d', '2018-02-17T12:00Z', '2018-02-18T12:00Z')).toEqual([
      '2018-02-17T02:00Z',
      '2018-02-18T03:00Z',
      '2018-02-19T03:00Z',
    ])
    expect(edges('America/St_Johns', '1d', '2006-10-28T12:00Z', '2006-10-29T12:00Z')).toEqual([
      '2006-10-28T02:30Z',
      '2006-10-29T02:30Z',
      '2006-10-30T03:30Z',
    ])
  })

  it('a day that a zone left out has no bucket', () => {
    // Samoa had no 30 December 2011.
    expect(edges('Pacific/Apia', '1d', '2011-12-29T10:00Z', '2012-01-01T10:00Z')).toEqual([
      '2011-12-29T10:00Z',
      '2011-12-30T10:00Z',
      '2011-12-31T10:00Z',
      '2012-01-01T10:00Z',
    ])
  })

  it('the hour that is repeated is two buckets, the one left out none', () => {
    expect(edges('Europe/Berlin', '1h', '2024-10-27T00:00Z', '2024-10-27T02:00Z')).toEqual([
      '2024-10-27T00:00Z',
      '2024-10-27T01:00Z',
      '2024-10-27T02:00Z',
    ])
    expect(edges('Europe/Berlin', '1h', '2024-03-31T00:00Z', '2024-03-31T02:00Z')).toEqual([
      '2024-03-31T00:00Z',
      '2024-03-31T01:00Z',
      '2024-03-31T02:00Z',
    ])
  })

  it('a shift of half an hour makes one short hour', () => {
    // Lord Howe: 02:00 became 01:30 in April, 02:30 in October.
    expect(edges('Australia/Lord_Howe', '1h', '2024-04-06T14:00Z', '2024-04-06T16:30Z')).toEqual([
      '2024-04-06T14:00Z',
      '2024-04-06T15:00Z',
      '2024-04-06T15:30Z',
      '2024-04-06T16:30Z',
    ])
    expect(edges('Australia/Lord_Howe', '1h', '2024-10-05T14:30Z', '2024-10-05T17:00Z')).toEqual([
      '2024-10-05T14:30Z',
      '2024-10-05T15:30Z',
      '2024-10-05T16:00Z',
      '2024-10-05T17:00Z',
    ])
  })

  it('six hours follow the wall clock', () => {
    expect(edges('Europe/Berlin', '6h', '2024-03-30T23:00Z', '2024-03-31T22:00Z')).toEqual([
      '2024-03-30T23:00Z',
      '2024-03-31T04:00Z',
      '2024-03-31T10:00Z',
      '2024-03-31T16:00Z',
      '2024-03-31T22:00Z',
    ])
  })

  it('weeks begin on Monday, months on the first', () => {
    expect(edges('UTC', '1w', '2026-11-21T00:00Z', '2026-11-24T00:00Z')).toEqual([
      '2026-11-16T00:00Z',
      '2026-11-23T00:00Z',
      '2026-11-30T00:00Z',
    ])
    expect(edges('Europe/Berlin', '1M', '2024-02-29T23:00Z', '2024-04-30T22:00Z')).toEqual([
      '2024-02-29T23:00Z',
      '2024-03-31T22:00Z',
      '2024-04-30T22:00Z',
    ])
  })

  it('offsets that are not whole minutes are followed to the second', () => {
    // Liberia was 44 min 30 s behind until 7 January 1972.
    const zone = 'Africa/Monrovia'
    const found = offsetSegments(zone, micros('1972-01-01T00:00Z'), micros('1972-02-01T00:00Z'))
    expect(found.ok ? found.segments.map(({ offset }) => offset / 1e6) : []).toEqual([-2670, 0])
    expect(edges(zone, '1d', '1972-01-06T12:00Z', '1972-01-07T12:00Z')).toEqual([
      '1972-01-06T00:44:30.000Z',
      '1972-01-07T00:44:30.000Z',
      '1972-01-08T00:00Z',
    ])
  })

  it('quarters of an hour fit zones that are off by them', () => {
    expect(edges('Asia/Kathmandu', '1h', '2024-01-01T00:00Z', '2024-01-01T01:00Z')).toEqual([
      '2023-12-31T23:15Z',
      '2024-01-01T00:15Z',
      '2024-01-01T01:15Z',
    ])
  })
})

describe('requests', () => {
  it('refuses an unknown zone', () => {
    const answer = bucketEdges({ from: 0, to: 1, step: '1d', zone: 'Europe/Berlim' })
    expect(answer).toMatchObject({ ok: false, code: 'unknown_zone' })
    expect(offsetSegments('', 0, 1)).toMatchObject({ ok: false, code: 'unknown_zone' })
    expect(bucketStart(0, '1d', 'nowhere')).toBeNull()
  })

  it('refuses too many buckets and names the finest step that is allowed', () => {
    const minute = 60_000_000
    const most = { from: 0, to: MAX_BUCKETS * minute, step: '1m', zone: 'UTC' } as const
    expect(bucketEdges(most)).toMatchObject({ ok: true })
    expect(bucketEdges({ ...most, to: most.to + 1 })).toMatchObject({
      ok: false,
      code: 'too_many_buckets',
      finest: '5m',
    })
    const decade = bucketEdges({ ...most, to: micros('1980-01-01T00:00Z'), zone: 'Asia/Tokyo' })
    expect(decade).toMatchObject({ code: 'too_many_buckets', finest: '1d' })
    const ages = bucketEdges({ ...most, to: micros('+002255-01-01T00:00:00Z') })
    expect(ages).toMatchObject({ code: 'too_many_buckets', finest: '1M' })
    expect(bucketEdges({ ...most, to: Number.MAX_SAFE_INTEGER, zone: 'no/zone' })).toMatchObject({
      code: 'unknown_zone',
    })
  })

  it('has no edges for an empty range', () => {
    expect(bucketEdges({ from: 5, to: 5, step: '1h', zone: 'UTC' })).toEqual({
      ok: true,
      edges: [],
    })
    expect(bucketEdges({ from: 6, to: 5, step: '1h', zone: 'UTC' })).toEqual({
      ok: true,
      edges: [],
    })
  })

  it('makes a format of Intl once for a zone, and none for UTC', () => {
    const made = vi.spyOn(Intl, 'DateTimeFormat')
    try {
      const zones = ['UTC', 'Asia/Dhaka', 'Asia/Thimphu']
      for (let i = 0; i < 300; i++) {
        const [step = '1d', zone = ''] = [CALENDAR_STEPS[i % 8], zones[i % 3]]
        expect(bucketStart(i * 86_400_000_000, step, zone)).not.toBeNull()
      }
      expect(made).toHaveBeenCalledTimes(2)
    } finally {
      made.mockRestore()
    }
  })

  it('knows steps by both names', () => {
    expect(parseStep('1h')).toBe('1h')
    expect(parseStep('1hour')).toBe('1h')
    expect(parseStep('1month')).toBe('1M')
    expect(parseStep('1min')).toBe('1m')
    expect(parseStep('2h')).toBeNull()
    expect(parseStep('toString')).toBeNull()
  })
})

/**
 * The same definitions, computed minute by minute with the zone rules of the operating system instead
 * of those of Intl. Reads { zone, from, to } (epoch minutes), answers offsets, hours and days as edges.
 */
const ORACLE = `
import json, sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
utc = timezone.utc
out = []
for case in json.load(sys.stdin):
    zone = ZoneInfo(case['zone'])
    def wall(minute):
        at = datetime(1970, 1, 1, tzinfo=utc) + timedelta(minutes=minute)
        return minute * 60 + int(at.astimezone(zone).utcoffset().total_seconds())
    changes, hours, days = [], [], []
    before = wall(case['from'] - 1)
    reached = before // 86400
    for minute in range(case['from'], case['to']):
        now = wall(minute)
        changed = now - before != 60
        if changed: changes.append(minute)
        if changed or now % 3600 == 0: hours.append(minute)
        if now // 86400 > reached:
            reached = now // 86400
            days.append(minute)
        before = now
    out.append({'changes': changes, 'hours': hours, 'days': days})
json.dump(out, sys.stdout)
`

const CASES: readonly (readonly [zone: string, from: string, days: number])[] = [
  ['Europe/Berlin', '2024-03-20', 20],
  ['Europe/Berlin', '2023-10-20', 20],
  ['America/New_York', '2024-03-01', 20],
  ['America/Sao_Paulo', '2018-02-10', 15],
  ['America/Sao_Paulo', '2018-10-28', 15],
  ['America/St_Johns', '2006-10-20', 15],
  ['America/Recife', '2000-10-01', 25],
  ['Asia/Beirut', '2024-03-25', 10],
  ['Asia/Gaza', '2011-07-25', 75],
  ['Asia/Kathmandu', '1985-12-25', 12],
  ['Africa/Casablanca', '2024-03-01', 60],
  ['Asia/Pyongyang', '2018-04-28', 12],
  ['Australia/Lord_Howe', '2024-03-30', 15],
  ['Australia/Lord_Howe', '2023-09-25', 15],
  ['Pacific/Apia', '2011-12-20', 20],
  ['Pacific/Kwajalein', '1993-08-15', 15],
  ['Antarctica/Troll', '2024-03-25', 12],
]

const python = spawnSync('python3', ['-c', 'import zoneinfo; zoneinfo.ZoneInfo("Europe/Berlin")'])
const hasPython = python.status === 0

describe('against the zone rules of the operating system', () => {
  it('finds the same changes, hours and days', (context) => {
    if (!hasPython) return context.skip('python3 with the zones of zoneinfo is not installed')
    const minuteOf = (time: number) => time / 60_000_000
    const input = CASES.map(([zone, from, days]) => {
      const start = minuteOf(micros(`${from}T00:00Z`))
      return { zone, from: start, to: start + days * 1440 }
    })
    const run = spawnSync('python3', ['-c', ORACLE], { input: JSON.stringify(input) })
    const expected: unknown = JSON.parse(run.stdout.toString())
    const found = input.map(({ zone, from, to }) => {
      const range = { from: from * 60_000_000, to: to * 60_000_000, zone }
      const inside = (step: CalendarStep) => {
        const answer = bucketEdges({ ...range, step })
        const all = answer.ok ? answer.edges.map(minuteOf) : []
        return all.filter((minute) => minute >= from && minute < to)
      }
      const zoned = offsetSegments(zone, range.from - 60_000_000, range.to)
      const segments = zoned.ok ? zoned.segments : []
      const changes = segments.slice(1).map(({ start }) => minuteOf(start))
      return { changes, hours: inside('1h'), days: inside('1d') }
    })
    expect(found).toEqual(expected)
  })
})
