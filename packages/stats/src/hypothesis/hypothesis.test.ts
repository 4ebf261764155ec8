import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { oneWayAnova } from './anova.ts'
import { chiSquaredTest, fisherExact, independenceTest } from './contingency.ts'
import { kendallTest, pearsonTest, spearmanTest } from './correlation-tests.ts'
import { kolmogorovSurvival, ksTest, ksTest2 } from './kolmogorov-smirnov.ts'
import { benjaminiHochberg, benjaminiYekutieli, holm, storey } from './multiple-testing.ts'
import { mannWhitney, wilcoxonSignedRank } from './rank-tests.ts'
import { bootstrap, permutationTest } from './resampling.ts'
import { pairedTTest, pooledTTest, tTest, welchTest } from './t-test.ts'

/** Hours of sleep gained by two drugs (Student 1908), in R's examples. */
const SLEEP_A = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2]
const SLEEP_B = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
/** Lightness and panel scores of tuna (Hollander and Wolfe 1973), in R's examples. */
const TUNA_X = [44.4, 45.9, 41.9, 53.3, 44.7, 44.1, 50.7, 45.2, 60.1]
const TUNA_Y = [2.6, 3.1, 2.5, 5, 3.6, 4, 5.2, 2.8, 3.8]

describe('published results', () => {
  it('t tests', () => {
    const welch = welchTest(SLEEP_A, SLEEP_B)
    expect(welch.statistic).toBeCloseTo(-1.8608, 4)
    expect(welch.degrees).toBeCloseTo(17.776, 3)
    expect(welch.pValue).toBeCloseTo(0.07939, 5)
    expect(welch.interval.low).toBeCloseTo(-3.3654832, 6)
    expect(welch.interval.high).toBeCloseTo(0.2054832, 6)
    const paired = pairedTTest(SLEEP_A, SLEEP_B)
    expect(paired.statistic).toBeCloseTo(-4.0621, 4)
    expect(paired.pValue).toBeCloseTo(0.002833, 6)
    const pooled = pooledTTest(SLEEP_A, SLEEP_B)
    expect(pooled.degrees).toBe(18)
    expect(pooled.pValue).toBeCloseTo(0.07919, 5)
    expect(tTest(SLEEP_A, { alternative: 'greater' }).interval.high).toBe(Number.POSITIVE_INFINITY)
  })

  it('rank tests', () => {
    // Hollander and Wolfe: permeability at two gestational ages; depression scores before and after.
    const permeability = mannWhitney(
      [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46],
      [1.15, 0.88, 0.9, 0.74, 1.21],
      'greater',
    )
    expect(permeability.statistic).toBe(35)
    expect(permeability.pValue).toBeCloseTo(0.1272, 4)
    const depression = wilcoxonSignedRank(
      [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3],
      [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29],
      'greater',
    )
    expect(depression.statistic).toBe(40)
    expect(depression.pValue).toBeCloseTo(0.01953, 5)
  })

  it('correlation', () => {
    const kendall = kendallTest(TUNA_X, TUNA_Y)
    expect(kendall.statistic).toBeCloseTo(0.4444444, 7)
    expect(kendall.exact).toBe(true)
    expect(kendall.pValue).toBeCloseTo(0.1194, 4)
    const pearson = pearsonTest(TUNA_X, TUNA_Y)
    expect(pearson.statistic).toBeCloseTo(0.5711816, 7)
    expect(pearson.pValue).toBeCloseTo(0.1082, 4)
    expect(spearmanTest(TUNA_X, TUNA_Y).statistic).toBeCloseTo(0.6, 12)
  })

  it('tables', () => {
    // Agresti: party by gender; Fisher's tea, and convictions of twins.
    const party = independenceTest([
      [762, 327, 468],
      [484, 239, 477],
    ])
    expect(party.statistic).toBeCloseTo(30.07, 2)
    expect(party.degrees).toBe(2)
    expect(party.pValue / 2.954e-7).toBeCloseTo(1, 3)
    const tea = [
      [3, 1],
      [1, 3],
    ] as const
    expect(fisherExact(tea, 'greater').pValue).toBeCloseTo(17 / 70, 12)
    expect(fisherExact(tea).pValue).toBeCloseTo(34 / 70, 12)
    const twins = fisherExact(
      [
        [2, 15],
        [10, 3],
      ],
      'less',
    )
    expect(twins.pValue).toBeCloseTo(0.0004652, 7)
    expect(chiSquaredTest([10, 20, 30]).statistic).toBeCloseTo(10, 12)
  })

  it('Kolmogorov', () => {
    expect(kolmogorovSurvival(1.3580986393225505)).toBeCloseTo(0.05, 10)
    expect(kolmogorovSurvival(0.999999)).toBeCloseTo(kolmogorovSurvival(1.000001), 5)
    // Marsaglia, Tsang and Wang: P(D10 < 0.274) = 0.62848, values placed so that the distance is 0.274.
    const values = Array.from({ length: 10 }, (_, i) => Math.min(1, (i + 0.5) / 10 + 0.05))
    values[2] = 0.2 + 0.274
    values[3] = 0.48
    const test = ksTest(values, (x) => x)
    expect(test.statistic).toBeCloseTo(0.274, 12)
    expect(1 - test.pValue).toBeCloseTo(0.628479615, 8)
    // One value: P(D < d) = 2d − 1.
    expect(ksTest([0.7], (x) => x).pValue).toBeCloseTo(2 * 0.3, 12)
  })

  it('multiple testing', () => {
    const p = [0.01, 0.02, 0.03, 0.04, 0.05]
    expect([...holm(p)].map((x) => Math.round(x * 1e9) / 1e9)).toEqual([
      0.05, 0.08, 0.09, 0.09, 0.09,
    ])
    for (const x of benjaminiHochberg(p)) expect(x).toBeCloseTo(0.05, 12)
    for (const x of benjaminiYekutieli(p)) expect(x).toBeCloseTo(0.05 * (137 / 60), 12)
    expect(storey(p).trueShare).toBeCloseTo(0.4, 12)
    // The example of Benjamini and Hochberg (1995): four rejections at 5 %, three by Holm.
    const published = [
      0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719,
      0.6528, 0.759, 1,
    ]
    expect(benjaminiHochberg(published).filter((q) => q <= 0.05)).toHaveLength(4)
    expect(holm(published).filter((q) => q <= 0.05)).toHaveLength(3)
  })
})

/** All ways to choose `size` of the indices below n. */
function* choices(n: number, size: number, from = 0): Generator<number[]> {
  if (size === 0) yield []
  else
    for (let i = from; i <= n - size; i++)
      for (const rest of choices(n, size - 1, i + 1)) yield [i, ...rest]
}

const few = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 })

describe('exact distributions are those of all orders', () => {
  it('Kolmogorov and Smirnov, ties included', () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const pool = [...a, ...b]
        const distance = (x: number[], y: number[]) =>
          Math.max(
            ...pool.map((t) =>
              Math.abs(
                x.filter((v) => v <= t).length * y.length -
                  y.filter((v) => v <= t).length * x.length,
              ),
            ),
          )
        const seen = distance(a, b)
        let [beyond, all] = [0, 0]
        for (const chosen of choices(pool.length, a.length)) {
          all++
          const x = chosen.map((i) => pool[i] ?? 0)
          const y = pool.filter((_, i) => !chosen.includes(i))
          if (distance(x, y) >= seen) beyond++
        }
        expect(ksTest2(a, b).pValue).toBeCloseTo(beyond / all, 12)
        expect(ksTest2(a, b).statistic).toBeCloseTo(seen / (a.length * b.length), 12)
      }),
    )
  })

  it('Mann and Whitney, Wilcoxon, Kendall', () => {
    const distinct = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 4, maxLength: 8 })
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 3 }), (pool, size) => {
        const [a, b] = [pool.slice(0, size), pool.slice(size)]
        const above = (x: readonly number[], y: readonly number[]) =>
          x.reduce((sum, v) => sum + y.filter((w) => v > w).length, 0)
        let [atMost, all] = [0, 0]
        for (const chosen of choices(pool.length, size)) {
          all++
          const x = chosen.map((i) => pool[i] ?? 0)
          const y = pool.filter((_, i) => !chosen.includes(i))
          if (above(x, y) <= above(a, b)) atMost++
        }
        expect(mannWhitney(a, b, 'less').pValue).toBeCloseTo(atMost / all, 12)

        const signed = pool.map((x, i) => (i % 3 === 0 ? -x : x))
        const sorted = [...pool].sort((x, y) => x - y)
        const sum = signed.reduce((s, x) => s + (x > 0 ? sorted.indexOf(x) + 1 : 0), 0)
        let least = 0
        for (let bits = 0; bits < 2 ** pool.length; bits++) {
          let own = 0
          for (let k = 0; k < pool.length; k++) if ((bits >> k) & 1) own += k + 1
          if (own >= sum) least++
        }
        expect(wilcoxonSignedRank(signed, null, 'greater').pValue).toBeCloseTo(
          least / 2 ** pool.length,
          12,
        )
      }),
    )
    expect(kendallTest([1, 2, 3, 4], [1, 2, 3, 4], 'greater').pValue).toBeCloseTo(1 / 24, 12)
  })
})

describe('resampling', () => {
  it('permutations agree with the t test where both hold', () => {
    const random = createRandom(2)
    const { pValue } = permutationTest(random, SLEEP_A, SLEEP_B, undefined, {
      permutations: 20_000,
    })
    expect(Math.abs(pValue - pooledTTest(SLEEP_A, SLEEP_B).pValue)).toBeLessThan(0.012)
    expect(permutationTest(random, [1, 1], [1, 1]).pValue).toBe(1)
  })

  it('the bootstrap interval of a mean covers it as often as it says, of skewed values nearly so', () => {
    const random = createRandom(5)
    let covered = 0
    const rounds = 400
    for (let i = 0; i < rounds; i++) {
      const values = Array.from({ length: 30 }, () => Math.exp(0.5 * sampleNormal(random)))
      const { interval } = bootstrap(random, values, undefined, { resamples: 500, confidence: 0.9 })
      if (interval.low <= Math.exp(0.125) && interval.high >= Math.exp(0.125)) covered++
    }
    expect(covered / rounds).toBeGreaterThan(0.83)
    expect(covered / rounds).toBeLessThan(0.95)
  })

  it('of equal values has no width', () => {
    const found = bootstrap(createRandom(1), [4, 4, 4], undefined, { resamples: 50 })
    expect(found).toEqual({ estimate: 4, standardError: 0, bias: 0, interval: { low: 4, high: 4 } })
  })
})

describe('p-values', () => {
  it('are within 0 and 1, mirror, and do not depend on shift and scale', () => {
    const sample = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 20 })
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        fc.pre(new Set(a).size > 1 && new Set(b).size > 1)
        for (const test of [welchTest, pooledTTest]) {
          const one = test(a, b)
          expect(one.pValue).toBeGreaterThanOrEqual(0)
          expect(one.pValue).toBeLessThanOrEqual(1)
          expect(test(b, a).pValue).toBeCloseTo(one.pValue, 12)
          const scaled = test(
            a.map((x) => 8 * x + 64),
            b.map((x) => 8 * x + 64),
          )
          expect(scaled.pValue).toBeCloseTo(one.pValue, 10)
        }
        const [less, greater] = (['less', 'greater'] as const).map(
          (alternative) => mannWhitney(a, b, alternative).pValue,
        )
        expect((less ?? 0) + (greater ?? 0)).toBeGreaterThanOrEqual(1 - 1e-12)
        expect(mannWhitney(b, a).pValue).toBeCloseTo(mannWhitney(a, b).pValue, 12)
        expect(ksTest2(a, b).pValue).toBeCloseTo(ksTest2(b, a).pValue, 12)
      }),
    )
  })

  it('refuse what cannot be tested', () => {
    const bad = [
      () => tTest([1]),
      () => tTest([2, 2, 2]),
      () => welchTest([1, 2], [1, Number.POSITIVE_INFINITY]),
      () => mannWhitney([], [1]),
      () =>
        mannWhitney(
          Array.from({ length: 60 }, () => 1),
          [1],
        ),
      () => wilcoxonSignedRank([0, 0]),
      () => pearsonTest([1, 2, 3], [1, 1, 1]),
      () => kendallTest([1, 1, 1], [1, 2, 3]),
      () => chiSquaredTest([0, 0]),
      () => chiSquaredTest([1, -1]),
      () => independenceTest([[1, 2]]),
      () =>
        fisherExact([
          [1.5, 1],
          [1, 1],
        ]),
      () => holm([0.5, 1.5]),
      () => bootstrap(createRandom(1), [1, 2], () => Number.NaN),
      () => permutationTest(createRandom(1), [1], [2], () => Number.NaN),
      () => oneWayAnova([[1, 2]]),
      () => ksTest([1], () => 2),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })
})
