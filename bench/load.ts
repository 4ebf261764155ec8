import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface LoadOptions {
  readonly url: string
  readonly key: string
  readonly seed: number
  /** Number of the first event's id; runs with one seed must not overlap. */
  readonly firstSerial: number
  /** Events per request. */
  readonly batch: number
  readonly connections: number
  /** Longest time. */
  readonly seconds: number
  /** Most events; null = until the time is over. */
  readonly events: number | null
  /** Events per second, in an open loop; null = as fast as the acknowledgements come. */
  readonly rate: number | null
  /** Days before now over which the events' times are spread; null = now. Needs `events`. */
  readonly spreadDays: number | null
  /** Characters of incompressible text in every event; default 0. */
  readonly payload?: number
}

export interface LoadResult {
  /** Accepted by the hub. */
  readonly events: number
  readonly duplicates: number
  /** Requests answered with 503 or 429 and sent again. */
  readonly refused: number
  readonly requests: number
  readonly bytes: number
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly ackMaxMs: number
  /** Processor time of the generator itself. */
  readonly cpuSeconds: number
}

export type LoadMessage =
  | { readonly type: 'ready' }
  /** A recent acknowledgement: position in the log, epoch ms at which it came. */
  | { readonly type: 'position'; readonly position: string; readonly at: number }
  | { readonly type: 'done'; readonly result: LoadResult }

/** Time beyond the load's own after which its process is ended. */
const GRACE_MS = 60_000

/** Runs the generator in a process of its own. */
export function generateLoad(
  options: LoadOptions,
  onMessage: (message: LoadMessage) => void = () => {},
): Promise<LoadResult> {
  const file = fileURLToPath(new URL('load-generator.ts', import.meta.url))
  const child = fork(file, [JSON.stringify(options)], { execArgv: process.execArgv })
  const deadline = setTimeout(() => child.kill('SIGKILL'), options.seconds * 1000 + GRACE_MS)
  return new Promise((resolve, reject) => {
    let result: LoadResult | null = null
    child.on('message', (message: LoadMessage) => {
      if (message.type === 'done') result = message.result
      onMessage(message)
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      clearTimeout(deadline)
      if (result !== null) resolve(result)
      else reject(new Error(`the load generator ended with ${signal ?? code}`))
    })
  })
}
