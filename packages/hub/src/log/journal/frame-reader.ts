import { crc32 } from 'node:zlib'
import { openSource } from './byte-source.ts'
import { ByteWindow } from './byte-window.ts'
import type { Disk } from './disk.ts'
import type { SegmentFile } from './folder.ts'
import {
  type DecodedSegmentHeader,
  decodeFrameHeader,
  decodeSegmentHeader,
  FRAME_HEADER_BYTES,
  FRAME_MAGIC,
  type Frame,
  SEGMENT_HEADER_BYTES,
} from './format.ts'

/** Where reading can go on: the frame with `offset` starts at `position` and follows one with check `previous`. */
export interface ResumePoint {
  readonly position: number
  readonly offset: bigint
  readonly previous: number
  readonly segmentCheck: number
}

/**
 * What stands at a position of a segment.
 * - `end`: nothing; the segment ends here.
 * - `bad`: bytes that are not the next frame.
 */
export type Step =
  | {
      readonly is: 'frame'
      readonly frame: Frame
      /** Valid until the next call. */
      readonly payload: Buffer
      readonly position: number
      readonly check: number
    }
  | { readonly is: 'end'; readonly position: number }
  | { readonly is: 'bad'; readonly position: number; readonly reason: string }

const END_OF_FILE = 'the file ends inside a frame'
const SEARCH_BYTES = 256 * 1024

/** Reads one segment frame by frame, checking each against its predecessor. */
export class FrameReader {
  readonly #window: ByteWindow
  readonly #verify: boolean
  #segmentCheck: number
  #previous: number
  #offset: bigint

  private constructor(window: ByteWindow, point: ResumePoint, verify: boolean) {
    this.#window = window
    this.#verify = verify
    this.#segmentCheck = point.segmentCheck
    this.#previous = point.previous
    this.#offset = point.offset
  }

  /** Opens a segment at its first frame. Its header is answered too, valid or not; read frames only when it is valid. */
  static async open(
    disk: Disk,
    segment: SegmentFile,
    options: { readonly verify?: boolean } = {},
  ): Promise<{ reader: FrameReader; header: DecodedSegmentHeader }> {
    const window = new ByteWindow(await openSource(disk, segment))
    try {
      await window.require(SEGMENT_HEADER_BYTES)
      const header = decodeSegmentHeader(window.bytes().subarray(0, SEGMENT_HEADER_BYTES))
      await window.advance(SEGMENT_HEADER_BYTES)
      const check = header.ok ? header.check : 0
      const point = {
        position: SEGMENT_HEADER_BYTES,
        offset: segment.first,
        previous: check,
        segmentCheck: check,
      }
      return { reader: new FrameReader(window, point, options.verify ?? true), header }
    } catch (error) {
      await window.close()
      throw error
    }
  }

  /**
   * Opens a segment where an earlier reader stopped, without looking at what lies before. Answers
   * undefined when the segment was rewritten since: its frames are then elsewhere, and the seed in
   * its header, from which all checks start, is another.
   */
  static async resume(
    disk: Disk,
    segment: SegmentFile,
    point: ResumePoint,
    options: { readonly verify?: boolean } = {},
  ): Promise<FrameReader | undefined> {
    const source = await openSource(disk, segment)
    try {
      const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
      const header = decodeSegmentHeader(bytes.subarray(0, await source.read(bytes)))
      if (header.ok && header.check !== point.segmentCheck) {
        await source.close()
        return undefined
      }
      await source.skip(point.position - SEGMENT_HEADER_BYTES)
    } catch (error) {
      await source.close()
      throw error
    }
    const window = new ByteWindow(source, point.position)
    return new FrameReader(window, point, options.verify ?? true)
  }

  /** Where the next frame is expected. */
  point(): ResumePoint {
    return {
      position: this.#window.position,
      offset: this.#offset,
      previous: this.#previous,
      segmentCheck: this.#segmentCheck,
    }
  }

  /**
   * The next frame. After `bad` the reader stays where it is.
   * @param wanted false passes over the payload, which is then empty and unchecked
   */
  async next(wanted: (offset: bigint) => boolean = () => true): Promise<Step> {
    const window = this.#window
    const position = window.position
    const held = await window.require(FRAME_HEADER_BYTES)
    if (held === 0) return { is: 'end', position }
    if (held < FRAME_HEADER_BYTES) return { is: 'bad', position, reason: END_OF_FILE }
    const decoded = decodeFrameHeader(window.bytes(), 0, this.#segmentCheck, this.#verify)
    if (decoded === undefined) {
      return { is: 'bad', position, reason: 'the frame header does not validate' }
    }
    const { frame, check } = decoded
    if (this.#verify && decoded.previous !== this.#previous) {
      return { is: 'bad', position, reason: 'the frame does not follow the one before it' }
    }
    if (this.#verify && frame.offset !== this.#offset) {
      return { is: 'bad', position, reason: `the frame has offset ${frame.offset}` }
    }
    const bytes = FRAME_HEADER_BYTES + frame.length
    let payload: Buffer = Buffer.alloc(0)
    if (wanted(this.#offset)) {
      if ((await window.require(bytes)) < bytes) {
        return { is: 'bad', position, reason: END_OF_FILE }
      }
      payload = window.bytes().subarray(FRAME_HEADER_BYTES, bytes)
      if (this.#verify && crc32(payload) !== frame.payloadCheck) {
        return { is: 'bad', position, reason: 'the payload does not match its checksum' }
      }
    }
    await window.advance(bytes)
    this.#previous = check
    this.#offset = frame.offset + 1n
    return { is: 'frame', frame, payload, position, check }
  }

  /**
   * Looks for the next frame header of this segment anywhere after `bytes` further bytes, whatever
   * came before it, and stands before it. Answers undefined when there is none to the end.
   */
  async resync(bytes: number): Promise<Frame | undefined> {
    const window = this.#window
    await window.advance(bytes)
    while ((await window.require(SEARCH_BYTES)) >= FRAME_HEADER_BYTES) {
      const view = window.bytes()
      for (let at = view.indexOf(FRAME_MAGIC); at >= 0; at = view.indexOf(FRAME_MAGIC, at + 1)) {
        const decoded = decodeFrameHeader(view, at, this.#segmentCheck)
        if (decoded === undefined) continue
        await window.advance(at)
        this.#previous = decoded.previous
        this.#offset = decoded.frame.offset
        return decoded.frame
      }
      // A header may begin in the last bytes at hand, so one byte less than a header's length is kept.
      await window.advance(view.length - FRAME_HEADER_BYTES + 1)
    }
    return undefined
  }

  /** Takes the chain's start from the first frame, for a segment whose own header is lost. Answers whether that worked. */
  async adoptChain(): Promise<boolean> {
    if ((await this.#window.require(FRAME_HEADER_BYTES)) < FRAME_HEADER_BYTES) return false
    const view = this.#window.bytes()
    const previous = view.readUInt32LE(32)
    const decoded = decodeFrameHeader(view, 0, previous)
    if (decoded === undefined || decoded.frame.offset !== this.#offset) return false
    this.#segmentCheck = previous
    this.#previous = previous
    return true
  }

  close(): Promise<void> {
    return this.#window.close()
  }
}
