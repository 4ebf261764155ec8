import { spawn } from 'node:child_process'
import { hasDesktop } from '../../config/load.ts'
import type { Config } from '../../config/options.ts'
import { addTotals } from '../../generate/totals.ts'
import type { Hub } from '../../hub.ts'
import { type CliContext, type GlobalOptions, resolvedConfig } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { count, duration } from '../formats.ts'
import { type DemoFolder, openDemoFolder, saveDemo } from '../generate/demo-folder.ts'
import { rangeOf } from '../generate/range.ts'
import { sendHistory } from '../generate/send-history.ts'
import { sendLive } from '../generate/send-live.ts'
import { writeFolder } from '../generate/write-folder.ts'
import { writeTruth } from '../generate/write-truth.ts'
import { logDestination } from '../log-lines.ts'
import { progressBar } from '../progress.ts'
import { runHub } from '../run-hub.ts'
import { shellCommand } from '../shell-command.ts'

export interface DemoOptions extends GlobalOptions {
  readonly dir: string
  readonly days: number
  readonly events: number
  readonly seed: number
  /** Events per second; 0 for none. Default: as many as the history has. */
  readonly live?: number
  readonly open: boolean
}

/**
 * `llmhub demo`: history in a folder of its own, a hub on it, live traffic, until Ctrl-C. The second time
 * the folder is there: what happened since is made up, and the hub goes on.
 */
export async function demo(
  options: DemoOptions,
  context: CliContext,
  version: string,
): Promise<void> {
  const { config } = resolvedConfig(options)
  const started = context.clock.monotonic()
  const folder = openDemoFolder(options.dir)
  const demoConfig = { ...config, data_dir: folder.dataDir, admin_key: folder.key }
  if (folder.state === null) await makeHistory(options, folder, demoConfig, context, version)
  const { startHub } = await import('../../hub.ts')
  const hubStart = await startHub(demoConfig, context.clock, logDestination(context.terminal))
  if (!hubStart.ok) throw new CliError(hubStart.message, EXIT[hubStart.reason])
  const { hub } = hubStart
  // Whoever is told that it is ready asks at once, and until then questions are refused.
  if (await hub.ready(context.signal)) {
    const seconds = (context.clock.monotonic() - started) / 1000
    banner(hub, folder, options, seconds, context)
    if (options.open) openBrowser(hub.url)
  }
  await runHub(hub, context, (signal) => traffic(options, hub, folder, signal, context))
}

async function makeHistory(
  { days, events, seed }: DemoOptions,
  folder: DemoFolder,
  config: Config,
  context: CliContext,
  version: string,
): Promise<void> {
  const { clock, terminal, signal } = context
  const range = rangeOf({ days, events, seed }, clock.nowMicros())
  terminal.err(`Making up ${days} days of traffic in ${folder.dir} …\n`)
  const progress = progressBar('demo', 'events', terminal, clock)
  const totals = await writeFolder({
    range,
    dir: folder.dataDir,
    command: shellCommand(['llmhub', 'demo', '--dir', folder.dir]),
    config,
    clock,
    version,
    progress,
    signal,
  })
  saveDemo(folder, { range, totals })
  await writeTruth(folder.truth, range, totals)
}

/** What happened since the demonstration last ran, then live traffic, until the signal. */
async function traffic(
  options: DemoOptions,
  { url }: Hub,
  folder: DemoFolder,
  signal: AbortSignal,
  { clock, terminal }: CliContext,
): Promise<void> {
  const settings = { url, key: folder.key }
  const { state } = folder
  const { seed } = options
  const live = liveRate(options)
  try {
    if (state !== null) {
      const to = Math.floor(clock.now() / 60_000) * 60_000
      const range = { ...state.range, from: state.range.to, to }
      if (range.from < to) {
        const progress = { update: () => {}, finish: () => {} }
        const sent = await sendHistory({ range, settings, clock, progress, signal })
        addTotals(state.totals, sent.totals)
        const whole = { ...state.range, to }
        saveDemo(folder, { range: whole, totals: state.totals })
        await writeTruth(folder.truth, whole, state.totals)
        terminal.err(`  ${count(sent.accepted)} events since the last time were added.\n`)
      }
    }
    if (live === 0) return
    const forMs = Number.POSITIVE_INFINITY
    await sendLive({ seed, perSecond: live, forMs, settings, clock, signal })
  } catch (error) {
    if (signal.aborted) return
    terminal.err(`llmhub: live traffic ended: ${(error as Error).message}\n`)
  }
}

/** Live traffic goes on as the history ends: more of it would be a surge that nothing explains. */
function liveRate({ live, events, days }: DemoOptions): number {
  return live ?? events / (days * 86_400)
}

function banner(
  { url }: Hub,
  folder: DemoFolder,
  options: DemoOptions,
  seconds: number,
  { terminal }: CliContext,
): void {
  const live = liveRate(options)
  const traffic =
    live === 0 ? 'no live traffic' : `${Number(live.toPrecision(2))} events/s of live traffic`
  terminal.err(`
  The demonstration is ready at ${url} (after ${duration(seconds)}, with ${traffic})

  In another terminal:

    export LLMHUB_KEY=${folder.key}
    export LLMHUB_URL=${url}

    npx llmhub query cost.total requests.count latency.p95 --by model --from now-30d
    npx llmhub query requests.error_rate --by time:1h --from now-3d
    npx llmhub explain --from now-7d

  What was made to go wrong and when, and the best parameters: ${folder.truth}
  Ctrl-C stops everything; the next start goes on. To begin anew, delete ${folder.dir}

`)
}

/** Opens the page where there is a desktop to open it on; nothing depends on it. */
function openBrowser(url: string): void {
  if (!hasDesktop(process.platform)) return
  const commands: Readonly<Record<string, readonly [string, ...string[]]>> = {
    darwin: ['open', url],
    win32: ['cmd', '/c', 'start', '', url],
  }
  const [command, ...args] = commands[process.platform] ?? ['xdg-open', url]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {
    // There is no such program here: the address is on the screen.
  })
  child.unref()
}
