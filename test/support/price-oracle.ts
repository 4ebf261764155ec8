/**
 * What calls cost by a file of price overrides, in the plainest arithmetic and from the rules as the
 * guide states them. Shares no code with the hub.
 *
 * - The version counts that has begun last; a model that is not in the file has no known price.
 * - A service tier inherits nothing but searches; without a price for it the cost is not known.
 * - Cached reads and writes without a price of their own cost what they are part of.
 * - Above a size, all of a request costs the price of that size. Graduated prices climb by the tokens
 *   that are charged as that kind.
 * - Each component (input, output, the rest) is summed exactly and rounded once, half to even.
 */

/** Femto-dollars, 10⁻¹⁵, for one token; null: part of another kind. */
export interface Rates {
  readonly input: bigint
  readonly output: bigint
  readonly cacheRead: bigint | null
  /** Of writes that live 5 minutes, and of all where those of an hour have no price. */
  readonly cacheWrite: bigint | null
  readonly cacheWrite1h: bigint | null
}

export interface Step {
  readonly start: number
  readonly input: bigint
  readonly output: bigint
}

export interface PriceVersion {
  /** Epoch milliseconds; null: since ever. */
  readonly from: number | null
  readonly standard: Rates
  /** Rates of requests with more input than so many thousand tokens; has every rate that `standard` has. */
  readonly above: { readonly thousands: number; readonly rates: Rates } | null
  /** In place of input and output of `standard`; the first begins at 0. */
  readonly steps: readonly Step[] | null
  readonly batch: Pick<Rates, 'input' | 'output'> | null
  /** Femto-dollars for a search. */
  readonly search: bigint | null
}

/** By model, of provider `PROVIDER`. */
export type PriceFile = ReadonlyMap<string, readonly PriceVersion[]>

/** No package of prices knows it, so that only the overrides price its calls. */
export const PROVIDER = 'house'

export interface Usage {
  /** Cache included. */
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  /** Both lifetimes. */
  readonly cacheWrite: number
  readonly cacheWrite1h: number
  readonly searches: number
}

/** A usage object as events have it. */
export function wireUsage(usage: Usage): Readonly<Record<string, number>> {
  return {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_tokens: usage.cacheRead,
    cache_write_tokens: usage.cacheWrite,
    cache_write_1h_tokens: usage.cacheWrite1h,
    web_searches: usage.searches,
  }
}

/** Pico-dollars of a call at a time (epoch milliseconds); null when nobody knows. */
export function costOf(
  file: PriceFile,
  model: string,
  time: number,
  tier: string | null,
  usage: Usage,
): bigint | null {
  const begun = (file.get(model) ?? []).filter(({ from }) => from === null || from <= time)
  const [version] = begun.toSorted(
    (a, b) => Number(b.from ?? -Infinity) - Number(a.from ?? -Infinity),
  )
  if (version === undefined) return null
  const other = BigInt(usage.searches) * (version.search ?? 0n)
  if (tier === 'batch') {
    const { batch } = version
    if (batch === null) return null
    const input = BigInt(usage.input) * batch.input
    return pico(input) + pico(BigInt(usage.output) * batch.output) + pico(other)
  }
  if (tier !== null && tier !== 'standard') return null
  const { above, standard, steps } = version
  const isLarge = above !== null && usage.input > above.thousands * 1000
  const rates = isLarge ? above.rates : standard
  const { cacheRead: read, cacheWrite: write, cacheWrite1h: hour } = rates
  const shortWrites = usage.cacheWrite - usage.cacheWrite1h
  let plain = usage.input
  let input = 0n
  const charge = (tokens: number, rate: bigint | null): void => {
    if (rate === null) return
    plain -= tokens
    input += BigInt(tokens) * rate
  }
  charge(usage.cacheRead, read)
  charge(shortWrites, write)
  charge(usage.cacheWrite1h, hour ?? write)
  input += climb(plain, steps?.map((step) => [step.start, step.input]) ?? [[0, rates.input]])
  const output = climb(
    usage.output,
    steps?.map((step) => [step.start, step.output]) ?? [[0, rates.output]],
  )
  return pico(input) + pico(output) + pico(other)
}

function climb(tokens: number, steps: readonly (readonly [start: number, rate: bigint])[]): bigint {
  let sum = 0n
  for (const [i, [start, rate]] of steps.entries()) {
    const end = Math.min(tokens, steps[i + 1]?.[0] ?? tokens)
    if (end > start) sum += BigInt(end - start) * rate
  }
  return sum
}

/** Femto-dollars as whole pico-dollars, half to even. */
function pico(femto: bigint): bigint {
  const whole = femto / 1000n
  const rest = femto % 1000n
  return rest > 500n || (rest === 500n && whole % 2n === 1n) ? whole + 1n : whole
}

/** The file as the hub takes it. */
export function overridesOf(file: PriceFile): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...file].map(([model, versions]) => [model, versions.map(entryOf)]))
}

function entryOf(version: PriceVersion): Readonly<Record<string, unknown>> {
  const { above, batch, from, search, standard, steps } = version
  const entry: Record<string, unknown> = { litellm_provider: PROVIDER }
  if (from !== null) entry['valid_from'] = new Date(from).toISOString()
  const put = (field: string, rate: bigint | null): void => {
    if (rate !== null) entry[field] = dollars(rate)
  }
  const putAll = (rates: Rates, suffix: string): void => {
    put(`cache_read_input_token_cost${suffix}`, rates.cacheRead)
    put(`cache_creation_input_token_cost${suffix}`, rates.cacheWrite)
    put(`cache_creation_input_token_cost_above_1hr${suffix}`, rates.cacheWrite1h)
    if (steps !== null) return
    put(`input_cost_per_token${suffix}`, rates.input)
    put(`output_cost_per_token${suffix}`, rates.output)
  }
  putAll(standard, '')
  if (above !== null) putAll(above.rates, `_above_${above.thousands}k_tokens`)
  if (steps !== null) {
    entry['tiered_pricing'] = steps.map(({ start, input, output }, i) => ({
      range: [start, steps[i + 1]?.start ?? null],
      input_cost_per_token: dollars(input),
      output_cost_per_token: dollars(output),
    }))
  }
  put('input_cost_per_token_batches', batch?.input ?? null)
  put('output_cost_per_token_batches', batch?.output ?? null)
  if (search !== null) {
    entry['search_context_cost_per_query'] = { search_context_size_medium: dollars(search) }
  }
  return entry
}

function dollars(femto: bigint): number {
  return Number(`${femto}e-15`)
}
