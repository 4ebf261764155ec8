import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateFormula, FORMULA_LIMITS, parseFormula } from './formula.ts'

const NAMES = ['bad', 'requests.count', 'latency.p95', '_x1'] as const
type Values = Readonly<Record<string, number | null>>

const values: fc.Arbitrary<Values> = fc.record(
  Object.fromEntries(
    NAMES.map((name) => [
      name,
      fc.oneof(fc.constant(null), fc.constant(0), fc.integer({ min: -50, max: 50 })),
    ]),
  ),
)

/** A text and what it is worth, made together: the worth never goes through the parser. */
interface Sample {
  readonly text: string
  readonly worth: (values: Values) => number | null
}

const settle = (value: number): number | null => (Number.isFinite(value) ? value : null)

const { sample } = fc.letrec<{ sample: Sample; leaf: Sample; node: Sample; minus: Sample }>(
  (tie) => ({
    sample: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      tie('leaf'),
      tie('node'),
      tie('minus'),
    ),
    leaf: fc.oneof(
      fc
        .constantFrom(...NAMES)
        .map((name) => ({ text: name, worth: (v: Values) => v[name] ?? null })),
      fc
        .constantFrom('0', '1', '2.5', '.5', '1e3', '10')
        .map((text) => ({ text, worth: () => Number.parseFloat(text) })),
    ),
    minus: tie('sample').map((of) => ({
      text: `-(${of.text})`,
      worth: (v: Values) => {
        const value = of.worth(v)
        return value === null ? null : -value
      },
    })),
    node: fc
      .tuple(tie('sample'), fc.constantFrom('+', '-', '*', '/'), tie('sample'))
      .map(([left, op, right]) => ({
        text: `( ${left.text} ${op}${right.text})`,
        worth: (v: Values) => {
          const a = left.worth(v)
          const b = right.worth(v)
          if (a === null || b === null) return null
          if (op === '+') return settle(a + b)
          if (op === '-') return settle(a - b)
          if (op === '*') return settle(a * b)
          return b === 0 ? null : settle(a / b)
        },
      })),
  }),
)

test('a formula is worth what its tree is worth', () => {
  fc.assert(
    fc.property(sample, values, ({ text, worth }, given) => {
      const parsed = parseFormula(text)
      // Only the limits may refuse a well-formed formula.
      expect(parsed.ok ? 'nested more' : parsed.message).toMatch(
        /nested more|more than|longer than/u,
      )
      if (!parsed.ok) return
      const value = evaluateFormula(parsed.formula, (name) => given[name] ?? null)
      const expected = worth(given)
      expect(value === null).toBe(expected === null)
      expect(value ?? 0).toBeCloseTo(expected ?? 0, 9)
    }),
  )
})

test('without parentheses: * and / before + and −, each from left to right', () => {
  const number = fc.integer({ min: 1, max: 20 })
  const rest = fc.array(fc.tuple(fc.constantFrom('+', '-', '*', '/'), number), { maxLength: 12 })
  fc.assert(
    fc.property(number, rest, (first, parts) => {
      const text = [first, ...parts.map(([op, value]) => `${op}${value}`)].join(' ')
      const terms = [{ sign: 1, value: first }]
      for (const [op, value] of parts) {
        const last = terms.at(-1)
        if (last === undefined) throw new Error('no term')
        if (op === '*') last.value *= value
        else if (op === '/') last.value /= value
        else terms.push({ sign: op === '+' ? 1 : -1, value })
      }
      const expected = terms.reduce((sum, term) => sum + term.sign * term.value, 0)
      const parsed = parseFormula(text)
      if (!parsed.ok) throw new Error(parsed.message)
      expect(evaluateFormula(parsed.formula, () => null)).toBeCloseTo(expected, 6)
    }),
  )
})

test('any text gives a formula or a message', () => {
  const piece = fc.constantFrom(
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    '1',
    '.',
    'a',
    'b.c',
    ' ',
    '%',
    '1e999',
    '.5',
  )
  const soup = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(fc.oneof(fc.string(), soup), (text) => {
      const parsed = parseFormula(text)
      const said = parsed.ok ? typeof evaluateFormula(parsed.formula, () => 1) : parsed.message
      expect(said).not.toBe('')
    }),
  )
})

test('limits', () => {
  expect(parseFormula('('.repeat(40) + '1' + ')'.repeat(40))).toMatchObject({ ok: false })
  expect(parseFormula('-'.repeat(40) + '1')).toMatchObject({ ok: false })
  expect(parseFormula('1+'.repeat(FORMULA_LIMITS.tokens) + '1')).toMatchObject({ ok: false })
  expect(parseFormula(' '.repeat(FORMULA_LIMITS.length + 1))).toMatchObject({ ok: false })
  expect(parseFormula('')).toEqual({ ok: false, message: 'it ends too early' })
  expect(parseFormula('1 2')).toEqual({ ok: false, message: 'unexpected "2" at 2' })
})
