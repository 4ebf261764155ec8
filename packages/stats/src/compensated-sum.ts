/**
 * A sum of doubles that does not lose what rounding takes away (Neumaier 1974): beside the sum, the
 * lost parts are summed. The error is about that of one rounding of the result, plus a term in the
 * square of the machine precision that grows with the number of values.
 *
 * The state is a record of `SUM_WIDTH` doubles, [sum, lost], in a Float64Array from `at` on, so that
 * many of them can share an array. All zero is the empty sum.
 */
export const SUM_WIDTH = 2

export function createSum(): Float64Array {
  return new Float64Array(SUM_WIDTH)
}

/** Adds one value. Constant time, no allocation. */
export function addToSum(record: Float64Array, value: number, at = 0): void {
  const sum = record[at] ?? 0
  const next = sum + value
  record[at + 1] =
    (record[at + 1] ?? 0) +
    (Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum)
  record[at] = next
}

/** Adds the sum of `from` to that of `into`; the result is that of all values up to rounding. */
export function mergeSums(into: Float64Array, from: Float64Array, at = 0, fromAt = 0): void {
  const lost = from[fromAt + 1] ?? 0
  addToSum(into, from[fromAt] ?? 0, at)
  into[at + 1] = (into[at + 1] ?? 0) + lost
}

/** Takes back a merge. What is left is within rounding of the largest sum there was in between. */
export function retractSum(into: Float64Array, from: Float64Array, at = 0, fromAt = 0): void {
  const lost = from[fromAt + 1] ?? 0
  addToSum(into, -(from[fromAt] ?? 0), at)
  into[at + 1] = (into[at + 1] ?? 0) - lost
}

/** The sum; not a finite number once a partial sum was beyond the range of a double. */
export function sumOf(record: Float64Array, at = 0): number {
  return (record[at] ?? 0) + (record[at + 1] ?? 0)
}
