import { checkSameLength, checkSummable } from '../checks.ts'

/** Complex numbers, real and imaginary parts apart. */
export interface Complex {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** Lengths with a prime factor above this go by Bluestein's convolution. */
const GREATEST_RADIX = 31

/**
 * Discrete Fourier transform Σ xₜ exp(−2πi k t / n) of one value or more, of any length: mixed radix (Cooley and Tukey 1965), and
 * for lengths with a prime factor above 31 Bluestein's convolution (1970). The argument is not changed; an absent `im` is 0.
 * O(n log n). A StatsError for values that are not finite or lengths that differ.
 */
export function fft(re: ArrayLike<number>, im?: ArrayLike<number>): Complex {
  checkSummable(re, 1, 're')
  if (im !== undefined) {
    checkSameLength(re, im, 're', 'im')
    checkSummable(im, 1, 'im')
  }
  return transform({
    re: Float64Array.from(re),
    im: im === undefined ? new Float64Array(re.length) : Float64Array.from(im),
  })
}

/** Inverse of `fft`, divided by n. */
export function inverseFft({ re, im }: Complex): Complex {
  // Exchanging the parts before and after turns the sign of the exponent.
  const turned = fft(im, re)
  const n = re.length
  return { re: turned.im.map((x) => x / n), im: turned.re.map((x) => x / n) }
}

function transform(x: Complex): Complex {
  const n = x.re.length
  const factors = factorsOf(n)
  if ((factors.at(-1) ?? 1) > GREATEST_RADIX) return bluestein(x)
  const out = { re: new Float64Array(n), im: new Float64Array(n) }
  mixedRadix(x, 0, 1, out, 0, n, factors, 0, circle(n))
  return out
}

/** Prime factors in ascending order. */
function factorsOf(n: number): number[] {
  const factors: number[] = []
  let rest = n
  for (let p = 2; p * p <= rest; p++)
    while (rest % p === 0) {
      factors.push(p)
      rest /= p
    }
  if (rest > 1) factors.push(rest)
  return factors
}

/** exp(−2πi k / n) for k = 0 … n − 1. */
function circle(n: number): Complex {
  const re = new Float64Array(n)
  const im = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    const angle = (-2 * Math.PI * k) / n
    re[k] = Math.cos(angle)
    im[k] = Math.sin(angle)
  }
  return { re, im }
}

/** Transforms every `stride`-th value of x from `from` on to `size` values of `out` from `at` on. */
function mixedRadix(
  x: Complex,
  from: number,
  stride: number,
  out: Complex,
  at: number,
  size: number,
  factors: readonly number[],
  depth: number,
  roots: Complex,
): void {
  const radix = factors[depth]
  if (radix === undefined) {
    out.re[at] = x.re[from] ?? 0
    out.im[at] = x.im[from] ?? 0
    return
  }
  const part = size / radix
  for (let r = 0; r < radix; r++)
    mixedRadix(
      x,
      from + r * stride,
      stride * radix,
      out,
      at + r * part,
      part,
      factors,
      depth + 1,
      roots,
    )
  const re = new Float64Array(radix)
  const im = new Float64Array(radix)
  const n = roots.re.length
  for (let k = 0; k < part; k++) {
    for (let r = 0; r < radix; r++) {
      const [a, b] = [out.re[at + r * part + k] ?? 0, out.im[at + r * part + k] ?? 0]
      const w = r * k * stride
      const [c, s] = [roots.re[w] ?? 0, roots.im[w] ?? 0]
      re[r] = a * c - b * s
      im[r] = a * s + b * c
    }
    for (let q = 0; q < radix; q++) {
      let [a, b] = [re[0] ?? 0, im[0] ?? 0]
      for (let r = 1; r < radix; r++) {
        const w = ((q * r) % radix) * (n / radix)
        const [c, s] = [roots.re[w] ?? 0, roots.im[w] ?? 0]
        a += (re[r] ?? 0) * c - (im[r] ?? 0) * s
        b += (re[r] ?? 0) * s + (im[r] ?? 0) * c
      }
      out.re[at + q * part + k] = a
      out.im[at + q * part + k] = b
    }
  }
}

/** k t = (k² + t² − (k − t)²) / 2 makes the sum a convolution, done by transforms of a power of two. */
function bluestein(x: Complex): Complex {
  const n = x.re.length
  let size = 1
  while (size < 2 * n - 1) size *= 2
  const chirp = { re: new Float64Array(n), im: new Float64Array(n) }
  const a = { re: new Float64Array(size), im: new Float64Array(size) }
  const b = { re: new Float64Array(size), im: new Float64Array(size) }
  for (let t = 0; t < n; t++) {
    // t² modulo 2n, so that the angle is small and exact.
    const angle = (Math.PI * ((t * t) % (2 * n))) / n
    const [c, s] = [Math.cos(angle), -Math.sin(angle)]
    chirp.re[t] = c
    chirp.im[t] = s
    const [re, im] = [x.re[t] ?? 0, x.im[t] ?? 0]
    a.re[t] = re * c - im * s
    a.im[t] = re * s + im * c
    b.re[t] = c
    b.im[t] = -s
    if (t > 0) {
      b.re[size - t] = c
      b.im[size - t] = -s
    }
  }
  const [u, v] = [transform(a), transform(b)]
  for (let k = 0; k < size; k++) {
    const [p, q, r, s] = [u.re[k] ?? 0, u.im[k] ?? 0, v.re[k] ?? 0, v.im[k] ?? 0]
    // Parts exchanged, for the inverse.
    u.im[k] = p * r - q * s
    u.re[k] = p * s + q * r
  }
  const turned = transform(u)
  const out = { re: new Float64Array(n), im: new Float64Array(n) }
  for (let k = 0; k < n; k++) {
    const [re, im] = [(turned.im[k] ?? 0) / size, (turned.re[k] ?? 0) / size]
    const [c, s] = [chirp.re[k] ?? 0, chirp.im[k] ?? 0]
    out.re[k] = re * c - im * s
    out.im[k] = re * s + im * c
  }
  return out
}
