import { logNormalCdf } from '../distributions/normal.ts'
import { lbfgs } from '../optimise/lbfgs.ts'
import type { RandomSource } from '../random/generator.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import { logImprovement, logImprovementSlope } from './expected-improvement.ts'
import type { GaussianProcess } from './gaussian-process.ts'
import { sobolPoints } from './sobol.ts'
import type { Coding } from './space.ts'

/** What there is to gain: the model of what is minimised, its best value so far, and models that must be at most 0. */
export interface Prospect {
  readonly objective: GaussianProcess
  /** Null while no feasible point is known: then only feasibility counts. */
  readonly best: number | null
  readonly constraints: readonly GaussianProcess[]
}

/** Logarithm of the expected improvement, times the probability that all constraints hold. O(models · n²). */
function acquisitionAt(prospect: Prospect, x: Float64Array): number {
  let value = 0
  if (prospect.best !== null) {
    const { mean, deviation } = prospect.objective.predict(x)
    value += Math.log(deviation) + logImprovement((prospect.best - mean) / deviation)
  }
  for (const constraint of prospect.constraints) {
    const { mean, deviation } = constraint.predict(x)
    value += logNormalCdf(-mean / deviation)
  }
  return value
}

/** The same with its gradient. */
function acquisitionWithGradient(
  prospect: Prospect,
  x: Float64Array,
  gradient: Float64Array,
): number {
  const d = x.length
  const ofMean = new Float64Array(d)
  const ofDeviation = new Float64Array(d)
  gradient.fill(0)
  let value = 0
  const add = (slope: number, z: number, deviation: number, direct: number): void => {
    for (let k = 0; k < d; k++) {
      const ofZ = -((ofMean[k] as number) + z * (ofDeviation[k] as number)) / deviation
      gradient[k] =
        (gradient[k] as number) + slope * ofZ + (direct * (ofDeviation[k] as number)) / deviation
    }
  }
  if (prospect.best !== null) {
    const { mean, deviation } = prospect.objective.predictWithGradient(x, ofMean, ofDeviation)
    const z = (prospect.best - mean) / deviation
    value += Math.log(deviation) + logImprovement(z)
    add(logImprovementSlope(z), z, deviation, 1)
  }
  for (const constraint of prospect.constraints) {
    const { mean, deviation } = constraint.predictWithGradient(x, ofMean, ofDeviation)
    const z = -mean / deviation
    const tail = logNormalCdf(z)
    value += tail
    add(Math.exp(-0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - tail), z, deviation, 0)
  }
  return value
}

/** Candidates over the whole space; round each of the best points, at each of these distances; and how many are improved. */
const SPREAD = 384
const SCALES = [0.1, 0.02, 0.004] as const
const NEAR = 12
const CLIMBS = 4
/** Values of a parameter that are tried one by one, nearest first. */
const MOST_VALUES = 24

/**
 * A point of great acquisition: the best of a scrambled Sobol set over the space and of normal steps from the `incumbents`,
 * climbed by L-BFGS on the continuous coordinates and by trying single values of the others. `refused` points are passed over.
 */
export function maximiseAcquisition(
  prospect: Prospect,
  coding: Coding,
  incumbents: readonly Float64Array[],
  random: RandomSource,
  refused: (x: Float64Array) => boolean,
): { x: Float64Array; value: number } | null {
  const d = coding.names.length
  const candidates: { x: Float64Array; value: number }[] = []
  const consider = (x: Float64Array): void => {
    candidates.push({ x, value: acquisitionAt(prospect, x) })
  }
  const spread = sobolPoints(SPREAD, d, { random })
  for (let i = 0; i < SPREAD; i++) consider(coding.spread(spread.data.subarray(i * d, (i + 1) * d)))
  for (const incumbent of incumbents) {
    for (const scale of SCALES) {
      for (let i = 0; i < NEAR; i++) consider(nearby(incumbent, scale, coding, random))
    }
  }
  candidates.sort((a, b) => b.value - a.value)
  const found = candidates
    .slice(0, CLIMBS)
    .map(({ x }) => climb(prospect, coding, x))
    .toSorted((a, b) => b.value - a.value)
  for (const candidate of [...found, ...candidates]) {
    if (!refused(candidate.x)) return candidate
  }
  return null
}

/** A step from a point: normal along continuous and whole numbers, and now and then another category. */
function nearby(
  from: Float64Array,
  scale: number,
  coding: Coding,
  random: RandomSource,
): Float64Array {
  const x = from.slice()
  for (const [k, categorical] of coding.categorical.entries()) {
    const size = coding.sizes[k] as number
    if (categorical) {
      if (random() < 1 / x.length) x[k] = Math.floor(random() * size)
    } else {
      // On a grid a step below half a cell would go nowhere.
      const step = size < Number.POSITIVE_INFINITY ? Math.max(scale, 0.7 / size) : scale
      x[k] =
        Math.min(1, Math.max(0, x[k] as number)) +
        step * normalQuantile(0.5 + 0.9999 * (random() - 0.5))
    }
  }
  coding.snap(x)
  return x
}

function climb(
  prospect: Prospect,
  coding: Coding,
  start: Float64Array,
): { x: Float64Array; value: number } {
  let x = start
  let value = acquisitionAt(prospect, x)
  const discrete = coding.sizes.flatMap((size, k) => (size < Number.POSITIVE_INFINITY ? [k] : []))
  for (let round = 0; round < 3; round++) {
    const before = value
    if (discrete.length < x.length) ({ x, value } = climbContinuously(prospect, coding, x, value))
    for (const k of discrete) {
      const near = x[k] as number
      for (const other of coding.values(k, near, MOST_VALUES)) {
        const trial = x.slice()
        trial[k] = other
        const at = acquisitionAt(prospect, trial)
        if (at > value) {
          x = trial
          value = at
        }
      }
    }
    if (discrete.length === 0 || value - before < 1e-6) break
  }
  return { x, value }
}

function climbContinuously(
  prospect: Prospect,
  coding: Coding,
  x: Float64Array,
  value: number,
): { x: Float64Array; value: number } {
  const lower = Float64Array.from(x, (at, k) =>
    coding.sizes[k] === Number.POSITIVE_INFINITY ? 0 : at,
  )
  const upper = Float64Array.from(x, (at, k) =>
    coding.sizes[k] === Number.POSITIVE_INFINITY ? 1 : at,
  )
  const found = lbfgs(
    (at, gradient) => {
      const reached = acquisitionWithGradient(prospect, at, gradient)
      for (let k = 0; k < at.length; k++) gradient[k] = -(gradient[k] as number)
      return -reached
    },
    x,
    {
      lower,
      upper,
      maxIterations: 25,
      maxEvaluations: 50,
      gradientTolerance: 1e-5,
      valueTolerance: 1e-8,
    },
  )
  return -found.value > value ? { x: found.x, value: -found.value } : { x, value }
}
