import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CostLine, CostLines, Part, PartAmounts } from './cost-change.ts'
import { addParts, costOfLine, explainChange, NO_CHANGE, NO_COST, PARTS } from './cost-change.ts'

const count = fc.bigInt(0n, 3_000n)
const tokens = fc.oneof(fc.constant(0n), fc.bigInt(0n, 10_000_000n))
const money = fc.oneof(fc.constant(0n), fc.bigInt(0n, 9_007_199_254_740_993n))

/** Any line, also such as no price list can make. */
const line: fc.Arbitrary<CostLine> = fc.record({
  calls: count,
  input: tokens,
  output: tokens,
  prompt: money,
  plain: money,
  completion: money,
  other: money,
  reported: fc.oneof(fc.constant(0n), fc.bigInt(-1_000_000_000_000n, 5_000_000_000_000n)),
})
const lines: fc.Arbitrary<CostLines> = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), line), { maxLength: 5 })
  .map((pairs) => new Map(pairs))

/** A model with calls, tokens and prices, none of them zero. */
const whole = fc.record({
  calls: fc.bigInt(1n, 3_000n),
  input: fc.bigInt(1n, 5_000n),
  output: fc.bigInt(1n, 5_000n),
  inputPrice: fc.bigInt(1n, 90_000_000n),
  outputPrice: fc.bigInt(1n, 90_000_000n),
  cachedPerCent: fc.bigInt(1n, 130n),
})
type Whole = typeof whole extends fc.Arbitrary<infer T> ? T : never

/** Prices are multiples of 100, so that the share of the cache is exact. */
function lineOf(from: Whole): CostLine {
  const input = from.calls * from.input
  const output = from.calls * from.output
  const plain = input * from.inputPrice * 100n
  return {
    ...NO_COST,
    calls: from.calls,
    input,
    output,
    plain,
    prompt: (plain / 100n) * from.cachedPerCent,
    completion: output * from.outputPrice,
    other: from.calls * 7n,
  }
}

const sum = (parts: PartAmounts): bigint => PARTS.reduce((before, part) => before + parts[part], 0n)
const total = (found: ReadonlyMap<string, PartAmounts>): PartAmounts =>
  [...found.values()].reduce(addParts, NO_CHANGE)
const costOf = (all: CostLines): bigint =>
  [...all.values()].reduce((before, each) => before + costOfLine(each), 0n)
const nonZero = (parts: PartAmounts): Part[] => PARTS.filter((part) => parts[part] !== 0n)

test('the parts of every line, and of all, sum exactly to the change', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const found = explainChange(before, after)
      for (const [key, parts] of found) {
        const [was, is] = [before.get(key) ?? NO_COST, after.get(key) ?? NO_COST]
        expect(sum(parts)).toBe(costOfLine(is) - costOfLine(was))
      }
      expect(sum(total(found))).toBe(costOf(after) - costOf(before))
    }),
    { numRuns: 2000 },
  )
})

test('equal ranges change nothing', () => {
  fc.assert(
    fc.property(lines, (both) => {
      for (const parts of explainChange(both, both).values()) expect(nonZero(parts)).toEqual([])
    }),
  )
})

test('exchanging the ranges changes every sign, and new and gone change places', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const there = explainChange(before, after)
      for (const [key, back] of explainChange(after, before)) {
        const parts = there.get(key) ?? NO_CHANGE
        const mirrored = { ...parts, new: parts.gone, gone: parts.new }
        for (const part of PARTS) expect(back[part]).toBe(-mirrored[part] + 0n)
      }
    }),
  )
})

test('where one thing changes alone, all of the change is its part', () => {
  const wholes = fc.dictionary(fc.constantFrom('a', 'b', 'c'), whole, { minKeys: 1 })
  const by = (from: Record<string, Whole>, change: (each: Whole) => Whole): CostLines =>
    new Map(Object.entries(from).map(([key, each]) => [key, lineOf(change(each))]))
  const cases: readonly (readonly [Part, (each: Whole, n: bigint) => Whole])[] = [
    ['volume', (each, n) => ({ ...each, calls: each.calls * n })],
    ['input_tokens', (each, n) => ({ ...each, input: each.input * n })],
    ['output_tokens', (each, n) => ({ ...each, output: each.output * n })],
    ['cache', (each, n) => ({ ...each, cachedPerCent: each.cachedPerCent * n })],
    [
      'price',
      (each, n) => ({
        ...each,
        inputPrice: each.inputPrice * n,
        outputPrice: each.outputPrice * (n + 1n),
      }),
    ],
  ]
  fc.assert(
    fc.property(wholes, fc.bigInt(2n, 9n), (from, n) => {
      for (const [part, change] of cases) {
        const before = by(from, (each) => each)
        const after = by(from, (each) => change(each, n))
        for (const [found, parts] of explainChange(before, after)) {
          expect([found, nonZero(parts)]).toEqual([found, [part]])
        }
      }
    }),
  )
})

test('calls that move from one model to another are mix alone', () => {
  const [a, b] = [1n, 3n].map((calls) => ({
    calls,
    input: 10n,
    output: 10n,
    inputPrice: 5n,
    outputPrice: 8n,
    cachedPerCent: 100n,
  })) as [Whole, Whole]
  const before = new Map([
    ['a', lineOf(a)],
    ['b', lineOf({ ...b, inputPrice: 2n })],
  ])
  const after = new Map([
    ['a', lineOf({ ...a, calls: 2n })],
    ['b', lineOf({ ...b, calls: 2n, inputPrice: 2n })],
  ])
  for (const parts of explainChange(before, after).values()) expect(nonZero(parts)).toEqual(['mix'])
})

test('a model that comes or goes is that part with its whole cost, and moves no other part', () => {
  fc.assert(
    fc.property(lines, lines, line, (before, after, extra) => {
      const calls = { ...extra, calls: extra.calls + 1n }
      const without = explainChange(before, after)
      const came = explainChange(before, new Map([...after, ['z', calls]]))
      const went = explainChange(new Map([...before, ['z', calls]]), after)
      expect(came.get('z')).toEqual({ ...NO_CHANGE, new: costOfLine(calls) })
      expect(went.get('z')).toEqual({ ...NO_CHANGE, gone: -costOfLine(calls) })
      for (const [key, parts] of without) {
        expect(came.get(key)).toEqual(parts)
        expect(went.get(key)).toEqual(parts)
      }
    }),
  )
})

test('two factors that both double share their interaction evenly', () => {
  // 1 call of 1 token for 12 → 2 calls of 2 tokens each: 48. Of 36, volume and tokens have 18 each.
  const before = new Map([['a', { ...NO_COST, calls: 1n, output: 1n, completion: 12n }]])
  const after = new Map([['a', { ...NO_COST, calls: 2n, output: 4n, completion: 48n }]])
  expect(explainChange(before, after).get('a')).toEqual({
    ...NO_CHANGE,
    volume: 18n,
    output_tokens: 18n,
  })
})

test('what is left by rounding goes in single pico-dollars to what lost the most', () => {
  // Three factors, each 1 → 2: of a change of 7 each has 7/3. The first of three equals gets it.
  const before = new Map([['a', { ...NO_COST, calls: 1n, output: 1n, completion: 1n }]])
  const after = new Map([['a', { ...NO_COST, calls: 2n, output: 4n, completion: 8n }]])
  const found = explainChange(before, after).get('a')
  expect(found).toEqual({ ...NO_CHANGE, volume: 3n, output_tokens: 2n, price: 2n })
  expect(explainChange(after, before).get('a')).toEqual({
    ...NO_CHANGE,
    volume: -3n,
    output_tokens: -2n,
    price: -2n,
  })
})

test('a cost that is only reported follows its tokens, and is a charge where none are known', () => {
  const reported = (calls: bigint, input: bigint, cost: bigint): CostLines =>
    new Map([['a', { ...NO_COST, calls, input, reported: cost }]])
  const parts = (before: CostLines, after: CostLines) => explainChange(before, after).get('a')
  expect(parts(reported(2n, 10n, 100n), reported(2n, 30n, 300n))).toEqual({
    ...NO_CHANGE,
    input_tokens: 200n,
  })
  expect(parts(reported(2n, 0n, 100n), reported(2n, 30n, 300n))).toEqual({
    ...NO_CHANGE,
    charges: 200n,
  })
  expect(parts(reported(0n, 0n, 100n), reported(0n, 0n, 90n))).toEqual({
    ...NO_CHANGE,
    charges: -10n,
  })
})

test('what costs without that by which it is divided changes by price', () => {
  // The plain input is free, and what is read from the cache is not.
  const free = { ...NO_COST, calls: 2n, input: 10n }
  const at = (prompt: bigint): CostLines => new Map([['a', { ...free, prompt }]])
  expect(explainChange(at(100n), at(300n)).get('a')).toEqual({ ...NO_CHANGE, price: 200n })
  // Tokens that are not counted cost something.
  const uncounted = (plain: bigint): CostLines =>
    new Map([['a', { ...NO_COST, calls: 2n, plain, prompt: plain / 2n }]])
  expect(explainChange(uncounted(100n), uncounted(300n)).get('a')).toEqual({
    ...NO_CHANGE,
    price: 100n,
  })
})
