import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FieldSpec, KINDS, type KindSpec } from '@llmhub/schema'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Seeded } from '../../../../test/support/seeded.ts'
import { EXPORT_FIELDS } from '../../src/api/export-fields.ts'
import { commandLine } from '../command-line.ts'
import { WholeHub } from './whole-hub.ts'

/*
 * The law of transfer: what one hub exports, an empty one with the same prices takes in as the same
 * rows, with the same costs, and answers the same; a second import finds nothing but duplicates.
 */

const ROWS = 400
const folder = mkdtempSync(join(tmpdir(), 'llmhub-transfer-'))
const file = join(folder, 'events.ndjson')
let source: WholeHub
let target: WholeHub

/** What only the hub that took a row in says of it. */
const OWN_FIELDS = ['received_at', 'receiver', 'usage_rule']

const random = new Seeded(7)
const START = Date.parse('2026-10-01T00:00:00Z')

function valueOf(spec: FieldSpec): unknown {
  switch (spec.type) {
    case 'string':
      return random.pick(['a', 'b', '=SUM(A1)', 'ü„"', 'x'.repeat(40)])
    case 'id':
      return random.pick(['id-1', 'id-2', 17, `u${random.int(1000)}`])
    case 'number':
      return Math.min(spec.max ?? 1e9, Math.round(random.int(1e9) / 7) / 1000)
    case 'count':
      return random.int(1e6)
    case 'fraction':
      return random.int(1000) / 1000
    case 'usd':
      return random.pick([0.1, '0.000000000001', 12.5, '999999.123456789012', 1e-7])
    case 'boolean':
      return random.chance(0.5)
    case 'enum':
      return random.pick(spec.values ?? [])
    case 'object':
      return { temperature: 0.7, top_k: 40, deep: { list: [1, null, 'x'] } }
    case 'strings':
      return ['one', 'two']
    case 'json':
      return { before: null, after: [1] }
    case 'usage':
      return random.pick<unknown>([
        { prompt_tokens: 1200, completion_tokens: 30, total_tokens: 1230 },
        { input_tokens: 50, output_tokens: 9, cache_read_tokens: 20 },
        {
          input_tokens: 40,
          output_tokens: 12,
          cache_creation_input_tokens: 2000,
          cache_read_input_tokens: 900,
          cache_creation: { ephemeral_1h_input_tokens: 500, ephemeral_5m_input_tokens: 1500 },
          service_tier: 'batch',
        },
        { promptTokenCount: 70, candidatesTokenCount: 7, thoughtsTokenCount: 11 },
        { prompt_tokens: 10, completion_tokens: 5, completion_tokens_details: { audio_tokens: 2 } },
        { input_tokens: 10, output_tokens: 3, cache_read_tokens: 400 },
        { output_images: 3, input_audio_seconds: 1.5 },
        {},
      ])
  }
}

function eventAt(i: number): object {
  const kind: KindSpec = random.pick<KindSpec>(KINDS)
  const payload: Record<string, unknown> = { type: kind.kind }
  for (const spec of kind.fields) {
    if (spec.required !== true && random.chance(0.4)) continue
    payload[spec.name] = valueOf(spec)
    const [alias] = spec.aliases ?? []
    // A second name that contradicts the first is kept beside it.
    if (alias !== undefined && spec.type === 'string' && random.chance(0.2))
      payload[alias] = 'other'
  }
  if ('model_id' in payload) payload['model_id'] = random.pick(['gpt-4o', 'claude-sonnet-4-5', 'm'])
  if ('provider' in payload) payload['provider'] = random.pick(['openai', 'anthropic', 'azure'])
  if (random.chance(0.2)) payload['output_tokens'] = 3
  if (random.chance(0.2)) payload['own_field'] = { any: ['thing', i] }
  return {
    common: {
      event_id: `e${i}`,
      timestamp: START * 1000 + i * 61_000_003,
      ...(random.chance(0.5) ? { environment: 'test', severity: 'warning' } : {}),
      ...(random.chance(0.3) ? { correlation_id: i, parent_event_id: 'p' } : {}),
      ...(random.chance(0.5) ? { tags: random.chance(0.5) ? { team: 'é', n: 3 } : ['bare'] } : {}),
      ...(random.chance(0.2) ? { model_id: 'in common', region: 'eu' } : {}),
    },
    payload,
    ...(random.chance(0.2) ? { type: 'beside', prompt_tokens: 5 } : {}),
  }
}

async function rowsOf(hub: WholeHub): Promise<Record<string, unknown>[]> {
  const fields = [...EXPORT_FIELDS, 'suppressed'].filter((name) => !OWN_FIELDS.includes(name))
  const response = await fetch(
    `${hub.url}/api/v1/export/events?fields=${fields.join(',')}&format=ndjson`,
    { headers: hub.headers },
  )
  expect(response.status).toBe(200)
  const lines = (await response.text()).trimEnd().split('\n')
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .toSorted((a, b) => (String(a['event_id']) < String(b['event_id']) ? -1 : 1))
}

beforeAll(async () => {
  source = await WholeHub.in()
  target = await WholeHub.in()
  await Promise.all([source.mustStart(), target.mustStart()])
  const events = Array.from({ length: ROWS }, (_, i) => eventAt(i))
  const { body } = await source.send(events)
  if (body['accepted'] !== ROWS) throw new Error(JSON.stringify(body))
})

afterAll(async () => {
  await Promise.all([source.remove(), target.remove()])
  rmSync(folder, { recursive: true, force: true })
})

it('moves every row with its costs, and nothing twice', async () => {
  const saved = await commandLine(source, ['export', 'events', '--file', file])
  expect(saved).toMatchObject({ code: 0 })
  const first = await commandLine(target, ['import', file, '-o', 'json'])
  expect(first.err).not.toContain('!')
  expect(JSON.parse(first.out)).toMatchObject({ rows: ROWS, accepted: ROWS, duplicates: 0 })

  const [before, after] = [await rowsOf(source), await rowsOf(target)]
  expect(before).toHaveLength(ROWS)
  expect(after).toEqual(before)
  expect(before.some((row) => row['suppressed'] === true)).toBe(true)
  expect(before.filter((row) => row['cost'] !== null).length).toBeGreaterThan(50)

  const range = { from: '2026-10-01', to: '2026-11-01' }
  const questions = [
    { kind: 'table', measures: ['cost.total', 'tokens.total', 'requests.count'], by: ['model'] },
    { kind: 'series', measures: ['latency.p95', 'cost.cache_saved'], by: ['time:1h', 'provider'] },
    { kind: 'table', measures: ['events.count', 'events.last'], by: ['kind', 'tag.team'] },
  ]
  for (const question of questions) {
    const asked = { ...question, ...range }
    const before = await source.call('/api/v1/query', asked)
    const after = await target.call('/api/v1/query', asked)
    expect(before.status).toBe(200)
    expect(after.body['rows']).toEqual(before.body['rows'])
    expect(before.body['rows']).not.toEqual([])
  }

  // The file again, and the same events under another name of another content.
  const again = await commandLine(target, ['import', file, '-o', 'json'])
  expect(JSON.parse(again.out)).toMatchObject({ rows: ROWS, accepted: 0, duplicates: ROWS })
  const other = join(folder, 'other.ndjson')
  writeFileSync(other, `${readFileSync(file, 'utf8')}\n`)
  const renamed = await commandLine(target, ['import', other, '-o', 'json'])
  expect(JSON.parse(renamed.out)).toMatchObject({ accepted: 0, duplicates: ROWS, rejected: 0 })
  const back = await commandLine(target, ['export', 'events', '--where', 'kind=llm_request'])
  expect(back.out).not.toBe('')
  const asWas = new Set(readFileSync(file, 'utf8').split('\n'))
  for (const line of back.out.trimEnd().split('\n')) expect(asWas).toContain(line)
})

async function exported(
  query: string,
  headers = source.headers,
): Promise<{ status: number; text: string; headers: Headers }> {
  const response = await fetch(`${source.url}/api/v1/export/events?${query}`, { headers })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

it('chooses rows by time, kind and filters, and fields by name', async () => {
  const lines = ({ text }: { text: string }): number => text.split('\n').length - 1
  const all = await exported('format=csv&fields=kind,suppressed')
  expect(lines(all)).toBe(ROWS + 1)
  const gauges = all.text.split('\r\n').filter((line) => line.startsWith('gauge,')).length
  expect(lines(await exported('kind=gauge&format=csv&fields=kind,cost'))).toBe(gauges + 1)
  const first = await exported('to=2026-10-01T00:01:00Z')
  expect(first.text).toMatch(/^\{"common":\{"event_id":"e0".*\}\n$/u)
  expect(first.headers.get('x-llmhub-snapshot')).toMatch(/^0:\d+/u)
  expect(first.headers.get('content-disposition')).toContain('events.ndjson')
  const where = encodeURIComponent('[{"field":"kind","op":"eq","value":"none"}]')
  expect((await exported(`where=${where}&format=csv&fields=time`)).text).toBe('time\r\n')
})

it.each([
  ['fields=time,cots', 'invalid_request', 'did you mean cost?'],
  ['fields=time,time', 'invalid_request', 'names time twice'],
  ['where={', 'invalid_request', 'where: not valid JSON'],
  ['where=[{"field":"nope"}]', 'invalid_question', '"nope" is not a field'],
  ['from=yesterday', 'invalid_question', 'is not a time'],
  ['format=xml', 'invalid_request', 'format'],
])('%s is refused', async (query, code, message) => {
  const { status, text } = await exported(query)
  expect([status, JSON.parse(text)]).toMatchObject([400, { code }])
  expect(text.replaceAll('\\"', '"')).toContain(message)
})

it('a key sees its own project alone, and whole events are of one project', async () => {
  const put = await source.call('/api/v1/projects/shop', { events_per_second: null }, 'PUT')
  expect([200, 201]).toContain(put.status)
  const key = await source.call('/api/v1/keys', {
    name: 'reader',
    project: 'shop',
    permissions: ['query:read'],
  })
  const bound = { authorization: `Bearer ${String(key.body['key'])}` }
  expect(await exported('', bound)).toMatchObject({ status: 200, text: '' })
  expect((await exported('', { ...bound, 'x-llmhub-project': 'default' })).status).toBe(403)
  const unnamed = await exported('')
  expect([unnamed.status, unnamed.text]).toEqual([400, expect.stringContaining('default, shop')])
  const named = await exported('', { ...source.headers, 'x-llmhub-project': 'default' })
  expect(named.text.split('\n')).toHaveLength(ROWS + 1)
  expect((await exported('format=csv&fields=project')).status).toBe(200)
})
