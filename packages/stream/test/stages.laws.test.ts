import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hopping, type Pipeline, stream, tumbling } from '../src/index.ts'
import { windowsOf } from './model/window-model.ts'

interface Event extends Readonly<Record<string, unknown>> {
  readonly side: 'left' | 'right'
  readonly key: string
  readonly time: number
  readonly value: number
}

const event: fc.Arbitrary<Event> = fc.record({
  side: fc.constantFrom('left' as const, 'right' as const),
  key: fc.constantFrom('a', 'b'),
  time: fc.integer({ min: -20, max: 60 }),
  value: fc.integer({ min: 0, max: 99 }),
})
const LATENESS = 100
const events = fc.array(event, { maxLength: 25 })
/** Behind which events a new pipeline goes on from a snapshot. */
const restarts = fc.array(fc.boolean(), { minLength: 25, maxLength: 25 })
const joinType = fc.constantFrom(
  'inner' as const,
  'left' as const,
  'right' as const,
  'outer' as const,
)

function sides() {
  // So far behind that no event is late: laws of what is late are those of windows.
  const source = stream({ watermark: { type: 'bounded', lag: LATENESS } })
  return {
    left: source.filter(({ side }) => side === 'left').keyBy('key'),
    right: source.filter(({ side }) => side === 'right').keyBy('key'),
  }
}

/** Pushes events one by one, now and then into a new pipeline that has the state of the one before. */
async function runAll<O>(
  make: () => Pipeline<O>,
  list: readonly Event[],
  renewals: readonly boolean[],
): Promise<O[]> {
  let pipeline = make()
  const found: O[] = []
  for (const [i, one] of list.entries()) {
    await pipeline.push(one)
    if (renewals[i] !== true) continue
    const bytes = pipeline.snapshot()
    pipeline = make()
    pipeline.restore(bytes)
  }
  pipeline.end()
  found.push(...pipeline.take())
  return found
}

/** Every pair that fits, and with null those of a side that are without one. */
function naiveJoin(
  list: readonly Event[],
  fits: (left: Event, right: Event) => boolean,
  type: 'inner' | 'left' | 'right' | 'outer',
): string[] {
  const lefts = list.filter(({ side }) => side === 'left')
  const rights = list.filter(({ side }) => side === 'right')
  const pairs = lefts.flatMap((left) =>
    rights
      .filter((right) => left.key === right.key && fits(left, right))
      .map((right) => `${left.key} ${left.value} ${right.value}`),
  )
  const alone = (own: readonly Event[], others: readonly Event[], isLeft: boolean): string[] =>
    own
      .filter(
        (one) =>
          !others.some(
            (other) => one.key === other.key && (isLeft ? fits(one, other) : fits(other, one)),
          ),
      )
      .map(({ key, value }) => (isLeft ? `${key} ${value} null` : `${key} null ${value}`))
  return [
    ...pairs,
    ...(type === 'left' || type === 'outer' ? alone(lefts, rights, true) : []),
    ...(type === 'right' || type === 'outer' ? alone(rights, lefts, false) : []),
  ].toSorted()
}

interface Paired {
  readonly key: unknown
  readonly value: { readonly left: PairSide; readonly right: PairSide }
}
type PairSide = Readonly<Record<string, unknown>> | null

function shown({ key, value: { left, right } }: Paired): string {
  return `${String(key)} ${JSON.stringify(left?.['value'] ?? null)} ${JSON.stringify(right?.['value'] ?? null)}`
}

describe('joins', () => {
  it('by distance of time are all pairs that fit, whatever the order and the restarts', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        restarts,
        joinType,
        fc.integer({ min: -15, max: 15 }),
        fc.integer({ min: 0, max: 20 }),
        async (list, renewals, join, from, length) => {
          const to = from + length
          const { left, right } = sides()
          const make = () => left.joinInterval(right, { from, to }, { join }).run()
          const got = await runAll(make, list, renewals)
          const fits = (one: Event, other: Event): boolean =>
            other.time - one.time >= from && other.time - one.time <= to
          expect(got.map(shown).toSorted()).toEqual(naiveJoin(list, fits, join))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('by window are all pairs of a window', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        restarts,
        joinType,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        async (list, renewals, join, size, slide) => {
          const { left, right } = sides()
          const make = () => left.joinWindow(right, hopping(size, slide), { join }).run()
          const got = await runAll(make, list, renewals)
          const starts = (time: number): number[] =>
            windowsOf({ type: 'hopping', size, slide }, time).map(([start]) => start)
          const windows = new Set(list.flatMap(({ time }) => starts(time)))
          const wanted = [...windows].flatMap((start) => {
            const inside = list.filter(({ time }) => starts(time).includes(start))
            return naiveJoin(inside, () => true, join)
          })
          expect(got.map(shown).toSorted()).toEqual(wanted.toSorted())
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('stages', () => {
  it('of minutes into hours are the hours themselves', async () => {
    await fc.assert(
      fc.asyncProperty(events, restarts, async (list, renewals) => {
        const source = stream({ watermark: { type: 'bounded', lag: LATENESS } }).keyBy('key')
        const minutes = source
          .window(tumbling(5))
          .aggregate({ sum: { aggregate: 'sum', of: 'value' }, n: 'count' })
        const staged = () =>
          minutes
            .keyBy('key')
            .window(tumbling(20))
            .aggregate({
              sum: { aggregate: 'sum', of: 'sum' },
              n: { aggregate: 'sum', of: 'n' },
            })
            .run()
        const direct = () =>
          source
            .window(tumbling(20))
            .aggregate({ sum: { aggregate: 'sum', of: 'value' }, n: 'count' })
            .run()
        const said = (
          results: Awaited<
            ReturnType<typeof runAll<{ key: unknown; window: unknown; values: unknown }>>
          >,
        ): string[] =>
          results.map(({ key, window, values }) => JSON.stringify([key, window, values])).toSorted()
        expect(said(await runAll(staged, list, renewals))).toEqual(
          said(await runAll(direct, list, [])),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('call timers when the watermark reaches them, and not before an event that came first', async () => {
    await fc.assert(
      fc.asyncProperty(
        events,
        restarts,
        fc.integer({ min: 1, max: 20 }),
        async (list, renewals, wait) => {
          const ordered = list.toSorted((a, b) => a.time - b.time)
          const make = () =>
            stream({ watermark: { type: 'ascending' } })
              .keyBy('key')
              .process<number, number>({
                onEvent(_, context) {
                  context.state = context.time + wait
                  context.setTimer(context.state)
                },
                // Nothing for so long: the key fell silent.
                onTimer(context) {
                  if (context.state === context.time) context.emit(context.time)
                },
              })
              .run()
          const got = (await runAll(make, ordered, renewals)).map(
            ({ key, value }) => `${String(key)} ${value}`,
          )
          // An event is seen before the watermark that it moves: it meets timers that are due by it still set.
          const wanted = ordered
            .filter((one, i) => {
              const next = ordered
                .slice(i + 1)
                .find((other) => other.key === one.key || other.time >= one.time + wait)
              return next === undefined || next.key !== one.key
            })
            .map(({ key, time }) => `${key} ${time + wait}`)
          expect(got.toSorted()).toEqual(wanted.toSorted())
        },
      ),
      { numRuns: 300 },
    )
  })
})
