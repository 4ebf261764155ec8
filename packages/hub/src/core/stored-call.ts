/** The counts of a row that have columns; null where unknown. */
export interface TokenColumns {
  readonly input: number | null
  readonly output: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly reasoning: number | null
}

/** What a row keeps of a call of one of the priced kinds: all that its price follows from. */
export interface StoredCall {
  readonly provider: string | null
  readonly model: string | null
  /** Epoch µs. */
  readonly time: number
  readonly tokens: TokenColumns
  /** Column `usage_details`. */
  readonly details: string | null
  readonly tier: string | null
  /** Column `cost_reported`: pico-dollars. */
  readonly reported: bigint | null
}
