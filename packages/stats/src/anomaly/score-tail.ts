const BINS = 62
/** Width of a bin on the scale ln(1 + score): the last one begins at a score of 1,500. */
const WIDTH = 0.12
/** Scores after which the counts are halved: what is older than about as many fades. */
const MEMORY = 20_000
/** Share of the scores, and least number of them, that the shape of the tail is taken from. */
const TAIL_SHARE = 0.02
const LEAST_TAIL = 20
/** How far the middle of a bin is from the beginning of one so many before it, as a share of 1 + score there. */
const EXCESS: Float64Array = Float64Array.from({ length: BINS }, (_, i) =>
  Math.expm1((i + 0.5) * WIDTH),
)
/** So many scores at least as high tell their share by themselves. */
const KNOWN = 10
/** An exponential law is believed as if so many scores had said so. */
const PRIOR = 20
/** The 95 % quantile of the normal law. */
const NINETEEN = 1.644_853_626_951_472
/** Nothing is rarer than this. */
const GREATEST_RARITY = 16
/**
 * Scores rarer than this are unusual: once in 10,000. They hardly count as long as no more than one in 1,000 comes. If less rare ones were
 * left out too, the law of the highest scores would be too light where tails are heavy.
 */
const RARE = 4
const ALLOWANCE = 0.001
const GREATEST_ALLOWANCE = 4
const RARE_WEIGHT = 0.05
const LN10 = Math.LN10

/**
 * How rare a score is among those before it: −log10 of the share of scores at least as high. Where ten or more are, this is a
 * conformal p-value, valid whatever the scores are distributed like, as long as they are exchangeable. Where fewer are, the generalised
 * Pareto law of the top 2 % goes on, within what the number of them allows. 62 counters of 4 bytes; constant time.
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
    if (above >= KNOWN) return seen
    const fitted = this.#fitted(place)
    return Math.min(GREATEST_RARITY, Math.max(seen, Math.min(fitted, rarestOf(above, total))))
  }

  /**
   * Rarity of a place by the generalised Pareto law of the highest scores, from exponential to heavy, by probability-weighted moments
   * (Hosking and Wallis 1987): of a fading outlier among them they do not take the square.
   */
  #fitted(place: number): number {
    const counts = this.#counts
    const wanted = Math.max(LEAST_TAIL, TAIL_SHARE * this.#total)
    let held = 0
    let i = BINS
    while (i > 0 && held < wanted) held += counts[--i] as number
    const from = Math.exp(i * WIDTH)
    let sum = 0
    let weighted = 0
    let below = 0
    for (let j = i; j < BINS; j++) {
      const count = counts[j] as number
      const excess = count * from * (EXCESS[j - i] as number)
      sum += excess
      weighted += excess * (held - below - count / 2)
      below += count
    }
    const mean = sum / held
    const other = (2 * weighted) / (held * held)
    // From a half on the law is exponential or lighter, and of equal scores nothing is known.
    const heaviness = other < mean / 2 ? 2 - mean / (mean - other) : 0
    const shape = (heaviness * held) / (held + PRIOR)
    const excess = Math.max(0, Math.exp(place * WIDTH) - from) / (mean * (1 - shape))
    const steps = shape > 0 ? Math.log1p(shape * excess) / shape : excess
    return Math.log10(this.#total / held) + steps / LN10
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

/**
 * Rarity of a score that `above` of `total` reach, if their number is by chance as high as once in twenty: the lower limit of a Poisson
 * mean by the cube root of Wilson and Hilferty (1931). One such score before says little of the rate, five say much.
 */
function rarestOf(above: number, total: number): number {
  if (above < 0.5) return GREATEST_RARITY
  const root = 1 - 1 / (9 * above) - NINETEEN / (3 * Math.sqrt(above))
  return root > 0 ? Math.log10(total / (above * root ** 3)) : GREATEST_RARITY
}
