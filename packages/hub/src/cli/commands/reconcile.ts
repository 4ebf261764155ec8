import { readFile } from 'node:fs/promises'
import type { RequestOptions, Schemas } from '@llmhub/client'
import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count, percent } from '../formats.ts'
import { documentFor, printable } from '../output.ts'
import { printTable } from '../table.ts'

export interface ReconcileOptions extends GlobalOptions {
  readonly provider?: string
  readonly timezone?: string
  readonly column?: readonly string[]
  readonly by?: string
}

type Query = NonNullable<RequestOptions<'POST /api/v1/costs/reconcile'>['query']>

const GROUPINGS = ['day', 'model', 'both'] as const

function queryOf({ provider, timezone, column = [] }: ReconcileOptions): Query {
  // The hub says which columns there are, and better than a type could.
  const columns: Record<string, string> = {}
  for (const pair of column) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new CliError(`--column ${pair}: expected field=header`, EXIT.usage)
    columns[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return { provider, timezone, ...columns }
}

/** A row of the table: what it is about, then the figures. */
function line(
  each: Schemas['Reconciliation']['total'],
  about: readonly (string | null)[],
): string[] {
  return [
    ...about.map((name) => name ?? '(none)'),
    each.invoiced,
    each.total,
    each.delta,
    percent(each.delta_ratio),
    each.state === 'both' ? '' : each.state.replace('_', ' '),
    each.unpriced === 0 ? '' : count(each.unpriced),
  ]
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
  const query = queryOf(options)
  const given = { query, body: await textOf(file, context), type: 'text/csv' }
  const hub = hubAt(connection(options))
  const { terminal } = context
  if (output === 'json') {
    terminal.out(documentFor(terminal, await hub.text('POST /api/v1/costs/reconcile', given)))
    return
  }
  const found = await hub.call('POST /api/v1/costs/reconcile', given)
  const { head, rows } = {
    day: { head: ['DAY'], rows: found.days.map((each) => line(each, [each.day])) },
    model: { head: ['MODEL'], rows: found.models.map((each) => line(each, [each.model])) },
    both: {
      head: ['DAY', 'MODEL'],
      rows: found.items.map((each) => line(each, [each.day, each.model])),
    },
  }[by]
  const total = line(found.total, ['total', ...head.slice(1).map(() => '')])
  printTable(
    terminal,
    [...head, 'INVOICED', 'HUB', 'DELTA', 'DELTA %', '', 'UNPRICED'],
    [...rows, total],
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
