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
