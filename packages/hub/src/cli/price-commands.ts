import type { Command } from 'commander'
import {
  common,
  DRY_RUN,
  OUTPUT,
  remote,
  wholeNumber,
  withExamples,
  YES,
} from './command-options.ts'
import {
  type DiffOptions,
  type PriceOptions,
  pricesCheck,
  pricesDiff,
  pricesList,
  pricesShow,
} from './commands/prices.ts'
import { type RepriceOptions, reprice } from './commands/reprice.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub prices …` and `llmhub reprice` */
export function addPriceCommands(program: Command, context: CliContext): void {
  const prices = program
    .command('prices')
    .description('look at what models cost, and at files of prices before they are used')
  const offline = ['--offline', 'of the package and the configured file, without a hub'] as const
  const at = ['--at <time>', 'prices of that time (default: now)'] as const
  const provider = ['--provider <name>', 'only this provider'] as const
  withExamples(
    remote(prices.command('list').description('list the prices of models'))
      .option(...provider)
      .option('--model <part>', 'only models with this in their id')
      .option('--tier <name>', 'service tier (default: standard)')
      .option(...at)
      .option('--limit <n>', 'most models (default: 100)', wholeNumber)
      .option(...offline)
      .action((options: PriceOptions) => pricesList(options, context)),
    [
      'llmhub prices list --provider anthropic',
      'llmhub prices list --model gpt-4o --at 2025-06-01 --offline',
    ],
  )
  withExamples(
    remote(
      prices
        .command('show')
        .description('show which prices apply to a model and why, by tier, and what is scheduled'),
    )
      .argument('<model>')
      .option('--provider <name>', 'the provider as calls name it (default: calls that name none)')
      .option(...at)
      .option(...offline)
      .action((model: string, options: PriceOptions) => pricesShow(model, options, context)),
    ['llmhub prices show claude-sonnet-4-5 --provider anthropic --offline'],
  )
  withExamples(
    common(
      prices
        .command('diff')
        .description(
          "compare the prices of the package and the configured file, or with --url those in force in a hub, with another file's: LiteLLM's model_prices_and_context_window.json, or the data of genai-prices",
        ),
    )
      .option('--url <url>', 'compare with what is in force in this hub, prices set in it included')
      .option(...OUTPUT)
      .argument('<file>')
      .option(...provider)
      .option('--model <part>', 'only models with this in their id')
      .option(...at)
      .option('--all', 'also what the file adds or lacks')
      .action((file: string, options: DiffOptions) => pricesDiff(file, options, context)),
    [
      'llmhub prices diff model_prices_and_context_window.json --provider openai',
      'llmhub prices diff new-prices.json --url http://localhost:8080 --all',
    ],
  )
  withExamples(
    common(
      prices
        .command('check')
        .description(
          'check a file of prices: every problem with its line; exit 1 when one is wrong',
        ),
    )
      .option(...OUTPUT)
      .argument('<file>')
      .action((file: string, options: GlobalOptions) => pricesCheck(file, options, context)),
    ['llmhub prices check my-prices.json'],
  )

  withExamples(
    remote(
      program
        .command('reprice')
        .description(
          'price events again with the prices of today; shows what changes before it does',
        ),
    )
      .option('--from <time>', 'start of the event times, inclusive: now-7d, 2026-11-01')
      .option('--to <time>', 'end, exclusive (default: now)')
      .option('--model <name>', 'only this model, as events name it')
      .option('--provider <name>', 'only this provider, as events name it')
      .option('--only-unpriced', 'only events whose cost is not computed yet')
      .option(...DRY_RUN)
      .option(...YES)
      .action((options: RepriceOptions) => reprice(options, context)),
    [
      'llmhub reprice --from 2026-11-01 --to 2026-12-01 --dry-run',
      'llmhub reprice --from now-30d --only-unpriced --yes',
    ],
  )
}
