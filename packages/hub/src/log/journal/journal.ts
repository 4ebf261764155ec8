/** The embedded log: a folder of segments, written by group commit. Byte format: docs/formats/journal.md. */
import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import type {
  AppendOutcome,
  EditRecord,
  Log,
  LogEntry,
  LogRecord,
  LogSegment,
  RewriteOptions,
  Rewritten,
} from '../log.ts'
import type { ImagedSegment, LogImage, SegmentBytes } from '../log-image.ts'
import { compressSegment } from './compress.ts'
import { type Disk, errnoCode, isDiskFull, SyncError, sizeOf, syncFolder } from './disk.ts'
import { PARTITIONS, type SegmentFile } from './folder.ts'
import { SEED_BYTES } from './format.ts'
import { readHoles } from './holes.ts'
import { nodeDisk } from './node-disk.ts'
import { DEFAULT_GROUP_BYTES, DEFAULT_SEGMENT_BYTES, type JournalOptions } from './options.ts'
import { PartitionWriter } from './partition-writer.ts'
import { JournalError, type JournalProblem, problem } from './problem.ts'
import { type JournalReader, openJournalReader } from './reader.ts'
import { type RecoveredPartition, type RecoveryReport, recoverPartition } from './recover.ts'
import { rewriteSegment, type SegmentRewrite } from './rewrite.ts'
import { segmentUntil, wholeSegment } from './segment-bytes.ts'

export interface JournalStats {
  readonly partitions: readonly {
    readonly partition: number
    readonly earliest: bigint
    readonly next: bigint
    readonly segments: number
    readonly compressedSegments: number
  }[]
  /** Group commits since opening. */
  readonly commits: number
  /** Time spent waiting for fdatasync by all of them. */
  readonly fsyncSeconds: number
  /** Closed segments that wait for compression. */
  readonly waitingForCompression: number
  /** Compressions that did not happen, for want of space or because the segment is damaged; the segments stay as they are. */
  readonly compressionFailures: number
  readonly lastCompressionFailure?: string
}

export interface Journal extends Log {
  rewrite(partition: number, edit: EditRecord, options?: RewriteOptions): Promise<Rewritten>
  segments(partition: number): Promise<readonly LogSegment[]>
  /** The durable log as of now, to be copied while it goes on. Answered at once. */
  image(): LogImage
  stats(): JournalStats
  /** Resolves when no compression is under way and none can begin. */
  idle(): Promise<void>
}

export type OpenedJournal =
  | { readonly ok: true; readonly journal: Journal; readonly recovery: RecoveryReport }
  | { readonly ok: false; readonly error: JournalProblem }

/** Recovers the folder and opens it for appending. Answers what is wrong instead of opening a damaged log. */
export async function openJournal(options: JournalOptions): Promise<OpenedJournal> {
  const disk = options.disk ?? nodeDisk
  const recovered = new Map<number, RecoveredPartition>()
  const closeAll = async () => {
    for (const { active } of recovered.values()) await active?.file.close()
  }
  try {
    await disk.makeDirectory(options.dir)
    for (const partition of PARTITIONS) {
      const result = await recoverPartition({
        disk,
        dir: options.dir,
        partition,
        keepFrom: options.keepFrom?.get(partition) ?? 0n,
        verify: options.sabotage?.skipChecksum !== true,
      })
      if (!result.ok) {
        await closeAll()
        return { ok: false, error: result.problem }
      }
      recovered.set(partition, result.recovered)
    }
    // Read where records are missing; a list that cannot be read is told now.
    await readHoles(disk, options.dir)
    await syncFolder(disk, options.dir)
    await syncFolder(disk, dirname(options.dir))
  } catch (error) {
    await closeAll().catch(() => {
      // The first error is the one to report; the handles are gone with the process.
    })
    if (error instanceof JournalError) return { ok: false, error: error.problem }
    if (!(error instanceof SyncError) && errnoCode(error) === undefined) throw error
    const place = { partition: 0, path: options.dir, position: 0, offset: 0n }
    const what = error instanceof Error ? error.message : String(error)
    return { ok: false, error: problem('io', place, what) }
  }
  const reports = [...recovered.values()].map(({ report }) => report)
  const cutBytes = reports.reduce((sum, { cut }) => sum + (cut?.bytes ?? 0), 0)
  const journal = new FolderJournal(options, disk, recovered)
  return { ok: true, journal, recovery: { partitions: reports, cutBytes } }
}

interface ClosedSegment {
  file: SegmentFile
  readonly next: bigint
}

interface Partition {
  readonly writer: PartitionWriter
  /** Oldest first. */
  closed: ClosedSegment[]
}

class FolderJournal implements Journal {
  readonly failed: Promise<Error>
  readonly #options: JournalOptions
  readonly #disk: Disk
  readonly #newSeed: () => Uint8Array
  readonly #partitions = new Map<number, Partition>()
  readonly #reader: JournalReader
  readonly #listeners = new Set<(partition: number, next: bigint) => void>()
  readonly #resolveFailed: (error: Error) => void
  #failure: Error | undefined
  #closing: Promise<void> | undefined
  #commits = 0
  #fsyncMs = 0
  /** Segments to compress, in the order in which they were closed. */
  readonly #toCompress: { readonly partition: Partition; readonly segment: ClosedSegment }[] = []
  #compressing: Promise<void> | undefined
  /** Compression, rewriting and trimming take turns: they replace and remove closed segments. */
  #turn: Promise<unknown> = Promise.resolve()
  #compressionFailures = 0
  #lastCompressionFailure: string | undefined

  constructor(
    options: JournalOptions,
    disk: Disk,
    recovered: ReadonlyMap<number, RecoveredPartition>,
  ) {
    this.#options = options
    this.#disk = disk
    this.#newSeed = options.newSeed ?? (() => randomBytes(SEED_BYTES))
    const failed = Promise.withResolvers<Error>()
    this.failed = failed.promise
    this.#resolveFailed = failed.resolve
    const skipChecksum = options.sabotage?.skipChecksum === true
    this.#reader = openJournalReader(options.dir, { disk, skipChecksum })
    for (const [number, found] of recovered) this.#addPartition(number, found)
  }

  #addPartition(number: number, found: RecoveredPartition): void {
    const options = this.#options
    const writer = new PartitionWriter(
      {
        disk: this.#disk,
        dir: options.dir,
        partition: number,
        segmentBytes: options.segmentBytes ?? DEFAULT_SEGMENT_BYTES,
        groupBytes: options.groupBytes ?? DEFAULT_GROUP_BYTES,
        newSeed: this.#newSeed,
        ackBeforeSync: options.sabotage?.ackBeforeSync === true,
        fail: (error) => this.#fail(error),
        hasFailed: () => this.#failure !== undefined,
        now: () => (options.clock ?? systemClock).monotonic(),
        onCommit: (next, fsyncMs) => {
          this.#commits += 1
          this.#fsyncMs += fsyncMs
          for (const listener of this.#listeners) listener(number, next)
        },
        onClosed: (file, next) => this.#addClosed(number, file, next),
      },
      found,
    )
    this.#partitions.set(number, { writer, closed: [] })
    const firsts = found.closed.map(({ first }) => first)
    found.closed.forEach((file, index) => {
      const successor = firsts[index + 1] ?? found.active?.segment.first ?? found.next
      this.#addClosed(number, file, successor)
    })
  }

  #addClosed(number: number, file: SegmentFile, next: bigint): void {
    const partition = this.#partition(number)
    const segment = { file, next }
    partition.closed.push(segment)
    if (file.compressed || this.#options.compress === false) return
    this.#toCompress.push({ partition, segment })
    this.#compressing ??= this.#compressAll()
  }

  #partition(number: number): Partition {
    const partition = this.#partitions.get(number)
    if (partition === undefined) throw new RangeError(`there is no partition ${number}`)
    return partition
  }

  async append(number: number, entries: readonly LogEntry[]): Promise<AppendOutcome> {
    if (this.#closing !== undefined) {
      return { ok: false, failure: 'closed', message: 'the journal is closed' }
    }
    return this.#partition(number).writer.append(entries)
  }

  next(number: number): bigint {
    return this.#partition(number).writer.next
  }

  earliest(number: number): bigint {
    const { closed, writer } = this.#partition(number)
    return closed[0]?.file.first ?? writer.active?.first ?? writer.next
  }

  read(number: number, from: bigint, until?: bigint): AsyncIterable<LogRecord> {
    const { next } = this.#partition(number).writer
    return this.#reader.read(number, from, until === undefined || until > next ? next : until)
  }

  async trim(number: number, before: bigint): Promise<bigint> {
    const partition = this.#partition(number)
    await this.#inTurn(async () => {
      for (;;) {
        const oldest = partition.closed[0]
        if (oldest === undefined || oldest.next > before || this.#stopped()) return
        await this.#disk.unlink(oldest.file.path)
        partition.closed.shift()
        // Synced one by one, so that a crash never leaves an older segment without a newer one.
        await syncFolder(this.#disk, dirname(oldest.file.path))
      }
    })
    return this.earliest(number)
  }

  async segments(number: number): Promise<readonly LogSegment[]> {
    const { closed, writer } = this.#partition(number)
    return this.#inTurn(async () => {
      const found: LogSegment[] = []
      for (const { file, next } of closed) {
        const bytes = await sizeOf(this.#disk, file.path)
        found.push({ first: file.first, next, bytes, closed: true })
      }
      const { active } = writer
      if (active === undefined) return found
      const { first, bytes } = active
      return [...found, { first, next: writer.next, bytes, closed: false }]
    })
  }

  image(): LogImage {
    const next = new Map<number, bigint>()
    const segments: ImagedSegment[] = []
    for (const [number, { closed, writer }] of this.#partitions) {
      next.set(number, writer.next)
      for (const { file, next: end } of closed) {
        segments.push(this.#imaged(number, file.first, end, true))
      }
      const { active } = writer
      if (active !== undefined) {
        segments.push(this.#imaged(number, active.first, writer.next, false))
      }
    }
    return { next, segments }
  }

  #imaged(partition: number, first: bigint, next: bigint, closed: boolean): ImagedSegment {
    const { closed: list, writer } = this.#partition(partition)
    return {
      partition,
      first,
      next,
      closed,
      use: <T>(work: (bytes: SegmentBytes) => Promise<T>) =>
        this.#inTurn(async () => {
          if (this.#stopped()) throw new Error('the journal is closed')
          const found = list.find(({ file }) => file.first === first)?.file
          const file = found ?? (writer.active?.first === first ? writer.active : undefined)
          if (file === undefined) return undefined
          const bytes = closed
            ? await wholeSegment(this.#disk, file)
            : await segmentUntil(this.#disk, file, next)
          return work(bytes)
        }),
    }
  }

  async rewrite(
    number: number,
    edit: EditRecord,
    options: RewriteOptions = {},
  ): Promise<Rewritten> {
    const partition = this.#partition(number)
    const report = { segments: 0, rewritten: 0, records: 0, bytesBefore: 0, bytesAfter: 0 }
    const problems: string[] = []
    const end = (stopped?: Rewritten['stopped']): Rewritten => {
      return stopped === undefined ? { ...report, problems } : { ...report, problems, stopped }
    }
    if (this.#stopped()) return end('closed')
    if (options.rotate === true) {
      const full = await Promise.race([partition.writer.rotate(), this.failed])
      if (full !== undefined) return end(this.#stopped() ? 'closed' : 'disk_full')
    }
    const { wanted = () => true, stop = () => false } = options
    const segments = partition.closed.filter(({ file, next }) => wanted(file.first, next))
    for (const segment of segments) {
      let result: SegmentRewrite | undefined
      try {
        result = await this.#inTurn(() => this.#rewrite(partition, segment, edit, stop))
      } catch (error) {
        if (!isDiskFull(error)) throw error
        return end('disk_full')
      }
      if (result?.is === 'stopped') return end(this.#stopped() ? 'closed' : 'asked')
      report.segments += 1
      if (result?.is === 'damaged') problems.push(result.message)
      if (result?.is === 'rewritten') {
        report.rewritten += 1
        report.records += result.records
        report.bytesBefore += result.bytesBefore
        report.bytesAfter += result.bytesAfter
      }
      options.onProgress?.(report.segments, segments.length)
    }
    return end()
  }

  async #rewrite(
    partition: Partition,
    segment: ClosedSegment,
    edit: EditRecord,
    stop: () => boolean,
  ): Promise<SegmentRewrite | undefined> {
    // Trimmed since.
    if (!partition.closed.includes(segment)) return undefined
    const stopped = () => this.#stopped() || stop()
    if (stopped()) return { is: 'stopped' }
    const level = this.#options.compressionLevel ?? 1
    return rewriteSegment(this.#disk, segment.file, edit, {
      newSeed: this.#newSeed,
      level,
      stopped,
    })
  }

  onCommit(listener: (partition: number, next: bigint) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  get pendingBytes(): number {
    let bytes = 0
    for (const { writer } of this.#partitions.values()) bytes += writer.pendingBytes
    return bytes
  }

  stats(): JournalStats {
    const partitions = [...this.#partitions].map(([partition, { writer, closed }]) => ({
      partition,
      earliest: this.earliest(partition),
      next: writer.next,
      segments: closed.length + (writer.active === undefined ? 0 : 1),
      compressedSegments: closed.filter(({ file }) => file.compressed).length,
    }))
    const stats = {
      partitions,
      commits: this.#commits,
      fsyncSeconds: this.#fsyncMs / 1000,
      waitingForCompression: this.#toCompress.length,
      compressionFailures: this.#compressionFailures,
    }
    const last = this.#lastCompressionFailure
    return last === undefined ? stats : { ...stats, lastCompressionFailure: last }
  }

  async idle(): Promise<void> {
    while (this.#compressing !== undefined) await this.#compressing
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const { writer } of this.#partitions.values()) await writer.drained()
    await this.idle()
    await this.#lastTurn()
    await this.#reader.close()
    for (const { writer } of this.#partitions.values()) await writer.close()
  }

  /** A turn may be asked for by work that the one before it let go on. */
  async #lastTurn(): Promise<void> {
    for (let turn; turn !== this.#turn; ) {
      turn = this.#turn
      await turn
    }
  }

  #stopped(): boolean {
    return this.#closing !== undefined || this.#failure !== undefined
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#resolveFailed(this.#failure)
  }

  /** Runs `work` alone. A failed fsync in it fails the journal. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work).catch((error: unknown) => {
      if (error instanceof SyncError) this.#fail(error)
      throw error
    })
    this.#turn = result.catch(() => {
      // Whoever asked for the work gets the error; the next turn does not depend on it.
    })
    return result
  }

  async #compressAll(): Promise<void> {
    // Lets the caller finish first, so that `#compressing` is set before it is cleared.
    await Promise.resolve()
    for (;;) {
      const job = this.#toCompress[0]
      if (job === undefined || this.#stopped()) break
      try {
        await this.#inTurn(() => this.#compress(job.partition, job.segment))
      } catch (error) {
        this.#compressionFailed(error instanceof Error ? error.message : String(error))
        // Tried again after the next segment is closed.
        if (isDiskFull(error)) break
      }
      if (this.#toCompress[0] === job) this.#toCompress.shift()
    }
    this.#compressing = undefined
  }

  async #compress(partition: Partition, segment: ClosedSegment): Promise<void> {
    if (!partition.closed.includes(segment)) return
    const level = this.#options.compressionLevel ?? 1
    const { file, next } = segment
    const result = await compressSegment(this.#disk, file, next, level, () => this.#stopped())
    if (result.is === 'compressed') segment.file = result.segment
    if (result.is === 'corrupt') this.#compressionFailed(`${file.path} does not validate`)
  }

  #compressionFailed(message: string): void {
    this.#compressionFailures += 1
    this.#lastCompressionFailure = message
  }
}
