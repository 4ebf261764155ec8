import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { betaDistribution } from '../distributions/beta.ts'
import { poisson } from '../distributions/counts.ts'
import { normal } from '../distributions/normal.ts'
import { studentT } from '../distributions/student-t.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { type BanditPolicy, bandit, restoreBandit } from './bandit.ts'
import { probabilitiesOfBest } from './best-arm.ts'

const POLICIES = ['thompson', 'top_two', 'ucb1', 'ucb_tuned'] as const
const sumOf = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)

/** As it comes back from a file. */
const stored = <T>(state: T): T => JSON.parse(JSON.stringify(state)) as T

describe('probabilitiesOfBest', () => {
  it('agrees with adaptive quadrature', () => {
    // SciPy 1.17.1, `quad` to 1e-11.
    const two = probabilitiesOfBest([betaDistribution(9, 3), betaDistribution(5, 5)])
    expect(two.probabilities[0]).toBeCloseTo(0.8982198142414859, 8)
    const three = [betaDistribution(9, 3), betaDistribution(5, 5), betaDistribution(20, 8)]
    expect(probabilitiesOfBest(three).probabilities[0]).toBeCloseTo(0.5950699002074289, 8)
    const heavy = probabilitiesOfBest([studentT(3, 1, 0.5), studentT(5, 0, 2)])
    expect(heavy.probabilities[0]).toBeCloseTo(0.6698238232708701, 7)
  })

  it('has the closed form of two normals, and what they are expected to lose', () => {
    const { probabilities, expectedLoss } = probabilitiesOfBest(
      [normal(0, 1), normal(0, 2)],
      [0, 1],
    )
    const z = 1 / Math.sqrt(5)
    expect(probabilities[1]).toBeCloseTo(normal().cdf(z), 9)
    // E max(0, N(1, √5)) and E max(0, −N(1, √5)).
    const gain = Math.sqrt(5) * (normal().pdf(z) + z * normal().cdf(z))
    expect(expectedLoss[0]).toBeCloseTo(gain, 7)
    expect(expectedLoss[1]).toBeCloseTo(gain - 1, 7)
  })

  it('sums to 1 with a small error, also where arms differ by orders of magnitude', () => {
    const shape = fc.double({ min: 0.5, max: 3000, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.tuple(shape, shape), { minLength: 1, maxLength: 5 }), (arms) => {
        const { probabilities, error } = probabilitiesOfBest(
          arms.map(([a, b]) => betaDistribution(a, b)),
        )
        expect(sumOf(probabilities)).toBeCloseTo(1, 12)
        expect(error).toBeLessThan(1e-6)
      }),
      { numRuns: 60 },
    )
  })

  it('refuses what it cannot integrate', () => {
    expect(() => probabilitiesOfBest([])).toThrow(StatsError)
    expect(() => probabilitiesOfBest([poisson(3)])).toThrow(StatsError)
    expect(() => probabilitiesOfBest([normal()], [Number.NaN])).toThrow(StatsError)
  })
})

describe('bandit', () => {
  it('has regrets of Thompson sampling as others measured them', () => {
    // 200 runs of a reference in numpy: 7.03 ± 0.43 for rates .9 and .8, 40.6 ± 0.6 for the ten.
    const cases = [
      { rates: [0.9, 0.8], expected: 7.03, error: 0.43, runs: 150 },
      {
        rates: [0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01],
        expected: 40.6,
        error: 0.6,
        runs: 60,
      },
    ]
    for (const { rates, expected, error, runs } of cases) {
      const arms = rates.map((_, i) => String(i))
      const most = Math.max(...rates)
      const regrets = Array.from({ length: runs }, (_, run) => {
        const random = createRandom(run)
        const one = bandit({ arms })
        let regret = 0
        for (let i = 0; i < 1000; i++) {
          const arm = one.draw(random)
          const rate = rates[Number(arm)] as number
          regret += most - rate
          one.tell(arm, random() < rate ? 1 : 0)
        }
        return regret
      })
      const mean = sumOf(regrets) / runs
      const variance = sumOf(regrets.map((regret) => (regret - mean) ** 2)) / (runs - 1)
      expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(variance / runs + error ** 2))
    }
  })

  it.each(POLICIES)('draws by propensities that sum to 1 and keep to exploration: %s', (policy) => {
    const random = createRandom(1)
    for (const rewards of ['rate', 'normal'] as const) {
      const one = bandit({ arms: ['a', 'b', 'c'], policy, rewards, exploration: 0.09 })
      for (let i = 0; i < 20; i++) {
        const { arm, propensity } = one.choose(random)
        const all = one.propensities()
        expect(sumOf(all)).toBeCloseTo(1, 12)
        expect(propensity).toBe(all['abc'.indexOf(arm)])
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0.03 - 1e-15)
        one.tell(arm, arm === 'b' ? 1 : 0.5 * random())
      }
    }
  })

  it.each(['thompson', 'top_two'] as const)('draws without propensities as often: %s', (policy) => {
    const one = bandit({ arms: ['a', 'b', 'c'], policy, exploration: 0.1, costWeight: 0.5 })
    one.tell('a', 0.7, { count: 20, cost: 0.1 })
    one.tell('b', 0.6, { count: 8, cost: 0.2 })
    one.tell('c', 0.5, { count: 10, cost: 0 })
    const random = createRandom(4)
    const counts = [0, 0, 0]
    for (let i = 0; i < 20_000; i++) {
      const at = 'abc'.indexOf(one.draw(random))
      counts[at] = (counts[at] as number) + 1
    }
    for (const [i, p] of one.propensities().entries()) {
      const error = Math.sqrt((p * (1 - p)) / 20_000)
      expect(Math.abs((counts[i] as number) / 20_000 - p)).toBeLessThan(4 * error)
    }
  })

  it('takes the second best half of the time where the best is known', () => {
    const one = bandit({ arms: ['a', 'b', 'c'], policy: 'top_two' })
    one.tell('a', 1, { count: 2000 })
    one.tell('b', 0.5, { count: 100 })
    one.tell('c', 0.1, { count: 100 })
    const [a, b] = one.propensities()
    expect(a).toBeCloseTo(0.5, 3)
    expect(b).toBeCloseTo(0.5, 3)
  })

  it('follows the indices of upper bounds', () => {
    const one = bandit({ arms: ['a', 'b', 'c'], policy: 'ucb1' })
    expect([...one.propensities()]).toEqual([1 / 3, 1 / 3, 1 / 3])
    one.tell('a', 1, { count: 10 })
    one.tell('b', 0.9, { count: 2 })
    expect([...one.propensities()]).toEqual([0, 0, 1])
    one.tell('c', 0, { count: 30 })
    // 1 + √(2 ln 42 / 10) = 1.865 and 0.9 + √(2 ln 42 / 2) = 2.833.
    expect([...one.propensities()]).toEqual([0, 1, 0])
    const tuned = bandit({ arms: ['a', 'b'], policy: 'ucb_tuned' })
    tuned.tell('a', 0.5, { count: 5000 })
    tuned.tell('b', 0, { count: 2500 })
    tuned.tell('b', 1, { count: 2450 })
    // 0.5 + √(0.00184 · 0.0607) = 0.5106 and 0.4949 + √(0.00186 · 0.25) = 0.5165: only b varies.
    expect([...tuned.propensities()]).toEqual([0, 1])
  })

  it('weighs rewards against costs', () => {
    const settings = { arms: ['dear', 'cheap'], costWeight: 2 }
    for (const rewards of ['rate', 'normal'] as const) {
      const one = bandit({ ...settings, rewards })
      for (let i = 0; i < 100; i++) {
        one.tell('dear', i % 10 === 0 ? 0 : 1, { cost: 0.2 })
        one.tell('cheap', i % 5 === 0 ? 0 : 1, { cost: 0.01 })
      }
      const [dear, cheap] = one.summaries()
      expect(dear?.mean).toBeCloseTo(0.9 - 0.4, 1)
      expect(cheap?.mean).toBeCloseTo(0.8 - 0.02, 1)
      expect(cheap?.probabilityOfBest).toBeGreaterThan(0.99)
      expect(dear?.meanCost).toBeCloseTo(0.2, 12)
    }
  })

  it('has the posterior of a normal mean', () => {
    // Murphy (2007): prior mean 1, weight 2, shape 3, scale 4; rewards 2, 3, 7.
    const one = bandit({
      arms: ['a'],
      rewards: 'normal',
      normalPrior: { mean: 1, weight: 2, shape: 3, scale: 4 },
    })
    for (const reward of [2, 3, 7]) one.tell('a', reward)
    const [a] = one.summaries()
    // Mean (2·1 + 12) / 5; scale 4 + 14/2 + 2·3·9 / (2·5); t with 9 degrees times √(scale / (4.5 · 5)).
    const expected = studentT(9, 2.8, Math.sqrt(16.4 / 22.5))
    expect(a?.mean).toBeCloseTo(2.8, 12)
    expect(a?.interval.low).toBeCloseTo(expected.quantile(0.025), 9)
    expect(a?.probabilityOfBest).toBe(1)
    expect(a?.expectedLoss).toBeCloseTo(0, 6)
  })

  it('takes rewards late and in batches, and merges parts in any order', () => {
    const random = createRandom(3)
    const told = Array.from({ length: 60 }, () => ({
      arm: random() < 0.5 ? 'a' : 'b',
      reward: sampleNormal(random, 3, 2),
    }))
    const settings = { arms: ['a', 'b'], rewards: 'normal' } as const
    const [whole, first, second] = [bandit(settings), bandit(settings), bandit(settings)]
    for (const { arm, reward } of told) whole.tell(arm, reward)
    for (const [i, { arm, reward }] of told.toReversed().entries())
      (i % 3 === 0 ? first : second).tell(arm, reward)
    first.merge(stored(second.state()))
    for (const [i, arm] of first.summaries().entries()) {
      expect(arm.mean).toBeCloseTo(whole.summaries()[i]?.mean ?? Number.NaN, 10)
      expect(arm.probabilityOfBest).toBeCloseTo(whole.summaries()[i]?.probabilityOfBest ?? 2, 9)
    }
    const copy = restoreBandit(stored(whole.state()))
    expect(copy.propensities()).toEqual(whole.propensities())
  })

  it('forgets, so that it follows arms that drift', () => {
    const arms = ['a', 'b']
    const [keeping, forgetting] = [bandit({ arms }), bandit({ arms, discount: 0.98 })]
    const [one, many] = [bandit({ arms, discount: 0.98 }), bandit({ arms, discount: 0.98 })]
    for (let i = 0; i < 5; i++) one.tell('a', 1)
    many.tell('a', 1, { count: 5 })
    expect(many.summaries()[0]?.mean).toBeCloseTo(one.summaries()[0]?.mean ?? 0, 12)
    for (const each of [keeping, forgetting]) {
      for (let i = 0; i < 400; i++) {
        each.tell('a', i < 200 ? 1 : 0)
        each.tell('b', i < 200 ? 0 : 1)
      }
      for (let i = 0; i < 40; i++) each.tell('b', 1)
    }
    expect(forgetting.propensities()[1]).toBeGreaterThan(0.99)
    expect(forgetting.summaries()[0]?.count).toBeLessThan(51)
    expect(keeping.summaries()[0]?.count).toBe(400)
  })

  it('answers for one arm, arms without rewards, rewards that never vary, and many arms', () => {
    for (const policy of POLICIES) {
      expect([...bandit({ arms: ['only'], policy }).propensities()]).toEqual([1])
      const flat = bandit({ arms: ['a', 'b'], policy, rewards: 'normal' })
      for (let i = 0; i < 500; i++) flat.tell(i % 2 === 0 ? 'a' : 'b', 0)
      expect(flat.propensities()[0]).toBeCloseTo(0.5, 9)
      const huge = bandit({ arms: ['a', 'b'], policy, rewards: 'normal' })
      huge.tell('a', 1e90)
      huge.tell('b', -1e90)
      expect(sumOf(huge.propensities())).toBeCloseTo(1, 9)
    }
    const one = bandit({ arms: ['a', 'b'] })
    one.tell('a', 0, { count: 1e9 })
    one.tell('b', 1, { count: 1e9 })
    expect(one.propensities()[1]).toBeCloseTo(1, 12)
    const many = bandit({ arms: Array.from({ length: 40 }, (_, i) => `arm ${i}`) })
    expect(many.propensities()[7]).toBeCloseTo(1 / 40, 9)
  })

  it('refuses what makes no sense', () => {
    const one = bandit({ arms: ['a', 'b'] })
    const other = bandit({ arms: ['a', 'c'] })
    const bad: (() => unknown)[] = [
      () => bandit({ arms: [] }),
      () => bandit({ arms: ['a', 'a'] }),
      () => bandit({ arms: ['a'], discount: 0 }),
      () => bandit({ arms: ['a'], exploration: 1.5 }),
      () => bandit({ arms: ['a'], betaPrior: { successes: 0, failures: 1 } }),
      () => one.tell('z', 1),
      () => one.tell('a', 2),
      () => one.tell('a', Number.NaN),
      () => one.tell('a', 1, { count: 0 }),
      () => one.merge(other.state()),
      () => restoreBandit({ ...one.state(), rewards: [[1]] }),
    ]
    for (const each of bad) expect(each).toThrow(StatsError)
    const policies: readonly BanditPolicy[] = POLICIES
    expect(policies).toHaveLength(4)
  })
})
