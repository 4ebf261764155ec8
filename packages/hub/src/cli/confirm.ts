import type { CliContext } from './context.ts'
import { CliError, EXIT } from './exit-codes.ts'

/** An act that cannot be taken back. */
export interface Act {
  /** What it does, as a clause: `this erases rows for good`. */
  readonly what: string
  /** What has to be typed: the name of what is lost, or the word for the act where nothing has one. */
  readonly word: string
}

/**
 * Has a destructive act confirmed: by `--yes`, or by somebody at a terminal who types the word. Where
 * nobody sits at one, nothing is asked.
 * @throws CliError unless it is confirmed
 */
export async function confirm(
  { what, word }: Act,
  { yes }: { readonly yes?: boolean },
  { ask, terminal }: CliContext,
): Promise<void> {
  if (yes === true) return
  if (ask === undefined) {
    throw new CliError(`${what}: look with --dry-run, then confirm with --yes`, EXIT.usage)
  }
  terminal.err(`${what[0]?.toUpperCase() ?? ''}${what.slice(1)}. This cannot be undone.\n`)
  const typed = await ask(`Type ${word} to go on: `)
  if (typed.trim() !== word) {
    throw new CliError(`that is not ${word}: nothing was changed`, EXIT.usage)
  }
}
