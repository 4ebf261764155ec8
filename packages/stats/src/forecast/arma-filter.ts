import { autocovariances, psiWeights } from './arma.ts'

/** One-step errors of several series under one model, and their variances in units of the innovations'. */
export interface Filtered {
  /** By series; NaN where the value is missing, and where a diffuse start leaves nothing to say. */
  readonly errors: readonly Float64Array[]
  readonly variances: Float64Array
  /** State behind the last value by series: its first entry is the next forecast of the ARMA part. */
  readonly states: readonly Float64Array[]
  /** Values that count for the likelihood, and Σ log variance over them. */
  readonly count: number
  readonly logs: number
}

interface Start {
  readonly r: number
  readonly phi: Float64Array
  readonly theta: Float64Array
  readonly gamma: Float64Array
  readonly psi: Float64Array
}

/** φ and θ filled up to the length of the state, Harvey's max(p, q + 1), with θ₀ = 1 in front. */
function startOf(phi: Float64Array, theta: Float64Array): Start | null {
  const r = Math.max(phi.length, theta.length + 1)
  const gamma = autocovariances(phi, theta, r + 1)
  if (gamma === null) return null
  const padded = new Float64Array(r)
  padded.set(phi)
  const moving = new Float64Array(r)
  moving[0] = 1
  moving.set(theta, 1)
  return { r, phi: padded, theta: moving, gamma, psi: psiWeights(phi, theta, r + 1) }
}

/**
 * Exact innovations of complete series under a stationary ARMA model, by the recursion of Morf, Sidhu and Kailath (1974;
 * Pearlman 1980): the change of the state's variance has rank one, so that a step costs O(r), not O(r²). Null
 * when the model is too close to a unit root.
 */
export function filterArma(
  phi: Float64Array,
  theta: Float64Array,
  series: readonly Float64Array[],
): Filtered | null {
  const start = startOf(phi, theta)
  if (start === null) return null
  const { r, phi: ar, theta: ma, gamma, psi } = start
  // Covariance of the next state with the present value.
  const gain = new Float64Array(r)
  for (let i = 0; i < r; i++) {
    let sum = 0
    for (let k = 0; i + k < r; k++) sum += (ar[i + k] as number) * (gamma[k] as number)
    for (let k = 1; i + k < r; k++) sum += (ma[i + k] as number) * (psi[k - 1] as number)
    gain[i] = sum
  }
  const change = gain.slice()
  let variance = gamma[0] as number
  let factor = -1 / variance
  const n = series[0]?.length ?? 0
  const states = series.map(() => new Float64Array(r))
  const errors = series.map(() => new Float64Array(n))
  const variances = new Float64Array(n)
  let logs = 0
  let settled = false
  for (let t = 0; t < n; t++) {
    variances[t] = variance
    logs += Math.log(variance)
    for (let s = 0; s < series.length; s++) {
      const state = states[s] as Float64Array
      const head = state[0] as number
      const error = ((series[s] as Float64Array)[t] as number) - head
      ;(errors[s] as Float64Array)[t] = error
      const scaled = error / variance
      for (let i = 0; i < r; i++) {
        const next = i + 1 < r ? (state[i + 1] as number) : 0
        state[i] = (ar[i] as number) * head + next + (gain[i] as number) * scaled
      }
    }
    if (settled) continue
    const g = change[0] as number
    let most = 0
    const before = variance
    variance += g * g * factor
    if (!(variance > 0)) return null
    for (let i = 0; i < r; i++) {
      const moved = (ar[i] as number) * g + (i + 1 < r ? (change[i + 1] as number) : 0)
      const held = gain[i] as number
      change[i] = moved - (held / before) * g
      gain[i] = held + moved * factor * g
      most = Math.max(most, Math.abs(change[i] as number))
    }
    factor *= before / variance
    // No entry of the variance can change by as much as rounding any more.
    settled = most * most * Math.abs(factor) < 1e-17 * variance
  }
  return { errors, variances, states, count: n, logs }
}

/** Variance of a diffuse start in units of the innovations', and from where on an error says nothing; as in R. */
const DIFFUSE = 1e6
const UNTOLD = 1e4

/**
 * The same for series with missing values (NaN, at the same places in all) and with differences, `delta` being the
 * coefficients of (1 − B)^d (1 − B^m)^D from lag 1 on, negated: a Kalman filter over Harvey's state followed by as many
 * past values, which begin diffuse (Harvey 1989; Gardner, Harvey and Phillips 1980). O((r + delta)²) for each step.
 */
export function filterArima(
  phi: Float64Array,
  theta: Float64Array,
  delta: Float64Array,
  series: readonly Float64Array[],
): Filtered | null {
  const start = startOf(phi, theta)
  if (start === null) return null
  const { r, phi: ar } = start
  const d = delta.length
  const size = r + d
  let p = firstVariance(start, size)
  for (let i = r; i < size; i++) p[i * size + i] = DIFFUSE
  const observed = (row: Float64Array, offset: number): number => {
    let sum = row[offset] as number
    for (let i = 0; i < d; i++) sum += (delta[i] as number) * (row[offset + r + i] as number)
    return sum
  }
  const n = series[0]?.length ?? 0
  const states = series.map(() => new Float64Array(size))
  const errors = series.map(() => new Float64Array(n).fill(Number.NaN))
  const variances = new Float64Array(n).fill(Number.NaN)
  const gain = new Float64Array(size)
  let moved = new Float64Array(size * size)
  let count = 0
  let logs = 0
  for (let t = 0; t < n; t++) {
    if (!Number.isNaN(series[0]?.[t])) {
      for (let i = 0; i < size; i++) gain[i] = observed(p, i * size)
      const variance = observed(gain, 0)
      if (!(variance > 0)) return null
      const told = variance < UNTOLD
      variances[t] = variance
      if (told) {
        count++
        logs += Math.log(variance)
      }
      for (let s = 0; s < series.length; s++) {
        const state = states[s] as Float64Array
        const error = ((series[s] as Float64Array)[t] as number) - observed(state, 0)
        if (told) (errors[s] as Float64Array)[t] = error
        for (let i = 0; i < size; i++) {
          state[i] = (state[i] as number) + ((gain[i] as number) * error) / variance
        }
      }
      for (let i = 0; i < size; i++) {
        const share = (gain[i] as number) / variance
        for (let j = 0; j < size; j++) {
          p[i * size + j] = (p[i * size + j] as number) - share * (gain[j] as number)
        }
      }
    }
    for (const state of states) advance(state, ar, delta)
    ;[p, moved] = [transitioned(p, moved, ar, delta, size), p]
    addInnovation(p, start.theta, size)
  }
  return { errors, variances, states, count, logs }
}

/** One step of the state without a new innovation. */
export function advance(state: Float64Array, phi: Float64Array, delta: Float64Array): void {
  const r = phi.length
  const head = state[0] as number
  let value = head
  for (let i = 0; i < delta.length; i++) value += (delta[i] as number) * (state[r + i] as number)
  for (let i = 0; i < r; i++) {
    state[i] = (phi[i] as number) * head + (i + 1 < r ? (state[i + 1] as number) : 0)
  }
  for (let i = delta.length - 1; i > 0; i--) state[r + i] = state[r + i - 1] as number
  if (delta.length > 0) state[r] = value
}

/** T P Tᵀ into `out`; P is used up as working space for T P. */
function transitioned(
  p: Float64Array,
  out: Float64Array<ArrayBuffer>,
  phi: Float64Array,
  delta: Float64Array,
  size: number,
): Float64Array<ArrayBuffer> {
  // Rows of out are columns of P after T; the second pass does the same to the rows.
  const row = new Float64Array(size)
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) row[i] = p[i * size + j] as number
    advance(row, phi, delta)
    for (let i = 0; i < size; i++) out[i * size + j] = row[i] as number
  }
  for (let i = 0; i < size; i++) advance(out.subarray(i * size, (i + 1) * size), phi, delta)
  return out
}

function addInnovation(p: Float64Array, theta: Float64Array, size: number): void {
  for (let i = 0; i < theta.length; i++) {
    for (let j = 0; j < theta.length; j++) {
      const at = i * size + j
      p[at] = (p[at] as number) + (theta[i] as number) * (theta[j] as number)
    }
  }
}

/**
 * Variance of the stationary state in the upper left of a matrix of the given size. Its first column follows from the
 * autocovariances, and the rest from P = T P Tᵀ + R Rᵀ, which ties an entry to the next one down the diagonal.
 */
function firstVariance(
  { r, phi, theta, gamma, psi }: Start,
  size: number,
): Float64Array<ArrayBuffer> {
  const p = new Float64Array(size * size)
  for (let j = 0; j < r; j++) {
    let sum = 0
    for (let k = 0; j + k < r; k++) {
      sum +=
        (phi[j + k] as number) * (gamma[k + 1] as number) +
        (theta[j + k] as number) * (psi[k] as number)
    }
    p[j] = sum
    p[j * size] = sum
  }
  const first = p[0] as number
  for (let i = r - 1; i >= 1; i--) {
    for (let j = r - 1; j >= i; j--) {
      const [a, b] = [phi[i] as number, phi[j] as number]
      const value =
        a * b * first +
        a * (j + 1 < r ? (p[j + 1] as number) : 0) +
        b * (i + 1 < r ? (p[i + 1] as number) : 0) +
        (j + 1 < r && i + 1 < r ? (p[(i + 1) * size + j + 1] as number) : 0) +
        (theta[i] as number) * (theta[j] as number)
      p[i * size + j] = value
      p[j * size + i] = value
    }
  }
  return p
}
