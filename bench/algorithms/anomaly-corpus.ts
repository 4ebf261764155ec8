import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  betaDistribution,
  createRandom,
  type DetectorMetric,
  gammaDistribution,
  poisson,
  type Random,
  sampleBeta,
  sampleGamma,
  sampleNormal,
  samplePoisson,
  sampleStudentT,
  studentT,
} from '@llmhub/stats'

/** Five minutes; 2,016 values are a week. */
export const STEP = 300_000
export const WEEK = 2_016

export interface CorpusSeries {
  readonly name: string
  readonly metric: DetectorMetric
  readonly values: Float64Array
  /** Milliseconds between values. */
  readonly step: number
  /** Standard deviation of what is not season, for shifts of the level; 0 of real series. */
  readonly deviation: number
  /** Values before anything is put in: a week where there is a day to learn. */
  readonly warmUp: number
  /** What a spike puts in place of value i: as rare as six standard deviations of a normal law. */
  readonly spike: (i: number) => number
}

interface Law {
  readonly metric: DetectorMetric
  readonly daily?: true
  readonly deviation: number
  /** The value of a bucket, given the one before. */
  readonly next: (random: Random, i: number, before: number) => number
  readonly spike: (i: number) => number
}

/** P(Z > 6). */
const SIX_SIGMA = 9.865_876_450_376_98e-10

const day = (i: number): number => Math.sin((2 * Math.PI * i) / 288)

/** Stationary laws of the metrics of an LLM service, some with a day; levels are arbitrary. */
const LAWS: Readonly<Record<string, Law>> = {
  normal: {
    metric: 'gauge',
    deviation: 5,
    next: (random) => sampleNormal(random, 100, 5),
    spike: () => 130,
  },
  'heavy tails (t, 4 degrees)': {
    metric: 'gauge',
    deviation: Math.SQRT2,
    next: (random) => 10 + sampleStudentT(random, 4),
    spike: () => 10 + studentT(4).upperQuantile(SIX_SIGMA),
  },
  'autocorrelated (0.8)': {
    metric: 'gauge',
    deviation: 1 / 0.6,
    next: (random, _, before) => 0.8 * before + sampleNormal(random),
    spike: () => 10,
  },
  'a day and noise': {
    metric: 'gauge',
    daily: true,
    deviation: 4,
    next: (random, i) => 100 + 30 * day(i) + sampleNormal(random, 0, 4),
    spike: (i) => 124 + 30 * day(i),
  },
  'latency (log-normal)': {
    metric: 'latency',
    deviation: 800 * Math.exp(0.125) * Math.sqrt(Math.expm1(0.25)),
    next: (random) => 800 * Math.exp(sampleNormal(random, 0, 0.5)),
    spike: () => 800 * Math.exp(3),
  },
  'latency (means of gamma)': {
    metric: 'latency',
    deviation: 40,
    next: (random) => 10 * sampleGamma(random, 16),
    spike: () => 10 * gammaDistribution(16).upperQuantile(SIX_SIGMA),
  },
  'calls (Poisson, 60 by day)': {
    metric: 'count',
    daily: true,
    deviation: Math.sqrt(60),
    next: (random, i) => samplePoisson(random, 60 + 30 * day(i)),
    spike: (i) => poisson(60 + 30 * day(i)).upperQuantile(SIX_SIGMA),
  },
  'calls (Poisson, 4)': {
    metric: 'count',
    deviation: 2,
    next: (random) => samplePoisson(random, 4),
    spike: () => poisson(4).upperQuantile(SIX_SIGMA),
  },
  'errors (Poisson, 0.2)': {
    metric: 'count',
    deviation: Math.sqrt(0.2),
    next: (random) => samplePoisson(random, 0.2),
    spike: () => poisson(0.2).upperQuantile(SIX_SIGMA),
  },
  'error rate (beta)': {
    metric: 'ratio',
    deviation: 0.0154,
    next: (random) => sampleBeta(random, 4, 196),
    spike: () => betaDistribution(4, 196).upperQuantile(SIX_SIGMA),
  },
}

/** Values before the first thing that is put into a series without a day. */
const LEAST_WARM_UP = 500

/** Each law, `copies` times, `length` values behind the warm-up. */
export function syntheticSeries(seed: number, copies: number, length: number): CorpusSeries[] {
  const random = createRandom(seed)
  return Object.entries(LAWS).flatMap(([name, { daily, next, ...law }]) =>
    Array.from({ length: copies }, () => {
      const warmUp = daily === true ? WEEK : LEAST_WARM_UP
      const values = new Float64Array(warmUp + length)
      for (let i = 0; i < values.length; i++) values[i] = next(random, i, values[i - 1] ?? 0)
      return { ...law, name, values, step: STEP, warmUp }
    }),
  )
}

/** Series of the published traces of LLM services that are kept; a value each second, ten minutes or request. */
export function traceSeries(data: string): CorpusSeries[] {
  const folder = join(data, 'llm-traces')
  if (!existsSync(folder)) return []
  const rows = (file: string): string[][] =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => line.split(','))
  const real = (name: string, metric: DetectorMetric, values: ArrayLike<number>, step: number) => ({
    name,
    metric,
    values: Float64Array.from(values),
    step,
    deviation: 0,
    warmUp: 0,
    spike: () => 0,
  })
  const azure = ['code', 'conv'].flatMap((kind) => {
    const requests = rows(`azure2023/AzureLLMInferenceTrace_${kind}.first-half.csv`)
    const times = requests.map(([time = '']) =>
      Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`),
    )
    const counts = countsOf(times, 5_000)
    const tokens = requests.map(([, , generated]) => Number(generated))
    return [
      real(`Azure ${kind}, calls in 5 s`, 'count', counts, 5_000),
      real(`Azure ${kind}, tokens of a call`, 'gauge', tokens, 1_000),
    ]
  })
  const mooncake = readFileSync(
    join(folder, 'mooncake/conversation_trace.first-half.jsonl'),
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { timestamp: number }).timestamp)
  const servegen = readdirSync(join(folder, 'servegen'))
    .filter((file) => file.startsWith('language'))
    .map((file) => {
      const rates = rows(`servegen/${file}`).map(([, rate]) => Number(rate))
      return real(`ServeGen ${file.slice(0, -10)}, rate`, 'gauge', rates, 600_000)
    })
  const replay = [100, 300, 500].map((scale) => {
    const times = rows(`vllm-burstgpt-replay/detail_scale${scale}.csv`).map((row) => Number(row[7]))
    return real(`BurstGPT at ${scale}, latency`, 'latency', times, 1_000)
  })
  return [
    ...azure,
    real('Mooncake, calls in 6 s', 'count', countsOf(mooncake, 6_000), 6_000),
    ...servegen,
    ...replay,
  ]
}

/** Events in whole buckets from the first event to the last. */
function countsOf(times: readonly number[], step: number): Float64Array {
  const start = Math.min(...times)
  const counts = new Float64Array(Math.floor((Math.max(...times) - start) / step))
  for (const time of times) {
    const bucket = Math.floor((time - start) / step)
    if (bucket < counts.length) counts[bucket] = (counts[bucket] as number) + 1
  }
  return counts
}
