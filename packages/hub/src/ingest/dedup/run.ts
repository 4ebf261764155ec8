import { crc32 } from 'node:zlib'
import { NewerFormatError } from '../../core/newer-format.ts'
import { addToFilter, filterMayHave, makeFilter } from './filter.ts'
import type { ListedRun } from './manifest.ts'
import type { RunFiles, RunSink, RunSource } from './run-files.ts'
import { MOST_ENTRIES, PAGE_BYTES, PAGE_WORDS, PageBuilder, readPage } from './run-page.ts'
import { compareKeys } from './sort-entries.ts'

/**
 * A run: an immutable file of entries sorted by key. All numbers are 32-bit little-endian.
 *
 *     pages    4096 bytes each, see run-page.ts
 *     fences   first key word of every page
 *     filter   see filter.ts
 *     footer   magic · version · stride · entries · pages · filter words · first and last receive
 *              second · crc32 of fences and filter · crc32 of the footer before it
 *
 * Fences and filter are kept in memory (10.3 bits an entry); a look reads one page, rarely two.
 * The last word of an entry is the second of its receipt.
 */

const MAGIC = 0x3152484c
/** Version of the file. */
export const RUN_VERSION = 2
const FOOTER_WORDS = 10
/** Pages gathered before they are written, and read at once. */
const CHUNK_PAGES = 64

/** A file that is not a whole run. */
export class RunDamagedError extends Error {
  override readonly name = 'RunDamagedError'
  /** Name of its file. */
  readonly run: string

  constructor(run: string, what: string) {
    super(`${run} ${what}`)
    this.run = run
  }
}

function bytesOf(words: Int32Array | Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** Writes a run; entries come in the order of their keys. */
export class RunWriter {
  readonly #sink: RunSink
  readonly #stride: number
  readonly #filter: Int32Array
  readonly #fences: number[] = []
  readonly #chunk = new Int32Array(PAGE_WORDS * CHUNK_PAGES)
  readonly #builder: PageBuilder
  #page = 0
  #entries = 0
  #firstReceived = 0xffff_ffff
  #lastReceived = 0

  constructor(sink: RunSink, stride: number, mostEntries: number) {
    this.#sink = sink
    this.#stride = stride
    this.#builder = new PageBuilder(stride)
    this.#filter = makeFilter(mostEntries)
  }

  /** Adds the entry at word `at`; true when `drain` must be called before the next. */
  add(words: Int32Array, at: number): boolean {
    if (!this.#builder.add(words, at)) {
      this.#closePage()
      this.#builder.add(words, at)
    }
    if (this.#builder.entries === 1) this.#fences.push((words[at] ?? 0) >>> 0)
    addToFilter(this.#filter, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0)
    const received = (words[at + this.#stride - 1] ?? 0) >>> 0
    if (received < this.#firstReceived) this.#firstReceived = received
    if (received > this.#lastReceived) this.#lastReceived = received
    this.#entries++
    return this.#page === CHUNK_PAGES
  }

  #closePage(): void {
    this.#builder.write(this.#chunk, this.#page * PAGE_WORDS)
    this.#page++
  }

  async drain(): Promise<void> {
    if (this.#page === 0) return
    await this.#sink.write(bytesOf(this.#chunk.slice(0, this.#page * PAGE_WORDS)))
    this.#chunk.fill(0)
    this.#page = 0
  }

  /** Writes what is left and makes the file durable; answers the number of entries. */
  async finish(): Promise<number> {
    if (this.#builder.entries > 0) this.#closePage()
    await this.drain()
    const fences = bytesOf(Uint32Array.from(this.#fences))
    const filter = bytesOf(this.#filter)
    const footer = Int32Array.of(
      MAGIC,
      RUN_VERSION,
      this.#stride,
      this.#entries,
      this.#fences.length,
      this.#filter.length,
      this.#firstReceived,
      this.#lastReceived,
      crc32(filter, crc32(fences)),
      0,
    )
    footer[FOOTER_WORDS - 1] = crc32(bytesOf(footer.subarray(0, FOOTER_WORDS - 1)))
    for (const part of [fences, filter, bytesOf(footer)]) await this.#sink.write(part)
    await this.#sink.finish()
    return this.#entries
  }
}

/** A run that is open for looks. */
export class Run implements ListedRun {
  readonly name: string
  /** How many merges lie behind it: more means older and larger. */
  readonly level: number
  readonly covered: ReadonlyMap<number, bigint>
  readonly entries: number
  /** Receive times of its entries, epoch seconds, inclusive. */
  readonly firstReceived: number
  readonly lastReceived: number
  /** Names its content: length and footer, which has checksums of all keys. */
  readonly mark: string
  readonly #source: RunSource
  readonly #stride: number
  readonly #pages: number
  readonly #fences: Uint32Array
  readonly #filter: Int32Array
  readonly #page = new Int32Array(PAGE_WORDS)
  readonly #pageBytes = bytesOf(this.#page)
  readonly #found: Int32Array
  /** The page whose entries are in `#found`, and how many. */
  #inFound = -1
  #count = 0

  private constructor(
    { name, level, covered }: ListedRun,
    source: RunSource,
    footer: Int32Array,
    fences: Uint32Array,
    filter: Int32Array,
  ) {
    this.name = name
    this.level = level
    this.covered = covered
    this.mark = `${source.size}-${Buffer.from(bytesOf(footer)).toString('hex')}`
    this.#source = source
    this.#stride = footer[2] ?? 0
    this.#found = new Int32Array(MOST_ENTRIES * this.#stride)
    this.entries = footer[3] ?? 0
    this.#pages = footer[4] ?? 0
    this.firstReceived = (footer[6] ?? 0) >>> 0
    this.lastReceived = (footer[7] ?? 0) >>> 0
    this.#fences = fences
    this.#filter = filter
  }

  /**
   * Opens the run and checks all but its pages, each of which is checked when it is read.
   * @param stride words of an entry; null takes whatever the run says
   * @throws RunDamagedError, NewerFormatError
   */
  static async open(
    files: Pick<RunFiles, 'open'>,
    listed: ListedRun,
    stride: number | null,
  ): Promise<Run> {
    const { name } = listed
    const source = await files.open(name)
    try {
      const footer = new Int32Array(FOOTER_WORDS)
      const footerAt = source.size - FOOTER_WORDS * 4
      if (footerAt < 0) throw new RunDamagedError(name, 'is too short')
      await source.read(footerAt, bytesOf(footer))
      const sum = crc32(bytesOf(footer.subarray(0, FOOTER_WORDS - 1))) | 0
      if (footer[0] !== MAGIC || sum !== footer[FOOTER_WORDS - 1]) {
        throw new RunDamagedError(name, 'has no valid footer')
      }
      if ((footer[1] ?? 0) > RUN_VERSION) {
        throw new NewerFormatError(
          `${name} of the deduplication index has version ${footer[1]}, this program reads ${RUN_VERSION}`,
        )
      }
      const isOther = stride !== null && footer[2] !== stride
      if (footer[1] !== RUN_VERSION || isOther) {
        throw new RunDamagedError(name, 'is of another version')
      }
      const pages = footer[4] ?? 0
      const filterWords = footer[5] ?? 0
      const fencesAt = pages * PAGE_BYTES
      if (fencesAt + 4 * (pages + filterWords) !== footerAt) {
        throw new RunDamagedError(name, 'has a wrong length')
      }
      const fences = new Uint32Array(pages)
      const filter = new Int32Array(filterWords)
      await source.read(fencesAt, bytesOf(fences))
      await source.read(fencesAt + 4 * pages, bytesOf(filter))
      if ((crc32(bytesOf(filter), crc32(bytesOf(fences))) | 0) !== footer[8]) {
        throw new RunDamagedError(name, 'has a damaged filter')
      }
      return new Run(listed, source, footer, fences, filter)
    } catch (error) {
      source.close()
      throw error
    }
  }

  /** Bytes held in memory. */
  get bytes(): number {
    return this.#fences.byteLength + this.#filter.byteLength + PAGE_BYTES + this.#found.byteLength
  }

  /**
   * Copies the values of the key into `values`; false when the run does not have it.
   * @throws RunDamagedError, or the error of the read
   */
  find(k0: number, k1: number, k2: number, k3: number, values: Int32Array): boolean {
    if (!filterMayHave(this.#filter, k1, k2, k3)) return false
    const first = k0 >>> 0
    // The key may begin in the last page whose fence lies below it, and go on where fences are equal.
    let low = 0
    let high = this.#pages
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#fences[middle] ?? 0) < first) low = middle + 1
      else high = middle
    }
    for (let page = Math.max(0, low - 1); page < this.#pages; page++) {
      if ((this.#fences[page] ?? 0) > first) break
      this.#load(page)
      const words = this.#found
      const end = this.#count * this.#stride
      for (let at = 0; at < end; at += this.#stride) {
        if (
          words[at] === k0 &&
          words[at + 1] === k1 &&
          words[at + 2] === k2 &&
          words[at + 3] === k3
        ) {
          for (let i = 0; i < values.length; i++) values[i] = words[at + 4 + i] ?? 0
          return true
        }
      }
    }
    return false
  }

  #load(page: number): void {
    if (this.#inFound === page) return
    this.#inFound = -1
    this.#source.readNow(page * PAGE_BYTES, this.#pageBytes)
    this.#count = readPage(this.#page, 0, this.#stride, this.#found)
    if (this.#count === 0) throw new RunDamagedError(this.name, `has a damaged page ${page}`)
    this.#inFound = page
  }

  /** Walks the entries in order, reading ahead in chunks. */
  cursor(): RunCursor {
    return new RunCursor(this.name, this.#source, this.#pages, this.#stride)
  }

  close(): void {
    this.#source.close()
  }
}

/** A place in a run. `words` from `at` is the entry, when `done` is false. */
export class RunCursor {
  readonly words: Int32Array
  at = 0
  done = false
  readonly #name: string
  readonly #source: RunSource
  readonly #pages: number
  readonly #stride: number
  readonly #chunk = new Int32Array(PAGE_WORDS * CHUNK_PAGES)
  #nextPage = 0
  /** Pages of the chunk, the one being read, and the entries left in it. */
  #inChunk = 0
  #page = 0
  #left = 0

  constructor(name: string, source: RunSource, pages: number, stride: number) {
    this.#name = name
    this.#source = source
    this.#pages = pages
    this.#stride = stride
    this.words = new Int32Array(MOST_ENTRIES * stride)
  }

  /** Goes to the next entry; false when the next chunk has to be read first with `fetch`. */
  next(): boolean {
    if (this.#left > 1) {
      this.#left--
      this.at += this.#stride
      return true
    }
    if (this.#page + 1 < this.#inChunk) {
      this.#page++
      this.#enter()
      return true
    }
    if (this.#nextPage >= this.#pages) {
      this.done = true
      return true
    }
    return false
  }

  async fetch(): Promise<void> {
    const count = Math.min(CHUNK_PAGES, this.#pages - this.#nextPage)
    await this.#source.read(
      this.#nextPage * PAGE_BYTES,
      bytesOf(this.#chunk.subarray(0, count * PAGE_WORDS)),
    )
    this.#nextPage += count
    this.#inChunk = count
    this.#page = 0
    this.#enter()
  }

  #enter(): void {
    this.#left = readPage(this.#chunk, this.#page * PAGE_WORDS, this.#stride, this.words)
    this.at = 0
    if (this.#left > 0) return
    const page = this.#nextPage - this.#inChunk + this.#page
    throw new RunDamagedError(this.#name, `has a damaged page ${page}`)
  }
}

const NONE: readonly RunCursor[] = []

/**
 * Merges runs, oldest first, into a new file: of equal keys the newest stays, and entries received
 * before `keepFrom` are left out. Answers the entries written and the newest receive second left out
 * (-1 when none was).
 */
export async function mergeRuns(
  runs: readonly Run[],
  writer: RunWriter,
  stride: number,
  keepFrom: number,
): Promise<{ entries: number; dropped: number }> {
  const cursors = runs.map((run) => run.cursor())
  for (const cursor of cursors) {
    if (!cursor.next()) await cursor.fetch()
  }
  let dropped = -1
  for (;;) {
    let least: RunCursor | null = null
    let leastFirst = 0
    // Keys are hashes: their first words nearly always settle it.
    let isShared = false
    for (const cursor of cursors) {
      if (cursor.done) continue
      const first = (cursor.words[cursor.at] ?? 0) >>> 0
      if (least !== null && first === leastFirst) {
        isShared = true
        // At equal keys the later cursor, the newer run, wins.
        if (compareKeys(cursor.words, cursor.at, least.words, least.at) <= 0) least = cursor
      } else if (least === null || first < leastFirst) {
        isShared = false
        least = cursor
        leastFirst = first
      }
    }
    if (least === null) break
    const received = (least.words[least.at + stride - 1] ?? 0) >>> 0
    if (received < keepFrom) dropped = Math.max(dropped, received)
    else if (writer.add(least.words, least.at)) await writer.drain()
    for (const cursor of isShared ? cursors : NONE) {
      if (cursor === least || cursor.done) continue
      if (compareKeys(cursor.words, cursor.at, least.words, least.at) !== 0) continue
      if (!cursor.next()) await cursor.fetch()
    }
    if (!least.next()) await least.fetch()
  }
  return { entries: await writer.finish(), dropped }
}
