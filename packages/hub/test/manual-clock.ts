import type { Clock } from '../src/core/clock.ts'

export interface ManualClock extends Clock {
  /** Moves all times forward and runs the timers that fall due, in order. */
  advance(ms: number): void
}

interface Timer {
  due: number
  readonly everyMs: number | null
  readonly run: () => void
}

/** A clock that stands still until it is moved. Starts at 2026-11-21T10:00:00Z. */
export function manualClock(start = Date.UTC(2026, 10, 21, 10)): ManualClock {
  let elapsed = 0
  const timers = new Set<Timer>()
  const add = (ms: number, everyMs: number | null, run: () => void): (() => void) => {
    const timer = { due: elapsed + ms, everyMs, run }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  return {
    now: () => start + elapsed,
    nowMicros: () => (start + elapsed) * 1000,
    monotonic: () => elapsed,
    after: (ms, run) => add(ms, null, run),
    hold: (ms, run) => add(ms, null, run),
    every: (ms, run) => add(ms, ms, run),
    advance(ms) {
      const end = elapsed + ms
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)
        if (next === undefined) break
        elapsed = next.due
        if (next.everyMs === null) timers.delete(next)
        else next.due += next.everyMs
        next.run()
      }
      elapsed = end
    },
  }
}
