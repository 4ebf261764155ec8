/** Limits of the HTTP receiver. Each has an error code of its own, named after the dash. */
export interface ReceiverLimits {
  /** Greatest body in bytes, after decompression — `body_too_large`. */
  readonly maxBodyBytes: number
  /** Greatest ratio of the decompressed to the compressed body — `body_too_large`. */
  readonly maxExpansion: number
  /** Events in one request — `too_many_events`. */
  readonly maxEvents: number
  /** Bytes of one event: a line of NDJSON or an element of an array — `event_too_large`. */
  readonly maxEventBytes: number
  /** Nesting of one event's JSON; guards the parser, validation has a tighter limit — `too_deep`. */
  readonly maxDepth: number
  /** Bytes of all bodies held at once, after decompression — `overloaded`. */
  readonly maxInFlightBytes: number
}

export const DEFAULT_RECEIVER_LIMITS: ReceiverLimits = {
  maxBodyBytes: 10 * 1024 * 1024,
  maxExpansion: 100,
  maxEvents: 20_000,
  maxEventBytes: 1024 * 1024,
  maxDepth: 64,
  maxInFlightBytes: 256 * 1024 * 1024,
}
