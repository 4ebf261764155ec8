import { type Command, InvalidArgumentError } from 'commander'

/** Options and texts that commands share. */

export const OUTPUT: readonly [string, string] = [
  '-o, --output <format>',
  'table or json (default: table on a terminal, json in a pipe)',
]
export const ANSWER_OUTPUT: readonly [string, string] = [
  '-o, --output <format>',
  'table, json, csv, ndjson or chart; to a file also parquet, arrow or xlsx (default: table on a terminal, json in a pipe)',
]

/** What every destructive command has. */
export const DRY_RUN: readonly [string, string] = [
  '--dry-run',
  'show what would happen, and change nothing',
]
export const YES: readonly [string, string] = [
  '--yes',
  'do it without asking; needed where nobody sits at a terminal',
]

export const collect = (value: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  value,
]

export function wholeNumber(value: string): number {
  const parsed = Number(value)
  if (!Number.isSafeInteger(parsed) || parsed < 0)
    throw new InvalidArgumentError('expected a whole number.')
  return parsed
}

export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`,
  )
}

/** Options of every command. */
export function common(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: ./llmhub.json where it exists)')
    .option('--set <option=value>', 'set one configuration option; may be repeated', collect)
}

export function remote(command: Command, output: readonly [string, string] = OUTPUT): Command {
  return common(command)
    .option(
      '--url <url>',
      'the hub to talk to (default: LLMHUB_URL, the context in use, else the configured host and port)',
    )
    .option(...output)
}
