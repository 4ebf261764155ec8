/**
 * Repair of a damaged log folder that no process has open. It never guesses: what validates is kept,
 * what does not is copied to `<dir>/quarantine/` first, and every offset that was durable once and is
 * not there any more is recorded in `<dir>/holes.json`, so that it stays missing instead of being
 * given to another record.
 *
 * The order of the steps (quarantine, holes, new segments, removal of the damaged one) makes a repair
 * that was interrupted repeatable.
 */
import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { type Disk, errnoCode, syncAll, syncFolder } from './disk.ts'
import {
  listPartition,
  listSegments,
  PARTITIONS,
  partitionFolder,
  type SegmentFile,
  segmentPath,
  TEMPORARY,
} from './folder.ts'
import {
  encodeFrameHeader,
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  SEED_BYTES,
  SEGMENT_HEADER_BYTES,
} from './format.ts'
import { endOfHole, type Hole, joinHoles, readHoles, removeIfThere, writeHoles } from './holes.ts'
import { nodeDisk } from './node-disk.ts'
import { type JournalProblem, problem } from './problem.ts'
import { holdsNothing, settleForms } from './recover.ts'
import { type Run, type Salvage, salvageSegment } from './salvage.ts'

export interface RepairOptions {
  /** Reports what would be done and changes nothing. */
  readonly dryRun: boolean
  /** Per partition, the offset below which the store has applied everything: those below it that are missing are lost. */
  readonly keepFrom?: ReadonlyMap<number, bigint>
  readonly disk?: Disk
  /** Answers 16 random bytes for the chain of a rewritten segment. Default: `node:crypto`. */
  readonly newSeed?: () => Uint8Array
}

/** Offsets [first, next). */
export interface OffsetRange {
  readonly first: bigint
  readonly next: bigint
}

/**
 * - `cut`: the bytes from `position` on are no record; the segment ends there.
 * - `rewrite`: what validates in the segment was written to new segments.
 * - `remove`: nothing in the segment validates.
 * - `record`: the segment is whole, but offsets after it are missing.
 */
export interface RepairAction {
  readonly action: 'cut' | 'rewrite' | 'remove' | 'record'
  readonly partition: number
  readonly path: string
  /** Byte of the first damage. */
  readonly position: number
  readonly reason: string
  readonly keptRecords: number
  /** Offsets that were durable and are lost. Empty when only an unfinished write was cut. */
  readonly lost: readonly OffsetRange[]
  /** Copy of the original file. */
  readonly quarantined?: string
}

export type RepairReport =
  | {
      readonly ok: true
      readonly dryRun: boolean
      readonly actions: readonly RepairAction[]
      /** All holes on record after the repair. */
      readonly holes: readonly Hole[]
    }
  | { readonly ok: false; readonly error: JournalProblem }

interface Plan {
  readonly segment: SegmentFile
  readonly salvage: Salvage
  readonly action: RepairAction
  readonly durable: bigint
  readonly before: bigint | undefined
  /** Offset at which an empty segment begins, so that lost offsets are not given out again. */
  readonly startAt: bigint | undefined
}

export async function repairJournal(dir: string, options: RepairOptions): Promise<RepairReport> {
  const disk = options.disk ?? nodeDisk
  const holes = await readHoles(disk, dir)
  const plans: Plan[] = []
  for (const partition of PARTITIONS) {
    if (!options.dryRun) await settlePartition(disk, dir, partition)
    const keepFrom = options.keepFrom?.get(partition) ?? 0n
    const planned = await planPartition(disk, dir, partition, keepFrom, holes)
    if ('code' in planned) return { ok: false, error: planned }
    plans.push(...planned)
  }
  const lost = plans.flatMap(({ action }) =>
    action.lost.map(({ first, next }) => {
      return { partition: action.partition, first, next, reason: action.reason }
    }),
  )
  const all = joinHoles([...holes, ...lost])
  if (!options.dryRun && plans.length > 0) {
    for (const plan of plans) await quarantine(disk, dir, plan)
    if (lost.length > 0) await writeHoles(disk, dir, all)
    const newSeed = options.newSeed ?? (() => randomBytes(SEED_BYTES))
    for (const plan of plans) await carryOut(disk, dir, plan, newSeed)
  }
  return {
    ok: true,
    dryRun: options.dryRun,
    actions: plans.map(({ action }) => action),
    holes: all,
  }
}

async function settlePartition(disk: Disk, dir: string, partition: number): Promise<void> {
  const { segments, temporary } = await listPartition(disk, dir, partition)
  const discard = async (path: string) => {
    await disk.unlink(path)
    await syncFolder(disk, partitionFolder(dir, partition))
  }
  for (const path of temporary) await discard(path)
  await settleForms(disk, segments, discard)
}

async function planPartition(
  disk: Disk,
  dir: string,
  partition: number,
  keepFrom: bigint,
  holes: readonly Hole[],
): Promise<Plan[] | JournalProblem> {
  const segments = await listSegments(disk, dir, partition)
  const plans: Plan[] = []
  if (segments.length === 0 && keepFrom > 0n) return [planEmpty(dir, partition, keepFrom)]
  for (const [index, segment] of segments.entries()) {
    const before = segments[index + 1]?.first
    const mayBeUnborn = before === undefined && keepFrom <= segment.first
    if (mayBeUnborn && (await isUnborn(disk, segment))) continue
    let salvage = await salvageSegment(disk, segment, before ?? keepFrom, before)
    let durable = before ?? larger(salvage.durable, keepFrom)
    if (before === undefined) salvage = await salvageSegment(disk, segment, durable, before)
    if (salvage.headerFault === 'version') {
      const place = { partition, path: segment.path, position: 0, offset: segment.first }
      return problem('unsupported_version', place, 'the segment has a newer format')
    }
    const end = salvage.runs.at(-1)?.next ?? segment.first
    durable = larger(durable, end)
    const lost = missing(segment.first, durable, salvage.runs).filter(
      ({ first, next }) => (endOfHole(holes, partition, first) ?? first) < next,
    )
    const action = actionFor(segment, salvage, lost, before === undefined)
    if (action === undefined) continue
    const startAt = before === undefined && durable > end ? durable : undefined
    plans.push({
      segment,
      salvage,
      durable,
      before,
      startAt,
      action:
        action.action === 'record'
          ? action
          : { ...action, quarantined: quarantinePath(dir, segment) },
    })
  }
  return plans
}

/** All segments are gone, yet the store has applied records of this partition. */
function planEmpty(dir: string, partition: number, keepFrom: bigint): Plan {
  const path = segmentPath(dir, partition, 0n)
  return {
    segment: { partition, path, first: 0n, compressed: false },
    salvage: { runs: [], durable: 0n },
    durable: keepFrom,
    before: undefined,
    startAt: keepFrom,
    action: {
      action: 'record',
      partition,
      path,
      position: 0,
      reason: 'the partition has no segments',
      keptRecords: 0,
      lost: [{ first: 0n, next: keepFrom }],
    },
  }
}

/** A last segment that was being created: opening the journal removes it. */
async function isUnborn(disk: Disk, segment: SegmentFile): Promise<boolean> {
  const { headerFault } = await salvageSegment(disk, segment, 0n, undefined)
  return headerFault !== undefined && (await holdsNothing(disk, segment))
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** What of [first, next) is in none of the runs. */
function missing(first: bigint, next: bigint, runs: readonly Run[]): OffsetRange[] {
  const ranges: OffsetRange[] = []
  let at = first
  for (const run of runs) {
    if (run.first > at) ranges.push({ first: at, next: run.first })
    at = run.next
  }
  if (at < next) ranges.push({ first: at, next })
  return ranges
}

function actionFor(
  segment: SegmentFile,
  salvage: Salvage,
  lost: readonly OffsetRange[],
  last: boolean,
): RepairAction | undefined {
  const { runs, headerFault, firstFault } = salvage
  const keptRecords = runs.reduce((sum, { first, next }) => sum + Number(next - first), 0)
  const { partition, path } = segment
  const base = { partition, path, keptRecords, lost }
  const whole = headerFault === undefined && firstFault === undefined
  if (whole) {
    if (lost.length === 0) return undefined
    const position = runs.at(-1)?.end ?? SEGMENT_HEADER_BYTES
    const reason = 'the records after this segment are missing'
    return { ...base, action: 'record', position, reason }
  }
  const reason = firstFault?.reason ?? `segment header: ${headerFault}`
  const position = headerFault === undefined ? (firstFault?.position ?? 0) : 0
  // Only what stands before the fault survives a cut; records found behind it must be written anew.
  const keepsAll =
    runs.length === 0 ||
    (runs.length === 1 && runs[0]?.first === segment.first && runs[0].end <= position)
  if (headerFault === undefined && last && keepsAll && !segment.compressed) {
    return { ...base, action: 'cut', position, reason }
  }
  return { ...base, action: runs.length === 0 ? 'remove' : 'rewrite', position, reason }
}

function quarantinePath(dir: string, segment: SegmentFile): string {
  return join(dir, 'quarantine', `${segment.partition}-${basename(segment.path)}`)
}

/** Copies the damaged file, before anything is changed. A copy that is already there is from a repair that was interrupted. */
async function quarantine(disk: Disk, dir: string, { segment, action }: Plan): Promise<void> {
  const { quarantined } = action
  if (quarantined === undefined) return
  const folder = join(dir, 'quarantine')
  await disk.makeDirectory(folder)
  await removeIfThere(disk, quarantined + TEMPORARY)
  const source = await disk.open(segment.path, 'read')
  try {
    const target = await disk.open(quarantined + TEMPORARY, 'create')
    try {
      const chunk = Buffer.allocUnsafe(1024 * 1024)
      for (let position = 0; ; ) {
        const n = await source.read(chunk, position)
        if (n === 0) break
        await target.write([chunk.subarray(0, n)], position)
        position += n
      }
      await syncAll(target, quarantined)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
  if (!(await exists(disk, quarantined))) await disk.rename(quarantined + TEMPORARY, quarantined)
  else await disk.unlink(quarantined + TEMPORARY)
  await syncFolder(disk, folder)
  await syncFolder(disk, dir)
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    await (await disk.open(path, 'read')).close()
    return true
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false
    throw error
  }
}

async function carryOut(
  disk: Disk,
  dir: string,
  plan: Plan,
  newSeed: () => Uint8Array,
): Promise<void> {
  const { segment, salvage, action, startAt } = plan
  const { partition } = segment
  const folder = partitionFolder(dir, partition)
  if (startAt !== undefined) {
    await new SegmentWriter(disk, dir, partition, startAt, newSeed()).finish()
  }
  switch (action.action) {
    case 'record':
      return
    case 'cut': {
      const file = await disk.open(segment.path, 'write')
      try {
        await file.truncate(salvage.runs[0]?.end ?? SEGMENT_HEADER_BYTES)
        await syncAll(file, segment.path)
      } finally {
        await file.close()
      }
      return
    }
    case 'rewrite':
      await rewrite(disk, dir, plan, newSeed)
      break
    case 'remove':
      break
  }
  const replaced = salvage.runs[0]?.first === segment.first && !segment.compressed
  if (replaced) return
  await disk.unlink(segment.path)
  await syncFolder(disk, folder)
}

/** Writes every run to a segment of its own; the one that takes the place of the damaged segment comes last. */
async function rewrite(
  disk: Disk,
  dir: string,
  plan: Plan,
  newSeed: () => Uint8Array,
): Promise<void> {
  const { segment, durable, before } = plan
  const writers = new Map<bigint, SegmentWriter>()
  await salvageSegment(disk, segment, durable, before, async (run, frames) => {
    let writer = writers.get(run.first)
    if (writer === undefined) {
      writer = new SegmentWriter(disk, dir, segment.partition, run.first, newSeed())
      writers.set(run.first, writer)
    }
    for (const { frame, payload } of frames) await writer.add(frame, payload)
  })
  const ordered = [...writers.values()].toReversed()
  for (const writer of ordered) await writer.finish()
}

/** Writes a segment beside the log and moves it into place when it is whole and durable. */
class SegmentWriter {
  readonly #disk: Disk
  readonly #path: string
  readonly #header: Buffer
  readonly #check: number
  #file: Awaited<ReturnType<Disk['open']>> | undefined
  #position = SEGMENT_HEADER_BYTES
  #previous: number

  constructor(disk: Disk, dir: string, partition: number, first: bigint, seed: Uint8Array) {
    const { bytes, check } = encodeSegmentHeader({ partition, first, seed })
    this.#disk = disk
    this.#path = segmentPath(dir, partition, first)
    this.#header = bytes
    this.#check = check
    this.#previous = check
  }

  async #opened(): Promise<Awaited<ReturnType<Disk['open']>>> {
    if (this.#file !== undefined) return this.#file
    await removeIfThere(this.#disk, this.#path + TEMPORARY)
    this.#file = await this.#disk.open(this.#path + TEMPORARY, 'create')
    await this.#file.write([this.#header], 0)
    return this.#file
  }

  async add(frame: Parameters<typeof encodeFrameHeader>[2], payload: Uint8Array): Promise<void> {
    const file = await this.#opened()
    const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
    this.#previous = encodeFrameHeader(header, 0, frame, this.#check, this.#previous)
    await file.write([header, payload], this.#position)
    this.#position += FRAME_HEADER_BYTES + payload.length
  }

  async finish(): Promise<void> {
    const file = await this.#opened()
    try {
      await syncAll(file, this.#path)
    } finally {
      await file.close()
    }
    await this.#disk.rename(this.#path + TEMPORARY, this.#path)
    // Before anything is removed whose place this segment takes.
    await syncFolder(this.#disk, dirname(this.#path))
  }
}
