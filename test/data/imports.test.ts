import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { calcPrice } from '@pydantic/genai-prices'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HubProcess, pause } from '../support/hub-process.ts'
import { differences, isRight } from './differences.ts'
import { iso, PRICES } from './expected.ts'
import { type Comparison, compared, grouped, top } from './expected-answers.ts'
import {
  type Asked,
  breakdown,
  conversations,
  costs,
  type Filled,
  metrics,
  models,
  performance,
  selected,
  summary,
  trends,
} from './expected-reports.ts'
import { applied, importTrace, type TraceFile, writeTraces } from './import-traces.ts'
import { type Happening, parseCsv, sharedData, traces } from './traces.ts'

/** The first 2,000 rows of every trace, or all of them. */
const ROWS = process.env['LLMHUB_DATA'] === 'full' ? null : 2000
const shared = sharedData()
const NO_DATA = 'the published traces are not here: set LLMHUB_SHARED_DATA to their folder'
const SLOW_MS = 300_000
/** Less than the limit of a test, which would say nothing of the hub. */
const ROLLED_UP_WITHIN_MS = 200_000
const HOUR_MICROS = 3_600_000_000

const at = (text: string): number => Date.parse(text) * 1000
const AZURE = { from: at('2023-11-16T18:00Z'), to: at('2023-11-16T19:00Z') }
const EXAMS = { from: at('2024-06-06T00:00Z'), to: at('2024-06-14T00:00Z') }
const SPRING = { from: at('2025-03-29T00:00Z'), to: at('2025-04-01T00:00Z'), zone: 'Europe/Berlin' }
const AUTUMN = { from: at('2025-10-25T00:00Z'), to: at('2025-10-28T00:00Z'), zone: 'Europe/Berlin' }
const LITELLM = { from: at('2025-01-24T09:00Z'), to: at('2025-01-24T10:00Z') }
const YEARS = { from: at('2023-10-31T23:00Z'), to: at('2026-08-31T22:00Z'), zone: 'Europe/Berlin' }
const RANGES = { AZURE, EXAMS, SPRING, AUTUMN, LITELLM, YEARS }

const folder = mkdtempSync(path.join(tmpdir(), 'llmhub-data-'))
const dataDir = path.join(folder, 'hub')
let hub: HubProcess
let files: readonly TraceFile[] = []
let all: readonly Happening[] = []

async function startHub(): Promise<void> {
  hub = await HubProcess.start({ dataDir })
}

beforeAll(async () => {
  if (shared === null) return
  // Whole seconds, well within the last hour for as long as the tests take.
  const recent = Math.floor((Date.now() - 45 * 60_000) / 1000) * 1_000_000
  files = writeTraces(shared, folder, traces(recent), ROWS)
  all = files.flatMap((file) => file.happenings)
  await startHub()
}, SLOW_MS)

afterAll(async () => {
  if (shared !== null) await hub.stop()
  rmSync(folder, { recursive: true, force: true })
})

const isIn = (row: Happening, asked: Asked): boolean => selected([row], asked).length === 1

interface Body {
  readonly meta: { readonly source: string; readonly from: string; readonly to: string }
}

async function read(url: string): Promise<Body> {
  const reply = await hub.get(url)
  if (reply.status !== 200) throw new Error(`${url}: ${reply.status} ${reply.text}`)
  return JSON.parse(reply.text) as Body
}

const GRANULARITY = {
  '1m': '1min',
  '5m': '5min',
  '15m': '15min',
  '1h': '1hour',
  '1d': '1day',
  '1w': '1week',
  '1M': '1month',
} as const

function addressOf(report: string, asked: Asked, more: Readonly<Record<string, string>>): string {
  const { step, zone, provider, model, user } = asked
  const parameters = {
    start_time: iso(asked.from),
    end_time: iso(asked.to),
    ...(step === undefined ? {} : { granularity: GRANULARITY[step] }),
    ...(step === undefined || zone === undefined ? {} : { timezone: zone }),
    ...(provider === undefined ? {} : { provider }),
    ...(model === undefined ? {} : { model }),
    ...(user === undefined ? {} : { user_id: user }),
    ...more,
  }
  return `/api/v1${report}?${new URLSearchParams(parameters).toString()}`
}

async function check(
  report: string,
  asked: Asked,
  expected: Filled,
  more: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const url = addressOf(report, asked, more)
  const body = await read(url)
  return differences(body, expected, body.meta.source === 'raw').map((text) => `${url} ${text}`)
}

async function ask(question: object): Promise<Body & { readonly rows: readonly unknown[][] }> {
  const reply = await hub.post('/api/v1/query', question)
  if (reply.status !== 200) throw new Error(`${JSON.stringify(question)}: ${reply.text}`)
  return JSON.parse(reply.text) as Body & { rows: unknown[][] }
}

async function checkAnswer({ question, rows, ordered }: Comparison): Promise<string[]> {
  const answer = await ask(question)
  const isRaw = answer.meta.source === 'raw'
  const keys = rows[0]?.findIndex(
    (cell) => typeof cell === 'object' && cell !== null && 'figure' in cell,
  )
  const keyOf = (row: readonly unknown[]): string => JSON.stringify(row.slice(0, keys))
  const sort = <Row extends readonly unknown[]>(list: readonly Row[]): readonly Row[] =>
    ordered ? list : list.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const [actual, right] = [sort(answer.rows), sort(rows)]
  const found = actual.length === right.length ? [] : [`${actual.length} rows, not ${right.length}`]
  for (const [index, row] of right.entries()) {
    for (const [column, cell] of row.entries()) {
      const given = actual[index]?.[column]
      const same =
        typeof cell === 'object' && cell !== null
          ? isRight(given, cell.measure, cell.figure, isRaw)
          : given === cell
      if (!same) {
        const shown =
          typeof cell === 'object' && cell !== null ? `${cell.measure} ${cell.figure}` : cell
        found.push(`row ${index} column ${column} is ${JSON.stringify(given)}, should be ${shown}`)
      }
    }
  }
  return found.map((text) => `${JSON.stringify(question)}: ${text}`)
}

async function checkReports(): Promise<string[]> {
  const found: string[] = []
  for (const range of Object.values(RANGES)) {
    found.push(
      ...(await check('/metrics/summary', range, summary(all, range))),
      ...(await check('/metrics/models', range, models(all, range))),
      ...(await check('/metrics/conversations', range, conversations(all, range, 10))),
    )
    for (const by of ['model', 'provider', 'user', 'environment', 'tag.topic']) {
      found.push(
        ...(await check('/costs/breakdown', range, breakdown(all, range, by, 100), { by })),
        ...(await check('/costs/breakdown', range, breakdown(all, range, by, 2), {
          by,
          limit: '2',
        })),
      )
    }
  }
  const series: readonly Asked[] = [
    { ...AZURE, step: '1m' },
    { ...AZURE, step: '5m', user: 'code' },
    { ...AZURE, step: '15m', model: 'gpt-4o' },
    { ...EXAMS, step: '1h' },
    { ...EXAMS, step: '1d', zone: 'Europe/Berlin', model: 'gpt-35-turbo' },
    { ...SPRING, step: '1h' },
    { ...SPRING, step: '1d' },
    { ...SPRING, step: '5m', provider: 'bedrock' },
    { ...AUTUMN, step: '1h' },
    { ...AUTUMN, step: '1d' },
    { ...LITELLM, step: '1h' },
    { ...YEARS, step: '1w' },
    { ...YEARS, step: '1M' },
    // Neither edge lies on a bucket's.
    { from: AZURE.from + 17 * 60_123_457, to: AZURE.to - 23 * 60_654_321, step: '5m' },
  ]
  for (const asked of series) {
    found.push(
      ...(await check('/costs', asked, costs(all, asked))),
      ...(await check('/performance', asked, performance(all, asked))),
      ...(await check('/metrics/trends', asked, trends(all, asked))),
    )
  }
  return found
}

const CALLS = ['llm_request'] as const
const BOTH = ['llm_request', 'parameter_execution'] as const
const COUNTS = ['requests.count', 'tokens.input', 'tokens.output', 'cost.total'] as const
const TIMES = [
  'latency.p50',
  'latency.p95',
  'latency.p99',
  'latency.max',
  'ttft.min',
  'ttft.p90',
] as const

function comparisons(): Comparison[] {
  const calls = { kinds: CALLS, measures: COUNTS }
  return [
    grouped(all, { ...YEARS, ...calls, by: ['model'] }),
    grouped(all, { ...YEARS, ...calls, by: ['provider', 'model', 'status'] }),
    grouped(all, { ...AZURE, ...calls, step: '1m', zone: 'UTC', by: ['model'] }),
    grouped(all, { ...AZURE, ...calls, step: '15m', zone: 'Europe/Berlin', zero: true }),
    grouped(all, { ...EXAMS, ...calls, step: '1d', zone: 'Europe/Berlin', by: ['model'] }),
    grouped(all, { ...EXAMS, ...calls, step: '1d', zone: 'America/Los_Angeles' }),
    grouped(all, { ...EXAMS, ...calls, step: '1h', zone: 'UTC', by: ['user'] }),
    grouped(all, {
      ...EXAMS,
      kinds: CALLS,
      measures: ['users.count', 'sessions.count'],
      by: ['model'],
    }),
    grouped(all, {
      ...EXAMS,
      kinds: CALLS,
      measures: ['sessions.count', 'cost.total'],
      by: ['tag.topic'],
    }),
    grouped(all, {
      ...EXAMS,
      kinds: BOTH,
      measures: ['executions.count', 'executions.success_rate', 'quality.avg', 'events.last'],
      by: ['kind', 'task_type'],
    }),
    grouped(all, { ...SPRING, kinds: CALLS, measures: TIMES, by: ['provider', 'model'] }),
    grouped(all, {
      ...SPRING,
      kinds: CALLS,
      measures: [...COUNTS, ...TIMES],
      step: '1d',
      zero: true,
    }),
    grouped(all, { ...SPRING, kinds: CALLS, measures: TIMES, step: '5m', by: ['provider'] }),
    grouped(all, { ...AUTUMN, ...calls, step: '1h' }),
    grouped(all, { ...AUTUMN, ...calls, step: '1d', zero: true }),
    grouped(all, { ...YEARS, ...calls, step: '1M', zero: true }),
    grouped(all, { ...YEARS, ...calls, step: '1w', by: ['provider'] }),
    top(all, { ...YEARS, kinds: CALLS, measures: [...COUNTS, 'latency.p95'] }, 'model', 3),
    top(all, { ...EXAMS, kinds: CALLS, measures: COUNTS }, 'tag.topic', 5),
    compared(all, {
      from: at('2023-11-16T18:30Z'),
      to: at('2023-11-16T18:45Z'),
      kinds: CALLS,
      measures: ['requests.count', 'tokens.input', 'tokens.output'],
    }),
  ]
}

async function checkQuestions(): Promise<string[]> {
  const found: string[] = []
  for (const comparison of comparisons()) found.push(...(await checkAnswer(comparison)))
  return found
}

/** Answers to everything asked above, without where they come from. */
async function answers(): Promise<string[]> {
  const texts: string[] = []
  for (const { question } of comparisons()) {
    const { meta: _, ...rest } = await ask(question)
    texts.push(JSON.stringify({ question, rest }))
  }
  return texts
}

/** Waits until every closed hour has its rollup. */
async function rolledUp(): Promise<void> {
  for (let waited = 0; waited < ROLLED_UP_WITHIN_MS; waited += 100) {
    const question = {
      kind: 'table',
      measures: ['requests.count'],
      // Another hour each time: a question that was asked before gets its earlier answer, from rows.
      from: iso(AZURE.from - (waited / 100) * HOUR_MICROS),
      to: iso(at('2026-08-31T00:00Z')),
    }
    if ((await ask(question)).meta.source === 'rollup') return
    await pause(100)
  }
  throw new Error(`the rollups are not built after ${ROLLED_UP_WITHIN_MS} ms${hub.story()}`)
}

describe('published traces', { timeout: SLOW_MS }, () => {
  test('the price figures are those of the price package', () => {
    for (const [name, [input, output]] of Object.entries(PRICES)) {
      const [provider = '', model = ''] = name.split('/')
      const usage = { input_tokens: 1_000_000, output_tokens: 1_000_000 }
      const price = calcPrice(usage, model, { providerId: provider })
      expect([name, price?.input_price, price?.output_price]).toEqual([
        name,
        Number(input) / 1e6,
        Number(output) / 1e6,
      ])
    }
  })

  test('every row of every trace is taken in', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    for (const file of files) {
      const { length } = file.happenings
      expect(length).toBeGreaterThan(0)
      const { rows, accepted, duplicates, rejected, unmapped } = await importTrace(hub.url, file)
      expect([file.file, { rows, accepted, duplicates, rejected, unmapped }]).toEqual([
        file.file,
        { rows: length, accepted: length, duplicates: 0, rejected: 0, unmapped: 0 },
      ])
    }
    await applied(hub, all.length)
  })

  test('a second run counts nothing', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    for (const file of files.slice(0, 3)) {
      const { length } = file.happenings
      const { accepted, duplicates, rejected } = await importTrace(hub.url, file)
      expect([file.file, accepted, duplicates, rejected]).toEqual([file.file, 0, length, 0])
    }
  })

  test('every report is what the files say', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    expect((await checkReports()).slice(0, 15)).toEqual([])
  })

  test('the last hour is what the files say', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    for (const [window, model] of [['1h'], ['1d'], ['1M'], ['1h', 'llama-2-70b-chat']] as const) {
      const filter = model === undefined ? {} : { model }
      const url = `/api/v1/metrics?${new URLSearchParams({ window, ...filter }).toString()}`
      const body = await read(url)
      const range = { from: at(body.meta.from), to: at(body.meta.to), ...filter }
      const found = differences(body, metrics(all, range, window), body.meta.source === 'raw')
      const other = found.filter((text) => !text.includes('requests.rate'))
      expect(other.slice(0, 15)).toEqual([])
      // The window ends at the next five seconds; a rate is per second that has passed.
      const count = all.filter((row) => row.kind === 'llm_request' && isIn(row, range)).length
      const seconds = (range.to - range.from) / 1_000_000
      const { throughput } = body as unknown as { throughput: { requests_per_second: number } }
      const passed = count / throughput.requests_per_second
      expect(passed).toBeGreaterThan(seconds - 5)
      expect(passed).toBeLessThan(seconds + 1e-6)
    }
  })

  test('every question is answered as the files say', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    expect((await checkQuestions()).slice(0, 15)).toEqual([])
  })

  test('rollups say the same as the rows', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    await rolledUp()
    const reply = await hub.send('POST', '/api/v1/verify/rollups')
    const { checked, problems } = JSON.parse(reply.text) as {
      checked: { name: string; count: number }[]
      problems: string[]
    }
    expect(problems).toEqual([])
    expect(checked.filter(({ count }) => count > 0).length).toBeGreaterThan(2)
    expect((await checkQuestions()).slice(0, 15)).toEqual([])
    expect((await checkReports()).slice(0, 15)).toEqual([])
  })

  test('after a restart and after a rebuild the answers are the same to the byte', async (context) => {
    if (shared === null) return context.skip(NO_DATA)
    const before = await answers()
    await hub.stop()
    await startHub()
    await applied(hub, all.length)
    expect(await answers()).toEqual(before)
    await hub.stop()
    rmSync(path.join(dataDir, 'store'), { recursive: true })
    await startHub()
    await applied(hub, all.length)
    await rolledUp()
    expect(await answers()).toEqual(before)
  })
})

test('the reader of these tests understands quotes as RFC 4180 does', () => {
  expect(parseCsv('a,b\n"x, ""y""\nz",2\r\n,3\n')).toEqual([
    { a: 'x, "y"\nz', b: '2' },
    { a: '', b: '3' },
  ])
})
