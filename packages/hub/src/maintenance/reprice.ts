/**
 * Pricing rows again with the prices of today, at the time of their events. What changes goes into the
 * log as operations that carry the new values, so that a rebuild gives the same rows whatever prices
 * its release knows.
 *
 * A row counts as changed when its costs, their source or rule differ; a table of another version that
 * says the same leaves a row as it is, with the version it was priced by. Suppressed rows are priced
 * again as well, but no sum has them.
 */

import type { StoredCall } from '../core/stored-call.ts'
import type { Appended } from '../log/log.ts'
import { type Cut, MAX_OPERATION_ROWS } from '../log/operation.ts'
import { type RepricedRow, type RowPrices, repricedRows } from '../log/operation-rows.ts'
import type { FrameCell, Predicate } from '../store/store.ts'
import { type ActTools, cutAbove, type MaintenanceFailure } from './operations.ts'

export interface RepriceRequest {
  /** Null for every project. */
  readonly project: string | null
  /** Event time, epoch µs, [from, to). */
  readonly from: number
  readonly to: number
  readonly model: string | null
  readonly provider: string | null
  /** Only rows whose cost could not be computed so far. */
  readonly onlyUnpriced: boolean
  /** Work everything out and change nothing. */
  readonly dryRun: boolean
}

/** Prices at one moment: they do not change while they are used. */
export interface Pricing {
  readonly version: string
  /** Kinds of events that are priced. */
  readonly kinds: readonly string[]
  price(call: StoredCall): RowPrices
}

/** Costs are pico-dollars of the rows that count; null costs add nothing. */
export interface ModelChange {
  readonly provider: string | null
  readonly model: string | null
  readonly seen: number
  readonly changed: number
  readonly before: bigint
  readonly after: bigint
}

export interface RowChange {
  readonly eventId: string | null
  readonly project: string | null
  readonly time: number
  readonly provider: string | null
  readonly model: string | null
  readonly before: bigint | null
  readonly after: bigint | null
  readonly ruleBefore: string | null
  readonly ruleAfter: string | null
}

export interface RepriceReport {
  readonly priceVersion: string
  readonly seen: number
  readonly changed: number
  /** Rows of those seen whose cost is computed. */
  readonly pricedBefore: number
  readonly pricedAfter: number
  readonly before: bigint
  readonly after: bigint
  /** By the size of the change, greatest first. */
  readonly models: readonly ModelChange[]
  /** The rows that change most, greatest first. */
  readonly top: readonly RowChange[]
  readonly operations: number
  /** False for a dry run, and when the act was stopped before the store had applied everything. */
  readonly applied: boolean
}

export type RepriceOutcome =
  | { readonly ok: true; readonly report: RepriceReport }
  | { readonly ok: false; readonly failure: MaintenanceFailure; readonly message: string }

const COLUMNS = [
  'project',
  'event_id',
  'time',
  'provider',
  'model',
  'suppressed',
  'is_current',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
  'service_tier',
  'cost_reported',
  'cost_computed',
  'cost_prompt',
  'cost_other',
  'cost_cache_saved',
  'price_source',
  'price_rule',
  'price_version',
] as const

type Cells = ReadonlyMap<(typeof COLUMNS)[number], FrameCell>

const PAGE_ROWS = 20_000
const TOP_ROWS = 20

/** Prices the rows of a request again. Cost: one pass over them; about 20,000 are in memory at a time. */
export async function reprice(
  tools: ActTools,
  request: RepriceRequest,
  pricing: Pricing,
): Promise<RepriceOutcome> {
  const summary = new Summary()
  let pending: RepricedRow[] = []
  let position: Cut = new Map()
  const appended: Appended[] = []

  async function flush(rows: readonly RepricedRow[]): Promise<RepriceOutcome | null> {
    const head = tools.head(cutAbove(position, rows))
    const operation = { op: 'reprice', ...head, priceVersion: pricing.version } as const
    const outcome = await tools.append({ ...operation, rows: repricedRows(rows) })
    if (!outcome.ok) return outcome
    appended.push(outcome.appended)
    return null
  }

  for await (const page of tools.scan({
    table: 'events',
    project: request.project,
    from: request.from,
    to: request.to,
    where: filterOf(request, pricing.kinds),
    columns: COLUMNS,
    limit: PAGE_ROWS,
  })) {
    for (const row of page.rows) {
      const cells: Cells = new Map(COLUMNS.map((name, i) => [name, row.cells[i] ?? null]))
      const call = callOf(cells)
      const before = pricesOf(cells)
      const after = pricing.price(call)
      const changed = differ(before, after)
      summary.add({ cells, call, before, after, changed })
      if (!changed || request.dryRun) continue
      const { partition, offset, index } = row
      pending.push({ partition, offset, index, ...after })
    }
    position = page.position
    while (pending.length >= MAX_OPERATION_ROWS) {
      const failed = await flush(pending.slice(0, MAX_OPERATION_ROWS))
      if (failed !== null) return failed
      pending = pending.slice(MAX_OPERATION_ROWS)
    }
  }
  if (pending.length > 0) {
    const failed = await flush(pending)
    if (failed !== null) return failed
  }
  const last = appended.at(-1)
  const applied = last === undefined ? !request.dryRun : await tools.untilApplied(last)
  const operations = appended.length
  return {
    ok: true,
    report: { ...summary.report(), priceVersion: pricing.version, operations, applied },
  }
}

function filterOf(request: RepriceRequest, kinds: readonly string[]): Predicate {
  const column = (name: string) => ({ type: 'column', column: name }) as const
  const parts: Predicate[] = [{ op: 'in', field: column('kind'), values: [...kinds] }]
  if (request.model !== null) {
    parts.push({ op: 'in', field: column('model'), values: [request.model] })
  }
  if (request.provider !== null) {
    parts.push({ op: 'in', field: column('provider'), values: [request.provider] })
  }
  if (request.onlyUnpriced) parts.push({ op: 'is_null', field: column('cost_computed') })
  return { op: 'and', parts }
}

function text(cell: FrameCell | undefined): string | null {
  return typeof cell === 'string' ? cell : null
}

function whole(cell: FrameCell | undefined): bigint | null {
  return typeof cell === 'bigint' || typeof cell === 'number' ? BigInt(cell) : null
}

function count(cell: FrameCell | undefined): number | null {
  return typeof cell === 'bigint' || typeof cell === 'number' ? Number(cell) : null
}

function callOf(cells: Cells): StoredCall {
  return {
    provider: text(cells.get('provider')),
    model: text(cells.get('model')),
    time: count(cells.get('time')) ?? 0,
    tokens: {
      input: count(cells.get('input_tokens')),
      output: count(cells.get('output_tokens')),
      cacheRead: count(cells.get('cache_read_tokens')),
      cacheWrite: count(cells.get('cache_write_tokens')),
      reasoning: count(cells.get('reasoning_tokens')),
    },
    details: text(cells.get('usage_details')),
    tier: text(cells.get('service_tier')),
    reported: whole(cells.get('cost_reported')),
  }
}

function pricesOf(cells: Cells): RowPrices {
  return {
    costComputed: whole(cells.get('cost_computed')),
    costPrompt: whole(cells.get('cost_prompt')),
    costOther: whole(cells.get('cost_other')),
    costCacheSaved: whole(cells.get('cost_cache_saved')),
    priceSource: text(cells.get('price_source')),
    priceRule: text(cells.get('price_rule')),
    priceVersion: text(cells.get('price_version')),
  }
}

function differ(before: RowPrices, after: RowPrices): boolean {
  return (
    before.costComputed !== after.costComputed ||
    before.costPrompt !== after.costPrompt ||
    before.costOther !== after.costOther ||
    before.costCacheSaved !== after.costCacheSaved ||
    before.priceSource !== after.priceSource ||
    before.priceRule !== after.priceRule
  )
}

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

const changeOf = (each: { before: bigint | null; after: bigint | null }): bigint =>
  magnitude((each.after ?? 0n) - (each.before ?? 0n))

/** Descending by the size of the change. */
function byChange<T extends { before: bigint | null; after: bigint | null }>(a: T, b: T): number {
  const [x, y] = [changeOf(a), changeOf(b)]
  return x === y ? 0 : x > y ? -1 : 1
}

interface PricedRow {
  readonly cells: Cells
  readonly call: StoredCall
  readonly before: RowPrices
  readonly after: RowPrices
  readonly changed: boolean
}

/** Adds rows up: by model, and the few that change most. */
class Summary {
  #seen = 0
  #changed = 0
  #pricedBefore = 0
  #pricedAfter = 0
  readonly #models = new Map<string, { -readonly [K in keyof ModelChange]: ModelChange[K] }>()
  #top: RowChange[] = []

  add({ cells, call, before, after, changed }: PricedRow): void {
    this.#seen++
    if (changed) this.#changed++
    if (before.costComputed !== null) this.#pricedBefore++
    if (after.costComputed !== null) this.#pricedAfter++
    const { provider, model, reported } = call
    const totalBefore = before.costComputed ?? reported
    const totalAfter = after.costComputed ?? reported
    const key = JSON.stringify([provider, model])
    const sum = this.#models.get(key) ?? {
      provider,
      model,
      seen: 0,
      changed: 0,
      before: 0n,
      after: 0n,
    }
    this.#models.set(key, sum)
    sum.seen++
    if (changed) sum.changed++
    const counts = cells.get('suppressed') !== true && cells.get('is_current') !== false
    if (!counts) return
    sum.before += totalBefore ?? 0n
    sum.after += totalAfter ?? 0n
    if (!changed) return
    this.#top.push({
      eventId: text(cells.get('event_id')),
      project: text(cells.get('project')),
      time: call.time,
      provider,
      model,
      before: totalBefore,
      after: totalAfter,
      ruleBefore: before.priceRule,
      ruleAfter: after.priceRule,
    })
    if (this.#top.length > TOP_ROWS * 50) this.#top = this.#best()
  }

  #best(): RowChange[] {
    return this.#top.toSorted(byChange).slice(0, TOP_ROWS)
  }

  report(): Omit<RepriceReport, 'priceVersion' | 'operations' | 'applied'> {
    const models = [...this.#models.values()].sort(byChange)
    const sum = (side: 'before' | 'after'): bigint =>
      models.reduce((total, each) => total + each[side], 0n)
    return {
      seen: this.#seen,
      changed: this.#changed,
      pricedBefore: this.#pricedBefore,
      pricedAfter: this.#pricedAfter,
      before: sum('before'),
      after: sum('after'),
      models,
      top: this.#best(),
    }
  }
}
