import type { Answer, Cell } from '@llmhub/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatCsv } from './format-csv.ts'

const table = (...rows: Cell[][]): Pick<Answer, 'columns' | 'rows'> => ({
  columns: [
    { name: 'model', role: 'dimension' },
    { name: 'cost.total', role: 'measure', unit: 'USD' },
  ],
  rows,
})

test('header, quoting, nulls and numbers', () => {
  expect(formatCsv(table(['a,"b"', '-0.5'], [null, null], ['x\ny', 3]))).toBe(
    'model,cost.total\r\n"a,""b""",-0.5\r\n,\r\n"x\ny",3\r\n',
  )
})

test('a text that begins like a formula is made a text; a negative amount stays a number', () => {
  for (const text of ['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1', '＋1', '－1', '＠x']) {
    const line = formatCsv(table([text, '-1.5']))
      .split('\r\n')
      .slice(1, -1)
      .join('\r\n')
    expect(line.replace(/^"/u, '').startsWith("'")).toBe(true)
    expect(line.endsWith(',-1.5')).toBe(true)
  }
})

/** A reader of RFC 4180, independent of the writer. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    let field = ''
    if (text[at] === '"') {
      for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
        if (text[at] === '"') at++
        field += text[at]
      }
      at++
    } else for (; text[at] !== ',' && text[at] !== '\r'; at++) field += text[at]
    row.push(field)
    if (text[at] === ',') at++
    else {
      at += 2
      rows.push(row)
      row = []
    }
  }
  return rows
}

test('read back, every text is what it was, or that behind an apostrophe; none begins a formula', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('=A1', '"', ',', '\r\n', '-5', '＝x'),
  )
  fc.assert(
    fc.property(fc.array(cell), (cells) => {
      const read = parse(formatCsv(table(...cells.map((text) => [text, 1]))))
      expect(read).toHaveLength(cells.length + 1)
      for (const [index, text] of cells.entries()) {
        const [back = ''] = read[index + 1] ?? []
        expect([text, `'${text}`]).toContain(back)
        expect(/^[=+\-@\t\r\n＝＋－＠]/u.test(back)).toBe(false)
      }
    }),
  )
})
