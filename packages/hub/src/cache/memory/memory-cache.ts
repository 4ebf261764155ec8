import type { Clock } from '../../core/clock.ts'
import type { Cache } from '../cache.ts'

export interface MemoryCacheOptions {
  readonly clock: Clock
  /** Bytes of keys and values held. Default 64 MiB. A value above an eighth of it is not kept. */
  readonly maxBytes?: number
}

interface Entry {
  readonly value: Uint8Array
  readonly bytes: number
  /** Monotonic milliseconds. */
  readonly expires: number
}

/** What an entry costs beside its characters and bytes: map slot, object, typed-array header. */
const ENTRY_OVERHEAD = 256
const SWEEP_MS = 10_000

/**
 * A cache in this process: at most `maxBytes`, the least recently used go first. The order of the
 * map is the order of use. Expired entries are dropped when they are met, and every SWEEP_MS.
 */
export function createMemoryCache(options: MemoryCacheOptions): Cache {
  const { clock, maxBytes = 64 * 1024 * 1024 } = options
  const entries = new Map<string, Entry>()
  let bytes = 0
  let hits = 0
  let misses = 0
  let evictions = 0

  const remove = (key: string, entry: Entry): void => {
    entries.delete(key)
    bytes -= entry.bytes
  }

  // Entries that nobody asks for any more would be held until others need their room.
  const stopSweeping = clock.every(SWEEP_MS, () => {
    const now = clock.monotonic()
    for (const [key, entry] of entries) if (entry.expires <= now) remove(key, entry)
  })

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry !== undefined && entry.expires > clock.monotonic()) {
        hits += 1
        entries.delete(key)
        entries.set(key, entry)
        return Promise.resolve(entry.value)
      }
      misses += 1
      if (entry !== undefined) remove(key, entry)
      return Promise.resolve(null)
    },
    set(key, value, ttlMs) {
      const previous = entries.get(key)
      if (previous !== undefined) remove(key, previous)
      const size = 2 * key.length + value.byteLength + ENTRY_OVERHEAD
      if (size > maxBytes / 8 || ttlMs <= 0) return Promise.resolve()
      // A copy: the caller may reuse its buffer, and a slice of a pool would keep the pool alive.
      const entry = { value: value.slice(), bytes: size, expires: clock.monotonic() + ttlMs }
      entries.set(key, entry)
      bytes += size
      for (const [oldest, candidate] of entries) {
        if (bytes <= maxBytes) break
        remove(oldest, candidate)
        evictions += 1
      }
      return Promise.resolve()
    },
    clear() {
      entries.clear()
      bytes = 0
      return Promise.resolve()
    },
    stats: () => ({ entries: entries.size, bytes, hits, misses, evictions }),
    close() {
      stopSweeping()
      entries.clear()
      bytes = 0
      return Promise.resolve()
    },
  }
}
