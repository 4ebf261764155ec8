import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import { type Differentiable, lbfgs, withDifferences } from './lbfgs.ts'
import { nelderMead } from './nelder-mead.ts'

type Point = ArrayLike<number>
const at = (x: Point, i: number) => x[i] ?? Number.NaN

/** Test functions of Moré, Garbow and Hillstrom (1981): start, and the least value. */
const PROBLEMS = [
  {
    name: 'Rosenbrock',
    f: (x: Point) => 100 * (at(x, 1) - at(x, 0) ** 2) ** 2 + (1 - at(x, 0)) ** 2,
    start: [-1.2, 1],
    least: 0,
  },
  {
    name: 'Freudenstein and Roth',
    f: (x: Point) =>
      (-13 + at(x, 0) + ((5 - at(x, 1)) * at(x, 1) - 2) * at(x, 1)) ** 2 +
      (-29 + at(x, 0) + ((at(x, 1) + 1) * at(x, 1) - 14) * at(x, 1)) ** 2,
    start: [0.5, -2],
    least: 48.984_253_679_24,
  },
  {
    name: 'Beale',
    f: (x: Point) =>
      (1.5 - at(x, 0) * (1 - at(x, 1))) ** 2 +
      (2.25 - at(x, 0) * (1 - at(x, 1) ** 2)) ** 2 +
      (2.625 - at(x, 0) * (1 - at(x, 1) ** 3)) ** 2,
    start: [1, 1],
    least: 0,
  },
  {
    name: 'Powell singular',
    f: (x: Point) =>
      (at(x, 0) + 10 * at(x, 1)) ** 2 +
      5 * (at(x, 2) - at(x, 3)) ** 2 +
      (at(x, 1) - 2 * at(x, 2)) ** 4 +
      10 * (at(x, 0) - at(x, 3)) ** 4,
    start: [3, -1, 0, 1],
    least: 0,
  },
  {
    name: 'Wood',
    f: (x: Point) =>
      100 * (at(x, 1) - at(x, 0) ** 2) ** 2 +
      (1 - at(x, 0)) ** 2 +
      90 * (at(x, 3) - at(x, 2) ** 2) ** 2 +
      (1 - at(x, 2)) ** 2 +
      10 * (at(x, 1) + at(x, 3) - 2) ** 2 +
      0.1 * (at(x, 1) - at(x, 3)) ** 2,
    start: [-3, -1, -3, -1],
    least: 0,
  },
] as const

const rosenbrock: Differentiable = (x, gradient) => {
  let value = 0
  gradient.fill(0)
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [at(x, i), at(x, i + 1)]
    value += 100 * (b - a * a) ** 2 + (1 - a) ** 2
    gradient[i] = at(gradient, i) - 400 * a * (b - a * a) - 2 * (1 - a)
    gradient[i + 1] = at(gradient, i + 1) + 200 * (b - a * a)
  }
  return value
}

describe('minimisers', () => {
  it.each(PROBLEMS)('find the least value of $name', ({ f, start, least }) => {
    const simplex = nelderMead(f, start, { maxEvaluations: 4000 })
    expect(simplex.converged).toBe(true)
    expect(simplex.value).toBeCloseTo(least, 6)
    const gradient = lbfgs(withDifferences(f), start, { gradientTolerance: 1e-7 })
    expect(gradient.converged).toBe(true)
    expect(gradient.value).toBeCloseTo(least, 6)
    expect(f(gradient.x)).toBe(gradient.value)
  })

  it('L-BFGS goes down the valley in 100 dimensions', () => {
    const start = Float64Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? -1.2 : 1))
    const found = lbfgs(rosenbrock, start, { maxIterations: 2000 })
    expect(found.converged).toBe(true)
    expect(found.evaluations).toBeLessThan(1500)
    const far = Math.max(...found.x.map((x) => Math.abs(x - 1)))
    // The function has another local minimum at x1 ≈ −1 above three dimensions.
    expect(Math.min(far, Math.abs(at(found.x, 0) + 1))).toBeLessThan(0.02)
  })

  it('stop at bounds where the least value lies beyond them: the sides of a convex bowl', () => {
    const coordinate = fc.double({ min: -5, max: 5, noNaN: true })
    const vector = fc.array(coordinate, { minLength: 3, maxLength: 3 })
    fc.assert(
      fc.property(vector, vector, vector, (centre, a, b) => {
        const lower = a.map((x, i) => Math.min(x, b[i] ?? 0))
        const upper = a.map((x, i) => Math.max(x, b[i] ?? 0))
        // Separable, so that the answer is the centre moved into the box.
        const truth = centre.map((x, i) => Math.min(Math.max(x, lower[i] ?? 0), upper[i] ?? 0))
        const f = (x: Point) => centre.reduce((sum, c, i) => sum + (i + 1) * (at(x, i) - c) ** 2, 0)
        const found = lbfgs(
          (x, gradient) => {
            for (let i = 0; i < 3; i++) gradient[i] = 2 * (i + 1) * (at(x, i) - (centre[i] ?? 0))
            return f(x)
          },
          [0, 0, 0],
          { lower, upper },
        )
        for (const [i, x] of truth.entries()) expect(at(found.x, i)).toBeCloseTo(x, 6)
        const simplex = nelderMead(f, [0, 0, 0], {
          lower,
          upper,
          maxEvaluations: 3000,
          restarts: 4,
        })
        expect(simplex.value).toBeLessThanOrEqual(f(truth) + 1e-4 * (1 + f(truth)))
        for (let i = 0; i < 3; i++) {
          expect(at(simplex.x, i)).toBeGreaterThanOrEqual(lower[i] ?? 0)
          expect(at(simplex.x, i)).toBeLessThanOrEqual(upper[i] ?? 0)
        }
      }),
    )
  })

  it('L-BFGS with coupled coordinates satisfies the conditions of a bound minimum', () => {
    // Rosenbrock within x1 ≤ 0.5: the minimum is (0.5, 0.25).
    const found = lbfgs(rosenbrock, [-1.2, 1], { upper: [0.5, 10] })
    expect(at(found.x, 0)).toBe(0.5)
    expect(at(found.x, 1)).toBeCloseTo(0.25, 7)
    const simplex = nelderMead(
      (x) => rosenbrock(Float64Array.from(x), new Float64Array(2)),
      [-1.2, 1],
      {
        upper: [0.5, 10],
      },
    )
    expect(simplex.value).toBeCloseTo(0.25, 6)
  })

  it('go round points that the objective refuses', () => {
    const f = (x: Point) =>
      Math.sqrt(at(x, 0)) + (at(x, 0) - 1) ** 2 - Math.log(at(x, 1)) + at(x, 1)
    const simplex = nelderMead(f, [2, 3])
    const gradient = lbfgs(withDifferences(f), [2, 3], {
      lower: [0, 1e-9],
      gradientTolerance: 1e-6,
    })
    expect(simplex.value).toBeCloseTo(gradient.value, 5)
    const nowhere = nelderMead(() => Number.NaN, [1, 2], { maxEvaluations: 50 })
    expect(nowhere.converged).toBe(false)
    expect(nowhere.value).toBe(Number.POSITIVE_INFINITY)
  })

  it('do the same each time and leave the start as it was', () => {
    const start = Float64Array.of(-1.2, 1)
    const [a, b] = [lbfgs(rosenbrock, start), lbfgs(rosenbrock, start)]
    expect(a).toEqual(b)
    expect([...start]).toEqual([-1.2, 1])
  })

  it('refuse starts and bounds that do not fit', () => {
    const bad = [
      () => nelderMead(() => 0, []),
      () => nelderMead(() => 0, [Number.NaN]),
      () => lbfgs(() => 0, [1], { lower: [2], upper: [1] }),
      () => lbfgs(() => 0, [1], { lower: [0, 0] }),
    ]
    for (const one of bad) expect(one).toThrow(StatsError)
  })
})
