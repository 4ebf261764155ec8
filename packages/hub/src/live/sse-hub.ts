import type { Readable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import type { LiveSource, LiveStatus, LiveUpdate } from './live.ts'
import { type ClientLimits, LiveStream, type Watch } from './sse-client.ts'
import { type ByeReason, type LiveId, parseLiveId } from './sse-message.ts'
import { type SentUpdate, UpdateRing, updateKey, updateText } from './sse-ring.ts'
import { isWatched, type LiveSubscription } from './sse-subscription.ts'

export interface LiveStreamLimits extends ClientLimits {
  /** Streams at once, of all keys and of one. */
  readonly clients: number
  readonly clientsPerKey: number
  /** What is kept of a definition and size for those who come back. */
  readonly ringChars: number
  readonly ringMs: number
  /** Lag of the consumer from which clients are told of it. */
  readonly lagMs: number
}

export const DEFAULT_STREAM_LIMITS: LiveStreamLimits = {
  clients: 200,
  clientsPerKey: 16,
  ringChars: 1024 * 1024,
  ringMs: 300_000,
  lagMs: 10_000,
  queueChars: 1024 * 1024,
  bufferBytes: 16 * 1024,
  flushMs: 100,
  stalledMs: 30_000,
  graceMs: 5000,
  heartbeatMs: 15_000,
  authorizeMs: 60_000,
}

export interface LiveHubOptions {
  readonly source: LiveSource
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Of this run alone: lower-case letters and digits. */
  readonly epoch: string
  readonly limits: LiveStreamLimits
  readonly onError: (error: unknown) => void
}

export interface LiveRequest {
  /** Whose stream it is: the id of a key. */
  readonly owner: string
  readonly subscriptions: readonly LiveSubscription[]
  /** Where the client was, as it sent it. */
  readonly lastEventId: string | undefined
  readonly authorized: () => boolean
  readonly endAfterMs: number | null
}

export type LiveOpening =
  | { readonly ok: true; readonly body: Readable }
  | { readonly ok: false; readonly code: 'too_many' | 'closing'; readonly message: string }

/** Counters grow as long as the hub runs. */
export interface LiveStats {
  readonly clients: number
  readonly queued: number
  readonly coalesced: number
  /** Streams that have ended, by reason; `gone`: the client went away. */
  readonly ended: Readonly<Record<string, number>>
}

/** Those who watch one definition and size, and what they may have missed. */
interface Channel {
  readonly definition: string
  readonly size: string
  readonly by: readonly string[]
  readonly ring: UpdateRing
  readonly watchers: Map<Watch, LiveStream>
  idleSince: number | null
  isLagging: boolean
}

/**
 * Brings the results of live windows to those who watch. An update is made into text once for all of them. The
 * source is listened to only while somebody watches, or has watched within the time of the ring.
 */
export class LiveHub {
  readonly #options: LiveHubOptions
  readonly #clients = new Map<LiveStream, string>()
  readonly #channels = new Map<string, Channel>()
  readonly #ended = new Map<string, number>()
  /** Number of the last update; numbers are given only while the source is listened to. */
  #seq = 0
  /** Of clients that are gone. */
  #coalesced = 0
  #stopListening: (() => void) | null = null
  #stopSweeping: (() => void) | null = null
  #isClosed = false

  constructor(options: LiveHubOptions) {
    this.#options = options
  }

  open(request: LiveRequest): LiveOpening {
    const refusal = this.#refusal(request.owner)
    if (refusal !== null) return refusal
    const { clock, epoch, limits, onError, random, source } = this.#options
    const client = new LiveStream({
      source,
      clock,
      random,
      limits,
      onError,
      subscriptions: request.subscriptions,
      authorized: request.authorized,
      endAfterMs: request.endAfterMs,
      newest: () => ({ epoch, seq: this.#seq }),
      watermark: (of) => statusOf(source.status(), of)?.watermark ?? null,
      onClose: (reason) => this.#left(client, reason),
    })
    this.#clients.set(client, request.owner)
    this.#listen()
    const { lastEventId } = request
    const id = lastEventId === undefined ? null : parseLiveId(lastEventId)
    for (const watch of client.watches) {
      const channel = this.#channelOf(watch.subscription)
      const missed = this.#missed(channel, id)
      channel.watchers.set(watch, client)
      channel.idleSince = null
      if (missed !== null) client.resume(watch, missed)
      else if (lastEventId !== undefined) watch.why = 'gap'
    }
    client.settle()
    return { ok: true, body: client.body }
  }

  stats(): LiveStats {
    const all = [...this.#clients.keys()]
    return {
      clients: all.length,
      queued: all.reduce((sum, { queued }) => sum + queued, 0),
      coalesced: all.reduce((sum, { coalesced }) => sum + coalesced, this.#coalesced),
      ended: Object.fromEntries(this.#ended),
    }
  }

  /** Nobody can watch a definition any more, which is removed or another one from now on. */
  forget(definition: string): void {
    for (const [key, channel] of this.#channels) {
      if (channel.definition !== definition) continue
      this.#channels.delete(key)
      for (const [watch, client] of channel.watchers) client.drop(watch)
    }
  }

  /** Says bye to everybody and takes nobody any more. */
  close(): void {
    this.#isClosed = true
    for (const client of this.#clients.keys()) client.bye('shutdown')
    this.#channels.clear()
    this.#unlisten()
  }

  #refusal(owner: string): (LiveOpening & { readonly ok: false }) | null {
    const { clients, clientsPerKey } = this.#options.limits
    if (this.#isClosed) return { ok: false, code: 'closing', message: 'the hub is stopping' }
    if (this.#clients.size >= clients) {
      const message = `${clients} live streams are open, which is the most of all keys together`
      return { ok: false, code: 'too_many', message }
    }
    const own = [...this.#clients.values()].filter((each) => each === owner).length
    if (own < clientsPerKey) return null
    const message = `the key has ${clientsPerKey} live streams open, which is the most of one key`
    return { ok: false, code: 'too_many', message }
  }

  /** What came since the client was here; null when that cannot be told. */
  #missed({ ring }: Channel, id: LiveId | null): readonly SentUpdate[] | null {
    if (id === null || id.epoch !== this.#options.epoch || id.seq > this.#seq) return null
    ring.trim(this.#options.clock.monotonic())
    return ring.since(id.seq)
  }

  #channelOf({ by, definition, size }: LiveSubscription): Channel {
    const key = channelKey(definition, size)
    const known = this.#channels.get(key)
    if (known !== undefined) return known
    const { limits } = this.#options
    // What came before it was there has no number, so that nobody can go on from there.
    this.#seq++
    const channel: Channel = {
      definition,
      size,
      by,
      ring: new UpdateRing(this.#seq, { chars: limits.ringChars, ageMs: limits.ringMs }),
      watchers: new Map(),
      idleSince: null,
      isLagging: false,
    }
    this.#channels.set(key, channel)
    return channel
  }

  #told(updates: readonly LiveUpdate[]): void {
    const now = this.#options.clock.monotonic()
    for (const update of updates) {
      const channel = this.#channels.get(channelKey(update.definition, update.size))
      if (channel === undefined) continue
      this.#seq++
      const text = updateText(update, channel.by)
      const sent = { seq: this.#seq, key: updateKey(update), update, text }
      channel.ring.add(sent, now)
      for (const [watch, client] of channel.watchers) {
        if (isWatched(watch.subscription, update)) client.offer(watch, sent)
      }
    }
    for (const client of this.#clients.keys()) client.settle()
  }

  #left(client: LiveStream, reason: ByeReason | 'gone'): void {
    this.#clients.delete(client)
    this.#coalesced += client.coalesced
    this.#ended.set(reason, (this.#ended.get(reason) ?? 0) + 1)
    const now = this.#options.clock.monotonic()
    for (const channel of this.#channels.values()) {
      for (const watch of client.watches) channel.watchers.delete(watch)
      if (channel.watchers.size === 0) channel.idleSince ??= now
    }
  }

  #listen(): void {
    const { clock, limits, source } = this.#options
    this.#stopListening ??= source.subscribe((updates) => this.#told(updates))
    this.#stopSweeping ??= clock.every(limits.heartbeatMs, () => this.#sweep())
  }

  #unlisten(): void {
    this.#stopListening?.()
    this.#stopSweeping?.()
    this.#stopListening = null
    this.#stopSweeping = null
  }

  /** Lets go of what nobody comes back to, and tells of results that are behind. */
  #sweep(): void {
    const { clock, limits, source } = this.#options
    const now = clock.monotonic()
    const status = source.status()
    for (const [key, channel] of this.#channels) {
      channel.ring.trim(now)
      if (channel.idleSince !== null && now - channel.idleSince >= limits.ringMs) {
        this.#channels.delete(key)
      } else tellOfLag(channel, statusOf(status, channel)?.lagMs ?? 0, limits.lagMs)
    }
    if (this.#channels.size === 0) this.#unlisten()
  }
}

function tellOfLag(channel: Channel, lagMs: number, most: number): void {
  const isLagging = lagMs > most
  if (isLagging === channel.isLagging) return
  channel.isLagging = isLagging
  for (const [{ subscription }, client] of channel.watchers) {
    const sub = subscription.id
    client.tell(isLagging ? { reason: 'lagging', sub, lagMs } : { reason: 'caught_up', sub })
    client.settle()
  }
}

function statusOf(
  all: readonly LiveStatus[],
  of: { readonly definition: string; readonly size: string },
): LiveStatus | undefined {
  return all.find(({ definition, size }) => definition === of.definition && size === of.size)
}

function channelKey(definition: string, size: string): string {
  return `${definition} ${size}`
}
