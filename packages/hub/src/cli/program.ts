import { Command, CommanderError } from 'commander'
import { addBackupCommands } from './backup-commands.ts'
import { addBenchCommands } from './bench-commands.ts'
import {
  ANSWER_OUTPUT,
  collect,
  common,
  DRY_RUN,
  OUTPUT,
  remote,
  wholeNumber,
  withExamples,
  YES,
} from './command-options.ts'
import { configShow, configValidate } from './commands/config.ts'
import { doctor } from './commands/doctor.ts'
import { type ExplainOptions, explain } from './commands/explain.ts'
import {
  type DumpCommandOptions,
  journalDump,
  journalRepair,
  journalVerify,
  type RepairCommandOptions,
} from './commands/journal.ts'
import { listCatalogue, type QueryOptions, query } from './commands/query.ts'
import { type ReconcileOptions, reconcile } from './commands/reconcile.ts'
import { serve } from './commands/serve.ts'
import { verify } from './commands/verify.ts'
import { ASK, addCompletionCommands, candidateLines } from './completion-commands.ts'
import type { CliContext, GlobalOptions } from './context.ts'
import { addContextCommands } from './context-commands.ts'
import { addEventCommands } from './event-commands.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { addExportCommands } from './export-commands.ts'
import { addGenerateCommands } from './generate-commands.ts'
import { addGlobalOptions, type GlobalFlags, heeding, verboseTrace } from './global-options.ts'
import { addHelpTopics } from './help-topics.ts'
import { addImportCommands } from './import-commands.ts'
import { addKeyCommands } from './key-commands.ts'
import { addLetterCommands } from './letter-commands.ts'
import { printable } from './output.ts'
import { addPriceCommands } from './price-commands.ts'
import { addRetentionCommands } from './retention-commands.ts'
import { addSqlCommands } from './sql-commands.ts'

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

  addImportCommands(program, context)

  withExamples(
    remote(program.command('query').description('ask a question'), ANSWER_OUTPUT)
      .argument('[measures...]', 'measures, such as cost.total latency.p95 (all: --list)')
      .option(
        '--by <dimension>',
        'split by a dimension, tag.<key>, or time:<step>; may be repeated',
        collect,
      )
      .option(
        '--from <time>',
        'start, inclusive: now-7d, 2026-11-01T00:00:00Z, epoch (default: now-7d)',
      )
      .option('--to <time>', 'end, exclusive (default: now)')
      .option(
        '--where <filter>',
        'field=value, also != > >= < <= ~ (contains); may be repeated',
        collect,
      )
      .option('--timezone <zone>', 'IANA zone for buckets of a day and longer (default: UTC)')
      .option('--top <n>', 'keep the n greatest by the first measure, the rest as one', wholeNumber)
      .option('--fill <how>', 'none, null, zero, previous or linear for empty buckets')
      .option('--compare', 'beside each value that of the period before')
      .option('--limit <n>', 'most rows', wholeNumber)
      .option(
        '--file <file>',
        'write the answer there; its name tells the format where -o does not',
      )
      .option('--json <question>', 'the whole question as JSON; @file, or - for standard input')
      .option('--list', 'list measures and dimensions')
      .option('--chart', 'draw it: lines over time, bars for groups; the same as -o chart')
      .option('--spark', 'a table with the first measure over time in each row')
      .action((measures: string[], options: QueryOptions & { list?: boolean }) =>
        options.list === true ? listCatalogue(options, context) : query(measures, options, context),
      ),
    [
      'llmhub query cost.total --by model --from now-30d --top 5',
      'llmhub query latency.p95 --by time:1h --where environment=production --chart',
      'llmhub query cost.total requests.count --by model --spark',
      `llmhub query --json '{"kind":"table","measures":["tokens.total"],"by":["user"]}' -o csv`,
    ],
  )

  withExamples(
    remote(program.command('explain').description('why the cost changed between two ranges'))
      .option(
        '--from <time>',
        'start, inclusive: now-7d, 2026-11-01T00:00:00Z (default: 7 days before the end)',
      )
      .option('--to <time>', 'end, exclusive (default: now)')
      .option(
        '--vs <range>',
        'what to compare with: previous, FROM, or FROM..TO (default: previous, as long and right before)',
      )
      .option('--provider <name>', 'only this provider')
      .option('--model <name>', 'only this model')
      .option('--environment <name>', 'only this environment')
      .option('--user <id>', 'only this user')
      .option('--limit <n>', 'models and users to list (default: 10)', wholeNumber)
      .action((options: ExplainOptions) => explain(options, context)),
    [
      'llmhub explain --from now-7d',
      'llmhub explain --from 2026-11-01 --to 2026-11-08 --vs 2026-10-04..2026-10-11',
      'llmhub explain --from now-1d --model gpt-4o -o json',
    ],
  )

  withExamples(
    remote(
      program
        .command('reconcile')
        .description(
          "compare a provider's invoice, as CSV, with what the hub knows, by day and model",
        ),
    )
      .argument('<file>', 'the CSV file, or - for standard input')
      .option(
        '--provider <name>',
        'whose invoice it is (default: as the export says, else all calls)',
      )
      .option('--timezone <zone>', 'IANA zone of the days (default: UTC, by which providers bill)')
      .option(
        '--column <field=header>',
        'which column holds date, model, amount, currency, input_tokens or output_tokens; may be repeated',
        collect,
      )
      .option('--by <what>', 'day, model or both (default: both)')
      .action((file: string, options: ReconcileOptions) => reconcile(file, options, context)),
    [
      'llmhub reconcile openai-costs.csv',
      'llmhub reconcile invoice.csv --provider openai --column amount=Netto --by model',
    ],
  )

  addContextCommands(program, context)
  addExportCommands(program, context)
  addSqlCommands(program, context)
  addKeyCommands(program, context, version)
  addLetterCommands(program, context)
  addEventCommands(program, context)
  addPriceCommands(program, context)

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

  addBenchCommands(program, context)
  addRetentionCommands(program, context)
  addBackupCommands(program, context, version)
  addGenerateCommands(program, context, version)

  const config = program.command('config').description('show and check the configuration')
  common(config.command('show').description('every option with its value'))
    .option('--origin', 'also where each value comes from')
    .option(...OUTPUT)
    .action((options: GlobalOptions & { origin?: boolean }) => configShow(options, context))
  common(config.command('validate').description('exit 0, or 78 with every problem')).action(
    (options: GlobalOptions) => configValidate(options, context),
  )
  addCompletionCommands(program, context)
  addHelpTopics(program, context)
  inherit(program)
  return program
}

/** Subcommands report errors and print the way the program does. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command)
    inherit(child)
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
