import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { delimiterOfHeader } from './delimiter.ts'
import { readRows } from './read-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'llmhub-delimiter-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['time,model,tokens', ','],
  ['time;model;tokens', ';'],
  ['time\tmodel\ttokens', '\t'],
  ['time|model|tokens', '|'],
  ['"a;b;c;d",model', ','],
  ['"sum, gross";"count, all"', ';'],
  ['model', ','],
  ['', ','],
])('a file whose header is %j is parted by %j', (header, delimiter) => {
  expect(delimiterOfHeader(header)).toBe(delimiter)
})

it.each([
  ['plain.csv', (text: string) => text],
  ['packed.csv.gz', (text: string) => gzipSync(text)],
])(
  'rows of %s that a spreadsheet wrote with semicolons have their columns',
  async (name, written) => {
    const path = join(folder, name)
    writeFileSync(path, written('\uFEFFtime;model;cost\r\n2026-01-01;gpt-4o;"0,25"\r\n'))
    const rows = []
    for await (const { row } of readRows(path, 'csv')) rows.push(row)
    expect(rows).toEqual([{ time: '2026-01-01', model: 'gpt-4o', cost: '0,25' }])
  },
)
