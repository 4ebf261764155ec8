import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { fitLine, slopeInterval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { predict, regress } from './least-squares.ts'
import { matrixOfRows } from './matrix.ts'
import { ridge } from './ridge.ts'

const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 5, maxLength: 20 })

describe('regression', () => {
  it('of one column is the line of least squares, with its errors and interval', () => {
    fc.assert(
      fc.property(values, (ys) => {
        const xs = ys.map((_, i) => i * i - 3 * i)
        const line = fitLine(xs, ys)
        const fit = regress(matrixOfRows(xs.map((x) => [x])), ys)
        const [constant, slope] = fit.coefficients
        expect(slope?.value).toBeCloseTo(line?.slope ?? 0, 10)
        expect(constant?.value).toBeCloseTo(line?.intercept ?? 0, 10)
        expect(slope?.standardError ?? 0).toBeCloseTo(line?.slopeError ?? 0, 10)
        expect(constant?.standardError ?? 0).toBeCloseTo(line?.interceptError ?? 0, 10)
        expect(fit.rSquared ?? 0).toBeCloseTo(line?.rSquared ?? 0, 10)
        const interval = line === null ? null : slopeInterval(line, 0.95)
        expect(slope?.interval?.low ?? 0).toBeCloseTo(interval?.low ?? 0, 8)
        // Leverages sum to the number of coefficients; one coefficient's F is its squared t.
        expect(fit.leverage.reduce((a, b) => a + b)).toBeCloseTo(2, 10)
        if ((fit.f ?? 0) < 1e6) expect(fit.f ?? 0).toBeCloseTo((slope?.t ?? 0) ** 2, 5)
      }),
    )
  })

  it('weights count as repeated observations do, in values and sums of squares', () => {
    const [xs, ys, weights] = [
      [1, 2, 4, 7],
      [3, 1, 5, 4],
      [1, 3, 2, 1],
    ]
    const weighted = regress(matrixOfRows(xs.map((x) => [x])), ys, { weights })
    const many = weights.flatMap((w, i) => Array.from({ length: w }, () => i))
    const repeated = regress(
      matrixOfRows(many.map((i) => [xs[i] ?? 0])),
      many.map((i) => ys[i] ?? 0),
    )
    for (const [i, one] of weighted.coefficients.entries())
      expect(one.value).toBeCloseTo(repeated.coefficients[i]?.value ?? 0, 12)
    expect(weighted.rSquared).toBeCloseTo(repeated.rSquared ?? 0, 12)
    expect((weighted.residualDeviation ?? 0) ** 2 * weighted.degrees).toBeCloseTo(
      (repeated.residualDeviation ?? 0) ** 2 * repeated.degrees,
      10,
    )
  })

  it('intervals of coefficients and predictions cover the truth as often as they say', () => {
    const random = createRandom(11)
    let [slopes, means, ones] = [0, 0, 0]
    const rounds = 1000
    const design = matrixOfRows(Array.from({ length: 12 }, (_, i) => [i, (i * 7) % 5]))
    for (let r = 0; r < rounds; r++) {
      const noise = () => sampleNormal(random, 0, 2)
      const ys = Array.from({ length: 12 }, (_, i) => 1 + 0.5 * i - 2 * ((i * 7) % 5) + noise())
      const fit = regress(design, ys, { confidence: 0.9 })
      const slope = fit.coefficients[1]?.interval
      if (slope && slope.low <= 0.5 && slope.high >= 0.5) slopes++
      const { meanInterval, interval } = predict(fit, [1, 15, 2], 0.9)
      const truth = 1 + 7.5 - 4
      if (meanInterval.low <= truth && meanInterval.high >= truth) means++
      const next = truth + noise()
      if (interval.low <= next && interval.high >= next) ones++
    }
    for (const covered of [slopes, means, ones]) {
      expect(covered / rounds).toBeGreaterThan(0.87)
      expect(covered / rounds).toBeLessThan(0.93)
    }
  })

  it('has the diagnostics of R for its own example of plants', () => {
    // lm(weight ~ group) of Annette Dobson's data: one column that is 0 or 1.
    const ctl = [4.17, 5.58, 5.18, 6.11, 4.5, 4.61, 5.17, 4.53, 5.33, 5.14]
    const trt = [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69]
    const fit = regress(matrixOfRows([...ctl.map(() => [0]), ...trt.map(() => [1])]), [
      ...ctl,
      ...trt,
    ])
    expect(fit.coefficients[1]?.value).toBeCloseTo(-0.371, 10)
    expect(fit.coefficients[1]?.standardError).toBeCloseTo(0.3114, 4)
    expect(fit.coefficients[1]?.t).toBeCloseTo(-1.191, 3)
    expect(fit.coefficients[1]?.pValue).toBeCloseTo(0.249, 3)
    expect(fit.residualDeviation).toBeCloseTo(0.6964, 4)
    expect(fit.rSquared).toBeCloseTo(0.07308, 5)
    expect(fit.adjustedRSquared).toBeCloseTo(0.02158, 5)
    expect(fit.f).toBeCloseTo(1.419, 3)
    for (const h of fit.leverage) expect(h).toBeCloseTo(0.1, 12)
  })

  it('says null where nothing is left to judge by', () => {
    const fit = regress(matrixOfRows([[0], [1]]), [1, 3])
    expect(fit.coefficients.map(({ value }) => Math.round(value * 1e12) / 1e12)).toEqual([1, 2])
    expect(fit.coefficients[0]?.standardError).toBeNull()
    expect(fit.residualDeviation).toBeNull()
    expect(() => predict(fit, [1, 2])).toThrow(StatsError)
  })

  it('refuses what does not fit, and names the column that depends on others', () => {
    const x = matrixOfRows([
      [1, 2, 3],
      [2, 1, 3],
      [5, 5, 10],
      [1, 7, 8],
      [0, 1, 1],
    ])
    expect(() => regress(x, [1, 2, 3, 4, 5])).toThrow(/column \d depends/)
    expect(() => regress(x, [1, 2])).toThrow(StatsError)
    expect(() => regress(matrixOfRows([[1, 2]]), [1])).toThrow(StatsError)
    expect(() => regress(x, [1, 2, 3, 4, 5], { weights: [1, 1, 1, 1, 0] })).toThrow('weights[4]')
  })
})

describe('ridge', () => {
  const xs = [
    [1, 10],
    [2, 30],
    [3, 20],
    [4, 50],
    [6, 40],
  ]
  const ys = [3, 1, 4, 1, 5]

  it('without penalty is least squares; with one it shrinks, and its degrees fall', () => {
    const free = ridge(matrixOfRows(xs), ys, 0)
    const fit = regress(matrixOfRows(xs), ys)
    expect(free.intercept).toBeCloseTo(fit.coefficients[0]?.value ?? 0, 10)
    expect(free.coefficients[1]).toBeCloseTo(fit.coefficients[2]?.value ?? 0, 10)
    expect(free.effectiveDegrees).toBeCloseTo(3, 10)
    let before = free
    for (const lambda of [0.1, 1, 10, 1000, 1e9]) {
      const next = ridge(matrixOfRows(xs), ys, lambda)
      expect(next.effectiveDegrees).toBeLessThan(before.effectiveDegrees)
      expect(Math.abs(next.coefficients[0] ?? 0)).toBeLessThan(
        Math.abs(before.coefficients[0] ?? 0),
      )
      before = next
    }
    expect(before.intercept).toBeCloseTo(2.8, 6)
    expect(before.effectiveDegrees).toBeCloseTo(1, 6)
  })

  it('does not depend on the units of x, and takes columns that are equal or do not vary', () => {
    const scaled = ridge(matrixOfRows(xs.map(([a = 0, b = 0]) => [a * 1000, b - 7])), ys, 2)
    const own = ridge(matrixOfRows(xs), ys, 2)
    expect((scaled.coefficients[0] ?? 0) * 1000).toBeCloseTo(own.coefficients[0] ?? 0, 10)
    const twice = ridge(matrixOfRows(xs.map(([a = 0]) => [a, a, 5])), ys, 2)
    expect(twice.coefficients[0]).toBeCloseTo(twice.coefficients[1] ?? 0, 10)
    expect(twice.coefficients[2]).toBe(0)
    expect(() => ridge(matrixOfRows(xs.map(([a = 0]) => [a, a])), ys, 0)).toThrow('lambda')
    expect(() => ridge(matrixOfRows(xs), ys, -1)).toThrow(StatsError)
  })
})
