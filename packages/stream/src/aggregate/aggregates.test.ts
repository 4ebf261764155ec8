import { describe, expect, it } from 'vitest'
import type { Column } from '../batch/batch.ts'
import { ByteReader, ByteWriter } from '../bytes.ts'
import type { AggregateSpec, States } from './aggregate.ts'
import { AGGREGATES, prepareAggregate } from './aggregates.ts'
import { defineAggregate } from './define-aggregate.ts'

const f64 = (...data: number[]): Column => ({
  type: 'f64',
  valid: null,
  data: Float64Array.from(data),
})

/** Times fall, so that arrival and event time disagree; the last two times are the same. */
const TIMES = Float64Array.of(60, 50, 40, 30, 20, 20)
const COLUMNS = new Map<string, Column>([
  ['x', f64(5, 1, 4, 1, 3, Number.NaN)],
  ['y', f64(10, 2, 8, 2, 6, 12)],
  ['all', f64(1, 2, 3, 4, 5, 6)],
  [
    'flag',
    { type: 'bool', valid: Uint8Array.of(0b11_1011), data: Uint8Array.of(1, 1, 1, 0, 0, 1) },
  ],
  ['big', { type: 'i64', valid: null, data: BigInt64Array.of(-3n, 1n, 2n ** 40n, 0n, 5n, 6n) }],
  ['name', { type: 'dict', codes: Int32Array.of(0, 1, 1, -1, 0, 1), values: ['a', 'b'] }],
  [
    'text',
    {
      type: 'text',
      valid: null,
      offsets: Uint32Array.of(0, 1, 2, 3, 4, 5, 6),
      bytes: new TextEncoder().encode('babcab'),
    },
  ],
  [
    'tags',
    {
      type: 'tags',
      offsets: new Uint32Array(7),
      keys: new Int32Array(0),
      keyNames: [],
      values: { type: 'text', valid: null, offsets: Uint32Array.of(0), bytes: new Uint8Array(0) },
    },
  ],
])

const ROWS = Int32Array.of(0, 1, 2, 3, 4, 5)

function add(states: States, spec: AggregateSpec, rows = ROWS): void {
  const column = spec.of === undefined ? null : (COLUMNS.get(spec.of) ?? null)
  const input = { times: TIMES, sequence: null, column, columns: COLUMNS }
  states.addRows(new Int32Array(rows.length), rows, rows.length, input)
}

type Parameters = Omit<AggregateSpec, 'as'> & { readonly aggregate: string; readonly of?: string }

function valueOf(parameters: Parameters, seconds?: number): unknown {
  const spec = { ...parameters, as: 'value' }
  const states = prepareAggregate(spec)
  states.reserve(1)
  add(states, spec)
  return states.value(0, seconds)
}

/** With numbers to ten decimals. */
function rounded(value: unknown): unknown {
  const text = JSON.stringify(value, (_, one: unknown) =>
    typeof one === 'number' ? Number(one.toFixed(10)) + 0 : one,
  )
  return JSON.parse(text)
}

const ratio = [
  { as: 'x', aggregate: 'sum', of: 'x' },
  { as: 'rows', aggregate: 'count' },
  { as: 'nothing', aggregate: 'sum', of: 'absent' },
]

describe('aggregates', () => {
  it.each<[Parameters, unknown]>([
    [{ aggregate: 'count' }, 6],
    [{ aggregate: 'count', of: 'x' }, 5],
    [{ aggregate: 'count', of: 'name' }, 5],
    [{ aggregate: 'count', of: 'flag' }, 5],
    [{ aggregate: 'count', of: 'absent' }, 0],
    [{ aggregate: 'sum', of: 'x' }, 14],
    [{ aggregate: 'sum', of: 'flag' }, 3],
    [{ aggregate: 'sum', of: 'big' }, 2 ** 40 + 9],
    [{ aggregate: 'sum', of: 'absent' }, null],
    [{ aggregate: 'mean', of: 'x' }, 2.8],
    [{ aggregate: 'min', of: 'big' }, -3],
    [{ aggregate: 'max', of: 'x' }, 5],
    [{ aggregate: 'max', of: 'absent' }, null],
    [{ aggregate: 'variance', of: 'all' }, 3.5],
    [{ aggregate: 'variance', of: 'all', kind: 'population' }, 35 / 12],
    [{ aggregate: 'stddev', of: 'all' }, Math.sqrt(3.5)],
    [{ aggregate: 'skewness', of: 'all' }, 0],
    [{ aggregate: 'kurtosis', of: 'all', kind: 'population' }, (-6 * 37) / (5 * 35)],
    [{ aggregate: 'first', of: 'all' }, 5],
    [{ aggregate: 'first', of: 'x' }, 3],
    [{ aggregate: 'first', of: 'name' }, 'a'],
    [{ aggregate: 'first', of: 'text' }, 'a'],
    [{ aggregate: 'last', of: 'all' }, 1],
    [{ aggregate: 'last', of: 'absent' }, null],
    [{ aggregate: 'arg_min', of: 'all', by: 'x' }, 4],
    [{ aggregate: 'arg_max', of: 'name', by: 'x' }, 'a'],
    [{ aggregate: 'arg_max', of: 'name', by: 'absent' }, null],
    [{ aggregate: 'median', of: 'all' }, 3],
    [{ aggregate: 'quantile', of: 'all', q: 0.9 }, 6],
    [{ aggregate: 'quantiles', of: 'x', qs: [0, 0.5, 1] }, [1, 3, 5]],
    [{ aggregate: 'quantiles', of: 'absent', qs: [0.5] }, [null]],
    [{ aggregate: 'distinct', of: 'x' }, 4],
    [{ aggregate: 'distinct', of: 'name' }, 2],
    [{ aggregate: 'distinct', of: 'text' }, 3],
    [{ aggregate: 'distinct', of: 'absent' }, 0],
    [{ aggregate: 'top_k', of: 'name', k: 1 }, [{ value: 'b', count: 3, error: 0 }]],
    [{ aggregate: 'rate' }, null],
    [
      { aggregate: 'histogram', of: 'x', edges: [1, 4] },
      { edges: [1, 4], counts: [2, 2, 1] },
    ],
    [{ aggregate: 'collect', of: 'x' }, [1, 1, 3, 4, 5]],
    [{ aggregate: 'collect', of: 'x', order: 'time' }, [3, 1, 4, 1, 5]],
    [{ aggregate: 'collect', of: 'all', n: 2, order: 'time' }, [5, 6]],
    [{ aggregate: 'moving', of: 'all', values: 2 }, 1.5],
    [{ aggregate: 'moving', of: 'all', duration: 20, statistic: 'sum' }, 3],
    [{ aggregate: 'moving', of: 'all', duration: '41ms', values: 5, statistic: 'count' }, 5],
    [{ aggregate: 'moving', of: 'absent', values: 2 }, null],
    [{ aggregate: 'moving', of: 'absent', values: 2, statistic: 'max' }, null],
    [{ aggregate: 'correlation', of: 'x', with: 'y' }, 1],
    [
      { aggregate: 'regression', of: 'x', with: 'y' },
      { slope: 2, intercept: 0 },
    ],
    [{ aggregate: 'covariance', of: 'x', with: 'y', kind: 'population' }, 5.12],
    [{ aggregate: 'covariance', of: 'x', with: 'absent' }, null],
    [{ aggregate: 'composite', parts: ratio, formula: ['/', 'x', 'rows'] }, 14 / 6],
    [{ aggregate: 'composite', parts: ratio, formula: ['sqrt', ['-', 'x', 5]] }, 3],
    [{ aggregate: 'composite', parts: ratio, formula: ['/', 'x', ['-', 'rows', 6]] }, null],
    [{ aggregate: 'composite', parts: ratio, formula: ['+', 'x', 'nothing'] }, null],
  ])('%j', (parameters, expected) => {
    expect(rounded(valueOf(parameters))).toEqual(rounded(expected))
  })

  it('divides rates by the length of the window', () => {
    expect(valueOf({ aggregate: 'rate' }, 12)).toBe(0.5)
    expect(valueOf({ aggregate: 'rate', of: 'x', per: 60 }, 12)).toBe(70)
    expect(valueOf({ aggregate: 'rate', of: 'absent' }, 12)).toBeNull()
    expect(valueOf({ aggregate: 'rate' }, 0)).toBeNull()
  })

  it('weighs by event time or by value', () => {
    // The times are 20, 30, …, 60; of the two at 20 the one with NaN is skipped.
    const weights = [0.0625, 0.125, 0.25, 0.5, 1]
    const values = [3, 1, 4, 1, 5]
    const sum = values.reduce((total, value, i) => total + value * (weights[i] ?? 0), 0)
    const decayed = valueOf({ aggregate: 'ema', of: 'x', half_life: '10ms' })
    expect(decayed).toBeCloseTo(sum / 1.9375, 12)
    const byValue = values
      .toReversed()
      .reduce((total, value, i) => total + value * (weights[i] ?? 0), 0)
    expect(valueOf({ aggregate: 'ema', of: 'x', alpha: 0.5 })).toBeCloseTo(byValue / 1.9375, 12)
    expect(valueOf({ aggregate: 'ema', of: 'x', span: 3 })).toBeCloseTo(byValue / 1.9375, 12)
    expect(valueOf({ aggregate: 'ema', of: 'x', span: 3, statistic: 'variance' })).toBeCloseTo(
      values
        .toReversed()
        .reduce(
          (total, value, i) => total + (value - byValue / 1.9375) ** 2 * (weights[i] ?? 0),
          0,
        ) /
        (1.9375 - 1.332_031_25 / 1.9375),
      12,
    )
  })

  it('counts half-lives in the unit of the stream', () => {
    const spec = { as: 'value', aggregate: 'ema', of: 'x', half_life: '10us' }
    const states = prepareAggregate(spec, 'us')
    states.reserve(1)
    add(states, spec)
    expect(states.value(0)).toEqual(valueOf({ ...spec, half_life: '10ms' }))
  })

  it('joins averages by value in the order of event time', () => {
    const spec = { as: 'value', aggregate: 'ema', of: 'all', span: 4 }
    const states = prepareAggregate(spec)
    states.reserve(3)
    const input = { times: TIMES, sequence: null, column: f64(1, 2, 3, 4, 5, 6), columns: COLUMNS }
    const ascending = Int32Array.of(5, 4, 3, 2, 1, 0)
    states.addRows(Int32Array.of(0, 0, 1, 1, 1, 1), ascending, 6, input)
    states.addRows(new Int32Array(6).fill(2), ascending, 6, input)
    const [early, late] = [states.value(0), states.value(1)]
    states.merge(1, states, 0)
    expect(states.value(1)).toBeCloseTo(Number(states.value(2)), 12)
    expect([states.value(0), late === early]).toEqual([early, false])
  })

  it('scores the last value against the others', () => {
    // Others of 'all' by time: 2 … 6, mean 4, variance 2.5; the last is 1.
    expect(valueOf({ aggregate: 'z_score', of: 'all' })).toBeCloseTo(-3 / Math.sqrt(2.5), 12)
    const spec = { as: 'z', aggregate: 'z_score', of: 'x' }
    const states = prepareAggregate(spec)
    states.reserve(2)
    add(states, spec, Int32Array.of(1, 3))
    expect(states.value(0)).toBeNull()
    add(states, spec, Int32Array.of(0))
    // 1 and 1 are equal, so 5 is infinitely far.
    expect(states.value(0)).toBeNull()
  })

  it('goes by arrival where times are equal, also after a snapshot', () => {
    const spec = { as: 'last', aggregate: 'last', of: 'x' }
    const input = (value: number) => ({
      times: Float64Array.of(7),
      sequence: null,
      column: f64(value),
    })
    const states = prepareAggregate(spec)
    states.reserve(1)
    for (const value of [9, 1, 5])
      states.addRows(Int32Array.of(0), Int32Array.of(0), 1, input(value))
    expect(states.value(0)).toBe(5)
    const out = new ByteWriter()
    states.write(0, out)
    const restored = prepareAggregate(spec)
    restored.reserve(1)
    restored.read(0, new ByteReader(out.finish()))
    restored.addRows(Int32Array.of(0), Int32Array.of(0), 1, input(4))
    expect(restored.value(0)).toBe(4)
  })

  it('says null, not infinity, beyond the range of a double', () => {
    for (const aggregate of ['sum', 'mean']) {
      const spec = { as: 'value', aggregate, of: 'x' }
      const states = prepareAggregate(spec)
      states.reserve(1)
      const input = { times: TIMES, sequence: null, column: f64(1e308, 1e308) }
      states.addRows(new Int32Array(2), Int32Array.of(0, 1), 2, input)
      expect(states.value(0)).toBeNull()
      expect(states.invalid).toBe(0)
    }
  })
})

describe('bad specifications', () => {
  it.each<[Parameters, string, string | RegExp]>([
    [{ aggregate: 'quantil', of: 'x' }, 'it.aggregate', "did you mean 'quantile'?"],
    [{ aggregate: 'p95', of: 'x' }, 'it.aggregate', 'there are arg_max'],
    [{ aggregate: 'toString' }, 'it.aggregate', 'there is no aggregate'],
    [{ aggregate: 'sum' }, 'it.of', 'must name a column'],
    [{ aggregate: 'sum', of: '' }, 'it.of', 'must name a column'],
    [{ aggregate: 'sum', of: 'x', q: 1 }, 'it.q', 'it has of'],
    [{ aggregate: 'quantile', of: 'x' }, 'it.q', 'from 0 to 1'],
    [{ aggregate: 'quantile', of: 'x', q: 95 }, 'it.q', 'from 0 to 1'],
    [{ aggregate: 'quantile', of: 'x', q: Number.NaN }, 'it.q', 'from 0 to 1'],
    [{ aggregate: 'quantiles', of: 'x', qs: [] }, 'it.qs', 'list'],
    [{ aggregate: 'quantiles', of: 'x', qs: [0.5, 'a'] }, 'it.qs', 'from 0 to 1'],
    [{ aggregate: 'variance', of: 'x', kind: 'all' }, 'it.kind', 'sample, population'],
    [{ aggregate: 'arg_min', of: 'x' }, 'it.by', 'must name a column'],
    [{ aggregate: 'first', of: 'x', by: 'y' }, 'it.by', 'not a parameter'],
    [{ aggregate: 'ema', of: 'x' }, 'it.alpha', 'one of them'],
    [{ aggregate: 'ema', of: 'x', alpha: 0.5, span: 3 }, 'it.alpha', 'one of them'],
    [{ aggregate: 'ema', of: 'x', alpha: 1 }, 'it.alpha', 'must be a number'],
    [{ aggregate: 'ema', of: 'x', half_life: 'soon' }, 'it.half_life', 'duration'],
    [{ aggregate: 'ema', of: 'x', half_life: true }, 'it.half_life', 'duration'],
    [{ aggregate: 'moving', of: 'x' }, 'it.values', 'or both'],
    [{ aggregate: 'moving', of: 'x', values: 1.5 }, 'it.values', 'whole number'],
    [{ aggregate: 'moving', of: 'x', duration: [] }, 'it.duration', 'duration'],
    [{ aggregate: 'top_k', of: 'x', k: 0 }, 'it.k', 'from 1'],
    [{ aggregate: 'top_k', of: 'x', k: 20, capacity: 10 }, 'it.capacity', 'from 20'],
    [{ aggregate: 'rate', per: 0 }, 'it.per', 'number'],
    [{ aggregate: 'histogram', of: 'x', edges: [2, 1] }, 'it.edges', 'ascend'],
    [{ aggregate: 'histogram', of: 'x', edges: ['1'] }, 'it.edges', 'list of numbers'],
    [{ aggregate: 'histogram', of: 'x', edges: [1], buckets: 3 }, 'it.buckets', 'without'],
    [{ aggregate: 'correlation', of: 'x' }, 'it.with', 'must name a column'],
    [{ aggregate: 'composite', formula: 1 }, 'it.parts', 'list of aggregates'],
    [{ aggregate: 'composite', parts: [...ratio, ...ratio], formula: 1 }, 'it.parts', "'x'"],
    [{ aggregate: 'composite', parts: ratio, formula: 'z' }, 'it.formula', "names 'z'"],
    [{ aggregate: 'composite', parts: ratio, formula: ['%', 1, 2] }, 'it.formula', 'operation %'],
    [{ aggregate: 'composite', parts: ratio, formula: ['/', 1] }, 'it.formula', 'takes 2'],
    [{ aggregate: 'composite', parts: ratio, formula: { a: 1 } }, 'it.formula', 'must be'],
    [
      { aggregate: 'composite', parts: [{ as: 'p', aggregate: 'sun', of: 'x' }], formula: 'p' },
      'it.p.aggregate',
      "did you mean 'sum'?",
    ],
  ])('%j', (parameters, path, message) => {
    const prepare = () => prepareAggregate({ ...parameters, as: 'it' })
    expect(prepare).toThrow(expect.objectContaining({ name: 'StreamError', path }))
    expect(prepare).toThrow(message)
  })

  it('stops at formulas without a bottom', () => {
    let formula: unknown = 1
    for (let i = 0; i < 100; i++) formula = ['abs', formula]
    expect(() => valueOf({ aggregate: 'composite', parts: ratio, formula })).toThrow('deeper')
  })
})

describe('columns of another type', () => {
  const parameters = (aggregate: string) =>
    ({ quantile: { q: 0.5 }, ema: { span: 3 }, arg_min: { by: 'x' }, rate: {} })[aggregate] ?? {}
  const reading = (aggregate: string, of: string) => () =>
    valueOf({ aggregate, of, ...parameters(aggregate) })
  const refused = expect.objectContaining({ code: 'invalid_input' })

  it.each(['sum', 'min', 'stddev', 'quantile', 'histogram', 'ema', 'rate'])(
    'are refused by %s',
    (aggregate) => {
      expect(reading(aggregate, 'name')).toThrow(refused)
      expect(reading(aggregate, 'tags')).toThrow(refused)
    },
  )

  it.each(['distinct', 'collect', 'first', 'arg_min', 'top_k'])(
    'may be texts for %s, but no tags',
    (aggregate) => {
      expect(reading(aggregate, 'text')).not.toThrow()
      expect(reading(aggregate, 'tags')).toThrow(refused)
    },
  )

  it('are all the same to count', () => {
    expect(reading('count', 'text')()).toBe(6)
    expect(reading('count', 'tags')()).toBe(6)
  })
})

describe('defined aggregates', () => {
  const product = defineAggregate<number>({
    name: 'product',
    needs: 'number',
    init: () => 1,
    add: (state, value) => state * Number(value),
    merge: (a, b) => a * b,
    value: (state) => state,
  })
  const spec = { as: 'p', aggregate: 'product', of: 'all' }

  it('are found beside those of the package, and come first', () => {
    const states = prepareAggregate(spec, 'ms', { product })
    states.reserve(2)
    add(states, spec)
    states.merge(1, states, 0)
    states.merge(1, states, 0)
    expect([states.value(0), states.value(1)]).toEqual([720, 720 ** 2])
    const sum = prepareAggregate({ ...spec, aggregate: 'sum' }, 'ms', { sum: product })
    sum.reserve(1)
    add(sum, spec)
    expect(sum.value(0)).toBe(720)
    expect(() => prepareAggregate(spec)).toThrow("no aggregate 'product'")
    expect(() => prepareAggregate({ ...spec, aggregate: 'produkt' }, 'ms', { product })).toThrow(
      "did you mean 'product'?",
    )
  })

  it('are parts of a composite', () => {
    const whole = {
      as: 'c',
      aggregate: 'composite',
      parts: [spec, { as: 'n', aggregate: 'count' }],
      formula: ['/', 'p', 'n'],
    }
    const states = prepareAggregate(whole, 'ms', { product })
    states.reserve(1)
    add(states, whole)
    expect(states.value(0)).toBe(120)
  })

  it('get every row when they need no column', () => {
    const times = defineAggregate<number[]>({
      name: 'times',
      needs: 'nothing',
      init: () => [],
      add: (state, value, time) => [...state, value === null ? time : Number.NaN],
      merge: (a, b) => [...a, ...b],
      value: (state, seconds) => [seconds, ...state],
    })
    const states = prepareAggregate({ as: 't', aggregate: 'times' }, 'ms', { times })
    states.reserve(1)
    add(states, { as: 't', aggregate: 'times' })
    expect(states.value(0, 3)).toEqual([3, ...TIMES])
  })

  it('refuse a column of another type', () => {
    const states = prepareAggregate({ ...spec, of: 'name' }, 'ms', { product })
    states.reserve(1)
    expect(() => add(states, { ...spec, of: 'name' })).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    )
  })

  it('may write their states in their own way', () => {
    const set = defineAggregate<Set<string>>({
      name: 'set',
      needs: 'text',
      init: () => new Set(),
      add: (state, value) => void state.add(String(value)),
      merge: (a, b) => new Set([...a, ...b]),
      value: (state) => [...state].toSorted(),
      write(state, out) {
        out.varint(state.size)
        for (const text of state) out.text(text)
      },
      read: (from) => new Set(Array.from({ length: from.count() }, () => from.text())),
      bytes: (state) => 50 * state.size,
    })
    const one = { as: 's', aggregate: 'set', of: 'text' }
    const states = prepareAggregate(one, 'ms', { set })
    states.reserve(2)
    add(states, one)
    const out = new ByteWriter()
    states.write(0, out)
    states.read(1, new ByteReader(out.finish()))
    expect(states.value(1)).toEqual(['a', 'b', 'c'])
    expect(states.bytes()).toBe(2 * 8 + 2 * 150)
  })
})

it('names every aggregate as it is asked for', () => {
  const names = Object.values(AGGREGATES).map((aggregate) => aggregate.name)
  expect(names).toEqual(Object.keys(AGGREGATES))
})

it('does not merge states of different aggregates', () => {
  const of = (aggregate: string) => {
    const spec = aggregate === 'count' ? {} : { of: 'x' }
    return prepareAggregate({ as: 'a', aggregate, ...spec })
  }
  const kinds = ['count', 'sum', 'first', 'median', 'rate'].map(of)
  const others = kinds.flatMap((into) =>
    kinds.filter((from) => from !== into).map((from) => () => into.merge(0, from, 0)),
  )
  expect(others).toHaveLength(20)
  for (const merge of others) expect(merge).toThrow(TypeError)
})
