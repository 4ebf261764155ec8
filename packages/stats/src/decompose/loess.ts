/**
 * Local regression of a series on its index, as STL has it: Cleveland, Cleveland, McRae and Terpenning (1990), "STL: a
 * seasonal-trend decomposition procedure based on loess", Journal of Official Statistics 6(1).
 */
export interface LoessOptions {
  /** Points of the neighbourhood; more than the series has make it smoother still. */
  readonly window: number
  /** 0 takes local means, 1 local lines. */
  readonly degree: 0 | 1
  /** The fit is computed at every `jump`-th point and drawn as lines between them. */
  readonly jump: number
}

/**
 * Smooths y[0 … n) into out[offset … offset + n). `weights` of the points may be null. A point whose neighbours
 * all weigh nothing keeps its value. `scratch` holds at least n numbers. Cost: O(n · window / jump).
 */
export function loess(
  y: Float64Array,
  n: number,
  options: LoessOptions,
  weights: Float64Array | null,
  out: Float64Array,
  offset: number,
  scratch: Float64Array,
): void {
  if (n < 2) {
    if (n === 1) out[offset] = y[0] as number
    return
  }
  const { window, degree } = options
  const jump = Math.min(options.jump, n - 1)
  const fitAt = (i: number, left: number, right: number): void => {
    const fit = loessAt(y, n, window, degree, i, left, right, weights, scratch)
    out[offset + i] = Number.isNaN(fit) ? (y[i] as number) : fit
  }
  const half = (window + 1) >> 1
  let left = 0
  let right = Math.min(window, n) - 1
  for (let i = 0; i < n; i += jump) {
    if (window < n) {
      left = i + 1 < half ? 0 : Math.min(i + 1 - half, n - window)
      right = left + window - 1
    }
    fitAt(i, left, right)
  }
  if (jump === 1) return
  let from = 0
  for (; from + jump < n; from += jump) drawLine(out, offset + from, offset + from + jump)
  if (from !== n - 1) {
    fitAt(n - 1, left, right)
    drawLine(out, offset + from, offset + n - 1)
  }
}

/**
 * Fit at index x, which may lie one step outside, from the points left … right; NaN when they all weigh nothing.
 * Weights are tricube in the distance.
 */
export function loessAt(
  y: Float64Array,
  n: number,
  window: number,
  degree: 0 | 1,
  x: number,
  left: number,
  right: number,
  weights: Float64Array | null,
  scratch: Float64Array,
): number {
  let reach = Math.max(x - left, right - x)
  if (window > n) reach += (window - n) >> 1
  const far = 0.999 * reach
  const near = 0.001 * reach
  let total = 0
  for (let j = left; j <= right; j++) {
    const distance = Math.abs(j - x)
    let weight = 0
    if (distance <= far) {
      if (distance <= near) weight = 1
      else {
        const ratio = distance / reach
        const rest = 1 - ratio * ratio * ratio
        weight = rest * rest * rest
      }
      if (weights !== null) weight *= weights[j] as number
    }
    scratch[j] = weight
    total += weight
  }
  if (!(total > 0)) return Number.NaN
  let slopeOverSpread = 0
  let mean = 0
  if (reach > 0 && degree === 1) {
    for (let j = left; j <= right; j++) mean += ((scratch[j] as number) / total) * j
    let spread = 0
    for (let j = left; j <= right; j++) {
      spread += ((scratch[j] as number) / total) * (j - mean) * (j - mean)
    }
    // Where all weight is on one point a line is not determined, and the local mean stands.
    if (Math.sqrt(spread) > 0.001 * (n - 1)) slopeOverSpread = (x - mean) / spread
  }
  let fit = 0
  for (let j = left; j <= right; j++) {
    const weight = (scratch[j] as number) / total
    fit += weight * (slopeOverSpread * (j - mean) + 1) * (y[j] as number)
  }
  return fit
}

function drawLine(out: Float64Array, from: number, to: number): void {
  const start = out[from] as number
  const slope = ((out[to] as number) - start) / (to - from)
  for (let i = from + 1; i < to; i++) out[i] = start + slope * (i - from)
}
