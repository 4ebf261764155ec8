/** Where a function of one number is least on an interval. */
export interface LineMinimum {
  readonly x: number
  readonly value: number
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * Least value of f on [low, high]: the best of `grid` + 1 equally distant points, then golden sections
 * between its neighbours down to `tolerance`. Finds the global minimum when it is wider than the grid.
 * Cost: about grid + 1.44 · log₂((high − low) / grid / tolerance) evaluations.
 */
export function minimiseLine(
  f: (x: number) => number,
  low: number,
  high: number,
  { grid = 10, tolerance = 1e-7 }: { readonly grid?: number; readonly tolerance?: number } = {},
): LineMinimum {
  const width = (high - low) / grid
  let best = { x: low, value: Number.POSITIVE_INFINITY }
  for (let i = 0; i <= grid; i++) {
    const x = i === grid ? high : low + i * width
    const value = f(x)
    if (value < best.value) best = { x, value }
  }
  let a = Math.max(low, best.x - width)
  let b = Math.min(high, best.x + width)
  let x1 = b - GOLDEN * (b - a)
  let x2 = a + GOLDEN * (b - a)
  let f1 = f(x1)
  let f2 = f(x2)
  while (b - a > tolerance) {
    if (f1 <= f2) {
      b = x2
      x2 = x1
      f2 = f1
      x1 = b - GOLDEN * (b - a)
      f1 = f(x1)
    } else {
      a = x1
      x1 = x2
      f1 = f2
      x2 = a + GOLDEN * (b - a)
      f2 = f(x2)
    }
  }
  for (const one of [
    { x: x1, value: f1 },
    { x: x2, value: f2 },
  ]) {
    if (one.value < best.value) best = one
  }
  return best
}
