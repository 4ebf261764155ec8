import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binValues, freedmanDiaconisBins } from '../density/bin-widths.ts'
import { kernelDensity, silvermanBandwidth } from '../density/kernel-density.ts'
import { sampleNormal } from '../random/continuous.ts'
import { createRandom } from '../random/generator.ts'
import { StatsError } from '../stats-error.ts'
import { type Complex, fft, inverseFft } from './fft.ts'
import { periodogram } from './periodogram.ts'

const number = fc.double({ min: -10, max: 10, noNaN: true })
const complex = fc
  .array(fc.tuple(number, number), { minLength: 1, maxLength: 80 })
  .map((list) => ({ re: list.map(([a]) => a), im: list.map(([, b]) => b) }))

function slow(re: readonly number[], im: readonly number[]): Complex {
  const n = re.length
  const out = { re: new Float64Array(n), im: new Float64Array(n) }
  for (let k = 0; k < n; k++)
    for (let t = 0; t < n; t++) {
      const angle = (-2 * Math.PI * ((k * t) % n)) / n
      out.re[k] = (out.re[k] ?? 0) + (re[t] ?? 0) * Math.cos(angle) - (im[t] ?? 0) * Math.sin(angle)
      out.im[k] = (out.im[k] ?? 0) + (re[t] ?? 0) * Math.sin(angle) + (im[t] ?? 0) * Math.cos(angle)
    }
  return out
}

function farthest(a: Complex, b: { re: ArrayLike<number>; im: ArrayLike<number> }): number {
  let most = 0
  for (let i = 0; i < a.re.length; i++)
    most = Math.max(
      most,
      Math.abs((a.re[i] ?? 0) - (b.re[i] ?? 0)),
      Math.abs((a.im[i] ?? 0) - (b.im[i] ?? 0)),
    )
  return most
}

describe('FFT', () => {
  it('is the sum of its definition, for any length', () => {
    fc.assert(
      fc.property(complex, ({ re, im }) => {
        expect(farthest(fft(re, im), slow(re, im))).toBeLessThan(1e-11)
      }),
    )
    for (const n of [37, 64, 97, 101, 210, 365]) {
      const re = Array.from({ length: n }, (_, t) => Math.sin(t * t))
      const im = re.map((x) => x * x)
      expect(farthest(fft(re, im), slow(re, im))).toBeLessThan(1e-11)
    }
  })

  it('is undone by its inverse, and keeps the sum of squares', () => {
    for (const n of [1, 2, 1000, 1009, 8192, 9973]) {
      const random = createRandom(n)
      const re = Float64Array.from({ length: n }, () => sampleNormal(random))
      const transformed = fft(re)
      expect(farthest(inverseFft(transformed), { re, im: new Float64Array(n) })).toBeLessThan(1e-12)
      const sum = (z: ArrayLike<number>) => Array.from(z).reduce((s, x) => s + x * x, 0)
      expect((sum(transformed.re) + sum(transformed.im)) / n / sum(re)).toBeCloseTo(1, 12)
    }
  })

  it('refuses what is no number', () => {
    expect(() => fft([])).toThrow(StatsError)
    expect(() => fft([1, Number.NaN])).toThrow('re[1]')
    expect(() => fft([1, 2], [1])).toThrow(StatsError)
  })
})

describe('periodogram', () => {
  it('parts the sum of squares about the mean', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 4, maxLength: 60 }), (values) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length
        const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
        const { power } = periodogram(values, { detrend: 'mean' })
        expect(power.reduce((a, b) => a + b, 0)).toBeCloseTo(squares, 8)
      }),
    )
  })

  it('has its peak at the period, also under a trend, and less leakage with a taper', () => {
    const values = Array.from({ length: 240 }, (_, t) => 0.3 * t + Math.sin((2 * Math.PI * t) / 24))
    for (const taper of ['none', 'hann'] as const) {
      const { frequencies, power } = periodogram(values, { taper })
      const peak = power.indexOf(Math.max(...power))
      expect(frequencies[peak]).toBeCloseTo(1 / 24, 12)
    }
    const off = Array.from({ length: 240 }, (_, t) => Math.sin(2 * Math.PI * 0.1021 * t))
    const far = (taper: 'none' | 'hann') => periodogram(off, { taper }).power.at(-1) ?? 0
    expect(far('hann')).toBeLessThan(far('none') / 100)
  })
})

describe('densities', () => {
  it('the kernel density integrates to 1, is nowhere negative, and follows the normal', () => {
    const random = createRandom(3)
    const values = Array.from({ length: 3000 }, () => sampleNormal(random))
    const kde = kernelDensity(values)
    const { x, density } = kde.grid(2001)
    const step = (x[1] ?? 0) - (x[0] ?? 0)
    expect(density.reduce((a, b) => a + b, 0) * step).toBeCloseTo(1, 3)
    expect(Math.min(...density)).toBeGreaterThanOrEqual(0)
    expect(Math.abs(kde.at(0) - 0.3989)).toBeLessThan(0.03)
    // Silverman: 0.9 · 1 · 3000^(−1/5) = 0.1815 for unit deviation.
    expect(kde.bandwidth).toBeGreaterThan(0.17)
    expect(kde.bandwidth).toBeLessThan(0.19)
    expect(kernelDensity([2], { bandwidth: 0.5 }).at(2)).toBeCloseTo(0.7978845608, 10)
    expect(() => silvermanBandwidth([1, 1])).toThrow('bandwidth')
  })

  it('bins hold every value once, within their edges', () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), (values) => {
        const { edges, counts } = binValues(values)
        expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length)
        for (const [i, count] of counts.entries()) {
          const last = i === counts.length - 1
          const inside = values.filter(
            (x) => x >= (edges[i] ?? 0) && (last || x < (edges[i + 1] ?? 0)),
          )
          expect(count).toBe(inside.length)
        }
      }),
    )
    // 1 … 1000: IQR 499.5, width 99.9, range 999.
    expect(freedmanDiaconisBins(Array.from({ length: 1000 }, (_, i) => i + 1))).toBe(10)
    expect(freedmanDiaconisBins([5, 5, 5])).toBe(1)
    expect(freedmanDiaconisBins([...Array.from({ length: 99 }, () => 0), 1e12])).toBe(8)
  })
})
