import { nearestName } from '@llmhub/schema'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { CliError, EXIT } from './exit-codes.ts'

/** What a person looks for that belongs to no single command. */
export const TOPICS: Readonly<Record<string, string>> = {
  auth: `Which hub, and with which key

The hub: --url, or --context NAME; else LLMHUB_URL; else LLMHUB_CONTEXT; else the context in use;
else host and port of the configuration (http://127.0.0.1:8080).

The key: LLMHUB_KEY, else the file that LLMHUB_KEY_FILE names, else that of the context. A key is never
an argument, where other users of the machine could see it. The key of --context goes before the
environment, and a context's key is sent to its own hub alone.

  $ llmhub login --url https://hub.example --name prod     asks for the key, tries it, keeps it
  $ llmhub login --name prod < key.txt                     the same without a terminal
  $ llmhub context list                                    the hubs you logged in to
  $ llmhub context use prod                                this one from now on
  $ llmhub keys create reader --permission query:read      another key

Contexts are kept in ~/.config/llmhub/contexts.json (XDG_CONFIG_HOME), readable by you alone.
`,
  config: `Options of the hub

Every option has a path such as ingest.max_tags. It is set by, the first that is there:

  --set ingest.max_tags=32               one command
  LLMHUB_INGEST_MAX_TAGS=32              the environment; secrets also as LLMHUB_…_FILE=path
  llmhub.json or --config FILE           {"ingest": {"max_tags": 32}}

  $ llmhub config show --origin          every option, its value, and where that comes from
  $ llmhub config validate               exit 0, or 78 with everything that is wrong
`,
  questions: `Asking questions

  llmhub query MEASURE... --by DIMENSION --from TIME --to TIME --where FIELD=VALUE

Measures are numbers (cost.total, latency.p95, requests.error_rate); dimensions split them (model, user,
tag.team, time:1h). Times are now-7d, 2026-11-01, 2026-11-01T00:00:00Z or epoch; --to is exclusive.

  $ llmhub query --list                                        every measure and dimension
  $ llmhub query cost.total --by model --from now-30d --top 5
  $ llmhub query latency.p95 --by time:1h --chart              a line over time
  $ llmhub query cost.total requests.count --by user --spark   a table with a line in each row
  $ llmhub query cost.total --by model -o csv > costs.csv      for a spreadsheet
  $ llmhub explain --from now-7d                               why the cost changed
`,
  'exit-codes': `Exit codes

    0  done
    1  failed
    2  wrong arguments, or a question that is not valid
    4  the key is missing, wrong, or may not do this
    5  the hub cannot be reached
    6  there is no such thing
    7  conflict: the folder is in use, or the state is another one
    8  done in part
   75  the storage failed or is damaged
   78  the configuration is not valid
  130  interrupted
`,
}

/** `llmhub help [topic or command…]` */
export function addHelpTopics(program: Command, context: CliContext): void {
  program.helpCommand(false)
  program
    .command('help')
    .description(`help for a command, or about ${Object.keys(TOPICS).join(', ')}`)
    .argument('[topic...]', 'a topic, or a command with its subcommand')
    .action((words: readonly string[]) => {
      const [first] = words
      const topic = words.length === 1 && first !== undefined ? TOPICS[first] : undefined
      if (topic !== undefined) context.terminal.out(topic)
      const found = commandAt(program, words)
      if (found === null && topic === undefined) throw unknownTopic(program, words)
      if (found !== null) context.terminal.out(`${topic === undefined ? '' : '\n'}${helpOf(found)}`)
    })
}

/** The command that the words lead to; the program itself without any. */
function commandAt(program: Command, words: readonly string[]): Command | null {
  let at: Command = program
  for (const word of words) {
    const next = at.commands.find((child) => child.name() === word)
    if (next === undefined) return null
    at = next
  }
  return at
}

/** As `--help` prints it, with examples and exit codes. */
function helpOf(command: Command): string {
  let text = ''
  const kept = command.configureOutput()
  command.configureOutput({ ...kept, writeOut: (part) => (text += part) })
  command.outputHelp()
  command.configureOutput(kept)
  return text
}

function unknownTopic(program: Command, words: readonly string[]): CliError {
  const known = [...Object.keys(TOPICS), ...program.commands.map((command) => command.name())]
  const nearest = nearestName(words[0] ?? '', known)
  const meant = nearest === null ? '' : ` Did you mean ${nearest}?`
  return new CliError(
    `no help about ${words.join(' ')}.${meant}\nTopics: ${Object.keys(TOPICS).join(', ')}; commands: llmhub --help`,
    EXIT.usage,
  )
}
