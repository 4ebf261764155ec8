import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intervalJoin, type JoinType, type Pair, windowJoin } from './join.ts'
import type { ProcessOperator } from './process-operator.ts'
import { batchesOf } from './records.ts'

const event = fc.record({
  side: fc.constantFrom(0, 1),
  time: fc.integer({ min: -30, max: 30 }),
  key: fc.constantFrom('a', 'b'),
})
const events = fc.array(event, { maxLength: 30 })
const join = fc.constantFrom<JoinType>('inner', 'left', 'right', 'outer')

type Event = {
  readonly side: number
  readonly time: number
  readonly key: string
  readonly n: number
}

/** Runs all events, with the watermark as far as later events allow, and a snapshot now and then. */
function run<S, P extends Pair>(
  make: () => ProcessOperator<S, P>,
  all: readonly Event[],
): string[] {
  let operator = make()
  const found: string[] = []
  for (const [i, one] of all.entries()) {
    for (const batch of batchesOf([one])) operator.push(batch, undefined, one.side)
    const least = Math.min(...all.slice(i + 1).map(({ time }) => time))
    for (const input of [0, 1]) operator.watermark(Math.min(least, 1000), input)
    found.push(...named(operator))
    if (i % 3 !== 0) continue
    const next = make()
    next.restore(operator.snapshot())
    operator = next
  }
  operator.end()
  found.push(...named(operator))
  expect(operator.statistics().keys).toBe(0)
  return found.sort()
}

function named<S, P extends Pair>(operator: ProcessOperator<S, P>): string[] {
  return operator.takeResults().map(({ value: { left, right } }) => {
    return `${Number(left?.['n'] ?? Number.NaN)} ${Number(right?.['n'] ?? Number.NaN)}`
  })
}

/** All pairs that `meets` says, and those without any. */
function modelled(
  all: readonly Event[],
  type: JoinType,
  meets: (l: Event, r: Event) => boolean,
): string[] {
  const left = all.filter(({ side }) => side === 0)
  const right = all.filter(({ side }) => side === 1)
  const met = (l: Event, r: Event): boolean => l.key === r.key && meets(l, r)
  const found: string[] = []
  for (const l of left) for (const r of right) if (met(l, r)) found.push(`${l.n} ${r.n}`)
  if (type === 'left' || type === 'outer') {
    for (const l of left) if (!right.some((r) => met(l, r))) found.push(`${l.n} NaN`)
  }
  if (type === 'right' || type === 'outer') {
    for (const r of right) if (!left.some((l) => met(l, r))) found.push(`NaN ${r.n}`)
  }
  return found.sort()
}

const inputs = { left: { keys: ['key'] }, right: { keys: ['key'] } }
const numbered = events.map((all) => all.map((one, n): Event => ({ ...one, n })))

describe('joins', () => {
  it('by interval give what comparing all with all gives', () => {
    const bound = fc.integer({ min: -12, max: 12 })
    fc.assert(
      fc.property(numbered, join, bound, bound, (all, type, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const found = run(() => intervalJoin({ ...inputs, from, to, join: type }), all)
        const meets = (l: Event, r: Event): boolean =>
          r.time - l.time >= from && r.time - l.time <= to
        expect(found).toEqual(modelled(all, type, meets))
      }),
    )
  })

  it('by window give what comparing all with all gives', () => {
    fc.assert(
      fc.property(numbered, join, fc.integer({ min: 1, max: 20 }), (all, type, size) => {
        const window = { type: 'tumbling', size } as const
        const found = run(() => windowJoin({ ...inputs, window, join: type }), all)
        const windowOf = ({ time }: Event): number => Math.floor(time / size)
        expect(found).toEqual(modelled(all, type, (l, r) => windowOf(l) === windowOf(r)))
      }),
    )
  })
})
