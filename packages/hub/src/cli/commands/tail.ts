import type { ClientSettings } from '../../config/load.ts'
import { failed, type HubResponse, request } from '../client.ts'
import { type CliContext, connection, type GlobalOptions } from '../context.ts'
import {
  COLOUR_FIELDS,
  DEFAULT_COLUMNS,
  dayOf,
  type EventView,
  eventLine,
  fieldColumns,
  fitted,
  headLine,
  isError,
  type LineColumn,
} from '../events/event-line.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { count, duration } from '../formats.ts'
import { documentFor } from '../output.ts'
import { pause } from '../pause.ts'

export interface TailOptions extends GlobalOptions {
  readonly where?: readonly string[]
  readonly kind?: string
  readonly project?: string
  readonly lines?: number
  readonly follow: boolean
  readonly fields?: string
}

interface Page {
  readonly events: readonly EventView[]
  readonly next: string
  readonly more: boolean
}

/** Events of one request: with what a slow terminal holds up, as much as is ever kept in memory. */
const PAGE = 500
/** Seconds that the hub may wait for an event before it answers that there is none. */
const WAIT = 10
const HISTORY = 20
const RETRY_MS = [250, 500, 1000, 2000, 5000] as const

/**
 * `llmhub tail`: the last events, then each as it arrives. The cursor of the hub is the only state, and
 * moves when its events are printed: a restart of the hub leaves no gap and prints nothing twice.
 */
export async function tail(options: TailOptions, context: CliContext): Promise<void> {
  const { terminal, clock, signal } = context
  const settings = connection(options)
  const names = options.fields?.split(',').map((name) => name.trim())
  const lines = formatOf(options, context) === 'table'
  const columns = names === undefined ? DEFAULT_COLUMNS : fieldColumns(names)
  const parameters = parametersOf(options, names, lines ? columns : null)
  const print = lines ? linePrinter(columns, context) : jsonPrinter(context)
  const totals = { events: 0, errors: 0, cost: 0 }
  const start = clock.monotonic()

  const first = new URLSearchParams(parameters)
  first.set('last', String(options.lines ?? HISTORY))
  let page = await pageOf(first, settings, options, context, true)
  while (page !== null) {
    for (const event of page.events) {
      print(event)
      totals.events++
      if (isError(event)) totals.errors++
      totals.cost += typeof event['cost'] === 'string' ? Number(event['cost']) : 0
    }
    await terminal.outDrained?.()
    if (!options.follow || signal.aborted) break
    const following = new URLSearchParams(parameters)
    following.set('cursor', page.next)
    following.set('limit', String(PAGE))
    following.set('wait', String(WAIT))
    page = await pageOf(following, settings, options, context, false)
  }
  if (!options.follow) return
  const parts = [
    `${count(totals.events)} events in ${duration((clock.monotonic() - start) / 1000)}`,
    `${count(totals.errors)} errors`,
    ...(totals.cost > 0 ? [`$${totals.cost.toPrecision(4)}`] : []),
  ]
  terminal.err(`${terminal.errIsTty ? '\n' : ''}${parts.join(' · ')}\n`)
}

function formatOf({ output }: TailOptions, { terminal }: CliContext): 'table' | 'ndjson' {
  if (output === undefined) return terminal.outIsTty ? 'table' : 'ndjson'
  if (output === 'table' || output === 'ndjson') return output
  throw new CliError(`--output ${output}: expected table or ndjson`, EXIT.usage)
}

function parametersOf(
  { where = [], kind }: TailOptions,
  names: readonly string[] | undefined,
  columns: readonly LineColumn[] | null,
): URLSearchParams {
  const parameters = new URLSearchParams({ order: 'arrival' })
  if (kind !== undefined) parameters.set('kind', kind)
  for (const text of where) {
    // Refused here, before the connection is tried again and again.
    filterOf(text)
    parameters.append('where', text)
  }
  // Lines need only what they show; JSON without named fields has everything.
  if (columns !== null) {
    const shown = columns.flatMap(({ fields }) => fields)
    const fields = new Set([...shown, 'time', 'cost', ...COLOUR_FIELDS])
    parameters.set('fields', [...fields].join(','))
  } else if (names !== undefined) parameters.set('fields', names.join(','))
  return parameters
}

function jsonPrinter({ terminal }: CliContext): (event: EventView) => void {
  return (event) => terminal.out(documentFor(terminal, JSON.stringify(event)))
}

function linePrinter(columns: readonly LineColumn[], { terminal }: CliContext) {
  const shown = terminal.outIsTty ? fitted(columns, terminal.columns) : columns
  let day = ''
  terminal.out(`${headLine(shown)}\n`)
  return (event: EventView): void => {
    const own = dayOf(event)
    if (own !== day) terminal.out(`── ${own} ──\n`)
    day = own
    terminal.out(`${eventLine(event, shown, terminal.color)}\n`)
  }
}

/** A page; null once the user has interrupted. What passes by itself is waited for. */
async function pageOf(
  parameters: URLSearchParams,
  settings: ClientSettings,
  { project }: TailOptions,
  context: CliContext,
  isFirst: boolean,
): Promise<Page | null> {
  const { terminal, signal } = context
  const path = `/api/v1/events?${parameters.toString()}`
  for (let attempt = 0; ; attempt++) {
    const outcome = await tried(settings, path, project, context)
    if (signal.aborted) return null
    if (outcome instanceof CliError) {
      if (isFirst && attempt === 0) throw outcome
    } else if (outcome.status === 200) {
      if (attempt > 0) terminal.err('connected again\n')
      return outcome.body as Page
    } else if (outcome.status < 500 && outcome.status !== 429) throw failed(outcome)
    if (attempt === 0) terminal.err(`${reasonOf(outcome)}: reconnecting …\n`)
    const asked = outcome instanceof CliError ? null : outcome.retryAfterSeconds
    const waitMs = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 0
    await pause(Math.min(asked === null ? waitMs : asked * 1000, 5000), context)
    if (signal.aborted) return null
  }
}

async function tried(
  settings: ClientSettings,
  path: string,
  project: string | undefined,
  { signal }: CliContext,
): Promise<HubResponse | CliError> {
  try {
    return await request(settings, 'GET', path, undefined, { project, signal })
  } catch (error) {
    const mayPass: readonly number[] = [EXIT.unreachable, EXIT.interrupted]
    if (error instanceof CliError && mayPass.includes(error.exitCode)) return error
    throw error
  }
}

function reasonOf(outcome: HubResponse | CliError): string {
  if (outcome instanceof CliError) return 'the hub does not answer'
  const { title, detail } = (outcome.body ?? {}) as { title?: string; detail?: string }
  return title === undefined ? `HTTP ${outcome.status}` : `${title}: ${detail ?? ''}`
}
