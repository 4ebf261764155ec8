import type { LogRecord } from '../log.ts'
import { DecompressionError } from './byte-source.ts'
import { type Disk, errnoCode } from './disk.ts'
import { listSegments, type SegmentFile } from './folder.ts'
import { FrameReader, type ResumePoint } from './frame-reader.ts'
import { endOfHole, type Hole, readHoles } from './holes.ts'
import { nodeDisk } from './node-disk.ts'
import { JournalError, type ProblemCode, problem } from './problem.ts'

/**
 * Reads a log folder that another thread or process may be appending to, compressing, rewriting and trimming.
 * It has file handles of its own and writes nothing.
 */
export interface JournalReader {
  /** Offset of the oldest record kept; 0 when nothing was ever written. */
  earliest(partition: number): Promise<bigint>
  /**
   * Reads the records [from, until) in order with memory bounded by the largest record. `until` must
   * be durable, as `Log.next` or `Log.onCommit` tell; what lies above it is not looked at. Recorded
   * holes are passed over, which the offsets of the records show. Throws a `JournalError` at damage,
   * at an unrecorded gap, and when `from` is trimmed. Going on where the last read of the partition
   * ended is cheap in an open segment; starting inside a compressed one decompresses it from its
   * beginning (up to a segment), so catch up with one long read instead of many short ones. A payload is valid until the next step.
   */
  read(partition: number, from: bigint, until: bigint): AsyncIterable<LogRecord>
  /** Offsets lost for good, as repairs recorded them. */
  holes(): Promise<readonly Hole[]>
  /** Reads that are under way throw at their next step. Idempotent. */
  close(): Promise<void>
}

export interface JournalReaderOptions {
  readonly disk?: Disk
  /** Test-only: reads without looking at checksums. */
  readonly skipChecksum?: boolean
}

export function openJournalReader(dir: string, options: JournalReaderOptions = {}): JournalReader {
  return new FolderReader(dir, options)
}

/** A file can vanish between listing and opening each time it is compressed or trimmed: twice at most, so this is generous. */
const OPEN_ATTEMPTS = 8

class FolderReader implements JournalReader {
  readonly #dir: string
  readonly #disk: Disk
  readonly #verify: boolean
  readonly #listings = new Map<number, SegmentFile[]>()
  /** Where the last read of each partition stopped, so that following the log does not read a segment again and again. */
  readonly #resume = new Map<number, { readonly first: bigint; readonly point: ResumePoint }>()
  #closed = false

  constructor(dir: string, options: JournalReaderOptions) {
    this.#dir = dir
    this.#disk = options.disk ?? nodeDisk
    this.#verify = options.skipChecksum !== true
  }

  async earliest(partition: number): Promise<bigint> {
    const first = (await this.#list(partition))[0]?.first ?? 0n
    return endOfHole(await this.holes(), partition, first) ?? first
  }

  holes(): Promise<readonly Hole[]> {
    return readHoles(this.#disk, this.#dir)
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  async *read(
    partition: number,
    from: bigint,
    until: bigint,
  ): AsyncGenerator<LogRecord, void, void> {
    let at = from
    while (at < until) {
      const opened = await this.#open(partition, at)
      if (opened === undefined) {
        at = await this.#passHole(partition, at, until)
        continue
      }
      const { reader, segment } = opened
      const state = { reached: at }
      try {
        yield* this.#readSegment(reader, segment, partition, from, until, state)
        this.#resume.set(partition, { first: segment.first, point: reader.point() })
      } finally {
        await reader.close()
      }
      at = state.reached
      if (at >= until) return
      const successor = (await this.#list(partition)).find(({ first }) => first > segment.first)
      if (successor?.first === at) continue
      at = await this.#passHole(partition, at, until, segment)
    }
  }

  async *#readSegment(
    reader: FrameReader,
    segment: SegmentFile,
    partition: number,
    from: bigint,
    until: bigint,
    state: { reached: bigint },
  ): AsyncGenerator<LogRecord, void, void> {
    const wanted = (offset: bigint) => offset >= from
    for (;;) {
      if (this.#closed) throw new Error('the journal reader is closed')
      const { offset, position } = reader.point()
      state.reached = offset
      if (offset >= until) return
      const place = { partition, path: segment.path, position, offset }
      let step
      try {
        step = await reader.next(wanted)
      } catch (error) {
        throw readError(error, place)
      }
      if (step.is === 'end') return
      if (step.is === 'bad') throw new JournalError(problem('corrupt_frame', place, step.reason))
      if (!wanted(step.frame.offset)) continue
      yield { partition, offset: step.frame.offset, kind: step.frame.kind, payload: step.payload }
    }
  }

  /** Opens the segment in which `at` should be, before or at `at`; undefined when no segment begins that early. */
  async #open(
    partition: number,
    at: bigint,
  ): Promise<{ reader: FrameReader; segment: SegmentFile } | undefined> {
    let listing = this.#listings.get(partition) ?? (await this.#list(partition))
    for (let attempt = 1; ; attempt++) {
      const segment =
        listing.findLast(({ first }) => first <= at) ??
        (await this.#list(partition)).findLast(({ first }) => first <= at)
      if (segment === undefined) return undefined
      try {
        return { reader: await this.#openSegment(partition, segment, at), segment }
      } catch (error) {
        const place = { partition, path: segment.path, position: 0, offset: segment.first }
        if (errnoCode(error) !== 'ENOENT' || attempt === OPEN_ATTEMPTS)
          throw readError(error, place)
        listing = await this.#list(partition)
      }
    }
  }

  async #openSegment(partition: number, segment: SegmentFile, at: bigint): Promise<FrameReader> {
    const options = { verify: this.#verify }
    const resume = this.#resume.get(partition)
    if (resume !== undefined && resume.first === segment.first && resume.point.offset <= at) {
      const resumed = await FrameReader.resume(this.#disk, segment, resume.point, options)
      if (resumed !== undefined) return resumed
      this.#resume.delete(partition)
    }
    const { reader, header } = await FrameReader.open(this.#disk, segment, options)
    if (
      header.ok &&
      header.header.first === segment.first &&
      header.header.partition === partition
    ) {
      return reader
    }
    await reader.close()
    const code = !header.ok && header.fault === 'version' ? 'unsupported_version' : 'corrupt_header'
    const place = { partition, path: segment.path, position: 0, offset: segment.first }
    const what =
      code === 'unsupported_version'
        ? 'the segment has a newer format'
        : 'the segment header does not validate'
    throw new JournalError(problem(code, place, what))
  }

  /** The end of the recorded hole at `at`; throws when there is none, because then records are missing. */
  async #passHole(
    partition: number,
    at: bigint,
    until: bigint,
    after?: SegmentFile,
  ): Promise<bigint> {
    const end = endOfHole(await this.holes(), partition, at)
    if (end !== undefined) return end
    const listing = await this.#list(partition)
    const successor = listing.find(({ first }) => first > at)
    const path = after?.path ?? successor?.path ?? this.#dir
    const place = { partition, path, position: 0, offset: at }
    if (successor === undefined) {
      const what = `the records up to offset ${until} are not in the log`
      throw new JournalError(problem('not_there', place, what))
    }
    const what = `the records before offset ${successor.first} are not in the log`
    const code: ProblemCode = successor === listing[0] ? 'trimmed' : 'gap'
    throw new JournalError(problem(code, place, what))
  }

  async #list(partition: number): Promise<SegmentFile[]> {
    const listing = await listSegments(this.#disk, this.#dir, partition)
    this.#listings.set(partition, listing)
    return listing
  }
}

function readError(error: unknown, place: Parameters<typeof problem>[1]): Error {
  if (error instanceof JournalError) return error
  const what = error instanceof Error ? error.message : String(error)
  const code = error instanceof DecompressionError ? 'corrupt_file' : 'io'
  return new JournalError(problem(code, place, what), { cause: error })
}
