import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketEdges, bucketStart, CALENDAR_STEPS, MAX_BUCKETS, stepMicros } from './calendar.ts'
import { offsetSegments } from './time-zone.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Africa/Casablanca',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
]
const DAY = 86_400_000_000
const HOUR = DAY / 24
const YEAR_2030 = 1_893_456_000_000_000

const request = fc
  .record({
    zone: fc.constantFrom(...ZONES),
    step: fc.constantFrom(...CALENDAR_STEPS),
    from: fc.integer({ min: 0, max: YEAR_2030 }),
    buckets: fc.double({ min: 0.001, max: 400, noNaN: true }),
  })
  .map(({ zone, step, from, buckets }) => ({
    zone,
    step,
    from,
    to: from + Math.ceil(buckets * stepMicros(step)),
  }))

/** What the wall clock shows, as µs as if it were UTC; seen through another face of Intl. */
function wallAt(time: number, zone: string): number {
  const shown = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(Math.floor(time / 1000))
  return Date.parse(`${shown.replace(' ', 'T')}Z`) * 1000
}

describe('bucket edges', () => {
  it('ascend and just cover the range', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { from, to } = asked
        const found = bucketEdges(asked)
        const edges = found.ok ? found.edges : []
        expect(edges.length).toBeGreaterThanOrEqual(2)
        expect(edges.length - 1).toBeLessThanOrEqual(MAX_BUCKETS)
        expect(edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? edge))).toBe(true)
        expect(edges[0]).toBeLessThanOrEqual(from)
        expect(edges[1]).toBeGreaterThan(from)
        expect(edges.at(-1)).toBeGreaterThanOrEqual(to)
        expect(edges.at(-2)).toBeLessThan(to)
      }),
      { numRuns: 400 },
    )
  })

  it('do not depend on the range they were asked for', () => {
    fc.assert(
      fc.property(request, fc.double({ min: 0, max: 1, noNaN: true }), (asked, at) => {
        const middle = asked.from + Math.floor((asked.to - 1 - asked.from) * at)
        const whole = bucketEdges(asked)
        const edges = whole.ok ? whole.edges : []
        const start = bucketStart(middle, asked.step, asked.zone)
        expect(start).toBe(edges.filter((edge) => edge <= middle).at(-1))
        const left = bucketEdges({ ...asked, to: middle + 1 })
        const right = bucketEdges({ ...asked, from: middle })
        const both = [...(left.ok ? left.edges : []), ...(right.ok ? right.edges : [])]
        expect([...new Set(both)].sort((a, b) => a - b)).toEqual(edges)
      }),
      { numRuns: 200 },
    )
  })

  it('stand at multiples of the step on the wall clock, or where the clock jumps', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const { step, zone } = asked
        const found = bucketEdges(asked)
        for (const edge of (found.ok ? found.edges : []).slice(0, 40)) {
          const wall = wallAt(edge, zone)
          const jumps = wall - wallAt(edge - 1_000_000, zone) !== 1_000_000
          const date = new Date(wall / 1000)
          const aligned =
            wall % Math.min(stepMicros(step), DAY) === 0 &&
            (step !== '1w' || date.getUTCDay() === 1) &&
            (step !== '1M' || date.getUTCDate() === 1)
          expect(aligned || jumps).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('are never further apart than the clock allows', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const found = bucketEdges(asked)
        const edges = found.ok ? found.edges : []
        const usual = asked.step === '1M' ? 31 * DAY : stepMicros(asked.step)
        // The greatest step back is that of Newfoundland's double summer time: 30 October 1988 had 26 hours.
        const most = usual <= HOUR ? usual : usual + 2 * HOUR
        for (let i = 1; i < edges.length; i++) {
          expect((edges[i] ?? 0) - (edges[i - 1] ?? 0)).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('of finer steps hold all edges of coarser ones', () => {
    fc.assert(
      fc.property(request, fc.constantFrom('1m', '15m', '1h', '6h', '1d'), (asked, fine) => {
        const coarse = bucketEdges({ ...asked, to: Math.min(asked.to, asked.from + 5 * DAY) })
        const edges = coarse.ok ? coarse.edges : []
        for (const edge of edges.slice(0, 20)) {
          if (stepMicros(fine) > stepMicros(asked.step)) continue
          expect(bucketStart(edge, fine, asked.zone)).toBe(edge)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('offset segments', () => {
  it('cover the range exactly and show what the wall clock shows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: 0, max: YEAR_2030 }),
        fc.integer({ min: 1, max: 700 * DAY }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (zone, from, length, at) => {
          const to = from + length
          const found = offsetSegments(zone, from, to)
          const segments = found.ok ? found.segments : []
          expect(segments[0]?.start).toBe(from)
          expect(segments.at(-1)?.end).toBe(to)
          for (const [i, segment] of segments.entries()) {
            expect(segment.end).toBeGreaterThan(segment.start)
            const next = segments[i + 1]
            expect(next?.start ?? to).toBe(segment.end)
            expect(next?.offset).not.toBe(segment.offset)
          }
          const time = from + Math.floor((length - 1) * at)
          const within = segments.find(({ start, end }) => start <= time && time < end)
          const second = time - (time % 1_000_000)
          expect(second + (within?.offset ?? Number.NaN)).toBe(wallAt(time, zone))
        },
      ),
      { numRuns: 300 },
    )
  })
})
