/**
 * Rate limiting by the generic cell rate algorithm: per name one number, the theoretical arrival
 * time of the next unit. `rate` units per second pass in the long run; `burst` units more may come
 * at once. A request passes while the arrival time is at most `burst / rate` ahead of now, whatever
 * its own size: one larger than the burst passes after a pause and is paid for by those after it.
 * https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 *
 * Memory is bounded by `maxNames`: names that have been idle long enough to be full again carry no
 * information and go first, then the ones not touched for longest.
 */
export class RateLimiter {
  readonly #maxNames: number
  readonly #arrivals = new Map<string, number>()

  constructor(maxNames: number) {
    this.#maxNames = maxNames
  }

  get names(): number {
    return this.#arrivals.size
  }

  /** Takes `units` and answers 0, or takes nothing and answers the seconds to wait. `nowMs` never jumps. */
  take(name: string, units: number, rate: number, burst: number, nowMs: number): number {
    const wait = this.wait(name, rate, burst, nowMs)
    if (wait > 0) return wait
    const arrival = Math.max(this.#arrivals.get(name) ?? nowMs, nowMs)
    this.#arrivals.delete(name)
    this.#arrivals.set(name, arrival + (units * 1000) / rate)
    if (this.#arrivals.size > this.#maxNames) this.#makeRoom(nowMs)
    return 0
  }

  /** Seconds until the name may take again; 0 when it may now. */
  wait(name: string, rate: number, burst: number, nowMs: number): number {
    const arrival = this.#arrivals.get(name)
    if (arrival === undefined) return 0
    // A request at exactly the tolerance passes: `burst` units after the first.
    const early = arrival - nowMs - ((burst - 1) * 1000) / rate
    return early > 0 ? early / 1000 : 0
  }

  #makeRoom(nowMs: number): void {
    for (const [name, arrival] of this.#arrivals) {
      if (arrival <= nowMs || this.#arrivals.size > this.#maxNames) this.#arrivals.delete(name)
      else return
    }
  }
}
