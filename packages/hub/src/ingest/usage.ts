import {
  type Counting,
  MODALITY_LISTS,
  QUANTITY_ALIASES,
  type Quantity,
  RECEIVER_COUNTING,
  USAGE_ALIASES,
  USAGE_SHAPES,
  type UsagePart,
  type UsageShape,
} from './usage-shapes.ts'

/**
 * One record of what a call used, whoever reported it.
 *
 * `input` holds cache reads and writes and every modality, `output` holds reasoning: the details say
 * how much of the total they are and are never added to it. Sources disagree on exactly that, and
 * taking one for the other is how costs come out several times too high or too low. So the way of
 * counting is decided in this order:
 *
 * 1. the shape, where its names leave no doubt (`usage-shapes.ts`), else what the receiver declares;
 * 2. against both, arithmetic: parts greater than their total are certainly not within it, and a
 *    reported grand total fits only one way of counting.
 *
 * Null means not reported, which is not 0.
 */
export interface Usage {
  readonly input: number | null
  readonly output: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly cacheWrite5m: number | null
  readonly cacheWrite1h: number | null
  readonly reasoning: number | null
  readonly inputAudio: number | null
  readonly inputImage: number | null
  readonly inputVideo: number | null
  readonly cacheReadAudio: number | null
  readonly cacheReadImage: number | null
  readonly cacheReadVideo: number | null
  readonly outputAudio: number | null
  readonly outputImage: number | null
  readonly outputVideo: number | null
  readonly webSearches: number | null
  /** What is not tokens: seconds, images, pages, …; null when none was counted. */
  readonly quantities: Quantities | null
  readonly counted: UsageCounted
}

/** Greater than 0 where present. */
export type Quantities = Readonly<Partial<Record<Quantity, number>>>

/** Which rule applied. */
export interface UsageCounted {
  readonly shape: string
  /** How the source counted cache reads and writes. */
  readonly cache: Counting
  /** How the source counted reasoning. */
  readonly reasoning: Counting
  /** What decided: its shape, the receiver's declaration, or arithmetic that contradicted those. */
  readonly by: 'shape' | 'receiver' | 'parts_exceed_total' | 'grand_total'
  /** Aliases that contradicted a name with precedence. */
  readonly conflicts: number
}

const PARTS = Object.keys(USAGE_ALIASES) as readonly UsagePart[]
const QUANTITIES = Object.keys(QUANTITY_ALIASES) as readonly Quantity[]

interface Alias {
  /** Place in `PARTS`, or after them in `QUANTITIES`. */
  readonly part: number
  /** Lower wins. */
  readonly rank: number
  /** How many of the part one of it is. */
  readonly per: number
}

type AliasTree = Map<string, Alias | AliasTree>

function compileAliases(): AliasTree {
  const root: AliasTree = new Map()
  function enter(path: string, alias: Alias): void {
    const keys = path.split('.')
    let node = root
    for (const key of keys.slice(0, -1)) {
      const next = node.get(key)
      const child: AliasTree = next instanceof Map ? next : new Map()
      node.set(key, child)
      node = child
    }
    node.set(keys.at(-1) ?? path, alias)
  }
  for (const [part, name] of PARTS.entries()) {
    for (const [rank, path] of USAGE_ALIASES[name].entries()) enter(path, { part, rank, per: 1 })
  }
  for (const [i, name] of QUANTITIES.entries()) {
    for (const [rank, [path, per]] of QUANTITY_ALIASES[name].entries()) {
      enter(path, { part: PARTS.length + i, rank, per })
    }
  }
  return root
}

const ALIASES = compileAliases()
/** Place of each part in the arrays of counts. */
const AT = Object.fromEntries(PARTS.map((part, i) => [part, i])) as Record<UsagePart, number>
const ABSENT = -1
const NOTHING: readonly number[] = PARTS.map(() => ABSENT)

/** What was found: a count for each part, or -1, and the rank of the alias that gave it. */
interface Found {
  readonly counts: number[]
  readonly ranks: number[]
  /** Made when the first quantity is found: few calls have one. */
  quantities: Map<Quantity, { readonly value: number; readonly rank: number }> | null
  conflicts: number
}

/**
 * Normalises a usage object in any known shape; null when it counts nothing. `receiver` is the name
 * the intake carries. Values that are not whole numbers from 0 to 10^15 are passed over. Never throws.
 * Cost: well below a microsecond for flat objects.
 */
export function normalizeUsage(raw: unknown, receiver: string): Usage | null {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return null
  const found: Found = {
    counts: [...NOTHING],
    ranks: [...NOTHING],
    quantities: null,
    conflicts: 0,
  }
  const usage = raw as Readonly<Record<string, unknown>>
  collect(usage, ALIASES, found)
  const shape = shapeOf(usage)
  for (const part of shape.ignore) found.counts[AT[part]] = ABSENT
  if (found.quantities === null && found.counts.every((count) => count === ABSENT)) return null
  return settle(found, shape, receiver)
}

function collect(usage: Readonly<Record<string, unknown>>, aliases: AliasTree, found: Found): void {
  for (const key in usage) {
    const value = usage[key]
    if (value === null || value === undefined) continue
    const alias = aliases.get(key)
    if (alias instanceof Map) {
      if (typeof value === 'object') {
        collect(value as Readonly<Record<string, unknown>>, alias, found)
      }
    } else if (alias !== undefined) {
      take(alias, value, found)
    } else if (Array.isArray(value) && Object.hasOwn(MODALITY_LISTS, key)) {
      collectModalities(value, MODALITY_LISTS[key] ?? {}, found)
    }
  }
}

/** Far beyond any call, and small enough that sums of all parts stay safe integers. */
const MAX_COUNT = 1e15

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MAX_COUNT && Number.isInteger(value)
}

function take(alias: Alias, value: unknown, found: Found): void {
  const { part, rank } = alias
  if (part >= PARTS.length) {
    takeQuantity(alias, value, found)
    return
  }
  if (!isCount(value)) return
  const before = found.counts[part] ?? ABSENT
  if (before !== ABSENT && before !== value) found.conflicts++
  if (before === ABSENT || rank < (found.ranks[part] ?? 0)) {
    found.counts[part] = value
    found.ranks[part] = rank
  }
}

/** Zero is the same as nothing, so that a quantity never has to be told apart from its absence. */
function takeQuantity({ part, rank, per }: Alias, value: unknown, found: Found): void {
  const name = QUANTITIES[part - PARTS.length]
  if (name === undefined || typeof value !== 'number') return
  // Durations have fractions; images and pages do not.
  const amount = per === 1 ? value : Math.round(value * per)
  if (!isCount(amount) || amount === 0) return
  found.quantities ??= new Map()
  const before = found.quantities.get(name)
  if (before !== undefined && before.value !== amount) found.conflicts++
  if (before === undefined || rank < before.rank) {
    found.quantities.set(name, { value: amount, rank })
  }
}

function collectModalities(
  list: readonly unknown[],
  partOf: Readonly<Record<string, UsagePart | undefined>>,
  found: Found,
): void {
  for (const item of list) {
    if (typeof item !== 'object' || item === null) continue
    const { modality, tokenCount } = item as { modality?: unknown; tokenCount?: unknown }
    if (typeof modality !== 'string' || !isCount(tokenCount)) continue
    const name = Object.hasOwn(partOf, modality) ? partOf[modality] : undefined
    if (name === undefined) continue
    const part = AT[name]
    found.counts[part] = Math.max(0, found.counts[part] ?? 0) + tokenCount
  }
}

/** For each key that speaks for or against shapes, which ones: bit i is USAGE_SHAPES[i]. */
function compileShapes(): ReadonlyMap<
  string,
  { readonly speaksFor: number; readonly against: number }
> {
  const shapes = new Map<string, { speaksFor: number; against: number }>()
  const of = (key: string): { speaksFor: number; against: number } => {
    const known = shapes.get(key) ?? { speaksFor: 0, against: 0 }
    shapes.set(key, known)
    return known
  }
  for (const [i, { keys, unless }] of USAGE_SHAPES.entries()) {
    for (const key of keys) of(key).speaksFor |= 1 << i
    for (const key of unless) of(key).against |= 1 << i
  }
  return shapes
}

const SHAPE_KEYS = compileShapes()

/** The first shape of which the object has a key that it needs and none that it must not have. */
function shapeOf(usage: Readonly<Record<string, unknown>>): UsageShape {
  let speaksFor = 0
  let against = 0
  for (const key in usage) {
    const bits = SHAPE_KEYS.get(key)
    if (bits === undefined || usage[key] === undefined || usage[key] === null) continue
    speaksFor |= bits.speaksFor
    against |= bits.against
  }
  const fits = speaksFor & ~against
  for (let i = 0; i < USAGE_SHAPES.length; i++) {
    const shape = USAGE_SHAPES[i]
    if (shape === undefined) break
    if (shape.keys.length === 0 || (fits & (1 << i)) !== 0) return shape
  }
  throw new Error('The last usage shape fits anything')
}

/** Decides how the source counted and makes the totals hold their parts. */
function settle(
  { counts, quantities, conflicts }: Found,
  shape: UsageShape,
  receiver: string,
): Usage {
  const count = (part: number): number => Math.max(0, counts[part] ?? 0)
  const total = counts[AT.total] ?? ABSENT
  const cacheRead = count(AT.cacheRead)
  const writes = count(AT.cacheWrite5m) + count(AT.cacheWrite1h)
  const cacheWrite = Math.max(count(AT.cacheWrite), writes)
  const cached = cacheRead + cacheWrite
  const reasoning = count(AT.reasoning)
  const bareInput = count(AT.input) + count(AT.toolInput)
  const bareOutput = count(AT.output)

  const declared = Object.hasOwn(RECEIVER_COUNTING, receiver)
    ? RECEIVER_COUNTING[receiver]
    : undefined
  // Only the hub's own names, which anyone may fill in either way, are up to the receiver.
  const byReceiver = shape.name === 'hub' && declared !== undefined
  let by: UsageCounted['by'] = byReceiver ? 'receiver' : 'shape'
  let cache = byReceiver ? declared : shape.cache
  let reasoned = shape.reasoning

  if (total !== ABSENT && cached + reasoning > 0) {
    const sumFits = (cacheIs: Counting, reasoningIs: Counting): boolean =>
      bareInput +
        (cacheIs === 'exclusive' ? cached : 0) +
        bareOutput +
        (reasoningIs === 'exclusive' ? reasoning : 0) ===
      total
    if (!sumFits(cache, reasoned)) {
      // Of a part that is zero both ways are the same, so they are not told apart.
      const fitting = COUNTINGS.filter(
        ([c, r]) =>
          sumFits(c, r) && (cached > 0 || c === cache) && (reasoning > 0 || r === reasoned),
      )
      const only = fitting.length === 1 ? fitting[0] : undefined
      if (only !== undefined) {
        by = 'grand_total'
        cache = only[0]
        reasoned = only[1]
      }
    }
  }
  if (cache === 'inclusive' && cached > bareInput) {
    by = 'parts_exceed_total'
    cache = 'exclusive'
  }
  if (reasoned === 'inclusive' && reasoning > bareOutput) {
    by = 'parts_exceed_total'
    reasoned = 'exclusive'
  }

  const hasInput =
    (counts[AT.input] ?? ABSENT) !== ABSENT ||
    (counts[AT.toolInput] ?? ABSENT) !== ABSENT ||
    cached > 0
  const hasOutput = (counts[AT.output] ?? ABSENT) !== ABSENT || reasoning > 0
  const hasWrite = (counts[AT.cacheWrite] ?? ABSENT) !== ABSENT || writes > 0
  return {
    input: hasInput ? bareInput + (cache === 'exclusive' ? cached : 0) : null,
    output: hasOutput ? bareOutput + (reasoned === 'exclusive' ? reasoning : 0) : null,
    cacheRead: orNull(counts[AT.cacheRead]),
    cacheWrite: hasWrite ? cacheWrite : null,
    cacheWrite5m: orNull(counts[AT.cacheWrite5m]),
    cacheWrite1h: orNull(counts[AT.cacheWrite1h]),
    reasoning: orNull(counts[AT.reasoning]),
    inputAudio: orNull(counts[AT.inputAudio]),
    inputImage: orNull(counts[AT.inputImage]),
    inputVideo: orNull(counts[AT.inputVideo]),
    cacheReadAudio: orNull(counts[AT.cacheReadAudio]),
    cacheReadImage: orNull(counts[AT.cacheReadImage]),
    cacheReadVideo: orNull(counts[AT.cacheReadVideo]),
    outputAudio: orNull(counts[AT.outputAudio]),
    outputImage: orNull(counts[AT.outputImage]),
    outputVideo: orNull(counts[AT.outputVideo]),
    webSearches: orNull(counts[AT.webSearches]),
    quantities:
      quantities === null
        ? null
        : Object.fromEntries([...quantities].map(([name, { value }]) => [name, value])),
    counted: { shape: shape.name, cache, reasoning: reasoned, by, conflicts },
  }
}

const COUNTINGS: readonly (readonly [cache: Counting, reasoning: Counting])[] = [
  ['inclusive', 'inclusive'],
  ['exclusive', 'inclusive'],
  ['inclusive', 'exclusive'],
  ['exclusive', 'exclusive'],
]

function orNull(count: number | undefined): number | null {
  return count === undefined || count === ABSENT ? null : count
}
