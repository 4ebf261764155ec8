import type { ClientSettings } from '../../config/load.ts'
import type { Clock } from '../../core/clock.ts'
import { liveStream } from '../../generate/event-stream.ts'
import { createWorld } from '../../generate/world.ts'
import { sendPatiently } from '../send-patiently.ts'
import { type Sent, take } from './send-history.ts'

export interface SendLiveOptions {
  readonly seed: number
  /** Events per second. */
  readonly perSecond: number
  /** How long, in milliseconds; Infinity until the signal. */
  readonly forMs: number
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told after every request. */
  readonly onSent?: (sent: LiveSent) => void
}

export type LiveSent = Omit<Sent, 'totals'>

const TICK_MS = 250
const MOST_EVENTS = 5000
const DAY_SECONDS = 86_400

/**
 * Sends events as their time comes, in requests of a quarter of a second. A hub that is busy is waited
 * for; what became due meanwhile is sent afterwards, so that nothing is lost and nothing piles up in
 * memory: events are made when they are due.
 */
export async function sendLive(options: SendLiveOptions): Promise<LiveSent> {
  const { clock, signal, settings } = options
  const world = createWorld({
    seed: options.seed,
    perDay: options.perSecond * DAY_SECONDS,
    rhythm: false,
  })
  const sent: LiveSent = { accepted: 0, duplicates: 0, rejected: 0, problems: [], position: null }
  const start = clock.now()
  const end = start + options.forMs
  const events = liveStream(world, start)
  let next = events.next().value
  while (!signal.aborted && clock.now() < end) {
    const due = []
    const until = Math.min(clock.now(), end)
    while (next !== undefined && next.common.timestamp <= until && due.length < MOST_EVENTS) {
      due.push(next)
      next = events.next().value
    }
    if (due.length > 0) {
      const body = { content: JSON.stringify(due), type: 'application/json' }
      take(sent, (await sendPatiently(settings, '/api/v1/events', body, clock)).body)
      options.onSent?.(sent)
    }
    if (due.length < MOST_EVENTS) await pause(clock, Math.min(TICK_MS, end - clock.now()), signal)
  }
  return sent
}

/** Waits, or until the signal. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return Promise.resolve()
  return new Promise((resume) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resume()
    }
    const cancel = clock.hold(ms, end)
    signal.addEventListener('abort', end, { once: true })
  })
}
