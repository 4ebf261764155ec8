import { checkSummable, checkWhole, checkWithin } from '../checks.ts'
import { windowsOf } from './isolation-forest.ts'

export interface PatternResidualOptions {
  /** Values of a window: a season, or 32. Default 32. */
  readonly width?: number
  /** Share of the variance that the shapes have to explain. Default 0.9. */
  readonly explained?: number
}

/** Passes after which a direction is taken as it is. */
const PASSES = 200
const TOLERANCE = 1e-9

/**
 * Sub-PCA: what the principal components of all windows of a series do not explain of each window, as a distance for each value: the mean
 * over the windows that hold it, in units of their deviation. Unusual shapes have high ones (Aggarwal 2017, 3.3). As many
 * components as explain the given share of the variance, at most half of the width, found one by one by orthogonal
 * iteration of the covariance. All 0 where nothing varies, or with fewer than two windows. Finite values within ±1e300, else a
 * StatsError. O(n · width² + width³).
 */
export function patternResiduals(
  values: ArrayLike<number>,
  options: PatternResidualOptions = {},
): Float64Array {
  const { width = 32, explained = 0.9 } = options
  checkWhole(width, 2, 'options.width')
  checkWithin(explained, 0, 1, 'options.explained')
  checkSummable(values, 0, 'values')
  const n = values.length
  const scale = scaleOf(values)
  const out = new Float64Array(n)
  if (n < width + 1 || scale === 0) return out
  const centred = centredValues(values, scale)
  const { data, rows } = windowsOf(centred, width)
  const means = new Float64Array(width)
  for (let i = 0; i < data.length; i++)
    means[i % width] = (means[i % width] as number) + (data[i] as number) / rows
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) - (means[i % width] as number)
  const covariance = covarianceOf(data, rows, width)
  const components = leading(covariance, width, explained)
  const weights = new Float64Array(n)
  for (let r = 0; r < rows; r++) {
    const window = data.subarray(r * width, (r + 1) * width)
    for (const component of components) {
      let projection = 0
      for (let j = 0; j < width; j++) projection += (window[j] as number) * (component[j] as number)
      for (let j = 0; j < width; j++)
        window[j] = (window[j] as number) - projection * (component[j] as number)
    }
    let distance = 0
    for (const one of window) distance += one * one
    for (let j = 0; j < width; j++) {
      out[r + j] = (out[r + j] as number) + Math.sqrt(distance / width)
      weights[r + j] = (weights[r + j] as number) + 1
    }
  }
  return out.map((sum, i) => sum / (weights[i] as number))
}

function scaleOf(values: ArrayLike<number>): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number)
    high = Math.max(high, values[i] as number)
  }
  return high > low ? high - low : 0
}

/** In deviations from the mean. Divided by the range before squares are added, so that they do not overflow. */
function centredValues(values: ArrayLike<number>, scale: number): Float64Array {
  const scaled = Float64Array.from(values, (value) => value / scale)
  let mean = 0
  for (const value of scaled) mean += value / scaled.length
  let squares = 0
  for (const value of scaled) squares += (value - mean) ** 2 / scaled.length
  const deviation = Math.sqrt(squares)
  return scaled.map((value) => (value - mean) / deviation)
}

function covarianceOf(data: Float64Array, rows: number, width: number): Float64Array {
  const out = new Float64Array(width * width)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < width; i++) {
      const one = (data[r * width + i] as number) / rows
      for (let j = i; j < width; j++) {
        const at = i * width + j
        out[at] = (out[at] as number) + one * (data[r * width + j] as number)
      }
    }
  }
  for (let i = 0; i < width; i++)
    for (let j = 0; j < i; j++) out[i * width + j] = out[j * width + i] as number
  return out
}

/** Directions of most variance, each orthogonal to those before, until they explain the share. */
function leading(covariance: Float64Array, width: number, explained: number): Float64Array[] {
  let total = 0
  for (let i = 0; i < width; i++) total += covariance[i * width + i] as number
  const found: Float64Array[] = []
  let held = 0
  while (held < explained * total && found.length < width / 2) {
    // Starts that no direction is orthogonal to for long: neither symmetric nor periodic.
    let direction = Float64Array.from(
      { length: width },
      (_, j) => Math.cos((found.length + 1) * j) + 0.1,
    )
    let variance = 0
    for (let pass = 0; pass < PASSES; pass++) {
      const next = multiplied(covariance, direction)
      for (const other of found) subtractProjection(next, other)
      const length = Math.hypot(...next)
      if (!(length > 0)) break
      const before = variance
      variance = length
      direction = next.map((one) => one / length)
      if (Math.abs(variance - before) <= TOLERANCE * variance) break
    }
    if (!(variance > TOLERANCE * total)) break
    found.push(direction)
    held += variance
  }
  return found
}

function multiplied(matrix: Float64Array, vector: Float64Array): Float64Array {
  const width = vector.length
  return vector.map((_, i) => {
    let sum = 0
    for (let j = 0; j < width; j++) sum += (matrix[i * width + j] as number) * (vector[j] as number)
    return sum
  })
}

function subtractProjection(vector: Float64Array, unit: Float64Array): void {
  let projection = 0
  for (let j = 0; j < vector.length; j++) projection += (vector[j] as number) * (unit[j] as number)
  for (let j = 0; j < vector.length; j++)
    vector[j] = (vector[j] as number) - projection * (unit[j] as number)
}
