import { hubAt } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, duration } from '../formats.ts'

const LOOK_MS = 500

export interface CompactOptions extends GlobalOptions {
  readonly wait?: boolean
  readonly status?: boolean
}

/** `llmhub compact`: begins a compaction and waits for its end, which an interrupt does not stop. */
export async function compact(options: CompactOptions, context: CliContext): Promise<void> {
  const hub = hubAt(connection(options))
  const look = () => hub.call('GET /api/v1/maintenance/compact')
  if (options.status === true) return printJson(context, await look())
  let status = await hub.call('POST /api/v1/maintenance/compact')
  if (options.wait === false) {
    context.terminal.err('Begun. How it goes: llmhub compact --status\n')
    return
  }
  let shown = ''
  while (status.running !== null) {
    const { copied, tables } = status.running
    const progress = tables === 0 ? '' : `${copied} of ${tables} tables copied\n`
    if (progress !== shown) context.terminal.err(progress)
    shown = progress
    if (context.signal.aborted) {
      throw new CliError('the compaction goes on in the hub', EXIT.interrupted)
    }
    await new Promise<void>((resume) => context.clock.hold(LOOK_MS, resume))
    status = await look()
  }
  const { last } = status
  if (format(options, context) !== 'table') printJson(context, status)
  if (last === null || !last.succeeded) {
    throw new CliError('the file was not compacted; the log of the hub says why', EXIT.failure)
  }
  context.terminal.err(
    `${bytes(last.bytes_before)} before, ${bytes(last.bytes_after)} after, in ${duration(last.seconds)}\n`,
  )
}
