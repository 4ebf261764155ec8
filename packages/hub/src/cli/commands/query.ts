import { readFile } from 'node:fs/promises'
import type { Answer } from '@llmhub/schema'
import { FORMATS } from '../../formats/formats.ts'
import { answerChart } from '../chart/answer-chart.ts'
import { download, failed, type HubResponse, hubAt, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { filterOf } from '../filter.ts'
import { bytes, shortTime } from '../formats.ts'
import { documentFor, type OutputFormat, printable, type Terminal } from '../output.ts'
import { saveChunks } from '../save-chunks.ts'
import { printTable } from '../table.ts'
import { answerTable } from './answer-table.ts'
import { sparkColumn, sparkQuestion } from './spark-column.ts'

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
  readonly chart?: boolean
  readonly spark?: boolean
}

function questionOf(measures: readonly string[], options: QueryOptions): Record<string, unknown> {
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

const OFFERED = ['table', 'json', 'csv', 'ndjson', 'chart', 'parquet', 'arrow', 'xlsx'] as const

const FILE_FORMATS = ['json', ...Object.keys(FORMATS)]

/** By `-o`, else by the name of the file, else as a command prints. */
function chosenFormat(options: QueryOptions, context: CliContext): OutputFormat {
  const { file } = options
  const output = options.chart === true ? 'chart' : options.output
  const named = Object.values(FORMATS).find(
    ({ name, extension }) =>
      file?.endsWith(`.${extension}`) === true || file?.endsWith(`.${name}`) === true,
  )
  if (output === undefined && file !== undefined) {
    if (named !== undefined) return named.name
    if (file.endsWith('.json')) return 'json'
    const message = `--file ${file}: its ending names no format; choose one with -o ${FILE_FORMATS.join(', ')}`
    throw new CliError(message, EXIT.usage)
  }
  const chosen = format(
    { ...options, ...(output === undefined ? {} : { output }) },
    context,
    OFFERED,
  )
  const isText = Object.values(FORMATS).every(({ name, isText }) => name !== chosen || isText)
  if (file === undefined && !isText) {
    throw new CliError(`${chosen} is not text: name a file for it with --file`, EXIT.usage)
  }
  return chosen
}

/** The question of `--json`: the text itself, `@file`, or `-` for standard input. */
async function questionFromJson(
  source: string,
  context: CliContext,
): Promise<Record<string, unknown>> {
  let text = source
  if (source === '-') text = await context.stdin()
  else if (source.startsWith('@')) text = await readFile(source.slice(1), 'utf8')
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch (error) {
    throw new CliError(`--json: not valid JSON: ${(error as Error).message}`, EXIT.usage)
  }
}

const SOURCES = { raw: 'rows', rollup: 'rollups', mixed: 'rollups and rows' } as const
/** Groups that get a line of their own in a chart; the hub makes one of the rest. */
const CHART_TOP = 5
/** Wider than this a chart is no easier to read. */
const MOST_COLUMNS = 160

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
  const asked =
    options.json === undefined
      ? questionOf(measures, options)
      : await questionFromJson(options.json, context)
  const output = chosenFormat(options, context)
  const question = output === 'chart' ? drawable(asked) : asked
  const path =
    output === 'csv' || output === 'ndjson' ? `/api/v1/query?format=${output}` : '/api/v1/query'
  const settings = connection(options)
  if (options.file !== undefined) {
    const form = output === 'table' || output === 'chart' ? 'json' : output
    const content = { content: JSON.stringify(asked), type: 'application/json' }
    const url = `/api/v1/query?format=${form}`
    const { chunks } = await download(settings, 'POST', url, content, context.signal)
    const size = await saveChunks(chunks, options.file)
    context.terminal.err(`${options.file}: ${bytes(size)}\n`)
    return
  }
  const ask = async (body: object): Promise<HubResponse> => {
    const sent = { content: JSON.stringify(body), type: 'application/json' }
    const response = await request(settings, 'POST', path, sent)
    if (response.status !== 200) throw failed(response)
    return response
  }
  const response = await ask(question)
  const { terminal } = context
  if (output !== 'table' && output !== 'chart') {
    terminal.out(documentFor(terminal, response.text))
    return
  }
  const answer = response.body as Answer
  if (output === 'chart') terminal.out(chartOf(answer, terminal))
  else if (options.spark === true) {
    const overTime = await ask(sparkQuestion(withoutTime(question), answer.meta))
    const column = sparkColumn(answer, overTime.body as Answer, terminal.ascii === true)
    terminal.out(answerTable(answer, terminal, [column]))
  } else terminal.out(answerTable(answer, terminal))
  const { meta } = answer
  terminal.err(
    `${shortTime(meta.from)} … ${shortTime(meta.to)} ${meta.timezone} · from ${SOURCES[meta.source]}${meta.partial ? ' · PARTIAL' : ''}\n`,
  )
  for (const warning of meta.warnings) terminal.err(`! ${printable(warning)}\n`)
}

/**
 * The question with what a drawing needs: empty buckets, so that a gap is seen as one, and at most as
 * many groups as are told apart.
 */
function drawable(question: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const by = (question['by'] as readonly string[] | undefined) ?? []
  if (question['kind'] !== 'series') return question
  const isSplit = by.some((name) => !name.startsWith('time:'))
  const [first] = (question['measures'] as readonly unknown[] | undefined) ?? []
  return {
    ...question,
    ...(question['fill'] === undefined ? { fill: 'null' } : {}),
    ...(isSplit && question['top'] === undefined && typeof first === 'string'
      ? { top: { by: first, n: CHART_TOP, other: true } }
      : {}),
  }
}

function chartOf(answer: Answer, { columns, color, ascii = false }: Terminal): string {
  const drawing = answerChart(answer, { width: Math.min(columns, MOST_COLUMNS), color, ascii })
  if (drawing !== null) return drawing
  return 'nothing to draw: the answer has no rows with a measure\n'
}

/** A table that has a sparkline for each row is not split by time itself. */
function withoutTime(question: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const by = (question['by'] as readonly string[] | undefined) ?? []
  if (question['kind'] === 'table' && !by.some((name) => name.startsWith('time:'))) return question
  throw new CliError(
    '--spark draws a line over time for each row of a table: leave --by time:… out, or draw it with --chart',
    EXIT.usage,
  )
}

/** `llmhub query --list`: the catalogue of measures and dimensions. */
export async function listCatalogue(options: GlobalOptions, context: CliContext): Promise<void> {
  const hub = hubAt(connection(options))
  const { terminal } = context
  if (format(options, context) !== 'table') {
    terminal.out(documentFor(terminal, await hub.text('GET /api/v1/semantic')))
    return
  }
  const { measures, dimensions } = await hub.call('GET /api/v1/semantic')
  printTable(
    terminal,
    ['MEASURE', 'UNIT', 'WHAT IT IS'],
    measures.map(({ name, unit, description }) => [name, unit, description]),
    { width: 200, keep: ['MEASURE'] },
  )
  terminal.out('\n')
  printTable(
    terminal,
    ['DIMENSION', 'WHAT IT IS'],
    dimensions.map(({ name, description }) => [name, description]),
    { width: 200, keep: ['DIMENSION'] },
  )
}
