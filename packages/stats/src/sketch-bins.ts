import { checkWithin } from './checks.ts'

/**
 * Bins of the quantile sketch: a number becomes a 16-bit integer from which it can be told to 1 %.
 *
 * The mapping is that of DDSketch (Masson, Rim, Lee 2019). Bin i of the positive numbers covers
 * (γ^(i−1), γ^i] with γ = (1 + a) / (1 − a), and 2γ^i / (γ + 1) is within a of all of it. Here i is
 * shifted so that 1 … 32767 are the positive bins, 0 is zero and −b mirrors b. So:
 *
 * - sorting bins sorts values: x ≤ y implies binOf(x) ≤ binOf(y);
 * - counts of equal bins add up: a merged sketch equals the sketch of everything;
 * - the bin of a stored value never depends on other values, so it is computed once, at ingest.
 *
 * Range: 1e-142 ≤ |x| ≤ 1e142. Nearer to zero than that, a value counts as ±1e-142 (bin ±1, its sign
 * and order are kept); beyond it, and for ±Infinity, as ±1e142 (bin ±32767).
 */

/** Relative error that is guaranteed within the range. */
export const SKETCH_RELATIVE_ERROR = 0.01

/**
 * The mapping is built a little finer than it promises, so that rounding of the logarithm at the
 * edge of a bin (below 1e-11 of a bin) cannot break the promise.
 */
const BUILT_ERROR = SKETCH_RELATIVE_ERROR * (1 - 1e-7)

/** Ratio of the upper to the lower edge of a bin. */
export const SKETCH_GAMMA: number = (1 + BUILT_ERROR) / (1 - BUILT_ERROR)

/** Bin of the number 1: bin b > 0 covers (γ^(b − offset − 1), γ^(b − offset)]. */
export const SKETCH_BIN_OFFSET = 16_384

/** Greatest bin; the least is its negative. */
export const SKETCH_MAX_BIN = 32_767

/** What `binOf` answers for NaN, which has no place among the others: store null instead. */
export const SKETCH_NAN_BIN = -32_768

const BINS_PER_NAT = 1 / Math.log(SKETCH_GAMMA)
const NATS_PER_BIN = Math.log(SKETCH_GAMMA)
const MIDDLE = 2 / (SKETCH_GAMMA + 1)

/** Bin of a number: an integer from −32767 to 32767. Constant time, no allocation. */
export function binOf(value: number): number {
  if (value > 0) {
    const bin = Math.ceil(Math.log(value) * BINS_PER_NAT) + SKETCH_BIN_OFFSET
    return bin < 1 ? 1 : bin > SKETCH_MAX_BIN ? SKETCH_MAX_BIN : bin
  }
  if (value < 0) return -binOf(-value)
  return value === 0 ? 0 : SKETCH_NAN_BIN
}

/** A number within 1 % of every number of the bin; NaN for the bin of NaN. */
export function valueOf(bin: number): number {
  if (bin > 0) return Math.exp((bin - SKETCH_BIN_OFFSET) * NATS_PER_BIN) * MIDDLE
  if (bin === 0) return 0
  return bin === SKETCH_NAN_BIN ? Number.NaN : -valueOf(-bin)
}

/**
 * The q-quantile by nearest rank: the value of the first bin at which the share of counts up to and
 * including it reaches q. `bins` ascend, `counts[i]` belongs to `bins[i]` and is not negative
 * (weights need not be whole). q = 0 is the least, q = 1 the greatest. Null when nothing was counted.
 * Throws a StatsError when q is not within 0 and 1.
 */
export function quantileFromBins(
  bins: ArrayLike<number>,
  counts: ArrayLike<number>,
  q: number,
): number | null {
  const at = nearestRankIndex(counts, q)
  return at === null ? null : valueOf(bins[at] ?? 0)
}

/** Index of the first positive count at which the cumulative share reaches q, or null without counts. */
export function nearestRankIndex(counts: ArrayLike<number>, q: number): number | null {
  checkWithin(q, 0, 1, 'q')
  let total = 0
  for (let i = 0; i < counts.length; i++) total += counts[i] ?? 0
  if (!(total > 0)) return null
  let seen = 0
  let last = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i] ?? 0
    if (count <= 0) continue
    seen += count
    last = i
    // The quotient, not q × total: 7 of 100 are 0.07, while 0.07 × 100 rounds to more than 7.
    if (seen / total >= q) return i
  }
  return last
}
