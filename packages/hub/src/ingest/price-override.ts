import { createHash } from 'node:crypto'
import {
  LOOKS_LIKE_PRICE,
  PRICE_KEYS,
  type PriceKey,
  SEARCH_KEY,
  SEARCH_SIZES,
  UNCOUNTED_KEYS,
} from './litellm-keys.ts'
import { type Decimal, parseDecimal } from './money.ts'
import { compilePlan, type PriceList, type PricePlan, type TieredPrice } from './price-plan.ts'

/**
 * The user's own prices, in the shape of LiteLLM's `model_prices_and_context_window.json`: an object by
 * model id (`gpt-4o`, `azure/gpt-4o`), each an entry of dollars for one of something, or a list of such
 * entries with `valid_from` (ISO 8601, UTC where no zone is given), of which the latest that has begun
 * counts; one that lies ahead is a change that is scheduled.
 *
 * A suffix says for which requests a price is: `_above_200k_tokens` (the whole request, once input
 * exceeds it), then `_batches`, `_flex` or `_priority` (service tier). A service tier inherits nothing:
 * what an entry does not price for it is unpriced. `tiered_pricing` has graduated prices: only the tokens
 * within a range cost its price.
 */
export interface OverrideModel {
  /** The key in the file. */
  readonly key: string
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
  readonly plans: ReadonlyMap<string, OverridePlan>
}

export interface OverridePlan {
  readonly plan: PricePlan
  readonly list: PriceList
}

/** Something in a file of overrides; `path` is a JSON pointer to it. */
export interface OverrideIssue {
  readonly path: string
  readonly message: string
}

export interface Overrides {
  readonly models: readonly OverrideModel[]
  /** Changes with any price. */
  readonly version: string
  /** Entries that are wrong and were left out. */
  readonly issues: readonly OverrideIssue[]
  /** What has no effect: entries without a price, prices of what is not counted. */
  readonly notes: readonly OverrideIssue[]
}

/** What a list cannot do without. */
const NEEDED: ReadonlySet<string> = new Set(['input_mtok', 'output_mtok'])

const SUFFIX = /^(.+?)(?:_above_(\d+)k_tokens)?(?:_(batches|flex|priority))?$/
const TIER_NAMES: Readonly<Record<string, string | undefined>> = { batches: 'batch' }
const DATE = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?$/

export const NO_OVERRIDES: Overrides = {
  models: [],
  version: 'overrides@none',
  issues: [],
  notes: [],
}

type Fields = Readonly<Record<string, unknown>>

/** Where an entry is, and where to say what is wrong with it. */
interface Entry {
  readonly key: string
  readonly path: string
  readonly issues: OverrideIssue[]
  readonly notes: OverrideIssue[]
}

/** A part of a JSON pointer. */
function pointerPart(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Reads overrides; what cannot be used is left out and named, never guessed. */
export function parseOverrides(json: unknown): Overrides {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    const message = 'price overrides are an object by model id'
    return { ...NO_OVERRIDES, issues: [{ path: '', message }] }
  }
  const issues: OverrideIssue[] = []
  const notes: OverrideIssue[] = []
  const models: OverrideModel[] = []
  for (const [key, value] of Object.entries(json)) {
    if (key === 'sample_spec') continue
    if (typeof value === 'string') {
      notes.push({ path: pointerPart(key), message: 'is text, not a model, and has no effect' })
      continue
    }
    const read = readModel({ key, path: pointerPart(key), issues, notes }, value)
    if (read !== null) models.push(read)
  }
  const isEmpty = Object.keys(json).length === 0
  return { models, version: isEmpty ? NO_OVERRIDES.version : versionOf(json), issues, notes }
}

/** Names the content of overrides. */
function versionOf(json: unknown): string {
  return `overrides@${createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 12)}`
}

function readModel(entry: Entry, value: unknown): OverrideModel | null {
  const isList = Array.isArray(value)
  const entries: readonly unknown[] = isList ? value : [value]
  const versions: OverrideVersion[] = []
  let provider: string | null = null
  for (const [i, each] of entries.entries()) {
    const path = isList ? `${entry.path}/${i}` : entry.path
    if (typeof each !== 'object' || each === null || Array.isArray(each)) {
      entry.issues.push({ path, message: 'is not an object of prices' })
      return null
    }
    const fields = each as Fields
    const named = fields['litellm_provider']
    if (typeof named === 'string') provider = named.toLowerCase()
    const version = readVersion({ ...entry, path }, fields)
    if (version === null) return null
    if (versions.some((other) => other.from === version.from)) {
      entry.issues.push({ path, message: 'starts at the same time as another entry of the list' })
      return null
    }
    versions.push(version)
  }
  if (versions.length === 0) {
    entry.issues.push({ path: entry.path, message: 'is a list without an entry' })
    return null
  }
  const id = entry.key.toLowerCase()
  const slash = id.indexOf('/')
  // `azure/gpt-4o` of provider azure is gpt-4o; `openai/gpt-oss-120b` of provider groq keeps its slash.
  const isPrefixed = slash > 0 && (provider === null || provider === id.slice(0, slash))
  return {
    key: entry.key,
    model: isPrefixed ? id.slice(slash + 1) : id,
    provider: isPrefixed ? id.slice(0, slash) : provider,
    versions: versions.sort((a, b) => b.from - a.from),
  }
}

function readVersion(entry: Entry, fields: Fields): OverrideVersion | null {
  const since = fields['valid_from']
  let from = Number.NEGATIVE_INFINITY
  if (since !== undefined) {
    from = typeof since === 'string' ? microsOf(since) : Number.NaN
    if (Number.isNaN(from)) {
      const message = 'is neither a date such as 2026-01-31 nor a time such as 2026-01-31T12:00:00Z'
      entry.issues.push({ path: `${entry.path}/valid_from`, message })
      return null
    }
  }
  const lists = readLists(entry, fields)
  if (lists === null) return null
  if (lists.size === 0) {
    entry.notes.push({ path: entry.path, message: 'has no price of anything that is counted' })
    return null
  }
  const plans = new Map<string, OverridePlan>()
  for (const [tier, list] of lists) {
    const name = typeof since === 'string' ? `${entry.key}@${since}` : entry.key
    const rule = tier === 'standard' ? name : `${name}#${tier}`
    plans.set(tier, { plan: compilePlan(list, rule, 'instead'), list })
  }
  return { from, plans }
}

function microsOf(text: string): number {
  if (!DATE.test(text)) return Number.NaN
  const hasZone = !text.includes('T') || /(Z|[+-]\d{2}:\d{2})$/.test(text)
  return Date.parse(hasZone ? text : `${text}Z`) * 1000
}

interface Collected {
  base: Decimal | null
  isWeak: boolean
  readonly tiers: { start: number; price: Decimal }[]
}

/** Price lists by service tier; null when something in them is wrong. */
function readLists(entry: Entry, fields: Fields): Map<string, Map<string, TieredPrice>> | null {
  const collected = new Map<string, Map<string, Collected>>()
  const mode = typeof fields['mode'] === 'string' ? fields['mode'] : ''
  for (const [field, value] of Object.entries(fields)) {
    if (value === null || field === 'tiered_pricing' || field === SEARCH_KEY) continue
    const path = `${entry.path}${pointerPart(field)}`
    const [, base = '', above, suffix] = SUFFIX.exec(field) ?? []
    const key = keyOf(base, mode)
    if (key === null) {
      if (!sayUnused(entry, path, field, value)) return null
      continue
    }
    const price = readPriceOfOne(value, key.times)
    if (price === null) {
      entry.issues.push({ path, message: 'is not a price: dollars as a number of 0 or more' })
      return null
    }
    const tier = suffix === undefined ? 'standard' : (TIER_NAMES[suffix] ?? suffix)
    collect(collected, tier, key, above === undefined ? null : Number(above) * 1000, price)
  }
  const lists = finishLists(entry, collected)
  if (lists === null) return null
  if (!readSearches(entry, fields[SEARCH_KEY], lists)) return null
  if (!readGraduated(entry, fields['tiered_pricing'], lists)) return null
  return lists
}

function keyOf(field: string, mode: string): PriceKey | null {
  const readings = Object.hasOwn(PRICE_KEYS, field) ? PRICE_KEYS[field] : undefined
  return readings?.find(({ modes }) => modes === undefined || modes.includes(mode)) ?? null
}

/** False when an unused field is likely a slip. */
function sayUnused(entry: Entry, path: string, field: string, value: unknown): boolean {
  if (!LOOKS_LIKE_PRICE.test(field) || value === 0) return true
  if (Object.hasOwn(PRICE_KEYS, field) || UNCOUNTED_KEYS.some((pattern) => pattern.test(field))) {
    entry.notes.push({ path, message: 'prices what no usage record counts, and has no effect' })
    return true
  }
  if (typeof value !== 'number') {
    entry.notes.push({ path, message: 'is not a price field that is known, and has no effect' })
    return true
  }
  entry.issues.push({ path, message: 'is not a price field that is known' })
  return false
}

function collect(
  collected: Map<string, Map<string, Collected>>,
  tier: string,
  key: PriceKey,
  start: number | null,
  price: Decimal,
): void {
  const list = collected.get(tier) ?? new Map<string, Collected>()
  collected.set(tier, list)
  const known = list.get(key.unit)
  const isWeak = key.weak === true
  // Zero in a field that is only another name for a price says nothing.
  if (isWeak && (price.digits === 0n || (known !== undefined && !known.isWeak))) return
  const unit =
    known === undefined || (known.isWeak && !isWeak) ? { base: null, isWeak, tiers: [] } : known
  list.set(key.unit, unit)
  if (start === null) unit.base = price
  else unit.tiers.push({ start, price })
}

function finishLists(
  entry: Entry,
  collected: ReadonlyMap<string, ReadonlyMap<string, Collected>>,
): Map<string, Map<string, TieredPrice>> | null {
  const lists = new Map<string, Map<string, TieredPrice>>()
  for (const [tier, list] of collected) {
    const read = new Map<string, TieredPrice>()
    for (const [unit, { base, tiers }] of list) {
      if (base === null) {
        const message = `has a price above a size, but none below it (${unit}, ${tier})`
        if (NEEDED.has(unit)) {
          entry.issues.push({ path: entry.path, message })
          return null
        }
        // Without a price of its own it costs what it is part of, as everywhere.
        entry.notes.push({ path: entry.path, message })
        continue
      }
      read.set(unit, { base, tiers: tiers.sort((a, b) => a.start - b.start) })
    }
    if (read.size > 0) lists.set(tier, read)
  }
  return lists
}

/** Searches are part of the usual tier; providers charge them alike in the others. */
function readSearches(
  entry: Entry,
  value: unknown,
  lists: Map<string, Map<string, TieredPrice>>,
): boolean {
  if (value === undefined || value === null) return true
  const path = `${entry.path}/${SEARCH_KEY}`
  const sizes = typeof value === 'object' ? (value as Fields) : {}
  const size = SEARCH_SIZES.find((each) => sizes[each] !== undefined)
  const price = size === undefined ? null : readPriceOfOne(sizes[size], 1000n)
  if (price === null) {
    entry.issues.push({ path, message: 'is an object of prices by search_context_size_…' })
    return false
  }
  if (lists.size === 0) lists.set('standard', new Map())
  for (const list of lists.values()) list.set('web_searches_kcount', { base: price, tiers: [] })
  return true
}

/** `tiered_pricing`: `[{ range: [0, 256000], input_cost_per_token, … }, …]`, ascending without gaps. */
function readGraduated(
  entry: Entry,
  value: unknown,
  lists: Map<string, Map<string, TieredPrice>>,
): boolean {
  if (value === undefined || value === null) return true
  const path = `${entry.path}/tiered_pricing`
  const wrong = (at: string, message: string): false => {
    entry.issues.push({ path: at, message })
    return false
  }
  const isByResults = (step: unknown): boolean =>
    typeof step === 'object' && step !== null && 'max_results_range' in step
  if (Array.isArray(value) && value.some(isByResults)) {
    entry.notes.push({ path, message: 'prices searches by their results, which are not counted' })
    return true
  }
  if (!Array.isArray(value) || value.length === 0) return wrong(path, 'is not a list of ranges')
  const steps = new Map<string, { start: number; price: Decimal }[]>()
  let end = 0
  for (const [i, step] of (value as readonly unknown[]).entries()) {
    const at = `${path}/${i}`
    const fields = typeof step === 'object' && step !== null ? (step as Fields) : {}
    const { range } = fields
    const [start, stop] = Array.isArray(range) ? (range as readonly unknown[]) : []
    if (typeof start !== 'number' || !(typeof stop === 'number' || stop === null)) {
      return wrong(`${at}/range`, 'is not a range of tokens such as [0, 256000]')
    }
    if (start !== end)
      return wrong(`${at}/range`, `has to begin at ${end}, where the last one ends`)
    if (stop !== null && stop <= start) return wrong(`${at}/range`, 'ends before it begins')
    end = stop ?? Number.POSITIVE_INFINITY
    for (const [field, price] of Object.entries(fields)) {
      if (field === 'range') continue
      const key = keyOf(field, '')
      const read = key === null ? null : readPriceOfOne(price, key.times)
      if (key === null || read === null) {
        return wrong(`${at}${pointerPart(field)}`, 'is not a price that a range can have')
      }
      const list = steps.get(key.unit) ?? []
      if (list.length < i) return wrong(at, `has ${field}, which the ranges below it lack`)
      steps.set(key.unit, [...list, { start, price: read }])
    }
  }
  const standard = lists.get('standard') ?? new Map<string, TieredPrice>()
  lists.set('standard', standard)
  for (const [unit, [first, ...tiers]] of steps) {
    if (tiers.length < value.length - 1) {
      return wrong(path, `has a price of ${unit} that the ranges above it lack`)
    }
    if (first !== undefined) standard.set(unit, { base: first.price, tiers, graduated: true })
  }
  return true
}

/** Dollars for one to dollars for `times`. */
function readPriceOfOne(value: unknown, times: bigint): Decimal | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const one = parseDecimal(value)
  if (one === null || one.digits < 0n) return null
  return reduced(one.digits * times, one.scale)
}

function reduced(digits: bigint, scale: number): Decimal {
  let [rest, places] = [digits, scale]
  while (places > 0 && rest % 10n === 0n) {
    rest /= 10n
    places--
  }
  return { digits: rest, scale: places }
}
