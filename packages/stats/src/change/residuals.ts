/** Share of the mean square that keeps the logarithm of a small residual from dominating (Fuller 1996). */
const FLOOR = 0.02

/** The values less the means, or lines of least squares, of the segments between the changes. */
export function residualsOf(
  values: Float64Array,
  changes: readonly number[],
  lines: boolean,
): Float64Array {
  const bounds = [0, ...changes, values.length]
  const residuals = new Float64Array(values.length)
  for (let i = 1; i < bounds.length; i++) {
    const [start, end] = [bounds[i - 1] as number, bounds[i] as number]
    const { at } = lineOf(values, start, end, lines)
    for (let t = start; t < end; t++) residuals[t] = (values[t] as number) - at(t)
  }
  return residuals
}

/**
 * Logarithms of the squared innovations of residuals, by Fuller's transformation, so that a change of variance is a
 * change of their level, and outliers weigh little. An innovation is what a residual does not take over from the one before, by
 * the given autocorrelation. Null where residuals are no more than the rounding of values within ±1.
 */
export function logSquares(residuals: Float64Array, autocorrelation: number): Float64Array | null {
  const squares = residuals.map((value, t) =>
    t === 0 ? value * value : (value - autocorrelation * (residuals[t - 1] as number)) ** 2,
  )
  const floor = squares.reduce((sum, square) => sum + (FLOOR * square) / squares.length, 0)
  if (!(floor > 1e-26)) return null
  return squares.map((square) => Math.log(square + floor) - floor / (square + floor))
}

/** Mean, or line of least squares, of the values from start up to end. */
export function lineOf(
  values: Float64Array,
  start: number,
  end: number,
  line: boolean,
): { readonly slope: number; at(this: void, t: number): number } {
  const count = end - start
  const middle = (start + end - 1) / 2
  let mean = 0
  for (let t = start; t < end; t++) mean += (values[t] as number) / count
  if (!line || count < 3) return { slope: 0, at: () => mean }
  let product = 0
  for (let t = start; t < end; t++) product += (t - middle) * ((values[t] as number) - mean)
  const slope = (12 * product) / (count * (count * count - 1))
  return { slope, at: (t) => mean + slope * (t - middle) }
}
