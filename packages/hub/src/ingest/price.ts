import { MAX_PICO, type Pico } from './money.ts'
import { applyPlan } from './price-plan.ts'
import type { DatedPlan, PriceTable } from './price-table.ts'
import type { Usage } from './usage.ts'

/** What is to be priced. */
export interface PricedCall {
  /** Platform that served the model; null when not reported. */
  readonly provider: string | null
  readonly model: string | null
  /** Epoch µs: prices are those of this instant. */
  readonly time: number
  readonly usage: Usage | null
  /** Service tier as reported: `batch`, `flex`, `priority`, …; null for the usual one. */
  readonly tier: string | null
}

/** Why a call has no computed cost. An unknown price is null, never 0; `too_large` is beyond $9.2 million. */
export type Unpriced =
  | 'no_model'
  | 'no_usage'
  | 'unknown_provider'
  | 'unknown_model'
  | 'unknown_tier'
  | 'not_yet_priced'
  | 'not_priced_by_token'
  | 'usage_contradicts_itself'
  | 'too_large'
  | 'unusable_price'

export interface Cost {
  /** Input, cache reads and writes included. Pico-dollars, as the others. */
  readonly prompt: Pico
  /** Output, reasoning included. */
  readonly completion: Pico
  /** The rest: searches, requests. */
  readonly other: Pico
  readonly total: Pico
  /** What the same usage would cost with nothing read from or written to a cache, less `total`. */
  readonly cacheSaved: Pico
  readonly source: 'package' | 'override'
  /** The price list that applied: provider/model, the date it counts from, the size of request. */
  readonly rule: string
  readonly version: string
}

export type PriceOutcome = Cost | { readonly unpriced: Unpriced }

/** Names of the usual service tier. */
const STANDARD_TIERS: ReadonlySet<string> = new Set([
  'standard',
  'default',
  'auto',
  'on_demand',
  'standard_only',
  'unspecified',
])

/**
 * Prices a call. Each component is exact and rounded half to even once, to the pico-dollar; the total
 * is the sum of the components. Cost: below a microsecond once the model has been seen, without bigints
 * while amounts stay below $9,007.
 */
export function priceCall(table: PriceTable, call: PricedCall): PriceOutcome {
  const { usage, model } = call
  if (model === null || model === '') return UNPRICED.no_model
  if (usage === null) return UNPRICED.no_usage
  if (usage.input === null && usage.output === null && usage.quantities === null) {
    return UNPRICED.no_usage
  }
  const prices = table.find(call.provider, model)
  if (typeof prices === 'string') return UNPRICED[prices]
  const plans = prices.tiers.get(tierName(call.tier))
  if (plans === undefined) return UNPRICED.unknown_tier
  const dated = planAt(plans, call.time)
  if (dated === null) {
    const isOver = plans.some(({ to }) => to <= call.time)
    return isOver ? UNPRICED.unknown_tier : UNPRICED.not_yet_priced
  }
  const cost = applyPlan(dated.plan, usage)
  if (typeof cost === 'string') return UNPRICED[cost]
  if (typeof cost.total === 'bigint' && cost.total > MAX_PICO) return UNPRICED.too_large
  return {
    prompt: cost.prompt,
    completion: cost.completion,
    other: cost.other,
    total: cost.total,
    cacheSaved: cost.cacheSaved,
    source: prices.source,
    rule: cost.rule,
    version: prices.version,
  }
}

/** The tier in its one form: lower case, and `standard` for every name of the usual one. */
export function tierName(tier: string | null): string {
  if (tier === null || tier === '') return 'standard'
  if (STANDARD_TIERS.has(tier)) return 'standard'
  const name = tier.toLowerCase()
  return STANDARD_TIERS.has(name) ? 'standard' : name
}

/** The first plan that counts at an instant (epoch µs), or null. */
export function planAt(plans: readonly DatedPlan[], time: number): DatedPlan | null {
  for (const dated of plans) {
    if (time < dated.from || time >= dated.to) continue
    if (dated.daily === null) return dated
    const second = (Math.floor(time / 1000) / 1000) % 86_400
    const { start, end } = dated.daily
    const isWithin =
      start <= end ? second >= start && second < end : second >= start || second < end
    if (isWithin) return dated
  }
  return null
}

const UNPRICED: Readonly<Record<Unpriced, { readonly unpriced: Unpriced }>> = {
  no_model: { unpriced: 'no_model' },
  no_usage: { unpriced: 'no_usage' },
  unknown_provider: { unpriced: 'unknown_provider' },
  unknown_model: { unpriced: 'unknown_model' },
  unknown_tier: { unpriced: 'unknown_tier' },
  not_yet_priced: { unpriced: 'not_yet_priced' },
  not_priced_by_token: { unpriced: 'not_priced_by_token' },
  usage_contradicts_itself: { unpriced: 'usage_contradicts_itself' },
  too_large: { unpriced: 'too_large' },
  unusable_price: { unpriced: 'unusable_price' },
}
