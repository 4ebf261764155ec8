/** A dead id. */
const DEAD = -1

/**
 * Small numbers handed out and taken back, each with a count of what refers to it. An id that nothing
 * refers to is given back by `sweep`, never earlier: the rows of a batch hold ids that no state refers to yet.
 */
export class IdPool {
  #references = new Int32Array(64)
  #next: number
  #free: number[] = []
  /** Ids that may have no references: new ones, and those that lost the last. */
  #candidates: number[] = []
  #live = 0

  /** Ids begin at `first`. */
  constructor(first = 0) {
    this.#next = first
  }

  /** Ids in use. */
  get live(): number {
    return this.#live
  }

  take(): number {
    const id = this.#free.pop() ?? this.#next++
    if (id >= this.#references.length) {
      const grown = new Int32Array(2 * this.#references.length)
      grown.set(this.#references)
      this.#references = grown
    }
    this.#references[id] = 0
    this.#live++
    this.#candidates.push(id)
    return id
  }

  /** Ids that something refers to, ascending. */
  referred(): number[] {
    const ids: number[] = []
    for (let id = 0; id < this.#next; id++) if ((this.#references[id] ?? 0) > 0) ids.push(id)
    return ids
  }

  retain(id: number): void {
    this.#references[id] = (this.#references[id] ?? 0) + 1
  }

  release(id: number): void {
    const left = (this.#references[id] ?? 0) - 1
    this.#references[id] = left
    if (left === 0) this.#candidates.push(id)
  }

  /** Takes back all ids that nothing refers to; `gone` is told of each. Answers how many. */
  sweep(gone: (id: number) => void): number {
    if (this.#candidates.length === 0) return 0
    let count = 0
    for (const id of this.#candidates) {
      if (this.#references[id] !== 0) continue
      this.#references[id] = DEAD
      this.#free.push(id)
      count++
      gone(id)
    }
    this.#candidates = []
    this.#live -= count
    return count
  }

  bytes(): number {
    return this.#references.byteLength + 8 * (this.#free.length + this.#candidates.length)
  }
}
