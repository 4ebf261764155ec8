import type { KindSpec, ValidEvent } from '@llmhub/schema'
import { columnIndex, type RowCosts } from './fill-row.ts'
import { type Pico, parseUsd } from './money.ts'
import { priceCall } from './price.ts'
import type { PriceTable } from './price-table.ts'
import { normalizeUsage, type Usage } from './usage.ts'

/** Works out usage and cost of an event into `costs`, every field of it. */
export type PriceRow = (event: ValidEvent, receiver: string, costs: RowCosts) => void

/** Kinds whose tokens are priced. Others may still report tokens and a cost. */
const PRICED_KINDS: ReadonlySet<string> = new Set([
  'llm_request',
  'token_cost',
  'parameter_execution',
])

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
    isPriced: PRICED_KINDS.has(kind.kind),
    provider: columnIndex(kind, 'provider'),
    model: columnIndex(kind, 'model'),
    usage: kind.fields.findIndex((spec) => spec.type === 'usage'),
    tier: kind.fields.findIndex((spec) => spec.name === 'service_tier'),
    reported: columnIndex(kind, 'cost_reported'),
  }
}

/** Prices rows from `table`, which must not change: one version prices everything of one hub. */
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
    setUsage(usage, costs)
    costs.reported = reported === undefined ? null : parseUsd(reported as number | string)
    costs.computed = null
    costs.prompt = null
    costs.completion = null
    costs.other = null
    costs.cacheSaved = null
    costs.source = costs.reported === null ? '' : 'reported'
    costs.rule = ''
    costs.version = ''
    if (!at.isPriced) return
    const outcome = priceCall(table, {
      provider: text(fields[at.provider]),
      model: text(fields[at.model]),
      time: event.time,
      usage,
      tier: text(fields[at.tier]),
    })
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
}
