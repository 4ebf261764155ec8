import { APPLICATIONS, type Application } from './applications.ts'
import { type GapShape, gapShape } from './arrivals.ts'
import {
  CACHED_SHARE,
  RATE_NOISE,
  REASONING_SHARE,
  SPEED_NOISE,
  THINKING_MS,
  TTFT_NOISE,
} from './lengths.ts'
import { MODELS, type Model } from './models.ts'
import { meanOf, type QuantileTable, quantileTable, tableOfKnots } from './quantile-table.ts'

/**
 * Everything that is worked out once and read for every event. Made in about 50 ms, and the same for all
 * seeds.
 */
export interface Tables {
  readonly applications: readonly ApplicationTables[]
  readonly gapShapes: ReadonlyMap<number, GapShape>
  /** Poisson's process, for what has no bursts of its own. */
  readonly steady: GapShape
  readonly thinking: QuantileTable
  readonly cachedShare: QuantileTable
  readonly reasoningShare: QuantileTable
  /** Of mean 1. */
  readonly rateNoise: QuantileTable
  /** By level of load: what the time to the first token and between tokens are multiplied by. */
  readonly ttft: readonly QuantileTable[]
  readonly speed: readonly QuantileTable[]
}

export interface ApplicationTables {
  readonly application: Application
  readonly gaps: GapShape
  readonly input: QuantileTable
  readonly output: QuantileTable
  /** Rank of a user, from 0. */
  readonly user: QuantileTable
  readonly users: readonly string[]
  /** Model by share of [0, 1). */
  readonly models: readonly (readonly [upTo: number, model: Model])[]
}

/**
 * Load widens tails first and moves medians later: in the replays of BurstGPT on vLLM (MIT), three and five
 * times the load multiply the median time to the first token by 2 and 9, and its 90th percentile by 20 and
 * 90. Providers have far more room than that one card, so that the powers are milder, which is an assumption.
 */
const LOADS: readonly { readonly power: number; readonly factor: number }[] = [
  { power: 1, factor: 1 },
  { power: 1.15, factor: 1.05 },
  { power: 1.4, factor: 1.2 },
  { power: 1.9, factor: 1.6 },
]

/** Level of load when this many times the usual number of calls is under way. */
export function loadLevel(load: number): number {
  if (load < 1.1) return 0
  if (load < 1.6) return 1
  return load < 2.6 ? 2 : 3
}

/** How much more the first users do than the later ones; of the order found in logs of services. */
const ZIPF_EXPONENT = 1.05

export function makeTables(): Tables {
  const gapShapes = new Map<number, GapShape>()
  for (const { shape } of APPLICATIONS) {
    if (!gapShapes.has(shape)) gapShapes.set(shape, gapShape(shape))
  }
  const steady = gapShape(1)
  const noise = tableOfKnots(RATE_NOISE)
  const mean = meanOf(noise)
  return {
    applications: APPLICATIONS.map((application) => ({
      application,
      gaps: gapShapes.get(application.shape) ?? steady,
      input: tableOfKnots(application.input),
      output: tableOfKnots(application.output),
      user: zipfRanks(application.users),
      users: Array.from(
        { length: application.users },
        (_, rank) => `${application.team}-${String(rank + 1).padStart(4, '0')}`,
      ),
      models: cumulative(application),
    })),
    gapShapes,
    steady,
    thinking: tableOfKnots(THINKING_MS),
    cachedShare: tableOfKnots(CACHED_SHARE),
    reasoningShare: tableOfKnots(REASONING_SHARE),
    rateNoise: noise.map((value) => value / mean),
    ttft: LOADS.map(({ power, factor }) =>
      tableOfKnots(TTFT_NOISE, power).map((value) => value * factor),
    ),
    speed: LOADS.map(({ power, factor }) =>
      tableOfKnots(SPEED_NOISE, power).map((value) => value * factor),
    ),
  }
}

function cumulative({ models }: Application): [number, Model][] {
  const all = models.reduce((sum, [, share]) => sum + share, 0)
  let sum = 0
  return models.map(([name, share]) => {
    sum += share
    return [sum / all, MODELS[name]]
  })
}

/** Quantiles of ranks from 0 by Zipf's law, as numbers whose whole part is the rank. */
function zipfRanks(users: number): QuantileTable {
  const sums = new Float64Array(users + 1)
  for (let rank = 1; rank <= users; rank++) {
    sums[rank] = (sums[rank - 1] ?? 0) + rank ** -ZIPF_EXPONENT
  }
  const all = sums[users] ?? 1
  return quantileTable((share) => {
    const wanted = share * all
    let low = 0
    let high = users
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) <= wanted) low = middle + 1
      else high = middle
    }
    const from = sums[low - 1] ?? 0
    const step = (sums[low] ?? 1) - from
    return Math.min(users - 1e-6, low - 1 + (step > 0 ? (wanted - from) / step : 0))
  })
}
