import type { KindSpec, ValidEvent } from '@llmhub/schema'
import type { StoredCall } from '../core/stored-call.ts'
import type { RowPrices } from '../log/operation-rows.ts'
import { columnIndex, emptyCosts, type RowCosts } from './fill-row.ts'
import { type Pico, parseUsd, toPico } from './money.ts'
import { type PricedCall, priceCall, tierName } from './price.ts'
import type { PriceTable } from './price-table.ts'
import { normalizeUsage, type Usage } from './usage.ts'
import { restoreUsage, tierOfUsage, usageDetails, usageRule } from './usage-details.ts'

/** Works out usage and cost of an event into `costs`, every field of it. */
export type PriceRow = (event: ValidEvent, receiver: string, costs: RowCosts) => void

/** Kinds whose tokens are priced. Others may still report tokens and a cost. */
export const PRICED_KINDS: readonly string[] = ['llm_request', 'token_cost', 'parameter_execution']

/** Greatest amount that a column holds: 64-bit pico-dollars, about $9.2 million. */
const MOST_PICO = 9_223_372_036_854_775_807n

/** Where a kind has the fields that usage and cost follow from; -1 where it has none. */
interface CostFields {
  readonly isPriced: boolean
  readonly provider: number
  readonly model: number
  readonly usage: number
  readonly tier: number
  readonly reported: number
}

function costFieldsOf(kind: KindSpec): CostFields {
  return {
    isPriced: PRICED_KINDS.includes(kind.kind),
    provider: columnIndex(kind, 'provider'),
    model: columnIndex(kind, 'model'),
    usage: kind.fields.findIndex((spec) => spec.type === 'usage'),
    tier: columnIndex(kind, 'service_tier'),
    reported: columnIndex(kind, 'cost_reported'),
  }
}

/** Prices rows from `table` as it is at that moment: what it prices from then on is its own affair. */
export function createPriceRow(table: PriceTable): PriceRow {
  const fieldsOf = new Map<KindSpec, CostFields>()
  return function priceRow(event, receiver, costs) {
    let at = fieldsOf.get(event.kind)
    if (at === undefined) {
      at = costFieldsOf(event.kind)
      fieldsOf.set(event.kind, at)
    }
    const { fields } = event
    const raw = fields[at.usage]
    const usage = raw === undefined ? null : normalizeUsage(raw, receiver)
    const reported = fields[at.reported]
    const tier = text(fields[at.tier]) ?? tierOfUsage(raw)
    setUsage(usage, costs)
    costs.tier = tier === null ? '' : tierName(tier)
    costs.reported = reported === undefined ? null : parseUsd(reported as number | string)
    const call = at.isPriced
      ? {
          provider: text(fields[at.provider]),
          model: text(fields[at.model]),
          time: event.time,
          usage,
          tier,
        }
      : null
    setCosts(table, call, costs)
  }
}

/** Sets everything that follows from a call and `costs.reported`; null for what is not priced by its kind. */
function setCosts(table: PriceTable, call: PricedCall | null, costs: RowCosts): void {
  costs.computed = null
  costs.prompt = null
  costs.completion = null
  costs.other = null
  costs.cacheSaved = null
  costs.source = costs.reported === null ? '' : 'reported'
  costs.rule = ''
  costs.version = ''
  if (call === null) return
  const outcome = priceCall(table, call)
  if ('unpriced' in outcome || !fits(outcome.total)) {
    if (costs.reported === null) costs.source = 'none'
    costs.rule = 'unpriced' in outcome ? outcome.unpriced : 'out_of_range'
    return
  }
  costs.computed = outcome.total
  costs.prompt = outcome.prompt
  costs.completion = outcome.completion
  costs.other = outcome.other
  costs.cacheSaved = fits(outcome.cacheSaved) ? outcome.cacheSaved : null
  costs.source = outcome.source
  costs.rule = outcome.rule
  costs.version = outcome.version
}

/** Prices a row of the store as if its event came in now, from `table` at the time of the event. */
export function priceStored(table: PriceTable, stored: StoredCall): RowPrices {
  const { provider, model, time, tier } = stored
  const costs = emptyCosts()
  costs.reported = stored.reported === null ? null : toPico(stored.reported)
  const usage = restoreUsage(stored.tokens, stored.details)
  setCosts(table, { provider, model, time, tier, usage }, costs)
  const whole = (amount: Pico | null): bigint | null => (amount === null ? null : BigInt(amount))
  const filled = (value: string): string | null => (value === '' ? null : value)
  return {
    costComputed: whole(costs.computed),
    costPrompt: whole(costs.prompt),
    costOther: whole(costs.other),
    costCacheSaved: whole(costs.cacheSaved),
    priceSource: filled(costs.source),
    priceRule: filled(costs.rule),
    priceVersion: filled(costs.version),
  }
}

function fits(amount: Pico): boolean {
  return typeof amount === 'number' || (amount <= MOST_PICO && amount >= -MOST_PICO)
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function setUsage(usage: Usage | null, costs: RowCosts): void {
  costs.inputTokens = usage?.input ?? -1
  costs.outputTokens = usage?.output ?? -1
  costs.cacheReadTokens = usage?.cacheRead ?? -1
  costs.cacheWriteTokens = usage?.cacheWrite ?? -1
  costs.reasoningTokens = usage?.reasoning ?? -1
  costs.details = usage === null ? null : usageDetails(usage)
  costs.usageRule = usage === null ? '' : usageRule(usage.counted)
}
