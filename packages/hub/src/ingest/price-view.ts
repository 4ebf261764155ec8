import { formatDecimal } from './money.ts'
import { planAt, tierName } from './price.ts'
import type { PriceBook } from './price-book.ts'
import type { PriceList } from './price-plan.ts'
import { type DatedPlan, type ModelPrices, type PriceMatch, packageModels } from './price-table.ts'

/** Prices in a form for people and programs: dollars as exact decimal text, by unit. */

export interface UnitPrice {
  /** Unit of the price list, such as `input_mtok`: a million input tokens. */
  readonly unit: string
  readonly usd: string
  /** Prices of larger requests, or of larger portions when `graduated`. */
  readonly above: readonly { readonly start: number; readonly usd: string }[]
  readonly graduated: boolean
}

export interface PricePeriod {
  readonly rule: string
  /** ISO 8601; null for always. */
  readonly from: string | null
  /** Seconds of the UTC day between which it counts; null for all day. */
  readonly daily: { readonly start: number; readonly end: number } | null
  readonly prices: readonly UnitPrice[]
}

export interface TierView {
  readonly tier: string
  /** What counts at the instant asked for; null when nothing does yet. */
  readonly now: PricePeriod | null
  /** What begins later, soonest first. */
  readonly scheduled: readonly PricePeriod[]
  /** Everything else there is, newest first. */
  readonly others: readonly PricePeriod[]
}

export interface PriceView {
  readonly provider: string | null
  readonly model: string
  readonly at: string
  readonly version: string
  readonly source: 'package' | 'override'
  readonly entry: string
  readonly matched: ModelPrices['matched']
  /** Of an override: the configured file, or set at run time. */
  readonly origin: 'file' | 'set' | null
  readonly tiers: readonly TierView[]
}

export interface ListedPrice {
  readonly provider: string | null
  readonly model: string
  readonly source: 'package' | 'override'
  readonly tier: string
  readonly rule: string
  readonly prices: readonly UnitPrice[]
}

function unitPrices(list: PriceList): UnitPrice[] {
  return [...list].map(([unit, price]) => ({
    unit,
    usd: formatDecimal(price.base),
    above: price.tiers.map((tier) => ({ start: tier.start, usd: formatDecimal(tier.price) })),
    graduated: price.graduated === true,
  }))
}

function periodOf({ from, daily, plan, list }: DatedPlan): PricePeriod {
  return {
    rule: plan.tiers[0]?.rule ?? '',
    from: Number.isFinite(from) ? new Date(from / 1000).toISOString() : null,
    daily,
    prices: unitPrices(list),
  }
}

/** Why a model has no price, or everything about it at an instant (epoch µs). */
export function showPrice(
  book: PriceBook,
  provider: string | null,
  model: string,
  at: number,
): PriceView | Exclude<PriceMatch, ModelPrices> {
  const match = book.table.find(provider, model)
  if (typeof match === 'string') return match
  const { entry, matched, source, version } = match
  const override = book.overrides().models.find(({ key }) => key === entry)
  const isSet = source === 'override' && override !== undefined
  return {
    provider,
    model,
    at: new Date(at / 1000).toISOString(),
    version,
    source,
    entry,
    matched,
    origin: isSet ? book.origin(override) : null,
    tiers: [...match.tiers].map(([tier, plans]) => {
      const now = planAt(plans, at)
      const scheduled = plans.filter((plan) => plan.from > at).toReversed()
      const others = plans.filter((plan) => plan !== now && plan.from <= at)
      return {
        tier,
        now: now === null ? null : periodOf(now),
        scheduled: scheduled.map(periodOf),
        others: others.map(periodOf),
      }
    }),
  }
}

export interface PriceFilter {
  /** Exact name of a platform, as calls report it. */
  readonly provider: string | null
  /** Part of a model's id, in any case. */
  readonly model: string | null
  readonly tier: string | null
  /** Epoch µs. */
  readonly at: number
}

/** Every model with a price at an instant: overrides first, then the package but for what they replace. */
export function listPrices(book: PriceBook, filter: PriceFilter): ListedPrice[] {
  const { at } = filter
  const provider = filter.provider?.toLowerCase() ?? null
  const part = filter.model?.toLowerCase() ?? ''
  const tier = tierName(filter.tier)
  const listed: ListedPrice[] = []
  function add(name: string | null, model: string, wanted: ModelPrices['source']): void {
    if (provider !== null && provider !== name?.toLowerCase()) return
    if (!model.toLowerCase().includes(part)) return
    const match = book.table.find(name, model)
    if (typeof match === 'string' || match.source !== wanted) return
    const plan = planAt(match.tiers.get(tier) ?? [], at)
    if (plan === null) return
    listed.push({
      provider: name,
      model,
      source: wanted,
      tier,
      rule: plan.plan.tiers[0]?.rule ?? '',
      prices: unitPrices(plan.list),
    })
  }
  for (const override of book.overrides().models) add(override.provider, override.model, 'override')
  for (const { provider: name, model } of packageModels()) add(name, model, 'package')
  return listed
}
