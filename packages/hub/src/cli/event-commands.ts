import type { Command } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import { type TailOptions, tail } from './commands/tail.ts'
import type { CliContext } from './context.ts'

const LINES_OUTPUT: readonly [string, string] = [
  '-o, --output <format>',
  'table or ndjson (default: aligned lines on a terminal, ndjson in a pipe)',
]

/** `llmhub tail`, `events`, `trace`, `conversation`: what was taken in, one by one. */
export function addEventCommands(program: Command, context: CliContext): void {
  withExamples(
    remote(
      program.command('tail').description('show the last events, then each as it arrives'),
      LINES_OUTPUT,
    )
      .option(
        '--where <filter>',
        'field=value, also != > >= < <= ~ (contains); may be repeated',
        collect,
      )
      .option('--kind <kinds>', 'llm_request, span, …; several with commas')
      .option('--project <name>', 'only this project, for keys bound to none (default: all)')
      .option(
        '-n, --lines <n>',
        'begin with this many of the last events (default: 20)',
        wholeNumber,
      )
      .option('--no-follow', 'end after those')
      .option('--fields <names>', 'columns, or members of the JSON, with commas')
      .action((options: TailOptions) => tail(options, context)),
    [
      'llmhub tail --where status=error',
      'llmhub tail --kind llm_request --where model~gpt --fields time,model,latency,cost,user',
      "llmhub tail -n 1000 --no-follow | jq -r 'select(.cost) | .cost'",
    ],
  )
}
