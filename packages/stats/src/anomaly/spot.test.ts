import { describe, expect, it } from 'vitest'
import { generalisedPareto } from '../distributions/by-hazard.ts'
import { sampleNormal, sampleStudentT } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { fitParetoTail, tailQuantile } from './peaks-over-threshold.ts'
import { Spot } from './spot.ts'

describe('the generalised Pareto law of excesses', () => {
  it.each([
    [0.4, 2],
    [0, 1],
    [-0.3, 5],
  ])('with shape %d and scale %d is found again', (shape, scale) => {
    const random = createRandom(3)
    const law = generalisedPareto(shape, scale)
    const excesses = Float64Array.from({ length: 20_000 }, () => law.sample(random))
    const fit = fitParetoTail(excesses)
    expect(Math.abs(fit.shape - shape)).toBeLessThan(0.03)
    expect(Math.abs(fit.scale / scale - 1)).toBeLessThan(0.04)
    const told = generalisedPareto(fit.shape, fit.scale)
    const likelihood = (one: typeof told) => excesses.reduce((sum, x) => sum + one.logPdf(x), 0)
    expect(fit.logLikelihood).toBeCloseTo(likelihood(told), 4)
    expect(fit.logLikelihood).toBeGreaterThanOrEqual(likelihood(law))
  })

  it('is the same in another unit, and exponential for one excess', () => {
    const excesses = [0.1, 0.5, 0.2, 3, 0.9, 1.4]
    const [one, other] = [fitParetoTail(excesses), fitParetoTail(excesses.map((x) => 1e200 * x))]
    expect(other.shape).toBeCloseTo(one.shape, 5)
    expect(other.scale / 1e200).toBeCloseTo(one.scale, 5)
    const single = fitParetoTail([2])
    expect(Number.isFinite(single.shape) && single.scale > 0).toBe(true)
    expect(() => fitParetoTail([0, 0])).toThrow('excesses')
    expect(() => fitParetoTail([1, -1])).toThrow('excesses[1]')
  })

  it('gives the value of a probability', () => {
    const law = generalisedPareto(0.2, 3, 10)
    const value = tailQuantile(10, 0.02, { shape: 0.2, scale: 3 }, 1e-5)
    expect(0.02 * law.survival(value)).toBeCloseTo(1e-5, 12)
  })
})

describe('SPOT', () => {
  it.each(['normal', 't'])('alarms as often as its risk says, of %s values', (name) => {
    const random = createRandom(4)
    const draw = () => (name === 't' ? sampleStudentT(random, 3) : sampleNormal(random))
    let alarms = 0
    for (let run = 0; run < 4; run++) {
      const spot = new Spot(Float64Array.from({ length: 5_000 }, draw), { risk: 1e-3 })
      for (let i = 0; i < 20_000; i++) if (spot.update(draw()).alarm) alarms++
    }
    expect(alarms / 80_000 / 1e-3).toBeGreaterThan(0.5)
    expect(alarms / 80_000 / 1e-3).toBeLessThan(2)
  })

  it('learns of a value beyond its limit that it was there, and not how far', () => {
    const random = createRandom(6)
    const first = Float64Array.from({ length: 2_000 }, () => sampleNormal(random))
    const [plain, far] = [new Spot(first), new Spot(first)]
    plain.update(plain.limit + 1e-9)
    far.update(1e9)
    expect(far.limit).toBeCloseTo(plain.limit, 6)
    for (let i = 0; i < 5; i++) far.update(1e9)
    expect(far.limit).toBeLessThan(2 * plain.limit)
  })

  it('follows a drift, where it is told to', () => {
    const random = createRandom(5)
    const value = (i: number) => sampleNormal(random, i / 50, 1)
    const first = Float64Array.from({ length: 1_000 }, (_, i) => value(i))
    const run = (drift: number): number => {
      const spot = new Spot(first, { drift })
      let alarms = 0
      for (let i = 1_000; i < 4_000; i++) if (spot.update(value(i)).alarm) alarms++
      return alarms
    }
    expect(run(20)).toBeLessThan(10)
    expect(run(0)).toBeGreaterThan(1_000)
  })

  it('refuses too few values', () => {
    expect(() => new Spot([1, 2, 3])).toThrow('first')
    expect(new Spot(new Float64Array(30).fill(4)).update(5).alarm).toBe(true)
  })
})
