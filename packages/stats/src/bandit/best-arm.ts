import { checkFinite, checkSameLength } from '../checks.ts'
import type { Distribution } from '../distributions/distribution.ts'
import { gaussLegendre } from '../special/gauss-legendre.ts'
import { StatsError } from '../stats-error.ts'

export interface BestArm {
  /** Probability of each arm to have the greatest value; sums to 1. */
  readonly probabilities: Float64Array
  /**
   * How much the greatest value is expected to exceed that of each arm: what choosing it for good would cost. NaN-free: Infinity where an
   * arm's distribution has no mean.
   */
  readonly expectedLoss: Float64Array
  /** By how much the probabilities missed a sum of 1 before they were brought to it. */
  readonly error: number
}

/** Where panels of the integral begin and end, by the cumulative probability of each arm; what is outside is left out. */
const LEVELS = [1e-10, 1e-6, 1e-3, 0.02, 0.15, 0.5] as const
/** By how much the mass of an arm in a panel may be off before the panel is halved, and how often that is done. */
const ROUGH = 1e-9
const DEEPEST = 30
const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(8)

/**
 * Which of several independent continuous values is the greatest: P(i) = ∫ fᵢ(x) Π Fⱼ(x) dx over the others, by Gauss's quadrature on
 * panels between quantiles of all arms, which are halved until the densities add up to what the distributions say. Errors are below
 * 1e-7 as a rule (more for a beta of a shape below ½, which crowds the numbers next to 1), and said. With `shifts`, one is added to each
 * value. O(arms²). Throws a StatsError without arms, for discrete distributions and for shifts that are not finite.
 */
export function probabilitiesOfBest(
  arms: readonly Distribution[],
  shifts: ArrayLike<number> = new Float64Array(arms.length),
): BestArm {
  if (arms.length === 0) throw new StatsError('too_few', 'arms', 'is empty')
  checkSameLength(arms, shifts, 'arms', 'shifts')
  for (const [i, arm] of arms.entries()) {
    checkFinite(shifts[i] ?? Number.NaN, `shifts[${i}]`)
    if (arm.discrete) throw new StatsError('out_of_range', `arms[${i}]`, 'is discrete')
  }
  const k = arms.length
  const reach = arms.map((arm, i) => reachOf(arm, shifts[i] as number))
  const edges = [...new Set(reach.flat())].toSorted((a, b) => a - b)
  const probabilities = new Float64Array(k)
  let greatest = 0
  const cdfsAt = (x: number): Float64Array =>
    Float64Array.from(arms, (arm, i) =>
      cdfWithin(arm, reach[i] as number[], shifts[i] as number, x),
    )

  /** Adds the panel, or its halves where the densities do not integrate to the differences of the distributions. */
  function add(
    from: number,
    to: number,
    below: Float64Array,
    above: Float64Array,
    depth: number,
  ): void {
    const half = (to - from) / 2
    const masses = new Float64Array(k)
    const shares = new Float64Array(k)
    let share = 0
    for (let node = 0; node < NODES.length; node++) {
      const x = from + half * (1 + (NODES[node] as number))
      const weight = half * (WEIGHTS[node] as number)
      const cumulative = cdfsAt(x)
      for (let i = 0; i < k; i++) {
        if (below[i] === above[i]) continue
        const density = (arms[i] as Distribution).pdf(x - (shifts[i] as number))
        // Infinite at an end of the support, where next to nothing is left.
        const mass = density < Number.POSITIVE_INFINITY ? weight * density : 0
        let others = mass
        for (let j = 0; j < k && others > 0; j++) if (j !== i) others *= cumulative[j] as number
        masses[i] = (masses[i] as number) + mass
        shares[i] = (shares[i] as number) + others
        share += others * x
      }
    }
    const middle = from + half
    const rough = masses.some(
      (mass, i) => !(Math.abs(mass - ((above[i] as number) - (below[i] as number))) <= ROUGH),
    )
    if (rough && depth < DEEPEST && from < middle && middle < to) {
      const between = cdfsAt(middle)
      add(from, middle, below, between, depth + 1)
      add(middle, to, between, above, depth + 1)
      return
    }
    for (let i = 0; i < k; i++)
      probabilities[i] = (probabilities[i] as number) + (shares[i] as number)
    greatest += share
  }

  let below = cdfsAt(edges[0] as number)
  for (let i = 0; i + 1 < edges.length; i++) {
    const above = cdfsAt(edges[i + 1] as number)
    add(edges[i] as number, edges[i + 1] as number, below, above, 0)
    below = above
  }
  const total = probabilities.reduce((sum, p) => sum + p, 0)
  return {
    probabilities: probabilities.map((p) => p / total),
    expectedLoss: Float64Array.from(arms, ({ mean }, i) =>
      mean === null
        ? Number.POSITIVE_INFINITY
        : Math.max(0, greatest / total - mean - (shifts[i] as number)),
    ),
    error: Math.abs(1 - total),
  }
}

/** Quantiles of an arm, ascending. */
function reachOf(arm: Distribution, shift: number): number[] {
  const lower = LEVELS.map((level) => arm.quantile(level) + shift)
  const upper = LEVELS.slice(0, -1)
    .toReversed()
    .map((level) => arm.upperQuantile(level) + shift)
  return [...lower, ...upper]
}

function cdfWithin(arm: Distribution, reach: readonly number[], shift: number, x: number): number {
  if (x <= (reach[0] as number)) return 0
  if (x >= (reach.at(-1) as number)) return 1
  return arm.cdf(x - shift)
}
