import { readFile } from 'node:fs/promises'
import { failed, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { documentFor, printable, table } from '../output.ts'

export interface ReconcileOptions extends GlobalOptions {
  readonly provider?: string
  readonly timezone?: string
  readonly column?: readonly string[]
  readonly by?: string
}

interface Compared {
  readonly state: string
  readonly invoiced: string
  readonly total: string
  readonly delta: string
  readonly delta_ratio: number | null
  readonly unpriced: number
  readonly day?: string
  readonly model?: string | null
}

/** As much of the answer as is shown. */
interface Reconciled {
  readonly invoice: {
    readonly shape: string
    readonly lines: number
    readonly from: string
    readonly to: string
  }
  readonly provider: string | null
  readonly total: Compared
  readonly days: readonly Compared[]
  readonly models: readonly Compared[]
  readonly items: readonly Compared[]
  readonly meta: { readonly timezone: string; readonly warnings: readonly string[] }
}

const GROUPINGS = ['day', 'model', 'both'] as const

function parametersOf(options: ReconcileOptions): URLSearchParams {
  const parameters = new URLSearchParams()
  if (options.provider !== undefined) parameters.set('provider', options.provider)
  if (options.timezone !== undefined) parameters.set('timezone', options.timezone)
  for (const pair of options.column ?? []) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new CliError(`--column ${pair}: expected field=header`, EXIT.usage)
    parameters.set(pair.slice(0, at), pair.slice(at + 1))
  }
  return parameters
}

/** `llmhub reconcile invoice.csv --provider openai` */
export async function reconcile(
  file: string,
  options: ReconcileOptions,
  context: CliContext,
): Promise<void> {
  const output = format(options, context)
  const by = GROUPINGS.find((each) => each === (options.by ?? 'both'))
  if (by === undefined) {
    throw new CliError(`--by ${options.by}: expected ${GROUPINGS.join(', ')}`, EXIT.usage)
  }
  const path = `/api/v1/costs/reconcile?${parametersOf(options).toString()}`
  const content = await textOf(file, context)
  const response = await request(connection(options), 'POST', path, { content, type: 'text/csv' })
  if (response.status !== 200) throw failed(response)
  const { terminal } = context
  if (output === 'json') {
    terminal.out(documentFor(terminal, response.text))
    return
  }
  const found = response.body as Reconciled
  const keys = { day: ['day'], model: ['model'], both: ['day', 'model'] } as const
  const rows = { day: found.days, model: found.models, both: found.items }[by]
  const line = (each: Compared, names: readonly (string | null | undefined)[]): string[] => [
    ...names.map((name) => name ?? '(none)'),
    each.invoiced,
    each.total,
    each.delta,
    each.delta_ratio === null ? '' : `${(each.delta_ratio * 100).toFixed(2)}%`,
    each.state === 'both' ? '' : each.state.replace('_', ' '),
    each.unpriced === 0 ? '' : String(each.unpriced),
  ]
  const names = keys[by]
  const total = ['total', ...names.slice(1).map(() => '')]
  terminal.out(
    table(
      [
        ...names.map((name) => name.toUpperCase()),
        'INVOICED',
        'HUB',
        'DELTA',
        'DELTA %',
        '',
        'UNPRICED',
      ],
      [
        ...rows.map((each) =>
          line(
            each,
            names.map((name) => each[name]),
          ),
        ),
        line(found.total, total),
      ],
    ),
  )
  const { invoice, meta, provider } = found
  terminal.err(
    `${invoice.lines} lines (${invoice.shape}), ${invoice.from} to ${invoice.to} ${meta.timezone}, against ${provider === null ? 'all calls' : `calls of ${printable(provider)}`}\n`,
  )
  for (const warning of meta.warnings) terminal.err(`! ${printable(warning)}\n`)
}

async function textOf(file: string, context: CliContext): Promise<string> {
  if (file === '-') return context.stdin()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.usage)
  }
}
