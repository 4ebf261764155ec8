import { MOST_RESULTS } from '../../live/live.ts'
import { type CliContext, connection, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { count, counted, duration, utcTime } from '../formats.ts'
import { documentFor } from '../output.ts'
import {
  type LiveMessage,
  type LiveRow,
  type LiveSnapshotMessage,
  liveMessages,
} from '../windows/live-messages.ts'
import { headLine, type ResultColumn, resultColumns, resultLine } from '../windows/result-lines.ts'

export interface WatchOptions extends GlobalOptions {
  readonly size?: string
  readonly where?: readonly string[]
  readonly project?: string
  readonly measure?: readonly string[]
  readonly lines?: number
  readonly for?: number
}

const HISTORY = 10
/** Lines of windows that are open, below those that are closed. */
const MOST_OPEN = 10
const PIPE_COLUMNS = 200

/**
 * `llmhub windows watch`: results of closed windows one below the other, and below them, on a terminal, those
 * that are open, which change in place. In a pipe every result is a line of JSON.
 */
export async function windowsWatch(
  name: string,
  options: WatchOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, clock } = context
  const settings = connection(options)
  const query = queryOf(name, options)
  const isTable = formatOf(options, context) === 'table'
  const screen = isTable ? new Screen(options, context) : null
  const start = clock.monotonic()
  let results = 0
  let isFirst = true
  const tell = (text: string): void => {
    screen?.clear()
    terminal.err(`${text}\n`)
  }
  const own = options.project === undefined ? settings : { ...settings, project: options.project }
  for await (const message of liveMessages(own, query, context, tell)) {
    if (message.event === 'notice') {
      const told = noticeText(message)
      if (told !== null) tell(told)
      continue
    }
    if (message.event === 'bye') continue
    if (message.event === 'snapshot') checkMeasures(message, options)
    results += message.updates.length
    if (screen !== null) screen.show(message)
    else {
      const rows = isFirst ? newest(message.updates, options.lines) : message.updates
      for (const row of rows)
        terminal.out(documentFor(terminal, JSON.stringify(chosen(row, options))))
    }
    isFirst = false
    await terminal.outDrained?.()
  }
  screen?.end()
  if (options.for === undefined) {
    const seconds = (clock.monotonic() - start) / 1000
    terminal.err(`${counted(results, 'result')} in ${duration(seconds)}\n`)
  }
}

function formatOf({ output }: WatchOptions, { terminal }: CliContext): 'table' | 'ndjson' {
  if (output === undefined) return terminal.outIsTty ? 'table' : 'ndjson'
  if (output === 'table' || output === 'ndjson') return output
  throw new CliError(`--output ${output}: expected table or ndjson`, EXIT.usage)
}

function queryOf(name: string, options: WatchOptions): URLSearchParams {
  const query = new URLSearchParams({ definition: name })
  if (options.size !== undefined) query.set('size', options.size)
  if (options.for !== undefined) query.set('for', String(options.for))
  for (const text of options.where ?? []) {
    filterOf(text)
    query.append('where', text)
  }
  return query
}

function checkMeasures({ definition, measures }: LiveSnapshotMessage, options: WatchOptions): void {
  const names = measures.map(({ name }) => name)
  const wrong = options.measure?.find((name) => !names.includes(name))
  if (wrong === undefined) return
  throw new CliError(`--measure ${wrong}: ${definition} has ${names.join(', ')}`, EXIT.usage)
}

/** The row with the measures that were asked for. */
function chosen(row: LiveRow, { measure }: WatchOptions): LiveRow {
  if (measure === undefined) return row
  const values = Object.fromEntries(measure.map((name) => [name, row.values[name] ?? null]))
  return { ...row, values }
}

/** Of the closed windows the last `most` results, and all of those that are open. */
function newest(rows: readonly LiveRow[], most: number | undefined): readonly LiveRow[] {
  if (most === undefined) return rows
  const closed = rows.filter((row) => row.closed)
  return [
    ...closed.slice(closed.length - Math.min(most, closed.length)),
    ...rows.filter((row) => !row.closed),
  ]
}

function noticeText(notice: LiveMessage & { readonly event: 'notice' }): string | null {
  if (notice.reason === 'lagging') {
    return `results are ${duration((notice.lagMs ?? 0) / 1000)} behind what comes in`
  }
  return notice.reason === 'caught_up' ? 'results have caught up' : null
}

/** What has been printed of a window and key, so that nothing is printed twice. */
interface Shown {
  row: LiveRow
  /** As it was printed, once its window had closed. */
  line: string | null
}

class Screen {
  readonly #options: WatchOptions
  readonly #context: CliContext
  readonly #rows = new Map<string, Shown>()
  #columns: readonly ResultColumn[] = []
  #first = ''
  #title = ''
  /** Lines below the closed windows that are printed anew each time. */
  #below = 0

  constructor(options: WatchOptions, context: CliContext) {
    this.#options = options
    this.#context = context
  }

  show(message: LiveMessage & { readonly event: 'snapshot' | 'delta' }): void {
    this.clear()
    const isFirst = this.#columns.length === 0
    if (message.event === 'snapshot') this.#begin(message)
    for (const row of message.updates) {
      const key = JSON.stringify([row.start, row.end, row.project, row.key])
      const known = this.#rows.get(key)
      if (known === undefined) this.#rows.set(key, { row, line: null })
      else known.row = row
    }
    this.#printClosed(isFirst ? (this.#options.lines ?? HISTORY) : Number.POSITIVE_INFINITY)
    this.#printOpen(message.watermark)
  }

  /** Takes away the lines of open windows. */
  clear(): void {
    if (this.#below > 0) this.#context.terminal.out(`\u001b[${this.#below}A\u001b[J`)
    this.#below = 0
  }

  /** Leaves the terminal as it is, the open windows included. */
  end(): void {
    this.#below = 0
  }

  #begin(snapshot: LiveSnapshotMessage): void {
    if (this.#columns.length > 0) return
    const { measure = null, project } = this.#options
    const { terminal } = this.#context
    const projects = new Set(snapshot.updates.map((row) => row.project))
    this.#columns = resultColumns(snapshot, {
      shown: measure,
      projects: project === undefined && projects.size > 1,
      terminal: terminal.outIsTty ? terminal.columns - 1 : PIPE_COLUMNS,
    })
    this.#first = measure?.[0] ?? snapshot.measures[0]?.name ?? ''
    this.#title = `${snapshot.definition} ${snapshot.size}`
    terminal.out(`${headLine(this.#columns)}\n`)
  }

  /** Prints what has closed, or changed since it was printed; of the first ones the last `most`. */
  #printClosed(most: number): void {
    const lines: string[] = []
    const closed = [...this.#rows].filter(([, { row }]) => row.closed)
    closed.sort(([, a], [, b]) =>
      a.row.start < b.row.start ? -1 : a.row.start > b.row.start ? 1 : 0,
    )
    for (const [key, shown] of closed) {
      const line = resultLine(shown.row, this.#columns)
      if (line === shown.line) continue
      const mark = shown.row.removed === true ? '  (no rows any more)' : '  (corrected)'
      lines.push(shown.line === null ? line : line + mark)
      this.#rows.set(key, { row: shown.row, line })
    }
    for (const line of most === 0 ? [] : lines.slice(-most)) this.#context.terminal.out(`${line}\n`)
    this.#forget()
  }

  /** Windows that closed long ago are corrected as if they were new. */
  #forget(): void {
    const over = this.#rows.size - MOST_RESULTS
    if (over > 0) for (const key of [...this.#rows.keys()].slice(0, over)) this.#rows.delete(key)
  }

  #printOpen(watermark: string | null): void {
    const { terminal, clock } = this.#context
    if (!terminal.outIsTty) return
    const open = [...this.#rows.values()]
      .map(({ row }) => row)
      .filter(({ closed, removed }) => !closed && removed !== true)
    const first = (row: LiveRow): number => Number(row.values[this.#first] ?? 0)
    open.sort((a, b) => (a.start === b.start ? first(b) - first(a) : a.start < b.start ? 1 : -1))
    const lines = open.slice(0, MOST_OPEN).map((row) => resultLine(row, this.#columns))
    const more = open.length - lines.length
    const behind =
      watermark === null ? null : Math.max(0, (clock.now() - Date.parse(watermark)) / 1000)
    const status = [
      `── ${this.#title}`,
      `${count(open.length)} open${more > 0 ? `, ${count(more)} not shown` : ''}`,
      watermark === null
        ? 'no event yet'
        : `complete up to ${utcTime(watermark).slice(11)} (${duration(behind ?? 0)} ago)`,
    ].join(' · ')
    const shown = [status, ...lines].map((line) => line.slice(0, terminal.columns - 1))
    terminal.out(`${shown.join('\n')}\n`)
    this.#below = shown.length
  }
}
