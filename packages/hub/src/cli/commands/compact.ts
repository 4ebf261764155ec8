import { failed, request } from '../client.ts'
import { type CliContext, connection, format, type GlobalOptions, printJson } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { bytes, duration } from '../formats.ts'

interface Status {
  readonly dead_bytes: number | null
  readonly running: { readonly tables: number; readonly copied: number } | null
  readonly last: {
    readonly at: string
    readonly seconds: number
    readonly bytes_before: number
    readonly bytes_after: number
    readonly succeeded: boolean
  } | null
}

const URL_PATH = '/api/v1/maintenance/compact'
const LOOK_MS = 500

export interface CompactOptions extends GlobalOptions {
  readonly wait?: boolean
  readonly status?: boolean
}

/** `llmhub compact`: begins a compaction and waits for its end, which an interrupt does not stop. */
export async function compact(options: CompactOptions, context: CliContext): Promise<void> {
  const settings = connection(options)
  const look = async (): Promise<Status> => {
    const response = await request(settings, 'GET', URL_PATH)
    if (response.status !== 200) throw failed(response)
    return response.body as Status
  }
  if (options.status === true) return printJson(context, await look())
  const begun = await request(settings, 'POST', URL_PATH)
  if (begun.status !== 202) throw failed(begun)
  if (options.wait === false) {
    context.terminal.err('Begun. How it goes: llmhub compact --status\n')
    return
  }
  let status = begun.body as Status
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
