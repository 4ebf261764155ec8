import type { Command } from 'commander'
import { collect, remote, wholeNumber, withExamples } from './command-options.ts'
import {
  type ListOptions,
  type NewWindowOptions,
  windowsAdd,
  windowsList,
  windowsRemove,
} from './commands/windows.ts'
import { type WatchOptions, windowsWatch } from './commands/windows-watch.ts'
import type { CliContext, GlobalOptions } from './context.ts'

const WATCH_OUTPUT: readonly [string, string] = [
  '-o, --output <format>',
  'table or ndjson (default: aligned lines on a terminal, ndjson in a pipe)',
]

/** `llmhub windows …`: what is counted as events come in. */
export function addWindowCommands(program: Command, context: CliContext): void {
  const windows = program
    .command('windows')
    .description('live windows: what is counted as events come in')
  withExamples(
    remote(windows.command('list').description('list them, with how far each has got'))
      .option('--project <name>', 'those that count this project (default: all)')
      .option('--sizes', 'a line for each size of each window')
      .action((options: ListOptions) => windowsList(options, context)),
    ['llmhub windows list', 'llmhub windows list --sizes'],
  )
  withExamples(
    remote(windows.command('add').description('define one; it is counted from now on'))
      .argument('[name]', 'its name; in the file where --file is given')
      .option('--measure <name>', 'what is counted; may be repeated', collect)
      .option(
        '--window <size>',
        '1m, 1h, 90s, 10m/1m (ten minutes, every minute), "session 30m"; may be repeated (default: 1m)',
        collect,
      )
      .option('--by <dimension>', 'split by it; may be repeated', collect)
      .option('--where <filter>', 'count only these: field=value; may be repeated', collect)
      .option('--project <name>', 'count this project (default: that of the key, else each)')
      .option(
        '--trigger <json>',
        'when results are given, such as {"on":"watermark"} (docs: live windows)',
      )
      .option('--lateness <duration>', 'how long late events are counted (default: 1m)')
      .option('--max-groups <n>', 'further groups count together', wholeNumber)
      .option('--file <file>', 'all of it as JSON, as -o json shows it; - for standard input')
      .option('--dry-run', 'only check it')
      .action((name: string | undefined, options: NewWindowOptions) =>
        windowsAdd(name, options, context),
      ),
    [
      'llmhub windows add errors --measure requests.errors --by service --window 5m/1m',
      'llmhub windows add eu-cost --measure cost.total --by tag.team --where tag.region=eu --window 1h',
      'llmhub windows add --file window.json',
    ],
  )
  remote(windows.command('remove').description('remove one that was added'))
    .argument('<name>')
    .action((name: string, options: GlobalOptions) => windowsRemove(name, options, context))
  withExamples(
    remote(windows.command('watch').description('results as they come, until Ctrl-C'), WATCH_OUTPUT)
      .argument('<name>')
      .option('--size <size>', 'which of its sizes (default: the first)')
      .option('--where <filter>', 'dimension=value, also != ~; may be repeated', collect)
      .option('--project <name>', 'only this project, for keys bound to none (default: all)')
      .option('--measure <name>', 'show this one; may be repeated (default: all)', collect)
      .option(
        '-n, --lines <n>',
        'begin with this many results of closed windows (default: 10)',
        wholeNumber,
      )
      .option('--for <seconds>', 'end after so long; 0 shows what there is', wholeNumber)
      .action((name: string, options: WatchOptions) => windowsWatch(name, options, context)),
    [
      'llmhub windows watch telemetry',
      'llmhub windows watch telemetry --size 1h --where model~gpt --measure latency.p95',
      'llmhub windows watch cost | jq -r \'select(.closed) | [.start, .values["cost.total"]] | @tsv\'',
    ],
  )
}
