import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromIPC } from '@uwdata/flechette'
import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { dollars } from '../../src/core/dollars.ts'
import { type Table, type TableCell, type TableColumn, tableOf } from '../../src/core/table.ts'
import { encodeWhole, FORMATS, type FormatName } from '../../src/formats/formats.ts'
import { queryFile } from './query-file.ts'
import { unzip } from './unzip.ts'

const folder = mkdtempSync(join(tmpdir(), 'llmhub-formats-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const COLUMNS: readonly TableColumn[] = [
  { name: 'text', type: 'text' },
  { name: 'number', type: 'number', unit: 'ms' },
  { name: 'integer', type: 'integer' },
  { name: 'money', type: 'money', unit: 'USD' },
  { name: 'time', type: 'time' },
  { name: 'boolean', type: 'boolean' },
  { name: 'json', type: 'json' },
]

const orNull = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(value, { nil: null })

const ROW = fc.tuple(
  orNull(fc.oneof(fc.string(), fc.constantFrom<string[]>('=1+1', '@x', 'ü😀', "'", ''))),
  orNull(fc.double({ noNaN: true, noDefaultInfinity: true })),
  orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  orNull(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n })),
  orNull(fc.integer({ min: 0, max: 4_102_444_800_000_000 })),
  orNull(fc.boolean()),
  orNull(fc.constantFrom('{"a":1}', '[]')),
)

/** The rows in batches of three, as they come from a scan. */
function inBatches(rows: readonly (readonly TableCell[])[]): Table {
  return {
    name: 'Rows',
    columns: COLUMNS,
    // oxlint-disable-next-line require-await
    batches: (async function* () {
      for (let at = 0; at < rows.length; at += 3) yield rows.slice(at, at + 3)
    })(),
  }
}

function encoded(format: FormatName, table: Table): Promise<Uint8Array> {
  return encodeWhole(FORMATS[format], [table], [['from', '2026-11-01']])
}

/** An amount with all twelve decimals. */
function padded(money: bigint): string {
  const [whole = '', fraction = ''] = dollars(money).split('.')
  return `${whole}.${fraction.padEnd(12, '0')}`
}

it('DuckDB reads the Parquet as it was, with the types', async () => {
  const file = join(folder, 'rows.parquet')
  const rows = fc.sample(ROW, { numRuns: 60, seed: 1 })
  writeFileSync(file, await encoded('parquet', inBatches(rows)))
  const types = await queryFile(`DESCRIBE SELECT * FROM '${file}'`)
  expect(types.map(([name, type]) => [name, type])).toEqual([
    ['text', 'VARCHAR'],
    ['number', 'DOUBLE'],
    ['integer', 'BIGINT'],
    ['money', 'DECIMAL(38,12)'],
    ['time', 'TIMESTAMP WITH TIME ZONE'],
    ['boolean', 'BOOLEAN'],
    ['json', 'VARCHAR'],
  ])
  const read = await queryFile(
    `SELECT text, number, integer, money::VARCHAR, epoch_us("time"), boolean, json FROM '${file}'`,
  )
  expect(read).toEqual(
    rows.map(([text, number, integer, money, time, boolean, json]) => [
      text?.toWellFormed() ?? null,
      number,
      integer,
      money === null ? null : padded(money),
      time === null ? null : BigInt(time),
      boolean,
      json,
    ]),
  )
  const about = await queryFile(`SELECT key, value FROM parquet_kv_metadata('${file}')`)
  expect(about.map(String)).toContain('from,2026-11-01')
})

it('an empty table is a file with its columns', async () => {
  const file = join(folder, 'empty.parquet')
  writeFileSync(file, await encoded('parquet', inBatches([])))
  expect(await queryFile(`SELECT count(*) FROM '${file}'`)).toEqual([[0n]])
  const arrow = tableFromIPC(await encoded('arrow', inBatches([])))
  expect([arrow.numRows, arrow.numCols]).toEqual([0, COLUMNS.length])
})

it('the Arrow stream reads back as it was, over several record batches', async () => {
  const some = fc.sample(ROW, { numRuns: 50, seed: 2 })
  const rows = Array.from({ length: 900 }, () => some).flat()
  const table = tableFromIPC(await encoded('arrow', inBatches(rows)), {
    useBigInt: true,
    useDecimalInt: true,
  })
  expect(table.numRows).toBe(rows.length)
  expect(table.getChild('text')?.data.length).toBeGreaterThan(1)
  expect(table.schema.metadata?.get('from')).toBe('2026-11-01')
  const column = (name: string): unknown[] => [...(table.getChild(name)?.toArray() ?? [])]
  expect(column('text')).toEqual(rows.map(([text]) => text?.toWellFormed() ?? null))
  expect(column('number')).toEqual(rows.map(([, number]) => number))
  expect(column('integer')).toEqual(rows.map(([, , integer]) => integer))
  expect(column('money')).toEqual(rows.map(([, , , money]) => money))
  expect(column('boolean')).toEqual(rows.map(([, , , , , boolean]) => boolean))
  const times = rows.map(([, , , , time]) => (time === null ? null : time / 1000))
  expect(column('time')).toEqual(times)
})

it('a workbook has texts that are no formulas, numbers, dates and what it is of', async () => {
  const rows: TableCell[][] = [
    ['=1+1', 0.5, 12n, 1_500_000_000_000n, 1_795_248_900_000_000, true, '{"a":1}'],
    [null, null, 2n ** 62n, null, null, null, null],
  ]
  const files = unzip(await encoded('xlsx', tableOf('Rows: [all]', COLUMNS, rows)))
  const xml = (path: string): string => files.get(path)?.toString() ?? ''
  const names = [...xml('xl/workbook.xml').matchAll(/<sheet [^>]*name="([^"]*)"/g)]
  expect(names.map(([, name]) => name)).toEqual(['Rows   all', 'About'])
  const sheet = xml('xl/worksheets/sheet1.xml')
  expect(sheet).not.toContain('<f>')
  const strings = xml('xl/sharedStrings.xml') + sheet
  expect(strings).toContain("'=1+1")
  expect(strings).toContain('number (ms)')
  // A number of more than 15 digits would be another one in a spreadsheet: it stays text.
  expect(strings).toContain('4611686018427387904')
  expect(sheet).toMatch(/<v>1\.5<\/v>/)
  expect(sheet).toMatch(/<v>46347\.34375/)
  expect(xml('xl/worksheets/sheet2.xml') + strings).toContain('2026-11-01')
})

it('ndjson has what the columns hold', async () => {
  const rows: TableCell[][] = [['a', 1.5, 2n ** 62n, 5n, 1_500_000, false, '{"a":[1]}']]
  const text = Buffer.from(await encoded('ndjson', inBatches(rows))).toString()
  expect(JSON.parse(text)).toEqual({
    text: 'a',
    number: 1.5,
    integer: '4611686018427387904',
    money: '0.000000000005',
    time: '1970-01-01T00:00:01.500Z',
    boolean: false,
    json: { a: [1] },
  })
})
