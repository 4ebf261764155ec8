import { readFileSync } from 'node:fs'
import path from 'node:path'
import { erfc } from '../src/special/erf.ts'
import type { NabSeries } from './nab-scorer.ts'

/**
 * Detectors of the benchmark that are simple enough to be run again, from their descriptions, so that their published
 * scores prove the scorer.
 */

/** What the benchmark published of a detector and file, under `detector file`. */
export function readPublishedScores(
  data: string,
): ReadonlyMap<string, { readonly threshold: number; readonly score: number }> {
  const text = readFileSync(path.join(data, 'anomaly/nab/detector_standard_scores.csv'), 'utf8')
  return new Map(
    text
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map((line) => {
        const [name, , file, threshold, score] = line.split(',')
        return [`${name} ${file}`, { threshold: Number(threshold), score: Number(score) }]
      }),
  )
}

export function scoresOfDetectors(
  corpus: readonly NabSeries[],
): Readonly<Record<string, readonly Float64Array[]>> {
  const run = (detect: (values: Float64Array) => Float64Array): Float64Array[] =>
    corpus.map(({ values }) => detect(values))
  return {
    null: run((values) => values.map(() => 0.5)),
    windowedGaussian: run(windowedGaussian),
    relativeEntropy: run(relativeEntropy),
  }
}

/**
 * One less the tail of a normal law with the mean and deviation of the latest 6,400 values, of which a hundred are exchanged
 * at a time: what the published results were made with (the code says 1,000 and one since).
 */
function windowedGaussian(values: Float64Array): Float64Array {
  const [size, step] = [6_400, 100]
  let [mean, deviation] = [0, 1]
  return values.map((value, i) => {
    const score = i === 0 ? 0 : 1 - erfc(Math.abs(value - mean) / deviation / Math.SQRT2) / 2
    const seen = i + 1
    if (seen <= size || (seen - size) % step === 0) {
      const window = values.subarray(Math.max(0, seen - size), seen)
      mean = window.reduce((sum, one) => sum + one, 0) / window.length
      const squares = window.reduce((sum, one) => sum + (one - mean) ** 2, 0)
      deviation = Math.sqrt(squares / window.length) || 1e-6
    }
    // The results were kept, and the threshold chosen, to twelve digits.
    return Math.round(score * 1e12) / 1e12
  })
}

/** Histograms of the latest 52 values in five bins of the range against those accepted before (Wang et al. 2011). */
function relativeEntropy(values: Float64Array): Float64Array {
  const [span, bins, limit] = [52, 5, 13.276_704_135_987_622]
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const step = (high - low) / bins
  const accepted: { readonly shares: readonly number[]; times: number }[] = []
  return values.map((_, i) => {
    if (i + 1 < span || step === 0) return 0
    const shares = Array.from({ length: bins }, () => 0)
    for (let j = i + 1 - span; j <= i; j++) {
      // Bins are closed above, and the values 4 and 5 of that scale share the last one.
      const bin = Math.min(bins - 1, Math.ceil(((values[j] as number) - low) / step))
      shares[bin] = (shares[bin] as number) + 1 / span
    }
    let nearest: (typeof accepted)[number] | null = null
    let least = limit
    for (const one of accepted) {
      let entropy = 0
      for (const [b, share] of shares.entries()) {
        if (share > 0) entropy += 2 * span * share * Math.log(share / (one.shares[b] as number))
      }
      if (entropy < least) {
        least = entropy
        nearest = one
      }
    }
    if (nearest !== null) {
      nearest.times++
      return 0
    }
    accepted.push({ shares, times: 1 })
    return accepted.length === 1 ? 0 : 1
  })
}
