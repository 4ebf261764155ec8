import { createInterface, type Interface } from 'node:readline'
import { CliError, EXIT } from '../exit-codes.ts'
import { printable, type Terminal } from '../output.ts'
import { table } from '../table.ts'
import { complete, PROMPT_FORMATS, type SqlSchema } from './complete.ts'
import { HISTORY_SIZE, loadHistory, saveHistory } from './history.ts'
import { isBlank, statementEnd } from './statement-end.ts'

export interface PromptState {
  format: (typeof PROMPT_FORMATS)[number]
  expanded: boolean
  timing: boolean
}

export interface PromptOptions {
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly terminal: Terminal
  readonly schema: SqlSchema
  /** Where the history is kept, or null for nowhere. */
  readonly stateFolder: string | null
  /** Runs one statement and prints its rows; an error of it is a `CliError`. */
  readonly run: (sql: string, state: PromptState, signal: AbortSignal) => Promise<void>
}

const READY = 'llmhub=> '
const GOES_ON = 'llmhub-> '

const HELP = `  \\d           the views          \\d VIEW   its columns
  \\x           each row as a block, or rows as a table
  \\o FORMAT    ${PROMPT_FORMATS.join(', ')}
  \\timing      how long each statement takes
  \\r           forget the lines of a statement that is not sent
  \\q           leave (also Ctrl-D)
Tab completes; Ctrl-C stops the statement that runs; a statement ends with a semicolon.
`

/** Reads statements until the person leaves. Lines that come while one runs wait for their turn. */
export async function prompt(options: PromptOptions): Promise<void> {
  const { input, output, terminal, schema, stateFolder, run } = options
  const state: PromptState = { format: 'table', expanded: false, timing: false }
  let buffer = ''
  let history = loadHistory(stateFolder)
  let running: AbortController | null = null
  const lines: Interface = createInterface({
    input,
    output,
    terminal: true,
    historySize: HISTORY_SIZE,
    history: [...history],
    removeHistoryDuplicates: true,
    completer: (line: string) => {
      const [hits, word] = complete(schema, buffer + line)
      const [only = ''] = hits
      // A word that can be no other is done, unless a parenthesis or a name belongs behind it.
      return [hits.length === 1 && /\w$/.test(only) ? [`${only} `] : hits, word]
    },
  })
  lines.on('history', (now: string[]) => {
    const [latest, before] = now
    // A statement of several lines is one entry; behind a comment the next line would be part of it.
    if (buffer !== '' && latest !== undefined && before !== undefined && !before.includes('--')) {
      now.splice(0, 2, `${before} ${latest.trim()}`)
    }
    history = now
  })
  const ready = (): void => {
    lines.setPrompt(buffer === '' ? READY : GOES_ON)
    lines.prompt()
  }
  lines.on('SIGINT', () => {
    if (running !== null) {
      running.abort()
      return
    }
    // As in a shell: what was typed is dropped, and an empty line says how to leave.
    if (buffer === '' && lines.line === '') terminal.err('\n(\\q or Ctrl-D leaves)')
    buffer = ''
    lines.write(null, { ctrl: true, name: 'e' })
    lines.write(null, { ctrl: true, name: 'u' })
    terminal.err('\n')
    ready()
  })

  const send = async (sql: string): Promise<void> => {
    running = new AbortController()
    try {
      await run(sql, state, running.signal)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      const stopped = error.exitCode === EXIT.interrupted
      terminal.err(`${stopped ? 'stopped' : error.message.split('\n').map(printable).join('\n')}\n`)
    } finally {
      running = null
    }
  }

  ready()
  for await (const line of lines) {
    if (buffer === '' && line.trimStart().startsWith('\\')) {
      if (!command(line.trim(), state, schema, terminal)) break
      ready()
      continue
    }
    if (line.trim() === '\\r') buffer = ''
    else buffer += `${line}\n`
    for (let end = statementEnd(buffer); end !== null; end = statementEnd(buffer)) {
      const sql = buffer.slice(0, end)
      buffer = buffer.slice(end)
      if (!isBlank(sql.slice(0, -1))) await send(sql)
    }
    if (isBlank(buffer)) buffer = ''
    ready()
  }
  lines.close()
  terminal.err('\n')
  if (!saveHistory(stateFolder, history) && stateFolder !== null) {
    terminal.err(`the history could not be kept in ${stateFolder}\n`)
  }
}

/** Carries out a line with a backslash; answers false when it is time to leave. */
function command(line: string, state: PromptState, schema: SqlSchema, terminal: Terminal): boolean {
  const [name = '', argument] = line.replace(/;$/, '').split(/\s+/)
  switch (name) {
    case '\\q':
      return false
    case '\\?':
    case '\\h':
      terminal.err(HELP)
      break
    case '\\r':
      break
    case '\\x':
      state.expanded = !state.expanded
      terminal.err(`each row as a block: ${state.expanded ? 'on' : 'off'}\n`)
      break
    case '\\timing':
      state.timing = !state.timing
      terminal.err(`timing: ${state.timing ? 'on' : 'off'}\n`)
      break
    case '\\o':
      choose(argument, state, terminal)
      break
    case '\\d':
      describe(argument, schema, terminal)
      break
    default:
      terminal.err(`there is no ${printable(name)}; \\? lists what there is\n`)
  }
  return true
}

function choose(argument: string | undefined, state: PromptState, terminal: Terminal): void {
  const format = PROMPT_FORMATS.find((each) => each === argument)
  if (format !== undefined) state.format = format
  const said = format === undefined && argument !== undefined ? `there is no ${argument}; ` : ''
  terminal.err(`${said}format: ${state.format} (of ${PROMPT_FORMATS.join(', ')})\n`)
}

function describe(name: string | undefined, schema: SqlSchema, terminal: Terminal): void {
  if (name === undefined) {
    const rows = schema.views.map(({ name: view, doc }) => [
      `${schema.schema}.${view}`,
      doc.slice(0, doc.indexOf('.') + 1),
    ])
    terminal.out(table(['VIEW', 'WHAT IT HAS'], rows, 130))
    return
  }
  const view = schema.views.find(
    (each) => each.name === name.toLowerCase().replace(`${schema.schema}.`, ''),
  )
  if (view === undefined) {
    terminal.err(`there is no view ${printable(name)}; \\d lists them\n`)
    return
  }
  terminal.out(`${view.doc}\n`)
  const rows = view.columns.map((each) => [each.name, each.type, each.unit ?? '', each.doc])
  terminal.out(table(['COLUMN', 'TYPE', 'UNIT', 'WHAT IT IS'], rows, 80))
}
