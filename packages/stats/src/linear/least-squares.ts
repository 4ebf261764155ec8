import { checkBetween, checkSummable, checkValues } from '../checks.ts'
import { fisherF } from '../distributions/beta.ts'
import { studentT } from '../distributions/student-t.ts'
import type { Interval } from '../regression.ts'
import { StatsError } from '../stats-error.ts'
import { createMatrix, type Matrix } from './matrix.ts'
import { applyQ, inverseGram, type Qr, qr, solveLeastSquares } from './qr.ts'

export interface RegressionOptions {
  /** Fit a constant, which comes first among the coefficients. Default true. */
  readonly intercept?: boolean
  /** Weight of each observation, above 0: the inverse of its variance, up to a factor. Default 1 for all. */
  readonly weights?: ArrayLike<number>
  /** Of intervals. Default 0.95. */
  readonly confidence?: number
}

export interface Coefficient {
  readonly value: number
  /** Null, as what follows from it, where no degrees of freedom are left. */
  readonly standardError: number | null
  readonly t: number | null
  readonly pValue: number | null
  readonly interval: Interval | null
}

export interface Regression {
  readonly coefficients: readonly Coefficient[]
  /** Observations less coefficients. */
  readonly degrees: number
  readonly fitted: Float64Array
  /** Observed less fitted, not weighted. */
  readonly residuals: Float64Array
  /** Root of the weighted squares over the degrees; null without degrees. */
  readonly residualDeviation: number | null
  /** Share of the squares about the mean that is explained (about 0 without a constant); null where there are none. */
  readonly rSquared: number | null
  readonly adjustedRSquared: number | null
  /** F of all coefficients but the constant being 0, and its p-value; null without degrees or such coefficients. */
  readonly f: number | null
  readonly fPValue: number | null
  /** Diagonal of the hat matrix: how much each observation draws the line to itself, 0 … 1. */
  readonly leverage: Float64Array
  /** Cook's distances; null without degrees. */
  readonly cooksDistance: Float64Array | null
  /** ln L of normal residuals at the estimate of greatest likelihood. */
  readonly logLikelihood: number
  /** Akaike's criterion, with the variance as a parameter, as R has it. */
  readonly aic: number
  readonly bic: number
  /** (XᵀWX)⁻¹ of the coefficients: times the squared residual deviation their covariance. */
  readonly inverseGram: Matrix
}

/**
 * Linear regression of y on the columns of x by Householder QR with columns scaled and exchanged, once refined. x may have fewer
 * columns than rows, or as many. Throws a StatsError: `length`, `not_finite`, `too_few` observations, or `degenerate` where
 * columns depend on one another to rounding. O(rows · columns²).
 *
 * Of the reference problems of NIST, Longley has 11 correct digits, Filip, a polynomial of degree 10, 7 to 8.
 */
export function regress(
  x: Matrix,
  y: ArrayLike<number>,
  options: RegressionOptions = {},
): Regression {
  const { intercept = true, confidence = 0.95 } = options
  checkBetween(confidence, 0, 1, 'options.confidence')
  const design = designOf(x, intercept)
  const [n, p] = [design.rows, design.columns]
  if (y.length !== n) throw new StatsError('length', 'y', `${y.length} values for ${n} rows of x`)
  if (p === 0) throw new StatsError('too_few', 'x', 'no columns and no constant')
  checkSummable(y, p, 'y')
  const roots = rootsOf(options.weights, n)
  const scales = scaleColumns(design, roots)
  const target = Float64Array.from(y, (value, i) => value * (roots[i] ?? 1))
  const factored = qr(design)
  if (factored.rank < p) {
    const column = (factored.pivots[factored.rank] ?? 0) - (intercept ? 1 : 0)
    const name = column < 0 ? 'the constant' : `column ${column}`
    throw new StatsError(
      'degenerate',
      'x',
      `${name} depends on the others to rounding: leave one out`,
    )
  }
  const scaled = solveLeastSquares(factored, target)
  const first = residualsOf(design, scaled, target)
  // What the residuals, worked out with twice the digits, have left of the columns.
  const step = solveLeastSquares(factored, first)
  for (let j = 0; j < p; j++) scaled[j] = (scaled[j] ?? 0) + (step[j] ?? 0)
  const weighted = residualsOf(design, scaled, target)
  const residuals = weighted.map((r, i) => r / (roots[i] ?? 1))
  return conclude({
    y,
    roots,
    intercept,
    confidence,
    factored,
    scales,
    scaled,
    weighted,
    residuals,
  })
}

function designOf(x: Matrix, intercept: boolean): Matrix {
  const own = intercept ? 1 : 0
  const design = createMatrix(x.rows, x.columns + own)
  for (let i = 0; i < x.rows; i++) {
    if (intercept) design.data[i * design.columns] = 1
    for (let j = 0; j < x.columns; j++)
      design.data[i * design.columns + own + j] = x.data[i * x.columns + j] ?? 0
  }
  return design
}

function rootsOf(weights: ArrayLike<number> | undefined, n: number): Float64Array {
  const roots = new Float64Array(n).fill(1)
  if (weights === undefined) return roots
  if (weights.length !== n)
    throw new StatsError('length', 'options.weights', `${weights.length} weights for ${n} rows`)
  for (let i = 0; i < n; i++) {
    const weight = weights[i] ?? Number.NaN
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY))
      throw new StatsError('out_of_range', `options.weights[${i}]`, `${weight} is not above 0`)
    roots[i] = Math.sqrt(weight)
  }
  return roots
}

/** Weights the rows and brings columns to a size near 1 by powers of two, which round nothing; gives those. */
function scaleColumns(design: Matrix, roots: Float64Array): Float64Array {
  const { rows, columns, data } = design
  const scales = new Float64Array(columns).fill(1)
  for (let j = 0; j < columns; j++) {
    let size = 0
    for (let i = 0; i < rows; i++) {
      const value = (data[i * columns + j] ?? 0) * (roots[i] ?? 1)
      if (!(Math.abs(value) <= 1e300))
        throw new StatsError('out_of_range', `x[${i}]`, `${value} is not within ±1e300`)
      data[i * columns + j] = value
      size = Math.max(size, Math.abs(value))
    }
    if (size === 0) continue
    if (size < 1e-300)
      throw new StatsError('out_of_range', 'x', 'a column is below 1e-300: use another unit')
    const scale = 2 ** -Math.floor(Math.log2(size))
    scales[j] = scale
    for (let i = 0; i < rows; i++) data[i * columns + j] = (data[i * columns + j] ?? 0) * scale
  }
  return scales
}

/** target − design · b with products and sums of twice the digits (Ogita, Rump and Oishi 2005). */
function residualsOf(design: Matrix, b: Float64Array, target: Float64Array): Float64Array {
  const { rows, columns, data } = design
  const out = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    let sum = target[i] ?? 0
    let low = 0
    for (let j = 0; j < columns; j++) {
      const [u, v] = [-(data[i * columns + j] ?? 0), b[j] ?? 0]
      const product = u * v
      const [uh, vh] = [upperHalf(u), upperHalf(v)]
      const [ul, vl] = [u - uh, v - vh]
      const productLow = ul * vl - (product - uh * vh - ul * vh - uh * vl)
      const next = sum + product
      const part = next - sum
      low += sum - (next - part) + (product - part) + productLow
      sum = next
    }
    out[i] = sum + low
  }
  return out
}

/** The upper 26 bits of a double (Veltkamp). */
function upperHalf(x: number): number {
  const shifted = 134_217_729 * x
  return shifted - (shifted - x)
}

interface Solved {
  readonly y: ArrayLike<number>
  readonly roots: Float64Array
  readonly intercept: boolean
  readonly confidence: number
  readonly factored: Qr
  readonly scales: Float64Array
  readonly scaled: Float64Array
  readonly weighted: Float64Array
  readonly residuals: Float64Array
}

function conclude(solved: Solved): Regression {
  const { y, roots, intercept, confidence, factored, scales, weighted, residuals } = solved
  const n = y.length
  const p = scales.length
  const degrees = n - p
  const rss = squaresOf(weighted)
  const variance = degrees > 0 ? rss / degrees : null
  const gram = inverseGram(factored)
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++)
      gram.data[i * p + j] = (gram.data[i * p + j] ?? 0) * (scales[i] ?? 1) * (scales[j] ?? 1)
  const t = degrees > 0 ? studentT(degrees) : null
  const reach = t === null ? 0 : t.upperQuantile((1 - confidence) / 2)
  const coefficients = Array.from(solved.scaled, (own, j): Coefficient => {
    const value = own * (scales[j] ?? 1)
    if (t === null || variance === null)
      return { value, standardError: null, t: null, pValue: null, interval: null }
    const standardError = Math.sqrt(variance * (gram.data[j * p + j] ?? 0))
    if (!(Math.abs(value) + standardError < Number.POSITIVE_INFINITY))
      throw new StatsError('out_of_range', 'x', 'coefficients overflow: use another unit')
    const score = standardError > 0 ? value / standardError : null
    return {
      value,
      standardError,
      t: score,
      pValue: score === null ? null : Math.min(1, 2 * t.survival(Math.abs(score))),
      interval: { low: value - reach * standardError, high: value + reach * standardError },
    }
  })
  const leverage = leverageOf(factored)
  const total = totalSquares(y, roots, intercept)
  if (!(total + rss < Number.POSITIVE_INFINITY))
    throw new StatsError('out_of_range', 'y', 'squares overflow: use another unit')
  const explained = p - (intercept ? 1 : 0)
  const f =
    variance !== null && variance > 0 && explained > 0
      ? Math.max(0, total - rss) / explained / variance
      : null
  const rSquared = total > 0 ? Math.max(0, 1 - rss / total) : null
  const logWeights = roots.reduce((sum, root) => sum + Math.log(root), 0)
  const logLikelihood = logWeights - (n / 2) * (Math.log(2 * Math.PI * (rss / n)) + 1)
  return {
    coefficients,
    degrees,
    fitted: residuals.map((r, i) => (y[i] ?? 0) - r),
    residuals,
    residualDeviation: variance === null ? null : Math.sqrt(variance),
    rSquared,
    adjustedRSquared:
      rSquared === null || degrees === 0
        ? null
        : 1 - (1 - rSquared) * ((n - (intercept ? 1 : 0)) / degrees),
    f,
    fPValue: f === null ? null : fisherF(explained, degrees).survival(f),
    leverage,
    cooksDistance:
      variance === null || !(variance > 0)
        ? null
        : weighted.map((r, i) => {
            const own = Math.min(leverage[i] ?? 0, 1 - 1e-15)
            return ((r * r) / (p * variance)) * (own / (1 - own) ** 2)
          }),
    logLikelihood,
    aic: 2 * (p + 1) - 2 * logLikelihood,
    bic: Math.log(n) * (p + 1) - 2 * logLikelihood,
    inverseGram: gram,
  }
}

function squaresOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) ** 2
  return sum
}

/** Weighted squares of y about its weighted mean, or about 0. */
function totalSquares(y: ArrayLike<number>, roots: Float64Array, intercept: boolean): number {
  let [mean, weights] = [0, 0]
  for (let i = 0; intercept && i < y.length; i++) {
    const weight = (roots[i] ?? 1) ** 2
    weights += weight
    mean += (weight / weights) * ((y[i] ?? 0) - mean)
  }
  let sum = 0
  for (let i = 0; i < y.length; i++) sum += ((roots[i] ?? 1) * ((y[i] ?? 0) - mean)) ** 2
  return sum
}

/** Squared rows of the first columns of Q. */
function leverageOf(factored: Qr): Float64Array {
  const out = new Float64Array(factored.rows)
  const unit = new Float64Array(factored.rows)
  for (let k = 0; k < factored.columns; k++) {
    unit.fill(0)
    unit[k] = 1
    const column = applyQ(factored, unit)
    for (let i = 0; i < out.length; i++) out[i] = (out[i] ?? 0) + (column[i] ?? 0) ** 2
  }
  return out
}

export interface RegressionPrediction {
  readonly value: number
  /** Where the mean of y lies. */
  readonly meanInterval: Interval
  /** Where one more observation, of weight 1, lies. */
  readonly interval: Interval
}

/**
 * What a regression says of a row of x, the constant 1 first where there is one, with intervals. A StatsError where the row does
 * not fit or no degrees of freedom are left. O(columns²).
 */
export function predict(
  fit: Regression,
  row: ArrayLike<number>,
  confidence = 0.95,
): RegressionPrediction {
  checkBetween(confidence, 0, 1, 'confidence')
  const p = fit.coefficients.length
  if (row.length !== p)
    throw new StatsError('length', 'row', `${row.length} entries for ${p} coefficients`)
  checkValues(row, p, 'row')
  if (fit.residualDeviation === null)
    throw new StatsError('too_few', 'fit', 'has no degrees of freedom left for intervals')
  let [value, spread] = [0, 0]
  for (let i = 0; i < p; i++) {
    value += (row[i] ?? 0) * (fit.coefficients[i]?.value ?? 0)
    for (let j = 0; j < p; j++)
      spread += (row[i] ?? 0) * (row[j] ?? 0) * (fit.inverseGram.data[i * p + j] ?? 0)
  }
  const reach = studentT(fit.degrees).upperQuantile((1 - confidence) / 2) * fit.residualDeviation
  const [mean, one] = [
    reach * Math.sqrt(Math.max(0, spread)),
    reach * Math.sqrt(1 + Math.max(0, spread)),
  ]
  return {
    value,
    meanInterval: { low: value - mean, high: value + mean },
    interval: { low: value - one, high: value + one },
  }
}
