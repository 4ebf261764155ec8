import type { Clock } from './clock.ts'

/**
 * Gives the heap of this thread back while nothing goes on.
 *
 * V8 collects garbage when a heap fills up, and heaps here may grow far before that (`launch.js` says why): what
 * the last hour left behind would stay in memory for as long as nobody comes. One collection after each time of
 * activity takes some 100 ms in which nobody waits.
 */

const LOOK_EVERY_MS = 10_000
/** Share of the time below which a thread does nothing but look after itself. */
const IDLE_SHARE = 0.02

export interface IdleHeapOptions {
  readonly clock: Pick<Clock, 'every'>
  /** Share of the time since the last call that this thread was busy. */
  readonly busyShare: () => number
  readonly collect: () => void
}

/** Collects once after each time of activity. Answers how to stop. */
export function collectWhenIdle({ clock, busyShare, collect }: IdleHeapOptions): () => void {
  let isCollected = false
  return clock.every(LOOK_EVERY_MS, () => {
    const isIdle = busyShare() < IDLE_SHARE
    if (isIdle && !isCollected) collect()
    isCollected = isIdle
  })
}

/** The same for this thread; without effect where Node was started without `--expose-gc`. */
export function keepHeapSmall(clock: Clock): () => void {
  const { gc } = globalThis
  if (gc === undefined) return () => {}
  let last = performance.eventLoopUtilization()
  return collectWhenIdle({
    clock,
    busyShare() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
    // Hands free pages to the system too.
    collect: () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  })
}
