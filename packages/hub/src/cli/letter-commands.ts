import type { Command } from 'commander'
import { collect, DRY_RUN, remote, wholeNumber, withExamples, YES } from './command-options.ts'
import {
  type DismissOptions,
  type LetterFilterOptions,
  type ListOptions,
  letterShow,
  lettersDismiss,
  lettersList,
  lettersReplay,
  lettersSummary,
  type ReplayOptions,
  type SummaryOptions,
} from './commands/dead-letters.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** Options that choose dead letters. */
function choosing(command: Command): Command {
  return command
    .option('--code <code>', 'reason of the rejection, such as missing_field; several with commas')
    .option('--status <status>', 'open, replayed or dismissed')
    .option('--receiver <name>', 'what took the event in: http, import, …')
    .option('--from <time>', 'received at or after: now-1d, 2026-11-01T00:00:00Z, epoch')
    .option('--to <time>', 'received before')
    .option('--event-id <id>', 'id of the event')
    .option('--text <text>', 'part of message, path or body')
}

/** `llmhub dead-letters …` */
export function addLetterCommands(program: Command, context: CliContext): void {
  const letters = program
    .command('dead-letters')
    .description('rejected events: find them, see why, put them right and take them in again')
  withExamples(
    choosing(remote(letters.command('list').description('list them, newest first')))
      .option('--limit <n>', 'most letters (default: 50)', wholeNumber)
      .option('--cursor <cursor>', 'go on behind the page before')
      .action((options: ListOptions) => lettersList(options, context)),
    [
      'llmhub dead-letters list --status open --from now-1d',
      'llmhub dead-letters list --code wrong_type --text model_id -o json',
    ],
  )
  withExamples(
    remote(letters.command('show').description('one letter: why, what to do, what was kept'))
      .argument('<id>')
      .action((id: string, options: GlobalOptions) => letterShow(id, options, context)),
    ['llmhub dead-letters show 0b6c1f6e-5d7e-4a53-9f0e-2f6f3f1c9a10'],
  )
  const replay = choosing(
    remote(letters.command('replay').description('take letters in again, as kept or corrected')),
  )
    .argument('[ids...]')
    .option('--all', 'every open letter that passes the filter')
    .option('--unset <pointer>', 'take a field out of each event; may be repeated', collect)
    .option('--file <file>', 'the corrected event of one letter; - for standard input')
    .option('--dry-run', 'say what would become of each, change nothing')
    .action((ids: string[], options: ReplayOptions) => lettersReplay(ids, options, context))
  const set = replay.options.find(({ long }) => long === '--set')
  if (set !== undefined) {
    set.flags = '--set <pointer=value>'
    set.description =
      'set a field of each event, as JSON or else as text (a name without a slash: a configuration option); may be repeated'
  }
  withExamples(replay, [
    'llmhub dead-letters replay --all --code missing_field --set /payload/model_id=gpt-4o --dry-run',
    'llmhub dead-letters replay 0b6c1f6e-5d7e-4a53-9f0e-2f6f3f1c9a10 --file fixed.json',
  ])
  withExamples(
    choosing(
      remote(letters.command('dismiss').description('put letters aside that nobody will mend')),
    )
      .argument('[ids...]')
      .option('--all', 'every open letter that passes the filter')
      .option(...DRY_RUN)
      .option(...YES)
      .action((ids: string[], options: DismissOptions & LetterFilterOptions) =>
        lettersDismiss(ids, options, context),
      ),
    ['llmhub dead-letters dismiss --all --code expired --to now-7d --dry-run'],
  )
  withExamples(
    remote(letters.command('summary').description('how much is rejected, over time and by code'))
      .option('--granularity <length>', '1min, 5min, 15min, 1hour, 6hour, 1day, 1week or 1month')
      .option('--from <time>', 'start, inclusive (default: 7 days before the end)')
      .option('--to <time>', 'end, exclusive (default: now)')
      .option('--timezone <zone>', 'IANA zone of days, weeks and months (default: UTC)')
      .option('--receiver <name>', 'only what this receiver took in')
      .action((options: SummaryOptions) => lettersSummary(options, context)),
    ['llmhub dead-letters summary --granularity 1hour --from now-1d'],
  )
}
