import { join } from 'node:path'
import { type Disk, errnoCode, syncAll, syncFolder } from './disk.ts'
import { TEMPORARY } from './folder.ts'
import { JournalError, problem } from './problem.ts'

/** Offsets [first, next) of a partition that are lost for good, as a repair recorded them. */
export interface Hole {
  readonly partition: number
  readonly first: bigint
  readonly next: bigint
  readonly reason: string
}

interface StoredHole {
  readonly partition: number
  readonly first: string
  readonly next: string
  readonly reason: string
}

const FILE_NAME = 'holes.json'

/** Version of the file (docs/formats/journal.md). */
export const HOLES_VERSION = 1

function holesPath(dir: string): string {
  return join(dir, FILE_NAME)
}

/** @throws JournalError when the file is damaged or of a newer program */
export async function readHoles(disk: Disk, dir: string): Promise<Hole[]> {
  let text: string
  try {
    const file = await disk.open(holesPath(dir), 'read')
    try {
      const bytes = Buffer.alloc(await file.size())
      await file.read(bytes, 0)
      text = bytes.toString('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return []
    throw error
  }
  return holesIn(text, holesPath(dir))
}

/** @throws JournalError naming `path` when the text is damaged or of a newer program */
export function holesIn(text: string, path: string): Hole[] {
  const place = { partition: 0, path, position: 0, offset: 0n }
  const stored = parsed(text)
  const version =
    typeof stored === 'object' && stored !== null && 'version' in stored ? stored.version : null
  if (typeof version === 'number' && version > HOLES_VERSION) {
    throw new JournalError(problem('unsupported_version', place, `it has version ${version}`))
  }
  if (!isStored(stored)) {
    throw new JournalError(problem('corrupt_holes', place, 'it is not a list of holes'))
  }
  return stored.holes.map(({ partition, first, next, reason }) => {
    return { partition, first: BigInt(first), next: BigInt(next), reason }
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isStored(value: unknown): value is { version: number; holes: StoredHole[] } {
  if (typeof value !== 'object' || value === null) return false
  if (!('version' in value) || value.version !== HOLES_VERSION) return false
  return 'holes' in value && Array.isArray(value.holes) && value.holes.every(isStoredHole)
}

function isStoredHole(value: unknown): value is StoredHole {
  if (typeof value !== 'object' || value === null) return false
  const { partition, first, next, reason } = value as Partial<Record<keyof StoredHole, unknown>>
  const isOffset = (text: unknown) => typeof text === 'string' && /^\d+$/.test(text)
  return (
    typeof partition === 'number' && isOffset(first) && isOffset(next) && typeof reason === 'string'
  )
}

/** Sorted, and those that touch or overlap joined, so that recording a hole twice changes nothing. */
export function joinHoles(holes: readonly Hole[]): Hole[] {
  const joined: Hole[] = []
  const ordered = holes.toSorted(
    (a, b) => a.partition - b.partition || (a.first < b.first ? -1 : 1),
  )
  for (const hole of ordered) {
    if (hole.first >= hole.next) continue
    const last = joined.at(-1)
    if (last !== undefined && last.partition === hole.partition && hole.first <= last.next) {
      const next = hole.next > last.next ? hole.next : last.next
      const reason = last.reason === hole.reason ? last.reason : `${last.reason}; ${hole.reason}`
      joined[joined.length - 1] = {
        ...last,
        next,
        reason: next === last.next ? last.reason : reason,
      }
    } else joined.push(hole)
  }
  return joined
}

/** Replaces the file in one step. */
export async function writeHoles(disk: Disk, dir: string, holes: readonly Hole[]): Promise<void> {
  const stored = joinHoles(holes).map(({ partition, first, next, reason }): StoredHole => {
    return { partition, first: String(first), next: String(next), reason }
  })
  const path = holesPath(dir) + TEMPORARY
  await removeIfThere(disk, path)
  const file = await disk.open(path, 'create')
  try {
    const text = `${JSON.stringify({ version: HOLES_VERSION, holes: stored }, null, 2)}\n`
    await file.write([Buffer.from(text)], 0)
    await syncAll(file, path)
  } finally {
    await file.close()
  }
  await disk.rename(path, holesPath(dir))
  await syncFolder(disk, dir)
}

export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path)
  } catch (error) {
    if (errnoCode(error) !== 'ENOENT') throw error
  }
}

/** The end of the recorded hole that contains `offset`, or undefined when it is in none. */
export function endOfHole(
  holes: readonly Hole[],
  partition: number,
  offset: bigint,
): bigint | undefined {
  return holes.find(
    (hole) => hole.partition === partition && hole.first <= offset && offset < hole.next,
  )?.next
}
