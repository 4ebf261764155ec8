import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatsError } from '../stats-error.ts'
import { cholesky, solveCholesky } from './cholesky.ts'
import { createMatrix, type Matrix, matrixOfRows, multiplyVector } from './matrix.ts'
import { applyQ, applyQTransposed, inverseGram, qr, solveLeastSquares } from './qr.ts'

const entry = fc
  .double({ min: -100, max: 100, noNaN: true })
  .map((x) => Math.round(x * 1000) / 1000)
const matrices = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 5 }))
  .chain(([extra, columns]) =>
    fc.array(fc.array(entry, { minLength: columns, maxLength: columns }), {
      minLength: columns + extra,
      maxLength: columns + extra,
    }),
  )
  .map(matrixOfRows)

const column = (a: Matrix, j: number) =>
  Float64Array.from({ length: a.rows }, (_, i) => a.data[i * a.columns + j] ?? 0)
const norm = (x: ArrayLike<number>) => Math.hypot(...Array.from(x))
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)

describe('QR', () => {
  it('gives A back, column by column, with and without exchange', () => {
    fc.assert(
      fc.property(matrices, fc.boolean(), (a, pivot) => {
        const f = qr(a, { pivot })
        for (let k = 0; k < a.columns; k++) {
          const r = new Float64Array(a.rows)
          for (let i = 0; i <= k; i++) r[i] = f.factors[k * a.rows + i] ?? 0
          const back = applyQ(f, r)
          const own = column(a, f.pivots[k] ?? -1)
          expect(norm(back.map((x, i) => x - (own[i] ?? 0)))).toBeLessThan(1e-12 * (1 + norm(own)))
        }
      }),
    )
  })

  it('has an orthogonal Q, and with exchange a diagonal that falls', () => {
    fc.assert(
      fc.property(matrices, (a) => {
        const f = qr(a)
        const b = Float64Array.from({ length: a.rows }, (_, i) => Math.sin(i + 1))
        expect(norm(applyQTransposed(f, b))).toBeCloseTo(norm(b), 12)
        expect(norm(applyQ(f, applyQTransposed(f, b)).map((x, i) => x - (b[i] ?? 0)))).toBeLessThan(
          1e-13,
        )
        for (let k = 1; k < a.columns; k++) {
          const [above, own] = [k - 1, k].map((i) => Math.abs(f.factors[i * a.rows + i] ?? 0))
          expect(own).toBeLessThanOrEqual((above ?? 0) * (1 + 1e-10) + 1e-12)
        }
      }),
    )
  })

  it('leaves residuals at right angles to all columns, of any rank', () => {
    fc.assert(
      fc.property(matrices, fc.boolean(), (a, twice) => {
        // A column that is there twice costs a rank.
        const wide = createMatrix(a.rows, a.columns + 1)
        for (let i = 0; i < a.rows; i++)
          for (let j = 0; j <= a.columns; j++)
            wide.data[i * (a.columns + 1) + j] = a.data[i * a.columns + (j % a.columns)] ?? 0
        const b = Float64Array.from({ length: a.rows }, (_, i) => Math.cos(3 * i))
        const used = twice ? wide : a
        const f = qr(used)
        const fitted = multiplyVector(used, solveLeastSquares(f, b))
        const residuals = b.map((x, i) => x - (fitted[i] ?? 0))
        const smallest = Math.abs(f.factors[(f.rank - 1) * (a.rows + 1)] ?? 0)
        fc.pre(smallest > 1e-6)
        for (let j = 0; j < a.columns; j++)
          expect(Math.abs(dot(column(used, j), residuals))).toBeLessThan(1e-7)
        expect(f.rank).toBeLessThanOrEqual(a.columns)
      }),
    )
  })

  it('tells the rank of what depends on other columns', () => {
    const a = matrixOfRows([
      [1, 2, 3],
      [4, 5, 9],
      [7, 8, 15],
      [1, 0, 1],
    ])
    expect(qr(a).rank).toBe(2)
    expect(qr(createMatrix(3, 2)).rank).toBe(0)
  })

  it('keeps its digits at any size of the entries', () => {
    const a = matrixOfRows([
      [3e200, 1e-200],
      [4e200, 0],
      [0, 2e-200],
    ])
    const f = qr(a, { tolerance: 0 })
    expect(Math.abs(f.factors[0] ?? 0)).toBeCloseTo(5e200, -188)
    expect(solveLeastSquares(f, [3e200, 4e200, 0])[0]).toBeCloseTo(1, 14)
  })

  it('inverts AᵀA', () => {
    fc.assert(
      fc.property(matrices, (a) => {
        const f = qr(a)
        const last = Math.abs(f.factors[(a.columns - 1) * (a.rows + 1)] ?? 0)
        fc.pre(f.rank === a.columns && last > 0.1)
        const inverse = inverseGram(f)
        for (let i = 0; i < a.columns; i++)
          for (let j = 0; j < a.columns; j++) {
            let sum = 0
            for (let k = 0; k < a.columns; k++)
              sum += (inverse.data[i * a.columns + k] ?? 0) * dot(column(a, k), column(a, j))
            expect(sum).toBeCloseTo(i === j ? 1 : 0, 4)
          }
      }),
    )
  })
})

describe('Cholesky', () => {
  it('solves what is positive definite, without jitter', () => {
    const a = matrixOfRows([
      [4, 12, -16],
      [12, 37, -43],
      [-16, -43, 98],
    ])
    const factored = cholesky(a)
    expect([...factored.lower.data]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3])
    expect(factored.jitter).toBe(0)
    expect(factored.logDeterminant).toBeCloseTo(Math.log(36), 14)
    const x = solveCholesky(factored, multiplyVector(a, [1, -2, 3]))
    expect(norm(x.map((value, i) => value - ([1, -2, 3][i] ?? 0)))).toBeLessThan(1e-11)
  })

  it('takes as little jitter as makes a singular matrix regular', () => {
    const a = matrixOfRows([
      [1, 1],
      [1, 1],
    ])
    expect(cholesky(a).jitter).toBe(1e-12)
    expect(() => cholesky(a, { maxJitter: 0 })).toThrow(StatsError)
  })

  it('refuses what is indefinite, not square or not finite', () => {
    const codeOf = (a: Matrix): string => {
      try {
        cholesky(a)
        return 'none'
      } catch (error) {
        return error instanceof StatsError ? error.code : 'untyped'
      }
    }
    expect(codeOf(matrixOfRows([[-1]]))).toBe('degenerate')
    expect(codeOf(createMatrix(2, 3))).toBe('length')
    expect(codeOf(createMatrix(1, 1, Float64Array.of(Number.NaN)))).toBe('not_finite')
    expect(codeOf(createMatrix(2, 2))).toBe('degenerate')
  })
})
