import { costOf, PROVIDER, type PriceFile, type Usage, wireUsage } from '../support/price-oracle.ts'
import { PRICED_MODELS, randomPrices, randomTier, randomUsage } from '../support/price-traffic.ts'
import { picoDollars } from '../support/recount.ts'
import { Seeded } from '../support/seeded.ts'

/**
 * A month of calls from a seed, and what they cost by plain arithmetic. Prices change twice within the
 * month; calls have whole-request and graduated tiers, service tiers, caches of both lifetimes and
 * searches; many are reported two or three times, by response id, request id or both, in random
 * order; of some the best report is rejected at first.
 */

export const MONTH = { from: '2026-10-01T00:00:00.000Z', to: '2026-11-01T00:00:00.000Z' } as const
const START = Date.parse(MONTH.from)
const DAY = 86_400_000
const DAYS = 31
const WRONG = 0.04

export interface Report {
  readonly call: number
  readonly kind: 'llm_request' | 'token_cost' | 'token_usage' | 'latency'
  readonly model: string
  readonly time: number
  readonly tier: string | null
  /** Null where the report does not say. */
  readonly usage: Usage | null
  readonly reported: string | null
  readonly isWrong: boolean
  readonly event: Readonly<Record<string, unknown>>
}

export interface Month {
  /** In the order they are sent. */
  readonly reports: readonly Report[]
  readonly firstPrices: PriceFile
  readonly lastPrices: PriceFile
}

export function makeMonth(seed: number, calls: number): Month {
  const random = new Seeded(seed)
  const changes = [10, 20].map((days) => START + days * DAY)
  const firstPrices = randomPrices(random, changes, false)
  const lastPrices = randomPrices(random, [START + 15 * DAY], true)
  const reports = Array.from({ length: calls }, (_, call) => reportsOf(call, random)).flat()
  for (let i = reports.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const [a, b] = [reports[i], reports[j]]
    if (a === undefined || b === undefined) continue
    reports[i] = b
    reports[j] = a
  }
  return { reports, firstPrices, lastPrices }
}

function reportsOf(call: number, random: Seeded): Report[] {
  const model = random.pick(PRICED_MODELS)
  const time = START + random.int(DAYS * DAY - 10)
  const tier = randomTier(random)
  const usage = randomUsage(random)
  const common = { provider: PROVIDER, model_id: model, user_id: `u${random.int(50)}` }
  const both = { request_id: `r${call}`, response_id: `a${call}` }
  /** Any report but the best may name one of the ids alone. */
  const ids = () =>
    random.pick([both, { request_id: both.request_id }, { response_id: both.response_id }])
  const cost = () => (random.chance(0.3) ? (random.int(9_000_000) / 1e6).toFixed(6) : null)
  const reports: Report[] = []
  const add = (
    kind: Report['kind'],
    fields: Readonly<Record<string, unknown>>,
    told: { readonly usage: Usage | null; readonly reported: string | null },
    isWrong = false,
  ): void => {
    const at = time + reports.length
    const { usage: counted, reported } = told
    const payload = {
      type: kind,
      ...common,
      ...fields,
      ...(counted === null ? {} : { usage: wireUsage(counted) }),
      ...(reported === null ? {} : { cost_usd: reported }),
    }
    const event_id = `c${call}-${reports.length}`
    const event = { common: { event_id, timestamp: new Date(at).toISOString() }, payload }
    reports.push({ call, kind, model, time: at, tier, usage: counted, reported, isWrong, event })
  }
  const tiered = tier === null ? {} : { service_tier: tier }
  const isWhole = random.chance(0.8)
  if (isWhole) {
    const isWrong = random.chance(WRONG)
    const told = { usage: random.chance(0.95) ? usage : null, reported: cost() }
    const status = isWrong ? 'great' : 'ok'
    add(
      'llm_request',
      { ...both, ...tiered, status, latency_ms: 1 + random.int(9000) },
      told,
      isWrong,
    )
  }
  if (!isWhole || random.chance(0.4)) {
    add('token_cost', { ...ids(), ...tiered }, { usage, reported: cost() })
  }
  if (random.chance(0.2)) add('token_usage', ids(), { usage, reported: null })
  if (random.chance(0.3)) {
    const total_latency_ms = 1 + random.int(9000)
    add('latency', { ...ids(), total_latency_ms }, { usage: null, reported: null })
  }
  return reports
}

export interface Cost {
  /** Pico-dollars of the calls whose cost is known. */
  total: bigint
  unpriced: number
}

/**
 * Cost by a key of each call: of its `llm_request`, else of its `token_cost`.
 * @param pricesOf the prices that a report was priced by; null when it was not taken in
 */
export function costBy(
  reports: readonly Report[],
  keyOf: (report: Report) => string,
  pricesOf: (report: Report) => PriceFile | null,
): ReadonlyMap<string, Cost> {
  const best = new Map<number, Report>()
  for (const report of reports) {
    if (pricesOf(report) === null) continue
    const isBest = report.kind === 'llm_request'
    if (isBest || (report.kind === 'token_cost' && !best.has(report.call))) {
      best.set(report.call, report)
    }
  }
  const costs = new Map<string, Cost>()
  for (const report of best.values()) {
    const key = keyOf(report)
    const sum = costs.get(key) ?? { total: 0n, unpriced: 0 }
    costs.set(key, sum)
    const cost = costOfReport(report, pricesOf(report))
    if (cost === null) sum.unpriced++
    else sum.total += cost
  }
  return costs
}

function costOfReport(report: Report, prices: PriceFile | null): bigint | null {
  const { model, time, tier, usage, reported } = report
  const computed =
    prices === null || usage === null ? null : costOf(prices, model, time, tier, usage)
  return computed ?? (reported === null ? null : picoDollars(reported))
}
