import type { Clock } from '../core/clock.ts'
import type { Log } from '../log/log.ts'
import type { Cut } from '../log/operation.ts'
import { type LogSpaceReport, reclaimLog, SegmentSummaries } from './log-space.ts'
import type { Maintenance } from './operations.ts'
import { type CutReport, retain } from './retention.ts'
import {
  isAbout,
  type PolicyChange,
  type RetentionRules,
  retentionCuts,
  withPolicy,
} from './retention-rules.ts'

export interface RetentionKeeperParts {
  readonly maintenance: Pick<Maintenance, 'run'>
  readonly log: Log
  readonly rules: RetentionRules
  /** Every project that may have rows. */
  readonly projects: () => Promise<readonly string[]>
  readonly durable: () => Promise<Cut>
  /** Has the store write what it has applied to disk, so that the log need not keep it. */
  readonly checkpoint: () => Promise<unknown>
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

export interface RetentionRun {
  readonly dryRun: boolean
  /** Epoch milliseconds. */
  readonly at: number
  readonly cuts: readonly CutReport[]
  /** What the log gave back; null in a dry run. */
  readonly log: LogSpaceReport | null
}

const HOUR_MS = 3_600_000
/** After a run that failed, as while the store is compacted. */
const AGAIN_MS = 60_000

/** Runs retention as soon as it may begin, every hour, and when asked. */
export class RetentionKeeper {
  readonly #parts: RetentionKeeperParts
  readonly #summaries = new SegmentSummaries()
  #stopTimer: () => void = () => {}
  #running: Promise<void> | null = null
  #stopped = false
  /** The last run that was no dry run. */
  last: RetentionRun | null = null

  constructor(parts: RetentionKeeperParts) {
    this.#parts = parts
  }

  /** Begins the runs of its own, the first at once. */
  start(): void {
    this.#running = this.#runAgain()
  }

  /** Ends after the run under way; the acts of maintenance have to be stopped for it to end early. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#stopTimer()
    await this.#running
  }

  /** Segments of the log were written anew by somebody else. */
  logRewritten(): void {
    this.#summaries.forgetAll()
  }

  async #runAgain(): Promise<void> {
    let waitMs = HOUR_MS
    try {
      await this.run(null, false)
    } catch (error) {
      waitMs = AGAIN_MS
      if (!this.#stopped) this.#parts.onError(error)
    }
    if (this.#stopped) return
    this.#stopTimer = this.#parts.clock.after(waitMs, () => {
      this.#running = this.#runAgain()
    })
  }

  /**
   * What the next run would delete of what a policy is about, if it were in force.
   * @param by id of the key that asks, or null
   * @throws MaintenanceError when the store cannot be read now, or the hub stops
   */
  preview(by: string | null, policy: PolicyChange): Promise<RetentionRun> {
    const { maintenance, rules, projects, clock } = this.#parts
    return maintenance.run(by, async (tools) => {
      const state = withPolicy(rules.state, policy)
      const all = retentionCuts(state, await projects(), clock.nowMicros())
      const { cuts } = await retain(
        tools,
        all.filter((cut) => isAbout(policy, cut)),
        true,
      )
      return { dryRun: true, at: clock.now(), cuts, log: null }
    })
  }

  /**
   * @param by id of the key that asks, or null
   * @throws MaintenanceError when the store cannot be read now, the log takes nothing, or the hub stops
   */
  run(by: string | null, dryRun: boolean): Promise<RetentionRun> {
    const { maintenance, log, rules, projects, clock, checkpoint, durable } = this.#parts
    return maintenance.run(by, async (tools) => {
      const cuts = retentionCuts(rules.state, await projects(), clock.nowMicros())
      const { cuts: reports, below } = await retain(tools, cuts, dryRun)
      const run = { dryRun, at: clock.now(), cuts: reports }
      if (dryRun || cuts.length === 0) return { ...run, log: null }
      await checkpoint()
      const { signal } = tools
      const reclaimed = await reclaimLog({ log, durable, signal }, this.#summaries, cuts, below)
      this.last = { ...run, log: reclaimed }
      return this.last
    })
  }
}
