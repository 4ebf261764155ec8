import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type TableCell, type TableType, tableOf } from '../core/table.ts'
import { encodeCsv } from './csv.ts'

async function csvOf(...rows: TableCell[][]): Promise<string> {
  const columns = [
    { name: 'model', type: 'text' as TableType },
    { name: 'cost.total', type: 'money' as TableType, unit: 'USD' },
  ]
  let text = ''
  for await (const part of encodeCsv(tableOf('t', columns, rows))) text += part
  return text
}

test('header, quoting, nulls, money and numbers', async () => {
  expect(await csvOf(['a,"b"', -500_000_000_000n], [null, null], ['x\ny', 3n])).toBe(
    'model,cost.total\r\n"a,""b""",-0.5\r\n,\r\n"x\ny",0.000000000003\r\n',
  )
})

test('a text that begins like a formula is made a text; a negative amount stays a number', async () => {
  for (const text of ['=1+1', '+1', '-1', '@x', '\tx', '\rx', '＝1', '＋1', '－1', '＠x']) {
    const line = (await csvOf([text, -1_500_000_000_000n])).split('\r\n').slice(1, -1).join('\r\n')
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

test('read back, every text is what it was, or that behind an apostrophe; none begins a formula', async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('=A1', '"', ',', '\r\n', '-5', '＝x'),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(cell), async (cells) => {
      const read = parse(await csvOf(...cells.map((text) => [text, 1n])))
      expect(read).toHaveLength(cells.length + 1)
      for (const [index, text] of cells.entries()) {
        const [back = ''] = read[index + 1] ?? []
        expect([text, `'${text}`]).toContain(back)
        expect(/^[=+\-@\t\r\n＝＋－＠]/u.test(back)).toBe(false)
      }
    }),
  )
})
