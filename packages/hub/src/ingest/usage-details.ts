import type { TokenColumns } from '../core/stored-call.ts'
import { normalizeUsage, type Quantities, type Usage, type UsageCounted } from './usage.ts'
import type { Counting, Quantity, UsageShape } from './usage-shapes.ts'
import { QUANTITY_ALIASES, TIER_FIELDS, USAGE_ALIASES, USAGE_SHAPES } from './usage-shapes.ts'

/**
 * What a row keeps of a usage record beyond its columns of tokens, so that it can be priced again as if
 * it had just come in: the counts without a column as compact JSON by the hub's own names, and the rule
 * by which the usage was read.
 */

/** Counts that have no column of their own. */
const DETAIL_PARTS = [
  'cacheWrite5m',
  'cacheWrite1h',
  'inputAudio',
  'inputImage',
  'inputVideo',
  'cacheReadAudio',
  'cacheReadImage',
  'cacheReadVideo',
  'outputAudio',
  'outputImage',
  'outputVideo',
  'webSearches',
] as const

const COLUMN_PARTS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const

type DetailPart = (typeof DETAIL_PARTS)[number]

const QUANTITIES = Object.keys(QUANTITY_ALIASES) as readonly Quantity[]

/** The counts without a column as JSON, or null when all are 0 or unknown: for prices that is the same. */
export function usageDetails(usage: Usage): string | null {
  let found = usage.quantities !== null
  for (let i = 0; i < DETAIL_PARTS.length && !found; i++) {
    const part = DETAIL_PARTS[i]
    found = part !== undefined && (usage[part] ?? 0) > 0
  }
  if (!found) return null
  const details: Record<string, number> = {}
  for (const part of DETAIL_PARTS) {
    const count = usage[part] ?? 0
    if (count > 0) details[USAGE_ALIASES[part][0]] = count
  }
  for (const name of QUANTITIES) {
    const amount = usage.quantities?.[name]
    if (amount !== undefined) details[QUANTITY_ALIASES[name][0][0]] = amount
  }
  return JSON.stringify(details)
}

const RESTORED: UsageCounted = {
  shape: 'row',
  cache: 'inclusive',
  reasoning: 'inclusive',
  by: 'shape',
  conflicts: 0,
}

/**
 * The usage record of a row: null when it counted nothing. It prices as the record that the row was
 * made from. Details that cannot be read are an error of whoever wrote the row.
 * @throws SyntaxError when `details` is not JSON
 */
export function restoreUsage(tokens: TokenColumns, details: string | null): Usage | null {
  const read: Readonly<Record<string, unknown>> =
    details === null ? {} : (JSON.parse(details) as Readonly<Record<string, unknown>>)
  const count = (name: string): number | null => {
    const value = read[name]
    return typeof value === 'number' ? value : null
  }
  const parts = Object.fromEntries(
    DETAIL_PARTS.map((part) => [part, count(USAGE_ALIASES[part][0])]),
  ) as Record<DetailPart, number | null>
  const quantities = Object.fromEntries(
    QUANTITIES.flatMap((name) => {
      const amount = count(QUANTITY_ALIASES[name][0][0])
      return amount === null ? [] : [[name, amount] as const]
    }),
  ) as Quantities
  const isEmpty = Object.values(tokens).every((value) => value === null) && details === null
  if (isEmpty) return null
  return {
    ...tokens,
    ...parts,
    quantities: Object.keys(quantities).length === 0 ? null : quantities,
    counted: RESTORED,
  }
}

const COUNTINGS: readonly Counting[] = ['inclusive', 'exclusive']
const DECIDED_BY = ['shape', 'receiver', 'parts_exceed_total', 'grand_total'] as const

/** Every rule, made once: a row costs a look-up. Shape, then cache, reasoning and what decided. */
const RULES: ReadonlyMap<string, readonly string[]> = new Map(
  USAGE_SHAPES.map((shape: UsageShape) => [
    shape.name,
    DECIDED_BY.flatMap((by) =>
      COUNTINGS.flatMap((reasoning) =>
        COUNTINGS.map((cache) => `${shape.name} cache=${cache} reasoning=${reasoning} by=${by}`),
      ),
    ),
  ]),
)

/** The rule by which a usage was read, such as `anthropic cache=exclusive reasoning=inclusive by=shape`. */
export function usageRule(counted: UsageCounted): string {
  const at =
    DECIDED_BY.indexOf(counted.by) * 4 +
    (counted.reasoning === 'exclusive' ? 2 : 0) +
    (counted.cache === 'exclusive' ? 1 : 0)
  return RULES.get(counted.shape)?.[at] ?? ''
}

/** The service tier that a usage object names, as it names it; null when it names none. */
export function tierOfUsage(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return null
  for (const field of TIER_FIELDS) {
    const value = (raw as Readonly<Record<string, unknown>>)[field]
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/**
 * Whether a usage object, taken in as an import, comes to exactly these counts: those of the columns
 * of tokens and of `usage_details` by the hub's own names, absent where unknown.
 */
export function countsAlike(raw: unknown, counts: Readonly<Record<string, number>>): boolean {
  const usage = normalizeUsage(raw, 'import')
  const details = usage === null ? null : usageDetails(usage)
  const found: Record<string, number> =
    details === null ? {} : (JSON.parse(details) as Record<string, number>)
  for (const part of COLUMN_PARTS) {
    const count = usage?.[part] ?? null
    if (count !== null) found[USAGE_ALIASES[part][0]] = count
  }
  const names = Object.keys(found)
  return (
    names.length === Object.keys(counts).length &&
    names.every((name) => found[name] === counts[name])
  )
}
