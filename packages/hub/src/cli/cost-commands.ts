import type { Command } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import { type ExplainOptions, explain } from './commands/explain.ts'
import { type ReconcileOptions, reconcile } from './commands/reconcile.ts'
import type { CliContext } from './context.ts'

/** `llmhub explain` and `llmhub reconcile` */
export function addCostCommands(program: Command, context: CliContext): void {
  withExamples(
    remote(program.command('explain').description('why the cost changed between two ranges'))
      .option(
        '--from <time>',
        'start, inclusive: now-7d, 2026-11-01T00:00:00Z (default: 7 days before the end)',
      )
      .option('--to <time>', 'end, exclusive (default: now)')
      .option(
        '--vs <range>',
        'what to compare with: previous, FROM, or FROM..TO (default: previous, as long and right before)',
      )
      .option('--provider <name>', 'only this provider')
      .option('--model <name>', 'only this model')
      .option('--environment <name>', 'only this environment')
      .option('--user <id>', 'only this user')
      .option('--limit <n>', 'models and users to list (default: 10)', wholeNumber)
      .action((options: ExplainOptions) => explain(options, context)),
    [
      'llmhub explain --from now-7d',
      'llmhub explain --from 2026-11-01 --to 2026-11-08 --vs 2026-10-04..2026-10-11',
      'llmhub explain --from now-1d --model gpt-4o -o json',
    ],
  )

  withExamples(
    remote(
      program
        .command('reconcile')
        .description(
          "compare a provider's invoice, as CSV, with what the hub knows, by day and model",
        ),
    )
      .argument('<file>', 'the CSV file, or - for standard input')
      .option(
        '--provider <name>',
        'whose invoice it is (default: as the export says, else all calls)',
      )
      .option('--timezone <zone>', 'IANA zone of the days (default: UTC, by which providers bill)')
      .option(
        '--column <field=header>',
        'which column holds date, model, amount, currency, input_tokens or output_tokens; may be repeated',
        collect,
      )
      .option('--by <what>', 'day, model or both (default: both)')
      .action((file: string, options: ReconcileOptions) => reconcile(file, options, context)),
    [
      'llmhub reconcile openai-costs.csv',
      'llmhub reconcile invoice.csv --provider openai --column amount=Netto --by model',
    ],
  )
}
