import { checkPositive, checkWithin } from '../checks.ts'
import { betaDistribution } from '../distributions/beta.ts'
import type { Distribution } from '../distributions/distribution.ts'
import { studentT } from '../distributions/student-t.ts'
import {
  addToMoments,
  countOf,
  createMoments,
  MOMENTS_WIDTH,
  meanOf,
  mergeMoments,
  varianceOf,
} from '../moments.ts'
import { plainCopy } from '../plain-copy.ts'
import type { RandomSource } from '../random/generator.ts'
import { sampleIndex, sampleWeighted } from '../random/sampling.ts'
import { StatsError } from '../stats-error.ts'
import { type BestArm, probabilitiesOfBest } from './best-arm.ts'
import { thompsonShares, topTwoShares, upperBoundShares, withExploration } from './policy.ts'

/** Prior of a rate: as if so many successes and failures had been seen. */
export interface BetaPrior {
  readonly successes: number
  readonly failures: number
}

/**
 * Prior of a normal mean and variance (Normal-Inverse-Gamma): the mean as if `weight` rewards had given it, the variance
 * Inverse-Gamma with this shape and scale.
 */
export interface NormalPrior {
  readonly mean: number
  readonly weight: number
  readonly shape: number
  readonly scale: number
}

/**
 * - `thompson`: each arm as often as it is believed to be the best (Thompson 1933)
 * - `top_two`: that, but half of the time the second best, which finds out sooner which is the best (Russo 2016)
 * - `ucb1`, `ucb_tuned`: the greatest upper bound (Auer, Cesa-Bianchi and Fischer 2002), for rewards in [0, 1]
 */
export type BanditPolicy = 'thompson' | 'top_two' | 'ucb1' | 'ucb_tuned'

export interface BanditOptions {
  /** Names, all different. */
  readonly arms: readonly string[]
  /** `rate`: rewards from 0 to 1, as shares of successes; `normal`: any numbers. Default `rate`. */
  readonly rewards?: 'rate' | 'normal'
  /** Default `thompson`. */
  readonly policy?: BanditPolicy
  /** Of rates. Default one success and one failure. */
  readonly betaPrior?: BetaPrior
  /** Of normal rewards. Default mean 0, weight 0.01, shape 1, scale 1: vague for rewards of about 1. */
  readonly normalPrior?: NormalPrior
  /** What is maximised is the reward less this times the cost. Default 0. */
  readonly costWeight?: number
  /** By what earlier rewards lose weight with each one told, where arms drift: 0.99 … 0.999. Default 1: nothing is forgotten. */
  readonly discount?: number
  /** Share of choices made at random, so that no propensity is below exploration / arms. Default 0. */
  readonly exploration?: number
  /** Share of choices in which `top_two` takes the best. Default 0.5. */
  readonly topShare?: number
}

export interface Choice {
  readonly arm: string
  /** Probability with which it was chosen: what off-policy estimates divide by. */
  readonly propensity: number
}

export interface ArmSummary {
  readonly arm: string
  /** Rewards told, less what was forgotten. */
  readonly count: number
  /** Mean of what is believed of its worth: reward less weighted cost. */
  readonly mean: number | null
  /** 95 % credible interval of it. */
  readonly interval: { readonly low: number; readonly high: number }
  readonly meanCost: number | null
  readonly probabilityOfBest: number
  readonly expectedLoss: number
}

/** What `restoreBandit` goes on from; plain data. Arrays are records of `moments` by arm. */
export interface BanditState {
  readonly version: 1
  readonly options: Required<BanditOptions>
  readonly rewards: readonly (readonly number[])[]
  readonly costs: readonly (readonly number[])[]
}

/** Which of several arms to take, while finding out which is the best. */
export interface Bandit {
  /** An arm, drawn by exactly the propensity that it names. */
  choose(random: RandomSource): Choice
  /** The same choice without its propensity, at a fraction of the cost; for simulations. */
  draw(random: RandomSource): string
  /** Probability of each arm to be chosen next, in their order; sums to 1. */
  propensities(): Float64Array
  /** Adds a reward, whenever it comes; `count` stands for as many equal ones, and `cost` is that of one. */
  tell(
    arm: string,
    reward: number,
    options?: { readonly cost?: number; readonly count?: number },
  ): void
  /** Adds what others were told. Sums of evidence are exact in any order where nothing is forgotten. */
  merge(state: BanditState): void
  summaries(): ArmSummary[]
  state(): BanditState
}

const GREATEST = 1e100

/**
 * A bandit over named arms. Propensities are computed first and the arm is drawn from them, so that the probability that goes into the
 * record is the one that was used, whatever the error of the quadrature. They are kept until the next reward: a batch
 * of choices costs as much as one. O(arms²) then. Throws a StatsError for options and rewards that make no sense.
 */
export function bandit(options: BanditOptions): Bandit {
  const settings: Required<BanditOptions> = {
    arms: [...options.arms],
    rewards: options.rewards ?? 'rate',
    policy: options.policy ?? 'thompson',
    betaPrior: options.betaPrior ?? { successes: 1, failures: 1 },
    normalPrior: options.normalPrior ?? { mean: 0, weight: 0.01, shape: 1, scale: 1 },
    costWeight: options.costWeight ?? 0,
    discount: options.discount ?? 1,
    exploration: options.exploration ?? 0,
    topShare: options.topShare ?? 0.5,
  }
  return banditOf(
    settings,
    settings.arms.map(() => createMoments()),
    settings.arms.map(() => createMoments()),
  )
}

/** The bandit that `state()` was read from. */
export function restoreBandit(state: BanditState): Bandit {
  checkState(state)
  return banditOf(
    plainCopy(state.options),
    state.rewards.map((record) => Float64Array.from(record)),
    state.costs.map((record) => Float64Array.from(record)),
  )
}

function checkState({ version, options, rewards, costs }: BanditState): void {
  if (version !== 1)
    throw new StatsError('out_of_range', 'state.version', `${String(version)} is not 1`)
  for (const [name, records] of Object.entries({ rewards, costs })) {
    if (records.length !== options.arms.length)
      throw new StatsError(
        'length',
        `state.${name}`,
        `${records.length}, not ${options.arms.length}`,
      )
    for (const [i, record] of records.entries())
      if (record.length !== MOMENTS_WIDTH || !record.every(Number.isFinite))
        throw new StatsError('out_of_range', `state.${name}[${i}]`, 'is no record of moments')
  }
}

function checkSettings(settings: Required<BanditOptions>): void {
  const { arms, betaPrior, normalPrior } = settings
  if (arms.length === 0) throw new StatsError('too_few', 'options.arms', 'is empty')
  if (new Set(arms).size < arms.length)
    throw new StatsError('out_of_range', 'options.arms', 'has a name twice')
  checkPositive(betaPrior.successes, 'options.betaPrior.successes')
  checkPositive(betaPrior.failures, 'options.betaPrior.failures')
  checkWithin(normalPrior.mean, -GREATEST, GREATEST, 'options.normalPrior.mean')
  checkPositive(normalPrior.weight, 'options.normalPrior.weight')
  checkPositive(normalPrior.shape, 'options.normalPrior.shape')
  checkPositive(normalPrior.scale, 'options.normalPrior.scale')
  checkWithin(settings.costWeight, 0, GREATEST, 'options.costWeight')
  checkPositive(settings.discount, 'options.discount')
  checkWithin(settings.discount, 0, 1, 'options.discount')
  checkWithin(settings.exploration, 0, 1, 'options.exploration')
  checkWithin(settings.topShare, 0, 1, 'options.topShare')
}

function banditOf(
  settings: Required<BanditOptions>,
  rewards: readonly Float64Array[],
  costs: readonly Float64Array[],
): Bandit {
  checkSettings(settings)
  const { arms, policy, discount, costWeight, exploration } = settings
  const indices = new Map(arms.map((arm, i) => [arm, i]))
  const isRate = settings.rewards === 'rate'
  let shares: Float64Array | null = null
  let beliefs: readonly Distribution[] | null = null

  function believed(): readonly Distribution[] {
    beliefs ??= rewards.map((record) =>
      isRate ? rateBelief(record, settings.betaPrior) : normalBelief(record, settings.normalPrior),
    )
    return beliefs
  }

  /** What its mean cost takes from an arm of a rate; of normal rewards it is taken from each. */
  function shifts(): Float64Array {
    return Float64Array.from(costs, (record) => (isRate ? -costWeight * (meanOf(record) ?? 0) : 0))
  }

  function best(): BestArm {
    return probabilitiesOfBest(believed(), shifts())
  }

  function propensities(): Float64Array {
    shares ??= withExploration(sharesOf(), exploration)
    return shares
  }

  function sharesOf(): Float64Array {
    if (policy === 'thompson') return thompsonShares(best().probabilities)
    if (policy === 'top_two') return topTwoShares(best().probabilities, settings.topShare, without)
    return upperBoundShares(
      rewards.map((record) => ({
        count: countOf(record),
        mean: meanOf(record) ?? 0,
        variance: varianceOf(record, 'population') ?? 0,
      })),
      shifts(),
      policy === 'ucb_tuned',
    )
  }

  /** Probability of each other arm to be the best of them. */
  function without(arm: number): Float64Array {
    const others = arms.flatMap((_, i) => (i === arm ? [] : [i]))
    const moved = shifts()
    const { probabilities } = probabilitiesOfBest(
      others.map((i) => believed()[i] as Distribution),
      others.map((i) => moved[i] as number),
    )
    const all = new Float64Array(arms.length)
    for (const [at, i] of others.entries()) all[i] = probabilities[at] as number
    return all
  }

  function draw(random: RandomSource): string {
    if (policy === 'ucb1' || policy === 'ucb_tuned')
      return arms[sampleWeighted(random, propensities())] as string
    if (exploration > 0 && random() < exploration)
      return arms[sampleIndex(random, arms.length)] as string
    const moved = shifts()
    const winner = (): number => {
      let [at, most] = [0, Number.NEGATIVE_INFINITY]
      for (const [i, belief] of believed().entries()) {
        const value = belief.sample(random) + (moved[i] as number)
        if (value > most) [at, most] = [i, value]
      }
      return at
    }
    const first = winner()
    if (policy === 'thompson' || arms.length === 1 || random() < settings.topShare)
      return arms[first] as string
    // A rival of an arm that is hardly ever beaten would take for ever to turn up.
    for (let i = 0; i < 100; i++) {
      const other = winner()
      if (other !== first) return arms[other] as string
    }
    return arms[sampleWeighted(random, without(first))] as string
  }

  function indexOf(arm: string): number {
    const at = indices.get(arm)
    if (at === undefined) throw new StatsError('out_of_range', 'arm', `there is no ${arm}`)
    return at
  }

  function changed(): void {
    shares = null
    beliefs = null
  }

  return {
    choose(random) {
      const drawn = sampleWeighted(random, propensities())
      return { arm: arms[drawn] as string, propensity: propensities()[drawn] as number }
    },
    draw,
    propensities: () => propensities().slice(),
    tell(arm, reward, { cost = 0, count = 1 } = {}) {
      const at = indexOf(arm)
      checkWithin(reward, isRate ? 0 : -GREATEST, isRate ? 1 : GREATEST, 'reward')
      checkWithin(cost, -GREATEST, GREATEST, 'options.cost')
      checkPositive(count, 'options.count')
      // Rewards told together are as if told one after another.
      const weight = discount < 1 ? (1 - discount ** count) / (1 - discount) : count
      if (discount < 1)
        for (const record of [...rewards, ...costs]) forget(record, discount ** count)
      addToMoments(
        rewards[at] as Float64Array,
        isRate ? reward : reward - costWeight * cost,
        weight,
      )
      addToMoments(costs[at] as Float64Array, cost, weight)
      changed()
    },
    merge(state) {
      checkState(state)
      if (JSON.stringify(state.options) !== JSON.stringify(settings))
        throw new StatsError('out_of_range', 'state.options', 'are not those of this bandit')
      for (const [i, record] of state.rewards.entries())
        mergeMoments(rewards[i] as Float64Array, Float64Array.from(record))
      for (const [i, record] of state.costs.entries())
        mergeMoments(costs[i] as Float64Array, Float64Array.from(record))
      changed()
    },
    summaries() {
      const { probabilities, expectedLoss } = best()
      const moved = shifts()
      return believed().map((belief, i) => ({
        arm: arms[i] as string,
        count: countOf(rewards[i] as Float64Array),
        mean: belief.mean === null ? null : belief.mean + (moved[i] as number),
        interval: {
          low: belief.quantile(0.025) + (moved[i] as number),
          high: belief.upperQuantile(0.025) + (moved[i] as number),
        },
        meanCost: meanOf(costs[i] as Float64Array),
        probabilityOfBest: probabilities[i] as number,
        expectedLoss: expectedLoss[i] as number,
      }))
    },
    state: () =>
      plainCopy({
        version: 1,
        options: settings,
        rewards: rewards.map((record) => Array.from(record)),
        costs: costs.map((record) => Array.from(record)),
      }),
  }
}

/** Lowers the weight of all that a record holds. */
function forget(record: Float64Array, share: number): void {
  record[0] = (record[0] as number) * share
  record[3] = (record[3] as number) * share
}

function rateBelief(record: Float64Array, prior: BetaPrior): Distribution {
  const count = countOf(record)
  const successes = count * Math.min(1, Math.max(0, meanOf(record) ?? 0))
  return betaDistribution(prior.successes + successes, prior.failures + (count - successes))
}

/** Student's t of the mean, the variance integrated out (Murphy 2007, equations 97 to 110). */
function normalBelief(record: Float64Array, prior: NormalPrior): Distribution {
  const count = countOf(record)
  const weight = prior.weight + count
  const off = (meanOf(record) ?? prior.mean) - prior.mean
  const shape = prior.shape + count / 2
  const scale =
    prior.scale + (record[3] as number) / 2 + ((prior.weight * count) / weight) * (off * off) * 0.5
  return studentT(
    2 * shape,
    prior.mean + (count / weight) * off,
    Math.sqrt(scale / (shape * weight)),
  )
}
