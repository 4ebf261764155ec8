import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import { RateLimiter } from './gcra.ts'

/** Seconds' worth of events that a project may send at once. */
const BURST_SECONDS = 5
const REFRESH_MS = 1000

/** Events per second and project, as the control store says, read at most once a second. */
export class ProjectLimits {
  readonly #control: Control
  readonly #clock: Clock
  readonly #limiter = new RateLimiter(10_000)
  #rates: ReadonlyMap<string, number | null> = new Map()
  #readAt = Number.NEGATIVE_INFINITY

  constructor(control: Control, clock: Clock) {
    this.#control = control
    this.#clock = clock
  }

  /** Whether the project has been created. */
  exists(project: string): boolean {
    return this.#read().has(project)
  }

  /** Events per second the project may send; null for no limit. */
  rateOf(project: string): number | null {
    return this.#read().get(project) ?? null
  }

  /** Admits `events` and answers 0, or admits none and answers the seconds to wait. */
  admit(project: string, events: number): number {
    const rate = this.rateOf(project)
    if (rate === null) return 0
    const burst = Math.max(1, rate * BURST_SECONDS)
    return this.#limiter.take(project, events, rate, burst, this.#clock.monotonic())
  }

  /** Reads the projects again with the next call: one has just been changed. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY
  }

  #read(): ReadonlyMap<string, number | null> {
    const now = this.#clock.monotonic()
    if (now - this.#readAt >= REFRESH_MS) {
      const projects = this.#control.projects()
      this.#rates = new Map(projects.map(({ name, eventsPerSecond }) => [name, eventsPerSecond]))
      this.#readAt = now
    }
    return this.#rates
  }
}
