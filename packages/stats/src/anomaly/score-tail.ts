const BINS = 62
/** Width of a bin on the scale ln(1 + score): the last one begins at a score of 1,500. */
const WIDTH = 0.12
/** Scores after which the counts are halved: what is older than about as many fades. */
const MEMORY = 20_000
/** Share of the scores, and least number of them, that the shape of the tail is taken from. */
const TAIL_SHARE = 0.02
const LEAST_TAIL = 10
/** Least mean excess: scores that were all alike tell nothing of the next order of magnitude. */
const LEAST_EXCESS = 0.05
/** Of two scores beyond all before, the rarer one may count as this much rarer at most. */
const GREATEST_RARITY = 16
/** Scores rarer than this are unusual: once in 1,000. They hardly count as long as no more than two in 1,000 come. */
const RARE = 3
const ALLOWANCE = 0.002
const GREATEST_ALLOWANCE = 4
const RARE_WEIGHT = 0.05
const LN10 = Math.LN10

/**
 * How rare a score is among those before it: −log10 of the share of scores at least as high. This is a conformal p-value,
 * valid whatever the scores are distributed like, as long as they are exchangeable. Beyond the greatest score seen, the tail
 * goes on exponentially in ln(1 + score) with the mean excess of the top 2 % — Hill's estimator (1975), the generalised
 * Pareto tail of scores that are themselves heavy-tailed. 62 counters of 4 bytes; constant time.
 */
export class ScoreTail {
  readonly #counts: Float32Array
  #total = 0
  #allowance = 1
  /** Weight of the scores of the present run of rare ones; 0 outside of one. */
  #run = 0

  /** With the state of another, or empty. */
  constructor(state?: ScoreTailState) {
    this.#counts = new Float32Array(BINS)
    if (state === undefined) return
    this.#counts.set(state.counts)
    this.#total = state.total
    this.#allowance = state.allowance
    this.#run = state.run
  }

  get bytes(): number {
    return this.#counts.byteLength + 3 * 8
  }

  clear(): void {
    this.#counts.fill(0)
    this.#total = 0
  }

  state(): ScoreTailState {
    return {
      counts: [...this.#counts],
      total: this.#total,
      allowance: this.#allowance,
      run: this.#run,
    }
  }

  /** Scores added, each fading. */
  get total(): number {
    return this.#total
  }

  /** 0 without scores; at most 16. Scores below 0 count as 0. */
  rarity(score: number): number {
    const total = this.#total
    if (total === 0) return 0
    const place = Math.min(BINS - 0.001, Math.log1p(Math.max(0, score)) / WIDTH)
    const bin = Math.floor(place)
    const counts = this.#counts
    let above = (counts[bin] as number) * (1 - (place - bin))
    for (let i = bin + 1; i < BINS; i++) above += counts[i] as number
    const seen = Math.log10((total + 1) / (above + 1))
    return above >= 1 ? seen : Math.min(GREATEST_RARITY, seen + this.#beyond(place))
  }

  /** How much rarer than the rarest of all is a place behind it. */
  #beyond(place: number): number {
    const counts = this.#counts
    const wanted = Math.max(LEAST_TAIL, TAIL_SHARE * this.#total)
    let top = -1
    let held = 0
    let i = BINS - 1
    for (; i >= 0 && held < wanted; i--) {
      if (top < 0 && (counts[i] as number) >= 0.5) top = i
      held += counts[i] as number
    }
    let excess = 0
    for (let j = i + 1; j < BINS; j++) excess += (counts[j] as number) * (j - i - 0.5)
    const mean = Math.max(LEAST_EXCESS, held > 0 ? (WIDTH * excess) / held : 0)
    return (WIDTH * Math.max(0, place - top - 1)) / mean / LN10
  }

  /** Least score that no more than `share` of those seen exceed. */
  quantile(share: number): number {
    let above = share * this.#total
    for (let i = BINS - 1; i >= 0; i--) {
      const count = this.#counts[i] as number
      if (count > above) return Math.expm1((i + 1 - above / count) * WIDTH)
      above -= count
    }
    return 0
  }

  add(score: number): void {
    this.#weigh(score, 1)
  }

  /**
   * Adds a score of which the rarity is known. Rare ones hardly count, so that an anomaly does not hide the next one, as long as
   * they come about as often as their rarity says: there is an allowance that grows at that rate. Without allowance
   * they count in full, so that the rate of alarms stays what it is called. Rare scores in a row are one.
   */
  learn(score: number, rarity: number): void {
    this.#allowance = Math.min(GREATEST_ALLOWANCE, this.#allowance + ALLOWANCE)
    if (rarity < RARE) this.#run = 0
    else if (this.#run === 0) {
      this.#run = this.#allowance >= 1 ? RARE_WEIGHT : 1
      if (this.#allowance >= 1) this.#allowance--
    }
    this.#weigh(score, this.#run === 0 ? 1 : this.#run)
  }

  #weigh(score: number, weight: number): void {
    const bin = Math.min(BINS - 1, Math.floor(Math.log1p(Math.max(0, score)) / WIDTH))
    const counts = this.#counts
    counts[bin] = (counts[bin] as number) + weight
    this.#total += weight
    if (this.#total < MEMORY) return
    this.#total = 0
    for (let i = 0; i < BINS; i++) {
      counts[i] = (counts[i] as number) / 2
      this.#total += counts[i] as number
    }
  }
}

/** The tail as plain data. */
export interface ScoreTailState {
  readonly counts: readonly number[]
  readonly total: number
  readonly allowance: number
  readonly run: number
}
