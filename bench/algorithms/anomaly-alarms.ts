import { AnomalyDetector, createRandom, type Random } from '@llmhub/stats'
import { type CorpusSeries, syntheticSeries, traceSeries, WEEK } from './anomaly-corpus.ts'
import type { Report } from './area.ts'

/** Laws on which a shift of three standard deviations is nothing rare, and why. */
const NOT_RARE: ReadonlyMap<string, string> = new Map([
  ['autocorrelated (0.8)', 'is five deviations of an innovation, and stays for one of them only'],
  ['errors (Poisson, 0.2)', 'is one error more'],
])

/** Values that the first place of what is put in is drawn from; a second spike is a week and as many later. */
const PLACES = 200
const SPIKES = 2

const percent = (share: number): string => `${(100 * share).toFixed(0)}`

/** Events that are opened in a series. */
function openedIn({ metric, values, step }: CorpusSeries): number {
  const detector = new AnomalyDetector({ metric })
  let opened = 0
  for (let i = 0; i < values.length; i++) {
    if (detector.update(i * step, values[i] as number)?.change === 'opened') opened++
  }
  return opened
}

/** Spikes that are told at once, of the two put in. */
function spikesFound(series: CorpusSeries, random: Random): readonly [found: number, of: number] {
  const { metric, values, step, warmUp, spike } = series
  const detector = new AnomalyDetector({ metric })
  let [found, of] = [0, 0]
  let at = warmUp + Math.floor(PLACES * random())
  for (let i = 0; i < values.length && of < SPIKES; i++) {
    if (i < at) {
      detector.update(i * step, values[i] as number)
      continue
    }
    if (detector.update(i * step, spike(i)) !== null) found++
    of++
    at = i + WEEK + Math.floor(PLACES * random())
  }
  return [found, of]
}

/** Whether a shift of three standard deviations is told by its fifth value. */
function shiftFound(series: CorpusSeries, random: Random): readonly [found: number, of: number] {
  const { metric, values, step, warmUp, deviation } = series
  const detector = new AnomalyDetector({ metric })
  const from = warmUp + Math.floor(PLACES * random())
  for (let i = 0; i < from + 5; i++) {
    const shifted = (values[i] as number) + (i >= from ? 3 * deviation : 0)
    const value = metric === 'count' ? Math.round(shifted) : shifted
    if (detector.update(i * step, value) !== null && i >= from) return [1, 1]
  }
  return [0, 1]
}

/** Sums of the two numbers that a series gives, by law. */
function sumsByLaw(
  all: readonly CorpusSeries[],
  numbers: (series: CorpusSeries) => readonly [number, number],
): Map<string, readonly [number, number]> {
  const sums = new Map<string, readonly [number, number]>()
  for (const series of all) {
    const [a, b] = numbers(series)
    const [x, y] = sums.get(series.name) ?? [0, 0]
    sums.set(series.name, [x + a, y + b])
  }
  return sums
}

function ratio(sums: ReadonlyMap<string, readonly [number, number]>): number {
  let [above, below] = [0, 0]
  for (const [a, b] of sums.values()) {
    above += a
    below += b
  }
  return above / below
}

const alarmsByLaw = (all: readonly CorpusSeries[]): Map<string, readonly [number, number]> =>
  sumsByLaw(all, (series) => [openedIn(series), series.values.length / WEEK])

/** What the corpus of a seed gives: events and weeks, spikes found and put in, shifts found and put in; `copies` 20 for the table. */
function alarmsOfCorpus(
  seed: number,
  copies: number,
): Record<'still' | 'spikes' | 'shifts', Map<string, readonly [number, number]>> {
  const random = createRandom(seed)
  return {
    still: alarmsByLaw(syntheticSeries(seed, Math.ceil(copies / 2), 4 * WEEK)),
    spikes: sumsByLaw(syntheticSeries(seed + 1, 5 * copies, WEEK + SPIKES * PLACES), (series) =>
      spikesFound(series, random),
    ),
    shifts: sumsByLaw(syntheticSeries(seed + 2, 5 * copies, PLACES + 5), (series) =>
      shiftFound(series, random),
    ),
  }
}

/**
 * Stationary laws of the metrics of an LLM service (`anomaly-corpus.ts`), five minutes a value, and the traces that are kept, which
 * are not stationary. A week is 2,016 values. Spikes are as rare as six standard deviations of a normal law, the first after 500 values and
 * the second a week later; shifts are three standard deviations, one in a series. Where a day is to be learned there is a week before.
 */
export function measureAlarms(data: string, share: number, report: Report): void {
  let started = performance.now()
  const seconds = (): number => {
    const now = performance.now()
    const passed = (now - started) / 1000
    started = now
    return passed
  }
  const { still, spikes, shifts } = alarmsOfCorpus(11, Math.ceil(20 / share))
  const rates = (sums: ReadonlyMap<string, readonly [number, number]>): string =>
    [...sums].map(([name, [a, b]]) => `${name} ${percent(a / b)}`).join(', ')
  const perWeek = (sums: ReadonlyMap<string, readonly [number, number]>): string =>
    [...sums].map(([name, [events, weeks]]) => `${name} ${(events / weeks).toFixed(2)}`).join(', ')
  report({
    goal: 'A4 stationary series: ≤ 1 alarm in a series-week',
    anchor: '',
    ours: `${ratio(still).toFixed(2)}: ${perWeek(still)}`,
    passed: ratio(still) <= 1,
    seconds: seconds(),
  })
  const traces = alarmsByLaw(traceSeries(data))
  report({
    goal: 'A4 traces of LLM services: ≤ 1 alarm in 2,016 values',
    anchor: '',
    ours: `${ratio(traces).toFixed(2)}: ${perWeek(traces)}`,
    passed: ratio(traces) <= 1,
    seconds: seconds(),
  })
  const count = [...spikes.values()].reduce((sum, [, of]) => sum + of, 0)
  report({
    goal: `A4 spikes of six deviations (${count}): ≥ 95 % found`,
    anchor: '',
    ours: `${(100 * ratio(spikes)).toFixed(1)} %: ${rates(spikes)}`,
    passed: ratio(spikes) >= 0.95,
    seconds: 0,
  })
  const rare = new Map([...shifts].filter(([name]) => !NOT_RARE.has(name)))
  const shiftCount = [...rare.values()].reduce((sum, [, of]) => sum + of, 0)
  report({
    goal: `A4 shifts of three deviations (${shiftCount}): ≥ 90 % found within 5 values`,
    anchor: '',
    ours: `${(100 * ratio(rare)).toFixed(1)} %: ${rates(rare)}`,
    passed: ratio(rare) >= 0.9,
    seconds: 0,
  })
  for (const [name, why] of NOT_RARE) {
    const [found, of] = shifts.get(name) ?? [0, 0]
    report({
      goal: `A4 shifts of three deviations, ${name}: three deviations there ${why}`,
      anchor: '',
      ours: `${percent(found / of)} %`,
      passed: null,
      seconds: 0,
    })
  }
}
