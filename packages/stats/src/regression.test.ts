import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitLine, slopeInterval } from './regression.ts'
import { StatsError } from './stats-error.ts'

const shared =
  process.env['LLMHUB_SHARED_DATA'] ?? path.resolve(import.meta.dirname, '../../../../shared/data')
const norris = path.join(shared, 'nist-strd/Norris.dat')
const hasNorris = existsSync(norris)

/** Decimal digits in which two numbers agree. */
function agreement(told: number | null | undefined, truth: number): number {
  const error = Math.abs(((told ?? Number.NaN) - truth) / truth)
  return error === 0 ? 16 : -Math.log10(error)
}

describe('least squares line', () => {
  it('has the certified values of NIST Norris', (context) => {
    if (!hasNorris) return context.skip(`there is no ${norris}`)
    const lines = readFileSync(norris, 'utf8').split('\n')
    const points = lines.slice(60, 96).map((line) => line.trim().split(/\s+/).map(Number))
    const certified = (name: string) =>
      lines
        .find((line) => line.trim().startsWith(name))
        ?.trim()
        .split(/\s+/)
        .map(Number) ?? []
    const [, b0 = Number.NaN, b0Error = Number.NaN] = certified('B0  ')
    const [, b1 = Number.NaN, b1Error = Number.NaN] = certified('B1  ')
    const fit = fitLine(
      points.map((point) => point[1] ?? Number.NaN),
      points.map((point) => point[0] ?? Number.NaN),
    )
    expect(fit?.n).toBe(36)
    expect(agreement(fit?.intercept, b0)).toBeGreaterThan(11)
    expect(agreement(fit?.slope, b1)).toBeGreaterThan(13)
    expect(agreement(fit?.interceptError, b0Error)).toBeGreaterThan(11)
    expect(agreement(fit?.slopeError, b1Error)).toBeGreaterThan(11)
    expect(agreement(fit?.residualDeviation, 0.884796396144373)).toBeGreaterThan(11)
    expect(agreement(fit?.rSquared, 0.999993745883712)).toBeGreaterThan(13)
  })

  it('is told by hand', () => {
    // y = 1, 3, 2 at x = 0, 1, 2: slope ½, intercept 1½, residuals −½, 1, −½.
    const fit = fitLine([0, 1, 2], [1, 3, 2])
    expect(fit).not.toBeNull()
    expect(fit?.slope).toBeCloseTo(0.5, 15)
    expect(fit?.intercept).toBeCloseTo(1.5, 15)
    expect(fit?.residualDeviation).toBeCloseTo(Math.sqrt(1.5), 14)
    expect(fit?.slopeError).toBeCloseTo(Math.sqrt(1.5 / 2), 14)
    expect(fit?.rSquared).toBeCloseTo(0.25, 14)
    // t(0.975, 1) = tan(0.475 π).
    const half = Math.tan(0.475 * Math.PI) * Math.sqrt(0.75)
    const interval = fit === null ? null : slopeInterval(fit, 0.95)
    expect(interval?.low).toBeCloseTo(0.5 - half, 8)
    expect(interval?.high).toBeCloseTo(0.5 + half, 8)
  })

  it('finds a line that is there, also far from the origin', () => {
    const coordinate = fc.double({ min: -1000, max: 1000, noNaN: true })
    fc.assert(
      fc.property(
        coordinate,
        coordinate,
        fc.integer({ min: 3, max: 50 }),
        (slope, intercept, n) => {
          // x as epoch hours would be.
          const xs = Array.from({ length: n }, (_, i) => 490_000 + i)
          const ys = xs.map((x) => intercept + slope * (x - 490_000))
          const fit = fitLine(xs, ys)
          const size = 1 + Math.abs(slope) + Math.abs(intercept)
          expect(Math.abs((fit?.slope ?? Number.NaN) - slope)).toBeLessThan(1e-9 * size)
          const interval = fit === null ? null : slopeInterval(fit, 0.95)
          expect(interval?.low).toBeLessThanOrEqual(slope + 1e-9 * size)
          expect(interval?.high).toBeGreaterThanOrEqual(slope - 1e-9 * size)
        },
      ),
    )
  })

  it('widens with the confidence', () => {
    const fit = fitLine([0, 1, 2, 3], [1, 3, 2, 5])
    if (fit === null) throw new Error('no line')
    const [narrow, wide] = [slopeInterval(fit, 0.5), slopeInterval(fit, 0.99)]
    expect(wide?.low).toBeLessThan(narrow?.low ?? Number.NaN)
    expect(wide?.high).toBeGreaterThan(narrow?.high ?? Number.NaN)
    expect(() => slopeInterval(fit, 1)).toThrow(StatsError)
  })

  it('says null where there is no line, or nothing to judge it by', () => {
    expect(fitLine([1], [1])).toBeNull()
    expect(fitLine([2, 2, 2], [1, 2, 3])).toBeNull()
    const two = fitLine([0, 1], [0, 2])
    expect(two?.slope).toBe(2)
    expect(two?.slopeError).toBeNull()
    expect(two === null ? 0 : slopeInterval(two, 0.95)).toBeNull()
    expect(fitLine([0, 1, 2], [4, 4, 4])?.rSquared).toBeNull()
    expect(() => fitLine([1, 2], [1])).toThrow(StatsError)
  })
})
