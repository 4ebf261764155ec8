import type { Clock } from '../../core/clock.ts'
import { isNewerFormat } from '../../core/newer-format.ts'
import type { IndexStats } from '../stats.ts'
import { HashTable } from './hash-table.ts'
import { encodeManifest, type Manifest, readManifest, writeManifest } from './manifest.ts'
import { mergeRuns, Run, RunDamagedError, RunWriter } from './run.ts'
import type { RunFiles } from './run-files.ts'
import { sortedEntries } from './sort-entries.ts'

/**
 * Index from 128-bit keys to a few words, of what is in the log.
 *
 * New entries go into a table in memory. A full table is frozen, sorted and written as a run; FAN_OUT
 * runs of one level are merged into one of the next, so that n entries are kept in a number of runs that grows
 * with log n. A look goes from the newest to the oldest, and the filters of the runs answer nearly all
 * looks for keys that are not there without touching the disk.
 *
 * The log is the truth. The manifest says up to which offset of each partition the runs hold
 * everything; the rest is entered again from the log at the start. Whatever is missing, damaged or
 * ahead of the log makes the index start empty, which costs time and loses nothing.
 *
 * A run that turns out damaged while in use is given up: its keys were received no later than its
 * last receive second, so that raising the horizon to just after makes `mayHaveForgotten` say so, and
 * the index is built anew at the next start.
 *
 * Work in the background (`idle` waits for it) never runs twice at once; an error leaves everything
 * as it was, is counted, and is tried again after RETRY_MS.
 */

export interface KeyIndexOptions {
  readonly files: RunFiles
  readonly clock: Clock
  /** Words of a value; the last is the second of receipt. */
  readonly valueWords: number
  /** Keys received longer ago than this many seconds are dropped. */
  readonly horizonSeconds: number
  /** Most keys; the oldest are dropped first. */
  readonly maxKeys: number
  /** Keys in memory at which they are written as a run. */
  readonly runKeys?: number
}

/** What is on disk at one instant. */
export interface HeldIndex {
  /** Bytes of the manifest that names the runs. */
  readonly manifest: Uint8Array
  /** Oldest first. */
  readonly runs: readonly Pick<Run, 'name' | 'covered' | 'mark'>[]
  release(): Promise<void>
}

const DEFAULT_RUN_KEYS = 131_072
const FAN_OUT = 4
const RETRY_MS = 5_000
/** Tables of this many times `runKeys` that cannot be written make the index ask for a pause. */
const MOST_RUN_KEYS_WAITING = 8

export class KeyIndex {
  /** Values of the last key found. */
  readonly found: Int32Array
  readonly #options: KeyIndexOptions
  readonly #stride: number
  readonly #runKeys: number
  #table: HashTable
  #frozen: HashTable | null = null
  /** Oldest first. */
  #runs: Run[]
  #covered: Map<number, bigint>
  /** What the runs alone cover. */
  #runsCover: Map<number, bigint>
  #horizonStart: number
  /** What was covered when keys were last dropped. */
  #forgotten: ReadonlyMap<number, bigint> = new Map()
  #nextRun: number
  #damagedRuns = 0
  /** A run was given up: the manifest must cover nothing. */
  #incomplete = false
  #errors = 0
  #working: Promise<void> | null = null
  #retryAt = 0
  #closed = false
  #holds = 0
  /** Files that nobody needs once nothing holds them. */
  readonly #unwanted: string[] = []

  private constructor(options: KeyIndexOptions) {
    this.#options = options
    this.#stride = 4 + options.valueWords
    this.#runKeys = options.runKeys ?? DEFAULT_RUN_KEYS
    this.found = new Int32Array(options.valueWords)
    this.#table = new HashTable(options.valueWords)
    this.#runs = []
    this.#covered = new Map()
    this.#runsCover = new Map()
    this.#horizonStart = 0
    this.#nextRun = 1
  }

  /**
   * Opens the index as far as it can be read; `covered` says where to go on from.
   * @throws NewerFormatError
   */
  static async open(options: KeyIndexOptions): Promise<KeyIndex> {
    const index = new KeyIndex(options)
    await index.#load()
    return index
  }

  async #load(): Promise<void> {
    const { files } = this.#options
    const manifest = await readManifest(files, this.#stride)
    if (manifest !== null) {
      this.#nextRun = manifest.nextRun
      const runs: Run[] = []
      try {
        for (const listed of manifest.runs) {
          runs.push(await Run.open(files, listed, this.#stride))
        }
        this.#runs = runs
        this.#covered = new Map(manifest.covered)
        this.#runsCover = new Map(manifest.covered)
        this.#horizonStart = manifest.horizonStart
        this.#forgotten = new Map(manifest.covered)
      } catch (error) {
        for (const run of runs) run.close()
        // What a newer release built is not thrown away.
        if (isNewerFormat(error)) throw error
        this.#damagedRuns++
      }
    }
    const known = new Set(this.#runs.map((run) => run.name))
    for (const name of await files.list()) {
      if (name.endsWith('.run') && !known.has(name)) await files.remove(name)
    }
  }

  /** Partition → every record before this offset is in the index. */
  get covered(): ReadonlyMap<number, bigint> {
    return this.#covered
  }

  /** Keys, those in several runs counted several times. */
  get size(): number {
    let keys = this.#table.size + (this.#frozen?.size ?? 0)
    for (const run of this.#runs) keys += run.entries
    return keys
  }

  /** Whether so much waits to be written that taking in more would exhaust memory. */
  get behind(): boolean {
    const waiting = this.#table.size + (this.#frozen?.size ?? 0)
    return waiting > MOST_RUN_KEYS_WAITING * this.#runKeys
  }

  stats(): IndexStats {
    let bytes = this.#table.bytes + (this.#frozen?.bytes ?? 0)
    for (const run of this.#runs) bytes += run.bytes
    return {
      keys: this.size,
      horizonStart: this.#horizonStart,
      bytes,
      runs: this.#runs.length,
      damagedRuns: this.#damagedRuns,
      errors: this.#errors,
    }
  }

  /** Looks the key up; its values are in `found` until the next look. */
  find(k0: number, k1: number, k2: number, k3: number): boolean {
    if (this.#findIn(this.#table, k0, k1, k2, k3)) return true
    if (this.#frozen !== null && this.#findIn(this.#frozen, k0, k1, k2, k3)) return true
    for (let i = this.#runs.length - 1; i >= 0; i--) {
      const run = this.#runs[i]
      if (run === undefined) continue
      try {
        if (run.find(k0, k1, k2, k3, this.found)) return true
      } catch {
        this.#giveUp(run)
      }
    }
    return false
  }

  #findIn(table: HashTable, k0: number, k1: number, k2: number, k3: number): boolean {
    const entry = table.find(k0, k1, k2, k3)
    if (entry < 0) return false
    const at = entry * table.stride + 4
    const { found } = this
    const { words } = table
    for (let i = 0; i < found.length; i++) found[i] = words[at + i] ?? 0
    return true
  }

  /** A run that cannot be read counts as forgotten, and the index is rebuilt at the next start. */
  #giveUp(run: Run): void {
    this.#runs = this.#runs.filter((other) => other !== run)
    this.forgetBefore(run.lastReceived + 1)
    this.#damagedRuns++
    this.#incomplete = true
    run.close()
    this.#work()
  }

  /** Enters a key of a durable record, or gives it new values: those of `values` from `from`. */
  put(k0: number, k1: number, k2: number, k3: number, values: Int32Array, from = 0): void {
    const table = this.#table
    const known = table.find(k0, k1, k2, k3)
    const entry = known >= 0 ? known : table.add(k0, k1, k2, k3)
    const at = entry * table.stride + 4
    const { words } = table
    const count = this.#stride - 4
    for (let i = 0; i < count; i++) words[at + i] = values[from + i] ?? 0
  }

  /** Notes that every record of the partition before `next` is in the index. */
  advance(partition: number, next: bigint): void {
    this.#covered.set(partition, next)
    if (this.#table.size >= this.#runKeys) this.#work()
  }

  /** Whether a key received at this time (epoch microseconds) or later may have been forgotten. */
  mayHaveForgotten(receivedAt: number): boolean {
    return receivedAt < this.#horizonStart * 1e6
  }

  /** Partition → every key that may have been forgotten is of a record before this offset. */
  get forgotten(): ReadonlyMap<number, bigint> {
    return this.#forgotten
  }

  /** Says that keys received before this epoch second are unknown. */
  forgetBefore(second: number): void {
    if (second <= this.#horizonStart) return
    this.#horizonStart = second
    this.#forgotten = new Map(this.#covered)
  }

  /** Empties the index: it does not belong to the log. */
  async reset(): Promise<void> {
    await this.idle()
    for (const run of this.#runs) run.close()
    const old = this.#runs
    this.#runs = []
    this.#table = new HashTable(this.#options.valueWords)
    this.#covered = new Map()
    this.#runsCover = new Map()
    this.#horizonStart = 0
    this.#forgotten = new Map()
    this.#incomplete = false
    await this.#writeManifest([], new Map())
    for (const run of old) await this.#options.files.remove(run.name)
  }

  /**
   * The index as it is on disk; its files stay there until `release`, or the end of the process. Null
   * while it is incomplete, and when it has no run. Taken before the image of a log, it knows nothing
   * that is not in the image.
   */
  hold(): HeldIndex | null {
    if (this.#incomplete || this.#runs.length === 0) return null
    const runs = [...this.#runs]
    const manifest = encodeManifest(this.#manifestOf(runs, this.#runsCover))
    this.#holds++
    let held = true
    return {
      manifest,
      runs,
      release: async () => {
        if (!held) return
        held = false
        this.#holds--
        if (this.#holds > 0) return
        for (const name of this.#unwanted.splice(0)) await this.#options.files.remove(name)
      },
    }
  }

  /** Waits for the work in the background. */
  async idle(): Promise<void> {
    while (this.#working !== null) await this.#working
  }

  /** Writes what is in memory, so that the next start need not read it from the log, and closes. */
  async close(): Promise<void> {
    await this.idle()
    if (!this.#closed && !this.#incomplete) {
      try {
        if (this.#frozen !== null || this.#table.size > 0) await this.#writeTable()
        else if (this.#isCoveringMore()) await this.#writeManifest(this.#runs, this.#covered)
      } catch {
        this.#errors++
      }
    }
    this.#closed = true
    for (const run of this.#runs) run.close()
  }

  /** Whether records without a key came after the last that the manifest covers. */
  #isCoveringMore(): boolean {
    return [...this.#covered].some(([partition, next]) => this.#runsCover.get(partition) !== next)
  }

  #work(): void {
    if (this.#working !== null || this.#closed) return
    if (this.#options.clock.monotonic() < this.#retryAt) return
    this.#working = this.#maintain()
      .catch((error: unknown) => {
        this.#errors++
        if (error instanceof RunDamagedError) {
          const damaged = this.#runs.find((run) => run.name === error.run)
          if (damaged !== undefined) this.#giveUp(damaged)
        }
        this.#retryAt = this.#options.clock.monotonic() + RETRY_MS
      })
      .then(() => {
        this.#working = null
      })
  }

  async #maintain(): Promise<void> {
    if (this.#incomplete) {
      // Covering nothing makes the next start build the index from the log.
      await this.#writeManifest([], new Map())
    }
    while (this.#frozen !== null || this.#table.size >= this.#runKeys) await this.#writeTable()
    await this.#dropExpired()
    for (;;) {
      const group = this.#nextMerge()
      if (group === null) return
      await this.#merge(group, Math.max(0, this.#oldest()), (group[0]?.level ?? 0) + 1)
    }
  }

  /** Epoch second before which keys are out of the horizon. */
  #oldest(): number {
    return Math.floor(this.#options.clock.now() / 1000) - this.#options.horizonSeconds
  }

  async #writeTable(): Promise<void> {
    const covered = new Map(this.#covered)
    // A table frozen by an attempt that failed is written first, with what came since.
    if (this.#frozen === null) {
      this.#frozen = this.#table
      // Whoever filled one table is likely to fill the next.
      this.#table = new HashTable(this.#options.valueWords, this.#frozen.size)
    } else {
      for (let at = 0; at < this.#table.size * this.#stride; at += this.#stride) {
        const { words } = this.#table
        const frozen = this.#frozen
        const known = frozen.find(
          words[at] ?? 0,
          words[at + 1] ?? 0,
          words[at + 2] ?? 0,
          words[at + 3] ?? 0,
        )
        const entry =
          known >= 0
            ? known
            : frozen.add(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0)
        frozen.words.set(words.subarray(at + 4, at + this.#stride), entry * this.#stride + 4)
      }
      this.#table = new HashTable(this.#options.valueWords)
    }
    const frozen = this.#frozen
    const order = sortedEntries(frozen.words, this.#stride, frozen.size)
    const run = await this.#create(frozen.size, 0, covered, async (writer) => {
      for (const entry of order) {
        if (writer.add(frozen.words, entry * this.#stride)) await writer.drain()
      }
      await writer.finish()
    })
    await this.#swap([], run, covered)
    this.#frozen = null
  }

  /** Writes a run with `fill` and opens it. */
  async #create(
    most: number,
    level: number,
    covered: ReadonlyMap<number, bigint>,
    fill: (writer: RunWriter) => Promise<void>,
  ): Promise<Run> {
    const { files } = this.#options
    const name = `${String(this.#nextRun++).padStart(8, '0')}.run`
    const sink = await files.create(name)
    try {
      await fill(new RunWriter(sink, this.#stride, most))
    } catch (error) {
      await sink.abandon()
      await files.remove(name).catch(() => undefined)
      throw error
    }
    return Run.open(files, { name, level, covered }, this.#stride)
  }

  /** Puts a run, or none, in the place of others: first on disk, then in memory. */
  async #swap(
    old: readonly Run[],
    fresh: Run | null,
    covered: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    const at = old[0] === undefined ? this.#runs.length : this.#runs.indexOf(old[0])
    const runs = this.#runs.filter((run) => !old.includes(run))
    if (fresh !== null) runs.splice(at < 0 ? 0 : at, 0, fresh)
    try {
      await this.#writeManifest(this.#incomplete ? [] : runs, covered)
    } catch (error) {
      fresh?.close()
      throw error
    }
    this.#runsCover = new Map(covered)
    // A run may have been given up meanwhile.
    const gone = new Set(runs.filter((run) => run !== fresh && !this.#runs.includes(run)))
    this.#runs = runs.filter((run) => !gone.has(run))
    for (const run of old) {
      run.close()
      await this.#remove(run.name)
    }
  }

  #writeManifest(runs: readonly Run[], covered: ReadonlyMap<number, bigint>): Promise<void> {
    return writeManifest(this.#options.files, this.#manifestOf(runs, covered))
  }

  #manifestOf(runs: readonly Run[], covered: ReadonlyMap<number, bigint>): Manifest {
    return {
      stride: this.#stride,
      runs: runs.map(({ name, level, covered: reach }) => ({ name, level, covered: reach })),
      covered: this.#incomplete ? new Map() : covered,
      horizonStart: this.#incomplete ? 0 : this.#horizonStart,
      nextRun: this.#nextRun,
    }
  }

  /** Removes a file, or leaves that to the end of the last `hold`. */
  async #remove(name: string): Promise<void> {
    if (this.#holds > 0) this.#unwanted.push(name)
    else await this.#options.files.remove(name)
  }

  async #dropExpired(): Promise<void> {
    const oldest = this.#oldest()
    const expired = this.#runs.filter((run) => run.lastReceived < oldest)
    for (const run of expired) {
      this.forgetBefore(run.lastReceived + 1)
      await this.#swap([run], null, this.#runsCover)
    }
    const excess = this.size - this.#options.maxKeys
    const first = this.#runs[0]
    if (excess <= 0 || first === undefined) return
    // Drops a quarter more than needed, so that the largest run is not written again at once.
    const share = Math.min(1, (excess * 1.25) / first.entries)
    const from = first.firstReceived + (first.lastReceived + 1 - first.firstReceived) * share
    await this.#merge([first], Math.ceil(from), first.level)
  }

  /** The oldest level that has enough runs to merge, oldest first, or null. */
  #nextMerge(): Run[] | null {
    const levels = new Map<number, Run[]>()
    for (const run of this.#runs) {
      const runs = levels.get(run.level) ?? []
      runs.push(run)
      levels.set(run.level, runs)
    }
    for (const runs of levels.values()) if (runs.length >= FAN_OUT) return runs
    return null
  }

  async #merge(runs: readonly Run[], keepFrom: number, level: number): Promise<void> {
    let most = 0
    for (const run of runs) most += run.entries
    let dropped = -1
    let entries = 0
    const covered = runs.at(-1)?.covered ?? new Map<number, bigint>()
    const fresh = await this.#create(most, level, covered, async (writer) => {
      const merged = await mergeRuns(runs, writer, this.#stride, keepFrom)
      dropped = merged.dropped
      entries = merged.entries
    })
    if (dropped >= 0) this.forgetBefore(dropped + 1)
    if (runs.some((run) => !this.#runs.includes(run))) {
      // One of them was given up meanwhile; what was read of it before is not to be trusted.
      fresh.close()
      await this.#options.files.remove(fresh.name)
      return
    }
    if (entries > 0) {
      await this.#swap(runs, fresh, this.#runsCover)
      return
    }
    await this.#swap(runs, null, this.#runsCover)
    fresh.close()
    await this.#options.files.remove(fresh.name)
  }
}
