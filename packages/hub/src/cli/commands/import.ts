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
import { type Mapping, parseMapping } from '../import/mapping.ts'
import { MAPPINGS } from '../import/mappings.ts'
import { type ImportSummary, runImport } from '../import/run.ts'
import { table, tableColumns } from '../output.ts'
import { progressBar } from '../progress.ts'

export interface ImportCommandOptions extends GlobalOptions {
  readonly map?: string
  readonly start?: string
  readonly field?: readonly string[]
  readonly dryRun?: boolean
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
  throw new CliError(
    `--map ${name} is not a mapping:\n${parsed.problems.map((line) => `  ${line}`).join('\n')}`,
    EXIT.usage,
  )
}

function startOf(text: string | undefined): number | null {
  if (text === undefined) return null
  const micros =
    parseIsoMicros(text) ?? parseIsoMicros(`${text}T00:00:00Z`) ?? parseIsoMicros(`${text}Z`)
  if (micros === null)
    throw new CliError(`--start ${text}: expected a time such as 2026-11-01T00:00:00Z`, EXIT.usage)
  return micros
}

function report(file: string, summary: ImportSummary, dryRun: boolean, context: CliContext): void {
  const { terminal } = context
  for (const problem of summary.problems) terminal.err(`! ${problem}\n`)
  if (dryRun) {
    terminal.err(
      `${basename(file)}: ${count(summary.rows)} rows read, nothing sent. The first events:\n`,
    )
    for (const event of summary.preview) terminal.out(`${JSON.stringify(event, null, 2)}\n`)
    return
  }
  const rate = summary.seconds > 0 ? summary.rows / summary.seconds : 0
  terminal.err(
    `${basename(file)}: ${count(summary.rows)} rows in ${duration(summary.seconds)} (${count(rate)}/s): ` +
      `${count(summary.accepted)} new, ${count(summary.duplicates)} already there, ` +
      `${count(summary.rejected)} rejected, ${count(summary.unmapped)} not mapped\n`,
  )
  if (summary.answerable === false) {
    terminal.err('The store is still applying them; answers have all of them in a moment.\n')
  }
  if (summary.rows > 0 && summary.duplicates === summary.rows) {
    terminal.err('The hub has taken in this file before; nothing was counted again.\n')
  }
}

/** `llmhub import FILE --map NAME|file` */
export async function importFile(
  file: string | undefined,
  options: ImportCommandOptions,
  context: CliContext,
): Promise<void> {
  if (options.list === true) {
    const rows = MAPPINGS.map((mapping) => [mapping.name, mapping.kind, mapping.doc])
    const head = ['MAPPING', 'KIND', 'WHAT IT READS']
    context.terminal.out(table(head, rows, 200, tableColumns(context.terminal)))
    return
  }
  if (file === undefined) throw new CliError('name the file to import', EXIT.usage)
  if (options.map === undefined)
    throw new CliError(
      'say how to read the file with --map NAME (all: llmhub import --list)',
      EXIT.usage,
    )
  const mapping = mappingFrom(options.map)
  const progress = progressBar(basename(file), 'rows', context.terminal, context.clock)
  let summary: ImportSummary
  try {
    summary = await runImport({
      file,
      mapping,
      start: startOf(options.start),
      constants: assignments(options.field),
      dryRun: options.dryRun === true,
      settings: connection(options),
      clock: context.clock,
      progress,
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CliError(`${file}: no such file`, EXIT.notFound)
    throw error
  }
  if (format(options, context) === 'json' && options.output !== undefined)
    printJson(context, summary)
  report(file, summary, options.dryRun === true, context)
  if (summary.rejected > 0 || summary.unmapped > 0) {
    throw new CliError(
      `${count(summary.rejected + summary.unmapped)} rows were not taken in`,
      EXIT.partial,
    )
  }
}
