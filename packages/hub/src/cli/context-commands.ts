import type { Command } from 'commander'
import { common, OUTPUT, withExamples } from './command-options.ts'
import {
  contextList,
  contextRemove,
  contextShow,
  contextUse,
  type LoginOptions,
  login,
} from './commands/contexts.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub login` and `llmhub context …` */
export function addContextCommands(program: Command, context: CliContext): void {
  withExamples(
    common(
      program
        .command('login')
        .description('keep the address and key of a hub under a name, and use it from now on'),
    )
      .option('--url <url>', 'the hub (default: LLMHUB_URL, else the configured host and port)')
      .option('--name <name>', 'name of the context (default: host and port of the hub)')
      .action((options: LoginOptions) => login(options, context)),
    [
      'llmhub login --url https://hub.example --name prod',
      'llmhub login --name local < key.txt',
      'llmhub query requests.count --context prod',
    ],
  )
  const contexts = program
    .command('context')
    .description('the hubs you logged in to: list them, and choose the one in use')
  contexts
    .command('list')
    .description('list contexts')
    .option(...OUTPUT)
    .action((options: GlobalOptions) => contextList(options, context))
  withExamples(
    contexts
      .command('use')
      .description('use this one where no other is named')
      .argument('<name>')
      .action((name: string) => contextUse(name, context)),
    ['llmhub context use prod'],
  )
  contexts
    .command('show')
    .description('show one, or the one in use; the key is masked')
    .argument('[name]')
    .option(...OUTPUT)
    .action((name: string | undefined, options: GlobalOptions) =>
      contextShow(name, options, context),
    )
  contexts
    .command('remove')
    .description('forget one with its key')
    .argument('<name>')
    .action((name: string) => contextRemove(name, context))
}
