/** The messages of a live stream, whatever happens to the connection. */

import type { ClientSettings } from '../../config/load.ts'
import { download } from '../client.ts'
import type { CliContext } from '../context.ts'
import { CliError, EXIT } from '../exit-codes.ts'
import { pause } from '../pause.ts'

/** A result, as the hub sends it. */
export interface LiveRow {
  readonly start: string
  readonly end: string
  readonly project: string
  readonly key: Readonly<Record<string, string | null>>
  readonly values: Readonly<Record<string, number | string | null>>
  readonly closed: boolean
  readonly source: 'live' | 'store'
  readonly removed?: boolean
}

export interface LiveSnapshotMessage {
  readonly event: 'snapshot'
  readonly definition: string
  readonly size: string
  readonly reason: string
  readonly by: readonly string[]
  readonly measures: readonly { readonly name: string; readonly unit: string }[]
  readonly watermark: string | null
  readonly updates: readonly LiveRow[]
}

export type LiveMessage =
  | LiveSnapshotMessage
  | {
      readonly event: 'delta'
      readonly watermark: string | null
      readonly updates: readonly LiveRow[]
    }
  | { readonly event: 'notice'; readonly reason: string; readonly lagMs?: number }
  | { readonly event: 'bye'; readonly reason: string; readonly retryAfter: number | null }

/** The hub sends something every 15 seconds: after this long, nobody is there any more. */
const SILENCE_MS = 35_000
const RETRY_MS = [250, 500, 1000, 2000, 5000, 10_000] as const

/** Failures that another try does not mend. */
const LASTING: readonly number[] = [EXIT.auth, EXIT.notFound, EXIT.usage, EXIT.conflict]

/**
 * Messages until the stream is done or the user interrupts. A connection that breaks is made again, and goes on
 * where it was; `tell` gets a sentence for the user.
 * @throws CliError when the first connection fails, or a later one in a way that does not pass
 */
export async function* liveMessages(
  settings: ClientSettings,
  query: URLSearchParams,
  context: CliContext,
  tell: (text: string) => void,
): AsyncGenerator<LiveMessage> {
  const { signal } = context
  let lastId: string | null = null
  let failures = 0
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    let why = 'the connection has ended'
    let waitMs: number | null = null
    try {
      for await (const { id, message } of connected(settings, query, lastId, context)) {
        if (failures > 0) tell('connected again')
        failures = 0
        lastId = id ?? lastId
        if (message === null) continue
        if (message.event === 'bye') {
          if (message.reason === 'done') return
          if (message.reason === 'removed') {
            throw new CliError('the window was removed', EXIT.notFound)
          }
          why = BYES[message.reason] ?? why
          waitMs = message.retryAfter === null ? null : message.retryAfter * 1000
        }
        yield message
      }
    } catch (error) {
      if (!(error instanceof CliError) || isFirst) throw error
      if (LASTING.includes(error.exitCode)) throw error
      if (error.exitCode === EXIT.unreachable) why = 'the hub does not answer'
    }
    if (signal.aborted) return
    if (failures === 0) tell(`${why}: reconnecting …`)
    await pause(waitMs ?? RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0, context)
    failures++
  }
}

const BYES: Readonly<Record<string, string>> = {
  shutdown: 'the hub is stopping',
  slow: 'this terminal was too slow',
  unauthorized: 'the key is not accepted any more',
  unavailable: 'live results are not available',
}

/** The messages of one connection, with the ids that came with them or by themselves. */
async function* connected(
  settings: ClientSettings,
  query: URLSearchParams,
  lastId: string | null,
  { clock, signal }: CliContext,
): AsyncGenerator<{ readonly id: string | null; readonly message: LiveMessage | null }> {
  const silence = new AbortController()
  let stopWaiting = clock.hold(SILENCE_MS, () => silence.abort())
  try {
    const { chunks } = await download(
      settings,
      'GET',
      `/api/v1/live?${query.toString()}`,
      undefined,
      AbortSignal.any([signal, silence.signal]),
      { accept: 'text/event-stream', ...(lastId === null ? {} : { 'last-event-id': lastId }) },
    )
    const decoder = new TextDecoder()
    let open = ''
    for await (const chunk of chunks) {
      stopWaiting()
      stopWaiting = clock.hold(SILENCE_MS, () => silence.abort())
      open += decoder.decode(chunk, { stream: true })
      const blocks = open.split('\n\n')
      open = blocks.pop() ?? ''
      yield* blocks.map(parsedBlock)
    }
  } catch (error) {
    // The silence is ours, and no interruption by the user.
    if (silence.signal.aborted && !signal.aborted) return
    if (signal.aborted) return
    throw error
  } finally {
    stopWaiting()
    // Ends the request where nobody reads on.
    silence.abort()
  }
}

function parsedBlock(block: string): { id: string | null; message: LiveMessage | null } {
  const fields = new Map(
    block.split('\n').map((line): [string, string] => {
      const at = line.indexOf(': ')
      return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 2)]
    }),
  )
  const [id = null, event, data] = ['id', 'event', 'data'].map((name) => fields.get(name))
  if (event === undefined || data === undefined) return { id, message: null }
  return { id, message: { event, ...(JSON.parse(data) as object) } as LiveMessage }
}
