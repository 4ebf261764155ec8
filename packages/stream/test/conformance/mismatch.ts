/** What came out and what should have: thrown by the runners of cases, which the driver turns into a line of its table. */
export class Mismatch extends Error {
  constructor(at: string, what: string) {
    super(`${at}: ${what}`)
    this.name = 'Mismatch'
  }
}

/** Doubles that differ by rounding are the same; everything else must be equal. */
export function isSame(got: unknown, wanted: unknown, relative = 1e-9): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') {
    return Math.abs(got - wanted) <= relative * Math.max(1, Math.abs(wanted)) || got === wanted
  }
  if (Array.isArray(got) && Array.isArray(wanted)) {
    return got.length === wanted.length && got.every((one, i) => isSame(one, wanted[i], relative))
  }
  if (isObject(got) && isObject(wanted)) {
    // Only the members that are named are compared.
    return Object.entries(wanted).every(([name, value]) => isSame(got[name], value, relative))
  }
  return got === wanted
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Pairs every expectation with one result of its own, whatever their order. Throws a Mismatch that shows
 * what is left on either side.
 */
export function matchAll<T, E>(
  at: string,
  got: readonly T[],
  wanted: readonly E[],
  fits: (one: T, expected: E) => boolean,
  show: (one: T) => string = (one) => JSON.stringify(one),
): void {
  const left = [...got]
  const missing: E[] = []
  // The most demanding first, or one that names little would take a result that another needs.
  const demanding = [...wanted].sort(
    (a, b) => JSON.stringify(b ?? null).length - JSON.stringify(a ?? null).length,
  )
  for (const expected of demanding) {
    const place = left.findIndex((one) => fits(one, expected))
    if (place < 0) missing.push(expected)
    else left.splice(place, 1)
  }
  if (missing.length === 0 && left.length === 0) return
  const lines = [
    ...missing.map((one) => `missing ${JSON.stringify(one)}`),
    ...left.map((one) => `unexpected ${show(one)}`),
  ]
  throw new Mismatch(at, lines.join('; '))
}
