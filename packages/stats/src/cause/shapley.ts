import { checkFinite } from '../checks.ts'
import { StatsError } from '../stats-error.ts'

/** 2^20 sets are a second. */
const MOST_PLAYERS = 20

/**
 * Shapley's values (1953): what each of n players adds to what comes of them, averaged over all orders in which they may join.
 * `value` takes the set of those who joined as bits. They add up to value(all) − value(none), players who do the
 * same get the same, who does nothing gets nothing. Exact, by all 2ⁿ sets: a StatsError for more than 20 players, or
 * `not_finite`. O(n 2ⁿ).
 */
export function shapleyValues(players: number, value: (joined: number) => number): Float64Array {
  if (!(Number.isInteger(players) && players >= 1 && players <= MOST_PLAYERS))
    throw new StatsError('out_of_range', 'players', `${players} is not from 1 to ${MOST_PLAYERS}`)
  const sets = 2 ** players
  const values = Float64Array.from({ length: sets }, (_, joined) => value(joined))
  for (const one of values) checkFinite(one, 'value')
  // k! (n − k − 1)! / n!: the share of orders in which a given k come before a player.
  const weights = new Float64Array(players)
  let choices = 1
  for (let k = 0; k < players; k++) {
    weights[k] = 1 / (players * choices)
    choices = (choices * (players - 1 - k)) / (k + 1)
  }
  const sizes = new Uint8Array(sets)
  for (let joined = 1; joined < sets; joined++)
    sizes[joined] = (sizes[joined >>> 1] as number) + (joined & 1)
  const shares = new Float64Array(players)
  for (let joined = 0; joined < sets; joined++) {
    const weight = weights[sizes[joined] as number] as number
    for (let i = 0; i < players; i++) {
      const bit = 1 << i
      if ((joined & bit) !== 0) continue
      const gain = (values[joined | bit] as number) - (values[joined] as number)
      shares[i] = (shares[i] as number) + weight * gain
    }
  }
  return shares
}

/** A factor of a product, in two periods. */
export interface Factor {
  readonly name: string
  readonly before: number
  readonly after: number
}

export interface ProductAttribution {
  readonly before: number
  readonly after: number
  /** After less before: the sum of the contributions, to rounding. */
  readonly difference: number
  /** As given. */
  readonly factors: readonly {
    readonly name: string
    readonly contribution: number
    /** Of the difference; null when that is 0. */
    readonly share: number | null
  }[]
}

/**
 * How much each factor did to a change of their product, as of cost = requests · tokens per request · price per token, by Shapley's
 * values: no order of the factors is preferred, nothing is left over, exchanging the periods turns all signs. At most
 * 20 factors; a StatsError for more or none, and `not_finite`. O(n 2ⁿ).
 */
export function attributeProduct(factors: readonly Factor[]): ProductAttribution {
  for (const [i, { before, after }] of factors.entries()) {
    checkFinite(before, `factors[${i}].before`)
    checkFinite(after, `factors[${i}].after`)
  }
  const product = (joined: number): number =>
    factors.reduce(
      (value, { before, after }, i) => value * ((joined & (1 << i)) === 0 ? before : after),
      1,
    )
  const shares = shapleyValues(factors.length, product)
  const [before, after] = [product(0), product(2 ** factors.length - 1)]
  const difference = after - before
  return {
    before,
    after,
    difference,
    factors: factors.map(({ name }, i) => {
      const contribution = shares[i] as number
      return { name, contribution, share: difference === 0 ? null : contribution / difference }
    }),
  }
}
