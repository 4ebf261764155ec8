import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * The scoring of the Numenta Anomaly Benchmark 1.1 (Lavin and Ahmad 2015), as its published results were made. It proves the
 * detectors and is no part of the package, so it stands beside the tests, where the measures find it too.
 *
 * The first 15 % of a series, at most 750 rows, are probation and count for nothing. Of the rows at or above the threshold, the
 * first one in a labelled window earns σ(y) = 2 / (1 + e^{5y}) − 1 by its place y in the window, −1 at the left edge
 * and scaled to 1 there; a window without one costs the weight of a false negative; and a row outside of all
 * windows costs up to the weight of a false positive, less the closer it follows a window. One threshold for all series.
 */

export type NabProfile = 'standard' | 'reward_low_FP_rate' | 'reward_low_FN_rate'

export const NAB_PROFILES: Readonly<
  Record<NabProfile, { readonly falsePositive: number; readonly falseNegative: number }>
> = {
  standard: { falsePositive: 0.11, falseNegative: 1 },
  reward_low_FP_rate: { falsePositive: 0.22, falseNegative: 1 },
  reward_low_FN_rate: { falsePositive: 0.11, falseNegative: 2 },
}

export interface NabSeries {
  /** Folder and name: `realTweets/Twitter_volume_AAPL.csv`. */
  readonly file: string
  /** Milliseconds. */
  readonly times: Float64Array
  readonly values: Float64Array
  /** First and last row of each labelled window. */
  readonly windows: readonly (readonly [first: number, last: number])[]
}

export interface NabScore {
  /** 100 for every window at its left edge and nothing else, 0 for no detection at all. */
  readonly score: number
  readonly threshold: number
}

interface Rows {
  /** Weighted contribution of each row if it is detected. */
  readonly credit: Float64Array
  /** Number of the row's window; −1 outside of all. */
  readonly window: Int32Array
  readonly probation: number
}

/** The series that are kept under `data`, with their windows; null without them. */
export function readNab(data: string): readonly NabSeries[] | null {
  const labels = path.join(data, 'anomaly/nab/combined_windows.json')
  if (!existsSync(labels)) return null
  const windows = JSON.parse(readFileSync(labels, 'utf8')) as Record<string, [string, string][]>
  const parse = (text: string): number => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`)
  return Object.entries(windows).flatMap(([file, labelled]) => {
    const csv = path.join(data, 'anomaly/nab/data', file)
    if (!existsSync(csv)) return []
    const lines = readFileSync(csv, 'utf8').trim().split(/\r?\n/).slice(1)
    const times = Float64Array.from(lines, (line) => parse(line))
    return [
      {
        file,
        times,
        values: Float64Array.from(lines, (line) => Number(line.split(',')[1])),
        windows: labelled.map(([from, to]) => {
          const [first, last] = [parse(from), parse(to)]
          return [times.indexOf(first), times.indexOf(last)] as const
        }),
      },
    ]
  })
}

/** What each row would earn or cost under a profile. */
export function nabCredit(series: NabSeries, profile: NabProfile): Float64Array {
  return rowsOf(series, profile).credit
}

/** Sum over windows and false positives of one series at a threshold: the figure that NAB publishes per file. */
export function nabFileScore(
  series: NabSeries,
  scores: ArrayLike<number>,
  threshold: number,
  profile: NabProfile,
): number {
  const { credit, window, probation } = rowsOf(series, profile)
  const parts = new Map<number, number>()
  let outside = 0
  for (let i = probation; i < credit.length; i++) {
    const w = window[i] as number
    const detected = (scores[i] as number) >= threshold
    if (w < 0) outside += detected ? (credit[i] as number) : 0
    else {
      const before = parts.get(w) ?? -NAB_PROFILES[profile].falseNegative
      parts.set(w, detected ? Math.max(before, credit[i] as number) : before)
    }
  }
  return [...parts.values()].reduce((sum, part) => sum + part, outside)
}

/** Score of the whole corpus at a threshold. */
export function nabScoreAt(
  corpus: readonly NabSeries[],
  scores: readonly ArrayLike<number>[],
  threshold: number,
  profile: NabProfile,
): number {
  const sum = corpus.reduce(
    (total, series, s) => total + nabFileScore(series, scores[s] ?? [], threshold, profile),
    0,
  )
  return normalised(corpus, sum, profile)
}

/** The best threshold of all, and what it scores. O(n log n) over the rows of the corpus. */
export function nabScore(
  corpus: readonly NabSeries[],
  scores: readonly ArrayLike<number>[],
  profile: NabProfile,
): NabScore {
  const entries: { score: number; credit: number; window: number }[] = []
  let windows = 0
  for (const [s, series] of corpus.entries()) {
    const { credit, window, probation } = rowsOf(series, profile)
    for (let i = probation; i < credit.length; i++) {
      const w = window[i] as number
      entries.push({
        score: scores[s]?.[i] ?? 0,
        credit: credit[i] as number,
        window: w < 0 ? -1 : windows + w,
      })
    }
    windows += series.windows.length
  }
  entries.sort((a, b) => b.score - a.score)
  const { falseNegative } = NAB_PROFILES[profile]
  const parts = new Float64Array(windows).fill(-falseNegative)
  let sum = -falseNegative * windows
  let best = { sum, threshold: Number.POSITIVE_INFINITY }
  for (const [i, { score, credit, window }] of entries.entries()) {
    if (window < 0) sum += credit
    else if (credit > (parts[window] as number)) {
      sum += credit - (parts[window] as number)
      parts[window] = credit
    }
    // Equal scores stand or fall together.
    if (entries[i + 1]?.score !== score && sum > best.sum) best = { sum, threshold: score }
  }
  return { score: normalised(corpus, best.sum, profile), threshold: best.threshold }
}

function normalised(corpus: readonly NabSeries[], sum: number, profile: NabProfile): number {
  const windows = corpus.reduce((count, series) => count + series.windows.length, 0)
  const none = -NAB_PROFILES[profile].falseNegative * windows
  return (100 * (sum - none)) / (windows - none)
}

function rowsOf({ values, windows }: NabSeries, profile: NabProfile): Rows {
  const { falsePositive } = NAB_PROFILES[profile]
  const n = values.length
  const credit = new Float64Array(n)
  const window = new Int32Array(n).fill(-1)
  let at = 0
  let past: { last: number; width: number } | null = null
  for (let i = 0; i < n; i++) {
    const current = windows[at]
    if (current !== undefined && i >= current[0]) {
      const [first, last] = current
      const width = last - first + 1
      window[i] = at
      credit[i] = placeScore(-(last - i + 1) / width) / placeScore(-1)
      if (i === last) {
        past = { last, width }
        at++
      }
    } else {
      credit[i] = falsePositive * placeScore(past === null ? 3 : (i - past.last) / (past.width - 1))
    }
  }
  return { credit, window, probation: Math.min(Math.floor(0.15 * n), 750) }
}

function placeScore(y: number): number {
  return y >= 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1
}
