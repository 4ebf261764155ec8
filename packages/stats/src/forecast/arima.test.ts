import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classicSeries, goldenSeries } from '../../test/golden.ts'
import { arima, difference, differencesOf } from './arima.ts'
import { autocovariances, hasRootsBeyond, seasonalProduct, stationaryOf } from './arma.ts'
import { filterArima, filterArma } from './arma-filter.ts'
import { autoArima } from './auto-arima.ts'
import { firstDifferences, seasonalDifferences } from './differencing.ts'
import { createEffort } from './effort.ts'

describe('arima', () => {
  it('has the likelihood and forecasts of R at its orders', (context) => {
    const all = goldenSeries()
    if (all === null) return context.skip('the published results are not here')
    for (const { name, values, golden } of all) {
      const published = golden['auto.arima']
      const [p, d, q] = published.order
      const [P, D, Q] = published.seasonal
      const period = Math.max(1, Math.round(golden.frequency))
      const constant = published.drift || published.mean
      const fit = arima(values, { p, d, q, P, D, Q, period, constant })
      expect(Math.abs(fit.logLikelihood / published.loglik - 1), name).toBeLessThan(1e-5)
      expect(fit.aicc, name).toBeCloseTo(published.aicc, 1)
      const { mean, deviation } = fit.predict(published.mean_fc.length)
      for (const [i, expected] of published.mean_fc.entries()) {
        expect(Math.abs((mean[i] ?? 0) / expected - 1), name).toBeLessThan(1e-3)
        const half = (published.hi95[i] ?? 0) - expected
        expect(Math.abs((1.959964 * (deviation[i] ?? 0)) / half - 1), name).toBeLessThan(0.02)
      }
    }
    expect(all.length).toBeGreaterThanOrEqual(8)
  })

  it('takes missing values as they are', () => {
    // R: arima(presidents, c(1, 0, 0)) has ar1 0.8242, intercept 56.1505, σ² 85.47, log likelihood −416.89.
    const fit = arima(classicSeries('presidents'), { p: 1, d: 0, q: 0, constant: true })
    expect(fit.parameters['ar1']).toBeCloseTo(0.8242, 3)
    expect(fit.parameters['mean']).toBeCloseTo(56.1505, 2)
    expect(fit.logLikelihood).toBeCloseTo(-416.89, 2)
  })

  it('forecasts alike by both filters', () => {
    const y = classicSeries('ldeaths')
    const order = { p: 1, d: 1, q: 1, P: 0, D: 1, Q: 1, period: 12 }
    const whole = arima(y, order).predict(12).mean
    // The very first value is the least informed of all: without it the other filter has to do.
    const holed = arima([Number.NaN, ...y], order).predict(12).mean
    for (let h = 0; h < 12; h++) expect((holed[h] ?? 0) / (whole[h] ?? 0)).toBeCloseTo(1, 2)
  })

  it('finds the cause that it is told of', () => {
    const x = Array.from({ length: 80 }, (_, t) => Math.cos(t * 1.7) + (t % 7))
    const y = x.map((value, t) => 5 + 3 * value + Math.sin(t * t) / 2)
    const fit = arima(y, { p: 1, d: 0, q: 0, constant: true }, { regressors: [x] })
    expect(fit.slopes[1]).toBeCloseTo(3, 1)
    const jump = fit.predict(2, [[0, 10]]).mean
    expect((jump[1] ?? 0) - (jump[0] ?? 0)).toBeGreaterThan(25)
    expect(() => fit.predict(2)).toThrow('1 regressors')
  })

  it('refuses what it cannot fit', () => {
    expect(() => arima([1, 2], { p: 1, d: 0, q: 1 })).toThrow('2 values for 3 parameters')
    expect(() => arima([1, 2, 3], { p: -1, d: 0, q: 0 })).toThrow('order.p')
    expect(() => arima([1, 2, 3, 4, 5], { p: 0, d: 2, q: 0, constant: true })).toThrow('constant')
    expect(() => arima([1, 2, 3], { p: 0, d: 0, q: 0 }, { regressors: [[1]] })).toThrow(
      'regressors[0]',
    )
  })
})

describe('autoArima', () => {
  it('finds models that are no worse than those of R', (context) => {
    const all = goldenSeries()
    if (all === null) return context.skip('the published results are not here')
    for (const { name, values, golden } of all) {
      const period = Math.max(1, Math.round(golden.frequency))
      const fit = autoArima(values, { period })
      expect(fit.aicc ?? Number.POSITIVE_INFINITY, name).toBeLessThan(
        golden['auto.arima'].aicc + 0.1,
      )
      expect(firstDifferences(Float64Array.from(values)), name).toBe(golden.ndiffs)
      expect(seasonalDifferences(Float64Array.from(values), period), name).toBe(golden.nsdiffs)
    }
  })

  it('stops when told to, with what it has', () => {
    const y = classicSeries('ldeaths')
    const free = createEffort(Number.POSITIVE_INFINITY)
    autoArima(y, { period: 12, effort: free })
    for (const limit of [0, 1e5, 1e6]) {
      const effort = createEffort(limit)
      expect(autoArima(y, { period: 12, effort }).predict(3).mean.every(Number.isFinite)).toBe(true)
      expect(effort.spent()).toBeLessThanOrEqual(limit)
      expect(limit).toBeLessThan(free.spent())
    }
  })

  it('answers short and odd series', () => {
    const value = fc.oneof(
      fc.double({ min: -100, max: 100, noNaN: true }),
      fc.constantFrom(0, 1, Number.NaN),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 3, maxLength: 16 }), (y) => {
        fc.pre(y.filter((one) => !Number.isNaN(one)).length >= 3)
        const { mean, deviation } = autoArima(y, { period: 4 }).predict(3)
        expect([...mean, ...deviation].every(Number.isFinite)).toBe(true)
      }),
      { numRuns: 40 },
    )
    expect(() => autoArima([1, Number.NaN])).toThrow('1 known values')
  })
})

describe('ARMA', () => {
  const free = fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { maxLength: 3 })

  it('has the likelihood of its covariance matrix, by both filters', () => {
    fc.assert(
      fc.property(free, free, (ar, ma) => {
        const phi = stationaryOf(ar)
        const theta = stationaryOf(ma).map((value) => -value)
        const y = Float64Array.from({ length: 8 }, (_, t) => Math.sin(1 + t * t))
        const gamma = autocovariances(phi, theta, 8)
        if (gamma === null) throw new Error('no autocovariances')
        const { logs, squares } = byCholesky(gamma, y)
        for (const filtered of [
          filterArma(phi, theta, [y]),
          filterArima(phi, theta, new Float64Array(0), [y]),
        ]) {
          let sum = 0
          filtered?.errors[0]?.forEach((error, t) => {
            sum += error ** 2 / (filtered.variances[t] ?? 0)
          })
          expect(Math.abs((filtered?.logs ?? 0) - logs)).toBeLessThan(1e-8 * (1 + Math.abs(logs)))
          expect(Math.abs(sum / squares - 1)).toBeLessThan(1e-8)
        }
      }),
    )
  })

  it('knows where roots are', () => {
    expect(hasRootsBeyond([0.5], 1.9)).toBe(true)
    expect(hasRootsBeyond([0.5], 2.1)).toBe(false)
    fc.assert(
      fc.property(free, (values) => {
        expect(hasRootsBeyond(stationaryOf(values), 1)).toBe(true)
      }),
    )
  })

  it('multiplies polynomials', () => {
    // (1 − 0.5 B)(1 − 0.2 B⁴) = 1 − 0.5 B − 0.2 B⁴ + 0.1 B⁵.
    const product = seasonalProduct(Float64Array.of(0.5), Float64Array.of(0.2), 4, -1)
    expect([...product]).toEqual([0.5, 0, 0, 0.2, -0.1])
  })

  it('takes differences', () => {
    const y = Float64Array.from({ length: 12 }, (_, t) => t * t)
    expect([...difference(y, differencesOf(2, 0, 1))]).toEqual(Array.from({ length: 10 }, () => 2))
    expect([...difference(y, differencesOf(1, 1, 4))]).toEqual(Array.from({ length: 7 }, () => 8))
  })
})

/** log |Γ| and yᵀ Γ⁻¹ y of the covariance matrix of n values. */
function byCholesky(gamma: Float64Array, y: Float64Array): { logs: number; squares: number } {
  const n = y.length
  const l: number[][] = []
  const z: number[] = []
  let [logs, squares] = [0, 0]
  for (let i = 0; i < n; i++) {
    const row: number[] = []
    for (let j = 0; j <= i; j++) {
      let sum = gamma[i - j] ?? 0
      for (let k = 0; k < j; k++) sum -= (row[k] ?? 0) * ((i === j ? row : l[j])?.[k] ?? 0)
      row.push(i === j ? Math.sqrt(sum) : sum / (l[j]?.[j] ?? 0))
    }
    l.push(row)
    let rest = y[i] ?? 0
    for (let k = 0; k < i; k++) rest -= (row[k] ?? 0) * (z[k] ?? 0)
    z.push(rest / (row[i] ?? 1))
    logs += 2 * Math.log(row[i] ?? 1)
    squares += (z[i] ?? 0) ** 2
  }
  return { logs, squares }
}
