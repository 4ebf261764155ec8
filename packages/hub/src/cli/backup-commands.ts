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
  type BackupOptions,
  backup,
  backupList,
  backupPrune,
  backupVerify,
  type PruneOptions,
} from './commands/backup.ts'
import { type RestoreOptions, restore } from './commands/restore.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub backup`, with its subcommands, and `llmhub restore`. */
export function addBackupCommands(program: Command, context: CliContext, version: string): void {
  const backups = withExamples(
    remote(
      program
        .command('backup')
        .description('copy everything the hub has into a folder of backups, while it runs'),
    )
      .option(
        '--to <folder>',
        'on the machine of the hub: the folder of the option backup.dir (default), or one below it',
      )
      .option('--no-wait', 'begin it and return')
      .option('--offline', 'the hub is stopped: copy from its data folder, to any folder')
      .option('--data-dir <folder>', 'with --offline: the data folder')
      .action((options: BackupOptions) => backup(options, context, version)),
    [
      'llmhub backup',
      'llmhub backup --to nightly',
      'llmhub backup --offline --data-dir /var/lib/llmhub --to /mnt/backups',
    ],
  )
  // Options that both have are taken by the command above them.
  withExamples(
    backups
      .command('list')
      .description('list the backups in a folder of this machine')
      .argument('<folder>')
      .action((folder: string, _options: object, command: Command) =>
        backupList(folder, command.optsWithGlobals<GlobalOptions>(), context),
      ),
    ['llmhub backup list /mnt/backups'],
  )
  withExamples(
    backups
      .command('verify')
      .description('read every file of a folder of backups: hashes, frames, completeness')
      .argument('<folder>')
      .action((folder: string, _options: object, command: Command) =>
        backupVerify(folder, command.optsWithGlobals<GlobalOptions>(), context),
      ),
    ['llmhub backup verify /mnt/backups'],
  )
  withExamples(
    backups
      .command('prune')
      .description('remove all but the newest backups of a folder')
      .argument('<folder>')
      .requiredOption('--keep <n>', 'how many to keep', wholeNumber)
      .option(...DRY_RUN)
      .option(...YES)
      .action((folder: string, _options: object, command: Command) =>
        backupPrune(folder, command.optsWithGlobals<PruneOptions>(), context),
      ),
    ['llmhub backup prune /mnt/backups --keep 14 --yes'],
  )

  withExamples(
    common(
      program
        .command('restore')
        .description('make a data folder from a backup, as of now or of an earlier point'),
    )
      .requiredOption('--from <folder>', 'the folder of backups')
      .requiredOption('--to <folder>', 'the new data folder: empty, or not there')
      .option(
        '--at <point>',
        'latest, the id of a backup, <partition>:<offset>[,…] of the log, or a time (default: latest)',
      )
      .option('--erasures <file>', 'receipts of erasures made since, to be done again')
      .option(...OUTPUT)
      .action((options: RestoreOptions) => restore(options, context, version)),
    [
      'llmhub restore --from /mnt/backups --to /var/lib/llmhub',
      'llmhub restore --from /mnt/backups --to ./before --at 2026-11-21T10:00:00Z',
      'llmhub restore --from /mnt/backups --to ./before --at 0:4711,1:12',
    ],
  )
}
