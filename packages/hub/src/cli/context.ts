import { nearestName } from '@llmhub/schema'
import {
  type ClientSettings,
  clientEnvironment,
  loadConfig,
  type Trace,
  userConfigFolder,
} from '../config/load.ts'
import type { Origin, Resolved } from '../config/resolve.ts'
import type { Clock } from '../core/clock.ts'
import { type ConnectionSources, resolveConnection } from './connection.ts'
import { readContexts } from './contexts-file.ts'
import { CliError, EXIT } from './exit-codes.ts'
import { documentFor, type OutputFormat, type Terminal } from './output.ts'

/** What every command gets: the options before its name, the terminal and the clock. */
export interface CliContext {
  readonly terminal: Terminal
  readonly clock: Clock
  /** Ends when the user interrupts. */
  readonly signal: AbortSignal
  /** Reads all of standard input. */
  readonly stdin: () => Promise<string>
  /** Asks a person for a line; absent where nobody sits at a terminal. */
  readonly ask?: (question: string) => Promise<string>
  /** The words that start this program; absent where it is no program of its own. */
  readonly self?: readonly string[]
  /** As `ask`, without showing what is typed. */
  readonly askSecret?: (question: string) => Promise<string>
  /** Standard input and output, where both are a terminal. */
  readonly tty?: { readonly input: NodeJS.ReadableStream; readonly output: NodeJS.WritableStream }
}

export interface GlobalOptions {
  readonly config?: string
  readonly set?: readonly string[]
  readonly url?: string
  readonly output?: string
  /** Name of the hub to talk to, as `llmhub login` keeps it. */
  readonly context?: string
  readonly trace?: Trace
}

/** `--set a=1 --set b=2` as a record. */
export function assignments(pairs: readonly string[] | undefined): Record<string, string> {
  const values: Record<string, string> = {}
  for (const pair of pairs ?? []) {
    const at = pair.indexOf('=')
    if (at <= 0) throw new CliError(`--set ${pair}: expected name=value`, EXIT.usage)
    values[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return values
}

/** The configuration, or an error that lists everything wrong with it. */
export function resolvedConfig(options: GlobalOptions): Resolved {
  const outcome = loadConfig(assignments(options.set), options.config)
  if (outcome.ok) return outcome.resolved
  const lines = outcome.issues.map((issue) => `  ${issue.where}: ${issue.message}`)
  const help = 'See docs/reference/configuration.md, or: llmhub config show'
  throw new CliError(`the configuration is not valid:\n${lines.join('\n')}\n${help}`, EXIT.config)
}

/** Where the hub is and the key to use, each with where it comes from. */
export function connection(options: GlobalOptions): ClientSettings {
  return connectionOf(options, resolvedConfig(options))
}

/** As {@link connection}, for a configuration that is there already. */
export function connectionOf(
  options: GlobalOptions,
  { config: { host, port }, origins }: Resolved,
): ClientSettings {
  let environment: ConnectionSources['environment']
  try {
    environment = clientEnvironment()
  } catch (error) {
    const message = `LLMHUB_KEY_FILE cannot be read: ${(error as Error).message}`
    throw new CliError(message, EXIT.config)
  }
  const shown = host.includes(':') ? `[${host}]` : host
  const given: readonly (Origin | undefined)[] = [origins['host'], origins['port']]
  const outcome = resolveConnection({
    flags: { url: options.url, context: options.context },
    environment,
    contexts: readContexts(userConfigFolder()),
    configured: {
      url: `http://${shown}:${port}`,
      from: WEIGHTS.find((each) => given.includes(each)) ?? 'default',
    },
  })
  if (!outcome.ok) {
    throw new CliError(outcome.message, outcome.reason === 'usage' ? EXIT.usage : EXIT.notFound)
  }
  const { trace } = options
  return { ...outcome.settings, ...(trace === undefined ? {} : { trace }) }
}

/** Origins of an option, the one that goes before the others first. */
const WEIGHTS = ['flag', 'environment', 'file'] as const

/** The form to print in; `offered` are those the command has. */
export function format(
  options: GlobalOptions,
  context: CliContext,
  offered: readonly OutputFormat[] = ['table', 'json'],
): OutputFormat {
  const asked = options.output
  if (asked === undefined) return context.terminal.outIsTty ? 'table' : 'json'
  const found = offered.find((each) => each === asked)
  if (found === undefined) {
    const nearest = nearestName(asked, offered)
    const meant = nearest === null ? '' : ` (did you mean ${nearest}?)`
    throw new CliError(`--output ${asked}: expected ${offered.join(', ')}${meant}`, EXIT.usage)
  }
  return found
}

/** Prints a value as indented JSON. */
export function printJson(
  context: CliContext,
  value: unknown,
  replacer?: (key: string, value: unknown) => unknown,
): void {
  context.terminal.out(documentFor(context.terminal, JSON.stringify(value, replacer, 2)))
}
