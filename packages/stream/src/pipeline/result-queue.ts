/** Results that wait to be taken, by whoever asks first. */
export class ResultQueue<O> {
  readonly #limit: number
  #results: O[] = []
  /** How many of `#results` were taken already. */
  #taken = 0
  #ended = false
  /** Those who wait for a result, or for the end; and those who wait for room. */
  #takers: (() => void)[] = []
  #givers: (() => void)[] = []
  #sink: Promise<void> | null = null

  constructor(limit: number) {
    this.#limit = limit
  }

  get length(): number {
    return this.#results.length - this.#taken
  }

  get isFull(): boolean {
    return this.length >= this.#limit
  }

  add(result: O): void {
    this.#results.push(result)
    if (this.#takers.length > 0) this.#wakeTakers()
  }

  end(): void {
    this.#ended = true
    this.#wakeTakers()
  }

  #wakeTakers(): void {
    const waiting = this.#takers
    this.#takers = []
    for (const go of waiting) go()
  }

  #wakeGivers(): void {
    const waiting = this.#givers
    this.#givers = []
    for (const go of waiting) go()
  }

  /** Waits until it is not full. Rejects with the error of a sink, which will take nothing any more. */
  async room(): Promise<void> {
    while (this.isFull) {
      const waits = new Promise<void>((resolve) => this.#givers.push(resolve))
      await (this.#sink === null ? waits : Promise.race([waits, this.#sink]))
    }
  }

  take(): O[] {
    const results = this.peek()
    this.#results = []
    this.#taken = 0
    this.#wakeGivers()
    return results
  }

  /** Those that wait, which go on waiting. */
  peek(): O[] {
    return this.#results.slice(this.#taken)
  }

  async #next(): Promise<IteratorResult<O, undefined>> {
    while (this.length === 0) {
      if (this.#ended) {
        this.#wakeGivers()
        return { done: true, value: undefined }
      }
      await new Promise<void>((resolve) => this.#takers.push(resolve))
    }
    const value = this.#results[this.#taken++] as O
    // Taken ones go in lots: removing them one by one would move the others each time.
    if (this.#taken > 1024 && this.#taken * 2 > this.#results.length) {
      this.#results = this.#results.slice(this.#taken)
      this.#taken = 0
    }
    if (this.#givers.length > 0) this.#wakeGivers()
    return { done: false, value }
  }

  iterate(): AsyncIterator<O> {
    return { next: () => this.#next() }
  }

  drainTo(sink: (result: O) => void | Promise<void>): void {
    const run = async (): Promise<void> => {
      for (;;) {
        const next = await this.#next()
        if (next.done === true) return
        await sink(next.value)
      }
    }
    this.#sink = run()
    // Whoever pushes or finishes is told; until then it is nobody's unhandled rejection.
    this.#sink.catch(() => {
      this.#wakeGivers()
    })
  }

  /** Waits until everything was taken. Rejects with the error of a sink. */
  async drained(): Promise<void> {
    if (this.#sink !== null) return this.#sink
    while (this.length > 0) await new Promise<void>((resolve) => this.#givers.push(resolve))
  }
}
