import type { Command } from 'commander'
import { ANSWER_OUTPUT, collect, remote, wholeNumber, withExamples } from './command-options.ts'
import { listCatalogue, type QueryOptions, query } from './commands/query.ts'
import type { CliContext } from './context.ts'

/** `llmhub query` */
export function addQueryCommands(program: Command, context: CliContext): void {
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
}
