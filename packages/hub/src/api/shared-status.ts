import type { Clock } from '../core/clock.ts'
import type { HubStatus } from '../core/status.ts'

/** How long a good answer is shared, and one that something is not ready. */
const READY_MS = 5000
const NOT_READY_MS = 250

/**
 * The hub's status, asked for at most once in 5 s whoever asks, so that the public routes cannot be
 * used to load it. While something is not ready it is asked for sooner: a start or a recovery shows
 * at once.
 */
export function shareStatus(
  status: () => HubStatus | Promise<HubStatus>,
  clock: Clock,
): () => Promise<HubStatus> {
  let shared: Promise<HubStatus> | null = null
  let until = Number.NEGATIVE_INFINITY

  async function ask(): Promise<HubStatus> {
    const asked = await status()
    const ready = asked.dependencies.every((dependency) => dependency.ready)
    until = clock.monotonic() + (ready ? READY_MS : NOT_READY_MS)
    return asked
  }

  return () => {
    if (shared !== null && clock.monotonic() < until) return shared
    // Until the answer is there everybody waits for the same one.
    until = Number.POSITIVE_INFINITY
    shared = ask()
    shared.catch(() => {
      until = Number.NEGATIVE_INFINITY
    })
    return shared
  }
}
