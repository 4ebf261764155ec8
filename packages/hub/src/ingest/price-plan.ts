import { addPico, type Decimal, divideHalfEven, type Pico, parseDecimal, toPico } from './money.ts'
import type { Usage } from './usage.ts'

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

type CountName = Exclude<keyof Usage, 'counted'>

interface Unit {
  readonly name: string
  readonly component: Component
  /** What is counted; null for a unit of which every call is one. */
  readonly count: CountName | null
  /** Names of all units this one is part of. */
  readonly within: readonly string[]
  /** A price is for 10^per of them. */
  readonly per: number
}

function tokens(
  name: string,
  component: Component,
  count: CountName,
  within: readonly string[],
): Unit {
  return { name, component, count, within, per: 6 }
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
  {
    name: 'web_searches_kcount',
    component: 'other',
    count: 'webSearches',
    within: [],
    per: 3,
  },
  { name: 'requests_kcount', component: 'other', count: null, within: [], per: 3 },
]

const UNIT_BY_NAME: ReadonlyMap<string, Unit> = new Map(UNITS.map((unit) => [unit.name, unit]))

/** A price that may depend on the size of the request: above a tier's start the whole request costs its price. */
export interface TieredPrice {
  readonly base: Decimal
  readonly tiers: readonly { readonly start: number; readonly price: Decimal }[]
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
}

interface CompiledComponent {
  readonly units: readonly CompiledUnit[]
  /** Rates are pico-dollars times 10^scale. */
  readonly scale: number
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
}

/**
 * Compiles a price list; no price is negative. Units that cannot be counted from a usage record (hours
 * of audio, pages) are left out.
 */
export function compilePlan(list: PriceList, rule: string): PricePlan {
  const priced = UNITS.filter((unit) => list.has(unit.name))
  const starts = new Set<number>()
  for (const unit of priced)
    for (const tier of list.get(unit.name)?.tiers ?? []) starts.add(tier.start)
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
  }
}

function compileComponent(
  priced: readonly Unit[],
  component: Component,
  list: PriceList,
  above: number,
): CompiledComponent {
  const units = priced.filter((unit) => unit.component === component)
  const rates = units.map((unit) => {
    const { digits, scale } = priceAbove(list.get(unit.name), above)
    // Dollars for 10^per become pico-dollars for one.
    return { digits, scale: scale + unit.per - 12 }
  })
  const scale = Math.max(0, ...rates.map((rate) => rate.scale))
  const compiled: CompiledUnit[] = []
  for (const [i, unit] of units.entries()) {
    const { digits, scale: own } = rates[i] ?? { digits: 0n, scale: 0 }
    const rate = digits * 10n ** BigInt(scale - own)
    const leaf = leafOf(unit, units)
    compiled.push({
      rate: Number(rate),
      exactRate: rate,
      counts: [...leaf.keys()].map((each) => each.count),
      factors: [...leaf.values()],
    })
  }
  const needsBigint = compiled.some((unit) => !Number.isSafeInteger(unit.rate))
  return { units: compiled, scale, needsBigint }
}

function priceAbove(price: TieredPrice | undefined, above: number): Decimal {
  let found = price?.base ?? { digits: 0n, scale: 0 }
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

/** Cost of a component, or null when the usage contradicts itself: parts that exceed their whole. */
function costOf(component: CompiledComponent, usage: Usage): Pico | null {
  let sum = 0
  for (const unit of component.units) {
    const leaf = leafCount(unit, usage)
    if (leaf < 0) return null
    sum += leaf * unit.rate
  }
  // Products and sums of whole numbers are exact as long as the result is safe.
  if (component.needsBigint || sum > Number.MAX_SAFE_INTEGER) return largeCostOf(component, usage)
  if (component.scale === 0) return sum
  return toPico(divideHalfEven(BigInt(sum), component.scale))
}

function leafCount(unit: CompiledUnit, usage: Usage): number {
  let leaf = 0
  for (let i = 0; i < unit.counts.length; i++) {
    const name = unit.counts[i] ?? null
    leaf += (unit.factors[i] ?? 0) * (name === null ? 1 : (usage[name] ?? 0))
  }
  return leaf
}

function largeCostOf(component: CompiledComponent, usage: Usage): Pico {
  let sum = 0n
  for (const unit of component.units) sum += BigInt(leafCount(unit, usage)) * unit.exactRate
  return toPico(divideHalfEven(sum, component.scale))
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

/** Cost of a usage record. Input or output that the list has no price for is not free, but unpriced. */
export function applyPlan(plan: PricePlan, usage: Usage): PlannedCost {
  const input = usage.input ?? 0
  if ((input > 0 && !plan.pricesInput) || ((usage.output ?? 0) > 0 && !plan.pricesOutput)) {
    return 'not_priced_by_token'
  }
  let tier = plan.tiers[0]
  for (let i = 1; i < plan.tiers.length; i++) {
    const next = plan.tiers[i]
    if (next !== undefined && input > next.above) tier = next
  }
  if (tier === undefined) return 'not_priced_by_token'
  const prompt = costOf(tier.prompt, usage)
  const completion = costOf(tier.completion, usage)
  const other = costOf(tier.other, usage)
  if (prompt === null || completion === null || other === null) return 'usage_contradicts_itself'
  const total = addPico(addPico(prompt, completion), other)
  const cacheSaved = cacheSavedOf(tier.prompt, prompt, usage)
  return { prompt, completion, other, total, cacheSaved, rule: tier.rule }
}

/**
 * What caching saved: the input priced once more as if all of it were plain input. Counts of cache
 * reads and writes are parts of the input, so that leaving them out leaves its size, and thereby the
 * tier, as they are. An input that contradicts itself without them saved nothing that is known.
 */
function cacheSavedOf(component: CompiledComponent, prompt: Pico, usage: Usage): Pico {
  if ((usage.cacheRead ?? 0) === 0 && (usage.cacheWrite ?? 0) === 0) return 0
  const plain = costOf(component, { ...usage, ...NO_CACHE })
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
