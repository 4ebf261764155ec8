import { hashNumber, hashText } from './hash.ts'
import { StatsError } from './stats-error.ts'

/** So many different values are counted exactly; with more, the count is an estimate. */
export const EXACT_DISTINCT = 512
/** Standard error of an estimate: 1.04 / √16384. */
export const DISTINCT_RELATIVE_ERROR: number = 1.04 / 2 ** 7

const VERSION = 1
const INDEX_BITS = 14
const REGISTERS = 2 ** INDEX_BITS
/** Bits of a hash that are left for a register after its index. */
const REST_BITS = 53 - INDEX_BITS
const FIRST_TABLE = 8
/** No hash is negative. */
const FREE = -1

/**
 * How many different values a stream has, in at most 16 kB (HyperLogLog: Flajolet et al. 2007).
 *
 * Up to 512 different values their hashes are kept and counted: exact but for collisions among 53 bits
 * (1 in 10^10 streams). From then on there are 2^14 registers, read by Ertl's improved estimator
 * (2017), which needs no correction for small or large counts: standard error 0.81 %. Which of the two it
 * is depends on the number of different values alone, so merging parts in any order and grouping
 * gives the state of the whole, bit by bit.
 */
export class DistinctCount {
  /** Open addressing; null once there are registers. */
  #hashes: Float64Array | null = new Float64Array(FIRST_TABLE).fill(FREE)
  #held = 0
  #registers: Uint8Array | null = null

  /** True while the count is exact. */
  get exact(): boolean {
    return this.#registers === null
  }

  addText(text: string): void {
    this.addHash(hashText(text))
  }

  /** NaN counts as one value. A number and its text are different values. */
  addNumber(value: number): void {
    this.addHash(hashNumber(value))
  }

  /** Adds a value by its hash of 53 bits (`hashText`, `hashNumber`), which saves hashing it again. */
  addHash(hash: number): void {
    if (this.#registers !== null) return raise(this.#registers, hash)
    const table = this.#hashes ?? new Float64Array(FIRST_TABLE).fill(FREE)
    const at = placeOf(table, hash)
    if (table[at] === hash) return
    table[at] = hash
    this.#held++
    if (this.#held > EXACT_DISTINCT) this.#toRegisters()
    else if (4 * this.#held > 3 * table.length) this.#hashes = grown(table)
  }

  /** Adds what another one has seen; it is left alone. */
  merge(other: DistinctCount): void {
    if (other.#hashes !== null) {
      if (other === this) return
      for (const hash of other.#hashes) if (hash !== FREE) this.addHash(hash)
      return
    }
    const registers = this.#registers ?? this.#toRegisters()
    const others = other.#registers ?? registers
    for (let i = 0; i < REGISTERS; i++) {
      const value = others[i] ?? 0
      if (value > (registers[i] ?? 0)) registers[i] = value
    }
  }

  /** The number of different values, a whole number. Cost of an estimate: one pass over 16384 registers. */
  estimate(): number {
    return this.#registers === null ? this.#held : Math.round(estimateOf(this.#registers))
  }

  /** Memory of the state in bytes. */
  get bytes(): number {
    return this.#registers?.length ?? this.#hashes?.byteLength ?? 0
  }

  /**
   * The state: version u8, form u8, and either (form 0) the hashes ascending, each a little-endian f64, or
   * (form 1) 16384 registers of a byte.
   */
  toBytes(): Uint8Array {
    if (this.#registers !== null) {
      const out = new Uint8Array(2 + REGISTERS)
      out.set([VERSION, 1])
      out.set(this.#registers, 2)
      return out
    }
    const hashes = (this.#hashes ?? new Float64Array(0)).filter((hash) => hash !== FREE).sort()
    const out = new Uint8Array(2 + 8 * hashes.length)
    out.set([VERSION, 0])
    const view = new DataView(out.buffer)
    for (const [i, hash] of hashes.entries()) view.setFloat64(2 + 8 * i, hash, true)
    return out
  }

  /** Throws a StatsError for bytes that `toBytes` did not give. */
  static fromBytes(bytes: Uint8Array): DistinctCount {
    const [version, form] = bytes
    if (version !== VERSION) throw damaged(`a distinct count of version ${version}`)
    const count = new DistinctCount()
    const length = bytes.length - 2
    if (form === 1 && length === REGISTERS) {
      const registers = bytes.slice(2)
      if (registers.some((value) => value > REST_BITS + 1)) throw damaged('a damaged register')
      count.#hashes = null
      count.#registers = registers
      return count
    }
    if (form !== 0 || length % 8 !== 0 || length / 8 > EXACT_DISTINCT) {
      throw damaged(`${bytes.length} bytes are no distinct count of form ${form}`)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 2; at < bytes.length; at += 8) {
      const hash = view.getFloat64(at, true)
      if (!(Number.isSafeInteger(hash) && hash >= 0)) throw damaged('a damaged hash')
      count.addHash(hash)
    }
    return count
  }

  #toRegisters(): Uint8Array {
    const registers = new Uint8Array(REGISTERS)
    for (const hash of this.#hashes ?? []) if (hash !== FREE) raise(registers, hash)
    this.#hashes = null
    this.#held = 0
    this.#registers = registers
    return registers
  }
}

function damaged(problem: string): StatsError {
  return new StatsError('bad_state', 'bytes', problem)
}

function placeOf(table: Float64Array, hash: number): number {
  const mask = table.length - 1
  // The low bits of the double's upper half are as good as any: the hash is mixed.
  let at = Math.floor(hash / 2 ** 21) & mask
  while (table[at] !== FREE && table[at] !== hash) at = (at + 1) & mask
  return at
}

function grown(table: Float64Array): Float64Array {
  const larger = new Float64Array(2 * table.length).fill(FREE)
  for (const hash of table) if (hash !== FREE) larger[placeOf(larger, hash)] = hash
  return larger
}

/** The first 14 bits name the register, which keeps the greatest number of leading zeros of the rest, plus 1. */
function raise(registers: Uint8Array, hash: number): void {
  const upper = Math.floor(hash / 2 ** 21)
  const lower = hash - upper * 2 ** 21
  const index = upper >>> (32 - INDEX_BITS)
  const rest = (upper << INDEX_BITS) >>> 0
  // The rest is 18 bits here, of which the first set one decides, and the 21 bits below them.
  const zeros =
    rest !== 0 ? Math.clz32(rest) : 32 - INDEX_BITS + (lower === 0 ? 21 : Math.clz32(lower) - 11)
  if (zeros + 1 > (registers[index] ?? 0)) registers[index] = zeros + 1
}

/** Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6. */
function estimateOf(registers: Uint8Array): number {
  const counts = new Float64Array(REST_BITS + 2)
  for (let i = 0; i < REGISTERS; i++) {
    const value = registers[i] ?? 0
    counts[value] = (counts[value] ?? 0) + 1
  }
  let z = REGISTERS * tau(1 - (counts[REST_BITS + 1] ?? 0) / REGISTERS)
  for (let k = REST_BITS; k >= 1; k--) z = 0.5 * (z + (counts[k] ?? 0))
  z += REGISTERS * sigma((counts[0] ?? 0) / REGISTERS)
  return REGISTERS ** 2 / (2 * Math.LN2 * z)
}

function sigma(share: number): number {
  if (share === 1) return Number.POSITIVE_INFINITY
  let [x, y, z] = [share, 1, share]
  for (;;) {
    x *= x
    const before = z
    z += x * y
    y += y
    if (z === before) return z
  }
}

function tau(share: number): number {
  if (share === 0 || share === 1) return 0
  let [x, y, z] = [share, 1, 1 - share]
  for (;;) {
    x = Math.sqrt(x)
    const before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
    if (z === before) return z / 3
  }
}
