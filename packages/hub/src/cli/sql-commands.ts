import { type Command, InvalidArgumentError } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import type { SqlOptions } from './commands/sql.ts'
import type { CliContext } from './context.ts'

/** `llmhub sql …` */
export function addSqlCommands(program: Command, context: CliContext): void {
  withExamples(
    remote(
      program
        .command('sql')
        .description(
          'run a SELECT over the views analytics.events, analytics.calls, …; a prompt without a statement',
        ),
      [
        '-o, --output <format>',
        'table, json, csv or ndjson (default: table on a terminal, json in a pipe)',
      ],
    )
      .argument('[statement]', 'one SELECT; - reads it from standard input')
      .option('-f, --file <file>', 'read the statement from a file; - for standard input')
      .option(
        '--param <name=value>',
        'value of $name in the statement, or of $1; may be repeated',
        collect,
      )
      .option('--limit <n>', 'most rows (default: 1000)', wholeNumber)
      .option('--timeout <seconds>', 'longest time (default: as the hub allows)', seconds)
      .action(async (statement: string | undefined, options: SqlOptions) => {
        const { sql } = await import('./commands/sql.ts')
        await sql(statement, options, context)
      }),
    [
      'llmhub sql',
      `llmhub sql "SELECT model, count(*), sum(cost_total) FROM analytics.calls GROUP BY model"`,
      `llmhub sql -f report.sql --param since=2026-11-01 -o csv > report.csv`,
    ],
  )
}

function seconds(value: string): number {
  const parsed = Number(value)
  if (!(parsed > 0)) throw new InvalidArgumentError('expected a number of seconds.')
  return parsed
}
