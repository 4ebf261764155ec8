import type { Random } from '../random/generator.ts'
import type { GaussianProcess } from './gaussian-process.ts'
import { SOBOL_DIMENSIONS, sobolPoints } from './sobol.ts'
import type { Coding } from './space.ts'

const POINTS = 512

/**
 * Total effect of each coordinate on what a model expects over its space: the share of the variance in which the coordinate takes
 * part, alone or with others (Homma and Saltelli 1996), by the estimator of Jansen (1999) on 512 pairs of points. Shares
 * sum to 1 or more; all are 0 where the model is flat. O(512 · n · coordinates²).
 */
export function totalEffects(
  process: GaussianProcess,
  coding: Coding,
  random: Random,
): Float64Array {
  const d = coding.names.length
  const draw = (): Float64Array => Float64Array.from({ length: 2 * d }, () => random())
  const points = 2 * d <= SOBOL_DIMENSIONS ? sobolPoints(POINTS, 2 * d, { random }) : null
  const effects = new Float64Array(d)
  let [sum, squares] = [0, 0]
  for (let i = 0; i < POINTS; i++) {
    const both = points?.data.subarray(i * 2 * d, (i + 1) * 2 * d) ?? draw()
    const a = coding.spread(both.subarray(0, d))
    const b = coding.spread(both.subarray(d))
    const own = process.meanAt(a)
    sum += own
    squares += own * own
    for (let k = 0; k < d; k++) {
      const kept = a[k] as number
      a[k] = b[k] as number
      effects[k] = (effects[k] as number) + (own - process.meanAt(a)) ** 2 / (2 * POINTS)
      a[k] = kept
    }
  }
  const variance = squares / POINTS - (sum / POINTS) ** 2
  const flat = !(variance > 1e-12 * (squares / POINTS))
  return effects.map((effect) => (flat ? 0 : effect / variance))
}
