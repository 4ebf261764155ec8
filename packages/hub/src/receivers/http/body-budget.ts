/**
 * Bytes of request bodies held in memory by all requests together. A request takes before it keeps
 * a chunk and gives everything back when its answer is ready.
 */
export class BodyBudget {
  readonly #limit: number
  #held = 0
  #refused = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get heldBytes(): number {
    return this.#held
  }

  /** Requests refused because the budget was used up. */
  get refused(): number {
    return this.#refused
  }

  /** False, and nothing is taken, when `bytes` more would exceed the limit. */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#limit) {
      this.#refused += 1
      return false
    }
    this.#held += bytes
    return true
  }

  give(bytes: number): void {
    this.#held -= bytes
  }
}
