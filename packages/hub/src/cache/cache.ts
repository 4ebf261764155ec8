/** A cache of finished answers. Losing an entry costs time, never correctness. */
export interface Cache {
  /** The bytes stored under `key`, or null. */
  get(key: string): Promise<Uint8Array | null>
  /** Stores `value`; the cache may drop it at any time. */
  set(key: string, value: Uint8Array, ttlMs: number): Promise<void>
  /** Forgets every entry. */
  clear(): Promise<void>
  stats(): {
    readonly entries: number
    readonly bytes: number
    readonly hits: number
    readonly misses: number
    readonly evictions: number
  }
  close(): Promise<void>
}
