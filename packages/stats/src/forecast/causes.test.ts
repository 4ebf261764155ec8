import { describe, expect, it } from 'vitest'
import { studentT } from '../distributions/student-t.ts'
import { regress } from '../linear/least-squares.ts'
import { matrixOfRows } from '../linear/matrix.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { arima } from './arima.ts'
import { forecast } from './forecast.ts'

const HORIZON = 7

/** Days: a week, an autoregression, and 30 more on days that a seed chooses, the fifth last among them. */
function days(seed: number, n = 200, effect = 30): { y: number[]; deploy: number[] } {
  const random = createRandom(seed)
  const deploy = Array.from({ length: n + HORIZON }, () => (random() < 0.08 ? 1 : 0))
  deploy[n - 5] = 1
  let level = 0
  const y = Array.from({ length: n }, (_, t) => {
    level = 0.6 * level + sampleNormal(random, 0, 5)
    return 100 + 20 * Math.sin((2 * Math.PI * t) / 7) + level + effect * (deploy[t] ?? 0)
  })
  return { y, deploy }
}

describe('forecast with regressors', () => {
  it('finds an effect, tells how surely, and puts it into the future', () => {
    const { y, deploy } = days(1)
    for (let h = 0; h < HORIZON; h++) deploy[200 + h] = h === 3 ? 1 : 0
    const options = { horizon: HORIZON, periods: [7] }
    const told = forecast(y, { ...options, regressors: { deploy } })
    const [effect] = told.diagnostics.effects
    expect(effect?.name).toBe('deploy')
    expect(Math.abs((effect?.value ?? 0) - 30)).toBeLessThan(4)
    expect(effect?.interval?.low).toBeLessThan(30)
    expect(effect?.interval?.high).toBeGreaterThan(30)
    expect(effect?.pValue).toBeLessThan(1e-6)
    const none = { deploy: deploy.map((value, t) => (t < 200 ? value : 0)) }
    const without = forecast(y, { ...options, regressors: none })
    for (let h = 0; h < HORIZON; h++) {
      const expected = (without.mean[h] ?? 0) + (h === 3 ? (effect?.value ?? 0) : 0)
      expect(told.mean[h]).toBeCloseTo(expected, 9)
    }
    // What is not sure about the effect widens the interval of its day.
    const widthOf = (one: typeof told) =>
      (one.intervals[1]?.high[3] ?? 0) - (one.intervals[1]?.low[3] ?? 0)
    expect(widthOf(told)).toBeGreaterThan(widthOf(without))
  })

  it('forecasts better than without them', () => {
    let [told, untold] = [0, 0]
    for (let seed = 10; seed < 12; seed++) {
      const { y, deploy } = days(seed)
      const past = y.slice(0, 193)
      const options = { horizon: HORIZON, periods: [7] }
      const one = forecast(past, { ...options, regressors: { deploy: deploy.slice(0, 200) } }).mean
      const other = forecast(past, options).mean
      for (let h = 0; h < HORIZON; h++) {
        told += Math.abs((y[193 + h] ?? 0) - (one[h] ?? 0))
        untold += Math.abs((y[193 + h] ?? 0) - (other[h] ?? 0))
      }
    }
    expect(told).toBeLessThan(0.85 * untold)
  })

  it('leaves out what says nothing, by name', () => {
    const { y, deploy } = days(2)
    const { diagnostics, warnings } = forecast(y, {
      horizon: HORIZON,
      periods: [7],
      regressors: {
        constant: deploy.map(() => 4),
        deploy,
        twice: deploy.map((value) => 1 - 2 * value),
        sunday: deploy.map((_, t) => (t % 7 === 0 ? 1 : 0)),
      },
    })
    expect(diagnostics.effects.map(({ name }) => name)).toEqual(['deploy'])
    expect(warnings).toEqual([
      'constant does not vary where the series is known: left out.',
      'twice follows from the others: left out.',
      'sunday repeats with the season: left out.',
    ])
  })

  it('works around gaps in series and causes', () => {
    const { y, deploy } = days(3)
    const holed = y.map((value, t) => (t % 17 === 5 ? Number.NaN : value))
    const known = deploy.map((value, t) => (t % 29 === 3 || t === 203 ? Number.NaN : value))
    const { diagnostics, warnings, mean } = forecast([Number.NaN, ...holed], {
      horizon: HORIZON,
      periods: [7],
      regressors: { deploy: [0, ...known] },
    })
    expect(Math.abs((diagnostics.effects[0]?.value ?? 0) - 30)).toBeLessThan(5)
    expect(mean.every(Number.isFinite)).toBe(true)
    expect(warnings[0]).toBe('2 coming values of deploy are missing: its median is taken.')
  })

  it('tells an effect from long seasons that are taken off', () => {
    const random = createRandom(5)
    const n = 24 * 7 * 4
    const launch = Array.from({ length: n + 24 }, (_, t) => (t % 97 < 3 ? 1 : 0))
    const y = Array.from(
      { length: n },
      (_, t) =>
        100 +
        20 * Math.sin((2 * Math.PI * t) / 24) +
        (t % 168 < 48 ? 15 : 0) +
        25 * (launch[t] ?? 0) +
        sampleNormal(random, 0, 2),
    )
    const { effects } = forecast(y, {
      horizon: 24,
      periods: [24, 168],
      regressors: { launch },
    }).diagnostics
    expect(Math.abs((effects[0]?.value ?? 0) - 25)).toBeLessThan(3)
  })

  it('refuses columns that do not fit', () => {
    const of = (column: number[]) => () =>
      forecast([1, 2, 3, 5, 4, 6], { horizon: 2, regressors: { holiday: column } })
    expect(of([1, 0])).toThrow('options.regressors.holiday: 2 values for 6 steps')
    expect(of([1, 0, 1, 0, Number.POSITIVE_INFINITY, 0, 0, 1])).toThrow(
      'options.regressors.holiday[4]',
    )
  })

  it('survives series that allow no effects', () => {
    for (const y of [[1], [2, 2, 2, 2], [0, 0, 0, 1, 0, 0], [1, 2, 3]]) {
      const regressors = { x: Array.from({ length: y.length + 2 }, (_, t) => (t * t) % 3) }
      const { mean, intervals } = forecast(y, { horizon: 2, regressors })
      for (const column of [mean, intervals[1]?.low ?? [], intervals[1]?.high ?? []]) {
        expect([...column].every(Number.isFinite)).toBe(true)
      }
    }
  })
})

describe('slopes of arima', () => {
  it('lie within their intervals about as often as these say', () => {
    let covered = 0
    const runs = 150
    for (let seed = 0; seed < runs; seed++) {
      const random = createRandom(seed)
      const x = Array.from({ length: 60 }, () => (random() < 0.15 ? 1 : 0))
      let level = 0
      const y = x.map((value) => {
        level = 0.6 * level + sampleNormal(random)
        return 10 + 3 * value + level
      })
      const order = { p: 1, d: 0, q: 0, constant: true }
      const { slopes, slopeCovariance, degrees } = arima(y, order, { regressors: [x] })
      const error = Math.sqrt(slopeCovariance.data[3] ?? 0)
      if (Math.abs((slopes[1] ?? 0) - 3) <= studentT(degrees).upperQuantile(0.05) * error) covered++
    }
    // 90 % is 135; four standard deviations of chance are 15.
    expect(Math.abs(covered - 135)).toBeLessThanOrEqual(15)
  })

  it('have the errors of linear regression where the noise is white', () => {
    const random = createRandom(8)
    const x = Array.from({ length: 40 }, () => random())
    const z = Array.from({ length: 40 }, () => random())
    const y = x.map((value, t) => 3 + 2 * value - (z[t] ?? 0) + sampleNormal(random, 0, 0.3))
    const fit = arima(y, { p: 0, d: 0, q: 0, constant: true }, { regressors: [x, z] })
    const { coefficients } = regress(matrixOfRows(x.map((value, t) => [value, z[t] ?? 0])), y)
    expect(fit.degrees).toBe(37)
    for (const [i, { value, standardError }] of coefficients.entries()) {
      expect(fit.slopes[i]).toBeCloseTo(value, 10)
      expect(Math.sqrt(fit.slopeCovariance.data[i * 3 + i] ?? 0)).toBeCloseTo(
        standardError ?? 0,
        10,
      )
    }
  })
})
