/**
 * Messages of a live stream in the form of server-sent events
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */

/** Why a stream ends. `retryAfter` of its message: seconds after which to come back, null for not at all. */
export type ByeReason = 'done' | 'removed' | 'shutdown' | 'slow' | 'unauthorized' | 'unavailable'

/** Why a snapshot is sent: the first one, or what the client has cannot be brought up to date by deltas. */
export type SnapshotReason = 'opened' | 'gap' | 'overflow'

export type Notice =
  | { readonly reason: 'resumed'; readonly sub: string; readonly missed: number }
  | { readonly reason: 'removed'; readonly sub: string }
  | { readonly reason: 'lagging'; readonly sub: string; readonly lagMs: number }
  | { readonly reason: 'caught_up'; readonly sub: string }

/** Where a client is: the run of the hub, and the number of the last update that it has. */
export interface LiveId {
  readonly epoch: string
  readonly seq: number
}

function formatLiveId({ epoch, seq }: LiveId): string {
  return `${epoch}-${seq}`
}

/** Null for what is no id. */
export function parseLiveId(text: string): LiveId | null {
  const found = /^([0-9a-z]{1,32})-(\d{1,15})$/.exec(text)
  const [, epoch, seq] = found ?? []
  return epoch === undefined || seq === undefined ? null : { epoch, seq: Number(seq) }
}

/** One event. `data` is JSON, which has no line breaks. */
export function sseEvent(name: string, data: string, id: LiveId | null): string {
  const idLine = id === null ? '' : `id: ${formatLiveId(id)}\n`
  return `${idLine}event: ${name}\ndata: ${data}\n\n`
}

/** A comment, so that both ends see that the other is there; its id counts even so. */
export function sseHeartbeat(id: LiveId | null): string {
  return `: heartbeat\n${id === null ? '' : `id: ${formatLiveId(id)}\n`}\n`
}

/** The first bytes of a stream: how long a client waits before it comes back. */
export function sseOpening(retryMs: number): string {
  return `retry: ${retryMs}\n\n`
}
