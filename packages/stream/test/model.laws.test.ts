import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWindowOperator, type WindowResult } from '../src/index.ts'
import {
  alignedWindow,
  batch,
  event,
  operatorOptions,
  options,
  runBoth,
  runDivided,
  steps,
} from './model/against-model.ts'
import { type ModelEvent, windowsOf } from './model/window-model.ts'

const anyPath = fc.constantFrom('fast' as const, 'general' as const)

describe('the engine and the naive model', () => {
  it('give the same results, panes and late events after every step', () => {
    fc.assert(
      fc.property(options, steps, anyPath, (model, script, path) => {
        runBoth(model, script, path, false)
      }),
      { numRuns: 2_000 },
    )
  })

  it('give the same with a restart from a snapshot after every step', () => {
    fc.assert(
      fc.property(options, steps, anyPath, (model, script, path) => {
        runBoth(model, script, path, true)
      }),
      { numRuns: 500 },
    )
  })

  it('give the same when keys are divided over other numbers of operators in between', () => {
    fc.assert(
      fc.property(
        options,
        fc.tuple(steps, steps, steps),
        fc.integer({ min: 1, max: 3 }),
        (model, scripts, parts) => {
          runDivided(model, scripts, parts)
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('final results', () => {
  const bounded = fc.record({
    model: options,
    events: fc.array(event, { maxLength: 60 }),
    bound: fc.integer({ min: 0, max: 30 }),
    mix: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
  })

  /** The last word on every window: what an on-time or later pane said, less what was withdrawn. */
  function finals(results: readonly WindowResult[]): string[] {
    const last = new Map<string, string>()
    for (const { key, window, values, retraction } of results) {
      const name = `${String(key)} [${window.start},${window.end})`
      if (retraction) last.delete(name)
      else last.set(name, `${String(values['count'])} ${String(values['sum'])}`)
    }
    return [...last].map(([name, value]) => `${name} ${value}`).toSorted()
  }

  it('do not change with the order of arrival within the bound of the watermark', () => {
    fc.assert(
      fc.property(bounded, ({ model, events, bound, mix }) => {
        const made = operatorOptions(
          { ...model, accumulation: 'retracting', early: 0, lateness: 0 },
          'fast',
        )
        const inOrder = events.toSorted((a, b) => a.time - b.time)
        // Delayed by at most the bound: then nothing comes behind a watermark that stays so far back.
        const shuffled = inOrder
          .map((one, i) => ({ one, arrives: one.time + ((mix[i] ?? 0) % (bound + 1)) }))
          .toSorted((a, b) => a.arrives - b.arrives)
          .map(({ one }) => one)
        const run = (list: readonly ModelEvent[]): string[] => {
          const operator = createWindowOperator(made)
          let greatest = Number.NEGATIVE_INFINITY
          for (const one of list) {
            operator.push(batch([one]))
            greatest = Math.max(greatest, one.time)
            operator.watermark(greatest - bound)
          }
          operator.end()
          expect(operator.takeLate()).toEqual([])
          return finals(operator.takeResults())
        }
        expect(run(shuffled)).toEqual(run(inOrder))
      }),
      { numRuns: 500 },
    )
  })

  it('are what remains after retractions are taken off', () => {
    fc.assert(
      fc.property(options, steps, anyPath, (model, script, path) => {
        const made = operatorOptions({ ...model, accumulation: 'retracting' }, path)
        const operator = createWindowOperator(made)
        let watermark = -40
        for (const step of script) {
          if ('events' in step) operator.push(batch(step.events))
          else operator.watermark((watermark += step.forward))
        }
        operator.end()
        const results = operator.takeResults()
        const late = operator.takeLate().length
        // Every window that still stands counts an event once, and an event stands in as many windows as it is in.
        const standing = new Map<string, number>()
        for (const { key, window, values, retraction } of results) {
          const name = `${String(key)} [${window.start},${window.end})`
          const sign = retraction ? -1 : 1
          standing.set(name, (standing.get(name) ?? 0) + sign * Number(values['count']))
        }
        expect([...standing.values()].every((count) => count >= 0)).toBe(true)
        if (model.window.type === 'session' || model.window.type === 'global') {
          const events = script.flatMap((step) => ('events' in step ? step.events : [])).length
          const counted = [...standing.values()].reduce((sum, count) => sum + count, 0)
          expect(counted).toBe(events - late)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('windows', () => {
  it('cover exactly: every event is in as many windows as begin within one size before it', () => {
    fc.assert(
      fc.property(alignedWindow, fc.array(event, { maxLength: 40 }), (window, events) => {
        const made = operatorOptions(
          {
            window,
            accumulation: 'discarding',
            lateness: 0,
            early: 0,
            late: 1,
            closing: 'if_not_empty',
            stamp: 'end',
          },
          'fast',
        )
        const operator = createWindowOperator(made)
        operator.push(batch(events))
        operator.end()
        const results = operator.takeResults()
        const counted = results.reduce((sum, { values }) => sum + Number(values['count']), 0)
        const wanted = events.reduce((sum, { time }) => sum + windowsOf(window, time).length, 0)
        expect(counted).toBe(wanted)
        if (window.type !== 'hopping') return
        for (const { time } of events) {
          const count = windowsOf(window, time).length
          expect(count).toBeGreaterThanOrEqual(Math.floor(window.size / window.slide))
          expect(count).toBeLessThanOrEqual(Math.ceil(window.size / window.slide))
        }
      }),
    )
  })

  it('of two rows by difference are all sets of events that lie so close together', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 25 }),
        fc.integer({ min: 0, max: 20 }),
        (events, difference) => {
          const operator = createWindowOperator({
            keys: ['key'],
            windowing: { window: { type: 'sliding', difference } },
            aggregates: [{ as: 'values', aggregate: 'collect', of: 'value' }],
          })
          operator.push(batch(events))
          operator.end()
          const got = operator
            .takeResults()
            .map(
              ({ key, window, values }) =>
                `${String(key)} [${window.start},${window.end}) ${(values['values'] as number[]).toSorted((a, b) => a - b).join()}`,
            )
          expect(got.toSorted()).toEqual(slidingWindows(events, difference).toSorted())
        },
      ),
    )
  })

  it('by difference are those in the end, however late their events come within the lateness', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 20 }), (script, difference) => {
        const operator = createWindowOperator({
          keys: ['key'],
          windowing: { window: { type: 'sliding', difference }, lateness: 10_000 },
          aggregates: [{ as: 'values', aggregate: 'collect', of: 'value' }],
        })
        let watermark = -40
        for (const step of script) {
          if ('events' in step) operator.push(batch(step.events))
          else operator.watermark((watermark += step.forward))
        }
        operator.end()
        const last = new Map<string, string>()
        for (const { key, window, values } of operator.takeResults()) {
          const name = `${String(key)} [${window.start},${window.end})`
          const collected = (values['values'] as number[]).toSorted((a, b) => a - b).join()
          last.set(name, `${name} ${collected}`)
        }
        const events = script.flatMap((step) => ('events' in step ? step.events : []))
        expect([...last.values()].toSorted()).toEqual(slidingWindows(events, difference).toSorted())
        expect(operator.takeLate()).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('by count begin with every so many events of a key, in order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        (events, size, slide) => {
          const operator = createWindowOperator({
            keys: ['key'],
            windowing: { window: { type: 'count', size, slide } },
            aggregates: [{ as: 'values', aggregate: 'collect', of: 'value' }],
          })
          for (const one of events) operator.push(batch([one]))
          operator.end()
          const got = operator.takeResults().map(({ key, window, values }) => {
            const collected = (values['values'] as number[]).toSorted((a, b) => a - b)
            return `${String(key)} [${window.start},${window.end}) ${collected.join()}`
          })
          const wanted = ['a', 'b', 'c'].flatMap((key) => {
            const own = events.filter((one) => one.key === key)
            const begins = own.map((_, i) => i).filter((i) => i % slide === 0)
            return begins.map((from) => {
              const inside = own.slice(from, from + size)
              const times = inside.map(({ time }) => time)
              const values = inside.map(({ value }) => value).toSorted((a, b) => a - b)
              return `${key} [${Math.min(...times)},${Math.max(...times) + 1}) ${values.join()}`
            })
          })
          expect(got.toSorted()).toEqual(wanted.toSorted())
        },
      ),
    )
  })
})

function slidingWindows(events: readonly ModelEvent[], difference: number): string[] {
  const windows = new Map<string, string>()
  for (const { key, time } of events) {
    for (const start of [time - difference, time + 1]) {
      const within = events
        .filter((one) => one.key === key && one.time >= start && one.time <= start + difference)
        .map(({ value }) => value)
        .toSorted((a, b) => a - b)
      const name = `${key} [${start},${start + difference + 1})`
      if (within.length > 0) windows.set(name, `${name} ${within.join()}`)
    }
  }
  return [...windows.values()]
}
