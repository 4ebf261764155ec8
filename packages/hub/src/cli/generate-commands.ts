import { type Command, InvalidArgumentError } from 'commander'
import { common, wholeNumber, withExamples } from './command-options.ts'
import type { DemoOptions } from './commands/demo.ts'
import type { GenerateOptions } from './commands/generate.ts'
import type { CliContext } from './context.ts'

/** `llmhub generate` and `llmhub demo`. What they run is loaded with them: a hub that starts needs none of it. */
export function addGenerateCommands(program: Command, context: CliContext, version: string): void {
  withExamples(
    common(
      program
        .command('generate')
        .description(
          'make up traffic with known incidents: history and live, into a hub, a file or a new data folder',
        ),
    )
      .option('--url <url>', 'the hub to send to (default: LLMHUB_URL, else the configured one)')
      .option('--days <n>', 'days of history (default: 30)', wholeNumber)
      .option('--from <time>', 'start of the history, inclusive: now-7d, 2026-11-01T00:00:00Z')
      .option('--to <time>', 'its end, exclusive (default: now)')
      .option('--events <n>', 'about how many events in all', wholeNumber)
      .option('--rate <n>', 'events per day (default: 10000)', wholeNumber)
      .option('--seed <n>', 'another number makes another world (default: 1)', wholeNumber)
      .option(
        '--live <rate>',
        'live traffic of so many events per second, alone or after the history',
        perSecond,
      )
      .option(
        '--for <duration>',
        'how long it lasts: 30s, 10m, 2h (default: until Ctrl-C)',
        milliseconds,
      )
      .option('--truth <file>', 'write incidents, best parameters and totals there, as JSON')
      .option(
        '--output <file>',
        'write the events there as lines of JSON; - is the standard output',
      )
      .option('--into <folder>', 'write a new data folder, without a hub: the fastest way')
      .action(async (options: GenerateOptions) => {
        const { generate } = await import('./commands/generate.ts')
        await generate(options, context, version)
      }),
    [
      'llmhub generate --days 30 --events 300000 --truth truth.json',
      'llmhub generate --live 50 --for 10m',
      'llmhub generate --days 7 --into ./data && llmhub serve',
    ],
  )
  withExamples(
    common(
      program
        .command('demo')
        .description(
          'a hub with 30 days of made-up traffic and live events, in a folder of its own',
        ),
    )
      .option('--dir <folder>', 'where everything is kept', './demo-data')
      .option('--days <n>', 'days of history', wholeNumber, 30)
      .option('--events <n>', 'about how many events in it', wholeNumber, 400_000)
      .option('--seed <n>', 'another number makes another world', wholeNumber, 1)
      .option(
        '--live <rate>',
        'live events per second; 0 for none (default: as the history has)',
        perSecondOrNone,
      )
      .option('--no-open', 'open no browser')
      .action(async (options: DemoOptions) => {
        const { demo } = await import('./commands/demo.ts')
        await demo(options, context, version)
      }),
    [
      'llmhub demo',
      'llmhub demo --events 1000000 --live 50 --no-open',
      'llmhub demo --set port=9000',
    ],
  )
}

function perSecondOrNone(text: string): number {
  return Number(text) === 0 ? 0 : perSecond(text)
}

function perSecond(text: string): number {
  const rate = Number(text)
  if (!(rate > 0 && rate <= 1_000_000)) {
    throw new InvalidArgumentError('expected events per second, above 0 and at most 1000000.')
  }
  return rate
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function milliseconds(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (amount === undefined || factor === undefined || Number(amount) === 0) {
    throw new InvalidArgumentError('expected a duration such as 30s, 10m or 2h.')
  }
  return Number(amount) * factor
}
