import type { Command } from 'commander'
import { DRY_RUN, remote, withExamples, YES } from './command-options.ts'
import { type CompactOptions, compact } from './commands/compact.ts'
import { type EraseOptions, erase, erasures } from './commands/erase.ts'
import {
  type HoldOptions,
  holdsList,
  holdsPut,
  holdsRelease,
  type PolicyOptions,
  type ReleaseOptions,
  type RunOptions,
  retentionRun,
  retentionSet,
  retentionShow,
} from './commands/retention.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** What keeps rows and what deletes them: `llmhub retention …`, `erase`, `erasures`, `holds …`, `compact`. */
export function addRetentionCommands(program: Command, context: CliContext): void {
  const retention = program
    .command('retention')
    .description('how long rows are kept, by project and family')
  remote(retention.command('show').description('show the policies')).action(
    (options: GlobalOptions) => retentionShow(options, context),
  )
  withExamples(
    remote(retention.command('set').description('keep rows for so many days; 0 keeps for ever'))
      .argument('[days]')
      .option('--project <name>', 'of this project (default: every project)')
      .option('--family <family>', 'of this family, or dead_letters (default: all events)')
      .option('--remove', 'remove the policy, so that a less specific one holds')
      .option('--dry-run', 'change nothing; count what would be deleted of what it is about')
      .option(...YES)
      .action((days: string | undefined, options: PolicyOptions) =>
        retentionSet(days, options, context),
      ),
    [
      'llmhub retention set 90',
      'llmhub retention set 30 --project shop --dry-run',
      'llmhub retention set 400 --project shop --family security',
      'llmhub retention set --remove --project shop --family security',
    ],
  )
  withExamples(
    remote(
      retention
        .command('run')
        .description('delete now what the policies let go, as the hub does every hour'),
    )
      .option(...DRY_RUN)
      .option(...YES)
      .action((options: RunOptions) => retentionRun(options, context)),
    ['llmhub retention run --dry-run'],
  )

  withExamples(
    remote(
      program
        .command('erase')
        .description('erase everything about a user: out of the store, the log and every copy'),
    )
      .requiredOption('--user-id <id>', 'the user')
      .option('--project <name>', 'in this project (default: that of the key, else every project)')
      .option(
        '--mentions <which>',
        'rows of others that name the user: words, anywhere or keep',
        'words',
      )
      .option(...DRY_RUN)
      .option(...YES)
      .action((options: EraseOptions) => erase(options, context)),
    [
      'llmhub erase --user-id ann@shop.example --dry-run',
      'llmhub erase --user-id u-17 > receipt.json',
    ],
  )
  withExamples(
    remote(program.command('erasures').description('list erasures, or show the receipt of one'))
      .argument('[id]')
      .action((id: string | undefined, options: GlobalOptions) => erasures(id, options, context)),
    ['llmhub erasures'],
  )

  const holds = program
    .command('holds')
    .description('legal holds: rows kept whatever retention and erasure ask for')
  remote(holds.command('list').description('list holds, in force and released')).action(
    (options: GlobalOptions) => holdsList(options, context),
  )
  withExamples(
    remote(holds.command('put').description('put a hold, or change the one of that name'))
      .argument('<name>')
      .requiredOption('--project <name>', 'the project')
      .requiredOption('--reason <text>', 'why')
      .option('--family <family>', 'a family, or dead_letters (default: everything)')
      .option('--from <time>', 'from this event time on, ISO 8601')
      .option('--to <time>', 'up to this event time, exclusive')
      .action((name: string, options: HoldOptions) => holdsPut(name, options, context)),
    [
      'llmhub holds put case-2026-17 --project shop --from 2026-03-01T00:00:00Z --reason "litigation 2026-17"',
    ],
  )
  remote(holds.command('release').description('release a hold'))
    .argument('<name>')
    .option(...DRY_RUN)
    .option(...YES)
    .action((name: string, options: ReleaseOptions) => holdsRelease(name, options, context))

  withExamples(
    remote(
      program
        .command('compact')
        .description(
          'give the space of deleted rows back: copies the database file; questions are refused meanwhile, events are taken in',
        ),
    )
      .option('--no-wait', 'begin it and return')
      .option('--status', 'say how it goes, or how the last one went')
      .action((options: CompactOptions) => compact(options, context)),
    ['llmhub compact', 'llmhub compact --status'],
  )
}
