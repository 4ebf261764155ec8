import { AnomalyDetector, createRandom, sampleNormal } from '@llmhub/stats'
import { readPublishedScores, scoresOfDetectors } from '../../packages/stats/test/nab-detectors.ts'
import {
  NAB_PROFILES,
  type NabProfile,
  type NabSeries,
  nabFileScore,
  nabScore,
  nabScoreAt,
  readNab,
} from '../../packages/stats/test/nab-scorer.ts'
import { measureAlarms } from './anomaly-alarms.ts'
import { measureCharts } from './anomaly-charts.ts'
import type { Area, Report } from './area.ts'

/**
 * Anomalies: the benchmark of Numenta (the 39 of its 58 files that are kept), speed and memory, alarms where nothing happens and
 * where something was put in, and the charts with published run lengths.
 *
 * The detector is the default one in all of these, with `threshold: 25` on the benchmark, which chooses its threshold itself.
 * What could be chosen — span and bins of the patterns, `mergeWithin`, the discount of patterns against values — was chosen on
 * the 22 files of realAWSCloudwatch and artificialNoAnomaly; the tail of scores and what is a shift, on synthetic series of other
 * seeds, for alarms and what they find.
 */
export const anomalies: Area = {
  nab: ({ data, report }) => measureNab(data, report),
  detector: ({ report }) => measureSpeed(report),
  alarms: ({ data, share, report }) => measureAlarms(data, share, report),
  charts: ({ data, report }) => measureCharts(data, report),
}

const CHOSEN_ON = /^(realAWSCloudwatch|artificialNoAnomaly)\//
const PROFILES = Object.keys(NAB_PROFILES) as NabProfile[]
const fixed = (value: number, digits = 1): string => value.toFixed(digits)
const three = (score: (profile: NabProfile) => number): string =>
  PROFILES.map((profile) => fixed(score(profile))).join(' / ')

function rowsOf(series: NabSeries): Float64Array {
  const detector = new AnomalyDetector({ threshold: 25 })
  return series.values.map(
    (value, i) => detector.update(series.times[i] as number, value)?.score ?? 0,
  )
}

function measureNab(data: string, report: Report): void {
  const corpus = readNab(data)
  if (corpus === null) return
  const started = performance.now()
  const scores = corpus.map(rowsOf)
  const seconds = (performance.now() - started) / 1000
  const part = (keep: (file: string) => boolean) => {
    const kept = corpus.map((series, i) => [series, scores[i]] as const)
    const some = kept.filter(([series]) => keep(series.file))
    return [some.map(([one]) => one), some.map(([, rows]) => rows as Float64Array)] as const
  }
  const best = [60, 50, 65]
  const all = PROFILES.map((profile) => nabScore(corpus, scores, profile))
  report({
    goal: `A1 NAB (${corpus.length} files): standard / low FP / low FN ≥ 60 / 50 / 65`,
    anchor:
      'on these files, standard: ARTime 74.1, contextOSE 72.7, numenta 71.8, htmjava 68.5, twitterADVec 49.0, relativeEntropy 48.6',
    ours: all.map(({ score }) => fixed(score)).join(' / '),
    passed: all.every(({ score }, i) => score >= (best[i] as number)),
    seconds,
  })
  const [chosen, chosenScores] = part((file) => CHOSEN_ON.test(file))
  const [held, heldScores] = part((file) => !CHOSEN_ON.test(file))
  const threshold = (profile: NabProfile): number =>
    nabScore(chosen, chosenScores, profile).threshold
  report({
    goal: 'A1 NAB, the directories that constants were chosen on',
    anchor: '',
    ours: three((profile) => nabScore(chosen, chosenScores, profile).score),
    passed: null,
    seconds: 0,
  })
  report({
    goal: 'A1 NAB, the other directories, at their best threshold; at the threshold of the first ones',
    anchor: '',
    ours: `${three((profile) => nabScore(held, heldScores, profile).score)}; ${three((profile) =>
      nabScoreAt(held, heldScores, threshold(profile), profile),
    )}`,
    passed: null,
    seconds: 0,
  })
  const directories = [...new Set(corpus.map(({ file }) => file.split('/')[0] ?? ''))]
  const without = directories.map((directory) => {
    const [some, someScores] = part((file) => !file.startsWith(directory))
    return nabScore(some, someScores, 'standard').score
  })
  const spread = Math.max(...without) - Math.min(...without)
  report({
    goal: 'A1 NAB, each directory left out: spread of the standard score < 8',
    anchor: '',
    ours: `${fixed(spread)} (${fixed(Math.min(...without))} to ${fixed(Math.max(...without))})`,
    passed: spread < 8,
    seconds: 0,
  })
  measureScorer(data, corpus, report)
}

/** Published detectors whose methods are simple enough to be run again, scored at their published thresholds. */
function measureScorer(data: string, corpus: readonly NabSeries[], report: Report): void {
  const started = performance.now()
  const published = readPublishedScores(data)
  const off = Object.entries(scoresOfDetectors(corpus)).map(([name, rows]) => {
    const worst = corpus.map((series, i) => {
      const known = published.get(`${name} ${series.file}`)
      if (known === undefined) return 0
      const score = nabFileScore(series, rows[i] ?? [], known.threshold, 'standard')
      return Math.abs(score - known.score)
    })
    return `${name} ${worst.filter((one) => one <= 0.01).length} of ${corpus.length}`
  })
  report({
    goal: 'A2 the scorer gives the published score of each file to 0.01',
    anchor: 'detector_standard_scores.csv',
    ours: off.join(', '),
    passed: off.every((line) => line.endsWith(`${corpus.length} of ${corpus.length}`)),
    seconds: (performance.now() - started) / 1000,
  })
}

function measureSpeed(report: Report): void {
  const random = createRandom(5)
  const values = Float64Array.from({ length: 200_000 }, (_, i) =>
    sampleNormal(random, 100 + 30 * Math.sin((2 * Math.PI * i) / 288), 4),
  )
  const run = (detector: AnomalyDetector): number => {
    // Time of the processor, its threads for garbage and compilation included, is the same beside whatever else runs.
    const before = process.cpuUsage()
    for (let i = 0; i < values.length; i++) detector.update(i * 300_000, values[i] as number)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  }
  run(new AnomalyDetector())
  const seconds = run(new AnomalyDetector())
  const rate = values.length / seconds
  const plain = values.length / run(new AnomalyDetector({ seasons: [] }))
  report({
    goal: 'A3 ≥ 300,000 values in a second of one core, with seasons; without',
    anchor: '',
    ours: `${fixed(rate, 0)}; ${fixed(plain, 0)}`,
    passed: rate >= 300_000,
    seconds,
  })
  const timed = new AnomalyDetector()
  const each = values.map((value, i) => {
    const before = performance.now()
    timed.update(i * 300_000, value)
    return (performance.now() - before) * 1000
  })
  each.sort()
  const p99 = each[Math.floor(0.99 * each.length)] as number
  report({
    goal: 'A3 p99 of an update < 20 µs',
    anchor: '',
    ours: `${fixed(p99)} µs`,
    passed: p99 < 20,
    seconds: 0,
  })
  const { bytes } = new AnomalyDetector({ metric: 'count' })
  report({
    goal: 'A3 ≤ 4,096 bytes of state besides the profiles of seasons',
    anchor: '',
    ours: `${bytes}`,
    passed: bytes <= 4_096,
    seconds: 0,
  })
}
