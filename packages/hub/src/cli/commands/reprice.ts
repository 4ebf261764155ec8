import type { Schemas } from '@llmhub/client'
import { formatIsoMicros } from '@llmhub/schema'
import { parseTime } from '@llmhub/stream'
import { formatPico, parseUsd } from '../../ingest/money.ts'
import { type Hub, hubAt } from '../client.ts'
import { confirm } from '../confirm.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { columnFormat, count, counted } from '../formats.ts'
import { printTable } from '../table.ts'

export interface RepriceOptions extends GlobalOptions {
  readonly from?: string
  readonly to?: string
  readonly model?: string
  readonly provider?: string
  readonly onlyUnpriced?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

interface ModelView {
  readonly provider: string | null
  readonly model: string | null
  seen: number
  changed: number
  /** Pico-dollars. */
  before: bigint
  after: bigint
}

type ReportView = Schemas['Repricing']

interface Sum {
  version: string
  seen: number
  changed: number
  unpricedBefore: number
  unpricedAfter: number
  readonly models: Map<string, ModelView>
}

const DAY = 86_400_000_000
/** Requests are made for pieces of the range, so that each ends within minutes and can be run again. */
const MOST_PIECES = 100

/**
 * Shows what pricing a range again changes, and does it once it is confirmed: on a terminal by an answer,
 * elsewhere by --yes.
 */
export async function reprice(options: RepriceOptions, context: CliContext): Promise<void> {
  const now = context.clock.nowMicros()
  const instant = (name: string, value: string | undefined): number => {
    if (value === undefined) throw new CliError(`--${name} is needed`, EXIT.usage)
    const time = parseTime(value, now, 'UTC')
    if (!time.ok) throw new CliError(`--${name} ${value}: ${time.message}`, EXIT.usage)
    return time.micros
  }
  const from = instant('from', options.from)
  const to = instant('to', options.to ?? 'now')
  if (from > to) throw new CliError('--from lies after --to', EXIT.usage)
  const hub = hubAt(connection(options))
  const run = (dryRun: boolean) => runPieces(hub, options, [from, to], dryRun, context)

  const tried = await run(true)
  const isTable = format(options, context) === 'table'
  if (isTable) print(tried, context)
  if (options.dryRun === true || tried.changed === 0) {
    if (!isTable) printJson(context, document(tried, false))
    return
  }
  const what = `this prices ${counted(tried.changed, 'event')} again`
  await confirm({ what, word: 'reprice' }, options, context)
  const done = await run(false)
  if (!isTable) printJson(context, document(done, true))
  context.terminal.err(`Priced ${count(done.changed)} events again by ${done.version}.\n`)
}

async function runPieces(
  hub: Hub,
  options: RepriceOptions,
  [from, to]: readonly [number, number],
  dryRun: boolean,
  context: CliContext,
): Promise<Sum> {
  const sum: Sum = {
    version: '',
    seen: 0,
    changed: 0,
    unpricedBefore: 0,
    unpricedAfter: 0,
    models: new Map(),
  }
  const step = Math.max(DAY, Math.ceil((to - from) / MOST_PIECES))
  for (let start = from; start < to || sum.version === ''; start += step) {
    if (context.signal.aborted) throw new CliError('interrupted', EXIT.interrupted)
    const body = {
      from: formatIsoMicros(start),
      to: formatIsoMicros(Math.min(to, start + step)),
      ...(options.model === undefined ? {} : { model: options.model }),
      ...(options.provider === undefined ? {} : { provider: options.provider }),
      only_unpriced: options.onlyUnpriced === true,
      dry_run: dryRun,
    }
    add(sum, await hub.call('POST /api/v1/prices/reprice', { body }))
  }
  return sum
}

function add(sum: Sum, report: ReportView): void {
  sum.version = report.price_version
  sum.seen += report.seen
  sum.changed += report.changed
  sum.unpricedBefore += report.seen - report.priced_before
  sum.unpricedAfter += report.seen - report.priced_after
  for (const each of report.models) {
    const { provider, model } = each
    const key = JSON.stringify([provider, model])
    const known = sum.models.get(key) ?? {
      provider,
      model,
      seen: 0,
      changed: 0,
      before: 0n,
      after: 0n,
    }
    sum.models.set(key, known)
    known.seen += each.seen
    known.changed += each.changed
    known.before += BigInt(parseUsd(each.cost_before) ?? 0)
    known.after += BigInt(parseUsd(each.cost_after) ?? 0)
  }
}

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

function sorted(sum: Sum): ModelView[] {
  return [...sum.models.values()].sort((a, b) => {
    const [x, y] = [magnitude(a.after - a.before), magnitude(b.after - b.before)]
    return x === y ? 0 : x > y ? -1 : 1
  })
}

const total = (sum: Sum, side: 'before' | 'after'): bigint =>
  [...sum.models.values()].reduce((all, each) => all + each[side], 0n)

function print(sum: Sum, context: CliContext): void {
  const before = total(sum, 'before')
  const after = total(sum, 'after')
  const dollars = (pico: bigint): number => Number(pico) / 1e12
  const models = sorted(sum)
  const amounts = models.flatMap((each) => [each.before, each.after, each.after - each.before])
  const written = columnFormat('USD', [...amounts, before, after].map(dollars))
  const usd = (pico: bigint): string => written(dollars(pico))
  const rows = models.map((each) => [
    each.model ?? '(none)',
    each.provider ?? '(none)',
    count(each.seen),
    count(each.changed),
    usd(each.before),
    usd(each.after),
    usd(each.after - each.before),
  ])
  const head = ['MODEL', 'PROVIDER', 'EVENTS', 'CHANGED', 'BEFORE', 'AFTER', 'CHANGE']
  printTable(context.terminal, head, rows)
  context.terminal.err(
    `${count(sum.changed)} of ${count(sum.seen)} events change: ${usd(before)} becomes ${usd(after)}; ` +
      `unpriced ${count(sum.unpricedBefore)} → ${count(sum.unpricedAfter)}\n`,
  )
}

function document(sum: Sum, applied: boolean): Record<string, unknown> {
  return {
    applied,
    price_version: sum.version,
    seen: sum.seen,
    changed: sum.changed,
    unpriced_before: sum.unpricedBefore,
    unpriced_after: sum.unpricedAfter,
    cost_before: formatPico(total(sum, 'before')),
    cost_after: formatPico(total(sum, 'after')),
    models: sorted(sum).map(({ before, after, ...rest }) => ({
      ...rest,
      cost_before: formatPico(before),
      cost_after: formatPico(after),
    })),
  }
}
