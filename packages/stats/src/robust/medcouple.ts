import { quantileOfSorted, sortedValues } from './quantile.ts'
import { selectByCounting } from './select-pair.ts'

/**
 * Medcouple: skewness within −1 and 1 that 25 % of outliers cannot move (Brys, Hubert and Struyf 2004). It is the median of
 * ((xᵢ − m) − (m − xⱼ)) / (xᵢ − xⱼ) over all xᵢ at or above and xⱼ at or below the median m. 0 for symmetric values and for
 * fewer than three. The pairs are counted, not made: O(n log n), to the last bits of the answer.
 */
export function medcouple(values: ArrayLike<number>): number {
  const sorted = sortedValues(values)
  if (sorted.length < 3) return 0
  const middle = quantileOfSorted(sorted, 0.5)
  const upper = sorted.map((x) => x / 2 - middle / 2).filter((z) => z >= 0)
  const lower = sorted.map((x) => x / 2 - middle / 2).filter((z) => z <= 0)
  const ties = lower.filter((z) => z === 0).length
  // Values at the median, each paired with each: as many count −1 as 1, and 0 stands for the rest.
  const tiedPairs = (t: number): number => {
    const one = (ties * (ties - 1)) / 2
    return t >= 1 ? ties * ties : t >= 0 ? one + ties : one
  }
  const above = upper.length - ties
  const below = lower.length - ties
  const count = (t: number): number => {
    // Pairs of a tie with a value below the median are −1, with one above it 1.
    let pairs = tiedPairs(t) + ties * below + (t >= 1 ? ties * above : 0)
    let j = below
    // As xᵢ rises, fewer of the lower values give at most t.
    for (let i = ties; i < upper.length; i++) {
      const a = upper[i] ?? 0
      while (j > 0 && kernel(a, lower[j - 1] ?? 0) > t) j--
      pairs += j
    }
    return pairs
  }
  const all = upper.length * lower.length
  const first = selectByCounting(count, Math.floor((all + 1) / 2), -1, 1)
  const second = selectByCounting(count, Math.floor(all / 2) + 1, -1, 1)
  return (first + second) / 2
}

/** For a > 0 and b < 0, without overflow of the difference. */
function kernel(a: number, b: number): number {
  const size = Math.max(a, -b)
  return (a / size + b / size) / (a / size - b / size)
}
