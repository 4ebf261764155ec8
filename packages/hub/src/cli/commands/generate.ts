import { resolve } from 'node:path'
import type { Totals } from '../../generate/totals.ts'
import { type CliContext, connection, type GlobalOptions, resolvedConfig } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count, duration } from '../formats.ts'
import { DEFAULT_SEED, type GeneratedRange, type RangeOptions, rangeOf } from '../generate/range.ts'
import { type Sent, sendHistory } from '../generate/send-history.ts'
import { type LiveSent, sendLive } from '../generate/send-live.ts'
import { writeFile } from '../generate/write-file.ts'
import { writeFolder } from '../generate/write-folder.ts'
import { writeTruth } from '../generate/write-truth.ts'
import { type Progress, progressBar } from '../progress.ts'
import { shellCommand } from '../shell-command.ts'
import { waitUntilAnswerable } from '../wait-until-answerable.ts'

export interface GenerateOptions extends Omit<GlobalOptions, 'output'>, RangeOptions {
  readonly live?: number
  readonly for?: number
  readonly truth?: string
  readonly output?: string
  readonly into?: string
}

/** `llmhub generate`: history, then live traffic where it is asked for. */
export async function generate(
  options: GenerateOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  check(options)
  const asksForHistory = [
    'days',
    'from',
    'to',
    'events',
    'rate',
    'output',
    'into',
    'truth',
  ] as const
  if (options.live === undefined || asksForHistory.some((name) => options[name] !== undefined)) {
    await history(options, context, version)
  }
  if (options.live !== undefined) await live(options, options.live, context)
}

function check({ live: rate, for: forMs, output, into }: GenerateOptions): void {
  if (forMs !== undefined && rate === undefined) {
    throw new CliError('--for says how long live traffic lasts: give --live RATE too', EXIT.usage)
  }
  if (output !== undefined && into !== undefined) {
    throw new CliError('give --output or --into, not both', EXIT.usage)
  }
  if (rate !== undefined && (output ?? into) !== undefined) {
    throw new CliError('live traffic needs a hub: leave --output and --into out', EXIT.usage)
  }
}

async function history(
  options: GenerateOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  const { clock, terminal } = context
  const range = rangeOf(options, clock.nowMicros())
  const started = clock.monotonic()
  const progress = progressBar('generate', 'events', terminal, clock)
  const outcome = await carryOut(options, range, progress, context, version)
  const seconds = (clock.monotonic() - started) / 1000
  if (options.truth !== undefined) await writeTruth(options.truth, range, outcome.totals)
  report(range, outcome, seconds, context)
  if (outcome.sent !== null && outcome.sent.rejected > 0) {
    throw new CliError(`${count(outcome.sent.rejected)} events were rejected`, EXIT.partial)
  }
}

interface Outcome {
  readonly totals: Totals
  readonly sent: Sent | null
  readonly where: string
}

async function carryOut(
  options: GenerateOptions,
  range: GeneratedRange,
  progress: Progress,
  context: CliContext,
  version: string,
): Promise<Outcome> {
  const { output, into, truth: _truth, ...global } = options
  if (output !== undefined) {
    const totals = await writeFile(range, output, context, progress)
    return { totals, sent: null, where: output === '-' ? '' : ` to ${output}` }
  }
  if (into !== undefined) {
    const { clock, signal } = context
    const { config } = resolvedConfig(global)
    const command = commandOf(options, into)
    const parts = { range, dir: into, command, config, clock, version, progress, signal }
    const totals = await writeFolder(parts)
    return { totals, sent: null, where: ` into ${into}` }
  }
  const settings = connection(global)
  try {
    const { clock, signal } = context
    const sent = await sendHistory({ range, settings, clock, progress, signal })
    if (sent.position !== null) await waitUntilAnswerable(settings, sent.position)
    return { totals: sent.totals, sent, where: ` to ${settings.url}` }
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== EXIT.unreachable) throw error
    const more =
      'Without a hub: --output events.ndjson writes a file, --into ./data a new data folder'
    throw new CliError(`${error.message}\n${more}`, EXIT.unreachable)
  }
}

/** The command that makes up the same into a folder again. */
function commandOf(options: GenerateOptions, into: string): string {
  const names = ['days', 'from', 'to', 'events', 'rate', 'seed', 'truth', 'config'] as const
  const words = names.flatMap((name) => {
    const value = options[name]
    return value === undefined ? [] : [`--${name}`, String(value)]
  })
  const set = (options.set ?? []).flatMap((pair) => ['--set', pair])
  return shellCommand(['llmhub', 'generate', '--into', resolve(into), ...words, ...set])
}

function report(
  range: GeneratedRange,
  { totals, sent, where }: Outcome,
  seconds: number,
  { terminal }: CliContext,
): void {
  const rate = seconds > 0 ? totals.events / seconds : 0
  const span = [range.from, range.to].map((time) => new Date(time).toISOString().slice(0, 16))
  terminal.err(
    `${count(totals.events)} events from ${span[0]}Z to ${span[1]}Z${where} in ${duration(seconds)} (${count(rate)}/s)\n`,
  )
  if (sent === null) return
  for (const problem of sent.problems) terminal.err(`! ${problem}\n`)
  const { accepted, duplicates, rejected } = sent
  terminal.err(
    `${count(accepted)} new, ${count(duplicates)} already there, ${count(rejected)} rejected\n`,
  )
}

async function live(
  options: GenerateOptions,
  perSecond: number,
  context: CliContext,
): Promise<void> {
  const { clock, signal, terminal } = context
  const settings = connection(globalOf(options))
  const forMs = options.for ?? Number.POSITIVE_INFINITY
  const until = Number.isFinite(forMs) ? `for ${duration(forMs / 1000)}` : 'until Ctrl-C'
  terminal.err(`Live traffic, ${count(perSecond)} events/s to ${settings.url}, ${until}\n`)
  const started = clock.monotonic()
  let shown = started
  const tell = ({ accepted, duplicates, rejected }: LiveSent): void => {
    const seconds = (clock.monotonic() - started) / 1000
    terminal.err(
      `${count(accepted)} new, ${count(duplicates)} already there, ${count(rejected)} rejected in ${duration(seconds)} (${count(accepted / Math.max(seconds, 0.001))}/s)\n`,
    )
  }
  const sent = await sendLive({
    seed: options.seed ?? DEFAULT_SEED,
    perSecond,
    forMs,
    settings,
    clock,
    signal,
    onSent: (so) => {
      if (clock.monotonic() - shown < TELL_MS) return
      shown = clock.monotonic()
      tell(so)
    },
  })
  tell(sent)
  for (const problem of sent.problems) terminal.err(`! ${problem}\n`)
}

const TELL_MS = 10_000

/** `--output` is a file here, not a form to print in. */
function globalOf({ output: _file, ...options }: GenerateOptions): GlobalOptions {
  return options
}
