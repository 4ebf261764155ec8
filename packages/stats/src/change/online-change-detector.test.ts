import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { samplePoisson } from '../random/counts.ts'
import { createRandom } from '../random/generator.ts'
import { logGamma } from '../special/log-gamma.ts'
import { StatsError } from '../stats-error.ts'
import { addToRun, logPredictive, priorOf } from './conjugate-run.ts'
import {
  type OnlineChange,
  OnlineChangeDetector,
  type OnlineChangeOptions,
} from './online-change-detector.ts'

function told(values: readonly number[], options?: OnlineChangeOptions): readonly OnlineChange[] {
  const detector = new OnlineChangeDetector(options)
  return values.flatMap((value, t) => detector.update(t, value).change ?? [])
}

function steps(seed: number, n: number, at: number, size: number): number[] {
  const random = createRandom(seed)
  return Array.from({ length: n }, (_, t) => sampleNormal(random, t < at ? 0 : size, 1))
}

describe('OnlineChangeDetector', () => {
  it.each(['normal', 'poisson'] as const)(
    'has the posterior of run lengths that all sets of changes give: %s',
    (model) => {
      const values = steps(3, 16, 9, 3).map((v) => Math.max(0, Math.round(v + 3)))
      const hazard = 0.1
      const prior = priorOf(model, values.slice(0, 5))
      const likelihood = (from: number, to: number): number => {
        let [statistics, log] = [prior, 0]
        for (const value of values.slice(from, to)) {
          log += logPredictive(model, statistics, value)
          statistics = addToRun(model, statistics, value, 1)
        }
        return Math.exp(log)
      }
      const whole = [1]
      const last = (from: number, to: number): number =>
        (whole[from] as number) *
        (from === 0 ? 1 : hazard) *
        (1 - hazard) ** (to - from - 1) *
        likelihood(from, to)
      for (let to = 1; to <= values.length; to++)
        whole[to] = Array.from({ length: to }, (_, from) => last(from, to)).reduce((a, b) => a + b)
      const detector = new OnlineChangeDetector({ model, warmUp: 5, outliers: 0, expectedRun: 10 })
      for (const [t, value] of values.entries()) detector.update(t, value)
      const { runs } = detector.state()
      expect(runs.length).toBeGreaterThan(8)
      for (const { first, logProbability } of runs) {
        const share = last(first, values.length) / (whole[values.length] as number)
        expect(Math.exp(logProbability)).toBeCloseTo(share, 4)
      }
    },
  )

  it('predicts by the negative binomial, whose probabilities add up to 1', () => {
    const run = { mean: 0, weight: 0, shape: 3.5, rate: 0.7 }
    let sum = 0
    for (let k = 0; k < 200; k++) sum += Math.exp(logPredictive('poisson', run, k))
    expect(sum).toBeCloseTo(1, 10)
    const p = Math.exp(logPredictive('poisson', run, 4))
    const share = 0.7 / 1.7
    const direct =
      logGamma(7.5) - logGamma(3.5) - Math.log(24) + 3.5 * Math.log(share) + 4 * Math.log1p(-share)
    expect(p).toBeCloseTo(Math.exp(direct), 12)
  })

  it('tells a step once, soon, with its place and sizes', () => {
    let delays = 0
    for (let seed = 0; seed < 20; seed++) {
      const [change, ...more] = told(steps(seed, 250, 150, 4))
      expect(more.length).toBeLessThanOrEqual(1)
      expect(Math.abs((change?.start ?? 0) - 150)).toBeLessThanOrEqual(3)
      expect(change?.before).toBeCloseTo(0, 0)
      expect(change?.probability).toBeGreaterThan(0.5)
      delays += ((change?.told ?? 0) - 150) / 20
    }
    expect(delays).toBeLessThan(5)
  })

  it('tells a rise of counts', () => {
    const random = createRandom(8)
    const counts = Array.from({ length: 300 }, (_, t) => samplePoisson(random, t < 200 ? 3 : 12))
    const [change] = told(counts, { model: 'poisson' }).filter(({ start }) => start > 190)
    expect(Math.abs((change?.start ?? 0) - 200)).toBeLessThanOrEqual(2)
  })

  it('lets single outliers pass, unless told that there are none', () => {
    const values = steps(5, 300, 300, 0)
    for (const t of [60, 130, 222]) values[t] = 25
    expect(told(values)).toEqual([])
    expect(told(values, { outliers: 0, confirm: 1 }).length).toBeGreaterThan(2)
  })

  it('seldom alarms without a change', () => {
    let alarms = 0
    for (let seed = 0; seed < 10; seed++) alarms += told(steps(seed, 1_000, 1_000, 0)).length
    expect(alarms).toBeLessThanOrEqual(5)
  })

  it('goes on from its state as if nothing had happened', () => {
    const values = [...steps(6, 120, 60, 4), ...steps(7, 80, 40, -5)]
    for (const cut of [0, 7, 20, 61, 150]) {
      let detector = new OnlineChangeDetector({ mostRuns: 30 })
      const whole = new OnlineChangeDetector({ mostRuns: 30 })
      for (const [t, value] of values.entries()) {
        if (t === cut) detector = OnlineChangeDetector.from(structuredClone(detector.state()))
        expect(detector.update(t, value)).toEqual(whole.update(t, value))
      }
      expect(whole.state().runs.length).toBeLessThanOrEqual(30)
    }
  })

  it('bears constants and extremes, and refuses what is no value', () => {
    expect(told(Array.from({ length: 100 }, () => 5))).toEqual([])
    expect(
      told([...Array.from({ length: 50 }, () => 5), ...Array.from({ length: 9 }, () => 6)]),
    ).toHaveLength(1)
    const wild = new OnlineChangeDetector()
    for (let t = 0; t < 200; t++) {
      const { probability } = wild.update(t, [0, 1e140, -1e140, 1e-300, 7][t % 5] as number)
      expect(probability).toBeGreaterThanOrEqual(0)
      expect(probability).toBeLessThanOrEqual(1 + 1e-9)
    }
    expect(() => wild.update(0, Number.NaN)).toThrow(StatsError)
    expect(() => new OnlineChangeDetector({ expectedRun: 1 })).toThrow('options.expectedRun')
    expect(() => new OnlineChangeDetector({ model: 'poisson' }).update(0, -1)).toThrow('negative')
    const state = { ...wild.state(), version: 2 as 1 }
    expect(() => OnlineChangeDetector.from(state)).toThrow('state.version')
  })
})
