import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bucketEdges,
  CALENDAR_STEPS,
  createWindowOperator,
  type WindowingSpec,
  type WindowResult,
} from '../src/index.ts'
import { event, operatorOptions, options, steps } from './model/against-model.ts'
import type { ModelEvent } from './model/window-model.ts'
import { batchOf, KEY_VALUE, type Row } from './rows.ts'

const MICROS = 1_000

function shown({ key, window, time, pane, retraction, values }: WindowResult, scale = 1): string {
  return JSON.stringify([
    key,
    window.start / scale,
    window.end / scale,
    // The stamp of a window is its last instant, which is another one in a finer unit.
    Math.floor(time / scale),
    pane,
    retraction,
    values,
  ])
}

function rowsOf(events: readonly ModelEvent[], scale = 1): Row[] {
  return events.map(({ key, time, value }) => [time * scale, key, value])
}

describe('the unit of time', () => {
  it('does not matter: milliseconds and microseconds give the same', () => {
    fc.assert(
      fc.property(options, steps, (model, script) => {
        const run = (scale: number): string[] => {
          const scaled = (value: unknown): unknown =>
            typeof value === 'number' ? value * scale : value
          const made = operatorOptions(model, 'fast')
          const window = Object.fromEntries(
            Object.entries(made.windowing.window).map(([name, value]) => [name, scaled(value)]),
          ) as WindowingSpec['window']
          const operator = createWindowOperator({
            ...made,
            unit: scale === 1 ? 'ms' : 'us',
            windowing: { ...made.windowing, window, lateness: model.lateness * scale },
          })
          let watermark = -40
          for (const step of script) {
            if ('events' in step) operator.push(batchOf(rowsOf(step.events, scale), KEY_VALUE))
            else operator.watermark((watermark += step.forward) * scale)
          }
          operator.end()
          if (model.window.type === 'global') {
            return operator.takeResults().map(({ values }) => JSON.stringify(values))
          }
          return operator.takeResults().map((one) => shown(one, scale))
        }
        expect(run(MICROS)).toEqual(run(1))
      }),
    )
  })
})

describe('batches', () => {
  it('may be cut anywhere, and rows may be chosen instead of copied', () => {
    fc.assert(
      fc.property(options, steps, fc.infiniteStream(fc.boolean()), (model, script, cuts) => {
        const run = (push: (events: readonly ModelEvent[]) => void, made: Made): string[] => {
          let watermark = -40
          for (const step of script) {
            if ('events' in step) push(step.events)
            else made.watermark((watermark += step.forward))
          }
          made.end()
          return made.takeResults().map((one) => shown(one))
        }
        const whole = createWindowOperator(operatorOptions(model, 'fast'))
        const parts = createWindowOperator(operatorOptions(model, 'fast'))
        const chosen = createWindowOperator(operatorOptions(model, 'fast'))
        const wanted = run((events) => whole.push(batchOf(rowsOf(events), KEY_VALUE)), whole)
        const cut = run((events) => {
          let from = 0
          for (let i = 1; i <= events.length; i++) {
            if (i < events.length && cuts.next().value === true) continue
            parts.push(batchOf(rowsOf(events.slice(from, i)), KEY_VALUE))
            from = i
          }
        }, parts)
        const picked = run((events) => {
          // Every row twice, of which only the first is meant.
          const doubled = events.flatMap((one) => [one, { ...one, value: 99 }])
          const rows = Int32Array.from(events.keys(), (i) => 2 * i)
          chosen.push(batchOf(rowsOf(doubled), KEY_VALUE), rows)
        }, chosen)
        expect(cut).toEqual(wanted)
        expect(picked).toEqual(wanted)
      }),
    )
  })
})

type Made = ReturnType<typeof createWindowOperator>

describe('calendar windows', () => {
  it('are the buckets of the calendar, of whatever length the day is', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ]
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom(...CALENDAR_STEPS),
        fc.array(fc.integer({ min: 0, max: 1_900_000_000_000 }), { minLength: 1, maxLength: 8 }),
        (zone, step, times) => {
          const operator = createWindowOperator({
            windowing: { window: { type: 'calendar', step, zone } },
            aggregates: [{ as: 'n', aggregate: 'count' }],
          })
          operator.push(
            batchOf(
              times.map((time): Row => [time]),
              [],
            ),
          )
          operator.end()
          const results = operator.takeResults()
          expect(results.reduce((sum, { values }) => sum + Number(values['n']), 0)).toBe(
            times.length,
          )
          for (const { window, values } of results) {
            const from = window.start * 1000
            const found = bucketEdges({ zone, step, from, to: from + 1 })
            const edges = found.ok ? found.edges.map((edge) => edge / 1000) : []
            expect(edges.slice(0, 2)).toEqual([window.start, window.end])
            const inside = times.filter((time) => time >= window.start && time < window.end).length
            expect(values['n']).toBe(inside)
          }
        },
      ),
    )
  })
})

describe('sessions with a gap by event', () => {
  it('are the same as with a fixed one when all gaps are equal, and end with the furthest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(event, fc.integer({ min: 1, max: 12 })), { maxLength: 30 }),
        fc.boolean(),
        (drawn, isFixed) => {
          const fields = [...KEY_VALUE, 'gap:f64']
          const operator = createWindowOperator({
            keys: ['key'],
            windowing: { window: { type: 'session', gap: { column: 'gap' } } },
            aggregates: [{ as: 'n', aggregate: 'count' }],
          })
          const rows = drawn.map(([one, gap]): [string, number, number] => [
            one.key,
            one.time,
            isFixed ? 5 : gap,
          ])
          operator.push(
            batchOf(
              rows.map(([key, time, gap]) => [time, key, 0, gap]),
              fields,
            ),
          )
          operator.end()
          const got = operator
            .takeResults()
            .map(
              ({ key, window, values }) =>
                `${String(key)} ${window.start} ${window.end} ${String(values['n'])}`,
            )
          expect(got.toSorted()).toEqual(sessionsOf(rows).toSorted())
        },
      ),
    )
  })

  it('are never longer than the longest', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const operator = createWindowOperator({
          keys: ['key'],
          windowing: { window: { type: 'session', gap: 8, longest: 20 } },
          aggregates: [{ as: 'n', aggregate: 'count' }],
        })
        operator.push(batchOf(rowsOf(events), KEY_VALUE))
        operator.end()
        const results = operator.takeResults()
        expect(results.every(({ window }) => window.end - window.start <= 20)).toBe(true)
        expect(results.reduce((sum, { values }) => sum + Number(values['n']), 0)).toBe(
          events.length,
        )
      }),
    )
  })
})

/** Intervals [time, time + gap] of a key that touch, put together until none do. */
function sessionsOf(rows: readonly (readonly [string, number, number])[]): string[] {
  const sessions: { key: string; start: number; end: number; n: number }[] = []
  for (const [key, time, gap] of rows) {
    let merged = { key, start: time, end: time + gap, n: 1 }
    for (;;) {
      const place = sessions.findIndex(
        (one) => one.key === key && one.start <= merged.end && one.end >= merged.start,
      )
      const [one] = place < 0 ? [] : sessions.splice(place, 1)
      if (one === undefined) break
      merged = {
        key,
        start: Math.min(one.start, merged.start),
        end: Math.max(one.end, merged.end),
        n: one.n + merged.n,
      }
    }
    sessions.push(merged)
  }
  return sessions.map(({ key, start, end, n }) => `${key} ${start} ${end} ${n}`)
}
