import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { publishedText } from '../../test/golden.ts'
import { sampleNormal } from '../random/continuous.ts'
import { samplePoisson } from '../random/counts.ts'
import { createRandom } from '../random/generator.ts'
import { regularise } from '../series/regularise.ts'
import { StatsError } from '../stats-error.ts'
import { type ChangePointOptions, changePoints } from './change-points.ts'
import { chanceOfCut } from './describe-change.ts'
import { bestCut } from './search.ts'
import { meanCost } from './segment-cost.ts'

const indicesOf = (series: readonly number[], options?: ChangePointOptions): readonly number[] =>
  changePoints(series, options).changes.map(({ index }) => index)

function noise(seed: number, n: number, autocorrelation = 0): number[] {
  const random = createRandom(seed)
  let last = sampleNormal(random, 0, 1)
  const share = Math.sqrt(1 - autocorrelation ** 2)
  return Array.from({ length: n }, () => {
    last = autocorrelation * last + share * sampleNormal(random, 0, 1)
    return last
  })
}

describe('changePoints', () => {
  it('finds the dam of Aswan in the flow of the Nile', ({ skip }) => {
    const csv = publishedText('forecast/classic/datasets_Nile.csv')
    if (csv === null) return skip('The published series are not here.')
    const flow = csv
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',').at(-1)))
    const { changes, model } = changePoints(flow)
    expect(model).toBe('level')
    expect(changes.map(({ index }) => index)).toEqual([28])
    expect(changes[0]).toMatchObject({ type: 'level' })
    // Cobb (1978): 1,098 before, 850 after.
    expect(changes[0]?.before).toBeCloseTo(1097.75, 2)
    expect(changes[0]?.after).toBeCloseTo(849.97, 2)
    expect(changes[0]?.pValue).toBeLessThan(1e-6)
    expect(changes[0]?.interval.low).toBeLessThanOrEqual(28)
    expect(changes[0]?.interval.high).toBeGreaterThanOrEqual(28)
  })

  it('tells levels, slopes, variances, rates and distributions apart', () => {
    const e = noise(1, 300)
    const step = changePoints(e.map((v, t) => 10 + v + (t < 120 ? 0 : 3)))
    expect(step.changes).toHaveLength(1)
    expect(step.changes[0]).toMatchObject({ type: 'level', index: 120, time: 120 })
    expect(step.changes[0]?.size).toBeCloseTo(3, 0)
    expect(step.changes[0]?.relativeSize).toBeCloseTo(0.3, 1)
    const bend = changePoints(e.map((v, t) => v + 0.2 * Math.max(0, t - 150)))
    expect(bend.model).toBe('line')
    expect(bend.changes.map(({ type }) => type)).toEqual(['trend'])
    expect(bend.changes[0]?.after).toBeCloseTo(0.2, 1)
    const louder = changePoints(
      noise(2, 300).map((v, t) => (t < 150 ? v : 4 * v)),
      { variance: true },
    )
    expect(louder.changes.map(({ type }) => type)).toEqual(['variance'])
    expect(Math.abs((louder.changes[0]?.index ?? 0) - 150)).toBeLessThan(8)
    expect((louder.changes[0]?.after ?? 0) / (louder.changes[0]?.before ?? 1)).toBeGreaterThan(3)
    const random = createRandom(4)
    const counts = e.map((_, t) => samplePoisson(random, t < 100 ? 2 : 5))
    const rate = changePoints(counts, { model: 'rate' })
    expect(rate.changes).toHaveLength(1)
    expect(Math.abs((rate.changes[0]?.index ?? 0) - 100)).toBeLessThan(6)
    const skewed = e.map((v, t) => (t < 150 ? Math.exp(v) : 3 - Math.exp(v)))
    const ranks = changePoints(skewed, { model: 'distribution' })
    expect(ranks.changes.map(({ type }) => type)).toEqual(['distribution'])
  })

  it('takes off seasons and spikes before', () => {
    const e = noise(2, 24 * 14)
    const daily = e.map((v, t) => v + 8 * Math.sin((2 * Math.PI * t) / 24) + (t < 200 ? 0 : 4))
    for (const t of [50, 111, 290]) daily[t] = 60
    const { changes, periods, warnings } = changePoints(daily)
    expect(periods).toEqual([24])
    expect(changes).toHaveLength(1)
    expect(Math.abs((changes[0]?.index ?? 0) - 200)).toBeLessThanOrEqual(2)
    expect(warnings.join()).toContain('stand out')
  })

  it('finds next to nothing in noise without changes, however autocorrelated', () => {
    for (const autocorrelation of [0, 0.5, 0.8]) {
      let alarms = 0
      for (let seed = 0; seed < 60; seed++)
        if (indicesOf(noise(seed, 200, autocorrelation), { variance: true }).length > 0) alarms++
      expect(alarms / 60).toBeLessThan(0.12)
    }
  })

  it('has intervals that hold the place', () => {
    let [covered, found] = [0, 0]
    for (let seed = 100; seed < 200; seed++) {
      const series = noise(seed, 160).map((v, t) => v + (t < 80 ? 0 : 1.5))
      const { changes } = changePoints(series, { model: 'level' })
      if (changes.length !== 1) continue
      found++
      const { low, high } = changes[0]?.interval ?? { low: 0, high: 0 }
      if (low <= 80 && high >= 80) covered++
    }
    expect(found).toBeGreaterThan(85)
    expect(covered / found).toBeGreaterThan(0.9)
  })

  it('has p-values that are as small as they say, or not quite', () => {
    const shares = [0.01, 0.05, 0.2]
    const below = shares.map(() => 0)
    for (let seed = 0; seed < 1_000; seed++) {
      const cost = meanCost(noise(seed, 120), 1)
      const { saved } = bestCut(cost, 0, 120, 6) ?? { saved: 0 }
      const chance = chanceOfCut(saved, 1, 6 / 120)
      for (const [i, share] of shares.entries()) if (chance <= share) below[i] = (below[i] ?? 0) + 1
    }
    for (const [i, share] of shares.entries()) {
      expect((below[i] ?? 0) / 1_000).toBeLessThan(1.1 * share + 0.005)
      expect((below[i] ?? 0) / 1_000).toBeGreaterThan(share / 4)
    }
  })

  it('does not depend on units, and mirrors with the sign', () => {
    const series = noise(3, 150).map((v, t) => v + (t < 60 ? 0 : 4))
    const [found] = changePoints(series).changes
    const [scaled] = changePoints(series.map((v) => -1e200 * v)).changes
    expect(scaled?.index).toBe(found?.index)
    expect((scaled?.size ?? 0) / 1e200).toBeCloseTo(-(found?.size ?? 0), 8)
    expect(indicesOf([...series].reverse())).toEqual([150 - (found?.index ?? 0)])
  })

  it('finds changes of long series between the places it looks at first', () => {
    const series = noise(5, 9_001).map((v, t) => v + (t < 3_333 ? 0 : 6))
    expect(indicesOf(series)).toEqual([3_333])
  })

  it('tells the time of regular series', () => {
    const times = Array.from({ length: 100 }, (_, i) => 1_000 + 60 * i)
    const values = noise(6, 100).map((v, t) => v + (t < 50 ? 0 : 6))
    const { changes } = changePoints(regularise(times, values, { step: 60 }))
    expect(changes.map(({ index }) => index)).toEqual([50])
    expect(changes[0]?.time).toBe(960 + 60 * 50)
  })

  it('answers odd series in finite numbers, or refuses with a reason', () => {
    const odd = [0, 0, 0, 1, -1, Number.NaN, 1e300, -1e300, 1e-300, Number.POSITIVE_INFINITY]
    const value = fc.oneof(fc.constantFrom(...odd), fc.double({ min: -100, max: 100, noNaN: true }))
    const model = fc.constantFrom('auto', 'level', 'line', 'rate', 'distribution' as const)
    fc.assert(
      fc.property(fc.array(value, { maxLength: 80 }), model, fc.boolean(), (y, kind, variance) => {
        try {
          const { changes, segments } = changePoints(y, { model: kind as 'auto', variance })
          for (const { before, after, pValue, interval, index } of changes) {
            expect([before, after, pValue].every(Number.isFinite)).toBe(true)
            expect(interval.low).toBeLessThanOrEqual(index)
            expect(interval.high).toBeGreaterThanOrEqual(index)
          }
          expect(segments.at(-1)?.end).toBe(y.length)
          for (const { mean, deviation, slope } of segments)
            expect([mean, deviation, slope].every(Number.isFinite)).toBe(true)
        } catch (error) {
          const expected = kind === 'rate' || !y.some(Number.isFinite)
          if (!(error instanceof StatsError) || !expected) throw error
        }
      }),
      { numRuns: 400 },
    )
    expect(changePoints([5, 5, 5]).warnings.join()).toContain('constant')
    expect(() => changePoints([])).toThrow('no known value')
    expect(() => changePoints([1, 2], { penalty: 0 })).toThrow('options.penalty')
  })
})
