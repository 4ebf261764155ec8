import type { Command } from 'commander'
import { common, OUTPUT } from './command-options.ts'
import { configShow, configValidate } from './commands/config.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub config …` */
export function addConfigCommands(program: Command, context: CliContext): void {
  const config = program.command('config').description('show and check the configuration')
  common(config.command('show').description('every option with its value'))
    .option('--origin', 'also where each value comes from')
    .option(...OUTPUT)
    .action((options: GlobalOptions & { origin?: boolean }) => configShow(options, context))
  common(config.command('validate').description('exit 0, or 78 with every problem')).action(
    (options: GlobalOptions) => configValidate(options, context),
  )
}
