import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import {
  type ConditionalPrice,
  findProvider,
  type MatchLogic,
  type ModelInfo,
  type ModelPrice,
  type Provider,
} from '@pydantic/genai-prices'
import { parseDecimal } from './money.ts'
import { NO_OVERRIDES, type OverrideModel, type Overrides } from './price-override.ts'
import {
  compilePlan,
  isCountedUnit,
  type PriceList,
  type PricePlan,
  readPrice,
  scaleTokenPrices,
  type TieredPrice,
} from './price-plan.ts'

/**
 * Which prices apply to a model of a provider: the user's overrides first, then the data bundled with
 * the price package (its arithmetic is not used: it is floating point). Nothing is fetched.
 *
 * A price belongs to a platform: the same model costs differently on another one, so a provider that
 * is named but not known leaves the call unpriced. Without a provider, the package's rules say whose
 * model it is. Within a provider an exact id goes before patterns, patterns in the package's order.
 */

/** A price list and when it counts. */
export interface DatedPlan {
  /** Epoch µs from which it counts; −Infinity for always. */
  readonly from: number
  /** Epoch µs before which it counts; Infinity for ever. */
  readonly to: number
  /** Seconds of the UTC day between which it counts, past midnight when they descend; null for all day. */
  readonly daily: { readonly start: number; readonly end: number } | null
  readonly plan: PricePlan
  /** What the plan was made from, in dollars by unit. */
  readonly list: PriceList
}

/** Prices of one model. */
export interface ModelPrices {
  readonly source: 'package' | 'override'
  /** Where in its source: provider and id of the package, or the key of the override. */
  readonly entry: string
  /** Why it is this entry: `exact_id`, `pattern`, or the override's own key. */
  readonly matched: 'exact_id' | 'pattern' | 'override'
  readonly version: string
  /** By service tier, `standard` being the usual one: the first plan of the list that counts applies. */
  readonly tiers: ReadonlyMap<string, readonly DatedPlan[]>
}

export type PriceMatch = ModelPrices | 'unknown_provider' | 'unknown_model' | 'unusable_price'

export interface PriceTable {
  /** Names every price source that has a say: changes whenever any price may have. */
  readonly version: string
  /** Finds the prices of a model; memoised. `provider` null when it was not reported. */
  find(provider: string | null, model: string): PriceMatch
}

/**
 * Names of platforms that the package does not know, or would take for another one by its patterns
 * (`azure.ai.openai` contains `openai`).
 */
const PROVIDER_ALIASES: Readonly<Record<string, string | undefined>> = {
  'azure.ai.openai': 'azure',
  'azure.ai.inference': 'azure',
  'azure-openai': 'azure',
  azure_openai: 'azure',
  azure_ai: 'azure',
  azure_text: 'azure',
  'aws.bedrock': 'aws',
  'gcp.gen_ai': 'google',
  'gcp.gemini': 'google',
  'gcp.vertex_ai': 'google',
  vertex_ai: 'google',
  x_ai: 'x-ai',
  moonshot_ai: 'moonshotai',
  mistral_ai: 'mistral',
  fireworks_ai: 'fireworks',
  together_ai: 'together',
}

/**
 * Service tiers whose price the provider publishes as a share of the usual one, for all its models;
 * searches cost the same. Only where the provider itself serves the model.
 */
const TIER_SHARES: readonly {
  readonly provider: string
  readonly tier: string
  readonly share: string
  readonly since: string
  readonly source: string
}[] = [
  {
    provider: 'anthropic',
    tier: 'batch',
    share: '0.5',
    since: '2024-10-08',
    source: 'https://docs.anthropic.com/en/docs/build-with-claude/batch-processing#pricing',
  },
]

/** So many (provider, model) pairs are remembered, at most twice that for a short time. */
const REMEMBERED = 4096

export interface PriceTableOptions {
  readonly overrides?: Overrides
  /** How many matches to remember. Default 4096. */
  readonly remembered?: number
}

/**
 * Makes a price table. The memory of matches has two generations: when the young one is full it becomes
 * the old one, and what is asked for again moves back; so it is bounded, and what is in use stays.
 */
export function createPriceTable(options: PriceTableOptions = {}): PriceTable {
  const overrides = options.overrides ?? NO_OVERRIDES
  const limit = Math.max(1, options.remembered ?? REMEMBERED)
  const packageVersion = `genai-prices@${installedVersion()}`
  const overrideIndex = indexOverrides(overrides)
  const compiled = new Map<string, ModelPrices | 'unusable_price'>()
  let young = new Map<string, Map<string, PriceMatch>>()
  let old = young
  let youngSize = 0

  function search(provider: string | null, model: string): PriceMatch {
    const name = provider === null || provider === '' ? null : provider.toLowerCase().trim()
    const id = model.toLowerCase().trim()
    const override = overrideFor(overrideIndex, name, id)
    if (override !== null) return overridePrices(override, overrides.version)

    const located = locate(name, id)
    if (located === null) return name === null ? 'unknown_model' : 'unknown_provider'
    const listed = findModel(located.provider, located.model)
    if (listed === null) return 'unknown_model'
    const { info, owner } = listed
    const key = JSON.stringify([located.provider.id, owner, info.id, listed.isExact])
    const known = compiled.get(key)
    if (known !== undefined) return known
    const prices = compileModel(listed, packageVersion, located.provider.id === owner)
    compiled.set(key, prices)
    return prices
  }

  function remember(provider: string, model: string, match: PriceMatch): void {
    if (youngSize >= limit) {
      old = young
      young = new Map()
      youngSize = 0
    }
    const models = young.get(provider) ?? new Map<string, PriceMatch>()
    young.set(provider, models)
    models.set(model, match)
    youngSize++
  }

  return {
    version:
      overrides.models.length === 0 ? packageVersion : `${overrides.version}+${packageVersion}`,
    find(provider, model) {
      const key = provider ?? ''
      const recent = young.get(key)?.get(model)
      if (recent !== undefined) return recent
      const match = old.get(key)?.get(model) ?? search(provider, model)
      remember(key, model, match)
      return match
    },
  }
}

/** Providers of the package: it finds one by name, but does not list them. */
const PROVIDER_IDS: readonly string[] = [
  'anthropic',
  'arcee',
  'avian',
  'aws',
  'azure',
  'baseten',
  'cerebras',
  'cloudflare',
  'cohere',
  'cursor',
  'deepseek',
  'doubleword',
  'fireworks',
  'github-copilot',
  'google',
  'groq',
  'huggingface_cerebras',
  'huggingface_fireworks-ai',
  'huggingface_groq',
  'huggingface_hyperbolic',
  'huggingface_nebius',
  'huggingface_novita',
  'huggingface_nscale',
  'huggingface_ovhcloud',
  'huggingface_publicai',
  'huggingface_sambanova',
  'huggingface_together',
  'minimax',
  'mistral',
  'modal',
  'moonshotai',
  'novita',
  'openai',
  'openrouter',
  'ovhcloud',
  'perplexity',
  'quicksilverpro',
  'together',
  'typesafe',
  'voyageai',
  'x-ai',
  'zai',
  'zhipuai',
]

/** Every provider and model id of the package, in its order. */
export function packageModels(): { readonly provider: string; readonly model: string }[] {
  return PROVIDER_IDS.flatMap((id) => {
    const provider = findProvider({ providerId: id })
    return provider?.id === id
      ? provider.models.map((info) => ({ provider: id, model: info.id }))
      : []
  })
}

/** Price lists by service tier of one model of data in the package's form; null when it cannot be used. */
export function compileListed(
  owner: string,
  info: ModelInfo,
): ReadonlyMap<string, readonly DatedPlan[]> | null {
  const compiled = compileModel({ owner, info, isExact: true }, '', true)
  return compiled === 'unusable_price' ? null : compiled.tiers
}

/** Version of the price package that is installed. */
function installedVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@pydantic/genai-prices')
  const manifest: unknown = JSON.parse(
    readFileSync(path.join(path.dirname(entry), '..', 'package.json'), 'utf8'),
  )
  const version = (manifest as { version?: unknown }).version
  if (typeof version !== 'string') throw new Error('The price package has no version')
  return version
}

function providerNamed(name: string): Provider | null {
  const id = Object.hasOwn(PROVIDER_ALIASES, name) ? (PROVIDER_ALIASES[name] ?? name) : name
  return findProvider({ providerId: id }) ?? null
}

/** The provider whose list applies, and the model's id in it. */
function locate(
  name: string | null,
  model: string,
): { readonly provider: Provider; readonly model: string } | null {
  if (name !== null && name !== 'litellm') {
    const provider = providerNamed(name)
    return provider === null ? null : { provider, model }
  }
  // `openai/gpt-4o` names its provider, if that is exactly one of the package's.
  const slash = model.indexOf('/')
  if (slash > 0) {
    const prefix = model.slice(0, slash)
    const provider = providerNamed(prefix)
    if (provider !== null && (provider.id === prefix || Object.hasOwn(PROVIDER_ALIASES, prefix))) {
      return { provider, model: model.slice(slash + 1) }
    }
  }
  const provider = findProvider({ modelId: model })
  return provider === undefined ? null : { provider, model }
}

/** The package knows some models by dates with dashes only: `-20250929` becomes `-2025-09-29`. */
const COMPACT_DATE = /-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g

function findModel(provider: Provider, model: string): ListedModel | null {
  const dashed = model.replace(COMPACT_DATE, '-$1-$2-$3')
  return searchModels(provider, model) ?? (dashed === model ? null : searchModels(provider, dashed))
}

/** A model and the provider in whose list it was found, which may be a fallback of the one asked for. */
interface ListedModel {
  readonly owner: string
  readonly info: ModelInfo
  readonly isExact: boolean
}

function searchModels(provider: Provider, model: string): ListedModel | null {
  const exact = provider.models.find((info) => info.id.toLowerCase() === model)
  const found = exact ?? provider.models.find((info) => matches(info.match, model))
  if (found !== undefined) {
    return { owner: provider.id, info: found, isExact: exact !== undefined }
  }
  for (const id of provider.fallback_model_providers ?? []) {
    const fallback = findProvider({ providerId: id })
    const listed = fallback === undefined ? null : searchModels(fallback, model)
    if (listed !== null) return listed
  }
  return null
}

/** `text` is in lower case. Regular expressions see it as the package shows it to them. */
function matches(logic: MatchLogic, text: string): boolean {
  if ('or' in logic) return logic.or.some((each) => matches(each, text))
  if ('and' in logic) return logic.and.every((each) => matches(each, text))
  if ('equals' in logic) return text === logic.equals.toLowerCase()
  if ('starts_with' in logic) return text.startsWith(logic.starts_with.toLowerCase())
  if ('ends_with' in logic) return text.endsWith(logic.ends_with.toLowerCase())
  if ('contains' in logic) return text.includes(logic.contains.toLowerCase())
  return new RegExp(logic.regex).test(text)
}

function compileModel(
  { owner, info, isExact }: ListedModel,
  version: string,
  isOwn: boolean,
): ModelPrices | 'unusable_price' {
  const lists: readonly ConditionalPrice[] = Array.isArray(info.prices)
    ? info.prices
    : [{ prices: info.prices }]
  const entry = `${owner}/${info.id}`
  const plans: DatedPlan[] = []
  const shares = TIER_SHARES.filter(({ provider }) => isOwn && provider === owner)
  const tiers = new Map<string, DatedPlan[]>([['standard', plans]])
  // The package takes the last one whose condition holds, and the first when none does.
  const [first, ...rest] = lists
  for (const list of [
    ...rest.reverse(),
    ...(first === undefined ? [] : [{ prices: first.prices }]),
  ]) {
    const dated = compileDated(entry, list)
    if (dated === null) return 'unusable_price'
    plans.push(dated)
    for (const { tier, share, since } of shares) {
      const scaled = scaleTokenPrices(dated.list, parseDecimal(share) ?? { digits: 1n, scale: 0 })
      const rule = `${dated.plan.tiers[0]?.rule ?? entry}#${tier}`
      const from = Math.max(dated.from, Date.parse(since) * 1000)
      const plan = { ...dated, from, plan: compilePlan(scaled, rule), list: scaled }
      tiers.set(tier, [...(tiers.get(tier) ?? []), plan])
    }
  }
  return {
    source: 'package',
    entry,
    matched: isExact ? 'exact_id' : 'pattern',
    version,
    tiers,
  }
}

const ALWAYS = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY } as const

function compileDated(rule: string, { constraint, prices }: ConditionalPrice): DatedPlan | null {
  const list = readList(prices)
  if (list === null) return null
  if (constraint === undefined) {
    return { ...ALWAYS, daily: null, plan: compilePlan(list, rule), list }
  }
  // Published data says which constraint it is by its fields alone.
  if ('start_date' in constraint) {
    const plan = compilePlan(list, `${rule}@${constraint.start_date}`)
    const from = Date.parse(constraint.start_date) * 1000
    return Number.isNaN(from) ? null : { ...ALWAYS, from, daily: null, plan, list }
  }
  const start = secondOfDay(constraint.start_time)
  const end = secondOfDay(constraint.end_time)
  const plan = compilePlan(list, `${rule}@${constraint.start_time}`)
  if (start === null || end === null) return null
  return { ...ALWAYS, daily: { start, end }, plan, list }
}

function readList(prices: ModelPrice): Map<string, TieredPrice> | null {
  const list = new Map<string, TieredPrice>()
  for (const [unit, value] of Object.entries(prices)) {
    // Hours of audio whichever way: transcription hears them.
    const isHeard = unit === 'audio_hours' && prices['input_audio_hours'] === undefined
    const name = isHeard ? 'input_audio_hours' : unit
    if (value === undefined || !isCountedUnit(name)) continue
    const price = readPrice(value)
    if (price === null) return null
    list.set(name, price)
  }
  return list
}

/** `16:30:00Z` or `16:30:00+08:00` as a second of the UTC day. */
function secondOfDay(text: string): number | null {
  const time = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text)
  if (time === null) return null
  const [, hour, minute, second, sign, zoneHour = '0', zoneMinute = '0'] = time
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60 * (sign === '-' ? -1 : 1)
  const at = Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset
  return ((at % 86_400) + 86_400) % 86_400
}

type OverrideIndex = ReadonlyMap<string, readonly OverrideModel[]>

function indexOverrides(overrides: Overrides): OverrideIndex {
  const index = new Map<string, OverrideModel[]>()
  for (const model of overrides.models) {
    index.set(model.model, [...(index.get(model.model) ?? []), model])
  }
  return index
}

/** The platform a provider's name stands for, so that `vertex_ai` and `google` are one. */
function platformOf(name: string): string {
  return providerNamed(name)?.id ?? name
}

/**
 * An override for the model on this provider, else one for the model wherever it runs. The very name
 * goes first; a platform that several names stand for (`gemini` and `vertex_ai` are both Google, at
 * different prices) is taken only when one of them has the model.
 */
function overrideFor(index: OverrideIndex, name: string | null, id: string): OverrideModel | null {
  const slash = id.indexOf('/')
  const prefixed = slash > 0 ? (index.get(id.slice(slash + 1)) ?? []) : []
  const candidates = [
    ...(index.get(id) ?? []),
    ...prefixed.filter((each) => each.provider === id.slice(0, slash)),
  ]
  if (candidates.length === 0) return null
  const anywhere = candidates.find((each) => each.provider === null) ?? null
  if (name === null) return candidates.length === 1 ? (candidates[0] ?? null) : anywhere
  const named = candidates.find(({ provider }) => provider === name)
  if (named !== undefined) return named
  const platform = platformOf(name)
  const own = candidates.filter(
    ({ provider }) => provider !== null && platformOf(provider) === platform,
  )
  return own.length === 1 ? (own[0] ?? null) : anywhere
}

function overridePrices(override: OverrideModel, version: string): ModelPrices {
  const tiers = overrideTiers(override)
  return { source: 'override', entry: override.key, matched: 'override', version, tiers }
}

/** Prices of an override by service tier. A version ends with the next one, also in tiers that only the older has. */
export function overrideTiers({
  versions,
}: OverrideModel): ReadonlyMap<string, readonly DatedPlan[]> {
  const tiers = new Map<string, DatedPlan[]>()
  let to = Number.POSITIVE_INFINITY
  for (const { from, plans } of versions) {
    for (const [tier, { plan, list }] of plans) {
      tiers.set(tier, [...(tiers.get(tier) ?? []), { from, to, daily: null, plan, list }])
    }
    to = from
  }
  return tiers
}
