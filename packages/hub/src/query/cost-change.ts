/**
 * Why a cost changed between two ranges, to the pico-dollar.
 *
 * A line is what one model on one platform cost in a way of its own (see `CostLine`). With N calls of
 * all lines that both ranges have, r of them the line's own, its cost is a sum of products:
 *
 *     prompt      N · r/N · input/r · plain/input · prompt/plain
 *                 volume mix  input_tokens price     cache
 *     completion  N · r/N · output/r · completion/output
 *                 volume mix  output_tokens price
 *     other       N · r/N · other/r
 *                 volume mix  charges
 *
 * `plain` is what the prompt would have cost without cache, so that prompt/plain is what caching left of
 * it. A cost that is only known as reported is N · r/N · input/r · c/t + N · r/N · output/r · c/t with
 * t = input + output, or N · r/N · c/r where no tokens are known.
 *
 * The change of a product is shared out among its factors by their Shapley value: what changing this
 * factor adds, averaged over every order in which the factors may change. For factors a_j before and
 * b_j after, with n of them,
 *
 *     φ_k = (b_k − a_k) · Σ_{S ⊆ others} |S|! (n − 1 − |S|)! / n! · Π_{j∈S} b_j · Π_{j∉S} a_j
 *
 * which adds up to the whole change (no residual), shares interactions evenly among the factors that
 * interact, does not depend on an order, changes sign when the ranges are exchanged, and is defined for
 * zeros, where logarithmic means are not. It is linear, so that products, lines and parts may be added
 * up. Sources: L. S. Shapley, “A Value for n-Person Games”, 1953; J. Albrecht, D. François, K. Schoors,
 * “A Shapley decomposition of carbon emissions without residuals”, Energy Policy 30 (2002) 727–736.
 *
 * - A line with calls in one of the ranges only is `new` or `gone` with its whole cost and has no part in
 *   N: it moves neither volume nor mix of the others.
 * - Costs of no call (`charge` lines) change by `charges`.
 * - A ratio that one range does not define (nothing to divide by, and nothing to divide) is taken as
 *   unchanged. Where something costs without that by which it is divided, both ratios become one, `price`.
 *
 * Arithmetic is exact, in rational numbers. At the end the parts of a line are cut to whole pico-dollars
 * towards zero, and what that leaves of its change, always less than one per part, goes in single
 * pico-dollars to the parts that lost the most in its direction, in the order of `PARTS` among equals.
 */

export const PARTS = [
  'volume',
  'mix',
  'new',
  'gone',
  'input_tokens',
  'output_tokens',
  'price',
  'cache',
  'charges',
] as const
export type Part = (typeof PARTS)[number]
/** Pico-dollars. */
export type PartAmounts = Readonly<Record<Part, bigint>>

/**
 * What one line came to in one range. `calls` of a charge is 0, tokens are those of the calls; money is in
 * pico-dollars: `prompt`, `completion` and `other` of computed costs, `reported` of all others.
 */
export interface CostLine {
  readonly calls: bigint
  readonly input: bigint
  readonly output: bigint
  readonly prompt: bigint
  /** `prompt` without cache. */
  readonly plain: bigint
  readonly completion: bigint
  readonly other: bigint
  readonly reported: bigint
}

export type CostLines = ReadonlyMap<string, CostLine>

export const NO_COST: CostLine = {
  calls: 0n,
  input: 0n,
  output: 0n,
  prompt: 0n,
  plain: 0n,
  completion: 0n,
  other: 0n,
  reported: 0n,
}

const FIELDS = Object.keys(NO_COST) as readonly (keyof CostLine)[]

/** a + sign · b, field by field. */
export function addLines(a: CostLine, b: CostLine, sign: 1n | -1n = 1n): CostLine {
  const sum: Record<keyof CostLine, bigint> = { ...a }
  for (const field of FIELDS) sum[field] += sign * b[field]
  return sum
}

export function costOfLine(line: CostLine): bigint {
  return line.prompt + line.completion + line.other + line.reported
}

export function addParts(a: PartAmounts, b: PartAmounts): PartAmounts {
  const sum = { ...a }
  for (const part of PARTS) sum[part] += b[part]
  return sum
}

export const NO_CHANGE = Object.fromEntries(PARTS.map((part) => [part, 0n])) as PartAmounts &
  Record<string, bigint>

/** A fraction; `bottom` is positive. */
interface Ratio {
  readonly top: bigint
  readonly bottom: bigint
}

/** A factor of a product: the part that its change counts to, and its value before and after. */
interface Factor {
  readonly part: Part
  readonly before: Ratio
  readonly after: Ratio
}

/**
 * The parts of the change of every line that either range has, summing to the change of its cost.
 * Cost: some microseconds per line.
 */
export function explainChange(
  before: CostLines,
  after: CostLines,
): ReadonlyMap<string, PartAmounts> {
  const keys = new Set([...before.keys(), ...after.keys()])
  let callsBefore = 0n
  let callsAfter = 0n
  for (const key of keys) {
    const [was, is] = [before.get(key) ?? NO_COST, after.get(key) ?? NO_COST]
    if (was.calls === 0n || is.calls === 0n) continue
    callsBefore += was.calls
    callsAfter += is.calls
  }
  const explained = new Map<string, PartAmounts>()
  for (const key of keys) {
    const was = before.get(key) ?? NO_COST
    const is = after.get(key) ?? NO_COST
    explained.set(key, explainLine(was, is, callsBefore, callsAfter))
  }
  return explained
}

function explainLine(
  was: CostLine,
  is: CostLine,
  callsBefore: bigint,
  callsAfter: bigint,
): PartAmounts {
  const change = costOfLine(is) - costOfLine(was)
  if (was.calls === 0n && is.calls === 0n) return { ...NO_CHANGE, charges: change }
  if (was.calls === 0n) return { ...NO_CHANGE, new: costOfLine(is), charges: -costOfLine(was) }
  if (is.calls === 0n) return { ...NO_CHANGE, gone: -costOfLine(was), charges: costOfLine(is) }
  const exact = new Map<Part, Ratio>()
  for (const factors of productsOf(was, is, callsBefore, callsAfter)) {
    for (const [part, value] of shapley(factors)) {
      exact.set(part, addRatios(exact.get(part) ?? ZERO, value))
    }
  }
  return rounded(exact, change)
}

/** The products whose sum is the cost of a line that has calls in both ranges. */
function productsOf(
  was: CostLine,
  is: CostLine,
  callsBefore: bigint,
  callsAfter: bigint,
): readonly (readonly Factor[])[] {
  const calls: readonly Factor[] = [
    factor('volume', [callsBefore, 1n], [callsAfter, 1n]),
    factor('mix', [was.calls, callsBefore], [is.calls, callsAfter]),
  ]
  const chained = (steps: readonly (readonly [Part, keyof CostLine])[]): readonly Factor[] => [
    ...calls,
    ...chain(was, is, steps),
  ]
  const products = [
    chained([
      ['input_tokens', 'input'],
      ['price', 'plain'],
      ['cache', 'prompt'],
    ]),
    chained([
      ['output_tokens', 'output'],
      ['price', 'completion'],
    ]),
    chained([['charges', 'other']]),
  ]
  const tokensBefore = was.input + was.output
  const tokensAfter = is.input + is.output
  if (tokensBefore === 0n || tokensAfter === 0n) {
    return [...products, chained([['charges', 'reported']])]
  }
  const price = factor('price', [was.reported, tokensBefore], [is.reported, tokensAfter])
  const input = factor('input_tokens', [was.input, was.calls], [is.input, is.calls])
  const output = factor('output_tokens', [was.output, was.calls], [is.output, is.calls])
  return [...products, [...calls, input, price], [...calls, output, price]]
}

/** The factors that lead from the calls of a line over each of `steps` to the last one. */
function chain(
  was: CostLine,
  is: CostLine,
  steps: readonly (readonly [Part, keyof CostLine])[],
): readonly Factor[] {
  const factors: Factor[] = []
  let from: keyof CostLine = 'calls'
  let merged = false
  for (const [at, [part, to]] of steps.entries()) {
    // What costs without that by which it would be divided is divided by what comes before.
    const later = steps.slice(at + 1).map(([, each]) => each)
    const divides = (line: CostLine): boolean =>
      line[to] !== 0n || later.every((each) => line[each] === 0n)
    if (divides(was) && divides(is)) {
      factors.push(factor(merged ? 'price' : part, [was[to], was[from]], [is[to], is[from]]))
      from = to
      merged = false
    } else merged = true
  }
  return factors
}

type Fraction = readonly [top: bigint, bottom: bigint]

/** A ratio that is not defined in one range is what it is in the other; in neither, it is 1. */
function factor(part: Part, before: Fraction, after: Fraction): Factor {
  const a = before[1] === 0n ? after : before
  const b = after[1] === 0n ? before : after
  if (a[1] === 0n || b[1] === 0n) return { part, before: ONE, after: ONE }
  return { part, before: ratio(a), after: ratio(b) }
}

function ratio([top, bottom]: Fraction): Ratio {
  return bottom < 0n ? { top: -top, bottom: -bottom } : { top, bottom }
}

const ZERO: Ratio = { top: 0n, bottom: 1n }
const ONE: Ratio = { top: 1n, bottom: 1n }

function addRatios(a: Ratio, b: Ratio): Ratio {
  if (a.bottom === b.bottom) return { top: a.top + b.top, bottom: a.bottom }
  return { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom }
}

/** Shapley value of every factor of a product. */
function shapley(factors: readonly Factor[]): readonly (readonly [Part, Ratio])[] {
  const n = factors.length
  // Over a common bottom the factors are whole numbers.
  const before = factors.map((each) => each.before.top * each.after.bottom)
  const after = factors.map((each) => each.after.top * each.before.bottom)
  let bottom = factorial(n)
  for (const each of factors) bottom *= each.before.bottom * each.after.bottom
  return factors.map(({ part }, own) => {
    // bySize[m]: sum over all sets of m others of their product after and the rest's product before,
    // which is the coefficient of t^m of Π (before + after · t).
    let bySize: bigint[] = [1n]
    for (let other = 0; other < n; other++) {
      if (other === own) continue
      const [a, b] = [before[other] ?? 0n, after[other] ?? 0n]
      const next = bySize.map((sum) => sum * a)
      for (const [m, sum] of bySize.entries()) next[m + 1] = (next[m + 1] ?? 0n) + sum * b
      bySize = next
    }
    let sum = 0n
    for (const [m, each] of bySize.entries()) sum += factorial(m) * factorial(n - 1 - m) * each
    return [part, { top: ((after[own] ?? 0n) - (before[own] ?? 0n)) * sum, bottom }]
  })
}

function factorial(n: number): bigint {
  return n <= 1 ? 1n : BigInt(n) * factorial(n - 1)
}

/** Whole pico-dollars that sum to `change`, each less than one away from its exact value. */
function rounded(exact: ReadonlyMap<Part, Ratio>, change: bigint): PartAmounts {
  const amounts: Record<Part, bigint> = { ...NO_CHANGE }
  let left = change
  const lost: { readonly part: Part; readonly rest: Ratio }[] = []
  for (const part of PARTS) {
    const { top, bottom } = exact.get(part) ?? ZERO
    amounts[part] = top / bottom
    left -= amounts[part]
    lost.push({ part, rest: { top: top % bottom, bottom } })
  }
  const direction = left < 0n ? -1n : 1n
  // The sort is stable, so that equals stay in the order of the parts.
  lost.sort(({ rest: a }, { rest: b }) => {
    const order = direction * (b.top * a.bottom - a.top * b.bottom)
    return order < 0n ? -1 : order > 0n ? 1 : 0
  })
  for (const { part } of lost.slice(0, Number(left * direction))) amounts[part] += direction
  return amounts
}
