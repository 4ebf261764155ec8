import type { PriceFile, PriceVersion, Rates, Usage } from './price-oracle.ts'
import type { Seeded } from './seeded.ts'

/** Prices and usage of every form that the price oracle knows, from a seed. */

/** `dated` changes its prices, `large` and `steep` have tiers, `late` is now and then not priced at all. */
export const PRICED_MODELS = ['flat', 'dated', 'large', 'steep', 'late']

/** @param changes epoch milliseconds at which the prices of `dated` change */
export function randomPrices(
  random: Seeded,
  changes: readonly number[],
  hasLate: boolean,
): PriceFile {
  const file = new Map<string, readonly PriceVersion[]>()
  for (const model of PRICED_MODELS) {
    if (model === 'late' && !hasLate) continue
    const begins = model === 'dated' ? [null, ...changes] : [null]
    file.set(
      model,
      begins.map((from) => randomVersion(random, model, from)),
    )
  }
  return file
}

function randomVersion(random: Seeded, model: string, from: number | null): PriceVersion {
  const maybe = (probability: number, most: number): bigint | null =>
    random.chance(probability) ? randomRate(random, most) : null
  const rates = (has: Rates | null): Rates => ({
    input: randomRate(random, 9000),
    output: randomRate(random, 40_000),
    cacheRead: has === null ? maybe(0.6, 900) : has.cacheRead && randomRate(random, 900),
    cacheWrite: has === null ? maybe(0.5, 12_000) : has.cacheWrite && randomRate(random, 12_000),
    cacheWrite1h:
      has === null ? maybe(0.4, 20_000) : has.cacheWrite1h && randomRate(random, 20_000),
  })
  const standard = rates(null)
  const step = (start: number) => ({
    start,
    input: randomRate(random, 9000),
    output: randomRate(random, 30_000),
  })
  return {
    from,
    standard,
    above: model === 'large' ? { thousands: 200, rates: rates(standard) } : null,
    steps: model === 'steep' ? [step(0), step(1000), step(50_000)] : null,
    batch: random.chance(0.5)
      ? { input: randomRate(random, 4000), output: randomRate(random, 20_000) }
      : null,
    search: random.chance(0.3) ? 10_000_000_000_000n : null,
  }
}

/** Femto-dollars: mostly as a price list could have them, sometimes with digits below the pico-dollar. */
function randomRate(random: Seeded, most: number): bigint {
  const whole = BigInt(random.between(1, most)) * 1_000_000n
  return random.chance(0.2) ? whole + BigInt(random.int(1000)) : whole
}

/** Now and then a prompt above 200,000 tokens, and an answer that reaches the highest range. */
export function randomUsage(random: Seeded): Usage {
  const cacheRead = random.chance(0.5) ? random.int(5000) : 0
  const cacheWrite = random.chance(0.4) ? random.int(3000) : 0
  const plain = random.int(random.chance(0.1) ? 400_000 : 4000)
  return {
    input: plain + cacheRead + cacheWrite,
    output: random.int(random.chance(0.1) ? 120_000 : 2000),
    cacheRead,
    cacheWrite,
    cacheWrite1h: random.chance(0.5) ? random.int(cacheWrite + 1) : 0,
    searches: random.chance(0.2) ? random.int(4) : 0,
  }
}

/** Service tiers as senders name them; null names none, and `flex` has no price. */
export function randomTier(random: Seeded): string | null {
  return random.pick([null, null, null, 'standard', 'batch', 'flex'])
}
