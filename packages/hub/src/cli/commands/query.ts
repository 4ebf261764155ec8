import { readFile } from 'node:fs/promises'
import type { Answer, Question } from '@llmhub/schema'
import { FORMATS } from '../../formats/formats.ts'
import { download, failed, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { bytes, type OutputFormat, table } from '../output.ts'
import { saveChunks } from '../save-chunks.ts'

export interface QueryOptions extends GlobalOptions {
  readonly by?: readonly string[]
  readonly from?: string
  readonly to?: string
  readonly where?: readonly string[]
  readonly timezone?: string
  readonly top?: number
  readonly fill?: string
  readonly compare?: boolean
  readonly limit?: number
  readonly json?: string
  readonly file?: string
}

function questionOf(measures: readonly string[], options: QueryOptions): object {
  const by = options.by ?? []
  const { top, limit } = options
  return {
    kind: by.some((name) => name.startsWith('time:')) ? 'series' : 'table',
    measures,
    by,
    ...(options.where === undefined ? {} : { filters: options.where.map(filterOf) }),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(options.timezone === undefined ? {} : { timezone: options.timezone }),
    ...(options.fill === undefined ? {} : { fill: options.fill }),
    ...(top === undefined ? {} : { top: { by: measures[0], n: top, other: true } }),
    ...(options.compare === true ? { compare: 'previous' } : {}),
    ...(limit === undefined ? {} : { limit }),
  }
}

const OFFERED = ['table', 'json', 'csv', 'ndjson', 'parquet', 'arrow', 'xlsx'] as const

/** By `-o`, else by the name of the file, else as a command prints. */
function chosenFormat(options: QueryOptions, context: CliContext): OutputFormat {
  const { file, output } = options
  const named = Object.values(FORMATS).find(
    ({ name, extension }) =>
      file?.endsWith(`.${extension}`) === true || file?.endsWith(`.${name}`) === true,
  )
  if (output === undefined && file !== undefined) return named?.name ?? 'json'
  const chosen = format(options, context, OFFERED)
  const isText = Object.values(FORMATS).every(({ name, isText }) => name !== chosen || isText)
  if (file === undefined && !isText) {
    throw new CliError(`${chosen} is not text: name a file for it with --file`, EXIT.usage)
  }
  return chosen
}

/** The question of `--json`: the text itself, `@file`, or `-` for standard input. */
async function questionFromJson(source: string, context: CliContext): Promise<object> {
  let text = source
  if (source === '-') text = await context.stdin()
  else if (source.startsWith('@')) text = await readFile(source.slice(1), 'utf8')
  try {
    return JSON.parse(text) as Question
  } catch (error) {
    throw new CliError(`--json: not valid JSON: ${(error as Error).message}`, EXIT.usage)
  }
}

const SOURCES = { raw: 'rows', rollup: 'rollups', mixed: 'rollups and rows' } as const

/** `llmhub query cost.total requests.count --by model --from now-7d` */
export async function query(
  measures: readonly string[],
  options: QueryOptions,
  context: CliContext,
): Promise<void> {
  if (options.json === undefined && measures.length === 0) {
    throw new CliError(
      'name at least one measure, such as cost.total (all: llmhub query --list), or give --json',
      EXIT.usage,
    )
  }
  const question =
    options.json === undefined
      ? questionOf(measures, options)
      : await questionFromJson(options.json, context)
  const output = chosenFormat(options, context)
  const settings = connection(options)
  const body = { content: JSON.stringify(question), type: 'application/json' }
  if (options.file !== undefined) {
    const asked = output === 'table' ? 'json' : output
    const path = `/api/v1/query?format=${asked}`
    const { chunks } = await download(settings, 'POST', path, body, context.signal)
    const size = await saveChunks(chunks, options.file)
    context.terminal.err(`${options.file}: ${bytes(size)}\n`)
    return
  }
  const path =
    output === 'csv' || output === 'ndjson' ? `/api/v1/query?format=${output}` : '/api/v1/query'
  const response = await request(settings, 'POST', path, body)
  if (response.status !== 200) throw failed(response)
  if (output !== 'table') {
    context.terminal.out(response.text.endsWith('\n') ? response.text : `${response.text}\n`)
    return
  }
  const answer = response.body as Answer
  const head = answer.columns.map(
    (column) => `${column.name}${column.unit === undefined ? '' : ` (${column.unit})`}`,
  )
  context.terminal.out(table(head, answer.rows))
  const { meta } = answer
  context.terminal.err(
    `${meta.from} … ${meta.to} ${meta.timezone} · from ${SOURCES[meta.source]}${meta.partial ? ' · PARTIAL' : ''}\n`,
  )
  for (const warning of meta.warnings) context.terminal.err(`! ${warning}\n`)
}

/** `llmhub query --list`: the catalogue of measures and dimensions. */
export async function listCatalogue(options: GlobalOptions, context: CliContext): Promise<void> {
  const response = await request(connection(options), 'GET', '/api/v1/semantic')
  if (response.status !== 200) throw failed(response)
  if (format(options, context) !== 'table') {
    context.terminal.out(`${response.text}\n`)
    return
  }
  const { measures, dimensions } = response.body as Record<
    'measures' | 'dimensions',
    readonly { name: string; unit?: string; description?: string }[]
  >
  const line = (entry: { name: string; unit?: string; description?: string }): string[] => [
    entry.name,
    entry.unit ?? '',
    entry.description ?? '',
  ]
  context.terminal.out(table(['MEASURE', 'UNIT', 'WHAT IT IS'], measures.map(line), 90))
  context.terminal.out('\n')
  context.terminal.out(table(['DIMENSION', 'UNIT', 'WHAT IT IS'], dimensions.map(line), 90))
}
