import { createHash } from 'node:crypto'
import { type Decimal, parseDecimal } from './money.ts'
import { compilePlan, type PricePlan, type TieredPrice } from './price-plan.ts'

/**
 * The user's own prices, in the shape of LiteLLM's `model_prices_and_context_window.json`: an object by
 * model id (`gpt-4o`, `azure/gpt-4o`), each an entry of dollars per token, or a list of such entries
 * with `valid_from` (an ISO date, UTC), of which the latest that has begun counts.
 *
 * A suffix says for which requests a price is: `_above_200k_tokens` (the whole request, once input
 * exceeds it), then `_batches`, `_flex` or `_priority` (service tier). A service tier inherits nothing:
 * what an entry does not price for it is unpriced.
 */
export interface OverrideModel {
  /** Model id in lower case, without a leading `provider/`. */
  readonly model: string
  /** `litellm_provider`, else what stood before the slash; null when neither: any provider. */
  readonly provider: string | null
  /** Latest first; those without `valid_from` last. */
  readonly versions: readonly OverrideVersion[]
}

export interface OverrideVersion {
  /** Epoch µs from which it counts. */
  readonly from: number
  /** By service tier; `standard` for the usual one. */
  readonly plans: ReadonlyMap<string, PricePlan>
}

export interface Overrides {
  readonly models: readonly OverrideModel[]
  /** Changes with any price. */
  readonly version: string
  /** Entries that were left out, and why. */
  readonly issues: readonly string[]
}

/** LiteLLM's key without suffixes → the unit of the price package. Dollars for one. */
const KEYS: Readonly<Record<string, string | undefined>> = {
  input_cost_per_token: 'input_mtok',
  output_cost_per_token: 'output_mtok',
  output_cost_per_reasoning_token: 'output_reasoning_mtok',
  cache_read_input_token_cost: 'cache_read_mtok',
  input_cost_per_token_cache_hit: 'cache_read_mtok',
  cache_creation_input_token_cost: 'cache_write_mtok',
  cache_creation_input_token_cost_above_1hr: 'cache_write_1h_mtok',
  input_cost_per_audio_token: 'input_audio_mtok',
  output_cost_per_audio_token: 'output_audio_mtok',
  cache_read_input_audio_token_cost: 'cache_audio_read_mtok',
  input_cost_per_image_token: 'input_image_mtok',
  output_cost_per_image_token: 'output_image_mtok',
  output_cost_per_video_token: 'output_video_mtok',
  input_cost_per_request: 'requests_kcount',
}

/** What a list cannot do without. */
const NEEDED: ReadonlySet<string> = new Set(['input_mtok', 'output_mtok'])

const SUFFIX = /^(.+?)(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$/
const TIER_NAMES: Readonly<Record<string, string | undefined>> = { batches: 'batch' }
const DATE = /^\d{4}-\d{2}-\d{2}$/

export const NO_OVERRIDES: Overrides = { models: [], version: 'overrides@none', issues: [] }

/** Reads overrides; what cannot be used is left out and named, never guessed. */
export function parseOverrides(json: unknown): Overrides {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { ...NO_OVERRIDES, issues: ['Price overrides are an object by model id'] }
  }
  const issues: string[] = []
  const models: OverrideModel[] = []
  for (const [key, value] of Object.entries(json)) {
    if (key === 'sample_spec') continue
    const read = readModel(key, value, issues)
    if (read !== null) models.push(read)
  }
  const hash = createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 12)
  return { models, version: `overrides@${hash}`, issues }
}

function readModel(key: string, value: unknown, issues: string[]): OverrideModel | null {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value]
  const versions: OverrideVersion[] = []
  let provider: string | null = null
  for (const entry of entries) {
    if (typeof entry !== 'object' || entry === null) {
      issues.push(`${key}: not an object`)
      return null
    }
    const fields = entry as Readonly<Record<string, unknown>>
    const named = fields['litellm_provider']
    if (typeof named === 'string') provider = named.toLowerCase()
    const version = readVersion(key, fields, issues)
    if (version === null) return null
    versions.push(version)
  }
  const id = key.toLowerCase()
  const slash = id.indexOf('/')
  // `azure/gpt-4o` of provider azure is gpt-4o; `openai/gpt-oss-120b` of provider groq keeps its slash.
  const isPrefixed = slash > 0 && (provider === null || provider === id.slice(0, slash))
  return {
    model: isPrefixed ? id.slice(slash + 1) : id,
    provider: isPrefixed ? id.slice(0, slash) : provider,
    versions: versions.sort((a, b) => b.from - a.from),
  }
}

function readVersion(
  key: string,
  fields: Readonly<Record<string, unknown>>,
  issues: string[],
): OverrideVersion | null {
  const since = fields['valid_from']
  let from = Number.NEGATIVE_INFINITY
  if (since !== undefined) {
    const millis = typeof since === 'string' && DATE.test(since) ? Date.parse(since) : Number.NaN
    if (Number.isNaN(millis)) {
      issues.push(`${key}: valid_from is not a date such as 2026-01-31`)
      return null
    }
    from = millis * 1000
  }
  if (fields['tiered_pricing'] !== undefined) {
    issues.push(`${key}: graduated tiers (tiered_pricing) are not supported`)
    return null
  }
  const lists = readLists(key, fields, issues)
  if (lists === null) return null
  const plans = new Map<string, PricePlan>()
  for (const [tier, list] of lists) {
    const name = typeof since === 'string' ? `${key}@${since}` : key
    plans.set(tier, compilePlan(list, tier === 'standard' ? name : `${name}#${tier}`))
  }
  if (plans.size === 0) {
    issues.push(`${key}: no price per token`)
    return null
  }
  return { from, plans }
}

interface Collected {
  base: Decimal | null
  readonly tiers: { start: number; price: Decimal }[]
}

/** Price lists by service tier. */
function readLists(
  key: string,
  fields: Readonly<Record<string, unknown>>,
  issues: string[],
): Map<string, Map<string, TieredPrice>> | null {
  const collected = new Map<string, Map<string, Collected>>()
  for (const [field, value] of Object.entries(fields)) {
    const [, base = '', above, suffix] = SUFFIX.exec(field) ?? []
    const unit = Object.hasOwn(KEYS, base) ? KEYS[base] : undefined
    if (unit === undefined || value === null) continue
    const price = readPriceOfOne(value, unit.endsWith('_kcount') ? 3 : 6)
    if (price === null) {
      issues.push(`${key}: ${field} is not a price`)
      return null
    }
    const tier = suffix === undefined ? 'standard' : (TIER_NAMES[suffix] ?? suffix)
    const list = collected.get(tier) ?? new Map<string, Collected>()
    collected.set(tier, list)
    const unitPrice = list.get(unit) ?? { base: null, tiers: [] }
    list.set(unit, unitPrice)
    if (above === undefined) unitPrice.base = price
    else unitPrice.tiers.push({ start: Number(above) * 1000, price })
  }

  const lists = new Map<string, Map<string, TieredPrice>>()
  for (const [tier, list] of collected) {
    const read = new Map<string, TieredPrice>()
    for (const [unit, { base, tiers }] of list) {
      if (base === null) {
        issues.push(`${key}: a price above a size, but none below it (${unit}, ${tier})`)
        if (NEEDED.has(unit)) return null
        // Without a price of its own it costs what it is part of, as everywhere.
        continue
      }
      read.set(unit, { base, tiers: tiers.sort((a, b) => a.start - b.start) })
    }
    lists.set(tier, read)
  }
  return lists
}

/** Dollars for one to dollars for 10^per. */
function readPriceOfOne(value: unknown, per: number): Decimal | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const one = parseDecimal(value)
  if (one === null || one.digits < 0n) return null
  const scale = one.scale - per
  return scale >= 0
    ? { digits: one.digits, scale }
    : { digits: one.digits * 10n ** BigInt(-scale), scale: 0 }
}
