import type { Command } from 'commander'
import { collect, common, DRY_RUN, remote, withExamples, YES } from './command-options.ts'
import {
  type KeyCreateOptions,
  keysCreate,
  keysList,
  keysReset,
  keysRevoke,
  type ResetOptions,
  type RevokeOptions,
} from './commands/keys.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub keys …` */
export function addKeyCommands(program: Command, context: CliContext, version: string): void {
  const keys = program.command('keys').description('list, create, revoke and reset API keys')
  remote(keys.command('list').description('list keys')).action((options: GlobalOptions) =>
    keysList(options, context),
  )
  withExamples(
    remote(keys.command('create').description('create a key and show it once'))
      .argument('<name>')
      .option(
        '--project <name>',
        'bind the key to one project, which is made where it does not exist (default: all projects)',
      )
      .option(
        '--permission <permission>',
        'ingest:write, query:read, sql:read, ops:read, ops:write, keys:write, erase:write or admin; may be repeated (default: ingest:write)',
        collect,
      )
      .option('--expires <time>', 'when it ends, ISO 8601')
      .action((name: string, options: KeyCreateOptions) => keysCreate(name, options, context)),
    [
      'llmhub keys create checkout-service --project shop',
      'llmhub keys create grafana --permission query:read',
    ],
  )
  remote(keys.command('revoke').description('revoke a key'))
    .argument('<id>')
    .option(...DRY_RUN)
    .option(...YES)
    .action((id: string, options: RevokeOptions) => keysRevoke(id, options, context))

  withExamples(
    common(
      keys
        .command('reset')
        .description(
          'when no admin key is known any more: revoke those there are and make one (while the hub is stopped)',
        ),
    )
      .option(...DRY_RUN)
      .option(...YES)
      .action((options: ResetOptions) => keysReset(options, context, version)),
    ['llmhub keys reset --yes --set data_dir=/var/lib/llmhub'],
  )
}
