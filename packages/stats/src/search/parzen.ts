import { normalCdf } from '../distributions/normal.ts'
import type { RandomSource } from '../random/generator.ts'
import { sampleIndex, sampleWeighted } from '../random/sampling.ts'
import { normalQuantile } from '../special/normal-quantile.ts'
import type { Coding } from './space.ts'

/** Candidates among which the most promising is taken. */
const CANDIDATES = 48

/** Share of the places that are called good, and most of them. */
const GOOD_SHARE = 0.15
const MOST_GOOD = 25

/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011): a density of the good places and one of the
 * others, each a product over coordinates of a mixture of truncated normals (or counts of categories) with one part that is
 * uniform; of draws from the first, the one with the greatest ratio. `costs` are minimised. O(places · coordinates) for each
 * candidate, linear in everything, so that it goes where a Gaussian process is too slow.
 */
export function parzenCandidate(
  places: readonly Float64Array[],
  costs: ArrayLike<number>,
  coding: Coding,
  random: RandomSource,
  refused: (x: Float64Array) => boolean,
): Float64Array | null {
  const order = places
    .map((_, i) => i)
    .toSorted((a, b) => (costs[a] as number) - (costs[b] as number))
  const count = Math.min(MOST_GOOD, Math.ceil(GOOD_SHARE * places.length))
  const good = order.slice(0, count).map((i) => places[i] as Float64Array)
  const rest = order.slice(count).map((i) => places[i] as Float64Array)
  const promising = coding.names.map((_, k) => densityOf(good, k, coding))
  const others = coding.names.map((_, k) => densityOf(rest, k, coding))
  let best: { x: Float64Array; value: number } | null = null
  for (let i = 0; i < CANDIDATES; i++) {
    const x = Float64Array.from(promising, (density) => density.sample(random))
    coding.snap(x)
    if (refused(x)) continue
    let value = 0
    for (let k = 0; k < x.length; k++) {
      const at = x[k] as number
      value += (promising[k] as Density).logAt(at) - (others[k] as Density).logAt(at)
    }
    if (best === null || value > best.value) best = { x, value }
  }
  return best?.x ?? null
}

interface Density {
  logAt(x: number): number
  sample(random: RandomSource): number
}

function densityOf(places: readonly Float64Array[], k: number, coding: Coding): Density {
  const at = places.map((x) => x[k] as number)
  if (coding.categorical[k] === true) return frequencies(at, coding.sizes[k] as number)
  return mixture(
    at.map((x) => Math.min(1, Math.max(0, x))),
    coding.sizes[k] as number,
  )
}

/** Counts with one more measurement, spread over all categories. */
function frequencies(codes: readonly number[], size: number): Density {
  const weights = new Float64Array(size).fill(1 / size)
  for (const code of codes) weights[code] = (weights[code] as number) + 1
  const total = codes.length + 1
  return {
    logAt: (code) => Math.log((weights[code] as number) / total),
    sample: (random) => sampleWeighted(random, weights),
  }
}

/** A normal at each value, as wide as the greater gap to its neighbours, cut to [0, 1]; and one uniform part. */
function mixture(values: readonly number[], size: number): Density {
  const centres = values.toSorted((a, b) => a - b)
  const n = centres.length
  const least = Math.max(1 / Math.min(100, n + 2), size < Number.POSITIVE_INFINITY ? 0.5 / size : 0)
  const widths = centres.map((centre, i) => {
    const before = centre - (i > 0 ? (centres[i - 1] as number) : 0)
    const behind = (i + 1 < n ? (centres[i + 1] as number) : 1) - centre
    return Math.min(1, Math.max(before, behind, least))
  })
  const masses = centres.map((centre, i) => {
    const width = widths[i] as number
    return normalCdf((1 - centre) / width) - normalCdf(-centre / width)
  })
  return {
    logAt(x) {
      let density = 1
      for (let i = 0; i < n; i++) {
        const width = widths[i] as number
        const z = (x - (centres[i] as number)) / width
        density += Math.exp(-0.5 * z * z) / (Math.sqrt(2 * Math.PI) * width * (masses[i] as number))
      }
      return Math.log(density / (n + 1))
    },
    sample(random) {
      const i = sampleIndex(random, n + 1)
      if (i === n) return random()
      const [centre, width] = [centres[i] as number, widths[i] as number]
      const from = normalCdf(-centre / width)
      const p = from + (masses[i] as number) * random()
      return Math.min(
        1,
        Math.max(0, centre + width * normalQuantile(Math.min(1 - 1e-16, Math.max(1e-300, p)))),
      )
    },
  }
}
