import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, isValid } from '../batch/batch.ts'
import { BatchBuilder } from '../batch/batch-builder.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import type { AggregateInput, AggregateSpec, States } from './aggregate.ts'
import { AGGREGATES, aggregateNamed, prepareAggregate } from './aggregates.ts'
import { defineAggregate } from './define-aggregate.ts'

interface Row {
  readonly time: number
  readonly x: number | null
  readonly y: number | null
  readonly name: string | null
}

/** Spells out the values by time: an aggregate that shows every mistake of the boxes it lives in. */
const trail = defineAggregate<[number, string][]>({
  name: 'trail',
  needs: 'any',
  init: () => [],
  add: (state, value, time) => void state.push([time, String(value)]),
  merge: (a, b) => [...a, ...b],
  value: (state) => state.map(([time, value]) => `${time} ${value}`).toSorted(),
})

const OTHERS = { trail }

/** Every aggregate in every form, by what it reads. */
const SPECS: readonly AggregateSpec[] = [
  { as: 'rows', aggregate: 'count' },
  { as: 'values', aggregate: 'count', of: 'x' },
  { as: 'names', aggregate: 'count', of: 'name' },
  { as: 'sum', aggregate: 'sum', of: 'x' },
  { as: 'mean', aggregate: 'mean', of: 'x' },
  { as: 'min', aggregate: 'min', of: 'x' },
  { as: 'max', aggregate: 'max', of: 'x' },
  { as: 'variance', aggregate: 'variance', of: 'x' },
  { as: 'stddev', aggregate: 'stddev', of: 'x', kind: 'population' },
  { as: 'skewness', aggregate: 'skewness', of: 'x' },
  { as: 'kurtosis', aggregate: 'kurtosis', of: 'x', kind: 'population' },
  { as: 'first', aggregate: 'first', of: 'x' },
  { as: 'last name', aggregate: 'last', of: 'name' },
  { as: 'at least', aggregate: 'arg_min', of: 'name', by: 'x' },
  { as: 'at most', aggregate: 'arg_max', of: 'y', by: 'x' },
  { as: 'median', aggregate: 'median', of: 'x' },
  { as: 'p90', aggregate: 'quantile', of: 'x', q: 0.9 },
  { as: 'quantiles', aggregate: 'quantiles', of: 'x', qs: [0, 0.25, 1] },
  { as: 'distinct', aggregate: 'distinct', of: 'x' },
  { as: 'distinct names', aggregate: 'distinct', of: 'name' },
  { as: 'top', aggregate: 'top_k', of: 'name', k: 3 },
  { as: 'top numbers', aggregate: 'top_k', of: 'x', k: 2, capacity: 300 },
  { as: 'rate', aggregate: 'rate' },
  { as: 'rate of x', aggregate: 'rate', of: 'x', per: 60 },
  { as: 'decayed', aggregate: 'ema', of: 'x', half_life: '10ms' },
  { as: 'decayed spread', aggregate: 'ema', of: 'x', half_life: 25, statistic: 'stddev' },
  { as: 'last ten', aggregate: 'moving', of: 'x', values: 10 },
  { as: 'last while', aggregate: 'moving', of: 'x', duration: '15ms', statistic: 'median' },
  { as: 'last both', aggregate: 'moving', of: 'x', duration: 30, values: 5, statistic: 'max' },
  { as: 'z', aggregate: 'z_score', of: 'x' },
  { as: 'covariance', aggregate: 'covariance', of: 'x', with: 'y' },
  { as: 'correlation', aggregate: 'correlation', of: 'x', with: 'y' },
  { as: 'line', aggregate: 'regression', of: 'x', with: 'y' },
  { as: 'histogram', aggregate: 'histogram', of: 'x', edges: [-10, 0, 10.5] },
  { as: 'buckets', aggregate: 'histogram', of: 'x', buckets: 8 },
  { as: 'collect', aggregate: 'collect', of: 'x', n: 7 },
  { as: 'collect names', aggregate: 'collect', of: 'name', order: 'time' },
  {
    as: 'share',
    aggregate: 'composite',
    parts: [
      { as: 'part', aggregate: 'sum', of: 'y' },
      { as: 'all', aggregate: 'count' },
    ],
    formula: ['/', 'part', ['+', 'all', 1]],
  },
  { as: 'trail', aggregate: 'trail', of: 'name' },
]

const number = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: -1000, max: 1000 }) },
  { weight: 4, arbitrary: fc.integer({ min: -10_000, max: 10_000 }).map((x) => x / 8) },
  { weight: 1, arbitrary: fc.constantFrom(null, Number.NaN, Number.POSITIVE_INFINITY) },
)
const row: fc.Arbitrary<Row> = fc.record({
  time: fc.integer({ min: -40, max: 40 }),
  x: number,
  y: number,
  name: fc.constantFrom('a', 'b', 'c', 'dé', null),
})
/** Up to more than the sketch keeps as they are. */
const rows = fc.array(row, { maxLength: 100 })

interface Table {
  readonly batch: Batch
  readonly times: Float64Array
  /** Arrival numbers, unlike any order in which the tests add rows. */
  readonly sequence: Float64Array
}

function tableOf(all: readonly Row[]): Table {
  const builder = new BatchBuilder([
    { name: 'x', type: 'f64' },
    { name: 'y', type: 'f64' },
    { name: 'name', type: 'dict' },
  ])
  const [x, y, name] = [builder.number('x'), builder.number('y'), builder.dict('name')]
  for (const one of all) {
    const at = builder.addRow()
    if (one.x !== null) x.set(at, one.x)
    if (one.y !== null) y.set(at, one.y)
    if (one.name !== null) name.set(at, one.name)
  }
  return {
    batch: builder.finish(),
    times: Float64Array.from(all, ({ time }) => time),
    sequence: Float64Array.from(all, (_, i) => (i * 7919) % 10_007),
  }
}

function inputOf(spec: AggregateSpec, table: Table): AggregateInput {
  const { columns } = table.batch
  const column = spec.of === undefined ? null : (columns.get(spec.of) ?? null)
  return { times: table.times, sequence: table.sequence, column, columns }
}

/** Adds rows of the table to a slot. */
function add(
  spec: AggregateSpec,
  states: States,
  slot: number,
  table: Table,
  which: number[],
): void {
  const slots = new Int32Array(which.length).fill(slot)
  states.addRows(slots, Int32Array.from(which), which.length, inputOf(spec, table))
}

function prepared(spec: AggregateSpec, slots = 4): States {
  const states = prepareAggregate(spec, 'ms', OTHERS)
  states.reserve(slots)
  return states
}

function written(states: States, slot: number): Uint8Array {
  const out = new ByteWriter()
  states.write(slot, out)
  return out.finish()
}

const SECONDS = 30

/** Sums round, so numbers are alike to nine digits of the largest values there are. */
function expectAlike(a: unknown, b: unknown): void {
  if (typeof a === 'number' && typeof b === 'number') {
    expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(a), Math.abs(b)))
  } else if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    expect(Object.keys(a)).toEqual(Object.keys(b))
    for (const [key, value] of Object.entries(a)) {
      expectAlike(value, (b as Readonly<Record<string, unknown>>)[key])
    }
  } else expect(a).toBe(b)
}

/** The value of rows added at once to a fresh state. */
function whole(spec: AggregateSpec, table: Table, which: number[]): unknown {
  const states = prepared(spec)
  add(spec, states, 0, table, which)
  return states.value(0, SECONDS)
}

const indexes = (table: Table) => Array.from({ length: table.times.length }, (_, i) => i)

/** Rows dealt to three parts, and an order of all of them. */
const dealt = rows.chain((all) =>
  fc.record({
    table: fc.constant(tableOf(all)),
    parts: fc.array(fc.integer({ min: 0, max: 2 }), {
      minLength: all.length,
      maxLength: all.length,
    }),
    order: fc.shuffledSubarray(
      all.map((_, i) => i),
      { minLength: all.length },
    ),
  }),
)
const RUNS = { numRuns: 40 }

it('has a form of every aggregate in the table', () => {
  const tested = new Set(SPECS.map(({ aggregate }) => aggregate))
  expect(Object.keys(AGGREGATES).filter((name) => !tested.has(name))).toEqual([])
})

describe.each(SPECS.map((spec) => ({ name: spec.as, spec })))('$name', ({ spec }) => {
  it('gives one value for any split, order, grouping and place of its rows', () => {
    fc.assert(
      fc.property(dealt, ({ table, parts, order }) => {
        const truth = whole(spec, table, indexes(table))
        expectAlike(whole(spec, table, order), truth)
        const part = (wanted: number) => order.filter((i) => parts[i] === wanted)
        // (0 + 1) + 2 within one set of states, and 2 + (1 + 0) across several, slot 3 being fresh.
        const one = prepared(spec)
        for (const i of [0, 1, 2]) add(spec, one, i, table, part(i))
        one.merge(0, one, 1)
        one.merge(0, one, 2)
        one.merge(0, one, 3)
        expectAlike(one.value(0, SECONDS), truth)
        const [left, right] = [prepared(spec), prepared(spec)]
        add(spec, left, 2, table, part(2))
        add(spec, right, 1, table, part(1))
        add(spec, right, 0, table, part(0))
        const before = written(right, 0)
        right.merge(1, right, 0)
        expect(written(right, 0)).toEqual(before)
        left.merge(2, right, 1)
        left.merge(3, left, 2)
        expectAlike(left.value(3, SECONDS), truth)
      }),
      RUNS,
    )
  })

  it('keeps slots apart, empties them, and takes rows in several calls', () => {
    fc.assert(
      fc.property(dealt, ({ table, parts }) => {
        const states = prepared(spec, 2)
        // Slots beyond the first two are made in between.
        const half = Math.floor(parts.length / 2)
        const all = indexes(table)
        const slots = (from: number, to: number, most: number) =>
          Int32Array.from(parts.slice(from, to), (part) => Math.min(part, most))
        const input = inputOf(spec, table)
        states.addRows(slots(0, half, 1), Int32Array.from(all.slice(0, half)), half, input)
        states.reserve(3)
        const left = parts.length - half
        states.addRows(slots(half, parts.length, 2), Int32Array.from(all.slice(half)), left, input)
        const rowsOf = (slot: number) =>
          all.filter((i) => Math.min(parts[i] ?? 0, i < half ? 1 : 2) === slot)
        for (const slot of [0, 1, 2]) {
          expectAlike(states.value(slot, SECONDS), whole(spec, table, rowsOf(slot)))
        }
        states.clear(1)
        expectAlike(states.value(1, SECONDS), prepared(spec).value(0, SECONDS))
        add(spec, states, 1, table, rowsOf(2))
        expectAlike(states.value(1, SECONDS), whole(spec, table, rowsOf(2)))
        expectAlike(states.value(0, SECONDS), whole(spec, table, rowsOf(0)))
      }),
      RUNS,
    )
  })

  it('is written and read exactly, and goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(dealt, ({ table, parts }) => {
        const all = indexes(table)
        const early = all.filter((i) => parts[i] !== 0)
        const late = all.filter((i) => parts[i] === 0)
        const states = prepared(spec)
        add(spec, states, 0, table, early)
        const bytes = written(states, 0)
        const restored = prepared(spec)
        add(spec, restored, 2, table, late)
        restored.read(2, new ByteReader(bytes))
        expect(written(restored, 2)).toEqual(bytes)
        expect(restored.value(2, SECONDS)).toEqual(states.value(0, SECONDS))
        add(spec, states, 0, table, late)
        add(spec, restored, 2, table, late)
        expect(restored.value(2, SECONDS)).toEqual(states.value(0, SECONDS))
      }),
      RUNS,
    )
  })

  it('refuses a snapshot that is cut short', () => {
    const states = prepared(spec)
    const table = tableOf(
      Array.from({ length: 90 }, (_, i) => ({ time: i, x: i, y: i, name: 'abc'.charAt(i % 3) })),
    )
    add(spec, states, 0, table, indexes(table))
    const bytes = written(states, 0)
    for (let cut = 0; cut < bytes.length; cut += 1 + (bytes.length >> 5)) {
      const from = new ByteReader(bytes.slice(0, cut))
      expect(() => states.read(1, from)).toThrow(expect.objectContaining({ code: 'bad_snapshot' }))
    }
  })

  it('has values that JSON can hold, and says what memory it takes', () => {
    fc.assert(
      fc.property(dealt, ({ table }) => {
        const states = prepared(spec)
        add(spec, states, 0, table, indexes(table))
        for (const seconds of [SECONDS, 0, undefined]) {
          const value = states.value(0, seconds)
          expect(JSON.parse(JSON.stringify(value))).toEqual(value)
        }
        expect(states.bytes()).toBeGreaterThan(0)
      }),
      RUNS,
    )
  })

  it('counts the rows it skipped because a number was not finite', () => {
    fc.assert(
      fc.property(dealt, ({ table }) => {
        const states = prepared(spec)
        add(spec, states, 0, table, indexes(table))
        expect(states.invalid).toBe(
          spec.of === 'x' || spec['by'] === 'x' ? invalidOf(spec, table) : states.invalid,
        )
      }),
      RUNS,
    )
  })

  it('takes back a merge where it is invertible', () => {
    const { invertible } = aggregateNamed(spec, OTHERS)
    const states = prepared(spec)
    if (!invertible) return
    fc.assert(
      fc.property(dealt, ({ table, parts }) => {
        const all = indexes(table)
        for (const slot of [0, 1]) {
          states.clear(slot)
          const which = all.filter((i) => (parts[i] ?? 0) % 2 === slot)
          add(spec, states, slot, table, which)
        }
        const before = states.value(0, SECONDS)
        states.merge(0, states, 1)
        states.retract?.(0, states, 1)
        expectAlike(states.value(0, SECONDS), before)
      }),
      RUNS,
    )
  })
})

/** Rows in which a number that the aggregate reads is NaN or infinite, and none that it reads is null. */
function invalidOf(spec: AggregateSpec, { batch, times }: Table): number {
  const names = [spec.of, spec['with'], spec['by']].filter((name) => name !== undefined)
  const cells = (i: number) =>
    names.map((name) => {
      const column = typeof name === 'string' ? batch.columns.get(name) : undefined
      if (column === undefined) return null
      if (column.type === 'dict') return (column.codes[i] ?? -1) < 0 ? null : 0
      if (column.type !== 'f64') return null
      const valid = isValid(column.valid, i)
      return valid ? (column.data[i] ?? 0) : null
    })
  return Array.from(times, (_, i) => cells(i)).filter(
    (values) => !values.includes(null) && values.some((value) => !Number.isFinite(value)),
  ).length
}
