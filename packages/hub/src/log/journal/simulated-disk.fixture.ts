/**
 * A disk in memory for tests of the journal. It keeps two states, what programs see and what is
 * durable, and a power loss mixes them as real disks do:
 * - of the sectors written since the last sync any subset is durable, so a write can be torn and
 *   later sectors can be there without earlier ones;
 * - a file may have grown without its contents, showing zeros or what the blocks held before;
 * - names created, renamed or removed since the last sync of their folder are durable or not.
 *
 * A failed sync leaves the pages clean but not durable, as Linux does: the next sync succeeds
 * without having written them.
 */
import { basename, dirname } from 'node:path'
import type { Disk, DiskFile, OpenMode } from './disk.ts'

const SECTOR = 512

interface Inode {
  cached: Buffer
  durable: Buffer
  dirty: Set<number>
}

export interface Fault {
  /** Fails the operation with this number (1 = the next one) … */
  readonly after: number
  readonly code: 'EIO' | 'ENOSPC' | 'EMFILE'
  /** … and, if true, all later ones too. */
  readonly sticky: boolean
  /** Operations that it concerns; default all. */
  readonly operations?: readonly Operation[]
}

export type Operation =
  | 'open'
  | 'create'
  | 'read'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'unlink'
  | 'list'
  | 'makeDirectory'
  | 'syncDirectory'

/** xorshift32: enough to choose sectors, and the same everywhere. */
export function generator(seed: number): (below: number) => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export class SimulatedDisk implements Disk {
  #names: Map<string, Inode>
  #durableNames: Map<string, Inode>
  #fault: Fault | undefined
  #seen = 0
  #freezeIn = Number.POSITIVE_INFINITY
  #frozen = Promise.withResolvers<void>()
  /** Operations asked for so far. */
  operations = 0
  /** Operations that a fault has failed. */
  faults = 0

  constructor(names: ReadonlyMap<string, Buffer> = new Map()) {
    this.#names = new Map()
    for (const [path, bytes] of names) {
      const inode = {
        cached: Buffer.from(bytes),
        durable: Buffer.from(bytes),
        dirty: new Set<number>(),
      }
      this.#names.set(path, inode)
    }
    this.#durableNames = new Map(this.#names)
  }

  /** Contents as programs see them. */
  files(): Map<string, Buffer> {
    return new Map([...this.#names].map(([path, { cached }]) => [path, Buffer.from(cached)]))
  }

  setFile(path: string, bytes: Buffer): void {
    const inode = { cached: bytes, durable: Buffer.from(bytes), dirty: new Set<number>() }
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  removeFile(path: string): void {
    this.#names.delete(path)
    this.#durableNames.delete(path)
  }

  setFault(fault: Fault | undefined): void {
    this.#fault = fault
    this.#seen = 0
  }

  /** After `operations` more operations nothing is answered any more, as when the machine has stopped. */
  freezeIn(operations: number): void {
    this.#freezeIn = operations
  }

  /** Resolves when the disk has stopped answering. */
  get frozen(): Promise<void> {
    return this.#frozen.promise
  }

  /** The disk after kill -9: everything that was written is there, durable or not. */
  afterKill(): SimulatedDisk {
    const disk = new SimulatedDisk()
    disk.#names = this.#names
    disk.#durableNames = this.#durableNames
    this.freezeIn(0)
    return disk
  }

  /** The disk after a power loss. */
  afterPowerLoss(seed: number): SimulatedDisk {
    const random = generator(seed)
    const stale = [...this.#names.values()].map(({ cached }) => cached)
    const names = new Map<string, Buffer>()
    for (const path of new Set([...this.#durableNames.keys(), ...this.#names.keys()])) {
      const before = this.#durableNames.get(path)
      const now = this.#names.get(path)
      const inode = before === now || random(2) === 0 ? now : before
      if (inode !== undefined) names.set(path, survivor(inode, stale, random))
    }
    this.freezeIn(0)
    return new SimulatedDisk(names)
  }

  async #operation(kind: Operation, path: string): Promise<void> {
    this.operations += 1
    if (this.#freezeIn <= 0) {
      this.#frozen.resolve()
      await new Promise<never>(() => {})
    }
    this.#freezeIn -= 1
    await Promise.resolve()
    const fault = this.#fault
    if (fault === undefined || !(fault.operations?.includes(kind) ?? true)) return
    this.#seen += 1
    if (this.#seen !== fault.after && !(fault.sticky && this.#seen > fault.after)) return
    this.faults += 1
    throw errno(fault.code, kind, path)
  }

  async open(path: string, mode: OpenMode): Promise<DiskFile> {
    await this.#operation(mode === 'create' ? 'create' : 'open', path)
    const found = this.#names.get(path)
    if (mode === 'create') {
      if (found !== undefined) throw errno('EEXIST', 'open', path)
      const inode = { cached: Buffer.alloc(0), durable: Buffer.alloc(0), dirty: new Set<number>() }
      this.#names.set(path, inode)
      return this.#handle(inode, path)
    }
    if (found === undefined) throw errno('ENOENT', 'open', path)
    return this.#handle(found, path)
  }

  #handle(inode: Inode, path: string): DiskFile {
    const sync = async () => {
      const dirty = [...inode.dirty]
      inode.dirty.clear()
      await this.#operation('sync', path)
      inode.durable = resized(inode.durable, inode.cached.length)
      for (const sector of dirty) copySector(inode.cached, inode.durable, sector)
    }
    return {
      size: async () => inode.cached.length,
      read: async (into, position) => {
        await this.#operation('read', path)
        const found = inode.cached.subarray(position, position + into.length)
        into.set(found)
        return found.length
      },
      write: async (buffers, position) => {
        const bytes = Buffer.concat(buffers)
        try {
          await this.#operation('write', path)
        } catch (error) {
          store(inode, bytes.subarray(0, bytes.length >> 1), position)
          throw error
        }
        store(inode, bytes, position)
      },
      truncate: async (length) => {
        await this.#operation('truncate', path)
        inode.cached = resized(inode.cached, length)
        for (const sector of inode.dirty) if (sector * SECTOR >= length) inode.dirty.delete(sector)
        if (length % SECTOR !== 0) inode.dirty.add(Math.floor(length / SECTOR))
      },
      datasync: sync,
      sync,
      close: async () => {},
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation('rename', from)
    const inode = this.#names.get(from)
    if (inode === undefined) throw errno('ENOENT', 'rename', from)
    this.#names.delete(from)
    this.#names.set(to, inode)
  }

  async unlink(path: string): Promise<void> {
    await this.#operation('unlink', path)
    if (!this.#names.delete(path)) throw errno('ENOENT', 'unlink', path)
  }

  async list(directory: string): Promise<string[]> {
    await this.#operation('list', directory)
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => basename(path))
  }

  /** Folders exist by themselves. */
  async makeDirectory(directory: string): Promise<void> {
    await this.#operation('makeDirectory', directory)
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#operation('syncDirectory', directory)
    for (const path of this.#durableNames.keys()) {
      if (dirname(path) === directory && !this.#names.has(path)) this.#durableNames.delete(path)
    }
    for (const [path, inode] of this.#names) {
      if (dirname(path) === directory) this.#durableNames.set(path, inode)
    }
  }
}

function errno(code: string, kind: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${kind} '${path}'`), { code })
}

function resized(bytes: Buffer, length: number): Buffer {
  const changed = Buffer.alloc(length)
  bytes.copy(changed)
  return changed
}

function store(inode: Inode, bytes: Buffer, position: number): void {
  const end = position + bytes.length
  if (bytes.length === 0) return
  if (end > inode.cached.length) inode.cached = resized(inode.cached, end)
  bytes.copy(inode.cached, position)
  const last = Math.floor((end - 1) / SECTOR)
  for (let sector = Math.floor(position / SECTOR); sector <= last; sector++) inode.dirty.add(sector)
}

function copySector(from: Buffer, to: Buffer, sector: number): void {
  from.copy(
    to,
    sector * SECTOR,
    sector * SECTOR,
    Math.min((sector + 1) * SECTOR, from.length, to.length),
  )
}

/** What a power loss leaves of a file. */
function survivor(
  inode: Inode,
  stale: readonly Buffer[],
  random: (below: number) => number,
): Buffer {
  const { cached, durable } = inode
  const grown = cached.length - durable.length
  const choice = random(3)
  const length =
    choice === 0
      ? durable.length
      : choice === 1 || grown <= 0
        ? cached.length
        : durable.length + random(grown)
  const left = resized(durable, length)
  if (length > durable.length && random(2) === 0) {
    const from = stale[random(stale.length)] ?? Buffer.alloc(0)
    const sectors = Math.max(1, Math.floor(from.length / SECTOR))
    // Blocks reused from another place of some file show what they held before.
    for (let at = Math.ceil(durable.length / SECTOR) * SECTOR; at < length; at += SECTOR) {
      const source = random(sectors) * SECTOR
      from.copy(left, at, source, Math.min(source + SECTOR, source + length - at))
    }
  }
  for (const sector of inode.dirty) if (random(2) === 0) copySector(cached, left, sector)
  return left
}
