import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Question } from '@llmhub/schema'
import { expect, test } from 'vitest'
import { inFolder } from '../support/folder.ts'
import { HubProcess, pause } from '../support/hub-process.ts'
import { runCommand } from '../support/llmhub-command.ts'
import { overridesOf, type PriceFile } from '../support/price-oracle.ts'
import { picoDollars } from '../support/recount.ts'
import { askAfter } from '../support/reports.ts'
import { costBy, MONTH, makeMonth, type Report } from './oracle-month.ts'

const CALLS = process.env['LLMHUB_DATA'] === 'full' ? 60_000 : 1500
const BATCH = 500
const SEED = 20_261_031

const KEYS = {
  total: { kind: 'table', by: [], keyOf: () => '' },
  model: { kind: 'table', by: ['model'], keyOf: (report: Report) => report.model },
  day: {
    kind: 'series',
    by: ['time:1d'],
    keyOf: ({ time }: Report) => `${new Date(time).toISOString().slice(0, 10)}T00:00:00.000Z`,
  },
} as const

const COSTS = [
  'cost.total',
  'cost.computed',
  'cost.reported',
  'cost.prompt',
  'cost.completion',
  'cost.other',
  'cost.cache_saved',
  'cost.without_cache',
  'cost.unpriced.count',
]
const TOKENS = ['events.count', 'requests.count', 'tokens.input', 'tokens.output', 'users.count']

const QUESTIONS: readonly Question[] = [
  ...Object.values(KEYS).map(({ kind, by }) => ({
    kind,
    by,
    measures: [...COSTS, ...TOKENS, 'latency.p95'],
    ...MONTH,
  })),
  { kind: 'table', by: ['user', 'model'], measures: COSTS, ...MONTH, limit: 1000 },
  { kind: 'table', by: ['price_rule'], measures: COSTS, ...MONTH },
  { kind: 'list', limit: 1000, ...MONTH },
]

async function answers(hub: HubProcess, questions = QUESTIONS): Promise<string> {
  const texts: string[] = []
  for (const question of questions) {
    const { columns, rows } = await askAfter(hub, question, null)
    texts.push(JSON.stringify({ columns, rows }))
  }
  return texts.join('\n')
}

/** Answers whose cells are all equal to the oracle's, to the pico-dollar. */
async function demandOracle(
  hub: HubProcess,
  reports: readonly Report[],
  pricesOf: (report: Report) => PriceFile | null,
): Promise<void> {
  for (const [name, { kind, by, keyOf }] of Object.entries(KEYS)) {
    const measures = ['cost.total', 'cost.unpriced.count']
    const { columns, rows } = await askAfter(hub, { kind, by, measures, ...MONTH }, null)
    const at = (column: string) => columns.findIndex((each) => each.name === column)
    const keyAt = columns.findIndex(({ role }) => role === 'time' || role === 'dimension')
    const got = rows.map((row) => [
      keyAt < 0 ? '' : String(row[keyAt] ?? ''),
      picoDollars(String(row[at('cost.total')] ?? 0)),
      row[at('cost.unpriced.count')],
    ])
    const right = [...costBy(reports, keyOf, pricesOf)].map(([key, { total, unpriced }]) => [
      key,
      total,
      unpriced,
    ])
    expect(got.toSorted(byKey), name).toEqual(right.toSorted(byKey))
  }
}

function byKey(a: readonly unknown[], b: readonly unknown[]): number {
  return String(a[0]) < String(b[0]) ? -1 : 1
}

async function request(hub: HubProcess, method: string, path: string, body?: unknown) {
  for (;;) {
    const json = body === undefined ? undefined : JSON.stringify(body)
    const reply = await hub.send(
      method,
      path,
      json,
      body === undefined ? undefined : 'application/json',
    )
    if (reply.status === 503) {
      await pause(20)
      continue
    }
    expect(reply.status, `${path}: ${reply.text}`).toBeLessThan(300)
    return JSON.parse(reply.text) as Readonly<Record<string, unknown>>
  }
}

async function putPrices(hub: HubProcess, prices: PriceFile): Promise<void> {
  await request(hub, 'PUT', '/api/v1/prices/overrides', overridesOf(prices))
}

/** Sends everything and waits until it is applied. */
async function sendAll(hub: HubProcess, reports: readonly Report[]): Promise<void> {
  let position: unknown = null
  for (let at = 0; at < reports.length; at += BATCH) {
    const events = reports.slice(at, at + BATCH).map(({ event }) => event)
    const answer = await request(hub, 'POST', '/api/v1/events', events)
    position = answer['position'] ?? position
  }
  await waitFor(hub, position)
}

async function waitFor(hub: HubProcess, position: unknown): Promise<void> {
  if (typeof position !== 'string') throw new Error('nothing was taken in')
  await askAfter(hub, { kind: 'table', measures: ['events.count'], from: 'now-1h' }, position)
}

async function commanded(hub: HubProcess, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runCommand(hub.url, args)
  expect(code, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
}

/** Compacts the store; answers how that went. */
async function compacted(hub: HubProcess): Promise<unknown> {
  await request(hub, 'POST', '/api/v1/maintenance/compact')
  for (;;) {
    const { running, last } = await request(hub, 'GET', '/api/v1/maintenance/compact')
    if (running === null) return last
    await pause(20)
  }
}

test(
  'a month costs the same to the last pico-dollar by the hub and by plain arithmetic',
  { timeout: 600_000 },
  () =>
    inFolder(async (folder) => {
      const start = {
        dataDir: join(folder, 'data'),
        settings: {
          log_level: 'warn',
          'store.memory_mb': 512,
          'backup.dir': join(folder, 'backups'),
        },
      }
      const { reports, firstPrices, lastPrices } = makeMonth(SEED, CALLS)
      const corrected = reports.map((report) => {
        if (!report.isWrong) return report
        const payload = { ...(report.event['payload'] as object), status: 'ok' }
        return { ...report, isWrong: false, event: { ...report.event, payload } }
      })
      let hub = await HubProcess.start(start)
      const again = async (between: () => void) => {
        await hub.kill()
        between()
        hub = await HubProcess.start(start)
      }
      const withoutStore = () => rmSync(join(start.dataDir, 'store'), { recursive: true })
      try {
        await putPrices(hub, firstPrices)
        await sendAll(hub, reports)
        const asSent = (report: Report) => (report.isWrong ? null : firstPrices)
        await demandOracle(hub, reports, asSent)

        // Late corrections are priced by what holds when they come.
        await putPrices(hub, lastPrices)
        for (let cursor: unknown = null, page = 0; page === 0 || cursor !== null; page++) {
          const body = { filter: { code: 'not_allowed' }, set: { '/payload/status': 'ok' }, cursor }
          const replayed = await request(hub, 'POST', '/api/v1/dead-letters/replay', body)
          if (typeof replayed['position'] === 'string') await waitFor(hub, replayed['position'])
          cursor = replayed['next'] ?? null
        }
        const asCorrected = (report: Report) => (report.isWrong ? lastPrices : firstPrices)
        await demandOracle(hub, reports, asCorrected)
        const beforeRepricing = await answers(hub)
        await again(withoutStore)
        expect(await answers(hub)).toBe(beforeRepricing)

        const repriced = await request(hub, 'POST', '/api/v1/prices/reprice', MONTH)
        expect(repriced).toMatchObject({ applied: true })
        await demandOracle(hub, reports, () => lastPrices)
        const expected = await answers(hub)
        expect(expected).not.toBe(beforeRepricing)

        await again(withoutStore)
        expect(await answers(hub), 'rebuilt').toBe(expected)
        expect(await compacted(hub)).toMatchObject({ succeeded: true })
        expect(await answers(hub), 'compacted').toBe(expected)
        await again(() => undefined)
        expect(await answers(hub), 'compacted and restarted').toBe(expected)

        await commanded(hub, ['backup'])
        const restored = join(folder, 'restored')
        await commanded(hub, ['restore', '--from', join(folder, 'backups'), '--to', restored])
        await hub.kill()
        hub = await HubProcess.start({ ...start, dataDir: restored })
        expect(await answers(hub), 'restored').toBe(expected)
        await demandOracle(hub, reports, () => lastPrices)

        // A hub that had the last prices and the right events from the start.
        const costs = QUESTIONS.filter(({ kind }) => kind !== 'list')
        const repricedCosts = await answers(hub, costs)
        await hub.kill()
        hub = await HubProcess.start({ ...start, dataDir: join(folder, 'other') })
        await putPrices(hub, lastPrices)
        await sendAll(hub, corrected)
        expect(await answers(hub, costs), 'priced at once').toBe(repricedCosts)
      } finally {
        await hub.kill()
      }
    }),
)
