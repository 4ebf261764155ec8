import { readFile } from 'node:fs/promises'
import { parseTime } from '@llmhub/stream'
import { createPriceBook, type OverrideJson, type PriceBook } from '../../ingest/price-book.ts'
import {
  type ListedPrice,
  listPrices,
  type PricePeriod,
  type PriceView,
  showPrice,
  type UnitPrice,
} from '../../ingest/price-view.ts'
import { hubAt } from '../client.ts'
import {
  type CliContext,
  connection,
  format,
  type GlobalOptions,
  printJson,
  resolvedConfig,
} from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count } from '../formats.ts'
import { diffPrices } from '../prices/diff.ts'
import { readPriceFile } from '../prices/price-file.ts'
import { printTable } from '../table.ts'

export interface PriceOptions extends GlobalOptions {
  readonly provider?: string
  readonly model?: string
  readonly tier?: string
  readonly at?: string
  readonly limit?: number
  readonly offline?: boolean
}

/** What is in force in a hub: its configured file and what was set in it, over the package of this release. */
async function hubBook(options: GlobalOptions): Promise<PriceBook> {
  const hub = hubAt(connection(options))
  const { configured, overrides } = await hub.call('GET /api/v1/prices/overrides')
  return createPriceBook(configured, overrides)
}

/** Prices without a hub: of the package and the configured file. */
async function offlineBook(options: GlobalOptions): Promise<PriceBook> {
  const path = resolvedConfig(options).config['prices.overrides']
  if (path === null) return createPriceBook({}, {})
  const { overrides, issues } = await readPriceFile(path)
  const [first] = issues
  if (overrides === null || first !== undefined) {
    const what = first === undefined ? 'is no file of overrides' : `${first.path} ${first.message}`
    throw new CliError(`prices.overrides ${path}: ${what}; see llmhub prices check`, EXIT.config)
  }
  return createPriceBook(JSON.parse(await readFile(path, 'utf8')) as OverrideJson, {})
}

function instant(options: PriceOptions, context: CliContext): number {
  const time = parseTime(options.at ?? 'now', context.clock.nowMicros(), 'UTC')
  if (!time.ok) throw new CliError(`--at ${options.at}: ${time.message}`, EXIT.usage)
  return time.micros
}

export async function pricesList(options: PriceOptions, context: CliContext): Promise<void> {
  const { provider, model, tier, at, limit = 100 } = options
  let found: readonly ListedPrice[]
  let total: number
  if (options.offline === true) {
    const all = listPrices(await offlineBook(options), {
      provider: provider ?? null,
      model: model ?? null,
      tier: tier ?? null,
      at: instant(options, context),
    })
    total = all.length
    found = all.slice(0, limit)
  } else {
    const asked = { provider, model, tier, at, limit: String(limit) }
    const body = await hubAt(connection(options)).call('GET /api/v1/prices', { query: asked })
    total = body.total
    found = body.prices
  }
  if (format(options, context) !== 'table') {
    printJson(context, found)
    return
  }
  const usd = (prices: readonly UnitPrice[], unit: string): string =>
    prices.find((price) => price.unit === unit)?.usd ?? ''
  const rows = found.map((each) => [
    each.model,
    each.provider ?? '(any)',
    usd(each.prices, 'input_mtok'),
    usd(each.prices, 'output_mtok'),
    usd(each.prices, 'cache_read_mtok'),
    usd(each.prices, 'cache_write_mtok'),
    each.source,
  ])
  const head = ['MODEL', 'PROVIDER', 'INPUT', 'OUTPUT', 'CACHE READ', 'CACHE WRITE', 'SOURCE']
  printTable(context.terminal, head, rows, {
    optional: ['SOURCE', 'CACHE WRITE', 'CACHE READ'],
    keep: ['MODEL'],
  })
  const more = total > found.length ? `, ${count(total)} in all (--limit, --model, --provider)` : ''
  context.terminal.err(`${count(found.length)} models, dollars per million tokens${more}\n`)
}

const ORIGINS = { file: 'of the configured file', set: 'set in the hub' } as const

export async function pricesShow(
  name: string,
  options: PriceOptions,
  context: CliContext,
): Promise<void> {
  const provider = options.provider ?? null
  let view: PriceView
  if (options.offline === true) {
    const shown = showPrice(await offlineBook(options), provider, name, instant(options, context))
    if (typeof shown === 'string') throw new CliError(`no price: ${shown}`, EXIT.notFound)
    view = shown
  } else {
    view = await hubAt(connection(options)).call('GET /api/v1/prices/{provider}/{model}', {
      params: { provider: provider ?? '-', model: name },
      query: { at: options.at },
    })
  }
  if (format(options, context) !== 'table') {
    printJson(context, view)
    return
  }
  // An override is always matched by its own key.
  const why = view.source === 'override' ? ORIGINS[view.origin ?? 'file'] : view.matched
  context.terminal.out(`${view.entry}  (${view.source}, ${why}, ${view.version})\n`)
  const rows = view.tiers.flatMap(({ tier, now, scheduled }) => [
    ...(now === null ? [] : periodRows(tier, 'now', now)),
    ...scheduled.flatMap((period) => periodRows(tier, `from ${period.from ?? ''}`, period)),
  ])
  printTable(context.terminal, ['TIER', 'WHEN', 'UNIT', 'USD', 'RULE'], rows)
}

function periodRows(tier: string, when: string, period: PricePeriod): string[][] {
  return period.prices.flatMap(({ unit, usd, above, graduated }) => [
    [tier, when, unit, usd, period.rule],
    ...above.map((step) => {
      const what = graduated ? `what exceeds ${step.start}` : `requests above ${step.start}`
      return [tier, when, `${unit}, ${what}`, step.usd, period.rule]
    }),
  ])
}

export interface DiffOptions extends PriceOptions {
  readonly all?: boolean
}

/**
 * Compares with the hub that is named, else with the package and the configured file. Exit 0 whether or
 * not there are differences: they are the answer.
 */
export async function pricesDiff(
  path: string,
  options: DiffOptions,
  context: CliContext,
): Promise<void> {
  const file = await readPriceFile(path)
  const part = options.model?.toLowerCase() ?? ''
  const book = options.url === undefined ? await offlineBook(options) : await hubBook(options)
  const differences = diffPrices(book, file, instant(options, context))
    .filter((each) => each.model.toLowerCase().includes(part))
    .filter(({ provider }) => options.provider === undefined || provider === options.provider)
  if (format(options, context) !== 'table') {
    printJson(context, differences)
    return
  }
  const shown = differences.filter(({ change }) => options.all === true || change === 'changed')
  const rows = shown.map((each) => [
    each.change,
    each.provider ?? '(any)',
    each.model,
    each.tier ?? '',
    each.unit ?? '(model)',
    each.ours ?? '',
    each.theirs ?? '',
    each.percent === null ? '' : `${each.percent}%`,
  ])
  const head = ['CHANGE', 'PROVIDER', 'MODEL', 'TIER', 'UNIT', 'IN FORCE', 'IN FILE', 'BY']
  printTable(context.terminal, head, rows, { optional: ['BY', 'CHANGE', 'TIER'], keep: ['MODEL'] })
  const number = (change: string): string =>
    count(differences.filter((each) => each.change === change).length)
  const rest = options.all === true ? '' : ' (--all shows those too)'
  context.terminal.err(
    `${number('changed')} changed, ${number('added')} added and ${number('removed')} removed${rest}\n`,
  )
  if (file.issues.length > 0) {
    const message = `${file.issues.length} entries of the file cannot be used: llmhub prices check`
    context.terminal.err(`${message}\n`)
  }
}

/** Exit 1 when an entry is wrong; notes are no failure. */
export async function pricesCheck(
  path: string,
  options: GlobalOptions,
  context: CliContext,
): Promise<void> {
  const { form, issues, models, notes, places } = await readPriceFile(path)
  const placed = (level: 'error' | 'note') => (issue: (typeof issues)[number]) => ({
    level,
    ...places.at(issue.path),
    path: issue.path,
    message: issue.message,
  })
  const found = [...issues.map(placed('error')), ...notes.map(placed('note'))]
  if (format(options, context) === 'table') {
    for (const { level, line, column, path: at, message } of found) {
      context.terminal.out(`${path}:${line}:${column}: ${level}: ${at} ${message}\n`)
    }
    const summary = `${count(models.length)} models, ${count(issues.length)} errors, ${count(notes.length)} notes`
    context.terminal.err(`${summary} (${form})\n`)
  } else printJson(context, { form, models: models.length, problems: found })
  if (issues.length > 0) throw new CliError('', EXIT.failure)
}
