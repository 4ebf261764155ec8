import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import { attributeChange } from './adtributor.ts'
import { mixAndRate, type RatioSegment } from './mix-and-rate.ts'
import { attributeProduct, shapleyValues } from './shapley.ts'

const part = fc
  .record({ numerator: fc.integer({ min: -1_000, max: 1_000 }), denominator: fc.nat(500) })
  .map((one) => (one.denominator === 0 ? { numerator: 0, denominator: 0 } : one))
const segments = fc
  .array(fc.tuple(part, part), { minLength: 1, maxLength: 12 })
  .map((all) => all.map(([before, after], i): RatioSegment => ({ name: `${i}`, before, after })))
  .filter(
    (all) =>
      all.some(({ before }) => before.denominator > 0) &&
      all.some(({ after }) => after.denominator > 0),
  )

describe('mixAndRate', () => {
  it('adds up to the difference, segment by segment and in whole', () => {
    fc.assert(
      fc.property(segments, (all) => {
        const { difference, mix, rate, segments: effects, before, after } = mixAndRate(all)
        expect(mix + rate).toBeCloseTo(difference, 9)
        expect(after - before).toBeCloseTo(difference, 12)
        expect(effects.reduce((sum, { total }) => sum + total, 0)).toBeCloseTo(difference, 9)
      }),
    )
  })

  it('turns all signs when the periods are exchanged, and does not depend on order', () => {
    fc.assert(
      fc.property(segments, (all) => {
        const exchanged = all.map(({ name, before, after }) => ({
          name,
          before: after,
          after: before,
        }))
        const [there, back] = [mixAndRate(all), mixAndRate([...exchanged].reverse())]
        expect(back.mix).toBeCloseTo(-there.mix, 9)
        expect(back.rate).toBeCloseTo(-there.rate, 9)
        for (const { name, total } of there.segments)
          expect(back.segments.find((one) => one.name === name)?.total).toBeCloseTo(-total, 9)
      }),
    )
  })

  it('calls it mix where no ratio changed, and rate where no share did', () => {
    // Simpson: both models get cheaper, the average rises, since the dear one is used more.
    const dearer = mixAndRate([
      {
        name: 'small',
        before: { numerator: 90, denominator: 90 },
        after: { numerator: 18, denominator: 20 },
      },
      {
        name: 'large',
        before: { numerator: 100, denominator: 10 },
        after: { numerator: 720, denominator: 80 },
      },
    ])
    expect(dearer.difference).toBeCloseTo(7.38 - 1.9, 12)
    expect(dearer.rate).toBeCloseTo(0.55 * -0.1 + 0.45 * -1, 12)
    expect(dearer.mix).toBeCloseTo(0.7 * (9.5 - 0.95), 12)
    // Beside the average of both periods, 4.64: less of a cheap model makes dearer too.
    const small = dearer.segments.find(({ name }) => name === 'small')
    expect(small?.mix).toBeCloseTo(-0.7 * (0.95 - 4.64), 12)
    const rates = mixAndRate([
      {
        name: 'a',
        before: { numerator: 1, denominator: 10 },
        after: { numerator: 3, denominator: 20 },
      },
      {
        name: 'b',
        before: { numerator: 2, denominator: 30 },
        after: { numerator: 9, denominator: 60 },
      },
    ])
    expect(rates.mix).toBeCloseTo(0, 12)
  })

  it('lets segments come and go, as mix alone', () => {
    const {
      segments: effects,
      rate,
      difference,
    } = mixAndRate([
      {
        name: 'old',
        before: { numerator: 4, denominator: 2 },
        after: { numerator: 4, denominator: 2 },
      },
      {
        name: 'new',
        before: { numerator: 0, denominator: 0 },
        after: { numerator: 20, denominator: 2 },
      },
    ])
    expect(difference).toBe(4)
    expect(rate).toBe(0)
    expect(effects.find(({ name }) => name === 'new')).toMatchObject({ ratioBefore: null, rate: 0 })
  })

  it('refuses what has no ratio', () => {
    const none = { numerator: 0, denominator: 0 }
    const one = { numerator: 1, denominator: 1 }
    expect(() => mixAndRate([])).toThrow(StatsError)
    expect(() => mixAndRate([{ name: 'a', before: none, after: one }])).toThrow('before')
    expect(() =>
      mixAndRate([{ name: 'a', before: one, after: { numerator: 1, denominator: 0 } }]),
    ).toThrow('segments[0].after.denominator')
    const a = { name: 'a', before: one, after: one }
    expect(() => mixAndRate([a, a])).toThrow('twice')
  })
})

describe('Shapley', () => {
  const factors = fc
    .array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -20, max: 20 })), {
      minLength: 1,
      maxLength: 7,
    })
    .map((all) => all.map(([before, after], i) => ({ name: `${i}`, before, after })))

  it('adds up to the difference, and turns its sign with the periods', () => {
    fc.assert(
      fc.property(factors, (all) => {
        const { difference, factors: shares } = attributeProduct(all)
        const size = all.reduce(
          (most, { before, after }) => most * Math.max(1, Math.abs(before), Math.abs(after)),
          1,
        )
        const sum = shares.reduce((total, { contribution }) => total + contribution, 0)
        expect(Math.abs(sum - difference)).toBeLessThan(1e-9 * size)
        const back = attributeProduct(
          all.map(({ name, before, after }) => ({ name, before: after, after: before })),
        )
        for (const [i, { contribution }] of shares.entries())
          expect(Math.abs((back.factors[i]?.contribution ?? 0) + contribution)).toBeLessThan(
            1e-9 * size,
          )
      }),
    )
  })

  it('is the mean over all orders', () => {
    const game = (joined: number): number => [0, 3, 5, 11, 1, 4, 9, 20][joined] as number
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]
    const expected = [0, 0, 0]
    for (const order of orders) {
      let joined = 0
      for (const player of order) {
        expected[player] =
          (expected[player] ?? 0) + (game(joined | (1 << player)) - game(joined)) / 6
        joined |= 1 << player
      }
    }
    const shares = shapleyValues(3, game)
    for (const [i, value] of expected.entries()) expect(shares[i]).toBeCloseTo(value, 12)
  })

  it('has the textbook values of the glove game, and of two factors', () => {
    // A left glove and two right ones: 2/3, 1/6, 1/6 (Shapley 1953).
    const pairs = (joined: number): number => Math.min(joined & 1, joined >> 1 === 0 ? 0 : 1)
    for (const [i, value] of [2 / 3, 1 / 6, 1 / 6].entries())
      expect(shapleyValues(3, pairs)[i]).toBeCloseTo(value, 12)
    // Δ(xy) = ȳ Δx + x̄ Δy.
    const { factors: two } = attributeProduct([
      { name: 'requests', before: 100, after: 150 },
      { name: 'price', before: 2, after: 1 },
    ])
    expect(two.map(({ contribution }) => contribution)).toEqual([75, -125])
    expect(two.map(({ share }) => share)).toEqual([-1.5, 2.5])
  })

  it('refuses too many and what is no number', () => {
    expect(() => shapleyValues(0, () => 1)).toThrow(StatsError)
    expect(() => shapleyValues(21, () => 1)).toThrow('players')
    expect(() => shapleyValues(1, () => Number.NaN)).toThrow('value')
    expect(() => attributeProduct([{ name: 'a', before: 1, after: Number.NaN }])).toThrow(
      'factors[0].after',
    )
    expect(attributeProduct([{ name: 'a', before: 2, after: 2 }]).factors[0]?.share).toBeNull()
  })
})

describe('attributeChange', () => {
  // The example of revenue by data centre, advertiser and device in Bhagwan et al. (2014), table 1: 100 expected, 50 came.
  const revenue = [
    {
      name: 'data centre',
      elements: [
        { name: 'X', expected: 94, actual: 47 },
        { name: 'Y', expected: 6, actual: 3 },
      ],
    },
    {
      name: 'advertiser',
      elements: [
        { name: 'A1', expected: 50, actual: 24 },
        { name: 'A2', expected: 20, actual: 21 },
        { name: 'A3', expected: 20, actual: 4 },
        { name: 'A4', expected: 10, actual: 1 },
      ],
    },
    {
      name: 'device',
      elements: [
        { name: 'PC', expected: 50, actual: 49 },
        { name: 'mobile', expected: 25, actual: 1 },
        { name: 'tablet', expected: 25, actual: 0 },
      ],
    },
  ]

  it('finds the dimension that explains and surprises, as in the paper', () => {
    const [first, ...others] = attributeChange(revenue)
    expect(first).toMatchObject({ name: 'device', explains: true })
    expect(first?.elements.map(({ name }) => name).toSorted()).toEqual(['mobile', 'tablet'])
    expect(first?.explanatoryPower).toBeCloseTo(0.98, 12)
    expect(others.at(-1)?.name).toBe('data centre')
    expect(others.at(-1)?.surprise).toBeCloseTo(0, 12)
  })

  it('takes ratios: errors over requests', () => {
    const [first] = attributeChange([
      {
        name: 'model',
        elements: [
          { name: 'a', expected: 10, actual: 60, expectedOver: 1_000, actualOver: 1_000 },
          { name: 'b', expected: 20, actual: 20, expectedOver: 2_000, actualOver: 2_000 },
        ],
      },
      {
        name: 'region',
        elements: [
          { name: 'x', expected: 15, actual: 40, expectedOver: 1_500, actualOver: 1_500 },
          { name: 'y', expected: 15, actual: 40, expectedOver: 1_500, actualOver: 1_500 },
        ],
      },
    ])
    expect(first?.name).toBe('model')
    expect(first?.elements).toHaveLength(1)
    expect(first?.elements[0]?.name).toBe('a')
    expect(first?.elements[0]?.explanatoryPower).toBeCloseTo(1, 12)
  })

  it('has powers that add up to 1 and surprises within 0 and ln 2', () => {
    const element = fc.record({ expected: fc.nat(100), actual: fc.nat(100) })
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 8 }), (all) => {
        const elements = all.map((one, i) => ({ name: `${i}`, ...one }))
        const change = all.reduce((sum, { expected, actual }) => sum + actual - expected, 0)
        fc.pre(change !== 0)
        const [first] = attributeChange([{ name: 'd', elements }], {
          explain: 1,
          leastShare: 0,
        })
        const taken = first?.elements ?? []
        for (const { surprise, explanatoryPower } of taken) {
          expect(surprise).toBeGreaterThanOrEqual(0)
          expect(surprise).toBeLessThanOrEqual(Math.LN2 + 1e-12)
          expect(explanatoryPower).toBeGreaterThanOrEqual(0)
        }
        const signs = new Set(all.map(({ expected, actual }) => Math.sign(actual - expected)))
        const sum = taken.reduce((power, one) => power + one.explanatoryPower, 0)
        expect(signs.has(1) && signs.has(-1) ? 1 : sum).toBeCloseTo(1, 9)
      }),
    )
  })

  it('refuses what did not change, or is half a ratio', () => {
    const same = [{ name: 'a', expected: 1, actual: 1 }]
    expect(() => attributeChange([{ name: 'd', elements: same }])).toThrow('did not change')
    expect(() => attributeChange([])).toThrow(StatsError)
    expect(() => attributeChange([{ name: 'd', elements: [] }])).toThrow('dimensions[0].elements')
    const half = [{ name: 'a', expected: 1, actual: 2, expectedOver: 1 }]
    expect(() => attributeChange([{ name: 'd', elements: half }])).toThrow('denominators for all')
    const negative = [{ name: 'a', expected: -1, actual: 2 }]
    expect(() => attributeChange([{ name: 'd', elements: negative }])).toThrow(StatsError)
  })
})
