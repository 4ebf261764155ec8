import { STEPS } from '@llmhub/schema'
import { bucketEdges } from '@llmhub/stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Range, RangeInput } from './range.ts'
import { elapsedSeconds, rangeOf } from './range.ts'

const at = (text: string): number => Date.parse(text) * 1000

function ranges(input: Partial<RangeInput> & { from: number; to: number }) {
  const result = rangeOf({
    now: at('2027-01-01T00:00:00Z'),
    step: null,
    timezone: 'UTC',
    compare: true,
    ...input,
  })
  if (!result.ok) throw new Error(result.message)
  return result
}

const iso = (range: Range | null): string[] =>
  range === null ? [] : [range.from, range.to].map((time) => new Date(time / 1000).toISOString())

const input = fc.record({
  from: fc.integer({
    min: at('2024-01-01T00:00:00Z') / 6e7,
    max: at('2026-12-01T00:00:00Z') / 6e7,
  }),
  buckets: fc.integer({ min: 0, max: 40 }),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  step: fc.constantFrom(...STEPS),
  timezone: fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Kolkata',
    'Australia/Lord_Howe',
  ),
})
const LENGTHS = {
  '1m': 1,
  '5m': 5,
  '15m': 15,
  '1h': 60,
  '6h': 360,
  '1d': 1440,
  '1w': 10_080,
  '1M': 43_200,
}

test('buckets tile the range; the previous range has as many and ends where this one begins or before', () => {
  fc.assert(
    fc.property(input, ({ from: minute, buckets, part, step, timezone }) => {
      const from = minute * 6e7
      const to = from + Math.floor((buckets + part) * LENGTHS[step] * 6e7) + 1
      const { current, previous } = ranges({ from, to, step, timezone })
      for (const range of [current, previous]) {
        if (range?.buckets === null || range?.buckets === undefined) throw new Error('no buckets')
        const { edges, labels, complete } = range.buckets
        expect(edges[0]).toBe(range.from)
        expect(edges.at(-1)).toBe(range.to)
        expect(labels).toHaveLength(edges.length - 1)
        expect(complete).toHaveLength(labels.length)
        for (let index = 0; index < labels.length; index++) {
          expect(edges[index + 1] ?? 0).toBeGreaterThan(edges[index] ?? 0)
          expect(labels[index] ?? 0).toBeLessThanOrEqual(edges[index] ?? 0)
        }
      }
      expect(previous?.buckets?.labels).toHaveLength(current.buckets?.labels.length ?? -1)
      expect(previous?.to ?? 0).toBeLessThanOrEqual(from)
      // Not further back than needed: one bucket less would overlap.
      const next = bucketEdges({ from: previous?.to ?? 0, to: from + 1, step, zone: timezone })
      expect(next.ok && next.edges.length - 1).toBeLessThanOrEqual(2)
    }),
  )
})

test('a month until now is compared with the same part of the month before', () => {
  const { current, previous } = ranges({
    from: at('2026-11-01T00:00:00Z'),
    to: at('2026-11-20T12:00:00Z'),
    step: '1M',
  })
  expect(iso(previous)).toEqual(['2026-10-01T00:00:00.000Z', '2026-10-20T12:00:00.000Z'])
  expect(current.buckets?.complete).toEqual([false])
})

test('a whole month is compared with the whole month before, of whatever length', () => {
  const { previous } = ranges({
    from: at('2026-02-01T00:00:00Z'),
    to: at('2026-03-01T00:00:00Z'),
    step: '1M',
  })
  expect(iso(previous)).toEqual(['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'])
})

test('days across the end of summer time are compared by their number', () => {
  const { current, previous } = ranges({
    from: at('2026-10-24T22:00:00Z'),
    to: at('2026-10-26T23:00:00Z'),
    step: '1d',
    timezone: 'Europe/Berlin',
  })
  expect(current.buckets?.labels).toHaveLength(2)
  expect(iso(previous)).toEqual(['2026-10-22T22:00:00.000Z', '2026-10-24T22:00:00.000Z'])
})

test('seven days from noon to noon are compared with the seven before', () => {
  const { previous } = ranges({
    from: at('2026-11-10T12:00:00Z'),
    to: at('2026-11-17T12:00:00Z'),
    step: '1d',
  })
  expect(iso(previous)).toEqual(['2026-11-03T12:00:00.000Z', '2026-11-10T12:00:00.000Z'])
})

test('a bucket is complete when it is whole and has ended', () => {
  const { current } = ranges({
    from: at('2026-11-20T00:30:00Z'),
    to: at('2026-11-20T05:00:00Z'),
    now: at('2026-11-20T03:15:00Z'),
    step: '1h',
    compare: false,
  })
  expect(current.buckets?.complete).toEqual([false, true, true, false, false])
  expect(elapsedSeconds(current, 0, at('2026-11-20T03:15:00Z'))).toBe(1800)
  expect(elapsedSeconds(current, 3, at('2026-11-20T03:15:00Z'))).toBe(900)
  expect(elapsedSeconds(current, 4, at('2026-11-20T03:15:00Z'))).toBe(0)
})

test('too many buckets names the finest step, and 11,000 can be compared', () => {
  const from = at('2026-01-01T00:00:00Z')
  const refused = rangeOf({
    from,
    to: at('2026-01-21T00:00:00Z'),
    now: from,
    step: '1m',
    timezone: 'UTC',
    compare: false,
  })
  expect(refused).toMatchObject({ ok: false, code: 'too_many_buckets' })
  expect(refused.ok ? '' : refused.message).toContain('5m')
  const { previous } = ranges({ from, to: from + 11_000 * 6e7, step: '1m' })
  expect(previous?.buckets?.labels).toHaveLength(11_000)
})
