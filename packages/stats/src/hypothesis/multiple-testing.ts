import { checkBetween, checkValues, checkWithin } from '../checks.ts'

/** An ascending order of p-values, all within [0, 1]. */
function ordered(pValues: ArrayLike<number>): Uint32Array {
  checkValues(pValues, 0, 'pValues')
  for (let i = 0; i < pValues.length; i++) checkWithin(pValues[i] ?? 0, 0, 1, `pValues[${i}]`)
  return Uint32Array.from({ length: pValues.length }, (_, i) => i).sort(
    (a, b) => (pValues[a] ?? 0) - (pValues[b] ?? 0),
  )
}

/**
 * Holm's adjusted p-values (1979): rejecting those at most α keeps the chance of any false rejection below α, however the tests
 * depend on one another. O(n log n).
 */
export function holm(pValues: ArrayLike<number>): Float64Array {
  const order = ordered(pValues)
  const n = order.length
  const out = new Float64Array(n)
  let greatest = 0
  for (const [i, index] of order.entries()) {
    greatest = Math.max(greatest, Math.min(1, (n - i) * (pValues[index] ?? 0)))
    out[index] = greatest
  }
  return out
}

/** p · n · factor / rank, made to rise with p. */
function stepUp(pValues: ArrayLike<number>, factor: number): Float64Array {
  const order = ordered(pValues)
  const n = order.length
  const out = new Float64Array(n)
  let least = 1
  for (let i = n - 1; i >= 0; i--) {
    const index = order[i] ?? 0
    least = Math.min(least, ((pValues[index] ?? 0) * n * factor) / (i + 1))
    out[index] = least
  }
  return out
}

/**
 * Adjusted p-values of Benjamini and Hochberg (1995): rejecting those at most q keeps the expected share of false ones among the
 * rejected below q, for tests that are independent or positively dependent. O(n log n).
 */
export function benjaminiHochberg(pValues: ArrayLike<number>): Float64Array {
  return stepUp(pValues, 1)
}

/** The same for any dependence (Benjamini and Yekutieli 2001): greater by the harmonic sum of n. */
export function benjaminiYekutieli(pValues: ArrayLike<number>): Float64Array {
  let harmonic = 0
  for (let i = 1; i <= pValues.length; i++) harmonic += 1 / i
  return stepUp(pValues, harmonic)
}

/**
 * q-values of Storey (2002): those of Benjamini and Hochberg times an estimate of the share of true hypotheses, from the p-values
 * above λ (default ½; one is added to their number, so that it is never 0). O(n log n).
 */
export function storey(
  pValues: ArrayLike<number>,
  lambda = 0.5,
): { readonly qValues: Float64Array; readonly trueShare: number } {
  checkBetween(lambda, 0, 1, 'lambda')
  const n = pValues.length
  let above = 0
  for (let i = 0; i < n; i++) if ((pValues[i] ?? 0) > lambda) above++
  const trueShare = n === 0 ? 1 : Math.min(1, (above + 1) / (n * (1 - lambda)))
  return { qValues: stepUp(pValues, trueShare), trueShare }
}
