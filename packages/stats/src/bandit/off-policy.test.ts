import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { sampleWeighted } from '../random/sampling.ts'
import { StatsError } from '../stats-error.ts'
import { bandit } from './bandit.ts'
import { poolMeans, poolRates } from './empirical-bayes.ts'
import { doublyRobust, inversePropensity, selfNormalisedPropensity } from './off-policy.ts'

const RATES = [0.3, 0.5, 0.2]
const TARGET = [0.1, 0.3, 0.6]
const WORTH = 0.3 * 0.1 + 0.5 * 0.3 + 0.2 * 0.6

/** Choices by fixed propensities. */
function logged(seed: number, n: number, shares: readonly number[]) {
  const random = createRandom(seed)
  const arms = Array.from({ length: n }, () => sampleWeighted(random, shares))
  return {
    arms,
    rewards: arms.map((arm): number => (random() < (RATES[arm] as number) ? 1 : 0)),
    propensities: arms.map((arm) => shares[arm] as number),
    targets: arms.map((arm) => TARGET[arm] as number),
  }
}

describe('off-policy estimates', () => {
  it('are right on average, with the errors that they say', () => {
    const runs = 300
    const estimates: number[][] = [[], [], []]
    let [covered, errors] = [0, 0]
    for (let seed = 0; seed < runs; seed++) {
      const choices = logged(seed, 500, [0.6, 0.25, 0.15])
      const model = [0.35, 0.4, 0.25]
      const expected = choices.arms.map((arm) => model[arm] as number)
      const ofTarget = choices.arms.map(() => 0.1 * 0.35 + 0.3 * 0.4 + 0.6 * 0.25)
      const all = [
        inversePropensity(choices),
        selfNormalisedPropensity(choices),
        doublyRobust(choices, expected, ofTarget),
      ]
      for (const [k, { estimate }] of all.entries()) estimates[k]?.push(estimate)
      const [ips] = all
      errors += (ips?.standardError ?? 0) / runs
      if ((ips?.interval.low ?? 1) <= WORTH && WORTH <= (ips?.interval.high ?? 0)) covered++
    }
    for (const list of estimates) {
      const mean = list.reduce((sum, x) => sum + x / runs, 0)
      const deviation = Math.sqrt(list.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (runs - 1))
      expect(Math.abs(mean - WORTH)).toBeLessThan((3 * deviation) / Math.sqrt(runs))
    }
    const [own = []] = estimates
    const deviation = Math.sqrt(own.reduce((sum, x) => sum + (x - WORTH) ** 2, 0) / runs)
    expect(Math.abs(errors / deviation - 1)).toBeLessThan(0.15)
    expect(covered / runs).toBeGreaterThan(0.9)
  })

  it('are unbiased for what a bandit logs with its propensities', () => {
    const arms = ['0', '1', '2']
    const estimates = Array.from({ length: 150 }, (_, seed) => {
      const random = createRandom(1000 + seed)
      const one = bandit({ arms, policy: 'thompson', exploration: 0.3 })
      const choices = {
        rewards: [] as number[],
        propensities: [] as number[],
        targets: [] as number[],
      }
      for (let batch = 0; batch < 4; batch++) {
        const told = Array.from({ length: 50 }, () => {
          const { arm, propensity } = one.choose(random)
          const reward = random() < (RATES[Number(arm)] as number) ? 1 : 0
          choices.rewards.push(reward)
          choices.propensities.push(propensity)
          choices.targets.push(TARGET[Number(arm)] as number)
          return { arm, reward }
        })
        for (const { arm, reward } of told) one.tell(arm, reward)
      }
      return inversePropensity(choices).estimate
    })
    const mean = estimates.reduce((sum, x) => sum + x / 150, 0)
    const deviation = Math.sqrt(estimates.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 149)
    expect(Math.abs(mean - WORTH)).toBeLessThan((3 * deviation) / Math.sqrt(150))
  })

  it('are the mean reward where nothing changes', () => {
    const choices = logged(5, 400, [0.2, 0.3, 0.5])
    const same = { ...choices, targets: choices.propensities }
    const mean = choices.rewards.reduce((sum, reward) => sum + reward / 400, 0)
    expect(inversePropensity(same).estimate).toBeCloseTo(mean, 12)
    expect(selfNormalisedPropensity(same).estimate).toBeCloseTo(mean, 12)
    expect(inversePropensity(same).effectiveSize).toBeCloseTo(400, 9)
    expect(inversePropensity(same).warnings).toEqual([])
  })

  it('warn of few choices that count, of cuts, and of propensities that cannot be', () => {
    const rare = logged(6, 2000, [0.98, 0.01, 0.01])
    expect(inversePropensity(rare).warnings).toContain('low_effective_size')
    expect(inversePropensity(rare, { clip: 5 }).warnings).toContain('clipped')
    const wrong = { ...rare, propensities: rare.propensities.map(() => 0.9) }
    expect(inversePropensity(wrong).warnings).toContain('weights_off')
  })

  it('refuse probabilities that are none', () => {
    const choices = logged(1, 10, [0.2, 0.3, 0.5])
    const nothing = { ...choices, targets: choices.targets.map(() => 0) }
    expect(() => inversePropensity({ ...choices, propensities: choices.rewards })).toThrow(
      StatsError,
    )
    expect(() => inversePropensity({ ...choices, targets: [1] })).toThrow(StatsError)
    expect(() => selfNormalisedPropensity(nothing)).toThrow(StatsError)
    expect(inversePropensity(nothing).estimate).toBe(0)
    expect(inversePropensity(nothing).effectiveSize).toBe(0)
  })
})

describe('poolRates', () => {
  it('has the likelihood that a simplex search finds', () => {
    // SciPy 1.17.1, `minimize` by Nelder-Mead to 1e-14.
    const { prior, logLikelihood, groups } = poolRates(
      [12, 30, 8, 25, 40, 3],
      [50, 60, 40, 80, 90, 20],
    )
    expect(prior.successes).toBeCloseTo(6.60360169, 4)
    expect(prior.failures).toBeCloseTo(13.88529369, 4)
    expect(logLikelihood).toBeCloseTo(-216.02895441786924, 9)
    const { mean, shrinkage } = groups[5] as (typeof groups)[number]
    expect(mean).toBeGreaterThan(3 / 20)
    expect(mean).toBeCloseTo((prior.successes + 3) / (prior.successes + prior.failures + 20), 12)
    expect(shrinkage).toBeGreaterThan(0.5)
  })

  it('makes one rate of groups that do not differ, and answers for groups of nothing', () => {
    const { groups } = poolRates([10, 20, 30, 0], [100, 200, 300, 0])
    for (const { mean } of groups) expect(mean).toBeCloseTo(0.1, 3)
    expect(poolRates([0, 0], [5, 9]).groups[0]?.mean).toBeLessThan(0.02)
    expect(() => poolRates([1, 2], [3, 1])).toThrow(StatsError)
    expect(() => poolRates([1, 0], [3, 0])).toThrow(StatsError)
  })
})

describe('poolMeans', () => {
  it('has the variance between groups of statsmodels', () => {
    // statsmodels 0.15.0, `combine_effects(method_re='iterated')`, that is Paule and Mandel.
    const { prior, standardError, groups } = poolMeans(
      [0.38, 0.41, -0.14, 0.63, 0.22, 0.9],
      [0.1, 0.15, 0.12, 0.2, 0.1, 0.25],
    )
    expect(prior.deviation ** 2).toBeCloseTo(0.09217216221760349, 10)
    expect(prior.mean).toBeCloseTo(0.362009796178821, 10)
    expect(standardError).toBeCloseTo(0.13906362432811792, 10)
    for (const { shrinkage } of groups) expect(shrinkage).toBeLessThan(0.5)
  })

  it('finds no differences between the eight schools of Rubin (1981)', () => {
    const { prior, groups } = poolMeans(
      [28, 8, -3, 7, -1, 1, 18, 12],
      [15, 10, 16, 11, 9, 11, 10, 18],
    )
    expect(prior.deviation).toBe(0)
    for (const { mean } of groups) expect(mean).toBeCloseTo(7.6856, 3)
  })
})
