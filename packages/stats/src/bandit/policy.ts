/** How often each arm is chosen, by what is known of all; every answer sums to 1. */

/** As often as an arm is the best. */
export function thompsonShares(probabilities: Float64Array): Float64Array {
  return probabilities.slice()
}

/** What all others have together below which who of them wins is a matter of rounding. */
const HARDLY_EVER = 1e-9

/**
 * The best with probability `topShare`, else the best of a draw in which another one wins:
 * share(i) = topShare pᵢ + (1 − topShare) Σ pⱼ pᵢ / (1 − pⱼ) over the others. Where hardly ever another one wins it is the best of
 * the others, as `without` says of them.
 */
export function topTwoShares(
  probabilities: Float64Array,
  topShare: number,
  without: (arm: number) => Float64Array,
): Float64Array {
  const k = probabilities.length
  if (k === 1) return Float64Array.of(1)
  const shares = probabilities.map((p) => topShare * p)
  for (let j = 0; j < k; j++) {
    const first = probabilities[j] as number
    if (first === 0) continue
    let rest = 0
    for (let i = 0; i < k; i++) if (i !== j) rest += probabilities[i] as number
    const others = rest > HARDLY_EVER ? probabilities.map((p) => p / rest) : without(j)
    for (let i = 0; i < k; i++)
      if (i !== j)
        shares[i] = (shares[i] as number) + (1 - topShare) * first * (others[i] as number)
  }
  return normalised(shares)
}

export interface ArmMoments {
  readonly count: number
  readonly mean: number
  readonly variance: number
}

/**
 * Equal shares of the arms with the greatest upper bound, or of those that were never tried: mean + √(2 ln t / n), or, tuned,
 * mean + √(ln t / n · min(¼, variance + √(2 ln t / n))), each moved by its shift.
 */
export function upperBoundShares(
  arms: readonly ArmMoments[],
  shifts: ArrayLike<number>,
  tuned: boolean,
): Float64Array {
  const total = arms.reduce((sum, { count }) => sum + count, 0)
  const time = Math.log(Math.max(total, 1))
  const bounds = arms.map(({ count, mean, variance }, i) => {
    if (!(count > 0)) return Number.POSITIVE_INFINITY
    const ratio = time / count
    const width = tuned ? ratio * Math.min(0.25, variance + Math.sqrt(2 * ratio)) : 2 * ratio
    return mean + (shifts[i] as number) + Math.sqrt(width)
  })
  const most = bounds.reduce((a, b) => Math.max(a, b))
  return normalised(Float64Array.from(bounds, (bound) => (bound === most ? 1 : 0)))
}

/** Moves a share of all choices to chance, so that no arm has less than exploration / arms. */
export function withExploration(shares: Float64Array, exploration: number): Float64Array {
  return normalised(shares.map((share) => (1 - exploration) * share + exploration / shares.length))
}

function normalised(shares: Float64Array): Float64Array {
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => share / total)
}
