import type { Command } from 'commander'
import type { Trace } from '../config/load.ts'
import type { CliContext } from './context.ts'
import { printable, type Terminal } from './output.ts'

/** Options that every command takes, before or behind its name. */
export interface GlobalFlags {
  readonly context?: string
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly debug?: boolean
  readonly color?: boolean
  readonly ascii?: boolean
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option('--context <name>', 'talk to this hub that you logged in to (see llmhub context list)')
    .option('--quiet', 'say nothing on standard error but errors')
    .option('--verbose', 'say what is asked of the hub, how it answers, and in what time')
    .option('--debug', 'as --verbose, and with an error show where it comes from')
    .option('--no-color', 'no colours; also by NO_COLOR')
    .option('--ascii', 'draw with ASCII alone; also where the locale is not UTF-8')
}

/** The context with a terminal that heeds the flags, which are known only once the line is read. */
export function heeding(context: CliContext, flags: () => GlobalFlags): CliContext {
  const { terminal } = context
  const heeded: Terminal = {
    ...terminal,
    err(text) {
      if (flags().quiet !== true) terminal.err(text)
    },
    get color() {
      return terminal.color && flags().color !== false
    },
    get ascii() {
      return terminal.ascii === true || flags().ascii === true
    },
  }
  return { ...context, terminal: heeded }
}

/** Says of every request what it was and what came of it. */
export function verboseTrace({ terminal, clock }: CliContext): Trace {
  return (method, url) => {
    const start = clock.monotonic()
    return (status, requestId) => {
      const ms = (clock.monotonic() - start).toFixed(0)
      const id = requestId === null ? '' : `, request ${requestId}`
      terminal.err(
        `> ${printable(`${method} ${url} → ${status ?? 'no answer'} in ${ms} ms${id}`)}\n`,
      )
    }
  }
}
