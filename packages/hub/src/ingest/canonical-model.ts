import type { PriceTable } from './price-table.ts'

/** What a rule appends to the id of a model: its tier, the date or time of day it counts from, the size of request. */
const RULE_SUFFIX = /(?:#[^@>]*)?(?:@(?:\d{4}-\d{2}-\d{2}|\d{2}:\d{2}[^>]*))?(?:>\d+)?$/

/**
 * The id under which the price table lists a model, `provider/model`: the same for an alias, a dated
 * snapshot and their display name where they have one price list. Null for a model it does not know.
 */
export function canonicalModel(
  table: PriceTable,
  provider: string | null,
  model: string,
): string | null {
  for (const name of new Set([model, slugOf(model)])) {
    const found = table.find(provider, name)
    if (typeof found === 'string') continue
    const [plans = []] = found.tiers.values()
    const rule = plans[0]?.plan.tiers[0]?.rule
    if (rule !== undefined) return rule.replace(RULE_SUFFIX, '')
  }
  return null
}

/** `Claude Sonnet 4.5` → `claude-sonnet-4-5`, as consoles name models. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .trim()
    .replaceAll(/[\s._]+/g, '-')
}
