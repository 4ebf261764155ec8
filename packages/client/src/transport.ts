import { deadline, waitFor } from './ambient.ts'
import type { Failure, Outcome, Problem, Success } from './outcome.ts'
import { localFailure, retryAfterOf } from './outcome.ts'

export interface ClientOptions {
  /** Where the hub is: `https://hub.example.com`. A path in it is kept. */
  readonly url: string
  /** Sent as `Authorization: Bearer`. Without it only public routes answer. */
  readonly key?: string | null | undefined
  /** Project for keys that are bound to none. */
  readonly project?: string | undefined
  /** Time for one try, in milliseconds. Default 30,000; 0 for no limit. */
  readonly timeoutMs?: number
  /** Further tries of a request that may be sent twice. Default 3; 0 for none. */
  readonly retries?: number
  /** Longest wait before a further try, in milliseconds; a longer `Retry-After` ends the tries. Default 30,000. */
  readonly maxWaitMs?: number
  /** Default: that of the runtime. */
  readonly fetch?: typeof fetch
  /** Waits between tries. Default: a timer. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** One request, as it goes over the wire. */
export interface Wire {
  readonly method: string
  /** With its query string. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  readonly signal?: AbortSignal | undefined
  /** Whether sending it again does no more than sending it once. */
  readonly idempotent: boolean
}

export interface TextAnswer {
  readonly text: string
  readonly media: string
}

export type Send = (wire: Wire) => Promise<Outcome<TextAnswer>>

const FIRST_WAIT_MS = 250
/** What passes by itself. Everything else would fail again. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * Sends requests to a hub, again where that is safe and may help: idempotent ones after no answer or
 * 429, 502, 503 and 504, others only after 429, which the hub answers before it does anything. Waits
 * as long as `Retry-After` says, else 250 ms and twice as long each time.
 * Throws a `TypeError` for an address that is none: that is a bug of the caller.
 */
export function createTransport(options: ClientOptions): Send {
  const { key, project, timeoutMs = 30_000, retries = 3, maxWaitMs = 30_000 } = options
  const send = options.fetch ?? ((...sent: Parameters<typeof fetch>) => fetch(...sent))
  const wait = options.wait ?? waitFor
  const base = options.url.replace(/\/+$/, '')
  if (!URL.canParse(base)) throw new TypeError(`${options.url} is no URL`)
  const own: Record<string, string> = {
    ...(key === undefined || key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(project === undefined ? {} : { 'x-llmhub-project': project }),
  }

  async function attempt(wire: Wire): Promise<Outcome<TextAnswer>> {
    const signals = [
      ...(wire.signal === undefined ? [] : [wire.signal]),
      ...(timeoutMs === 0 ? [] : [deadline(timeoutMs)]),
    ]
    let answered = false
    try {
      const response = await send(base + wire.path, {
        method: wire.method,
        // A hub never redirects: following would turn a POST into a GET, whose answer is no receipt.
        redirect: 'manual',
        headers: {
          ...own,
          ...(wire.type === undefined ? {} : { 'content-type': wire.type }),
          ...wire.headers,
        },
        ...(wire.body === undefined ? {} : { body: wire.body }),
        ...(signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }),
      })
      answered = true
      return outcomeOf(response, await response.text())
    } catch (error) {
      if (wire.signal?.aborted === true) return localFailure('aborted', 'aborted', null, error)
      if ((error as Error).name === 'TimeoutError') {
        return localFailure('timed_out', `no answer within ${timeoutMs} ms`, null, error)
      }
      const code = answered ? 'cut_off' : 'unreachable'
      return localFailure(code, reasonOf(error), null, error)
    }
  }

  return async (wire) => {
    for (let tries = 0; ; tries++) {
      const outcome = await attempt(wire)
      if (outcome.ok || tries >= retries || !mayRetry(wire, outcome)) return outcome
      const told = outcome.retryAfterSeconds
      const ms = told === null ? FIRST_WAIT_MS * 2 ** tries : told * 1000
      if (ms > maxWaitMs) return outcome
      try {
        await wait(ms, wire.signal ?? new AbortController().signal)
      } catch (error) {
        return localFailure('aborted', 'aborted while waiting for a further try', null, error)
      }
    }
  }
}

function mayRetry({ idempotent }: Wire, { status, problem }: Failure): boolean {
  if (status === null) return idempotent && problem.code !== 'aborted'
  return status === 429 || (idempotent && PASSING.has(status))
}

function outcomeOf(response: Response, text: string): Success<TextAnswer> | Failure {
  const { headers, status } = response
  const media = (headers.get('content-type') ?? '').split(';', 1)[0]?.trim() ?? ''
  if (response.ok) return { ok: true, status, headers, data: { text, media } }
  const problem = media.endsWith('json') ? parsed(text) : null
  if (problem === null) {
    const location = headers.get('location')
    const detail = `HTTP ${status}${location === null ? '' : `, a redirect to ${location}`}`
    return localFailure('not_a_hub', detail, { status, headers, text })
  }
  const retryAfterSeconds = retryAfterOf(headers)
  return { ok: false, status, problem, retryAfterSeconds, headers, text }
}

/** A problem document; for other JSON, such as events that were all rejected, one that says so. */
function parsed(text: string): Failure['problem'] | null {
  try {
    const value = JSON.parse(text) as Partial<Problem> | null
    if (typeof value !== 'object' || value === null) return null
    const { code = 'refused', title = 'The hub refused', detail = title, hint = '' } = value
    return { ...value, code, title, detail, hint }
  } catch {
    return null
  }
}

/** Why a `fetch` threw: `fetch failed` alone helps nobody, what it failed of is its cause. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}
