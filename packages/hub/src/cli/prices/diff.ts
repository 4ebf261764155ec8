import { formatDecimal } from '../../ingest/money.ts'
import { planAt } from '../../ingest/price.ts'
import type { PriceBook } from '../../ingest/price-book.ts'
import { createPriceTable, type DatedPlan, packageModels } from '../../ingest/price-table.ts'
import type { FileModel, PriceFile } from './price-file.ts'

/** One difference between the prices in force and those of a file, at one instant. */
export interface PriceDifference {
  readonly change: 'added' | 'removed' | 'changed'
  readonly provider: string | null
  readonly model: string
  /** Null when the whole model is added or removed. */
  readonly tier: string | null
  readonly unit: string | null
  /** Dollars for the unit, in force and in the file. */
  readonly ours: string | null
  readonly theirs: string | null
  /** From ours to theirs, in per cent; null where ours is 0 or one of them is missing. */
  readonly percent: number | null
}

/**
 * What would change if the file's prices were in force: models and prices it adds, lacks, or has other
 * values for. A model is looked up as a call would be, so that a name which ours knows by a pattern is not
 * new; what only ours has is told when the file has no price for its exact name.
 */
export function diffPrices(book: PriceBook, file: PriceFile, at: number): PriceDifference[] {
  const differences: PriceDifference[] = []
  for (const theirs of file.models) {
    const { provider, model } = theirs
    const match = book.table.find(provider, model)
    const none = {
      provider,
      model,
      tier: null,
      unit: null,
      ours: null,
      theirs: null,
      percent: null,
    }
    if (typeof match === 'string') differences.push({ change: 'added', ...none })
    else differences.push(...compare(theirs, match.tiers, at))
  }
  const has = finder(file)
  const ours = [
    ...book.overrides().models.map(({ provider, model }) => ({ provider, model })),
    ...packageModels(),
  ]
  for (const { provider, model } of ours) {
    if (has(provider, model)) continue
    differences.push({
      change: 'removed',
      provider,
      model,
      tier: null,
      unit: null,
      ours: null,
      theirs: null,
      percent: null,
    })
  }
  return differences
}

function finder(file: PriceFile): (provider: string | null, model: string) => boolean {
  if (file.overrides !== null) {
    const table = createPriceTable({ overrides: file.overrides })
    return (provider, model) => {
      const match = table.find(provider, model)
      return typeof match !== 'string' && match.source === 'override'
    }
  }
  const known = new Set(file.models.map(({ provider, model }) => `${provider}/${model}`))
  return (provider, model) => known.has(`${provider}/${model}`)
}

function compare(
  theirs: FileModel,
  ours: ReadonlyMap<string, readonly DatedPlan[]>,
  at: number,
): PriceDifference[] {
  const differences: PriceDifference[] = []
  const { provider, model } = theirs
  for (const tier of new Set([...ours.keys(), ...theirs.tiers.keys()])) {
    const mine = pricesAt(ours.get(tier) ?? [], at)
    const other = pricesAt(theirs.tiers.get(tier) ?? [], at)
    for (const unit of new Set([...mine.keys(), ...other.keys()])) {
      const [a = null, b = null] = [mine.get(unit), other.get(unit)]
      if (a === b) continue
      const change = a === null ? 'added' : b === null ? 'removed' : 'changed'
      const percent = percentOf(a, b)
      differences.push({ change, provider, model, tier, unit, ours: a, theirs: b, percent })
    }
  }
  return differences
}

/** Unit, with `>n` for the price of requests above n tokens and `>>n` for that of what exceeds n. */
function pricesAt(plans: readonly DatedPlan[], at: number): Map<string, string> {
  const prices = new Map<string, string>()
  for (const [unit, price] of planAt(plans, at)?.list ?? []) {
    prices.set(unit, formatDecimal(price.base))
    const sign = price.graduated === true ? '>>' : '>'
    for (const tier of price.tiers) {
      prices.set(`${unit}${sign}${tier.start}`, formatDecimal(tier.price))
    }
  }
  return prices
}

function percentOf(ours: string | null, theirs: string | null): number | null {
  if (ours === null || theirs === null || Number(ours) === 0) return null
  return Math.round((Number(theirs) / Number(ours) - 1) * 10_000) / 100
}
