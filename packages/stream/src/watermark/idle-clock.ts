import type { ByteReader, ByteWriter } from '../bytes.ts'
import { StreamError } from '../stream-error.ts'
import { checkClock } from '../time/time.ts'

/**
 * Says when a partition has been silent for so long that nobody waits for it. Time in which we ourselves
 * keep it from speaking (`block`: backpressure, alignment) does not count as silence. Every call throws a StreamError
 * `invalid_input` for what is no time of a clock.
 */
export class IdleClock {
  readonly #timeout: number
  /** Since when it has been silent, NaN until first asked. */
  #since = Number.NaN
  #blockedSince = Number.NaN
  #idle = false

  /** Throws a StreamError `invalid_duration` when the timeout is not above 0. */
  constructor(timeout: number) {
    if (!(timeout > 0)) {
      throw new StreamError('invalid_duration', `idleAfter: ${timeout} is not above 0`, 'idleAfter')
    }
    this.#timeout = timeout
  }

  /** It has spoken. */
  active(now: number): void {
    checkClock(now)
    this.#since = now
    if (!Number.isNaN(this.#blockedSince)) this.#blockedSince = now
    this.#idle = false
  }

  /** Whether it has been silent for longer than the timeout. The first call starts the clock. */
  check(now: number): boolean {
    checkClock(now)
    if (Number.isNaN(this.#since)) this.#since = now
    const until = Number.isNaN(this.#blockedSince) ? now : this.#blockedSince
    if (until - this.#since > this.#timeout) this.#idle = true
    return this.#idle
  }

  block(now: number): void {
    checkClock(now)
    if (Number.isNaN(this.#blockedSince)) this.#blockedSince = now
  }

  unblock(now: number): void {
    checkClock(now)
    if (Number.isNaN(this.#blockedSince)) return
    // Silence goes on as long as it had been when the block began.
    this.#since += now - this.#blockedSince
    this.#blockedSince = Number.NaN
  }

  write(out: ByteWriter): void {
    out.f64(this.#since)
    out.f64(this.#blockedSince)
    out.u8(this.#idle ? 1 : 0)
  }

  read(from: ByteReader): void {
    this.#since = from.f64()
    this.#blockedSince = from.f64()
    this.#idle = from.u8() === 1
  }
}
