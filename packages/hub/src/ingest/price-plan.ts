import { addPico, type Decimal, divideHalfEven, type Pico, parseDecimal, toPico } from './money.ts'
import type { Quantities, Usage } from './usage.ts'

/**
 * A price list of one model, compiled so that pricing a call is a few multiplications.
 *
 * A list prices units; a unit may be part of another (cache reads are part of input). Each token is
 * charged once, at the price of the most specific unit it belongs to: what remains of a unit after its
 * priced parts are taken out is its leaf. A leaf is a sum of usage counts with coefficients that are
 * worked out here, once.
 *
 * Prices are kept as whole numbers of pico-dollars · 10^−scale per token, so that a component is
 * summed exactly and rounded once, half to even.
 */

/** The three components of a cost. */
export type Component = 'prompt' | 'completion' | 'other'

type TokenCount = Exclude<keyof Usage, 'counted' | 'quantities'>
type CountName = TokenCount | keyof Quantities

interface Unit {
  readonly name: string
  readonly component: Component
  /** What is counted; null for a unit of which every call is one. */
  readonly count: CountName | null
  /** Names of all units this one is part of. */
  readonly within: readonly string[]
  /** A price is for 10^per of them; for hours, counted in milliseconds, for 36 · 10^per. */
  readonly per: number
  readonly hours?: true
  /** Counted by something else than tokens: seconds, images, … */
  readonly quantity?: true
}

function tokens(
  name: string,
  component: Component,
  count: CountName,
  within: readonly string[],
): Unit {
  return { name, component, count, within, per: 6 }
}

function quantity(name: string, component: Component, count: keyof Quantities, per: number): Unit {
  return { name, component, count, within: [], per, quantity: true }
}

function hours(name: string, component: Component, count: keyof Quantities): Unit {
  return { name, component, count, within: [], per: 5, hours: true, quantity: true }
}

/** Units that can be counted from a usage record, by the price package's names. */
const UNITS: readonly Unit[] = [
  tokens('input_mtok', 'prompt', 'input', []),
  tokens('cache_read_mtok', 'prompt', 'cacheRead', ['input_mtok']),
  tokens('cache_write_mtok', 'prompt', 'cacheWrite', ['input_mtok']),
  tokens('cache_write_5m_mtok', 'prompt', 'cacheWrite5m', ['input_mtok', 'cache_write_mtok']),
  tokens('cache_write_1h_mtok', 'prompt', 'cacheWrite1h', ['input_mtok', 'cache_write_mtok']),
  tokens('input_audio_mtok', 'prompt', 'inputAudio', ['input_mtok']),
  tokens('input_image_mtok', 'prompt', 'inputImage', ['input_mtok']),
  tokens('input_video_mtok', 'prompt', 'inputVideo', ['input_mtok']),
  tokens('cache_audio_read_mtok', 'prompt', 'cacheReadAudio', [
    'input_mtok',
    'cache_read_mtok',
    'input_audio_mtok',
  ]),
  tokens('cache_image_read_mtok', 'prompt', 'cacheReadImage', [
    'input_mtok',
    'cache_read_mtok',
    'input_image_mtok',
  ]),
  tokens('cache_video_read_mtok', 'prompt', 'cacheReadVideo', [
    'input_mtok',
    'cache_read_mtok',
    'input_video_mtok',
  ]),
  tokens('output_mtok', 'completion', 'output', []),
  tokens('output_reasoning_mtok', 'completion', 'reasoning', ['output_mtok']),
  tokens('output_audio_mtok', 'completion', 'outputAudio', ['output_mtok']),
  tokens('output_image_mtok', 'completion', 'outputImage', ['output_mtok']),
  tokens('output_video_mtok', 'completion', 'outputVideo', ['output_mtok']),
  hours('input_audio_hours', 'prompt', 'inputAudioMs'),
  hours('input_video_hours', 'prompt', 'inputVideoMs'),
  hours('output_audio_hours', 'completion', 'outputAudioMs'),
  hours('output_video_hours', 'completion', 'outputVideoMs'),
  quantity('input_kimages', 'prompt', 'inputImages', 3),
  quantity('output_kimages', 'completion', 'outputImages', 3),
  quantity('input_mchars', 'prompt', 'inputCharacters', 6),
  quantity('output_mchars', 'completion', 'outputCharacters', 6),
  quantity('input_document_kpages', 'prompt', 'inputPages', 3),
  {
    name: 'web_searches_kcount',
    component: 'other',
    count: 'webSearches',
    within: [],
    per: 3,
  },
  quantity('rerank_searches_kcount', 'other', 'searchUnits', 3),
  quantity('storage_searches_kcount', 'other', 'fileSearches', 3),
  quantity('code_executions_kcount', 'other', 'codeExecutions', 3),
  { name: 'requests_kcount', component: 'other', count: null, within: [], per: 3 },
]

const UNIT_BY_NAME: ReadonlyMap<string, Unit> = new Map(UNITS.map((unit) => [unit.name, unit]))

/**
 * A price that may depend on size. By default on that of the request: once its input exceeds a tier's
 * start, all of it costs the tier's price. When `graduated`, only what exceeds the start does, counted in
 * the unit itself: the tokens that are charged as this unit climb its steps from 0.
 */
export interface TieredPrice {
  readonly base: Decimal
  /** Ascending by start. */
  readonly tiers: readonly { readonly start: number; readonly price: Decimal }[]
  readonly graduated?: true
}

/** Prices in dollars by unit name, as the price package writes them. */
export type PriceList = ReadonlyMap<string, TieredPrice>

interface CompiledUnit {
  /** Whole number; see `CompiledComponent.scale`. Rounded when the component `needsBigint`. */
  readonly rate: number
  readonly exactRate: bigint
  /** The leaf: Σ factors[i] · usage[counts[i]]; a null count is 1. */
  readonly counts: readonly (CountName | null)[]
  readonly factors: readonly number[]
  readonly isQuantity: boolean
  /** Steps of a graduated price above the first: what exceeds `start` costs `rate` instead. */
  readonly steps: readonly { readonly start: number; readonly exactRate: bigint }[]
}

interface CompiledComponent {
  readonly units: readonly CompiledUnit[]
  /** Rates are pico-dollars times `denominator` · 10^scale. */
  readonly scale: number
  /** 36 where something is priced by the hour and counted in milliseconds, else 1. */
  readonly denominator: 1 | 36
  /** Some rate is not a safe integer: prices with the noise of a division, such as 2.9999900000000002e-06. */
  readonly needsBigint: boolean
}

/** The prices of requests with more than `above` input tokens. */
interface CompiledTier {
  readonly above: number
  readonly prompt: CompiledComponent
  readonly completion: CompiledComponent
  readonly other: CompiledComponent
  /** Names the list and the tier. */
  readonly rule: string
}

export interface PricePlan {
  /** Ascending by `above`; the first one is for every request. */
  readonly tiers: readonly CompiledTier[]
  readonly pricesInput: boolean
  readonly pricesOutput: boolean
  readonly quantities: QuantityPrices
}

/**
 * What prices of images, seconds and characters are beside prices of tokens: `added`, or another way to
 * charge the same, taken only for a side (input, output) of which no tokens are charged.
 */
export type QuantityPrices = 'added' | 'instead'

/**
 * Compiles a price list; no price is negative. Units that cannot be counted from a usage record
 * (sessions, pixels) are left out.
 */
export function compilePlan(
  list: PriceList,
  rule: string,
  quantities: QuantityPrices = 'added',
): PricePlan {
  const priced = UNITS.filter((unit) => list.has(unit.name))
  const starts = new Set<number>()
  for (const unit of priced)
    if (list.get(unit.name)?.graduated !== true) {
      for (const tier of list.get(unit.name)?.tiers ?? []) starts.add(tier.start)
    }
  const tiers: CompiledTier[] = []
  for (const above of [-1, ...[...starts].sort((a, b) => a - b)]) {
    const compiled = (component: Component) => compileComponent(priced, component, list, above)
    tiers.push({
      above,
      prompt: compiled('prompt'),
      completion: compiled('completion'),
      other: compiled('other'),
      rule: above < 0 ? rule : `${rule}>${above}`,
    })
  }
  return {
    tiers,
    pricesInput: list.has('input_mtok'),
    pricesOutput: list.has('output_mtok'),
    quantities,
  }
}

function compileComponent(
  priced: readonly Unit[],
  component: Component,
  list: PriceList,
  above: number,
): CompiledComponent {
  const units = priced.filter((unit) => unit.component === component)
  const denominator = units.some((unit) => unit.hours === true) ? 36 : 1
  /** Dollars for 10^per become pico-dollars for one, times what the hours need. */
  const rateOf = (unit: Unit, price: Decimal): Decimal => ({
    digits: unit.hours === true ? price.digits : price.digits * BigInt(denominator),
    scale: price.scale + unit.per - 12,
  })
  const rates = units.map((unit) => rateOf(unit, priceAbove(list.get(unit.name), above)))
  const steps = units.map((unit) => {
    const price = list.get(unit.name)
    return price?.graduated === true
      ? price.tiers.map((tier) => ({ start: tier.start, rate: rateOf(unit, tier.price) }))
      : []
  })
  const scale = Math.max(
    0,
    ...rates.map((rate) => rate.scale),
    ...steps.flat().map((step) => step.rate.scale),
  )
  const scaled = (rate: Decimal): bigint => rate.digits * 10n ** BigInt(scale - rate.scale)
  const compiled: CompiledUnit[] = []
  for (const [i, unit] of units.entries()) {
    const rate = scaled(rates[i] ?? { digits: 0n, scale: 0 })
    const leaf = leafOf(unit, units)
    compiled.push({
      rate: Number(rate),
      exactRate: rate,
      counts: [...leaf.keys()].map((each) => each.count),
      factors: [...leaf.values()],
      isQuantity: unit.quantity === true,
      steps: (steps[i] ?? []).map((step) => ({ start: step.start, exactRate: scaled(step.rate) })),
    })
  }
  const needsBigint = compiled.some(
    (unit) => !Number.isSafeInteger(unit.rate) || unit.steps.length > 0,
  )
  return { units: compiled, scale, denominator, needsBigint }
}

function priceAbove(price: TieredPrice | undefined, above: number): Decimal {
  let found = price?.base ?? { digits: 0n, scale: 0 }
  if (price?.graduated === true) return found
  for (const tier of price?.tiers ?? []) if (tier.start <= above) found = tier.price
  return found
}

/** Coefficients of a unit's leaf: itself, less the leaves of the priced units within it. */
function leafOf(unit: Unit, priced: readonly Unit[]): Map<Unit, number> {
  const leaf = new Map<Unit, number>([[unit, 1]])
  for (const part of priced) {
    if (!part.within.includes(unit.name)) continue
    for (const [each, factor] of leafOf(part, priced)) {
      leaf.set(each, (leaf.get(each) ?? 0) - factor)
    }
  }
  for (const [each, factor] of leaf) if (factor === 0) leaf.delete(each)
  return leaf
}

/** Which of a component's units are charged. */
type Charged = 'all' | 'tokens' | 'quantities'

/** Cost of a component, or null when the usage contradicts itself: parts that exceed their whole. */
function costOf(component: CompiledComponent, usage: Usage, charged: Charged): Pico | null {
  let sum = 0
  for (const unit of component.units) {
    if (charged !== 'all' && unit.isQuantity !== (charged === 'quantities')) continue
    const leaf = leafCount(unit, usage)
    if (leaf < 0) return null
    sum += leaf * unit.rate
  }
  // Products and sums of whole numbers are exact as long as the result is safe.
  if (component.needsBigint || component.denominator !== 1 || sum > Number.MAX_SAFE_INTEGER) {
    return exactCostOf(component, usage, charged)
  }
  if (component.scale === 0) return sum
  return toPico(divideHalfEven(BigInt(sum), component.scale))
}

function leafCount(unit: CompiledUnit, usage: Usage): number {
  let leaf = 0
  for (let i = 0; i < unit.counts.length; i++) {
    const name = unit.counts[i] ?? null
    leaf += (unit.factors[i] ?? 0) * countOf(name, unit.isQuantity, usage)
  }
  return leaf
}

function countOf(name: CountName | null, isQuantity: boolean, usage: Usage): number {
  if (name === null) return 1
  if (isQuantity) return usage.quantities?.[name as keyof Quantities] ?? 0
  return usage[name as TokenCount] ?? 0
}

function exactCostOf(component: CompiledComponent, usage: Usage, charged: Charged): Pico {
  let sum = 0n
  for (const unit of component.units) {
    if (charged !== 'all' && unit.isQuantity !== (charged === 'quantities')) continue
    const leaf = leafCount(unit, usage)
    sum += BigInt(leaf) * unit.exactRate
    let before = unit.exactRate
    for (const { start, exactRate } of unit.steps) {
      if (leaf > start) sum += BigInt(leaf - start) * (exactRate - before)
      before = exactRate
    }
  }
  return toPico(divideHalfEven(sum, component.scale, component.denominator))
}

export type PlannedCost =
  | {
      readonly prompt: Pico
      readonly completion: Pico
      readonly other: Pico
      readonly total: Pico
      /** Cost without cache less `total`; negative where writes cost more than reads saved. */
      readonly cacheSaved: Pico
      readonly rule: string
    }
  | 'not_priced_by_token'
  | 'usage_contradicts_itself'

/**
 * Cost of a usage record. Input or output that the list has no price for is not free, but unpriced; so
 * is a call of which nothing that was counted has a price.
 */
export function applyPlan(plan: PricePlan, usage: Usage): PlannedCost {
  const input = usage.input ?? 0
  const output = usage.output ?? 0
  const first = plan.tiers[0]
  if (first === undefined) return 'not_priced_by_token'
  const chargesInput = input > 0 && plan.pricesInput
  const chargesOutput = output > 0 && plan.pricesOutput
  if (input > 0 && !chargesInput && !hasQuantity(first.prompt, usage)) return 'not_priced_by_token'
  if (output > 0 && !chargesOutput && !hasQuantity(first.completion, usage)) {
    return 'not_priced_by_token'
  }
  if (usage.input === null && usage.output === null && !isCounted(first, usage)) {
    return 'not_priced_by_token'
  }
  let tier = first
  for (let i = 1; i < plan.tiers.length; i++) {
    const next = plan.tiers[i]
    if (next !== undefined && input > next.above) tier = next
  }
  const instead = plan.quantities === 'instead'
  const inPrompt = instead ? eitherOf(chargesInput) : 'all'
  const prompt = costOf(tier.prompt, usage, inPrompt)
  const completion = costOf(tier.completion, usage, instead ? eitherOf(chargesOutput) : 'all')
  const other = costOf(tier.other, usage, 'all')
  if (prompt === null || completion === null || other === null) return 'usage_contradicts_itself'
  const total = addPico(addPico(prompt, completion), other)
  const cacheSaved = cacheSavedOf(tier.prompt, prompt, usage, inPrompt)
  return { prompt, completion, other, total, cacheSaved, rule: tier.rule }
}

/**
 * What caching saved: the input priced once more as if all of it were plain input. Counts of cache
 * reads and writes are parts of the input, so that leaving them out leaves its size, and thereby the
 * tier, as they are. An input that contradicts itself without them saved nothing that is known.
 */
function cacheSavedOf(
  component: CompiledComponent,
  prompt: Pico,
  usage: Usage,
  charged: Charged,
): Pico {
  if ((usage.cacheRead ?? 0) === 0 && (usage.cacheWrite ?? 0) === 0) return 0
  const plain = costOf(component, { ...usage, ...NO_CACHE }, charged)
  return plain === null ? 0 : addPico(plain, -prompt)
}

const NO_CACHE = {
  cacheRead: null,
  cacheWrite: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  cacheReadAudio: null,
  cacheReadImage: null,
  cacheReadVideo: null,
} as const satisfies Partial<Usage>
function eitherOf(chargesTokens: boolean): Charged {
  return chargesTokens ? 'tokens' : 'quantities'
}

function hasQuantity(component: CompiledComponent, usage: Usage): boolean {
  if (usage.quantities === null) return false
  return component.units.some((unit) => unit.isQuantity && leafCount(unit, usage) > 0)
}

/** Whether anything beside tokens was counted that the list prices, or every call has a price. */
function isCounted(tier: CompiledTier, usage: Usage): boolean {
  return (
    hasQuantity(tier.prompt, usage) ||
    hasQuantity(tier.completion, usage) ||
    tier.other.units.some((unit) => leafCount(unit, usage) > 0)
  )
}

/** Reads one price: dollars, or `{ base, tiers: [{ start, price }] }`. Null when it is neither. */
export function readPrice(value: unknown): TieredPrice | null {
  if (typeof value === 'number' || typeof value === 'string') {
    const base = readDollars(value)
    return base === null ? null : { base, tiers: [] }
  }
  if (typeof value !== 'object' || value === null) return null
  const { base, tiers } = value as { base?: unknown; tiers?: unknown }
  const basePrice = readDollars(base)
  if (basePrice === null || !Array.isArray(tiers)) return null
  const read: { start: number; price: Decimal }[] = []
  for (const tier of tiers as readonly { start?: unknown; price?: unknown }[]) {
    const price = readDollars(tier.price)
    if (price === null || typeof tier.start !== 'number') return null
    read.push({ start: tier.start, price })
  }
  return { base: basePrice, tiers: read.sort((a, b) => a.start - b.start) }
}

function readDollars(value: unknown): Decimal | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null
  const decimal = parseDecimal(value)
  return decimal === null || decimal.digits < 0n ? null : decimal
}

/** True for a unit that can be counted from a usage record. */
export function isCountedUnit(name: string): boolean {
  return UNIT_BY_NAME.has(name)
}

/** The list with the prices of tokens multiplied by `factor`; searches, images and the like stay. */
export function scaleTokenPrices(list: PriceList, factor: Decimal): PriceList {
  const scale = (price: Decimal): Decimal => ({
    digits: price.digits * factor.digits,
    scale: price.scale + factor.scale,
  })
  return new Map(
    [...list].map(([name, price]) => [
      name,
      name.endsWith('_mtok')
        ? {
            ...price,
            base: scale(price.base),
            tiers: price.tiers.map((tier) => ({ start: tier.start, price: scale(tier.price) })),
          }
        : price,
    ]),
  )
}
