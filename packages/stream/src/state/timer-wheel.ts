interface Bucket<T> {
  readonly times: number[]
  readonly items: T[]
}

/**
 * Timers in buckets of `grain` units of time, and a heap of the buckets: setting one costs a place in a list, and
 * a jump of any width touches only what is due. What a timer is for is looked up when it is due, so that none is ever
 * taken back: an item that no longer waits for that time is passed over by its owner.
 */
export class TimerWheel<T> {
  readonly #grain: number
  readonly #buckets = new Map<number, Bucket<T>>()
  /** Numbers of the buckets, least first: a binary heap. */
  readonly #heap: number[] = []
  #size = 0

  constructor(grain: number) {
    this.#grain = Math.max(1, Math.floor(grain))
  }

  get size(): number {
    return this.#size
  }

  /** `time` is finite. */
  set(time: number, item: T): void {
    const number = Math.floor(time / this.#grain)
    let bucket = this.#buckets.get(number)
    if (bucket === undefined) {
      bucket = { times: [], items: [] }
      this.#buckets.set(number, bucket)
      this.#push(number)
    }
    bucket.times.push(time)
    bucket.items.push(item)
    this.#size++
  }

  /**
   * Removes all timers up to `limit` and tells each, by time, then as they were set. What is set meanwhile
   * and due takes its turn.
   */
  due(limit: number, tell: (item: T, time: number) => void): void {
    for (;;) {
      const number = this.#heap[0]
      if (number === undefined || number * this.#grain > limit) return
      const bucket = this.#buckets.get(number)
      this.#pop()
      this.#buckets.delete(number)
      if (bucket === undefined) continue
      const { times, items } = sorted(bucket)
      let at = 0
      let isOvertaken = false
      while (at < times.length && (times[at] ?? 0) <= limit) {
        this.#size--
        tell(items[at] as T, times[at] ?? 0)
        at++
        // Something was set that may come before the rest.
        isOvertaken = (this.#heap[0] ?? Number.POSITIVE_INFINITY) <= number
        if (isOvertaken) break
      }
      if (at === times.length) continue
      this.#keep(number, { times: times.slice(at), items: items.slice(at) })
      if (!isOvertaken) return
    }
  }

  /** Puts back what was not told, before what was set in the meantime. */
  #keep(number: number, rest: Bucket<T>): void {
    const since = this.#buckets.get(number)
    if (since === undefined) this.#push(number)
    else {
      rest.times.push(...since.times)
      rest.items.push(...since.items)
    }
    this.#buckets.set(number, rest)
  }

  #push(number: number): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(number)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent] ?? 0
      if (above <= number) break
      heap[at] = above
      at = parent
    }
    heap[at] = number
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++
      const below = heap[child] ?? 0
      if (below >= last) break
      heap[at] = below
      at = child
    }
    heap[at] = last
  }
}

/** By ascending time; equal times as they are. */
function sorted<T>(bucket: Bucket<T>): Bucket<T> {
  const { times, items } = bucket
  let isAscending = true
  for (let i = 1; i < times.length && isAscending; i++) {
    isAscending = (times[i - 1] ?? 0) <= (times[i] ?? 0)
  }
  if (isAscending) return bucket
  const order = Array.from(times, (_, i) => i).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0))
  return { times: order.map((i) => times[i] ?? 0), items: order.map((i) => items[i] as T) }
}
