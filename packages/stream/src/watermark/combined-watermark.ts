import type { ByteReader, ByteWriter } from '../bytes.ts'
import { checkWatermark } from '../time/time.ts'

interface Input {
  watermark: number
  idle: boolean
  /** Counts in the minimum: it is not idle and not behind what was already said. */
  counts: boolean
}

/** What a change of an input did to the combined watermark. */
export interface CombinedChange {
  /** The new watermark, or null when it stayed. */
  readonly watermark: number | null
  /** Whether all inputs are now idle, or no longer; null when that stayed. */
  readonly idle: boolean | null
}

const NO_CHANGE: CombinedChange = { watermark: null, idle: null }

/**
 * One watermark of many inputs: the least of those that are active. It never goes back.
 *
 * An idle input is left out. When all are idle, none can hold the others up: the greatest is given, whatever the
 * order in which they fell silent. An input that comes back behind the combined watermark is left out until it
 * has caught up. Watermarks of an idle input are ignored until it is active again.
 */
export class CombinedWatermark {
  readonly #inputs = new Map<string, Input>()
  #watermark = Number.NEGATIVE_INFINITY
  #idle = false

  get watermark(): number {
    return this.#watermark
  }

  /** True when there are inputs and all of them are idle. */
  get idle(): boolean {
    return this.#idle
  }

  /** Adds an input, active and without a watermark, which holds the combined one where it is. */
  add(input: string): void {
    if (this.#inputs.has(input)) return
    const counts = this.#watermark === Number.NEGATIVE_INFINITY
    this.#inputs.set(input, { watermark: Number.NEGATIVE_INFINITY, idle: false, counts })
    this.#idle = false
  }

  /** Takes an input out. What it held up goes on with the next change of another one. */
  remove(input: string): void {
    this.#inputs.delete(input)
  }

  watermarkOf(input: string): number {
    return this.#inputs.get(input)?.watermark ?? Number.NEGATIVE_INFINITY
  }

  isIdle(input: string): boolean {
    return this.#inputs.get(input)?.idle ?? false
  }

  /** One that goes back, or of an input that is not known or idle, is ignored. A StreamError for what is no watermark. */
  advance(name: string, watermark: number): CombinedChange {
    checkWatermark(watermark)
    const input = this.#inputs.get(name)
    if (input === undefined || input.idle || watermark <= input.watermark) return NO_CHANGE
    input.watermark = watermark
    if (watermark >= this.#watermark) input.counts = true
    return { watermark: this.#raise(this.#least()), idle: null }
  }

  setIdle(name: string): CombinedChange {
    const input = this.#inputs.get(name)
    if (input === undefined || input.idle) return NO_CHANGE
    input.idle = true
    input.counts = false
    let allIdle = true
    let greatest = Number.NEGATIVE_INFINITY
    for (const one of this.#inputs.values()) {
      allIdle &&= one.idle
      greatest = Math.max(greatest, one.watermark)
    }
    if (!allIdle) return { watermark: this.#raise(this.#least()), idle: null }
    this.#idle = true
    return { watermark: this.#raise(greatest), idle: true }
  }

  setActive(name: string): CombinedChange {
    const input = this.#inputs.get(name)
    if (input === undefined || !input.idle) return NO_CHANGE
    input.idle = false
    input.counts = input.watermark >= this.#watermark
    if (!this.#idle) return NO_CHANGE
    this.#idle = false
    return { watermark: null, idle: false }
  }

  /** The least of the inputs that count; −∞ when none does. */
  #least(): number {
    let least = Number.POSITIVE_INFINITY
    let counts = 0
    for (const input of this.#inputs.values()) {
      if (!input.counts) continue
      counts++
      least = Math.min(least, input.watermark)
    }
    return counts === 0 ? Number.NEGATIVE_INFINITY : least
  }

  #raise(to: number): number | null {
    if (!(to > this.#watermark)) return null
    this.#watermark = to
    return to
  }

  write(out: ByteWriter): void {
    out.f64(this.#watermark)
    out.varint(this.#inputs.size)
    for (const [name, input] of this.#inputs) {
      out.text(name)
      out.f64(input.watermark)
      out.u8((input.idle ? 1 : 0) + (input.counts ? 2 : 0))
    }
  }

  read(from: ByteReader): void {
    this.#watermark = from.f64()
    for (let left = from.count(10); left > 0; left--) {
      const name = from.text()
      const watermark = from.f64()
      const flags = from.u8()
      this.#inputs.set(name, { watermark, idle: (flags & 1) !== 0, counts: (flags & 2) !== 0 })
    }
    this.#idle = this.#inputs.size > 0 && [...this.#inputs.values()].every((input) => input.idle)
  }
}
