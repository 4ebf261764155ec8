import type { Clock } from '../core/clock.ts'
import type { Restater } from './restater.ts'
import { ALL, type Due } from './restating.ts'
import type { WindowSeries } from './window-series.ts'
import { usualLength } from './window-times.ts'

/** A window in doubt that is open is asked for at most so often. */
const SHORTEST_MS = 5000
const LONGEST_MS = 60_000
/** While somebody listens, a window is asked for so many times in its length. */
const TIMES_IN_LENGTH = 720

export interface OpenDoubtsOptions {
  readonly restater: Restater
  readonly clock: Pick<Clock, 'monotonic' | 'nowMicros'>
  /** Epoch µs; null before the first event. */
  readonly watermark: () => number | null
}

/**
 * Asks for windows in doubt before they close, so that people see their present values. Those that have closed
 * are the restater's own work.
 */
export class OpenDoubts {
  readonly #options: OpenDoubtsOptions
  readonly #askedAt = new WeakMap<WindowSeries, number>()

  constructor(options: OpenDoubtsOptions) {
    this.#options = options
  }

  /** Asks and waits, as far as the series was not asked for a moment ago. */
  async askNow(series: WindowSeries, project: string | null): Promise<void> {
    if (!this.#isDue(series, SHORTEST_MS)) return
    const doubted = this.#within(series).filter(
      (due) => project === null || due.project === ALL || due.project === project,
    )
    if (doubted.length === 0) return
    this.#noteAsked(series)
    await this.#options.restater.nowAll(series, doubted, project)
  }

  /** Has the restater ask, the longer windows are the less often. */
  askLater(all: Iterable<WindowSeries>): void {
    for (const series of all) {
      const share = usualLength(series.window) / 1000 / TIMES_IN_LENGTH
      if (!this.#isDue(series, Math.min(Math.max(share, SHORTEST_MS), LONGEST_MS))) continue
      const doubted = this.#within(series)
      if (doubted.length > 0) this.#noteAsked(series)
      for (const due of doubted) series.restating.ask(due)
    }
  }

  #isDue(series: WindowSeries, everyMs: number): boolean {
    const askedAt = this.#askedAt.get(series) ?? Number.NEGATIVE_INFINITY
    return this.#options.clock.monotonic() - askedAt >= everyMs
  }

  #noteAsked(series: WindowSeries): void {
    this.#askedAt.set(series, this.#options.clock.monotonic())
  }

  /** Windows in doubt that have begun and not ended. */
  #within(series: WindowSeries): Due[] {
    const now = this.#options.clock.nowMicros()
    const watermark = this.#options.watermark() ?? Number.NEGATIVE_INFINITY
    return series.restating.open(watermark).filter(({ start }) => start <= now)
  }
}
