import { DecompressionError } from './byte-source.ts'
import type { Disk } from './disk.ts'
import type { SegmentFile } from './folder.ts'
import type { Frame, HeaderFault } from './format.ts'
import { FrameReader } from './frame-reader.ts'

/** Consecutive whole units that validate: offsets [first, next), frames up to byte `end`. */
export interface Run {
  readonly first: bigint
  next: bigint
  end: number
}

export interface SalvagedFrame {
  readonly frame: Frame
  readonly payload: Buffer
}

export interface Salvage {
  readonly headerFault?: HeaderFault | 'name' | 'undecodable'
  readonly runs: readonly Run[]
  /** Every offset below this was durable, as any valid frame anywhere in the segment tells. */
  readonly durable: bigint
  /** Where the first thing stands that does not validate; undefined when all does. */
  readonly firstFault?: {
    readonly position: number
    readonly offset: bigint
    readonly reason: string
  }
}

/**
 * Reads all that validates in a segment, going on after damage.
 *
 * After a fault the frames of a later group commit are taken, and those of the same one only when
 * `durable` says that they were durable: otherwise the fault is a torn write, and what is behind it
 * may be left over from an earlier attempt.
 *
 * @param durable offsets below this are known to have been durable
 * @param before offsets from here on are in the next segment and are left out
 * @param onUnit called with every whole unit; the frames are copies
 */
export async function salvageSegment(
  disk: Disk,
  segment: SegmentFile,
  durable: bigint,
  before: bigint | undefined,
  onUnit: (run: Run, frames: readonly SalvagedFrame[]) => Promise<void> = async () => {},
): Promise<Salvage> {
  let opened: Awaited<ReturnType<typeof FrameReader.open>>
  try {
    opened = await FrameReader.open(disk, segment)
  } catch (error) {
    if (!(error instanceof DecompressionError)) throw error
    return { headerFault: 'undecodable', runs: [], durable: segment.first }
  }
  const { reader, header } = opened
  const runs: Run[] = []
  const found: { durable: bigint; firstFault?: Salvage['firstFault'] } = { durable: segment.first }
  let headerFault: Salvage['headerFault']
  if (!header.ok) headerFault = header.fault
  else if (header.header.first !== segment.first || header.header.partition !== segment.partition) {
    headerFault = 'name'
  }
  const answer = (): Salvage => {
    const base = { runs, durable: found.durable }
    const faulty = found.firstFault === undefined ? base : { ...base, firstFault: found.firstFault }
    return headerFault === undefined ? faulty : { ...faulty, headerFault }
  }

  let unit: SalvagedFrame[] = []
  let run: Run | undefined
  const fault = (position: number, offset: bigint, reason: string) => {
    found.firstFault ??= { position, offset, reason }
    unit = []
    run = undefined
  }
  try {
    if (headerFault === 'version' || headerFault === 'name') return answer()
    if (headerFault !== undefined && !(await reader.adoptChain())) return answer()
    for (;;) {
      const at = reader.point()
      const step = await reader.next()
      if (step.is === 'end') {
        if (unit.length > 0) fault(at.position, at.offset, 'the last unit of records is not whole')
        return answer()
      }
      if (step.is === 'bad') {
        const expected = run?.next ?? at.offset
        fault(step.position, at.offset, step.reason)
        for (;;) {
          const frame = await reader.resync(1)
          if (frame === undefined) return answer()
          if (frame.durable > found.durable) found.durable = frame.durable
          if (frame.offset < expected) continue
          if (frame.offset < durable || frame.durable > at.offset) break
        }
        continue
      }
      const { frame, payload } = step
      if (before !== undefined && frame.offset >= before) return answer()
      if (frame.durable > found.durable) found.durable = frame.durable
      if (frame.firstOfUnit) unit = []
      else if (unit.length === 0) {
        // The beginning of this unit is lost, so the rest of it is left out.
        run = undefined
        continue
      }
      unit.push({ frame, payload: Buffer.from(payload) })
      if (!frame.lastOfUnit) continue
      const first = unit[0]?.frame.offset ?? frame.offset
      if (run === undefined || run.next !== first) {
        run = { first, next: first, end: 0 }
        runs.push(run)
      }
      run.next = frame.offset + 1n
      run.end = reader.point().position
      await onUnit(run, unit)
      unit = []
    }
  } catch (error) {
    if (!(error instanceof DecompressionError)) throw error
    const { position, offset } = reader.point()
    fault(position, offset, 'the file does not decompress')
    return answer()
  } finally {
    await reader.close()
  }
}
