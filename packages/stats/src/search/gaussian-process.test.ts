import { describe, expect, it } from 'vitest'
import { createMatrix, matrixOfRows } from '../linear/matrix.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { logImprovement, logImprovementSlope } from './expected-improvement.ts'
import { gaussianProcess } from './gaussian-process.ts'
import { sobolPoints } from './sobol.ts'

const wave = (x: number, y: number): number => Math.sin(6 * x) + y * y
const points = sobolPoints(20, 2, { from: 1 })
const values = Array.from({ length: 20 }, (_, i) =>
  wave(points.data[2 * i] as number, points.data[2 * i + 1] as number),
)
const fixed = { lengthscales: [0.4, 0.9], signal: 1.7, noise: 0.01 }

describe('gaussianProcess', () => {
  it('agrees with scikit-learn', () => {
    // scikit-learn 1.9.1: GaussianProcessRegressor(1.7 * Matern([0.4, 0.9], nu=2.5), alpha=0.01) on y − 0.2.
    const process = gaussianProcess(points, values, { hyperparameters: fixed, mean: 0.2 })
    expect(process.logLikelihood).toBeCloseTo(-1.2948381267597142, 11)
    const near = process.predict([0.3, 0.6])
    expect(near.mean).toBeCloseTo(1.3546732231041938, 12)
    expect(near.deviation).toBeCloseTo(0.10268724876967816, 12)
    const far = process.predict([1.2, 0.1])
    expect(far.mean).toBeCloseTo(0.0070900981935438645, 12)
    expect(far.deviation).toBeCloseTo(0.7823357263043855, 12)
    expect(process.meanAt([1.2, 0.1])).toBe(far.mean)
  })

  it('has the gradients that differences show', () => {
    const process = gaussianProcess(points, values, { hyperparameters: fixed })
    const [ofMean, ofDeviation] = [new Float64Array(2), new Float64Array(2)]
    process.predictWithGradient([0.3, 0.6], ofMean, ofDeviation)
    for (const k of [0, 1]) {
      const moved = (by: number) =>
        process.predict([0.3, 0.6].map((x, i) => (i === k ? x + by : x)))
      const [up, down] = [moved(1e-6), moved(-1e-6)]
      expect(ofMean[k]).toBeCloseTo((up.mean - down.mean) / 2e-6, 7)
      expect(ofDeviation[k]).toBeCloseTo((up.deviation - down.deviation) / 2e-6, 7)
    }
  })

  it('finds hyperparameters that no neighbour beats, and scale with the values', () => {
    const process = gaussianProcess(points, values, { mean: 0.4 })
    const scaled = gaussianProcess(
      points,
      values.map((y) => 1000 * y),
      { mean: 400 },
    )
    expect(scaled.hyperparameters.signal).toBeCloseTo(1e6 * process.hyperparameters.signal, -2)
    expect(scaled.predict([0.3, 0.6]).mean).toBeCloseTo(1000 * process.predict([0.3, 0.6]).mean, 3)
    expect(process.predict([0.3, 0.6]).mean).toBeCloseTo(wave(0.3, 0.6), 1)
    // The second coordinate is smoother than the first.
    const [first, second] = process.hyperparameters.lengthscales
    expect(second).toBeGreaterThan(first as number)
  })

  it('learns noise from measurements that were repeated, averaged or not', () => {
    const random = createRandom(8)
    const places = sobolPoints(25, 1, { from: 1 })
    const rows: number[][] = []
    const all: number[] = []
    const means: number[] = []
    let within = 0
    for (const x of places.data) {
      const own = Array.from({ length: 8 }, () => Math.sin(5 * x) + sampleNormal(random, 0, 0.3))
      const mean = own.reduce((sum, y) => sum + y / 8, 0)
      for (const y of own) {
        rows.push([x])
        all.push(y)
        within += (y - mean) ** 2
      }
      means.push(mean)
    }
    const averaged = gaussianProcess(places, means, {
      replicates: means.map(() => 8),
      within,
      mean: 0,
    })
    const single = gaussianProcess(matrixOfRows(rows), all, { mean: 0 })
    expect(Math.sqrt(averaged.hyperparameters.noise)).toBeGreaterThan(0.27)
    expect(Math.sqrt(averaged.hyperparameters.noise)).toBeLessThan(0.33)
    expect(Math.sqrt(single.hyperparameters.noise)).toBeCloseTo(
      Math.sqrt(averaged.hyperparameters.noise),
      2,
    )
    // With equal hyperparameters the mean of repeated measurements says what they said one by one.
    const same = { hyperparameters: averaged.hyperparameters, mean: 0 }
    const apart = gaussianProcess(matrixOfRows(rows), all, same).predict([0.33])
    const joint = gaussianProcess(places, means, { ...same, replicates: means.map(() => 8) })
    expect(joint.predict([0.33]).mean).toBeCloseTo(apart.mean, 9)
    expect(joint.predict([0.33]).deviation).toBeCloseTo(apart.deviation, 9)
  })

  it('takes categories as equal or not', () => {
    const x = matrixOfRows([
      [0, 0.1],
      [1, 0.1],
      [2, 0.1],
      [0, 0.7],
      [1, 0.7],
    ])
    const options = { categorical: [true, false], hyperparameters: { ...fixed, noise: 1e-6 } }
    const process = gaussianProcess(x, [1, 2, 9, 1.5, 2.5], options)
    expect(process.predict([2, 0.1]).mean).toBeCloseTo(9, 3)
    const swapped = matrixOfRows(
      Array.from({ length: 5 }, (_, i) => [
        [2, 1, 0][x.data[2 * i] as number] as number,
        x.data[2 * i + 1] as number,
      ]),
    )
    const other = gaussianProcess(swapped, [1, 2, 9, 1.5, 2.5], options)
    expect(other.predict([0, 0.4]).mean).toBeCloseTo(process.predict([2, 0.4]).mean, 12)
  })

  it('answers for values without variation, at one place, and far apart in size', () => {
    const same = gaussianProcess(matrixOfRows([[0.5], [0.5], [0.5]]), [3, 3, 3])
    expect(same.predict([0.9]).mean).toBe(3)
    const huge = gaussianProcess(matrixOfRows([[0], [0.5], [1]]), [1e90, -1e90, 1e-90])
    expect(Number.isFinite(huge.predict([0.2]).mean)).toBe(true)
    expect(Number.isFinite(huge.predict([0.2]).deviation)).toBe(true)
  })

  it('refuses what does not fit', () => {
    expect(() => gaussianProcess(points, [1, 2])).toThrow(StatsError)
    expect(() => gaussianProcess(createMatrix(0, 2), [])).toThrow(StatsError)
    expect(() => gaussianProcess(matrixOfRows([[1]]), [Number.NaN])).toThrow(StatsError)
    expect(() =>
      gaussianProcess(points, values, { hyperparameters: { ...fixed, lengthscales: [1] } }),
    ).toThrow(StatsError)
  })
})

describe('logImprovement', () => {
  // 60 digits by mpmath 1.3: ln(φ(z) + z Φ(z)) and its derivative.
  it.each([
    [3, 1.0987396653277077, 0.3328409684517952],
    [0, -0.9189385332046728, 1.2533141373155003],
    [-1, -2.4851210257126413, 1.9042712333296918],
    [-5, -16.74430116266099, 5.361816241288088],
    [-39, -768.7480296928501, 39.05118136576615],
    [-45, -1021.0337424419135, 45.04437882732933],
    [-200, -20011.515648259738, 200.00999925013122],
  ])('at %d', (z, value, slope) => {
    expect(logImprovement(z) / value).toBeCloseTo(1, 11)
    expect(logImprovementSlope(z) / slope).toBeCloseTo(1, 9)
  })
})
