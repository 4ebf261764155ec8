import type { Command } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import type { ImportCommandOptions } from './commands/import.ts'
import type { CliContext } from './context.ts'

/** `llmhub import`, loaded when it runs. */
export function addImportCommands(program: Command, context: CliContext): void {
  withExamples(
    remote(
      program
        .command('import')
        .description(
          'send the rows of CSV, JSON, JSON-lines or Parquet files (also .gz, .zst) as events; resumes, and counts nothing twice',
        ),
    )
      .argument('[files...]')
      .option(
        '--map <name|file>',
        'how to read the files: a built-in mapping, or a JSON file with one (default: the rows are events)',
      )
      .option('--start <time>', 'time of the first row, for files without a clock')
      .option(
        '--field <path=value>',
        'set a payload field the file does not have; may be repeated',
        collect,
      )
      .option(
        '--dry-run',
        'map everything, show the first events and what the hub would do with all of them; store nothing',
      )
      .option(
        '--errors <file>',
        'write each row that is not taken in to a file, as JSON with its number, code, path and message',
      )
      .option('--parallel <n>', 'files at once', wholeNumber, 2)
      .option('--project <name>', 'the project, for keys that are bound to none')
      .option('--list', 'list the built-in mappings')
      .action(async (files: string[], options: ImportCommandOptions) => {
        const { importCommand } = await import('./commands/import.ts')
        await importCommand(files, options, context)
      }),
    [
      'llmhub import --list',
      'llmhub import AzureLLMInferenceTrace_conv.csv --map azure-llm-inference --field model_id=gpt-4',
      'llmhub import logs/*.parquet --map ./calls.json --dry-run --errors bad.ndjson',
      'llmhub import events.ndjson',
    ],
  )
}
