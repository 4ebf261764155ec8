import { crc32 } from 'node:zlib'
import type { AppendOutcome, LogEntry } from '../log.ts'
import { type Disk, type DiskFile, isDiskFull, syncAll, syncData, syncFolder } from './disk.ts'
import { partitionFolder, type SegmentFile, segmentPath } from './folder.ts'
import {
  encodeFrameHeader,
  encodeSegmentHeader,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from './format.ts'
import type { RecoveredPartition } from './recover.ts'

export interface WriterOptions {
  readonly disk: Disk
  readonly dir: string
  readonly partition: number
  readonly segmentBytes: number
  readonly groupBytes: number
  readonly newSeed: () => Uint8Array
  readonly ackBeforeSync: boolean
  /** Called with the error after which the journal must not write or acknowledge anything more. */
  readonly fail: (error: Error) => void
  readonly hasFailed: () => boolean
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  /** Called after every commit, with the time its sync took. */
  readonly onCommit: (next: bigint, fsyncMs: number) => void
  /** Called with a segment that will not be written any more, and the offset after its last record. */
  readonly onClosed: (segment: SegmentFile, next: bigint) => void
}

/** Largest append: what can be held in memory and read back as a whole. */
const MAX_APPEND_BYTES = 1024 * 1024 * 1024

/** The entries of one `append`. */
interface Unit {
  readonly entries: readonly LogEntry[]
  readonly bytes: number
  readonly answer: (outcome: AppendOutcome) => void
}

interface Active {
  readonly segment: SegmentFile
  readonly file: DiskFile
  readonly segmentCheck: number
  /** Byte after the last durable frame. */
  end: number
  /** Check of the last durable frame. */
  previous: number
}

/**
 * Writes one partition by group commit: while one group is written and synced, later appends collect
 * in a queue and become the next group. A group is one write and one fdatasync, and starts only when
 * the group before it is durable, so that every frame of a group can state that all offsets before
 * the group are durable.
 *
 * After a failed write for want of space the file is cut back to the last durable frame and synced,
 * so that `disk_full` means that none of the entries is or will be in the log. Any other error is the
 * end: nothing more is written, and what is pending stays unanswered.
 */
export class PartitionWriter {
  readonly #options: WriterOptions
  readonly #queue: Unit[] = []
  readonly #rotations: ((full: Error | undefined) => void)[] = []
  #active: Active | undefined
  #next: bigint
  #pendingBytes = 0
  #draining: Promise<void> | undefined

  constructor(options: WriterOptions, recovered: RecoveredPartition) {
    this.#options = options
    this.#next = recovered.next
    if (recovered.active !== undefined) {
      const { segment, file, end } = recovered.active
      const { position, previous, segmentCheck } = end
      this.#active = { segment, file, segmentCheck, end: position, previous }
    }
  }

  /** Offset after the last durable record. */
  get next(): bigint {
    return this.#next
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The segment being written, if any. */
  get active(): (SegmentFile & { readonly bytes: number }) | undefined {
    return this.#active && { ...this.#active.segment, bytes: this.#active.end }
  }

  append(entries: readonly LogEntry[]): Promise<AppendOutcome> {
    const { partition } = this.#options
    if (entries.length === 0) {
      const appended = { partition, first: this.#next, next: this.#next }
      return Promise.resolve({ ok: true, appended })
    }
    let bytes = 0
    for (const entry of entries) bytes += FRAME_HEADER_BYTES + entry.payload.length
    if (bytes > MAX_APPEND_BYTES) {
      const message = `an append of ${bytes} bytes, the limit is ${MAX_APPEND_BYTES}`
      return Promise.reject(new RangeError(message))
    }
    this.#pendingBytes += bytes
    return new Promise((answer) => {
      this.#queue.push({ entries, bytes, answer })
      this.#draining ??= this.#drain()
    })
  }

  /**
   * Closes the open segment, if it holds a record, and begins a new one. Answers the error when there
   * is no space for that; stays unanswered when the journal has failed.
   */
  rotate(): Promise<Error | undefined> {
    return new Promise((answer) => {
      this.#rotations.push(answer)
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing is pending, or when the journal has failed. */
  async drained(): Promise<void> {
    while (this.#draining !== undefined) await this.#draining
  }

  async close(): Promise<void> {
    await this.drained()
    const file = this.#active?.file
    this.#active = undefined
    await file?.close()
  }

  async #drain(): Promise<void> {
    // Appends of the same turn of the event loop join the first group.
    await Promise.resolve()
    try {
      while (!this.#options.hasFailed()) {
        if (this.#rotations.length > 0) await this.#rotate()
        else if (this.#queue.length > 0) await this.#commitNext()
        else break
      }
    } catch (error) {
      this.#options.fail(error instanceof Error ? error : new Error(String(error)))
    } finally {
      this.#draining = undefined
    }
  }

  async #rotate(): Promise<void> {
    const holdsRecords = this.#active !== undefined && this.#active.end > SEGMENT_HEADER_BYTES
    const full = holdsRecords ? await this.#roll() : undefined
    for (const answer of this.#rotations.splice(0)) answer(full)
  }

  async #commitNext(): Promise<void> {
    const head = this.#queue[0]
    if (head === undefined) return
    let active = this.#active
    // An append larger than a segment gets one of its own, of which it is the only one.
    const isEmpty = active?.end === SEGMENT_HEADER_BYTES
    if (
      active === undefined ||
      (!isEmpty && active.end + head.bytes > this.#options.segmentBytes)
    ) {
      const full = await this.#roll()
      if (full !== undefined) return this.#refuse(this.#queue.splice(0), full)
      active = this.#active
    }
    if (active === undefined) throw new Error('rolling left no segment')
    const group = this.#takeGroup(this.#options.segmentBytes - active.end)
    const encoded = this.#encode(group, active)
    try {
      await active.file.write(encoded.buffers, active.end)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      await active.file.truncate(active.end)
      await syncAll(active.file, active.segment.path)
      return this.#refuse(group, error)
    }
    const { ackBeforeSync, now } = this.#options
    if (ackBeforeSync) this.#acknowledge(group, active, encoded, 0)
    const before = now()
    await syncData(active.file, active.segment.path)
    if (!ackBeforeSync) this.#acknowledge(group, active, encoded, now() - before)
  }

  /** Takes units from the queue while they fit the segment and the size of a group, but at least one. */
  #takeGroup(room: number): Unit[] {
    let bytes = 0
    let count = 0
    for (const unit of this.#queue) {
      const total = bytes + unit.bytes
      if (count > 0 && (total > room || total > this.#options.groupBytes)) break
      bytes = total
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  #encode(group: readonly Unit[], active: Active): Encoded {
    let count = 0
    for (const unit of group) count += unit.entries.length
    const headers = Buffer.allocUnsafe(count * FRAME_HEADER_BYTES)
    const buffers: Uint8Array[] = []
    const durable = this.#next
    let { end, previous } = active
    let offset = durable
    let at = 0
    for (const { entries, bytes } of group) {
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i]
        if (entry === undefined) continue
        const { kind, payload } = entry
        const frame = {
          kind,
          firstOfUnit: i === 0,
          lastOfUnit: i === entries.length - 1,
          offset,
          durable,
          length: payload.length,
          payloadCheck: crc32(payload),
        }
        previous = encodeFrameHeader(headers, at, frame, active.segmentCheck, previous)
        buffers.push(headers.subarray(at, at + FRAME_HEADER_BYTES), payload)
        at += FRAME_HEADER_BYTES
        offset += 1n
      }
      end += bytes
    }
    return { buffers, end, previous }
  }

  #acknowledge(group: readonly Unit[], active: Active, encoded: Encoded, fsyncMs: number): void {
    if (this.#options.hasFailed()) return
    active.end = encoded.end
    active.previous = encoded.previous
    const { partition } = this.#options
    let first = this.#next
    const answers: AppendOutcome[] = group.map(({ entries, bytes }) => {
      const next = first + BigInt(entries.length)
      const appended = { partition, first, next }
      first = next
      this.#pendingBytes -= bytes
      return { ok: true, appended }
    })
    this.#next = first
    group.forEach(({ answer }, index) => {
      const outcome = answers[index]
      if (outcome !== undefined) answer(outcome)
    })
    this.#options.onCommit(first, fsyncMs)
  }

  #refuse(units: readonly Unit[], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    for (const { bytes, answer } of units) {
      this.#pendingBytes -= bytes
      answer({ ok: false, failure: 'disk_full', message })
    }
  }

  /** Begins a new segment; answers the error when there is no space for it. */
  async #roll(): Promise<Error | undefined> {
    const { disk, dir, partition, newSeed } = this.#options
    const folder = partitionFolder(dir, partition)
    const first = this.#next
    const path = segmentPath(dir, partition, first)
    const { bytes, check } = encodeSegmentHeader({ partition, first, seed: newSeed() })
    let file: DiskFile | undefined
    try {
      file = await disk.open(path, 'create')
      await file.write([bytes], 0)
    } catch (error) {
      if (!isDiskFull(error)) {
        await file?.close()
        throw error
      }
      if (file !== undefined) {
        await file.close()
        await disk.unlink(path)
        // Otherwise the empty segment could come back after a crash, beside records with its offsets.
        await syncFolder(disk, folder)
      }
      return error instanceof Error ? error : new Error(String(error))
    }
    try {
      await syncData(file, path)
      await syncFolder(disk, folder)
    } catch (error) {
      await file.close()
      throw error
    }
    const before = this.#active
    this.#active = {
      segment: { partition, path, first, compressed: false },
      file,
      segmentCheck: check,
      end: SEGMENT_HEADER_BYTES,
      previous: check,
    }
    if (before !== undefined) {
      // In the same tick, so that there is no moment at which the segment is in neither list.
      this.#options.onClosed(before.segment, first)
      await before.file.close()
    }
    return undefined
  }
}

interface Encoded {
  readonly buffers: readonly Uint8Array[]
  readonly end: number
  readonly previous: number
}
