/**
 * Polynomials and autocovariances of ARMA models w_t = Σ φ_j w_{t−j} + ε_t + Σ θ_j ε_{t−j}. Coefficients are arrays from
 * lag 1 on: phi[0] is φ₁.
 */

/**
 * Coefficients of a stationary autoregression from any real numbers: their hyperbolic tangents are its partial
 * autocorrelations (Jones 1980).
 */
export function stationaryOf(free: ArrayLike<number>): Float64Array {
  const p = free.length
  const phi = new Float64Array(p)
  const before = new Float64Array(p)
  for (let k = 0; k < p; k++) {
    const partial = Math.tanh(free[k] as number)
    before.set(phi)
    phi[k] = partial
    for (let j = 0; j < k; j++) {
      phi[j] = (before[j] as number) - partial * (before[k - 1 - j] as number)
    }
  }
  return phi
}

/** Whether 1 − Σ φ_j z^j has no root of absolute value `radius` or less. */
export function hasRootsBeyond(phi: ArrayLike<number>, radius: number): boolean {
  const scaled = Float64Array.from(phi, (value, j) => value * radius ** (j + 1))
  for (let k = scaled.length - 1; k >= 0; k--) {
    const partial = scaled[k] as number
    if (!(Math.abs(partial) < 1)) return false
    const before = scaled.slice(0, k)
    for (let j = 0; j < k; j++) {
      scaled[j] =
        ((before[j] as number) + partial * (before[k - 1 - j] as number)) / (1 - partial * partial)
    }
  }
  return true
}

/** Coefficients of (1 + sign Σ a_j z^j)(1 + sign Σ b_j z^{jm}), with the same sign: −1 for φ, 1 for θ. */
export function seasonalProduct(
  a: Float64Array,
  b: Float64Array,
  period: number,
  sign: 1 | -1,
): Float64Array {
  const out = new Float64Array(a.length + b.length * period)
  out.set(a)
  for (let j = 0; j < b.length; j++) {
    const lag = (j + 1) * period
    out[lag - 1] = (out[lag - 1] as number) + (b[j] as number)
    for (let i = 0; i < a.length; i++) {
      out[lag + i] = (out[lag + i] as number) + sign * (a[i] as number) * (b[j] as number)
    }
  }
  return out
}

/** Weights ψ₀ = 1, ψ₁, … of past innovations: `count` of them. */
export function psiWeights(phi: Float64Array, theta: Float64Array, count: number): Float64Array {
  const psi = new Float64Array(count)
  for (let j = 0; j < count; j++) {
    let sum = j === 0 ? 1 : (theta[j - 1] ?? 0)
    for (let i = 0; i < Math.min(j, phi.length); i++) {
      sum += (phi[i] as number) * (psi[j - 1 - i] as number)
    }
    psi[j] = sum
  }
  return psi
}

/**
 * Autocovariances γ₀ … γ_{count−1} for innovations of variance 1, by the equations of Yule and Walker with the moving
 * average's terms (McLeod 1975). Null when the model is too close to a unit root to tell. O(p³ + count · p).
 */
export function autocovariances(
  phi: Float64Array,
  theta: Float64Array,
  count: number,
): Float64Array | null {
  const p = phi.length
  const q = theta.length
  const psi = psiWeights(phi, theta, q + 1)
  const right = (k: number): number => {
    let sum = 0
    for (let j = k; j <= q; j++) {
      sum += (j === 0 ? 1 : (theta[j - 1] as number)) * (psi[j - k] as number)
    }
    return sum
  }
  const size = p + 1
  const a = new Float64Array(size * size)
  const b = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    a[k * size + k] = 1
    for (let j = 1; j <= p; j++) {
      const at = k * size + Math.abs(k - j)
      a[at] = (a[at] as number) - (phi[j - 1] as number)
    }
    b[k] = right(k)
  }
  if (!eliminate(a, b, size)) return null
  const gamma = new Float64Array(Math.max(count, size))
  gamma.set(b)
  if (!((gamma[0] as number) > 0)) return null
  for (let k = size; k < count; k++) {
    let sum = right(k)
    for (let j = 1; j <= p; j++) sum += (phi[j - 1] as number) * (gamma[k - j] as number)
    gamma[k] = sum
  }
  return gamma
}

/** Solves a · x = b into b by elimination with partial pivots; false when a is singular. */
export function eliminate(a: Float64Array, b: Float64Array, size: number): boolean {
  for (let k = 0; k < size; k++) {
    let pivot = k
    for (let i = k + 1; i < size; i++) {
      if (Math.abs(a[i * size + k] as number) > Math.abs(a[pivot * size + k] as number)) pivot = i
    }
    const value = a[pivot * size + k] as number
    if (!(Math.abs(value) > 1e-13)) return false
    if (pivot !== k) {
      for (let j = k; j < size; j++) {
        const held = a[k * size + j] as number
        a[k * size + j] = a[pivot * size + j] as number
        a[pivot * size + j] = held
      }
      const held = b[k] as number
      b[k] = b[pivot] as number
      b[pivot] = held
    }
    for (let i = k + 1; i < size; i++) {
      const factor = (a[i * size + k] as number) / value
      if (factor === 0) continue
      for (let j = k; j < size; j++) {
        a[i * size + j] = (a[i * size + j] as number) - factor * (a[k * size + j] as number)
      }
      b[i] = (b[i] as number) - factor * (b[k] as number)
    }
  }
  for (let i = size - 1; i >= 0; i--) {
    let sum = b[i] as number
    for (let j = i + 1; j < size; j++) sum -= (a[i * size + j] as number) * (b[j] as number)
    b[i] = sum / (a[i * size + i] as number)
  }
  return true
}
