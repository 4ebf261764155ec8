import { cholesky, inverseOfCholesky, solveCholesky } from '../linear/cholesky.ts'
import { createMatrix, type Matrix } from '../linear/matrix.ts'
import { lbfgs } from '../optimise/lbfgs.ts'
import { covariances, type Hyperparameters, slopeAt, squaredDifferences } from './matern.ts'

/** Values of a function as a Gaussian process sees them. */
export interface ProcessData {
  readonly x: Matrix
  /** Values less the constant mean. */
  readonly residuals: Float64Array
  /** Measurements behind each value. */
  readonly counts: Float64Array
  /** Known variances of the values. */
  readonly known: Float64Array
  /** Squared distances of measurements from the values that are their means. */
  readonly within: number
  readonly categorical: readonly boolean[]
}

/** More values say little more about hyperparameters, at a cost that grows with their cube. */
const MOST_VALUES = 200
/** A search from nowhere begins with so many. */
const FEW_VALUES = 60

/** Where logarithms of variances are searched, relative to the variance of the values. */
const SIGNAL_BOUNDS = [Math.log(1e-2), Math.log(1e4)] as const
const NOISE_BOUNDS = [Math.log(1e-8), Math.log(4)] as const
const LENGTHSCALE_BOUNDS = [Math.log(0.01), Math.log(100)] as const

/** Means and deviations of normal beliefs about the logarithms, in the same units; length-scales of one coordinate. */
const LENGTHSCALE_BELIEF = [Math.log(0.3), 1] as const
const SIGNAL_BELIEF = [0, 2] as const
const NOISE_BELIEF = [-7, 4] as const

/**
 * Length-scales, signal and noise of greatest posterior density, by L-BFGS with analytic gradients on their logarithms. Beliefs are
 * log-normal: length-scales have the median 0.3 √d (they grow with the dimension as in Hvarfner, Hellsten and Nardi 2024, though less
 * wide); signal and noise are relative to the variance of the values. Measurements that were averaged count
 * with what they say of the noise (Binois, Gramacy and Ludkovski 2018). From `start` a few steps, else two starts on at most
 * 60 values and a few steps from what they gave.
 */
export function fitHyperparameters(
  data: ProcessData,
  start: Hyperparameters | null,
): Hyperparameters {
  if (start === null && data.x.rows > FEW_VALUES)
    return fitHyperparameters(data, fitHyperparameters(chosen(data, FEW_VALUES), null))
  const part = chosen(data, MOST_VALUES)
  const d = part.x.columns
  let variance = 0
  for (const value of part.residuals) variance += (value * value) / part.residuals.length
  const scale = variance > 0 ? variance : 1
  const median = LENGTHSCALE_BELIEF[0] + Math.log(d) / 2
  const lengths = (value: number): number[] => Array.from({ length: d }, () => value)
  const objective = negativeLogPosterior(part, scale, median)
  const lower = [...lengths(LENGTHSCALE_BOUNDS[0]), SIGNAL_BOUNDS[0], NOISE_BOUNDS[0]]
  const upper = [...lengths(LENGTHSCALE_BOUNDS[1]), SIGNAL_BOUNDS[1], NOISE_BOUNDS[1]]
  const starts =
    start === null
      ? [
          [...lengths(Math.log(0.3) + Math.log(d) / 2), 0, Math.log(1e-4)],
          [...lengths(median), 0.5, Math.log(1e-2)],
        ]
      : [
          [
            ...start.lengthscales.map(Math.log),
            Math.log(start.signal / scale),
            Math.log(start.noise / scale),
          ],
        ]
  let best: { x: ArrayLike<number>; value: number } | null = null
  for (const one of starts) {
    const found = lbfgs(objective, one, {
      lower,
      upper,
      maxIterations: start === null ? 60 : 15,
      maxEvaluations: start === null ? 120 : 20,
      gradientTolerance: 1e-4,
      valueTolerance: 1e-7,
    })
    if (best === null || found.value < best.value) best = found
  }
  const at = Array.from(best?.x ?? [])
  return {
    lengthscales: at.slice(0, d).map(Math.exp),
    signal: scale * Math.exp(at[d] as number),
    noise: scale * Math.exp(at[d + 1] as number),
  }
}

/** The values themselves, or `most` of them: half from the least on and half at equal steps over the rest. */
function chosen(data: ProcessData, most: number): ProcessData {
  const n = data.x.rows
  if (n <= most) return data
  const half = most / 2
  const order = Array.from({ length: n }, (_, i) => i).toSorted(
    (a, b) => (data.residuals[a] as number) - (data.residuals[b] as number),
  )
  const rest = order.slice(half)
  const picked = Array.from({ length: half }, (_, i) => rest[Math.floor((i * rest.length) / half)])
  const indices = [...order.slice(0, half), ...(picked as number[])]
  const d = data.x.columns
  const x = createMatrix(indices.length, d)
  for (const [to, from] of indices.entries())
    x.data.set(data.x.data.subarray(from * d, (from + 1) * d), to * d)
  const pick = (values: Float64Array): Float64Array =>
    Float64Array.from(indices, (i) => values[i] as number)
  return {
    ...data,
    x,
    residuals: pick(data.residuals),
    counts: pick(data.counts),
    known: pick(data.known),
  }
}

/** −log posterior density and its gradient at [log length-scales, log signal, log noise], variances by `scale`. */
function negativeLogPosterior(
  { x, residuals, counts, known, within, categorical }: ProcessData,
  scale: number,
  median: number,
): (theta: Float64Array, gradient: Float64Array) => number {
  const { rows: n, columns: d } = x
  const differences = squaredDifferences(x, categorical)
  const root = Math.sqrt(scale)
  const z = residuals.map((value) => value / root)
  let repeats = 0
  for (const count of counts) repeats += count - 1
  return (theta, gradient) => {
    const lengthscales = Array.from(theta.subarray(0, d), Math.exp)
    const signal = Math.exp(theta[d] as number)
    const noise = Math.exp(theta[d + 1] as number)
    const noises = counts.map((count, i) => noise / count + (known[i] as number) / scale)
    const factor = cholesky(covariances(differences, n, { lengthscales, signal, noise }, noises), {
      maxJitter: 1e-2,
    })
    const weights = solveCholesky(factor, z)
    const inverse = inverseOfCholesky(factor).data
    gradient.fill(0)
    let value = 0.5 * factor.logDeterminant
    let [ofSignal, ofNoise] = [0, 0]
    const precisions = lengthscales.map((length) => 1 / (length * length))
    let at = 0
    for (let i = 0; i < n; i++) {
      const own = weights[i] as number
      value += 0.5 * own * (z[i] as number)
      for (let j = 0; j < i; j++) {
        let squared = 0
        for (let k = 0; k < d; k++)
          squared += (differences[at + k] as number) * (precisions[k] as number)
        // The entry of K⁻¹ − α αᵀ stands for both (i, j) and (j, i), with the half of the trace.
        const pull = (inverse[i * n + j] as number) - own * (weights[j] as number)
        const slope = pull * signal * slopeAt(squared)
        for (let k = 0; k < d; k++)
          gradient[k] =
            (gradient[k] as number) +
            slope * (differences[at + k] as number) * (precisions[k] as number)
        at += d
      }
      const diagonal = 0.5 * ((inverse[i * n + i] as number) - own * own)
      ofNoise += (diagonal * noise) / (counts[i] as number)
      // Σ pull · K over everything is n − zᵀα: the signal's part is what noise and known variances leave.
      ofSignal -= diagonal * ((noises[i] as number) + factor.jitter)
      ofSignal += 0.5 * (1 - own * (z[i] as number))
    }
    if (repeats > 0) {
      const spread = within / scale / noise
      value += 0.5 * (repeats * Math.log(noise) + spread)
      ofNoise += 0.5 * (repeats - spread)
    }
    gradient[d] = ofSignal
    gradient[d + 1] = ofNoise
    const believe = (index: number, [centre, deviation]: readonly [number, number]): void => {
      const off = ((theta[index] as number) - centre) / deviation
      value += 0.5 * off * off
      gradient[index] = (gradient[index] as number) + off / deviation
    }
    for (let k = 0; k < d; k++) believe(k, [median, LENGTHSCALE_BELIEF[1]])
    believe(d, SIGNAL_BELIEF)
    believe(d + 1, NOISE_BELIEF)
    return value
  }
}
