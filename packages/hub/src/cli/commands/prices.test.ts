import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ServiceFixture, startService } from '../../../test/service-fixture.ts'
import { createPriceBook } from '../../ingest/price-book.ts'
import type { CliContext } from '../context.ts'
import { CliError } from '../exit-codes.ts'
import { jsonPlaces } from '../prices/json-places.ts'
import { rememberingContext } from '../remembering-context.fixture.ts'
import { type DiffOptions, pricesCheck, pricesDiff, pricesList, pricesShow } from './prices.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'llmhub-prices-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A command as in a pipe (JSON), or on a terminal. */
async function run(command: (context: CliContext) => Promise<void>, isTty = false): Promise<Ran> {
  const { context, written } = rememberingContext({
    terminal: { outIsTty: isTty, errIsTty: isTty },
  })
  try {
    await command(context)
    return { code: 0, ...written }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { code: error.exitCode, out: written.out, err: written.err + error.message }
  }
}

function file(name: string, text: string): string {
  const at = path.join(folder, name)
  writeFileSync(at, text)
  return at
}

describe('llmhub prices check', () => {
  it('names every problem with its line', async () => {
    const at = file(
      'bad.json',
      `{
  "good": { "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6 },
  "house/slip": {
    "input_cost_per_tokens": 1e-6
  },
  "list": [
    { "input_cost_per_token": 1e-6 },
    { "input_cost_per_token": 1e-6, "valid_from": "tomorrow" }
  ],
  "pixels": { "input_cost_per_pixel": 1e-9 },
  "good": { "input_cost_per_token": 3e-6 }
}`,
    )
    const { code, out } = await run((context) => pricesCheck(at, {}, context))
    expect(code).toBe(1)
    const { problems, ...rest } = JSON.parse(out) as { problems: Record<string, unknown>[] }
    expect(rest).toEqual({ form: 'litellm', models: 1 })
    expect(problems.map(({ level, line, path: at }) => [level, line, at])).toEqual([
      ['error', 11, '/good'],
      ['error', 4, '/house~1slip/input_cost_per_tokens'],
      ['error', 8, '/list/1/valid_from'],
      ['note', 10, '/pixels/input_cost_per_pixel'],
      ['note', 10, '/pixels'],
    ])
    const shown = await run((context) => pricesCheck(at, {}, context), true)
    expect(shown.out).toContain(`${at}:4:5: error: /house~1slip/input_cost_per_tokens`)
    expect(shown.err).toContain('1 models, 3 errors, 2 notes')
  })

  it('ends well when nothing is wrong', async () => {
    const good = file('good.json', '{"m":{"input_cost_per_token":"0.000001"}}')
    expect(await run((context) => pricesCheck(good, {}, context))).toMatchObject({
      code: 0,
      err: '',
    })
  })

  it('says where JSON ends being JSON, and which file is not there', async () => {
    const bad = file('broken.json', '{\n  "m": {,}\n}')
    const broken = await run((context) => pricesCheck(bad, {}, context))
    expect(broken).toMatchObject({ code: 1 })
    expect(broken.err).toMatch(/is not JSON: .*line 2/)
    const none = path.join(folder, 'none.json')
    expect(await run((context) => pricesCheck(none, {}, context))).toMatchObject({ code: 6 })
  })
})

describe('llmhub prices diff', () => {
  it('tells what a file changes, adds and lacks', async () => {
    const litellm = file(
      'litellm.json',
      JSON.stringify({
        'gpt-4o': {
          litellm_provider: 'openai',
          input_cost_per_token: 5e-6,
          output_cost_per_token: 1e-5,
          cache_read_input_token_cost: 1.25e-6,
          output_cost_per_token_batches: 5e-6,
        },
        'gpt-nobody-has': { litellm_provider: 'openai', input_cost_per_token: 1e-6 },
      }),
    )
    const { code, out } = await run((context) => pricesDiff(litellm, {}, context))
    expect(code).toBe(0)
    const all = JSON.parse(out) as Record<string, unknown>[]
    const own = all.filter(({ model, change }) => model === 'gpt-4o' && change !== 'removed')
    expect(own).toContainEqual({
      change: 'changed',
      provider: 'openai',
      model: 'gpt-4o',
      tier: 'standard',
      unit: 'input_mtok',
      ours: '2.5',
      theirs: '5',
      percent: 100,
    })
    expect(own).toContainEqual(
      expect.objectContaining({ change: 'added', tier: 'batch', unit: 'output_mtok', theirs: '5' }),
    )
    expect(own.filter(({ change }) => change === 'changed')).toHaveLength(1)
    expect(all).toContainEqual(
      expect.objectContaining({ change: 'added', model: 'gpt-nobody-has', unit: null }),
    )
    expect(all).toContainEqual(expect.objectContaining({ change: 'removed', model: 'o3' }))
  })

  it('finds nothing in the prices that are in force', async () => {
    const same = file('same.json', '{"m":{"litellm_provider":"p","input_cost_per_token":1e-6}}')
    const { out } = await run((context) =>
      pricesDiff(same, { set: [`prices.overrides=${same}`] }, context),
    )
    const mine = (JSON.parse(out) as { model: string }[]).filter(({ model }) => model === 'm')
    expect(mine).toEqual([])
  })
})

describe('llmhub prices diff and show, of a hub', () => {
  const priceOf = (usd: string) => ({ input_cost_per_token: usd, litellm_provider: 'house' })
  let service: ServiceFixture
  beforeAll(async () => {
    service = await startService({
      prices: createPriceBook({ 'house/filed': priceOf('0.000002') }, {}),
    })
    vi.stubEnv('LLMHUB_KEY', service.key(['admin', 'query:read']))
    const put = await fetch(`${service.url}/api/v1/prices/overrides`, {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${process.env['LLMHUB_KEY']}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ 'house/set': priceOf('0.000003') }),
    })
    if (put.status !== 200) throw new Error(`the hub takes no prices: ${put.status}`)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await service.close()
  })

  it('compare with what was set in the hub and what its file says', async () => {
    const theirs = file(
      'theirs.json',
      JSON.stringify({ 'house/filed': priceOf('0.000002'), 'house/set': priceOf('0.000004') }),
    )
    const differences = async (options: DiffOptions) =>
      (
        JSON.parse((await run((context) => pricesDiff(theirs, options, context))).out) as {
          change: string
          model: string
          ours: string | null
        }[]
      ).filter(({ change }) => change !== 'removed')
    expect(await differences({})).toMatchObject([{ change: 'added' }, { change: 'added' }])
    expect(await differences({ url: service.url })).toMatchObject([
      { change: 'changed', ours: '3', theirs: '4' },
    ])
  })

  it('say once that a price is an override, and where it is from', async () => {
    const show = (model: string) =>
      run((context) => pricesShow(model, { provider: 'house', url: service.url }, context), true)
    expect((await show('set')).out).toMatch(/^house\/set {2}\(override, set in the hub, overrides@/)
    expect((await show('filed')).out).toMatch(/\(override, of the configured file, overrides@/)
  })
})

describe('llmhub prices list and show, offline', () => {
  it('show the package under the configured overrides', async () => {
    const own = file(
      'own.json',
      JSON.stringify({
        'house-model': [
          { litellm_provider: 'house', input_cost_per_token: 1e-6 },
          { litellm_provider: 'house', input_cost_per_token: 2e-6, valid_from: '2099-01-01' },
        ],
      }),
    )
    const offline = { offline: true, set: [`prices.overrides=${own}`] }
    const listed = await run((context) => pricesList({ model: 'house-', ...offline }, context))
    expect(JSON.parse(listed.out)).toMatchObject([
      { provider: 'house', model: 'house-model', source: 'override', prices: [{ usd: '1' }] },
    ])
    const shown = await run((context) =>
      pricesShow('house-model', { provider: 'house', ...offline }, context),
    )
    expect(JSON.parse(shown.out)).toMatchObject({
      source: 'override',
      origin: 'file',
      tiers: [
        {
          tier: 'standard',
          now: { rule: 'house-model', prices: [{ unit: 'input_mtok', usd: '1' }] },
          scheduled: [{ rule: 'house-model@2099-01-01', from: '2099-01-01T00:00:00.000Z' }],
        },
      ],
    })
    const table = await run(
      (context) => pricesShow('o3', { provider: 'openai', offline: true }, context),
      true,
    )
    expect(table.out).toMatch(/^openai\/o3 {2}\(package, exact_id, genai-prices@/)
    const none = await run((context) => pricesShow('no-such-model', { offline: true }, context))
    expect(none).toMatchObject({ code: 6 })
    const soon = await run((context) => pricesList({ at: 'soon', offline: true }, context))
    expect(soon).toMatchObject({ code: 2 })
  })
})

const shared =
  process.env['LLMHUB_SHARED_DATA'] ??
  path.resolve(import.meta.dirname, '../../../../../../shared/data')
const published = ['litellm_model_prices_2026-07-24.json', 'genai-prices_data_slim.json']

describe('published files of prices', () => {
  it.for(published)('%s has no error', async (file, { skip }) => {
    const name = path.join(shared, 'prices', file)
    if (!existsSync(name)) return skip(`there is no ${name}`)
    const { code, out } = await run((context) => pricesCheck(name, {}, context))
    const { problems, models } = JSON.parse(out) as {
      problems: { level: string }[]
      models: number
    }
    expect(problems.filter(({ level }) => level === 'error')).toEqual([])
    expect(code).toBe(0)
    expect(models).toBeGreaterThan(1200)
    const { out: text } = await run((context) => pricesDiff(name, {}, context))
    const changed = (JSON.parse(text) as { change: string }[]).filter(
      ({ change }) => change === 'changed',
    )
    console.log(`prices.test: ${changed.length} prices differ from ${path.basename(name)}`)
    expect(changed.length).toBeGreaterThan(0)
  })
})

describe('places of JSON values', () => {
  it('are those of keys and items, in spite of what is escaped', () => {
    const text = '{\n "a\\"b": [1,\n  {"c/d": "x\\\\"}],\n "e": {}\n}'
    const places = jsonPlaces(text)
    expect(places.at('')).toEqual({ line: 1, column: 1 })
    expect(places.at('/a"b/0')).toEqual({ line: 2, column: 11 })
    expect(places.at('/a"b/1/c~1d')).toEqual({ line: 3, column: 4 })
    expect(places.at('/e/nowhere')).toEqual({ line: 4, column: 2 })
    expect(places.twice).toEqual([])
  })
})
