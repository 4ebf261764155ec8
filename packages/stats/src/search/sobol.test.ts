import { describe, expect, it } from 'vitest'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { SOBOL_DIMENSIONS, sobolPoints } from './sobol.ts'

/** Points of SciPy 1.17.1, `qmc.Sobol(40, scramble=False)`. */
const POINT_257 = [
  0.505859375, 0.998046875, 0.177734375, 0.794921875, 0.279296875, 0.607421875, 0.865234375,
  0.857421875, 0.787109375, 0.908203125, 0.955078125, 0.498046875, 0.736328125, 0.822265625,
  0.013671875, 0.626953125, 0.408203125, 0.673828125, 0.861328125, 0.876953125, 0.470703125,
  0.224609375, 0.673828125, 0.423828125, 0.603515625, 0.341796875, 0.478515625, 0.013671875,
  0.255859375, 0.408203125, 0.896484375, 0.615234375, 0.982421875, 0.572265625, 0.759765625,
  0.150390625, 0.591796875, 0.865234375, 0.740234375, 0.271484375,
]

/** Centred L2 discrepancy (Hickernell 1998). */
function discrepancy(data: Float64Array, n: number, d: number): number {
  let [single, double] = [0, 0]
  for (let i = 0; i < n; i++) {
    let one = 1
    for (let k = 0; k < d; k++) {
      const a = Math.abs((data[i * d + k] as number) - 0.5)
      one *= 1 + 0.5 * a - 0.5 * a * a
    }
    single += one
    for (let j = 0; j < n; j++) {
      let both = 1
      for (let k = 0; k < d; k++) {
        const [x, y] = [data[i * d + k] as number, data[j * d + k] as number]
        both *= 1 + 0.5 * (Math.abs(x - 0.5) + Math.abs(y - 0.5) - Math.abs(x - y))
      }
      double += both
    }
  }
  return (13 / 12) ** d - (2 / n) * single + double / (n * n)
}

describe('sobolPoints', () => {
  it('are those of another implementation', () => {
    const { data } = sobolPoints(300, 40)
    expect([...data.subarray(257 * 40, 258 * 40)]).toEqual(POINT_257)
    expect([5, 17, 39].map((j) => data[299 * 40 + j])).toEqual([
      0.904296875, 0.189453125, 0.880859375,
    ])
  })

  it('go on from any point', () => {
    const whole = sobolPoints(50, 7, { random: createRandom(3) })
    const rest = sobolPoints(13, 7, { random: createRandom(3), from: 37 })
    expect(rest.data).toEqual(whole.data.slice(37 * 7))
  })

  it('have the published discrepancy, and a lower one than chance when scrambled', () => {
    // SciPy 1.17.1, `qmc.discrepancy` of 256 points in 6 dimensions.
    const plain = sobolPoints(256, 6)
    expect(discrepancy(plain.data, 256, 6)).toBeCloseTo(0.000581712960157077, 12)
    const random = createRandom(5)
    const scrambled = sobolPoints(256, 6, { random })
    const chance = Float64Array.from({ length: 256 * 6 }, random)
    expect(discrepancy(scrambled.data, 256, 6)).toBeLessThan(discrepancy(chance, 256, 6) / 5)
  })

  it.each([1, 2, SOBOL_DIMENSIONS])(
    'fill every cell of each coordinate once, scrambled or not: %d dimensions',
    (d) => {
      for (const random of [undefined, createRandom(d)]) {
        const { data } = sobolPoints(64, d, random === undefined ? {} : { random })
        for (let k = 0; k < d; k++) {
          const cells = new Set(
            Array.from({ length: 64 }, (_, i) => Math.floor(64 * (data[i * d + k] as number))),
          )
          expect(cells.size).toBe(64)
        }
      }
    },
  )

  it('refuses what it has no points for', () => {
    expect(() => sobolPoints(1, SOBOL_DIMENSIONS + 1)).toThrow(StatsError)
    expect(() => sobolPoints(2, 2, { from: 2 ** 30 - 1 })).toThrow(StatsError)
    expect(() => sobolPoints(-1, 2)).toThrow(StatsError)
  })
})
