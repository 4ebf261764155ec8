import type { Command } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import { conversationShow, eventShow, type ReadOptions, traceShow } from './commands/events.ts'
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
  const events = program.command('events').description('look at single events')
  withExamples(
    reading(events.command('show').description('one event with every field, and why it counts'))
      .argument('<id>')
      .action((id: string, options: ReadOptions) => eventShow(id, options, context)),
    ['llmhub events show req-2026-11-21-0001', 'llmhub events show req-1 -o json | jq .event.cost'],
  )
  withExamples(
    reading(program.command('trace').description('the spans of a trace as a tree'))
      .argument('<id>')
      .action((id: string, options: ReadOptions) => traceShow(id, options, context)),
    [
      'llmhub trace 4bf92f3577b34da6a3ce929d0e0e4736',
      'llmhub trace 4bf92f3577b34da6a3ce929d0e0e4736 --from now-1h -o json',
    ],
  )
  withExamples(
    reading(program.command('conversation').description('the events of a session in order'))
      .argument('<id>')
      .action((id: string, options: ReadOptions) => conversationShow(id, options, context)),
    ['llmhub conversation session-42', 'llmhub conversation session-42 -o json | jq .cost'],
  )
}

/** Options of what reads by an id. */
function reading(command: Command): Command {
  return remote(command)
    .option('--project <name>', 'only this project, for keys bound to none (default: all)')
    .option('--from <time>', 'look from here on (an event: always; the others: now-30d)')
    .option('--to <time>', 'look before this')
}
