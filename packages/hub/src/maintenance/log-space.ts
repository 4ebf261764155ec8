/**
 * Giving back what the log holds of rows that the store has let go.
 *
 * The oldest segments of a partition are dropped once none of their rows lives and none of their
 * operations concerns a row that is still there. Another segment is rewritten, its rows replaced by
 * tombstones, once a quarter of them is gone: each row is then copied a few times at most in its life.
 * The open segment is closed first when that is true of it.
 */

import { LETTERS } from '../core/retention.ts'
import { BACKFILL, LIVE, type Log, type LogSegment } from '../log/log.ts'
import type { Cut, Operation } from '../log/operation.ts'
import { placesIn } from '../log/operation-rows.ts'
import { withTombstones } from '../log/tombstone.ts'
import type { RetentionCut } from './retention-rules.ts'
import {
  cutIndexes,
  cutRows,
  firstReceived,
  livingRows,
  type SegmentSummary,
  summarise,
} from './segment-summary.ts'

/** Part of the rows of a segment after whose deletion it is rewritten. */
const REWRITE_SHARE = 0.25

export interface LogSpaceParts {
  readonly log: Pick<Log, 'read' | 'trim' | 'rewrite' | 'segments' | 'earliest'>
  /** Position per partition that the store has on disk: it must find everything beyond in the log. */
  readonly durable: () => Promise<Cut>
  readonly signal: AbortSignal
}

export interface LogSpaceReport {
  /** Segments dropped and rewritten. */
  readonly dropped: number
  readonly rewritten: number
  /** Bytes of the closed segments before and after. */
  readonly bytesBefore: number
  readonly bytesAfter: number
  /** Segments that could not be read. */
  readonly problems: readonly string[]
}

/** What is known of closed segments, which change by rewriting alone. */
export class SegmentSummaries {
  readonly #known = new Map<string, SegmentSummary>()

  async of(
    log: Pick<Log, 'read'>,
    partition: number,
    segment: LogSegment,
  ): Promise<SegmentSummary> {
    const key = `${partition}:${segment.first}`
    const known = segment.closed ? this.#known.get(key) : undefined
    if (known !== undefined) return known
    const summary = await summarise(log, partition, segment.first, segment.next)
    if (segment.closed) this.#known.set(key, summary)
    return summary
  }

  forgetAll(): void {
    this.#known.clear()
  }

  forget(partition: number, segment: LogSegment): void {
    this.#known.delete(`${partition}:${segment.first}`)
  }
}

/**
 * @param cuts what was let go: no row of them below `below` is in the store
 * @returns null where the log cannot give anything back
 */
export async function reclaimLog(
  parts: LogSpaceParts,
  summaries: SegmentSummaries,
  cuts: readonly RetentionCut[],
  below: Cut,
): Promise<LogSpaceReport | null> {
  const { log } = parts
  if (log.rewrite === undefined || log.segments === undefined) return null
  const sweep = new Sweep(parts, summaries, cuts, below)
  const bytesBefore = await sweep.bytes()
  // Operations lie in the live partition and may concern rows of the other one, which goes first.
  for (const partition of [BACKFILL, LIVE]) {
    await sweep.close(partition)
    await sweep.drop(partition)
    await sweep.rewrite(partition)
  }
  const { dropped, rewritten, problems } = sweep
  return { dropped, rewritten, problems, bytesBefore, bytesAfter: await sweep.bytes() }
}

class Sweep {
  dropped = 0
  rewritten = 0
  readonly problems: string[] = []
  readonly #parts: LogSpaceParts
  readonly #summaries: SegmentSummaries
  readonly #cuts: readonly RetentionCut[]
  readonly #below: Cut
  /** Rows received from here on cannot have expired, but for late ones, which wait for the rest. */
  readonly #youngest: number

  constructor(
    parts: LogSpaceParts,
    summaries: SegmentSummaries,
    cuts: readonly RetentionCut[],
    below: Cut,
  ) {
    this.#parts = parts
    this.#summaries = summaries
    this.#cuts = cuts
    this.#below = below
    this.#youngest = cuts.reduce((most, { before }) => Math.max(most, before), 0)
  }

  async #segments(partition: number): Promise<readonly LogSegment[]> {
    return (await this.#parts.log.segments?.(partition)) ?? []
  }

  async bytes(): Promise<number> {
    let bytes = 0
    for (const partition of [LIVE, BACKFILL]) {
      for (const segment of await this.#segments(partition)) bytes += segment.bytes
    }
    return bytes
  }

  /** Closes the open segment when enough of it is gone. */
  async close(partition: number): Promise<void> {
    const open = (await this.#segments(partition)).find(({ closed }) => !closed)
    if (open === undefined || open.first === open.next) return
    const summary = await this.#read(partition, open)
    if (summary === null) return
    const gone = cutRows(summary, this.#cuts)
    if (gone === 0 || gone < livingRows(summary) * REWRITE_SHARE) return
    await this.#parts.log.rewrite?.(partition, () => null, { rotate: true, wanted: () => false })
  }

  /** Drops the oldest segments while nothing in them is needed. */
  async drop(partition: number): Promise<void> {
    const { log } = this.#parts
    const durable = (await this.#parts.durable()).get(partition) ?? 0n
    let before: bigint | null = null
    let count = 0
    for (const segment of await this.#segments(partition)) {
      if (!segment.closed || segment.next > durable || segment.next > this.#applied(partition))
        break
      const summary = await this.#read(partition, segment)
      if (summary === null || cutRows(summary, this.#cuts) < livingRows(summary)) break
      if (!(await this.#operationsDone(partition, segment, summary))) break
      before = segment.next
      count++
      this.#summaries.forget(partition, segment)
    }
    if (before === null) return
    await log.trim(partition, before)
    this.dropped += count
  }

  /** Rewrites the segments of which enough is gone. */
  async rewrite(partition: number): Promise<void> {
    const wanted = new Set<bigint>()
    for (const segment of await this.#segments(partition)) {
      if (!segment.closed || segment.next > this.#applied(partition)) break
      const summary = await this.#read(partition, segment)
      if (summary === null) {
        if (this.#isYoung) break
        continue
      }
      const gone = cutRows(summary, this.#cuts)
      if (gone > 0 && gone >= livingRows(summary) * REWRITE_SHARE) wanted.add(segment.first)
    }
    await this.#rewriteSegments(partition, wanted)
  }

  async #rewriteSegments(partition: number, firsts: ReadonlySet<bigint>): Promise<void> {
    if (firsts.size === 0) return
    const { log, signal } = this.#parts
    for (const segment of await this.#segments(partition)) {
      if (firsts.has(segment.first)) this.#summaries.forget(partition, segment)
    }
    const done = await log.rewrite?.(
      partition,
      (record) => {
        if (record.kind === 'operation') return null
        const indexes = cutIndexes(record, this.#cuts)
        return indexes.size === 0 ? null : withTombstones(record, indexes)
      },
      { wanted: (first) => firsts.has(first), stop: () => signal.aborted },
    )
    this.rewritten += done?.rewritten ?? 0
    this.problems.push(...(done?.problems ?? []))
  }

  #applied(partition: number): bigint {
    return this.#below.get(partition) ?? 0n
  }

  #isYoung = false

  /** Null for a live segment that is too young to have expired rows, and for one that cannot be read. */
  async #read(partition: number, segment: LogSegment): Promise<SegmentSummary | null> {
    this.#isYoung = false
    try {
      if (partition === LIVE && (await this.#receivedAt(partition, segment)) >= this.#youngest) {
        this.#isYoung = true
        return null
      }
      return await this.#summaries.of(this.#parts.log, partition, segment)
    } catch (error) {
      this.problems.push(error instanceof Error ? error.message : String(error))
      return null
    }
  }

  /** Receive time of the first row of the segment; 0 when it has none. */
  async #receivedAt(partition: number, { first, next }: LogSegment): Promise<number> {
    for await (const record of this.#parts.log.read(partition, first, next)) {
      const received = firstReceived(record)
      if (received !== null) return received
    }
    return 0
  }

  /**
   * Whether the operations of a segment that would be dropped, with all segments before it, concern
   * no row that a rebuild would still read.
   */
  async #operationsDone(
    partition: number,
    segment: LogSegment,
    { operations }: SegmentSummary,
  ): Promise<boolean> {
    const gone = (of: number, offset: bigint): boolean =>
      offset < (of === partition ? segment.next : this.#parts.log.earliest(of))
    for (const operation of operations) {
      if (!(await this.#isDone(operation, gone))) return false
    }
    return true
  }

  async #isDone(
    operation: Operation,
    gone: (partition: number, offset: bigint) => boolean,
  ): Promise<boolean> {
    switch (operation.op) {
      case 'suppress':
        return operation.rows.every((row) => gone(row.partition, BigInt(row.offset)))
      case 'reprice':
      case 'erase':
        for (const { partition, offset } of placesIn(operation.rows)) {
          if (!gone(partition, offset)) return false
        }
        return true
      case 'resolve':
        return this.#nothingLeft(operation.cut, (project, family) => {
          return (
            family === LETTERS && operation.letters.some((letter) => letter.project === project)
          )
        })
      case 'retain': {
        const { project, family, from, before, cut } = operation
        return this.#nothingLeft(cut, (inProject, ofFamily, hour) => {
          const matches =
            (project === null || project === inProject) &&
            (family === ofFamily || (family === null && ofFamily !== LETTERS))
          return matches && hour < before && (from === null || hour + HOUR > from)
        })
      }
    }
  }

  /**
   * Whether no living row of the other partition below the cut could be concerned. Rows of the live
   * partition are before the operation itself, and so in segments that are dropped with it. Where some
   * are let go but still on disk, their segments are rewritten first.
   */
  async #nothingLeft(
    cut: Cut,
    concerns: (project: string, family: string, hour: number) => boolean,
  ): Promise<boolean> {
    for (const last of [false, true]) {
      const left = new Set<bigint>()
      for (const segment of await this.#segments(BACKFILL)) {
        if (segment.first >= (cut.get(BACKFILL) ?? 0n)) break
        const summary = await this.#read(BACKFILL, segment)
        if (summary === null) return false
        const found = summary.living.some(({ project, family, hours }) =>
          [...hours.keys()].some((hour) => concerns(project, family, hour * HOUR)),
        )
        if (found && !segment.closed) return false
        if (found) left.add(segment.first)
      }
      if (left.size === 0) return true
      if (!last) await this.#rewriteSegments(BACKFILL, left)
    }
    return false
  }
}

const HOUR = 3_600_000_000
