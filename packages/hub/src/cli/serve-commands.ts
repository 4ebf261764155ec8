import type { Command } from 'commander'
import { common, withExamples } from './command-options.ts'
import { serve } from './commands/serve.ts'
import type { CliContext, GlobalOptions } from './context.ts'

/** `llmhub serve` */
export function addServeCommands(program: Command, context: CliContext): void {
  withExamples(
    common(program.command('serve').description('run the hub: receivers, log, store, API')).action(
      (options: GlobalOptions) => serve(options, context),
    ),
    [
      'llmhub serve',
      'llmhub serve --set port=9000 --set data_dir=/var/lib/llmhub',
      'LLMHUB_ADMIN_KEY_FILE=/run/secrets/key llmhub serve --set host=0.0.0.0',
    ],
  )
}
