import { KINDS, type KindSpec, type ValidEvent } from '@llmhub/schema'
import type { RowCosts } from './fill-row.ts'
import { type Pico, parseUsd } from './money.ts'
import type { PriceRow } from './prepare.ts'
import { priceCall } from './price.ts'
import type { PriceTable } from './price-table.ts'
import { normalizeUsage } from './usage.ts'

/** Places of the fields that usage and cost are made of; -1 where the kind has none. */
interface CostFields {
  readonly provider: number
  readonly model: number
  readonly usage: number
  readonly reported: number
  readonly tier: number
  /** Whether a call of this kind is priced from its usage. */
  readonly priced: boolean
}

/** Kinds whose usage is the cost of a call. Others carry tokens that are priced where the call is reported. */
const PRICED_KINDS: ReadonlySet<string> = new Set(['llm_request', 'token_cost'])

function fieldsOf(kind: KindSpec): CostFields {
  const at = (name: string): number => kind.fields.findIndex((spec) => spec.name === name)
  return {
    provider: at('provider'),
    model: at('model_id'),
    usage: kind.fields.findIndex((spec) => spec.type === 'usage'),
    reported: at('cost_usd'),
    tier: at('service_tier'),
    priced: PRICED_KINDS.has(kind.kind),
  }
}

function textOf(event: ValidEvent, index: number): string | null {
  const value = index < 0 ? undefined : event.fields[index]
  return typeof value === 'string' ? value : null
}

/**
 * Usage and cost of one event: normalised tokens, the computed cost of calls, the cost that the
 * sender reported, and where the cost comes from. `cost_total` is the computed cost, else the reported
 * one; a call with neither is unpriced (`price_source` none), never free.
 */
export function createPriceRow(table: PriceTable): PriceRow {
  const places: ReadonlyMap<string, CostFields> = new Map(
    KINDS.map((kind: KindSpec) => [kind.kind, fieldsOf(kind)]),
  )

  return function priceRow(event, receiver, costs) {
    const at = places.get(event.kind.kind)
    clear(costs)
    if (at === undefined) return
    const usage = at.usage < 0 ? null : normalizeUsage(event.fields[at.usage], receiver)
    if (usage !== null) {
      costs.inputTokens = usage.input ?? -1
      costs.outputTokens = usage.output ?? -1
      costs.cacheReadTokens = usage.cacheRead ?? -1
      costs.cacheWriteTokens = usage.cacheWrite ?? -1
      costs.reasoningTokens = usage.reasoning ?? -1
    }
    const sent = at.reported < 0 ? undefined : event.fields[at.reported]
    if (typeof sent === 'number' || typeof sent === 'string') costs.reported = parseUsd(sent)
    if (at.priced) {
      const outcome = priceCall(table, {
        provider: textOf(event, at.provider),
        model: textOf(event, at.model),
        time: event.time,
        usage,
        tier: textOf(event, at.tier),
      })
      if ('total' in outcome && fits(outcome.total)) {
        costs.computed = outcome.total
        costs.prompt = outcome.prompt
        costs.completion = outcome.completion
        costs.other = outcome.other
        costs.source = outcome.source
        costs.rule = outcome.rule
        costs.version = outcome.version
        return
      }
      costs.source = costs.reported === null ? 'none' : 'reported'
      costs.rule = 'unpriced' in outcome ? outcome.unpriced : 'out_of_range'
      return
    }
    if (costs.reported !== null) costs.source = 'reported'
  }
}

/** Greatest amount that a column holds: 64-bit pico-dollars, about $9.2 million. */
const MOST_PICO = 9_223_372_036_854_775_807n

function fits(amount: Pico): boolean {
  return typeof amount === 'number' || (amount <= MOST_PICO && amount >= -MOST_PICO)
}

function clear(costs: RowCosts): void {
  costs.inputTokens = -1
  costs.outputTokens = -1
  costs.cacheReadTokens = -1
  costs.cacheWriteTokens = -1
  costs.reasoningTokens = -1
  costs.reported = null
  costs.computed = null
  costs.prompt = null
  costs.completion = null
  costs.other = null
  costs.source = ''
  costs.rule = ''
  costs.version = ''
}
