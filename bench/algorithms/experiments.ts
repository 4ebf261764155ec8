import {
  type Bandit,
  bandit,
  createRandom,
  differenceSequence,
  inversePropensity,
  mixtureBoundary,
  sampleNormal,
  sequentialTest,
} from '@llmhub/stats'
import type { Area, Report } from './area.ts'

/** Bandits against regrets that others measured, and tests at which one looks all the time. */
export const experiments: Area = {
  bandits: ({ share, report }) => {
    measureRegret(Math.ceil(200 / share), report)
    measurePropensities(Math.ceil(400 / share), report)
  },
  sequential: ({ share, report }) => {
    measurePeeking(Math.ceil(2000 / share), report)
    measureVectors(report)
  },
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value / values.length, 0)

function standardErrorOf(values: readonly number[]): number {
  const mean = meanOf(values)
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1) / values.length)
}

function measureRegret(runs: number, report: Report): void {
  const cases = [
    { name: 'two arms .9, .8', rates: [0.9, 0.8], expected: 10.2, error: 0.5 },
    {
      name: 'ten arms .1 … .01',
      rates: [0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01],
      expected: 83.1,
      error: 1.4,
    },
  ]
  for (const { name, rates, expected, error } of cases) {
    const started = performance.now()
    const regrets = Array.from({ length: runs }, (_, run) => regretOf(rates, 10_000, run))
    const [mean, own] = [meanOf(regrets), standardErrorOf(regrets)]
    report({
      goal: `B3 Thompson sampling, ${name}: regret at 10,000 within 4 standard errors (${runs} runs)`,
      anchor: `${expected} ± ${error} of a reference in numpy`,
      ours: `${mean.toFixed(1)} ± ${own.toFixed(1)}`,
      passed: Math.abs(mean - expected) <= 4 * Math.hypot(own, error),
      seconds: (performance.now() - started) / 1000,
    })
  }
}

function regretOf(rates: readonly number[], rounds: number, seed: number): number {
  const random = createRandom(seed)
  const one = bandit({ arms: rates.map((_, i) => String(i)) })
  const most = Math.max(...rates)
  let regret = 0
  for (let i = 0; i < rounds; i++) {
    const arm = one.draw(random)
    const rate = rates[Number(arm)] as number
    regret += most - rate
    one.tell(arm, random() < rate ? 1 : 0)
  }
  return regret
}

function measurePropensities(runs: number, report: Report): void {
  const started = performance.now()
  const [rates, target] = [
    [0.3, 0.5, 0.2],
    [0.1, 0.3, 0.6],
  ]
  const worth = 0.3 * 0.1 + 0.5 * 0.3 + 0.2 * 0.6
  let furthest = 0
  const estimates = Array.from({ length: runs }, (_, run) => {
    const random = createRandom(run)
    const one = bandit({ arms: ['0', '1', '2'], exploration: 0.3 })
    const choices = {
      rewards: [] as number[],
      propensities: [] as number[],
      targets: [] as number[],
    }
    for (let batch = 0; batch < 8; batch++) {
      furthest = Math.max(furthest, Math.abs(1 - sumOf(one)))
      const told = Array.from({ length: 50 }, () => {
        const { arm, propensity } = one.choose(random)
        const reward = random() < (rates?.[Number(arm)] ?? 0) ? 1 : 0
        choices.rewards.push(reward)
        choices.propensities.push(propensity)
        choices.targets.push(target?.[Number(arm)] ?? 0)
        return { arm, reward }
      })
      for (const { arm, reward } of told) one.tell(arm, reward)
    }
    return inversePropensity(choices).estimate
  })
  const [mean, error] = [meanOf(estimates), standardErrorOf(estimates)]
  report({
    goal: `B3 propensities sum to 1, inverse propensity score unbiased within 3 standard errors (${runs} runs)`,
    anchor: '',
    ours: `furthest from 1: ${furthest.toExponential(0)}; ${mean.toFixed(4)} ± ${error.toFixed(4)} of ${worth}`,
    passed: furthest < 1e-12 && Math.abs(mean - worth) <= 3 * error,
    seconds: (performance.now() - started) / 1000,
  })
}

function sumOf(one: Bandit): number {
  return one.propensities().reduce((sum, p) => sum + p, 0)
}

function measurePeeking(runs: number, report: Report): void {
  const started = performance.now()
  let [wrong, found, naive] = [0, 0, 0]
  const stops: number[] = []
  for (let seed = 0; seed < runs; seed++) {
    const random = createRandom(seed)
    const [none, some] = [sequentialTest(), sequentialTest()]
    let [refuted, stopped, plain] = [false, 0, false]
    let [sum, squares] = [0, 0]
    for (let n = 1; n <= 5000; n++) {
      const [a, b] = [sampleNormal(random), sampleNormal(random)]
      if (!refuted) {
        none.add('control', a)
        none.add('treatment', b)
        refuted = none.look().pValue < 0.05
      }
      if (stopped === 0) {
        some.add('control', a)
        some.add('treatment', b + 0.1)
        if (some.look().pValue < 0.05) stopped = n
      }
      sum += b - a
      squares += a * a + b * b
      if (n >= 100 && Math.abs(sum) / Math.sqrt(squares) > 1.96) plain = true
    }
    if (refuted) wrong++
    if (plain) naive++
    if (stopped > 0) {
      found++
      stops.push(stopped)
    }
  }
  const percent = (count: number): string => ((100 * count) / runs).toFixed(1)
  const middle = stops.toSorted((a, b) => a - b)[Math.floor(stops.length / 2)] ?? 0
  report({
    goal: `S1 looking after each of 5,000 values: false positives ≤ 5 %, power at 0.1 σ ≥ 95 % (${runs} runs)`,
    anchor: 'naive 42–45 %, mSPRT 3.2–4.1 % and 94–98 %, median stop 1,456–1,863',
    ours: `${percent(wrong)} % (naive ${percent(naive)} %) and ${percent(found)} %, median stop ${middle}`,
    passed: wrong / runs <= 0.05 && found / runs >= 0.95,
    seconds: (performance.now() - started) / 1000,
  })
}

function measureVectors(report: Report): void {
  const boundary = (type: 'two-sided normal' | 'one-sided normal') =>
    mixtureBoundary({ type }, { tightestAt: 100 }).bound(100, 0.05)
  const gamma = mixtureBoundary({ type: 'gamma-exponential', scale: 2 }, { tightestAt: 100 })
  const summary = (count: number, sum: number, squares: number) => ({
    count,
    mean: sum / count,
    variance: (squares - sum ** 2 / count) / (count - 1),
  })
  const relative = differenceSequence(
    summary(3000, 1396.87, 52377.9767),
    summary(3461, 2422.7, 134698.29),
    { of: 'relative', tightestAt: 1000 },
  )
  const off = [
    boundary('two-sided normal') - 30.35209,
    boundary('one-sided normal') - 27.66071,
    gamma.bound(100, 0.05) - 33.02017,
    relative.interval.low + 0.55844,
    relative.interval.high - 1.56516,
  ].map(Math.abs)
  report({
    goal: 'S1 vectors of confseq and GrowthBook to 1e-5 (more of them in the tests)',
    anchor: '30.35209, 27.66071, 33.02017; −.55844, 1.56516',
    ours: `furthest ${Math.max(...off).toExponential(1)}`,
    passed: Math.max(...off) <= 1e-5,
    seconds: 0,
  })
}
