import { describe, expect, it } from 'vitest'
import { publishedText } from '../../test/golden.ts'
import { benjaminiHochberg } from '../hypothesis/multiple-testing.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom, type Random } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { autoregression } from './autoregression.ts'
import { correlations } from './correlations.ts'
import { crossCorrelation, effectivePairs, whitenedCorrelation } from './cross-correlation.ts'
import { grangerTest } from './granger.ts'
import { partialCorrelations } from './partial-correlation.ts'

function autoregressive(random: Random, n: number, phi: number): number[] {
  let last = sampleNormal(random, 0, 1)
  return Array.from({ length: n }, () => {
    last = phi * last + Math.sqrt(1 - phi * phi) * sampleNormal(random, 0, 1)
    return last
  })
}

/** Growth of American output, consumption, … by quarter, 1959–2009, or null without the published file. */
function growth(...names: readonly string[]): number[][] | null {
  const text = publishedText('forecast/reference-outputs/macrodata.csv')
  if (text === null) return null
  const [header = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.replaceAll('"', '').split(','))
  return names.map((name) => {
    const logs = rows.map((row) => Math.log(Number(row[header.indexOf(name)])))
    return logs.slice(1).map((value, t) => value - (logs[t] ?? 0))
  })
}

const MISSING = 'The published series are not here.'

describe('grangerTest', () => {
  it('has the figures of R lmtest and statsmodels 0.15.0', ({ skip }) => {
    const [gdp, consumption] = growth('realgdp', 'realcons') ?? []
    if (gdp === undefined || consumption === undefined) return skip(MISSING)
    // lmtest::grangertest, as statsmodels tests itself: F(2, 195) and p.
    const golden = grangerTest(gdp, consumption, { lag: 2 })
    expect(golden.statistic).toBeCloseTo(0.243097, 6)
    expect(golden.pValue).toBeCloseTo(0.7844328, 6)
    expect(golden.degrees).toEqual([2, 195])
    const forward = [2.880790764760757, 0.24309697796, 1.0555992865818713, 1.3208256801535707]
    const backward = [28.99697086415691, 19.03531756939812, 13.52900231477756, 11.00702119926641]
    for (let lag = 1; lag <= 4; lag++) {
      expect(grangerTest(gdp, consumption, { lag }).statistic).toBeCloseTo(
        forward[lag - 1] as number,
        8,
      )
      expect(grangerTest(consumption, gdp, { lag }).statistic).toBeCloseTo(
        backward[lag - 1] as number,
        8,
      )
    }
    expect(grangerTest(consumption, gdp).lag).toBe(2)
  })

  it('tells which precedes, and by how much information', () => {
    const random = createRandom(4)
    const x = autoregressive(random, 500, 0.5)
    const y = x.map((_, t) => 0.8 * (x[t - 2] ?? 0) + sampleNormal(random, 0, 1))
    const there = grangerTest(x, y, { criterion: 'aic' })
    const back = grangerTest(y, x)
    expect(there.lag).toBeGreaterThanOrEqual(2)
    expect(there.pValue).toBeLessThan(1e-20)
    expect(back.pValue).toBeGreaterThan(0.01)
    // Var(y | past) falls from about 1 + .64 · (1 − .5⁴) to 1 … 1.64: ½ ln of that.
    expect(there.transferEntropy).toBeGreaterThan(0.1)
    expect(there.transferEntropy).toBeLessThan(0.26)
    const scaled = grangerTest(
      x.map((v) => 1e150 * v),
      y.map((v) => -1e-150 * v),
      { lag: 2 },
    )
    expect(scaled.statistic).toBeCloseTo(grangerTest(x, y, { lag: 2 }).statistic, 6)
  })

  it('refuses too little and what does not vary', () => {
    expect(() => grangerTest([1, 2, 3], [1, 2])).toThrow(StatsError)
    expect(() => grangerTest([1, 2, 3, 1], [3, 1, 2, 4], { lag: 2 })).toThrow('values, needs')
    expect(() => grangerTest([1, 1, 1, 1, 1], [1, 2, 1, 3, 1])).toThrow('does not vary')
    expect(() => grangerTest([1, Number.NaN], [1, 2])).toThrow(StatsError)
    expect(() => grangerTest([1, 2], [1, 2], { lag: 0 })).toThrow('options.lag')
  })
})

describe('crossCorrelation', () => {
  it('has the figures of statsmodels 0.15.0, and mirrors', ({ skip }) => {
    const [gdp, consumption] = growth('realgdp', 'realcons') ?? []
    if (gdp === undefined || consumption === undefined) return skip(MISSING)
    const { values } = crossCorrelation(gdp, consumption, 3)
    const ahead = [0.65755788, 0.28041268, 0.20910985, 0.11779379]
    const behind = [0.65755788, 0.45236823, 0.33908801, 0.17989222]
    for (const [k, value] of ahead.entries()) expect(values[3 + k]).toBeCloseTo(value, 7)
    for (const [k, value] of behind.entries()) expect(values[3 - k]).toBeCloseTo(value, 7)
    expect([...crossCorrelation(consumption, gdp, 3).values].reverse()).toEqual([...values])
  })

  it('finds a lag, and is not impressed by two series that wander', () => {
    const random = createRandom(5)
    const x = autoregressive(random, 300, 0.9)
    const y = x.map((_, t) => (x[t - 4] ?? 0) + 0.2 * sampleNormal(random, 0, 1))
    expect(whitenedCorrelation(x, y)).toMatchObject({ lag: 4 })
    expect(whitenedCorrelation(x, y).pValue).toBeLessThan(1e-9)
    expect(whitenedCorrelation(y, x).lag).toBe(-4)
    const gaps = x.map((value, t) => (t % 9 === 0 ? Number.NaN : value))
    expect(whitenedCorrelation(gaps, y).lag).toBe(4)
    let naive = 0
    let ours = 0
    for (let i = 0; i < 200; i++) {
      const [a, b] = [autoregressive(random, 150, 0.95), autoregressive(random, 150, 0.95)]
      if (Math.abs(crossCorrelation(a, b, 0).values[0] ?? 0) > 1.96 / Math.sqrt(150)) naive++
      if (whitenedCorrelation(a, b).pValue < 0.05) ours++
    }
    expect(naive / 200).toBeGreaterThan(0.5)
    expect(ours / 200).toBeLessThan(0.06)
  })

  it('counts pairs as what they are worth', () => {
    const random = createRandom(6)
    const [x, y] = [autoregressive(random, 4_000, 0.8), autoregressive(random, 4_000, 0.8)]
    expect(effectivePairs(x, y) / 4_000).toBeCloseTo((1 - 0.64) / (1 + 0.64), 1)
    expect(effectivePairs([1, 1, 1], [1, 2, 3])).toBe(3)
  })

  it('keeps the false discoveries of 1,000 independent pairs below 5 %, with lags chosen', () => {
    const random = createRandom(7)
    const [correlated, preceding]: [number[], number[]] = [[], []]
    for (let i = 0; i < 1_000; i++) {
      const [phi, psi] = [0.95 * random(), 0.95 * random()]
      const [x, y] = [autoregressive(random, 100, phi), autoregressive(random, 100, psi)]
      correlated.push(whitenedCorrelation(x, y, { maxLag: 5 }).pValue)
      preceding.push(grangerTest(x, y, { maxLag: 4 }).pValue)
    }
    for (const pValues of [correlated, preceding]) {
      expect(pValues.filter((p) => p < 0.05).length / 1_000).toBeLessThan(0.075)
      expect(benjaminiHochberg(pValues).filter((p) => p <= 0.05).length / 1_000).toBeLessThan(0.01)
    }
  })
})

describe('autoregression', () => {
  it('finds the coefficients and the order', () => {
    const random = createRandom(8)
    const x: number[] = [0, 0]
    for (let t = 2; t < 5_000; t++)
      x.push(0.5 * (x[t - 1] ?? 0) + 0.3 * (x[t - 2] ?? 0) + sampleNormal(random, 0, 1))
    const phi = autoregression(x, 10)
    expect(phi[0]).toBeCloseTo(0.5, 1)
    expect(phi[1]).toBeCloseTo(0.3, 1)
    expect(autoregression([3, 3, 3, 3], 2)).toHaveLength(0)
    expect(autoregression([], 2)).toHaveLength(0)
  })
})

describe('partialCorrelations', () => {
  it('inverts the correlations, as NumPy does', ({ skip }) => {
    const columns = growth('realgdp', 'realcons', 'realinv', 'cpi')
    if (columns === null) return skip(MISSING)
    const { correlations: r } = partialCorrelations(columns, 0)
    for (const [j, value] of [0.77681194, 0.87786341, 0.04897926].entries())
      expect(r.data[j + 1]).toBeCloseTo(value, 7)
    expect(partialCorrelations(columns).shrinkage).toBeLessThan(0.1)
  })

  it('sees that a common cause is all there is', () => {
    const random = createRandom(9)
    const noise = () => sampleNormal(random, 0, 1)
    const load = Array.from({ length: 300 }, noise)
    const [cost, latency] = [load.map((v) => v + noise()), load.map((v) => v + noise())]
    const { correlations: r, pValues } = partialCorrelations([load, cost, latency])
    expect(crossCorrelation(cost, latency, 0).values[0]).toBeGreaterThan(0.35)
    expect(Math.abs(r.data[5] ?? 1)).toBeLessThan(0.15)
    expect(pValues.data[1]).toBeLessThan(1e-9)
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) expect(r.data[3 * i + j]).toBe(r.data[3 * j + i])
  })

  it('bears more series than values, constants, copies', () => {
    const random = createRandom(10)
    const wide = Array.from({ length: 30 }, () => Array.from({ length: 12 }, () => random()))
    const { correlations: r, shrinkage } = partialCorrelations([...wide, wide[0] ?? []])
    expect(shrinkage).toBeGreaterThan(0.3)
    expect(r.data.every(Number.isFinite)).toBe(true)
    expect([
      ...partialCorrelations(
        [
          [1, 2, 3],
          [5, 5, 5],
        ],
        0.1,
      ).correlations.data,
    ]).toEqual([1, 0, 0, 1])
    expect(() =>
      partialCorrelations(
        [
          [1, 2, 3],
          [2, 4, 6],
        ],
        0,
      ),
    ).toThrow(StatsError)
    expect(() => partialCorrelations([])).toThrow('needs 3')
    expect(() =>
      partialCorrelations([
        [1, 2, 3],
        [1, 2],
      ]),
    ).toThrow('columns[1]')
  })
})

describe('correlations', () => {
  const random = createRandom(11)
  const [base, load] = [autoregressive(random, 300, 0.7), autoregressive(random, 300, 0.8)]
  const noise = () => 0.3 * sampleNormal(random, 0, 1)
  const table = [
    { name: 'queue', values: base },
    { name: 'latency', values: base.map((_, t) => (base[t - 3] ?? 0) + noise()) },
    {
      name: 'cost',
      values: load.map((v, t) => 5 + v + noise() + 4 * Math.sin((Math.PI * t) / 12)),
    },
    {
      name: 'tokens',
      values: load.map((v, t) => 1e6 * (v + noise() + Math.sin((Math.PI * t) / 12))),
    },
    { name: 'requests', values: load },
    { name: 'other', values: autoregressive(random, 300, 0.9) },
    { name: 'daily', values: base.map((_, t) => 3 * Math.sin((Math.PI * t) / 12) + noise()) },
    { name: 'constant', values: load.map(() => 3) },
  ]

  it('finds the pairs that belong together, their lags, and no others', () => {
    const { correlations: found, warnings } = correlations(table)
    const names = found.filter((one) => one.significant).map(({ a, b }) => `${a} ${b}`)
    expect(names.toSorted()).toEqual([
      'cost requests',
      'cost tokens',
      'queue latency',
      'tokens requests',
    ])
    expect(found.find(({ a, b }) => a === 'queue' && b === 'latency')?.lag).toBe(3)
    expect(warnings).toEqual(['constant has too few different values and was left out.'])
    const byValue = correlations(table, { by: 'value' }).correlations
    expect(byValue.filter((one) => one.significant)).toHaveLength(4)
  })

  it('takes off what a control explains', () => {
    const { correlations: found } = correlations(table, { controls: ['requests'] })
    const names = found.filter((one) => one.significant).map(({ a, b }) => `${a} ${b}`)
    expect(names).toEqual(['queue latency'])
  })

  it('refuses what is no table, and bears odd ones', () => {
    expect(() =>
      correlations([
        { name: 'a', values: [1] },
        { name: 'b', values: [] },
      ]),
    ).toThrow('table[1]')
    const twice = { name: 'a', values: [1] }
    expect(() => correlations([twice, twice])).toThrow('twice')
    expect(() => correlations(table, { controls: ['nobody'] })).toThrow('options.controls[0]')
    expect(correlations([]).correlations).toEqual([])
    const odd = [0, 1e300, -1e300, Number.NaN, 5e-324, Number.POSITIVE_INFINITY]
    const wild = Array.from({ length: 6 }, (_, i) => ({
      name: `${i}`,
      values: Array.from({ length: 60 }, (_, t) =>
        random() < 0.4 ? (odd[(t * 7 + i) % odd.length] as number) : random(),
      ),
    }))
    for (const { pValue, correlation, adjusted } of correlations(wild).correlations) {
      expect([pValue, correlation, adjusted].every(Number.isFinite)).toBe(true)
      expect(Math.abs(correlation)).toBeLessThanOrEqual(1)
    }
  })
})
