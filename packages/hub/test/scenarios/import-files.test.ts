import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { commandLine } from '../command-line.ts'
import { WholeHub } from './whole-hub.ts'

const folder = mkdtempSync(join(tmpdir(), 'llmhub-import-'))
let hub: WholeHub

beforeAll(async () => {
  hub = await WholeHub.in()
  await hub.mustStart()
})

afterAll(async () => {
  await hub.remove()
  rmSync(folder, { recursive: true, force: true })
})

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const MAPPING = {
  kind: 'llm_request',
  time: "time(day, 'DD.MM.YYYY', 'Europe/Berlin')",
  where: "model != 'skip'",
  fields: {
    model_id: 'model',
    provider: "lookup('vendors', split(model, '-', 1), 'other')",
    input_tokens: 'tokens',
    latency_ms: 'round(seconds * 1000)',
    status: "latency_over ?? 'ok'",
  },
  tags: { file: '$file' },
  lookups: { vendors: { gpt: 'openai' } },
}

const HEAD = 'day,model,tokens,seconds'

async function requests(where?: object): Promise<unknown> {
  const question = {
    kind: 'table',
    measures: ['requests.count', 'tokens.input'],
    from: '2026-01-01',
  }
  const { body } = await hub.call('/api/v1/query', { ...question, ...where })
  return body['rows']
}

function summary(out: string): Record<string, unknown> {
  return JSON.parse(out) as Record<string, unknown>
}

it('takes compressed files and tabs at once, by one mapping, and each row once', async () => {
  const map = fileOf('calls.json', JSON.stringify(MAPPING))
  const files = [
    fileOf('a.csv.gz', gzipSync(`${HEAD}\n01.11.2026,gpt-4o,10,1.5\n02.11.2026,skip,1,1\n`)),
    fileOf('b.tsv', `${HEAD}\n03.11.2026,gpt-4o,20,0.5\n`.replaceAll(',', '\t')),
    fileOf(
      'c.jsonl.zst',
      zstdCompressSync(
        Buffer.from('{"day":"04.11.2026","model":"x","tokens":"30","seconds":2}\n\n{bad\n'),
      ),
    ),
  ]
  const errors = join(folder, 'errors.ndjson')
  const args = ['import', ...files, '--map', map, '--parallel', '3', '-o', 'json']
  const tried = await commandLine(hub, [...args, '--dry-run'])
  expect(summary(tried.out)).toMatchObject({ rows: 5, accepted: 3, unmapped: 1, leftOut: 1 })
  expect(await requests()).toEqual([[0, 0]])

  const first = await commandLine(hub, [...args, '--errors', errors])
  expect(first.code).toBe(8)
  expect(summary(first.out)).toMatchObject({
    rows: 5,
    accepted: 3,
    duplicates: 0,
    rejected: 0,
    unmapped: 1,
    leftOut: 1,
    codes: { not_a_row: 1 },
  })
  expect(JSON.parse(readFileSync(errors, 'utf8'))).toMatchObject({
    row: 2,
    code: 'not_a_row',
    data: null,
  })
  expect(await requests()).toEqual([[3, 60]])
  const again = await commandLine(hub, args)
  expect(summary(again.out)).toMatchObject({ accepted: 0, duplicates: 5 })

  const list = { kind: 'list', by: ['provider', 'latency', 'tag.file'], from: '2026-01-01' }
  const { body } = await hub.call('/api/v1/query', list)
  const rows = (body['rows'] as [string, ...unknown[]][]).toSorted(([a], [b]) => (a < b ? -1 : 1))
  expect(rows.map((row) => row.slice(0, 3))).toEqual([
    ['2026-10-31T23:00:00.000Z', 'openai', 1500],
    ['2026-11-02T23:00:00.000Z', 'openai', 500],
    ['2026-11-03T23:00:00.000Z', 'other', 2000],
  ])
})

it('sends a file again by another mapping: what is the same event is a conflict, another kind is new', async () => {
  const file = fileOf('again.csv', `${HEAD}\n05.11.2026,m,1,1\n`)
  const mapAs = (name: string, mapping: object): string => fileOf(name, JSON.stringify(mapping))
  const import1 = (map: string) => commandLine(hub, ['import', file, '--map', map, '-o', 'json'])
  const first = await import1(mapAs('1.json', MAPPING))
  expect(summary(first.out)).toMatchObject({ accepted: 1 })
  const fields = { ...MAPPING.fields, latency_ms: '7' }
  const changed = await import1(mapAs('2.json', { ...MAPPING, fields }))
  expect(summary(changed.out)).toMatchObject({ rejected: 1, codes: { id_conflict: 1 } })
  const gauge = { kind: 'gauge', fields: { name: "'load'", value: 'seconds' } }
  const other = await import1(mapAs('3.json', { ...MAPPING, ...gauge }))
  expect(summary(other.out)).toMatchObject({ accepted: 1, rejected: 0 })
})

it('reads Parquet as it was exported, times to the microsecond', async () => {
  const exported = join(folder, 'rows.parquet')
  const fields = 'time,event_id,model,input_tokens,cost,tags'
  const chosen = ['--kind', 'llm_request', '--fields', fields]
  const saved = await commandLine(hub, ['export', 'events', ...chosen, '--file', exported])
  expect(saved.code).toBe(0)
  const map = fileOf(
    'rows.json',
    JSON.stringify({
      kind: 'llm_request',
      time: 'time',
      id: "concat('copy-', event_id)",
      fields: { model_id: 'model', input_tokens: 'input_tokens', provider: "'copy'" },
    }),
  )
  const { out } = await commandLine(hub, ['import', exported, '--map', map, '-o', 'json'])
  expect(summary(out)).toMatchObject({ rows: 4, accepted: 4, rejected: 0 })
  const copies = { filters: [{ field: 'provider', op: 'eq', value: 'copy' }] }
  expect(await requests(copies)).toEqual([[4, 61]])
})

it('reports every rejected row of a request that has more than the hub lists', async () => {
  const rows = Array.from({ length: 1500 }, (_, i) => `06.11.2026,m,${i % 2 === 0 ? -1 : i},1`)
  const file = fileOf('many.csv', `${HEAD}\n${rows.join('\n')}\n`)
  const errors = join(folder, 'many.ndjson')
  // Half of the rows are known already and listed as well, so that some rejections are not.
  const good = fileOf(
    'good.csv',
    `${HEAD}\n${rows.filter((row) => !row.includes('-1')).join('\n')}\n`,
  )
  const ids = { ...MAPPING, tags: {}, id: "concat('many-', tokens)" }
  const map = fileOf('ids.json', JSON.stringify(ids))
  await commandLine(hub, ['import', good, '--map', map])
  const { out } = await commandLine(hub, [
    'import',
    file,
    '--map',
    map,
    '--errors',
    errors,
    '-o',
    'json',
  ])
  expect(summary(out)).toMatchObject({ rows: 1500, duplicates: 750, rejected: 750 })
  const lines = readFileSync(errors, 'utf8').trimEnd().split('\n')
  const reported = lines.map((line) => (JSON.parse(line) as { row: number }).row)
  expect(reported).toEqual(Array.from({ length: 750 }, (_, i) => 2 * i + 1))
})

it('says what is wrong with a mapping, a file and a format', async () => {
  const map = fileOf(
    'wrong.json',
    JSON.stringify({
      ...MAPPING,
      id: 'concat(',
      tags: { a: 'nope()' },
      constants: { '__proto__.x': 1 },
    }),
  )
  const file = fileOf('w.csv', `${HEAD}\n`)
  const wrong = await commandLine(hub, ['import', file, '--map', map])
  expect(wrong.code).toBe(2)
  expect(wrong.err).toContain('id: something is missing (at character 8)')
  expect(wrong.err).toContain('tags.a: there is no function nope')
  expect(wrong.err).toContain('__proto__.x: a key of this name is not allowed')
  const unknown = await commandLine(hub, ['import', fileOf('x.dat', ''), '--map', 'vllm'])
  expect(unknown.err).toContain('--field model_id=VALUE')
  const noFormat = await commandLine(hub, ['import', join(folder, 'x.dat')])
  expect([noFormat.code, noFormat.err]).toEqual([
    2,
    expect.stringContaining('its name does not tell'),
  ])
  const bad = await commandLine(hub, [
    'import',
    fileOf('bad.csv.gz', 'no gzip'),
    '--map',
    join(folder, 'calls.json'),
  ])
  expect([bad.code, bad.err]).toEqual([1, expect.stringContaining('bad.csv.gz cannot be read')])
  const none = await commandLine(hub, ['import', join(folder, 'none.csv')])
  expect(none.code).toBe(6)
})
