/**
 * A distribution as a table of its quantiles, read by straight lines: a sample costs two look-ups and no
 * logarithm. The upper tail has tables of its own, each for the last 1/256 of the one before, so that
 * heavy tails are not cut.
 *
 * Entries are rounded to 2^-20 of their size: what `Math.exp` and its kind answer may differ in the last
 * bit from engine to engine, and the numbers drawn must not.
 */
export type QuantileTable = Float64Array

const BINS = 1024
const LEVELS = 3
const TAIL = 1 / 256

/** Tabulates an inverse distribution function over [0, 1). */
export function quantileTable(inverse: (probability: number) => number): QuantileTable {
  const table = new Float64Array(LEVELS * (BINS + 1))
  for (let level = 0; level < LEVELS; level++) {
    // A level covers [1 - TAIL^level, 1 - TAIL^(level + 1)], the last one all that is left.
    const width = TAIL ** level
    const from = 1 - width
    const share = level === LEVELS - 1 ? 1 - 1 / (4 * BINS) : 1 - TAIL
    for (let bin = 0; bin <= BINS; bin++) {
      table[level * (BINS + 1) + bin] = rounded(inverse(from + width * share * (bin / BINS)))
    }
  }
  return table
}

/** The value below which this share of [0, 1) lies. */
export function quantile(table: QuantileTable, share: number): number {
  let level = 0
  let left = share
  while (level < LEVELS - 1 && left >= 1 - TAIL) {
    left = (left - (1 - TAIL)) / TAIL
    level++
  }
  const place = (level === LEVELS - 1 ? left : left / (1 - TAIL)) * BINS
  const bin = Math.floor(place)
  const at = level * (BINS + 1) + bin
  const low = table[at] ?? 0
  return low + ((table[at + 1] ?? low) - low) * (place - bin)
}

/** Quantiles of a distribution: pairs of share and value, the shares from 0 to 1, the values above 0. */
export type Knots = readonly (readonly [share: number, value: number])[]

/** Between knots the logarithm of the value is a straight line; `power` bends every value by itself. */
export function tableOfKnots(knots: Knots, power = 1): QuantileTable {
  const logs = knots.map(([, value]) => Math.log(value) * power)
  return quantileTable((share) => {
    let i = 1
    while (i < knots.length - 1 && share > (knots[i]?.[0] ?? 1)) i++
    const low = knots[i - 1]?.[0] ?? 0
    const high = knots[i]?.[0] ?? 1
    const part = high > low ? (share - low) / (high - low) : 1
    const from = logs[i - 1] ?? 0
    return Math.exp(from + ((logs[i] ?? from) - from) * part)
  })
}

/** Mean of a table, by its straight lines. */
export function meanOf(table: QuantileTable): number {
  let mean = 0
  for (let level = 0; level < LEVELS; level++) {
    const share = TAIL ** level * (level === LEVELS - 1 ? 1 : 1 - TAIL)
    for (let bin = 0; bin < BINS; bin++) {
      const at = level * (BINS + 1) + bin
      mean += (((table[at] ?? 0) + (table[at + 1] ?? 0)) / 2) * (share / BINS)
    }
  }
  return mean
}

function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return 0
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value))) - 20)
  return Math.round(value / unit) * unit
}
