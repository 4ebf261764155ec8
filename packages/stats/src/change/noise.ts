import { medianOf } from '../series/order.ts'

/** How the values of a series vary about a level or a line that may change. */
export interface Noise {
  /** Standard deviation of a value. */
  readonly deviation: number
  /** Autocorrelation at lag 1, 0 to 0.95. */
  readonly autocorrelation: number
  /** Standard deviation of a mean times √n: the deviation times √((1 + ρ) / (1 − ρ)). */
  readonly longRunDeviation: number
}

/** Beyond it a series wanders rather than varies, and the long run is as long as the series. */
export const MOST_AUTOCORRELATION = 0.95
/** Differences beyond so many of their deviations are changes, not noise; fewer for the ratio, which a single one may lead astray. */
const CLIP = 6
const RATIO_CLIP = 3
/** 1 / Φ⁻¹(¾). */
const MAD_TO_DEVIATION = 1.482_602_218_505_602

/**
 * Noise of a first-order autoregression from differences, which a few changes of level do not move: with d_k the mean square of the
 * differences at lag k, clipped at some of their deviations, ρ = d₂ / d₁ − 1 and σ² = d₁ / (2 (1 − ρ)) (the idea of Chakar,
 * Lebarbier, Lévy-Leduc and Robin 2017). A negative ρ counts as 0. All 0 when nothing varies. O(n log n).
 */
export function noiseOf(values: ArrayLike<number>): Noise {
  const first = clippedSquares(values, 1, RATIO_CLIP)
  const second = clippedSquares(values, 2, RATIO_CLIP)
  const ratio = first > 0 ? second / first - 1 : 0
  const autocorrelation = Math.min(MOST_AUTOCORRELATION, Math.max(0, ratio))
  const deviation = Math.sqrt(clippedSquares(values, 1, CLIP) / 2 / (1 - autocorrelation))
  return {
    deviation,
    autocorrelation,
    longRunDeviation: deviation * Math.sqrt((1 + autocorrelation) / (1 - autocorrelation)),
  }
}

function clippedSquares(values: ArrayLike<number>, lag: number, clip: number): number {
  const count = values.length - lag
  if (count < 1) return 0
  const sizes = Float64Array.from({ length: count }, (_, t) =>
    Math.abs((values[t + lag] as number) - (values[t] as number)),
  )
  const typical = clip * MAD_TO_DEVIATION * medianOf(sizes)
  const limit = typical > 0 ? typical : Number.POSITIVE_INFINITY
  let squares = 0
  for (const size of sizes) squares += Math.min(size, limit) ** 2 / count
  return squares
}

/** Neighbours on either side by which a spike is told. */
const REACH = 3
/** A value further than so many deviations from the median of its neighbourhood is a spike. */
const SPIKE = 6

/**
 * The values with spikes replaced by the median of their neighbourhood (Hampel): one to three values that stand out by more than six
 * deviations of the noise. A step stays where it is. O(n).
 */
export function withoutSpikes(
  values: Float64Array,
  deviation: number,
): { readonly values: Float64Array; readonly spikes: readonly number[] } {
  const out = values.slice()
  const spikes: number[] = []
  if (!(deviation > 0)) return { values: out, spikes }
  for (let t = REACH; t < values.length - REACH; t++) {
    const middle = medianOf(values.subarray(t - REACH, t + REACH + 1))
    if (Math.abs((values[t] as number) - middle) <= SPIKE * deviation) continue
    out[t] = middle
    spikes.push(t)
  }
  return { values: out, spikes }
}
