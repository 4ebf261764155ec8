import { readFile } from 'node:fs/promises'
import { stateFolder } from '../../config/load.ts'
import { failed, type HubResponse, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { documentFor, type OutputFormat } from '../output.ts'
import type { SqlSchema } from '../sql/complete.ts'
import { type PromptState, prompt } from '../sql/prompt.ts'
import { type SqlAnswer, showRows, sqlFailure, summaryOf } from '../sql/show.ts'

export interface SqlOptions extends GlobalOptions {
  readonly file?: string
  readonly param?: readonly string[]
  readonly limit?: number
  readonly timeout?: number
}

const FORMATS = ['table', 'json', 'csv', 'ndjson'] as const satisfies readonly OutputFormat[]

/** `llmhub sql "select …"`, or a prompt on a terminal. */
export async function sql(
  statement: string | undefined,
  options: SqlOptions,
  context: CliContext,
): Promise<void> {
  const output = format(options, context, FORMATS)
  if (statement === undefined && options.file === undefined && context.tty !== undefined) {
    await openPrompt(options, context, context.tty)
    return
  }
  const text = await statementOf(statement, options, context)
  if (text.trim() === '') {
    throw new CliError(
      'there is no statement: give it as an argument, with -f FILE, or on standard input',
      EXIT.usage,
    )
  }
  await runStatement(text, options, context, { output, expanded: false, signal: context.signal })
}

async function statementOf(
  statement: string | undefined,
  { file }: SqlOptions,
  context: CliContext,
): Promise<string> {
  if (file !== undefined && statement !== undefined) {
    throw new CliError('give a statement or a file, not both', EXIT.usage)
  }
  if (file === undefined && statement !== undefined && statement !== '-') return statement
  if (file === undefined || file === '-') return context.stdin()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`, EXIT.usage)
  }
}

interface Shown {
  readonly output: OutputFormat
  readonly expanded: boolean
  readonly signal: AbortSignal
  readonly timing?: boolean
}

async function runStatement(
  text: string,
  options: SqlOptions,
  context: CliContext,
  { output, expanded, signal, timing = false }: Shown,
): Promise<void> {
  const { terminal, clock } = context
  const body = {
    sql: text,
    params: parametersOf(options.param),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.timeout === undefined
      ? {}
      : { timeoutMs: Math.max(1, Math.round(options.timeout * 1000)) }),
  }
  const start = clock.monotonic()
  const plain = output === 'csv' || output === 'ndjson'
  const response = await request(
    connection(options),
    'POST',
    plain ? `/api/v1/sql?format=${output}` : '/api/v1/sql',
    { content: JSON.stringify(body), type: 'application/json' },
    { signal },
  )
  if (response.status !== 200) throw sqlFailure(response, text)
  if (output === 'table') {
    const answer = response.body as SqlAnswer
    terminal.out(showRows(answer, expanded))
    terminal.err(`(${summaryOf(answer)})\n`)
  } else {
    terminal.out(documentFor(terminal, response.text))
    if (isTruncated(response)) terminal.err('! there are more rows: raise --limit, or use LIMIT\n')
  }
  if (timing) terminal.err(`${(clock.monotonic() - start).toFixed(1)} ms\n`)
}

function isTruncated({ headers }: HubResponse): boolean {
  return headers.get('x-llmhub-truncated') === 'true'
}

/** `--param n=5 --param name=gpt-4o`: JSON where it is JSON, else text. */
function parametersOf(pairs: readonly string[] = []): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new CliError(`--param ${pair}: expected name=value`, EXIT.usage)
    values[pair.slice(0, at).replace(/^\$/, '')] = scalarOf(pair.slice(at + 1))
  }
  return values
}

function scalarOf(text: string): unknown {
  if (/^(?:-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)$/.test(text)) return JSON.parse(text)
  return text
}

async function openPrompt(
  options: SqlOptions,
  context: CliContext,
  tty: NonNullable<CliContext['tty']>,
): Promise<void> {
  const settings = connection(options)
  const response = await request(settings, 'GET', '/api/v1/sql/schema')
  if (response.status !== 200) throw failed(response)
  context.terminal.err(`SQL on ${settings.url}. \\d lists the views, \\? the rest, \\q leaves.\n`)
  await prompt({
    ...tty,
    terminal: context.terminal,
    schema: response.body as SqlSchema,
    stateFolder: stateFolder(),
    run: (text, state: PromptState, signal) =>
      runStatement(text, options, context, { ...state, output: state.format, signal }),
  })
}
