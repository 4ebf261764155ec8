/** Values of which the distribution is looked at. */
const SPAN = 150
const BINS = 10
/** Distributions remembered. */
const MEMORIES = 12
/** Shares of a bin are never nothing: a tenth of a value is added to each. */
const SMOOTHING = 0.1
/** From this distance on a distribution is a new one: it is the χ² of 4 degrees at 99 %, the useful degrees of ten bins. */
const NOVEL = 13.3
/** How fast a remembered distribution follows those that it is recognised in. */
const RATE = 0.02
/** Values after which what went before the last so many no longer stretches the scale. */
const RANGE_BLOCK = 4_000

/** n · ln(n / SPAN) of counts. */
const ENTROPY: Float64Array = Float64Array.from({ length: SPAN + 1 }, (_, n) =>
  n === 0 ? 0 : n * Math.log(n / SPAN),
)

/** Two scales: even bins, and bins that are finer towards the least value, for what is skewed to the right. */
const SCALES = 2

/**
 * Recognises behaviour: the distribution of the latest 150 values over ten bins of the range seen, on an even and on a
 * square-root scale, against the distributions that were there before. The distance to the nearest of them is the statistic
 * of the likelihood ratio, 2 n · KL (Wang, Viswanathan, Choudur, Talwar, Satterfield and Schwan 2011); what is near none is remembered
 * as a new one, the least recently recognised forgotten. So a behaviour that comes back is known, whatever it is.
 *
 * Cost per value: 2 · 12 · 10 multiplications; when the range grows, the latest values are binned again.
 */
export class PatternMemory {
  /** The latest values as shares of the range, so that single precision does. */
  readonly #latest = new Float32Array(SPAN)
  readonly #counts = new Uint8Array(BINS * SCALES)
  /** Logarithms of the shares of remembered distributions. */
  readonly #logShares = new Float32Array(MEMORIES * BINS * SCALES)
  /** 0 for the memory recognised last, 1 for the one before it, and so on. */
  readonly #ages = new Uint8Array(MEMORIES * SCALES)
  readonly #known = new Uint8Array(SCALES)
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  #seen = 0
  #blockLow = Number.POSITIVE_INFINITY
  #blockHigh = Number.NEGATIVE_INFINITY

  static get span(): number {
    return SPAN
  }

  get bytes(): number {
    return (
      this.#latest.byteLength +
      this.#counts.byteLength +
      this.#logShares.byteLength +
      this.#ages.byteLength
    )
  }

  /** Greatest less least value of the past; 0 where nothing varied. */
  get range(): number {
    const range = this.#high - this.#low
    return range > 0 ? range : 0
  }

  /** The value that was added `back` values ago, 0 for the last, to single precision of the range. */
  latest(back: number): number {
    const share = this.#latest[(this.#seen - 1 - back) % SPAN] as number
    return this.#low + share * this.range
  }

  /** Of the value added last: distances to the nearest remembered distribution, on the even and on the square-root scale. */
  readonly distances: Float64Array = new Float64Array(SCALES)

  /** Adds a value; false while there are fewer than 150, and no distances. */
  add(value: number): boolean {
    this.#stretch(value)
    const slot = this.#seen % SPAN
    const range = this.range
    const share = range > 0 ? (value - this.#low) / range : 0
    const leaving = this.#latest[slot] as number
    this.#latest[slot] = share
    // Both in single precision: a share has to leave the bin that it was counted in.
    const entering = Math.fround(share)
    for (let s = 0; s < SCALES; s++) {
      if (this.#seen >= SPAN) this.#count(s, binOf(s, leaving), -1)
      this.#count(s, binOf(s, entering), 1)
    }
    this.#seen++
    if (this.#seen < SPAN) return false
    for (let s = 0; s < SCALES; s++) this.distances[s] = this.#recognise(s)
    return true
  }

  state(): PatternMemoryState {
    const seen = this.#seen
    return {
      seen,
      bounds: seen === 0 ? [] : [this.#low, this.#high, this.#blockLow, this.#blockHigh],
      latest: [...this.#latest],
      logShares: [...this.#logShares],
      ages: [...this.#ages],
      known: [...this.#known],
    }
  }

  static from(state: PatternMemoryState): PatternMemory {
    const memory = new PatternMemory()
    if (state.seen === 0) return memory
    memory.#seen = state.seen
    const [low = 0, high = 0, blockLow = 0, blockHigh = 0] = state.bounds
    memory.#low = low
    memory.#high = high
    memory.#blockLow = blockLow
    memory.#blockHigh = blockHigh
    memory.#latest.set(state.latest)
    memory.#logShares.set(state.logShares)
    memory.#ages.set(state.ages)
    memory.#known.set(state.known)
    memory.#binAll()
    return memory
  }

  #count(scale: number, bin: number, by: number): void {
    const at = scale * BINS + bin
    this.#counts[at] = (this.#counts[at] as number) + by
  }

  /** Distance of the latest values from the nearest memory, which learns them if they are like it. */
  #recognise(scale: number): number {
    const counts = this.#counts
    const first = scale * BINS
    let entropy = 0
    for (let b = 0; b < BINS; b++) entropy += ENTROPY[counts[first + b] as number] as number
    let nearest = -1
    let least = Number.POSITIVE_INFINITY
    const known = this.#known[scale] as number
    for (let k = 0; k < known; k++) {
      const from = (scale * MEMORIES + k) * BINS
      let distance = entropy
      for (let b = 0; b < BINS; b++)
        distance -= (counts[first + b] as number) * (this.#logShares[from + b] as number)
      if (distance < least) {
        least = distance
        nearest = k
      }
    }
    const distance = Math.max(0, 2 * least)
    if (nearest < 0 || distance > NOVEL) this.#remember(scale)
    else this.#learn(scale, nearest)
    return nearest < 0 ? 0 : distance
  }

  #remember(scale: number): void {
    let k = this.#known[scale] as number
    if (k < MEMORIES) {
      this.#known[scale] = k + 1
      this.#ages[scale * MEMORIES + k] = MEMORIES - 1
    } else {
      k = 0
      for (let other = 1; other < MEMORIES; other++) {
        const [a, b] = [scale * MEMORIES + other, scale * MEMORIES + k]
        if ((this.#ages[a] as number) > (this.#ages[b] as number)) k = other
      }
    }
    this.#rejuvenate(scale, k)
    const from = (scale * MEMORIES + k) * BINS
    for (let b = 0; b < BINS; b++) this.#logShares[from + b] = Math.log(this.#share(scale, b))
  }

  #learn(scale: number, k: number): void {
    this.#rejuvenate(scale, k)
    const from = (scale * MEMORIES + k) * BINS
    for (let b = 0; b < BINS; b++) {
      const before = Math.exp(this.#logShares[from + b] as number)
      this.#logShares[from + b] = Math.log(before + RATE * (this.#share(scale, b) - before))
    }
  }

  #rejuvenate(scale: number, k: number): void {
    const ages = this.#ages
    const age = ages[scale * MEMORIES + k] as number
    if (age === 0) return
    for (let i = scale * MEMORIES; i < (scale + 1) * MEMORIES; i++)
      if ((ages[i] as number) < age) ages[i] = (ages[i] as number) + 1
    ages[scale * MEMORIES + k] = 0
  }

  #share(scale: number, bin: number): number {
    const count = this.#counts[scale * BINS + bin] as number
    return (count + SMOOTHING) / (SPAN + SMOOTHING * BINS)
  }

  /** Makes room for a value, and gives up room that was needed more than two blocks ago. */
  #stretch(value: number): void {
    let [low, high] = [Math.min(this.#low, value), Math.max(this.#high, value)]
    if (this.#seen > 0 && this.#seen % RANGE_BLOCK === 0) {
      // Once in a block what stretched the range earlier is forgotten; memories on another scale would be strangers.
      const [blockLow, blockHigh] = [
        Math.min(this.#blockLow, value),
        Math.max(this.#blockHigh, value),
      ]
      if (blockHigh - blockLow < (high - low) / 2) {
        low = blockLow
        high = blockHigh
        this.#known.fill(0)
      }
      this.#blockLow = value
      this.#blockHigh = value
    }
    this.#blockLow = Math.min(this.#blockLow, value)
    this.#blockHigh = Math.max(this.#blockHigh, value)
    if (low === this.#low && high === this.#high) return
    const [oldLow, oldRange] = [this.#low, this.range]
    this.#low = low
    this.#high = high
    const range = this.range
    const [by, to] = range > 0 ? [oldRange / range, (oldLow - low) / range] : [0, 0]
    const held = Math.min(this.#seen, SPAN)
    for (let i = 0; i < held; i++) this.#latest[i] = (this.#latest[i] as number) * by + to
    this.#binAll()
  }

  #binAll(): void {
    this.#counts.fill(0)
    const held = Math.min(this.#seen, SPAN)
    for (let i = 0; i < held; i++) {
      for (let s = 0; s < SCALES; s++) this.#count(s, binOf(s, this.#latest[i] as number), 1)
    }
  }
}

/** The memory as plain data. */
export interface PatternMemoryState {
  readonly seen: number
  readonly bounds: readonly number[]
  readonly latest: readonly number[]
  readonly logShares: readonly number[]
  readonly ages: readonly number[]
  readonly known: readonly number[]
}

function binOf(scale: number, share: number): number {
  const place = scale === 0 ? share : Math.sqrt(share > 0 ? share : 0)
  const bin = Math.floor(BINS * place)
  return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin
}
