import type { Clock } from '../core/clock.ts'

/** A clock for tests: it stands still until it is advanced, and runs what is due on the way. */
export class TestClock implements Clock {
  #now: number
  #steady = 0
  #timers: { at: number; run: () => void; every: number | null }[] = []

  /** Starts at `now`, epoch milliseconds. */
  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  nowMicros(): number {
    return this.#now * 1000
  }

  monotonic(): number {
    return this.#steady
  }

  advance(ms: number): void {
    const end = this.#steady + ms
    for (;;) {
      this.#timers.sort((a, b) => a.at - b.at)
      const next = this.#timers[0]
      if (next === undefined || next.at > end) break
      this.#now += next.at - this.#steady
      this.#steady = next.at
      if (next.every === null) this.#timers.shift()
      else next.at += next.every
      next.run()
    }
    this.#now += end - this.#steady
    this.#steady = end
  }

  after(ms: number, run: () => void): () => void {
    return this.#add(ms, run, null)
  }

  hold(ms: number, run: () => void): () => void {
    return this.#add(ms, run, null)
  }

  every(ms: number, run: () => void): () => void {
    return this.#add(ms, run, ms)
  }

  #add(ms: number, run: () => void, every: number | null): () => void {
    const timer = { at: this.#steady + ms, run, every }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }
}
