import { formatIsoMicros } from '@llmhub/schema'
import type { LiveUpdate } from './live.ts'

/** An update as it is sent: made into text once, for everybody who watches. */
export interface SentUpdate {
  readonly seq: number
  /** Of the same window, project and key: the newer one takes the place of the older. */
  readonly key: string
  readonly update: LiveUpdate
  /** JSON. */
  readonly text: string
}

/** What tells apart the results of one definition and size. */
export function updateKey({ project, window, key }: LiveUpdate): string {
  return JSON.stringify([project, window.start, window.end, ...key])
}

/** An update as JSON, its key by the names of the dimensions. */
export function updateText(update: LiveUpdate, by: readonly string[]): string {
  const { key, pane, project, removed, source, values, window } = update
  return JSON.stringify({
    start: formatIsoMicros(window.start),
    end: formatIsoMicros(window.end),
    project,
    key: Object.fromEntries(by.map((name, at) => [name, key[at] ?? null])),
    values,
    closed: pane.closed,
    pane: { index: pane.index, timing: pane.timing },
    source,
    ...(removed === true ? { removed } : {}),
  })
}

export interface RingLimits {
  /** Characters of all updates that are kept. */
  readonly chars: number
  readonly ageMs: number
}

interface Kept {
  readonly sent: SentUpdate
  readonly at: number
}

/**
 * The latest updates of one definition and size, for those who come back after a short absence. Of each
 * window and key only the newest is kept, which is all that an upsert needs. What was let go raises the
 * floor: who has seen less than that cannot be brought up to date from here.
 */
export class UpdateRing {
  readonly #limits: RingLimits
  /** In the order of their numbers, the oldest first. */
  readonly #kept = new Map<string, Kept>()
  #chars = 0
  #floor: number

  /** @param floor number of the last update that was told before the ring was there */
  constructor(floor: number, limits: RingLimits) {
    this.#floor = floor
    this.#limits = limits
  }

  get chars(): number {
    return this.#chars
  }

  add(sent: SentUpdate, now: number): void {
    const known = this.#kept.get(sent.key)
    if (known !== undefined) {
      this.#kept.delete(sent.key)
      this.#chars -= known.sent.text.length
    }
    this.#kept.set(sent.key, { sent, at: now })
    this.#chars += sent.text.length
    this.trim(now)
  }

  /** Lets go of what is too old or too much. */
  trim(now: number): void {
    const oldest = now - this.#limits.ageMs
    for (const [key, { sent, at }] of this.#kept) {
      if (at >= oldest && this.#chars <= this.#limits.chars) return
      this.#kept.delete(key)
      this.#chars -= sent.text.length
      this.#floor = sent.seq
    }
  }

  /** What came after the update of that number; null when some of it is not here any more. */
  since(seq: number): readonly SentUpdate[] | null {
    if (seq < this.#floor) return null
    return [...this.#kept.values()].map(({ sent }) => sent).filter((sent) => sent.seq > seq)
  }
}
