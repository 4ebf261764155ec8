import type { Batch } from '@llmhub/stream'

export interface WatermarkState {
  /** Greatest event time that counts for the watermark; null before the first event. */
  readonly greatest: number | null
  /** Greatest event time there was at all. */
  readonly latest: number | null
  readonly watermark: number | null
}

const SECOND = 1_000_000

/**
 * How far event time has got: behind the greatest one by the disorder that is allowed for. An event that
 * claims to be later than its reception counts as of then, so that none can advance it beyond what the
 * others may still be. Whole seconds, so that operators are not told of every batch.
 */
export class Watermark {
  readonly #disorder: number
  #greatest: number | null
  #latest: number | null
  #watermark: number | null

  /** @param disorder in µs */
  constructor(disorder: number, state?: WatermarkState) {
    this.#disorder = disorder
    this.#greatest = state?.greatest ?? null
    this.#latest = state?.latest ?? null
    this.#watermark = state?.watermark ?? null
  }

  get value(): number | null {
    return this.#watermark
  }

  /** Greatest event time seen, future ones and those of imports included. */
  get latest(): number | null {
    return this.#latest
  }

  state(): WatermarkState {
    return { greatest: this.#greatest, latest: this.#latest, watermark: this.#watermark }
  }

  observe(batch: Batch): void {
    const times = batch.columns.get('time')
    const received = batch.columns.get('received_at')
    if (times?.type !== 'i64') return
    let greatest = this.#greatest ?? Number.NEGATIVE_INFINITY
    let latest = this.#latest ?? Number.NEGATIVE_INFINITY
    for (let row = 0; row < batch.rows; row++) {
      const time = Number(times.data[row] ?? 0n)
      if (time > latest) latest = time
      if (time <= greatest) continue
      const at = received?.type === 'i64' ? Number(received.data[row] ?? 0n) : time
      if (at > greatest) greatest = Math.min(time, at)
    }
    if (latest !== Number.NEGATIVE_INFINITY) this.#latest = latest
    if (greatest === Number.NEGATIVE_INFINITY) return
    this.#greatest = greatest
    this.#raise(greatest - this.#disorder)
  }

  /** Nothing has come for long: event time goes on with the clock. */
  idle(now: number): void {
    this.#raise(now - this.#disorder)
  }

  /** Events that do not advance it: they are counted for `latest` alone. */
  note(batch: Batch): void {
    const times = batch.columns.get('time')
    if (times?.type !== 'i64') return
    let latest = this.#latest ?? Number.NEGATIVE_INFINITY
    for (let row = 0; row < batch.rows; row++)
      latest = Math.max(latest, Number(times.data[row] ?? 0n))
    if (latest !== Number.NEGATIVE_INFINITY) this.#latest = latest
  }

  #raise(to: number): void {
    const whole = Math.floor(to / SECOND) * SECOND
    if (this.#watermark === null || whole > this.#watermark) this.#watermark = whole
  }
}
