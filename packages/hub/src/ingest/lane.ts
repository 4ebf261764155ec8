import { encodeBatch } from '@llmhub/stream'
import type { Clock } from '../core/clock.ts'
import type { Log, LogEntry } from '../log/log.ts'
import { encodeOperation, type RowPosition } from '../log/operation.ts'
import type { RowDefaults } from './fill-row.ts'
import { Group, type GroupOutcome } from './group.ts'

/**
 * The groups of one partition on their way into the log: at most one is being appended, and what
 * comes meanwhile is collected in the next. A group that is full is closed and waits its turn.
 *
 * Groups are appended in order and depend on the ones before them: a duplicate of a row in flight, a
 * row suppressed by one in flight. So when an append fails, every group behind it fails with it, and
 * nothing of any of them has been taken in.
 */

export interface LaneOptions {
  readonly log: Log
  readonly clock: Clock
  readonly partition: number
  readonly defaults: RowDefaults
  /** Rows after which a group takes no more requests. */
  readonly maxRows: number
  /** Milliseconds a group waits for company when the log is free; 0 = until the end of the tick. */
  readonly delayMs: number
  /** A number for the next group, unique among all lanes. */
  nextSequence(): number
  /** Offset of a settled group. */
  offsetOf(sequence: number): bigint | undefined
  /** Told first of a commit, before any request hears of it. */
  onCommit(group: Group, first: bigint, next: bigint): void
}

/** Events of this much JSON close a group: one append must stay well below what the log can hold. */
const MAX_GROUP_BYTES = 8 * 1024 * 1024

export class Lane {
  readonly #options: LaneOptions
  /** Not yet settled, oldest first. The first is being appended when `#appending`. */
  readonly #groups: Group[] = []
  /** Rows of the group sealed last: the next will have about as many. */
  #usualRows = 0
  #appending = false
  #scheduled = false
  #broken: GroupOutcome | null = null

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Groups that are not in the index yet, oldest first. */
  get pending(): readonly Group[] {
    return this.#groups
  }

  /** Rows and dead letters not yet in the log. */
  get pendingRows(): number {
    let rows = 0
    for (const group of this.#groups) rows += group.size
    return rows
  }

  /** The group that takes rows now. What is added must be added before control goes back to the loop. */
  open(): Group {
    const last = this.#groups.at(-1)
    const { partition, defaults, maxRows } = this.#options
    const hasRoom = last !== undefined && last.size < maxRows && last.bytes < MAX_GROUP_BYTES
    if (hasRoom && !last.sealed) return last
    const sequence = this.#options.nextSequence()
    const group = new Group(partition, sequence, defaults, this.#usualRows)
    this.#groups.push(group)
    if (this.#broken !== null) this.#fail(this.#broken)
    else this.#schedule()
    return group
  }

  /** Takes an open group back: nothing of it has been taken in, and nothing rests on it. */
  abandon(group: Group, message: string): void {
    const at = this.#groups.indexOf(group)
    if (at < 0 || group.sealed) return
    this.#groups.splice(at, 1)
    group.sealed = true
    group.settle({ ok: false, code: 'overloaded', message })
  }

  /** Fails everything, now and from now on. */
  break(outcome: GroupOutcome): void {
    this.#broken = outcome
    this.#fail(outcome)
  }

  #schedule(): void {
    if (this.#appending || this.#scheduled) return
    this.#scheduled = true
    const start = (): void => {
      this.#scheduled = false
      this.#append()
    }
    if (this.#options.delayMs > 0) this.#options.clock.hold(this.#options.delayMs, start)
    else queueMicrotask(start)
  }

  #append(): void {
    const group = this.#groups[0]
    if (group === undefined || this.#appending || this.#broken !== null) return
    this.#appending = true
    group.sealed = true
    this.#usualRows = group.rows.rows
    const entries = this.#entriesOf(group)
    this.#options.log.append(group.partition, entries).then(
      (outcome) => {
        this.#appending = false
        if (this.#broken !== null) return
        if (!outcome.ok) {
          const code = outcome.failure === 'disk_full' ? 'disk_full' : 'overloaded'
          this.#fail({ ok: false, code, message: outcome.message })
          return
        }
        const { first, next } = outcome.appended
        this.#options.onCommit(group, first, next)
        this.#groups.shift()
        this.#append()
        group.settle({ ok: true, first, next })
      },
      (error: unknown) => {
        this.#appending = false
        this.break({ ok: false, code: 'storage_failed', message: String(error) })
      },
    )
  }

  #fail(outcome: GroupOutcome): void {
    for (const group of this.#groups.splice(0)) {
      group.sealed = true
      group.settle(outcome)
    }
  }

  /** The records of a group: rows, dead letters, operations. Empty parts are left out. */
  #entriesOf(group: Group): LogEntry[] {
    const entries: LogEntry[] = []
    if (group.rows.rows > 0) {
      entries.push({ kind: 'events', payload: encodeBatch(group.rows.finish()) })
    }
    if (group.letters.rows > 0) {
      entries.push({ kind: 'rejects', payload: encodeBatch(group.letters.finish()) })
    }
    const byProject = new Map<string, RowPosition[]>()
    for (const target of group.targets) {
      const offset = target.pending ? this.#options.offsetOf(Number(target.offset)) : target.offset
      if (offset === undefined) throw new Error('a target whose append is not settled')
      const rows = byProject.get(target.project) ?? []
      rows.push({ partition: target.partition, offset: String(offset), index: target.index })
      byProject.set(target.project, rows)
    }
    for (const [project, rows] of byProject) {
      entries.push({
        kind: 'operation',
        payload: encodeOperation({ op: 'suppress', project, rows }),
      })
    }
    return entries
  }
}
