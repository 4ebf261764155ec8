import type { Command } from 'commander'
import { remote, wholeNumber, withExamples } from './command-options.ts'
import type { BenchOptions } from './commands/bench.ts'
import type { CliContext } from './context.ts'

/** `llmhub bench`, loaded when it runs. */
export function addBenchCommands(program: Command, context: CliContext): void {
  withExamples(
    remote(
      program
        .command('bench')
        .description(
          'measure how fast this machine takes events in and answers questions, with a temporary hub; with --url or --context a running one, in its project bench',
        ),
    )
      .option(
        '--seconds <n>',
        'length of the first phase; the whole takes twice that',
        wholeNumber,
        10,
      )
      .option('--batch <n>', 'events of a request', wholeNumber, 500)
      .option('--connections <n>', 'requests at once', wholeNumber, 4)
      .action(async (options: BenchOptions) => {
        const { bench } = await import('./commands/bench.ts')
        await bench(options, context)
      }),
    [
      'llmhub bench',
      'llmhub bench --seconds 30 -o json',
      'llmhub bench --context prod --seconds 5',
    ],
  )
}
