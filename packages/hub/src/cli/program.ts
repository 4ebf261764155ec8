import { Command, CommanderError } from 'commander'
import { addBackupCommands } from './backup-commands.ts'
import { addBenchCommands } from './bench-commands.ts'
import { addCheckCommands } from './check-commands.ts'
import { withExamples } from './command-options.ts'
import { ASK, addCompletionCommands, candidateLines } from './completion-commands.ts'
import { addConfigCommands } from './config-commands.ts'
import type { CliContext } from './context.ts'
import { addContextCommands } from './context-commands.ts'
import { addCostCommands } from './cost-commands.ts'
import { addEventCommands } from './event-commands.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { addExportCommands } from './export-commands.ts'
import { addGenerateCommands } from './generate-commands.ts'
import { addGlobalOptions, type GlobalFlags, heeding, verboseTrace } from './global-options.ts'
import { groupCommands } from './help-groups.ts'
import { addHelpTopics } from './help-topics.ts'
import { addImportCommands } from './import-commands.ts'
import { addKeyCommands } from './key-commands.ts'
import { addLetterCommands } from './letter-commands.ts'
import { printable } from './output.ts'
import { addPriceCommands } from './price-commands.ts'
import { addQueryCommands } from './query-commands.ts'
import { addRetentionCommands } from './retention-commands.ts'
import { addServeCommands } from './serve-commands.ts'
import { addSqlCommands } from './sql-commands.ts'
import { addWindowCommands } from './window-commands.ts'

const EXIT_HELP = `
Exit codes:
  0 ok   1 failure   2 usage   4 key refused   5 hub unreachable   6 not found
  7 conflict   8 done in part   75 storage   78 configuration   130 interrupted

Environment: LLMHUB_URL, LLMHUB_KEY or LLMHUB_KEY_FILE, LLMHUB_CONTEXT, and every option as LLMHUB_…
More: llmhub help auth, config, questions or exit-codes

In a clone of the repository: npx llmhub …`

const MOST_HELP_COLUMNS = 100

/** The command line. Every action gets the context; errors come out as CliError. */
export function createProgram(given: CliContext, version: string): Command {
  const program = new Command('llmhub')
  const flags = (): GlobalFlags => program.opts<GlobalFlags>()
  const context = heeding(given, flags)
  addGlobalOptions(program).hook('preAction', (_, action) => {
    const { context: name, verbose, debug } = flags()
    if (name !== undefined) action.setOptionValue('context', name)
    if (verbose === true || debug === true) action.setOptionValue('trace', verboseTrace(context))
  })
  program
    .description(
      'LLM Analytics Hub: takes in what your LLM applications emit and answers what it cost, how fast it was and what went wrong.',
    )
    .version(version, '-V, --version')
    .showHelpAfterError('(see llmhub --help)')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.terminal.out(text),
      writeErr: (text) => given.terminal.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'llmhub: ')),
      getOutHelpWidth: () => Math.min(given.terminal.columns, MOST_HELP_COLUMNS),
      getErrHelpWidth: () => Math.min(given.terminal.columns, MOST_HELP_COLUMNS),
    })
    .addHelpText('after', EXIT_HELP)
  withExamples(program, [
    'llmhub serve',
    'llmhub import trace.csv --map azure-llm-inference --field model_id=gpt-4',
    'llmhub query cost.total requests.count --by model --from now-7d',
    'llmhub doctor',
  ])

  addServeCommands(program, context)
  addImportCommands(program, context)
  addQueryCommands(program, context)
  addSqlCommands(program, context)
  addEventCommands(program, context)
  addExportCommands(program, context)
  addWindowCommands(program, context)
  addCostCommands(program, context)
  addPriceCommands(program, context)
  addLetterCommands(program, context)
  addRetentionCommands(program, context)
  addBackupCommands(program, context, version)
  addCheckCommands(program, context, version)
  addBenchCommands(program, context)
  addContextCommands(program, context)
  addKeyCommands(program, context, version)
  addConfigCommands(program, context)
  addCompletionCommands(program, context)
  addGenerateCommands(program, context, version)
  addHelpTopics(program, context)
  groupCommands(program)
  inherit(program)
  return program
}

/** Subcommands report errors and print the way the program does; each points to its own help. */
function inherit(command: Command, path: string = command.name()): void {
  for (const child of command.commands) {
    const name = `${path} ${child.name()}`
    child.copyInheritedSettings(command).showHelpAfterError(`(see ${name} --help)`)
    inherit(child, name)
  }
}

/** Runs the command line and answers the exit code. */
export async function runCli(
  argv: readonly string[],
  context: CliContext,
  version: string,
): Promise<number> {
  const program = createProgram(context, version)
  if (argv[0] === ASK) {
    context.terminal.out(candidateLines(program, argv.slice(1)))
    return EXIT.ok
  }
  try {
    await program.parseAsync(argv, { from: 'user' })
    return EXIT.ok
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof CliError) {
      const { debug } = program.opts<GlobalFlags>()
      const lines = error.message.split('\n').map(printable)
      if (error.message !== '') context.terminal.err(`llmhub: ${lines.join('\n')}\n`)
      if (debug === true) context.terminal.err(`${error.stack ?? ''}\n`)
      return error.exitCode
    }
    throw error
  }
}
