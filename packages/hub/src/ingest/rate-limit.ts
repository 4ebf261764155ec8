/**
 * Token bucket per project: it holds one second of events and refills steadily. A request is let in
 * when the bucket is not in debt, whatever its size, and pays for all its events: so batches larger
 * than a second's worth pass, and the rate holds over time.
 */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  /**
   * Takes `events` tokens of a bucket of `perSecond` at `now` (milliseconds of a steady clock).
   * Answers 0, or the seconds after which trying again will work.
   */
  take(project: string, perSecond: number, events: number, now: number): number {
    const bucket = this.#buckets.get(project) ?? { tokens: perSecond, at: now }
    bucket.tokens = Math.min(
      perSecond,
      bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond,
    )
    bucket.at = now
    this.#buckets.set(project, bucket)
    if (bucket.tokens <= 0) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond))
    bucket.tokens -= events
    return 0
  }
}

/** Counts up to a limit within each second of a steady clock. */
export class PerSecond {
  readonly #limit: number
  readonly #counts = new Map<string, number>()
  #second = -1

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether one more is within the limit; `now` in milliseconds. */
  allows(key: string, now: number): boolean {
    const second = Math.floor(now / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#counts.clear()
    }
    const count = this.#counts.get(key) ?? 0
    if (count >= this.#limit) return false
    this.#counts.set(key, count + 1)
    return true
  }
}
