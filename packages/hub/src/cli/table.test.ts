import { expect, it } from 'vitest'
import { rememberingContext } from './remembering-context.fixture.ts'
import { printTable, table } from './table.ts'

const HEAD = ['ID', 'SIZE', 'PLACE', 'MESSAGE']
const ROWS = [
  [
    'a-long-id-of-28-characters-00',
    '12',
    '/payload/usage/input_tokens',
    'has to be a number and is text',
  ],
  ['b', '1,200', '/common', 'is missing'],
]

function shown(columns: number, outIsTty = true): { out: string; err: string } {
  const { context, written } = rememberingContext({
    terminal: { outIsTty, errIsTty: outIsTty, columns },
  })
  printTable(context.terminal, HEAD, ROWS, { optional: ['SIZE', 'PLACE'], keep: ['ID'] })
  return { out: written.out, err: written.err }
}

const widest = (text: string): number => Math.max(...text.split('\n').map(({ length }) => length))

it('leaves a table alone that fits, and any in a pipe', () => {
  expect(shown(200)).toEqual({ out: table(HEAD, ROWS), err: '' })
  expect(shown(40, false)).toEqual({ out: table(HEAD, ROWS), err: '' })
})

it('leaves columns out in their order and says so, then breaks texts, then cuts what nobody copies', () => {
  const whole = widest(table(HEAD, ROWS))
  const one = shown(whole - 1)
  expect(one.err).toContain('without SIZE:')
  expect(one.out).toContain('PLACE')
  for (const columns of [80, 60, 50]) {
    const { out, err } = shown(columns)
    expect(widest(out)).toBeLessThanOrEqual(columns)
    expect(err).toContain('-o json')
    expect(out).toContain('a-long-id-of-28-characters-00')
  }
  expect(shown(50).out).toContain('has to be a number\n')
  expect(shown(50).out).toContain(' and is text\n')
  expect(shown(46).out).toContain('…')
})
