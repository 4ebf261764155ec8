import { checkWhole } from '../checks.ts'
import { createMatrix, type Matrix } from '../linear/matrix.ts'
import type { RandomSource } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { DIRECTION_NUMBERS } from './direction-numbers.ts'

/** Most dimensions of `sobolPoints`. */
export const SOBOL_DIMENSIONS: number = DIRECTION_NUMBERS.length + 1

const BITS = 30

/**
 * Points of Sobol's sequence in [0, 1)^dimensions, one by row: of the first 2^m, each box of an elementary partition into 2^m holds
 * as many. Their order is that of the Gray code (Antonov and Saleev 1979), as in other implementations; direction numbers of Joe and
 * Kuo (2008), at most 64 dimensions. With `random`, digits are scrambled by a random lower triangular matrix and a shift (Matoušek
 * 1998), which keeps the balance and makes every point uniform. `from` skips points; they have 30 bits, so that
 * from + count is at most 2^30. O(count · dimensions). Throws a StatsError for other numbers.
 */
export function sobolPoints(
  count: number,
  dimensions: number,
  options: { readonly random?: RandomSource; readonly from?: number } = {},
): Matrix {
  const { random, from = 0 } = options
  checkWhole(count, 0, 'count')
  checkWhole(dimensions, 1, 'dimensions')
  checkWhole(from, 0, 'options.from')
  if (dimensions > SOBOL_DIMENSIONS)
    throw new StatsError(
      'out_of_range',
      'dimensions',
      `${dimensions} is above ${SOBOL_DIMENSIONS}, for which there are direction numbers`,
    )
  if (from + count > 2 ** BITS)
    throw new StatsError('out_of_range', 'count', `the sequence has ${2 ** BITS} points`)
  const points = createMatrix(count, dimensions)
  for (let j = 0; j < dimensions; j++) {
    const directions = directionsOf(j)
    let digits = 0
    if (random !== undefined) {
      scramble(directions, random)
      digits = Math.floor(random() * 2 ** BITS)
    }
    const gray = from ^ (from >>> 1)
    for (let k = 0; k < BITS; k++) if ((gray >>> k) & 1) digits ^= directions[k] as number
    for (let i = 0; i < count; i++) {
      points.data[i * dimensions + j] = digits / 2 ** BITS
      // The Gray codes of i and i + 1 differ in the lowest bit of i that is 0.
      const lowest = 31 - Math.clz32(~(from + i) & (from + i + 1))
      digits ^= directions[lowest] as number
    }
  }
  return points
}

/** Direction numbers of one dimension, each as its first 30 binary digits. */
function directionsOf(dimension: number): Int32Array {
  const directions = new Int32Array(BITS + 1)
  const known = DIRECTION_NUMBERS[dimension - 1]
  if (known === undefined) {
    for (let k = 0; k < BITS; k++) directions[k] = 1 << (BITS - 1 - k)
    return directions
  }
  const [polynomial, first] = known
  const degree = first.length
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      directions[k] = (first[k] as number) << (BITS - 1 - k)
      continue
    }
    const before = directions[k - degree] as number
    let value = before ^ (before >>> degree)
    for (let i = 1; i < degree; i++) {
      if ((polynomial >>> (degree - i)) & 1) value ^= directions[k - i] as number
    }
    directions[k] = value
  }
  return directions
}

/** Multiplies the digits of each direction number by one random lower triangular matrix with ones on its diagonal. */
function scramble(directions: Int32Array, random: RandomSource): void {
  const rows = Array.from({ length: BITS }, (_, row) => {
    // Digit `row`, counted from the most significant, mixes in the digits before it.
    const before = Math.floor(random() * 2 ** row) << (BITS - row)
    return before | (1 << (BITS - 1 - row))
  })
  for (let k = 0; k < BITS; k++) {
    const own = directions[k] as number
    let mixed = 0
    for (const [row, mask] of rows.entries()) mixed |= parity(own & mask) << (BITS - 1 - row)
    directions[k] = mixed
  }
}

function parity(word: number): number {
  let x = word
  x ^= x >>> 16
  x ^= x >>> 8
  x ^= x >>> 4
  x ^= x >>> 2
  return (x ^ (x >>> 1)) & 1
}
