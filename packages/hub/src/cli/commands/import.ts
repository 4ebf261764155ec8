import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseIsoMicros } from '@llmhub/schema'
import {
  assignments,
  type CliContext,
  connection,
  format,
  type GlobalOptions,
  printJson,
} from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count, duration } from '../formats.ts'
import { ErrorReport, type RowError } from '../import/error-report.ts'
import { type Mapping, parseMapping } from '../import/mapping.ts'
import { MAPPINGS } from '../import/mappings.ts'
import { eventsPlan, type ImportPlan, type PlanOptions, planOf } from '../import/plan.ts'
import type { RowCounts } from '../import/run.ts'
import { type FilesSummary, importFiles } from '../import/run-files.ts'
import { progressBar } from '../progress.ts'
import { printTable } from '../table.ts'

export interface ImportCommandOptions extends GlobalOptions {
  readonly map?: string
  readonly start?: string
  readonly field?: readonly string[]
  readonly dryRun?: boolean
  readonly errors?: string
  readonly parallel: number
  readonly project?: string
  readonly list?: boolean
}

function mappingFrom(name: string): Mapping {
  const builtIn = MAPPINGS.find((mapping) => mapping.name === name)
  if (builtIn !== undefined) return builtIn
  if (!name.includes('/') && !name.endsWith('.json')) {
    const names = MAPPINGS.map((mapping) => mapping.name).join(', ')
    throw new CliError(
      `--map ${name}: there is no such mapping; built in are ${names}; or name a JSON file`,
      EXIT.usage,
    )
  }
  let text: string
  try {
    text = readFileSync(name, 'utf8')
  } catch (error) {
    throw new CliError(`--map ${name}: ${(error as Error).message}`, EXIT.usage)
  }
  const parsed = parseMapping(text)
  if ('mapping' in parsed) return parsed.mapping
  throw notAMapping(name, parsed.problems)
}

function notAMapping(name: string, problems: readonly string[]): CliError {
  const lines = problems.map((line) => `  ${line}`).join('\n')
  return new CliError(`--map ${name} is not a mapping:\n${lines}`, EXIT.usage)
}

/** Without `--map` the rows are events already. */
function planFrom(map: string | undefined, options: PlanOptions): ImportPlan {
  if (map === undefined || map === 'events') return eventsPlan(options)
  const planned = planOf(mappingFrom(map), options)
  if (!planned.ok) throw notAMapping(map, planned.problems)
  for (const path of planned.plan.needs) {
    if (options.constants[path] === undefined) {
      throw new CliError(
        `the file does not say ${path}: give it with --field ${path}=VALUE`,
        EXIT.usage,
      )
    }
  }
  return planned.plan
}

function startOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const micros =
    parseIsoMicros(text) ?? parseIsoMicros(`${text}T00:00:00Z`) ?? parseIsoMicros(`${text}Z`)
  if (micros === null)
    throw new CliError(`--start ${text}: expected a time such as 2026-11-01T00:00:00Z`, EXIT.usage)
  return micros
}

/** What became of rows, in words; together they are all rows. */
function outcomes(counts: RowCounts, dryRun: boolean): string {
  const { accepted, duplicates, rejected, unmapped, leftOut } = counts
  return [
    `${count(accepted)} ${dryRun ? 'would be new' : 'new'}`,
    `${count(duplicates)} already there`,
    `${count(rejected)} ${dryRun ? 'would be rejected' : 'rejected'}`,
    `${count(unmapped)} not mapped`,
    ...(leftOut === 0 ? [] : [`${count(leftOut)} left out`]),
  ].join(', ')
}

function report(summary: FilesSummary, dryRun: boolean, { terminal }: CliContext): void {
  const { files } = summary
  for (const { file, problems } of files) {
    const name = files.length > 1 ? `${basename(file)} ` : ''
    for (const problem of problems) terminal.err(`! ${name}${problem}\n`)
  }
  for (const counts of files) {
    const { file, rows, seconds } = counts
    const rate = seconds > 0 ? rows / seconds : 0
    const speed = `${count(rows)} rows in ${duration(seconds)} (${count(rate)}/s)`
    terminal.err(`${basename(file)}: ${speed}: ${outcomes(counts, dryRun)}\n`)
  }
  if (files.length > 1) {
    const speed = `${count(summary.rows)} rows of ${files.length} files in ${duration(summary.seconds)}`
    terminal.err(`${speed}: ${outcomes(summary, dryRun)}\n`)
  }
  const codes = Object.entries(summary.codes).toSorted(([, a], [, b]) => b - a)
  if (codes.length > 0) {
    terminal.err(`Why: ${codes.map(([code, rows]) => `${code} ${count(rows)}`).join(', ')}\n`)
  }
  if (dryRun) {
    terminal.err('Nothing was stored.\n')
    return
  }
  if (summary.answerable === false) {
    terminal.err('The store is still applying them; answers have all of them in a moment.\n')
  }
  if (summary.rows > 0 && summary.duplicates === summary.rows) {
    terminal.err('An earlier run has sent all of it; nothing was counted again.\n')
  }
}

/** `llmhub import FILE… --map NAME|file` */
export async function importCommand(
  files: readonly string[],
  options: ImportCommandOptions,
  context: CliContext,
): Promise<void> {
  const { terminal, clock, signal } = context
  if (options.list === true) {
    const rows = MAPPINGS.map((mapping) => [mapping.name, mapping.kind, mapping.doc])
    const head = ['MAPPING', 'KIND', 'WHAT IT READS']
    printTable(terminal, head, rows, { width: 200 })
    return
  }
  const [first] = files
  if (first === undefined) throw new CliError('name the file to import', EXIT.usage)
  if (new Set(files).size < files.length) throw new CliError('a file is named twice', EXIT.usage)
  const parallel = Math.max(1, options.parallel)
  const planOptions = { start: startOf(options.start), constants: assignments(options.field) }
  const plan = planFrom(options.map, planOptions)
  const dryRun = options.dryRun === true
  const { project } = options
  const output = format(options, context)
  const label = files.length === 1 ? basename(first) : `${files.length} files`
  const errors = options.errors === undefined ? null : await openErrors(options.errors)
  let summary: FilesSummary
  try {
    summary = await importFiles({
      ...planOptions,
      files,
      plan,
      parallel,
      dryRun,
      settings: { ...connection(options), ...(project === undefined ? {} : { project }) },
      clock,
      signal,
      progress: progressBar(label, 'rows', terminal, clock),
      onErrors: async (rows: readonly RowError[]) => errors?.add(rows),
    })
  } finally {
    await errors?.close()
  }
  if (output === 'json' && options.output !== undefined) printJson(context, summary)
  else if (dryRun) {
    for (const event of summary.files.flatMap(({ preview }) => preview).slice(0, 3)) {
      terminal.out(`${JSON.stringify(event, null, 2)}\n`)
    }
  }
  report(summary, dryRun, context)
  const lost = summary.rejected + summary.unmapped
  if (errors !== null && errors.lines > 0) {
    const rows = errors.lines === 1 ? 'row with its error' : 'rows with their errors'
    terminal.err(`${count(errors.lines)} ${rows}: ${options.errors}\n`)
  }
  if (lost > 0) {
    const [rows, were] = lost === 1 ? ['row', 'was not'] : ['rows', 'were not']
    const verb = dryRun ? 'would not be' : were
    if (!dryRun) terminal.err(AFTER_LOSS)
    throw new CliError(`${count(lost)} ${rows} ${verb} taken in`, EXIT.partial)
  }
}

/** A corrected file is another file: its rows would count beside those that were taken in. */
const AFTER_LOSS = `Rejected rows are kept: put them right with llmhub dead-letters replay. What was not mapped goes into a file
of its own. The corrected file as a whole would bring all rows in again, unless the mapping has an "id".
`

async function openErrors(path: string): Promise<ErrorReport> {
  try {
    return await ErrorReport.open(path)
  } catch (error) {
    throw new CliError(`--errors ${path}: ${(error as Error).message}`, EXIT.usage)
  }
}
