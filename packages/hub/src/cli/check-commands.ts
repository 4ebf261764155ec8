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
import { doctor } from './commands/doctor.ts'
import {
  type DumpCommandOptions,
  journalDump,
  journalRepair,
  journalVerify,
  type RepairCommandOptions,
} from './commands/journal.ts'
import { verify } from './commands/verify.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** Whether all is well: `llmhub doctor`, `verify` and `journal …` */
export function addCheckCommands(program: Command, context: CliContext, version: string): void {
  const journal = program
    .command('journal')
    .description('look at the log on disk (while the hub is stopped)')
  common(journal.command('verify').description('check every frame: checksums, chain, gaps'))
    .option(...OUTPUT)
    .action((options: GlobalOptions) => journalVerify(options, context))
  withExamples(
    common(journal.command('dump').description('list records'))
      .option('--partition <n>', '0 is live, 1 is backfill', wholeNumber, 0)
      .option('--from <offset>', 'first offset', wholeNumber, 0)
      .option('--limit <n>', 'most records', wholeNumber, 20)
      .option('--rows', 'show the rows of event records too')
      .option(...OUTPUT)
      .action((options: DumpCommandOptions) => journalDump(options, context)),
    ['llmhub journal dump --from 100 --limit 5 --rows'],
  )
  common(
    journal
      .command('repair')
      .description('cut a damaged tail, set damaged segments aside, record what was lost'),
  )
    .option(...DRY_RUN)
    .option(...YES)
    .option(...OUTPUT)
    .option(
      '--keep-from <partition:offset...>',
      'the store has applied what lies before: count what is missing of it as lost',
    )
    .action((options: RepairCommandOptions) => journalRepair(options, context))

  withExamples(
    remote(
      program
        .command('verify')
        .description('check that what is on disk is whole and that caches agree with it'),
    )
      .argument('<what>', 'log, store or rollups')
      .option('--offline', 'open the folder instead of asking a running hub')
      .action((what: string, options: GlobalOptions & { offline?: boolean }) =>
        verify(what, options, context),
      ),
    ['llmhub verify log --offline', 'llmhub verify rollups'],
  )

  withExamples(
    remote(
      program
        .command('doctor')
        .description(
          'check this machine, the configuration, the folder and the running hub; says how to mend what is wrong',
        ),
    )
      .option('--json', 'for support: everything as JSON, secrets left out')
      .action((options: GlobalOptions & { json?: boolean }) => doctor(options, context, version)),
    ['llmhub doctor', 'llmhub doctor --json > support.json'],
  )
}
