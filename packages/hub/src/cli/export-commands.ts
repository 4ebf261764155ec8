import type { Command } from 'commander'
import { collect, remote, withExamples } from './command-options.ts'
import { type ExportOptions, exportEvents } from './commands/export.ts'
import type { CliContext } from './context.ts'

const FORMAT: readonly [string, string] = [
  '-o, --output <format>',
  'ndjson, csv, parquet or arrow (default: by the name of the file, else ndjson)',
]

/** `llmhub export`, with its subcommands. */
export function addExportCommands(program: Command, context: CliContext): void {
  const exports = program
    .command('export')
    .description('write what the hub has into files that other programs read')
  withExamples(
    remote(
      exports
        .command('events')
        .description(
          'rows of events, as they are when it begins; ndjson holds whole events, to be imported again',
        ),
      FORMAT,
    )
      .option('--from <time>', 'event time, inclusive: now-7d, 2026-11-01 (default: the first)')
      .option('--to <time>', 'event time, exclusive (default: the last)')
      .option(
        '--where <filter>',
        'field=value, also != > >= < <= ~ (contains); may be repeated',
        collect,
      )
      .option('--kind <kind>', 'only this kind of event; may be repeated', collect)
      .option(
        '--fields <names>',
        'columns, with commas: time,model,cost,tag.team (default: all; makes ndjson one row a line)',
      )
      .option('--file <file>', 'where to write (default: standard output)')
      .option('--project <name>', 'the project, for keys that are bound to none')
      .action((options: ExportOptions) => exportEvents(options, context)),
    [
      'llmhub export events --file events.ndjson',
      'llmhub export events --from now-30d --kind llm_request --fields time,model,user,cost -o csv',
      'llmhub export events --where environment=production --file november.parquet --from 2026-11-01 --to 2026-12-01',
    ],
  )
}
