import { createHmac } from 'node:crypto'
import type { Control } from '../control/control.ts'
import type { Clock } from '../core/clock.ts'
import type { Erasure, ErasureCounts, MentionMode } from '../core/erasure.ts'
import type { Hold } from '../core/retention.ts'
import { type ErasureParts, finishErasure } from './erase.ts'
import { findSubject, SearchStopped } from './find-subject.ts'
import { type ActTools, type Maintenance, MaintenanceError } from './operations.ts'
import { Subject } from './subject.ts'

export interface ErasureKeeperParts extends Omit<ErasureParts, 'now'> {
  readonly maintenance: Pick<Maintenance, 'run'>
  readonly control: Pick<Control, 'erasures' | 'putErasure' | 'scrub'>
  /** As they are now. */
  readonly holds: () => readonly Hold[]
  /** Key of the hash of subjects. */
  readonly hashKey: Uint8Array
  readonly clock: Clock
  readonly newId: () => string
  readonly onError: (error: unknown) => void
}

export interface ErasureRequest {
  /** Id of the user. */
  readonly userId: string
  /** Null: every project. */
  readonly project: string | null
  readonly mode: MentionMode
  /** Only counts. */
  readonly dryRun: boolean
}

export type ErasureOutcome =
  | {
      readonly ok: true
      /** Null in a dry run. */
      readonly erasure: Erasure | null
      readonly counts: ErasureCounts
      readonly subjectHash: string
      /** Holds in force that would keep it from happening: in a dry run only. */
      readonly heldBy: readonly string[]
    }
  | { readonly ok: false; readonly failure: 'held'; readonly heldBy: readonly string[] }
  | { readonly ok: false; readonly failure: 'stopped' }

/** After an attempt that did not come to its end, for want of space for instance. */
const AGAIN_MS = 60_000

/** Erases subjects on request, and brings to their end the erasures that a stop cut short. */
export class ErasureKeeper {
  readonly #parts: ErasureKeeperParts
  #stopTimer: () => void = () => {}
  #stopped = false
  /** Erasures whose acts are in the queue. */
  readonly #queued = new Set<string>()
  readonly #running = new Set<Promise<void>>()

  constructor(parts: ErasureKeeperParts) {
    this.#parts = parts
  }

  /** Goes on with what is pending. */
  start(): void {
    for (const erasure of this.#parts.control.erasures()) {
      if (erasure.state === 'done' || this.#queued.has(erasure.id)) continue
      this.#queued.add(erasure.id)
      this.#track(
        this.#parts.maintenance
          .run(erasure.by, (tools) => this.#finish(erasure, null, tools))
          .finally(() => this.#queued.delete(erasure.id)),
      )
    }
  }

  /** Ends after the step under way; the acts of maintenance have to be stopped for it to end early. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#stopTimer()
    await Promise.all(this.#running)
  }

  /**
   * Counts the rows of a subject and, unless it is a dry run or a hold keeps one of them, erases them:
   * answered once the erasure is on record, from which moment on it will come to its end.
   * @param by id of the key that asks, or null
   * @throws whatever reading the log throws
   */
  erase(by: string | null, request: ErasureRequest): Promise<ErasureOutcome> {
    const { maintenance } = this.#parts
    const begun = Promise.withResolvers<ErasureOutcome>()
    let isBegun = false
    const answer = (outcome: ErasureOutcome): void => {
      isBegun = true
      begun.resolve(outcome)
    }
    const act = maintenance.run(by, (tools) => this.#act(by, request, tools, answer))
    this.#track(
      act.catch((error: unknown) => {
        if (isBegun) throw error
        const stopped = error instanceof MaintenanceError || error instanceof SearchStopped
        if (stopped) begun.resolve({ ok: false, failure: 'stopped' })
        else begun.reject(error)
      }),
    )
    return begun.promise
  }

  async #act(
    by: string | null,
    { userId, project, mode, dryRun }: ErasureRequest,
    tools: ActTools,
    answer: (outcome: ErasureOutcome) => void,
  ): Promise<void> {
    const { log, control, holds, hashKey, clock, newId } = this.#parts
    const subject = new Subject(userId)
    const { signal } = tools
    const found = await findSubject(log, { subject, project, mode, holds: holds(), signal })
    const { counts, heldBy } = found
    const subjectHash = createHmac('sha256', hashKey).update(userId).digest('hex')
    if (dryRun) return answer({ ok: true, erasure: null, counts, subjectHash, heldBy })
    if (heldBy.length > 0) return answer({ ok: false, failure: 'held', heldBy })
    const { cut, places, letters, resolutions } = found
    const erasure: Erasure = {
      id: newId(),
      state: 'pending',
      createdAt: clock.now(),
      by,
      project,
      mode,
      subjectHash,
      cut,
      counts,
      places,
      letters,
      resolutions,
      result: null,
    }
    control.putErasure(erasure)
    this.#queued.add(erasure.id)
    answer({ ok: true, erasure, counts, subjectHash, heldBy })
    try {
      await this.#finish(erasure, subject, tools)
    } finally {
      this.#queued.delete(erasure.id)
    }
  }

  async #finish(erasure: Erasure, subject: Subject | null, tools: ActTools): Promise<void> {
    const parts = { ...this.#parts, now: () => this.#parts.clock.now() }
    const result = await finishErasure(parts, tools, erasure, subject)
    this.#parts.control.putErasure({ ...erasure, state: 'done', result })
    this.#parts.control.scrub()
  }

  /** Follows an act that nobody waits for; one that failed is begun again a while later. */
  #track(act: Promise<void>): void {
    const tracked = act
      .catch((error: unknown) => {
        if (this.#stopped) return
        this.#parts.onError(error)
        this.#stopTimer()
        this.#stopTimer = this.#parts.clock.after(AGAIN_MS, () => this.start())
      })
      .finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }
}
