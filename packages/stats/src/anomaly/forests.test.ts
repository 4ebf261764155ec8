import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { matrixOfRows } from '../linear/matrix.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { isolationForest, windowsOf } from './isolation-forest.ts'
import { patternResiduals } from './pattern-residuals.ts'
import { RandomCutForest } from './random-cut-forest.ts'

const odd = fc.oneof(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.constantFrom(0, 0, 1, 1e300, -1e300, 5e-324),
)

describe('an isolation forest', () => {
  it('isolates what is unlike the rest, the same way from the same seed', () => {
    const random = createRandom(1)
    const rows = Array.from({ length: 500 }, () => [sampleNormal(random), sampleNormal(random)])
    const forest = isolationForest(matrixOfRows(rows), createRandom(2))
    const usual = rows.map((row) => forest.score(row)).toSorted((a, b) => a - b)
    expect(usual[250]).toBeLessThan(0.5)
    expect(forest.score([6, -6])).toBeGreaterThan(0.7)
    expect(forest.score([6, -6])).toBeGreaterThan(usual[498] as number)
    const again = isolationForest(matrixOfRows(rows), createRandom(2))
    expect(again.score([1, 1])).toBe(forest.score([1, 1]))
  })

  it('scores any rows within 0 and 1', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(odd, odd), { minLength: 1, maxLength: 40 }), (rows) => {
        const forest = isolationForest(matrixOfRows(rows), createRandom(3), { trees: 5 })
        for (const row of rows) {
          const score = forest.score(row)
          expect(score > 0 && score <= 1).toBe(true)
        }
      }),
    )
    expect(() => isolationForest(windowsOf([], 2), createRandom(1))).toThrow('rows')
  })
})

describe('a random cut forest', () => {
  it('finds the break of a rhythm in a stream', () => {
    const forest = new RandomCutForest(createRandom(4), { shingle: 8 })
    const random = createRandom(5)
    const scores = Array.from({ length: 800 }, (_, i) => {
      const broken = i >= 600 && i < 608
      return forest.update((broken ? 0 : Math.sin(i / 4)) + 0.02 * sampleNormal(random)) ?? 0
    })
    const before = Math.max(...scores.slice(300, 600))
    expect(Math.max(...scores.slice(600, 616))).toBeGreaterThan(1.5 * before)
    expect(forest.size).toBe(128)
  })

  it('takes any points, equal ones too, and holds no more than its sample', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(odd, odd), { minLength: 1, maxLength: 80 }), (points) => {
        const forest = new RandomCutForest(createRandom(6), { trees: 3, sample: 16 })
        for (const [i, point] of points.entries()) {
          const score = forest.add(point)
          expect(score >= 0 && score <= 16).toBe(true)
          expect(forest.size).toBe(Math.min(16, i + 1))
        }
      }),
    )
  })

  it('gives a point alone against n equal ones a displacement of n', () => {
    const forest = new RandomCutForest(createRandom(7), { trees: 1 })
    for (let i = 0; i < 20; i++) expect(forest.add([1])).toBe(0)
    expect(forest.add([5])).toBe(20)
    expect(() => forest.add([1, 2])).toThrow('values')
    expect(() => forest.add([Number.NaN])).toThrow('values')
  })
})

describe('residuals of patterns', () => {
  it('are high where a season has another shape, though no value is unusual', () => {
    const values = Float64Array.from({ length: 1_200 }, (_, i) => {
      const phase = (i % 24) / 24
      return i >= 600 && i < 624 ? 1 - 2 * phase : Math.sin(2 * Math.PI * phase)
    })
    const residuals = patternResiduals(values, { width: 24 })
    const peak = residuals.indexOf(Math.max(...residuals))
    expect(peak).toBeGreaterThan(590)
    expect(peak).toBeLessThan(634)
  })

  it('are finite, and the same in another unit', () => {
    fc.assert(
      fc.property(fc.array(odd, { maxLength: 60 }), (values) => {
        const residuals = patternResiduals(values, { width: 4 })
        expect(residuals.length).toBe(values.length)
        expect(residuals.every(Number.isFinite)).toBe(true)
      }),
    )
    const random = createRandom(8)
    const values = Float64Array.from({ length: 200 }, () => sampleNormal(random))
    const scaled = patternResiduals(values.map((value) => 1e6 * value + 3))
    for (const [i, one] of patternResiduals(values).entries()) expect(scaled[i]).toBeCloseTo(one, 5)
  })
})
