import { failed, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { columnFormat, shortTime } from '../formats.ts'
import { documentFor, printable, table } from '../output.ts'

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

/** As much of the answer as is shown. */
interface Explained {
  readonly before: { readonly from: string; readonly to: string; readonly total: string }
  readonly after: { readonly from: string; readonly to: string; readonly total: string }
  readonly change: string
  readonly summary: string
  readonly parts: readonly {
    readonly part: string
    readonly amount: string
    readonly text: string
  }[]
  readonly models: readonly (Changed & {
    readonly provider: string | null
    readonly model: string | null
    readonly state: string
  })[]
  readonly users: readonly (Changed & { readonly user: string | null })[]
  readonly meta: { readonly warnings: readonly string[] }
}

interface Changed {
  readonly rest: boolean
  readonly before: string
  readonly after: string
  readonly change: string
}

function parametersOf(options: ExplainOptions): URLSearchParams {
  const parameters = new URLSearchParams()
  const set = (name: string, value: string | number | undefined): void => {
    if (value !== undefined) parameters.set(name, String(value))
  }
  set('from', options.from)
  set('to', options.to)
  const { vs } = options
  if (vs !== undefined && vs !== 'previous') {
    const [from = '', to, ...more] = vs.split('..')
    if (from === '' || to === '' || more.length > 0) {
      throw new CliError(`--vs ${vs}: expected previous, FROM or FROM..TO`, EXIT.usage)
    }
    set('vs_from', from)
    set('vs_to', to)
  }
  set('model', options.model)
  set('provider', options.provider)
  set('environment', options.environment)
  set('user_id', options.user)
  set('limit', options.limit)
  return parameters
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
function waterfall({ before, after, parts }: Explained): string {
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
  return table(['PART', 'COST', '', 'WHY'], rows, 90)
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
  const path = `/api/v1/costs/explain?${parametersOf(options).toString()}`
  const response = await request(connection(options), 'GET', path)
  if (response.status !== 200) throw failed(response)
  const { terminal } = context
  if (output === 'json') {
    terminal.out(documentFor(terminal, response.text))
    return
  }
  const found = response.body as Explained
  const { before, after, meta, models, users } = found
  terminal.out(`${printable(found.summary)}\n\n${waterfall(found)}`)
  const changes = (name: string, rows: readonly (readonly [string, Changed])[]): void => {
    if (rows.length === 0) return
    const usd = dollarsOf(rows.flatMap(([, each]) => [each.before, each.after, each.change]))
    const lines = rows.map(([label, each]) => [
      each.rest ? '(others)' : label,
      usd(each.before),
      usd(each.after),
      signed(each.change, usd),
    ])
    terminal.out(`\n${table([name, 'BEFORE', 'AFTER', 'CHANGE'], lines)}`)
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
