import type { RequestOptions, Schemas } from '@llmhub/client'
import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { columnFormat, shortTime } from '../formats.ts'
import { documentFor, printable, type Terminal } from '../output.ts'
import { fittedTable, printTable } from '../table.ts'

export interface ExplainOptions extends GlobalOptions {
  readonly from?: string
  readonly to?: string
  readonly vs?: string
  readonly model?: string
  readonly provider?: string
  readonly environment?: string
  readonly user?: string
  readonly limit?: number
}

type Explained = Schemas['CostsExplainReport']
type Changed = Explained['models'][number] | Explained['users'][number]
type Query = NonNullable<RequestOptions<'GET /api/v1/costs/explain'>['query']>

function queryOf({
  from,
  to,
  vs,
  model,
  provider,
  environment,
  user,
  limit,
}: ExplainOptions): Query {
  return {
    from,
    to,
    ...comparedWith(vs),
    model,
    provider,
    environment,
    user_id: user,
    limit: limit === undefined ? undefined : String(limit),
  }
}

/** `previous`, `FROM` or `FROM..TO`. */
function comparedWith(vs: string | undefined): Query {
  if (vs === undefined || vs === 'previous') return {}
  const [from = '', to, ...more] = vs.split('..')
  if (from === '' || to === '' || more.length > 0) {
    throw new CliError(`--vs ${vs}: expected previous, FROM or FROM..TO`, EXIT.usage)
  }
  return { vs_from: from, vs_to: to }
}

const BAR_WIDTH = 24

/** A bar of what lies between two running totals, on a scale from `least` to `most`. */
function bar(from: number, to: number, least: number, most: number): string {
  const place = (value: number): number =>
    most === least ? 0 : Math.round(((value - least) / (most - least)) * BAR_WIDTH)
  const [start, end] = [place(Math.min(from, to)), place(Math.max(from, to))]
  return (
    ' '.repeat(start) + (to < from ? '▒' : '█').repeat(Math.max(end - start, from === to ? 0 : 1))
  )
}

/** From the cost before over every part that is not 0 to the cost after. */
function waterfall({ before, after, parts }: Explained, terminal: Terminal): string {
  const steps = parts.filter(({ amount }) => amount !== '0')
  const sums = [0, Number(before.total)]
  for (const { amount } of steps) sums.push((sums.at(-1) ?? 0) + Number(amount))
  const [least, most] = [Math.min(...sums), Math.max(...sums)]
  const usd = dollarsOf([before.total, after.total, ...steps.map(({ amount }) => amount)])
  const rows = [
    ['before', usd(before.total), bar(0, Number(before.total), least, most), ''],
    ...steps.map(({ part, amount, text }, at) => [
      part,
      signed(amount, usd),
      bar(sums[at + 1] ?? 0, sums[at + 2] ?? 0, least, most),
      text.slice(0, text.lastIndexOf(': ')),
    ]),
    ['after', usd(after.total), bar(0, Number(after.total), least, most), ''],
  ]
  return fittedTable(terminal, ['PART', 'COST', '', 'WHY'], rows, { width: 90 })
}

/** How decimal texts of dollars are written beside one another. */
function dollarsOf(amounts: readonly string[]): (amount: string) => string {
  const format = columnFormat('USD', amounts.map(Number))
  return (amount) => format(Number(amount))
}

function signed(amount: string, usd: (amount: string) => string): string {
  return amount.startsWith('-') || amount === '0' ? usd(amount) : `+${usd(amount)}`
}

/** `llmhub explain --from now-7d --vs previous` */
export async function explain(options: ExplainOptions, context: CliContext): Promise<void> {
  const output = format(options, context)
  const hub = hubAt(connection(options))
  const given = { query: queryOf(options) }
  const { terminal } = context
  if (output === 'json') {
    terminal.out(documentFor(terminal, await hub.text('GET /api/v1/costs/explain', given)))
    return
  }
  const found = await hub.call('GET /api/v1/costs/explain', given)
  const { before, after, meta, models, users } = found
  terminal.out(`${printable(found.summary)}\n\n${waterfall(found, terminal)}`)
  const changes = (name: string, rows: readonly (readonly [string, Changed])[]): void => {
    if (rows.length === 0) return
    const usd = dollarsOf(rows.flatMap(([, each]) => [each.before, each.after, each.change]))
    const lines = rows.map(([label, each]) => [
      each.rest ? '(others)' : label,
      usd(each.before),
      usd(each.after),
      signed(each.change, usd),
    ])
    terminal.out('\n')
    printTable(terminal, [name, 'BEFORE', 'AFTER', 'CHANGE'], lines)
  }
  changes(
    'MODEL',
    models.map((each) => [
      [each.provider, each.model ?? '(none)'].filter((part) => part !== null).join('/'),
      each,
    ]),
  )
  changes(
    'USER',
    users.map((each) => [each.user ?? '(none)', each]),
  )
  terminal.err(
    `${shortTime(after.from)} … ${shortTime(after.to)}, against ${shortTime(before.from)} … ${shortTime(before.to)} UTC\n`,
  )
  for (const warning of meta.warnings) terminal.err(`! ${printable(warning)}\n`)
}
