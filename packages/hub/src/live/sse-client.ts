import { Readable } from 'node:stream'
import { formatIsoMicros } from '@llmhub/schema'
import type { Clock } from '../core/clock.ts'
import { type LiveSource, type LiveUpdate, MOST_RESULTS } from './live.ts'
import {
  type ByeReason,
  type LiveId,
  type Notice,
  type SnapshotReason,
  sseEvent,
  sseHeartbeat,
  sseOpening,
} from './sse-message.ts'
import { type SentUpdate, updateText } from './sse-ring.ts'
import { isWatched, type LiveSubscription } from './sse-subscription.ts'

export interface ClientLimits {
  /** Characters that may wait for one client. Beyond it they are dropped and snapshots are sent instead. */
  readonly queueChars: number
  /** Bytes that the stream holds before it takes no more, beside what the system holds of a connection. */
  readonly bufferBytes: number
  /** Least time between two deltas, in which updates of the same window and key become one. */
  readonly flushMs: number
  /** How long a client may take nothing. */
  readonly stalledMs: number
  /** How long a client that takes nothing has to read why it is cut off. */
  readonly graceMs: number
  readonly heartbeatMs: number
  readonly authorizeMs: number
}

export interface ClientOptions {
  readonly source: Pick<LiveSource, 'snapshot' | 'definitions'>
  readonly clock: Clock
  readonly limits: ClientLimits
  readonly subscriptions: readonly LiveSubscription[]
  /** Number of the newest update of all. */
  readonly newest: () => LiveId
  /** Epoch microseconds up to which the results of a subscription are complete, or null. */
  readonly watermark: (subscription: LiveSubscription) => number | null
  /** Uniform in [0, 1): spreads those who come back. */
  readonly random: () => number
  /** Whether the caller may still watch. */
  readonly authorized: () => boolean
  /** Ends by itself after so long; 0 once every snapshot is sent, null never. */
  readonly endAfterMs: number | null
  readonly onError: (error: unknown) => void
  /** Called once, when nothing is held any more. */
  readonly onClose: (reason: ByeReason | 'gone') => void
}

/**
 * What a client has of a subscription. `wanting`: nothing, and a snapshot is to be asked for. `asked`: a snapshot
 * is on its way, and will have what is told meanwhile. `current`: everything but what is pending.
 */
export interface Watch {
  readonly subscription: LiveSubscription
  state: 'wanting' | 'asked' | 'current'
  why: SnapshotReason
  /** The newest of each window and key that is not sent yet. */
  readonly pending: Map<string, SentUpdate>
}

/**
 * One live stream: its `body` is what the client reads. Nothing is made for a client that does not read; what
 * is told meanwhile waits in a map in which the newest of each window and key wins, so that a slow client gets
 * fewer updates and never old ones. A client has to read all of what it was sent within `stalledMs`.
 */
export class LiveStream {
  readonly body: Readable
  readonly #options: ClientOptions
  readonly #watches: Watch[]
  readonly #notices = new Map<string, Notice>()
  readonly #stops: (() => void)[] = []
  #chars = 0
  #coalesced = 0
  #takesMore = true
  #isRunning = false
  #lastFlush = Number.NEGATIVE_INFINITY
  #nextFlush: (() => void) | null = null
  #stalled: (() => void) | null = null
  #ended: ByeReason | null = null

  constructor(options: ClientOptions) {
    this.#options = options
    const { clock, endAfterMs, limits, random } = options
    this.#watches = options.subscriptions.map((subscription) => ({
      subscription,
      state: 'wanting',
      why: 'opened',
      pending: new Map(),
    }))
    this.body = new Readable({
      highWaterMark: limits.bufferBytes,
      read: () => this.#readerTakesMore(),
      destroy: (error, done) => {
        this.#close()
        done(error)
      },
    })
    this.#stops.push(
      clock.every(limits.heartbeatMs, () => this.#heartbeat()),
      clock.every(limits.authorizeMs, () => {
        if (!options.authorized()) this.bye('unauthorized')
      }),
    )
    if (endAfterMs !== null && endAfterMs > 0) {
      this.#stops.push(clock.after(endAfterMs, () => this.bye('done')))
    }
    this.#push(sseOpening(Math.round(1000 + random() * 2000)))
  }

  get watches(): readonly Watch[] {
    return this.#watches
  }

  /** Characters that wait, here and in the stream. */
  get queued(): number {
    return this.#chars + this.body.readableLength
  }

  /** Updates that a newer one, or a snapshot, has taken the place of. */
  get coalesced(): number {
    return this.#coalesced
  }

  /** Puts a watch that has missed these updates, and nothing else, up to date with them. */
  resume(watch: Watch, missed: readonly SentUpdate[]): void {
    watch.state = 'current'
    const own = missed.filter(({ update }) => isWatched(watch.subscription, update))
    this.tell({ reason: 'resumed', sub: watch.subscription.id, missed: own.length })
    for (const sent of own) this.offer(watch, sent)
  }

  /** An update that the client is to get; `settle` sends it. */
  offer(watch: Watch, sent: SentUpdate): void {
    // The snapshot that is yet to come has it.
    if (watch.state !== 'current' || this.#ended !== null) return
    const older = watch.pending.get(sent.key)
    if (older !== undefined) {
      this.#chars -= older.text.length
      this.#coalesced++
    }
    watch.pending.set(sent.key, sent)
    this.#chars += sent.text.length
    if (this.#chars > this.#options.limits.queueChars) this.#dropPending()
  }

  tell(notice: Notice): void {
    const about = notice.reason === 'caught_up' ? 'lagging' : notice.reason
    this.#notices.set(`${about} ${notice.sub}`, notice)
  }

  /** Sends what waits, unless something was sent only just now: then in a while. */
  settle(): void {
    const { clock, limits } = this.#options
    if (this.#ended !== null || !this.#takesMore || this.#nextFlush !== null) return
    const wait = this.#lastFlush + limits.flushMs - clock.monotonic()
    if (wait <= 0) {
      this.#run()
      return
    }
    this.#nextFlush = clock.after(wait, () => {
      this.#nextFlush = null
      this.#run()
    })
  }

  /** Ends what it has of a definition that is no more; the stream, when nothing is left. */
  drop(watch: Watch): void {
    const at = this.#watches.indexOf(watch)
    if (at < 0) return
    this.#watches.splice(at, 1)
    for (const { text } of watch.pending.values()) this.#chars -= text.length
    if (this.#watches.length === 0) {
      this.bye('removed')
      return
    }
    this.tell({ reason: 'removed', sub: watch.subscription.id })
    this.settle()
  }

  /** Says why, and ends. Who takes nothing has a moment to read it, or none at a shutdown. */
  bye(reason: ByeReason): void {
    if (this.#ended !== null) return
    this.#ended = reason
    const { clock, limits } = this.#options
    const isStuck = !this.#takesMore
    const retryAfter = this.#retryAfter(reason)
    this.body.push(sseEvent('bye', JSON.stringify({ reason, retryAfter }), null))
    this.body.push(null)
    this.#stop()
    if (isStuck && reason === 'shutdown') {
      this.body.destroy()
      return
    }
    const patience = isStuck || reason === 'shutdown' ? limits.graceMs : limits.stalledMs
    this.#stops.push(clock.after(patience, () => this.body.destroy()))
  }

  /** Seconds after which to come back; null where that would not help. */
  #retryAfter(reason: ByeReason): number | null {
    if (reason === 'done' || reason === 'removed' || reason === 'unauthorized') return null
    return Math.round((1 + this.#options.random() * 4) * 10) / 10
  }

  #readerTakesMore(): void {
    this.#takesMore = true
    this.#stalled?.()
    this.#stalled = null
    this.#run()
  }

  #push(text: string): void {
    const { clock, limits } = this.#options
    this.#takesMore = this.body.push(text)
    if (this.#takesMore || this.#stalled !== null) return
    this.#stalled = clock.after(limits.stalledMs, () => this.bye('slow'))
  }

  /** Snapshots first, one after the other as the client takes them; then what waits. */
  #run(): void {
    if (!this.#isRunning && this.#ended === null) void this.#work()
  }

  async #work(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#ended === null && this.#takesMore) {
        const wanting = this.#watches.find(({ state }) => state === 'wanting')
        if (wanting !== undefined) await this.#sendSnapshot(wanting)
        else if (this.#hasPending()) this.#flush()
        else if (this.#options.endAfterMs === 0) this.bye('done')
        else break
      }
    } catch (error) {
      this.#options.onError(error)
      this.bye('unavailable')
    } finally {
      this.#isRunning = false
    }
  }

  async #sendSnapshot(watch: Watch): Promise<void> {
    const { subscription, why } = watch
    const { by, definition, filter, id, limit, project, size } = subscription
    watch.state = 'asked'
    const asked = filter === null ? limit : MOST_RESULTS
    const found = await this.#options.source.snapshot({ definition, size, project, limit: asked })
    if (this.#ended !== null || !this.#watches.includes(watch)) return
    if (found === null) {
      // Or whoever counts is being started again.
      if (this.#isDefined(subscription)) this.bye('unavailable')
      else this.drop(watch)
      return
    }
    watch.state = 'current'
    const updates = newestOf(
      found.updates.filter((update) => isWatched(subscription, update)),
      limit,
    )
    const head = { sub: id, reason: why, definition, size, by, ...subscription.about }
    const meta = { ...head, position: found.position, watermark: isoOrNull(found.watermark) }
    const texts = updates.map((update) => updateText(update, by))
    this.#push(sseEvent('snapshot', withUpdates(meta, texts), this.#placeWhenCurrent()))
  }

  #isDefined({ definition }: LiveSubscription): boolean {
    return this.#options.source.definitions().some(({ name }) => name === definition)
  }

  #hasPending(): boolean {
    return this.#notices.size > 0 || this.#watches.some(({ pending }) => pending.size > 0)
  }

  #flush(): void {
    this.#lastFlush = this.#options.clock.monotonic()
    const events: [name: string, data: string][] = []
    for (const notice of this.#notices.values()) events.push(['notice', JSON.stringify(notice)])
    this.#notices.clear()
    for (const { pending, subscription } of this.#watches) {
      if (pending.size === 0) continue
      const watermark = isoOrNull(this.#options.watermark(subscription))
      const texts = [...pending.values()].map(({ text }) => text)
      for (const text of texts) this.#chars -= text.length
      pending.clear()
      events.push(['delta', withUpdates({ sub: subscription.id, watermark }, texts)])
    }
    // Only behind the last of them the client has everything up to that place.
    const place = this.#placeWhenCurrent()
    const last = events.length - 1
    this.#push(
      events.map(([name, data], at) => sseEvent(name, data, at === last ? place : null)).join(''),
    )
  }

  /** Where the client is once it has read what is sent now; null while a subscription lacks something. */
  #placeWhenCurrent(): LiveId | null {
    const isCurrent = this.#watches.every(
      ({ pending, state }) => state === 'current' && pending.size === 0,
    )
    return isCurrent ? this.#options.newest() : null
  }

  #dropPending(): void {
    for (const watch of this.#watches) {
      this.#coalesced += watch.pending.size
      watch.pending.clear()
      if (watch.state !== 'current') continue
      watch.state = 'wanting'
      watch.why = 'overflow'
    }
    this.#chars = 0
  }

  #heartbeat(): void {
    if (this.#takesMore && this.#ended === null) this.#push(sseHeartbeat(this.#placeWhenCurrent()))
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
    this.#nextFlush?.()
    this.#stalled?.()
    this.#nextFlush = null
    this.#stalled = null
    for (const { pending } of this.#watches) pending.clear()
    this.#chars = 0
  }

  #close(): void {
    const reason = this.#ended ?? 'gone'
    this.#ended ??= 'done'
    this.#stop()
    this.#options.onClose(reason)
  }
}

/** The newest windows, the oldest of them first. */
function newestOf(updates: readonly LiveUpdate[], limit: number): readonly LiveUpdate[] {
  const sorted = updates.toSorted(
    (a, b) => a.window.start - b.window.start || a.window.end - b.window.end,
  )
  return sorted.length > limit ? sorted.slice(-limit) : sorted
}

function isoOrNull(micros: number | null): string | null {
  return micros === null ? null : formatIsoMicros(micros)
}

/** An object as JSON with a list of what is JSON already. */
function withUpdates(head: Readonly<Record<string, unknown>>, updates: readonly string[]): string {
  return `${JSON.stringify(head).slice(0, -1)},"updates":[${updates.join(',')}]}`
}
