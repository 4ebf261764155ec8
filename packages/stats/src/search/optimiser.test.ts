import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { optimiser, restoreOptimiser, type SearchMethod } from './optimiser.ts'
import { hypervolume } from './pareto.ts'
import type { Point, Space } from './space.ts'

const plane: Space = {
  x: { type: 'continuous', low: -5, high: 10 },
  y: { type: 'continuous', low: 0, high: 15 },
}

/** Branin (1972): least value 0.397887 at three places. */
function branin(point: Point): number {
  const [x, y] = [Number(point['x']), Number(point['y'])]
  return (
    (y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6) ** 2 +
    10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) +
    10
  )
}

function regretOf(seed: number, trials: number, method: SearchMethod): number {
  const search = optimiser(plane, { seed, method })
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < trials; i++) {
    const { point } = search.ask()
    search.tell(point, branin(point))
    best = Math.min(best, branin(point) - 0.397887)
  }
  return best
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
const SEEDS = [0, 1, 2, 3, 4, 5, 6]

/** As it comes back from a file. */
const stored = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T

describe('optimiser', () => {
  it('finds the least value of Branin by a model, and sooner than without', () => {
    const byModel = middle(SEEDS.map((seed) => regretOf(seed, 35, 'bayesian')))
    const byParzen = middle(SEEDS.map((seed) => regretOf(seed, 35, 'tpe')))
    const byChance = middle(SEEDS.map((seed) => regretOf(seed, 35, 'random')))
    expect(byModel).toBeLessThan(0.01)
    expect(byParzen).toBeLessThan(byChance)
  })

  it('goes on from its state as if nothing had been', () => {
    for (const method of ['bayesian', 'tpe', 'sobol', 'random'] as const) {
      const search = optimiser(plane, { seed: 4, method })
      for (let i = 0; i < 12; i++) {
        const { point } = search.ask()
        if (i % 4 !== 3) search.tell(point, branin(point))
      }
      const copy = restoreOptimiser(stored(search.state()))
      for (let i = 0; i < 4; i++) {
        const [own, other] = [search.ask(), copy.ask()]
        expect(other).toEqual(own)
        search.tell(own.point, branin(own.point))
        copy.tell(other.point, branin(other.point))
      }
      expect(copy.best()).toEqual(search.best())
    }
  })

  it('asks for several points at once that are not the same', () => {
    const search = optimiser(plane, { seed: 2 })
    for (let i = 0; i < 10; i++) {
      const { point } = search.ask()
      search.tell(point, branin(point))
    }
    const batch = Array.from({ length: 5 }, () => search.ask().point)
    for (const [i, a] of batch.entries())
      for (const b of batch.slice(i + 1))
        expect(
          Math.hypot(Number(a['x']) - Number(b['x']), Number(a['y']) - Number(b['y'])),
        ).toBeGreaterThan(0.1)
    search.withdraw(batch[0] as Point)
    expect(search.state().pending.length).toBe(4)
  })

  it('works from trials that nobody asked for, also beyond the bounds', () => {
    const random = createRandom(11)
    const search = optimiser(plane)
    for (let i = 0; i < 30; i++) {
      const point = { x: -6 + 17 * random(), y: 15 * random() }
      search.tell(point, branin(point))
    }
    const suggestion = search.ask()
    expect(suggestion.by).toBe('model')
    expect(suggestion.expectedImprovement).toBeGreaterThan(0)
    expect(suggestion.point['x']).toBeGreaterThanOrEqual(-5)
    const told = search.predict({ x: Math.PI, y: 2.275 })
    expect(told?.interval.low).toBeLessThan(0.397887)
    expect(told?.interval.high).toBeGreaterThan(0.397887)
    const beyond = { x: -7.25, y: 13 }
    search.tell(beyond, -50)
    expect(search.best()).toEqual({ point: beyond, values: [-50], count: 1 })
  })

  it('finds the best of numbers on a log scale, whole numbers and categories together', () => {
    const space: Space = {
      rate: { type: 'continuous', low: 1e-5, high: 1, scale: 'log' },
      size: { type: 'integer', low: 1, high: 64, scale: 'log' },
      model: { type: 'categorical', values: ['small', 'medium', 'large'] },
    }
    const worth = (point: Point): number =>
      -((Math.log10(Number(point['rate'])) + 2.5) ** 2) -
      (Math.log2(Number(point['size'])) - 4) ** 2 +
      { small: 0, medium: 1.5, large: 1 }[String(point['model']) as 'small' | 'medium' | 'large']
    const search = optimiser(space, { directions: ['maximise'], seed: 3 })
    for (let i = 0; i < 40; i++) {
      const { point } = search.ask()
      search.tell(point, worth(point))
    }
    const best = search.best()
    expect(best?.point['model']).toBe('medium')
    expect(best?.point['size']).toBeGreaterThanOrEqual(15)
    expect(best?.point['size']).toBeLessThanOrEqual(17)
    expect(best?.values[0]).toBeGreaterThan(1.45)
  })

  it('keeps to constraints that it learns, and to where trials do not fail', () => {
    const square: Space = {
      a: { type: 'continuous', low: 0, high: 1 },
      b: { type: 'continuous', low: 0, high: 1 },
    }
    // The least sum with a · b ≥ 0.25 is 1, at (½, ½); nothing comes of a above 0.9.
    const search = optimiser(square, { constraints: 1, seed: 5 })
    let feasible = 0
    for (let i = 0; i < 40; i++) {
      const { point } = search.ask()
      const [a, b] = [Number(point['a']), Number(point['b'])]
      search.tell(point, a > 0.9 ? 'failed' : { values: [a + b], constraints: [0.25 - a * b] })
      if (i >= 25 && a <= 0.9 && a * b >= 0.249) feasible++
    }
    const best = search.best()
    expect(best?.values[0]).toBeLessThan(1.02)
    expect(Number(best?.point['a']) * Number(best?.point['b'])).toBeGreaterThanOrEqual(0.25)
    expect(feasible).toBeGreaterThan(5)
  })

  it('trades two objectives for each other along a front', () => {
    const line: Space = { t: { type: 'continuous', low: -10, high: 10 } }
    const volumeBy = (method: SearchMethod): number => {
      const search = optimiser(line, { directions: ['minimise', 'maximise'], seed: 6, method })
      // Schaffer's problem: t² and (t − 2)², the second told as its negative.
      for (let i = 0; i < 25; i++) {
        const { point } = search.ask()
        const t = Number(point['t'])
        search.tell(point, { values: [t * t, -((t - 2) ** 2)] })
      }
      expect(search.best()).toBeNull()
      const costs = search.front().map(({ values: [a, b] }) => [a as number, -(b as number)])
      return hypervolume(costs, [4, 4])
    }
    // All of the front has 13.3333.
    expect(volumeBy('bayesian')).toBeGreaterThan(12)
    expect(volumeBy('tpe')).toBeGreaterThan(volumeBy('random'))
  })

  it('prefers what is good on average to what was lucky once', () => {
    const random = createRandom(9)
    const search = optimiser({ t: { type: 'continuous', low: 0, high: 1 } }, { seed: 7 })
    for (let i = 0; i < 60; i++) {
      const { point } = search.ask()
      search.tell(point, (Number(point['t']) - 0.3) ** 2 + sampleNormal(random, 0, 0.05))
    }
    expect(Math.abs(Number(search.best()?.point['t']) - 0.3)).toBeLessThan(0.12)
    const prediction = search.predict({ t: 0.3 })
    expect(prediction?.noise).toBeGreaterThan(0.03)
    expect(prediction?.noise).toBeLessThan(0.08)
  })

  it('tells which parameters matter', () => {
    const space: Space = {
      strong: { type: 'continuous', low: 0, high: 1 },
      weak: { type: 'continuous', low: 0, high: 1 },
      none: { type: 'continuous', low: 0, high: 1 },
    }
    const random = createRandom(12)
    const search = optimiser(space)
    for (let i = 0; i < 60; i++) {
      const point = { strong: random(), weak: random(), none: random() }
      search.tell(point, 2 * point.strong + point.weak)
    }
    // Of 4/12 and 1/12 of variance.
    const { strong, weak, none } = search.importance()
    expect(strong).toBeCloseTo(0.8, 1)
    expect(weak).toBeCloseTo(0.2, 1)
    expect(none).toBeLessThan(0.01)
  })

  it('fills a space of few points and then repeats itself', () => {
    const space: Space = { k: { type: 'integer', low: 0, high: 5 } }
    for (const method of ['bayesian', 'tpe'] as const) {
      const search = optimiser(space, { method })
      const seen = new Set<number>()
      for (let i = 0; i < 12; i++) {
        const { point } = search.ask()
        seen.add(Number(point['k']))
        search.tell(point, (Number(point['k']) - 4) ** 2)
      }
      expect(search.best()?.point['k']).toBe(4)
      expect(seen.size).toBeGreaterThan(4)
    }
  })

  it('refuses spaces, options, points and outcomes that make no sense', () => {
    const bad: (() => unknown)[] = [
      () => optimiser({}),
      () => optimiser({ x: { type: 'continuous', low: 1, high: 1 } }),
      () => optimiser({ x: { type: 'continuous', low: 0, high: 1, scale: 'log' } }),
      () => optimiser({ x: { type: 'integer', low: 0.5, high: 3 } }),
      () => optimiser({ x: { type: 'categorical', values: ['a', 'a'] } }),
      () => optimiser(plane, { directions: [] }),
      () => optimiser(plane, { initial: 0 }),
      () => optimiser(plane).tell({ x: 1 }, 2),
      () => optimiser(plane).tell({ x: 1, y: Number.NaN }, 2),
      () => optimiser(plane).tell({ x: 1e9, y: 0 }, 2),
      () => optimiser(plane).tell({ x: 1, y: 2 }, Number.NaN),
      () => optimiser(plane).tell({ x: 1, y: 2 }, { values: [1, 2] }),
      () => optimiser(plane, { constraints: 1 }).tell({ x: 1, y: 2 }, 1),
      () => optimiser(plane).predict({ x: 1, y: 2 }, { objective: 1 }),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })
})
