import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileExpression } from './compile.ts'
import { FUNCTIONS } from './functions.ts'
import { type Value, ValueError } from './value.ts'

const ROW: Readonly<Record<string, Value>> = {
  seconds: '1.25',
  n: 3,
  model: 'gpt-4o',
  empty: '',
  'Model Name': 'Claude',
  when: '29.03.2026 02:30',
  list: [1, 2],
  off: false,
}

function run(text: string, row: Readonly<Record<string, Value>> = ROW): Value {
  const compiled = compileExpression(text, { vendors: { gpt: 'openai', n: 7 } })
  if (!compiled.ok) throw new Error(compiled.message)
  return compiled.run((name) => (Object.hasOwn(row, name) ? (row[name] ?? null) : null))
}

/** `refused` when it is no expression or the row does not fit: all else is a bug. */
function outcomeOf(text: string): 'value' | 'refused' | 'bug' {
  const compiled = compileExpression(text)
  if (!compiled.ok) return 'refused'
  try {
    compiled.run((name) => (Object.hasOwn(ROW, name) ? (ROW[name] ?? null) : null))
    return 'value'
  } catch (error) {
    return error instanceof ValueError ? 'refused' : 'bug'
  }
}

const at = (text: string): number => Date.parse(text) * 1000

describe('an expression', () => {
  it.each<[string, Value]>([
    ['seconds * 1000', 1250],
    ['round(seconds * 1000 / 7, 2)', 178.57],
    ['1 + 2 * 3 - 4 / 2 % 3', 5],
    ['-(n - 5)', 2],
    ['0.1 + 0.2', 0.3],
    ['n / 0', null],
    ['absent * 2', null],
    ["'it''s ' == \"it's \"", true],
    ['`Model Name`', 'Claude'],
    ["concat(model, '/', n, absent)", 'gpt-4o/3'],
    ["model == 'gpt-4o' ? 'a' : `1x` / 0", 'a'],
    ["n > 2 and not off or absent == 'x'", true],
    ["'10' > 9", true],
    ["'10' > '9'", false],
    ['absent == null', true],
    ['absent < 1', false],
    ["empty ?? absent ?? 'last'", 'last'],
    ['coalesce(absent, empty, n)', 3],
    ["lookup('vendors', split(model, '-', 1))", 'openai'],
    ["lookup('vendors', 'toString', 'none')", 'none'],
    ["split('a,b,c', ',', -1)", 'c'],
    ["substring('abcdef', 2, 3)", 'bcd'],
    ["number('1.234,5', ',')", 1234.5],
    ["number('1,234.5')", 1234.5],
    ["one_of(model, 'x', 'gpt-4o')", true],
    ['min(4, absent, n)', 3],
    ["replace('a.b.c', '.', '$&')", 'a$&b$&c'],
    ["from_epoch(1.5, 's')", 1_500_000],
    ['iso(1500000)', '1970-01-01T00:00:01.500Z'],
    ["time('2026-01-02')", at('2026-01-02T00:00:00Z')],
    ["time('2026-01-02T03:04:05.000006Z')", at('2026-01-02T03:04:05Z') + 6],
    ["time('7 Mar 2026 1:05 PM', 'D MMM YYYY h:mm A')", at('2026-03-07T13:05:00Z')],
    ["time('03/04/26 at (05)', 'MM/DD/YY [at] (HH)')", at('2026-03-04T05:00:00Z')],
    ["time('2026-07-01 12:00', 'YYYY-MM-DD HH:mm', 'Europe/Berlin')", at('2026-07-01T10:00:00Z')],
    ["time('2026-07-01 12:00 -0330', 'YYYY-MM-DD HH:mm Z')", at('2026-07-01T15:30:00Z')],
    // The clock goes from 02:00 to 03:00 there, so that it never shows this time; and back in autumn.
    ["time(when, 'DD.MM.YYYY HH:mm', 'Europe/Berlin')", at('2026-03-29T01:30:00Z')],
    ["time('25.10.2026 02:30', 'DD.MM.YYYY HH:mm', 'Europe/Berlin')", at('2026-10-25T00:30:00Z')],
  ])('%s', (text, expected) => {
    expect(run(text)).toEqual(expected)
  })

  it.each([
    ['1 +', 'something is missing (at character 4)'],
    ['(1', '")" is missing'],
    ['a b', '"b" is not expected (at character 3)'],
    ['a = 1', '"=" means nothing here (at character 3)'],
    ['rond(1)', 'there is no function rond; did you mean round?'],
    ['constructor(1)', 'there is no function constructor'],
    ['round()', 'round is written round(x, digits)'],
    ["lookup('nope', a)", 'there is no lookup "nope"; there are: vendors'],
    ["time(a, 'DD.MM')", 'a format needs year, month and day'],
    ["time(a, 'YYYY-MM-DD', 'Mars')", '"Mars" is not a time zone'],
    ["from_epoch(a, 'h')", "the unit has to be 's', 'ms', 'us' or 'ns'"],
    [`${'('.repeat(300)}1${')'.repeat(300)}`, 'nested too deeply'],
    ['1'.repeat(5000), 'longer than 4000 characters'],
  ])('%s is refused', (text, message) => {
    const compiled = compileExpression(text, { vendors: {} })
    expect(compiled).toMatchObject({ ok: false })
    expect(compiled.ok ? '' : compiled.message).toContain(message)
  })

  it.each([
    ['model * 2', '"gpt-4o" is not a number'],
    ['list + 1', '[1,2] is not a number'],
    ["time('soon', 'YYYY-MM-DD')", '"soon" is not a time by YYYY-MM-DD'],
    ["time('2026-02-30')", 'is not a time'],
  ])('%s tells which value does not fit', (text, message) => {
    expect(() => run(text)).toThrow(ValueError)
    expect(() => run(text)).toThrow(message)
  })

  it('makes no text without end', () => {
    const grow = Array.from({ length: 9 }).reduce<string>(
      (text) => `replace(${text}, 'a', 'aaaaaaaaaa')`,
      "'a'",
    )
    expect(() => run(grow)).toThrow('longer than 1000000 characters')
  })

  it('is either compiled or refused, whatever it is; and run, ends in a value or a ValueError', () => {
    const part = fc.oneof(
      fc.constantFrom('(', ')', ',', '?', ':', '+', '-', '*', '==', '??', 'and', 'not', "'x'", '`'),
      fc.constantFrom(...Object.keys(FUNCTIONS).map((name) => `${name}(`)),
      fc.constantFrom('n', 'model', 'list', '1', '$row', 'null', '__proto__'),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        expect(outcomeOf(parts.join(' '))).not.toBe('bug')
      }),
      { numRuns: 500 },
    )
  })
})
