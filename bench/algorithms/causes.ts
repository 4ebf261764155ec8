import {
  benjaminiHochberg,
  createRandom,
  grangerTest,
  rankCauses,
  sampleNormal,
  whitenedCorrelation,
} from '@llmhub/stats'
import type { Area, Report } from './area.ts'
import { FAULTS, type Incident, replayFault } from './fault-replay.ts'
import { measurePetShop, measureSachs } from './published-causes.ts'

/** Root causes of incidents, made up and published, and false discoveries. */
export const causes: Area = {
  incidents: ({ share, report }) => measureIncidents(Math.max(2, Math.ceil(20 / share)), report),
  discoveries: ({ share, report }) =>
    measureDiscoveries(Math.max(1, Math.round(20 / share)), report),
  petshop: ({ data, report }) => measurePetShop(data, report),
  sachs: ({ data, report }) => measureSachs(data, report),
}

type Ranking = (incident: Incident, onset: number) => readonly string[]

/** Each service once, in the order of its best metric. */
const METHODS: Readonly<Record<string, Ranking>> = {
  ours: ({ metrics }, onset) =>
    rankCauses(metrics, { onset }).services.map(({ service }) => service),
  'ours by calls': ({ metrics, calls }, onset) =>
    rankCauses(metrics, { onset, calls }).services.map(({ service }) => service),
  'by distribution': ({ metrics }, onset) =>
    rankCauses(metrics, { onset, by: 'distribution' }).services.map(({ service }) => service),
  'by peak (BARO)': ({ metrics }, onset) =>
    rankCauses(metrics, { onset, by: 'peak' }).services.map(({ service }) => service),
  'N-sigma': ({ metrics }, onset) => bySigma(metrics, onset),
}

/** The same with mean and standard deviation: what the robust ones are held against. */
function bySigma(metrics: Incident['metrics'], onset: number): readonly string[] {
  const scores = new Map<string, number>()
  for (const { service = '', values } of metrics) {
    const known = Array.from(values).map((value, t) => ({ value, t }))
    const past = known.filter(({ value, t }) => t < onset && Number.isFinite(value))
    const mean = past.reduce((sum, { value }) => sum + value / past.length, 0)
    const square = past.reduce((sum, { value }) => sum + (value - mean) ** 2 / past.length, 0)
    const most = known.reduce(
      (size, { value, t }) =>
        t >= onset && Number.isFinite(value) ? Math.max(size, Math.abs(value - mean)) : size,
      0,
    )
    scores.set(service, Math.max(scores.get(service) ?? 0, most / Math.sqrt(square)))
  }
  return [...scores].toSorted((a, b) => b[1] - a[1]).map(([service]) => service)
}

/** Mean over k = 1 … 5 of whether the cause is among the first k. */
function averageAt5(ranking: readonly string[], cause: string): number {
  const place = ranking.indexOf(cause)
  return place < 0 ? 0 : Math.max(0, 5 - place) / 5
}

function measureIncidents(each: number, report: Report): void {
  const random = createRandom(2026)
  const incidents = FAULTS.flatMap((fault) =>
    Array.from({ length: each }, (_, i) =>
      replayFault(random.split(), fault, 10 + Math.floor((30 * i) / Math.max(1, each - 1))),
    ),
  )
  const dummy = incidents.reduce((sum, { metrics }) => {
    const services = metrics.length / 5
    return sum + 3 / services / incidents.length
  }, 0)
  for (const [late, goal] of [
    [0, 0.9],
    [60, 0.85],
  ] as const) {
    for (const [name, ranking] of Object.entries(METHODS)) {
      const started = performance.now()
      const byFault = FAULTS.map((fault) => {
        const own = incidents.filter((incident) => incident.fault === fault)
        return own.reduce(
          (sum, incident) =>
            sum + averageAt5(ranking(incident, incident.onset + late), incident.cause) / own.length,
          0,
        )
      })
      const mean = byFault.reduce((sum, value) => sum + value / FAULTS.length, 0)
      const first = name.startsWith('ours')
      report({
        goal: `R1 ${name}, ${incidents.length} incidents, onset ${late === 0 ? 'known' : `told ${late} s late`}: Avg@5${first ? ` ≥ ${goal}` : ''} (${FAULTS.join(', ')})`,
        anchor: `by chance ${dummy.toFixed(2)}; on RCAEval BARO ${late === 0 ? '.97 1.0 .91 .98 .67' : '.94 .99 .87 .99 .60'}, N-Sigma ${late === 0 ? '.94 1.0 .90 .98 .67' : '.16 .24 .43 .55 .38'}`,
        ours: `${mean.toFixed(3)} (${byFault.map((value) => value.toFixed(2)).join(' ')})`,
        passed: first ? mean >= goal : null,
        seconds: (performance.now() - started) / 1000,
      })
    }
  }
  measureOnsets(incidents, report)
  measureTime(incidents, report)
}

function measureOnsets(incidents: readonly Incident[], report: Report): void {
  const started = performance.now()
  let [near, average] = [0, 0]
  for (const { metrics, calls, onset, cause } of incidents) {
    const ranked = rankCauses(metrics, { calls })
    if (Math.abs(ranked.onset - onset) <= 60) near += 1 / incidents.length
    average +=
      averageAt5(
        ranked.services.map(({ service }) => service),
        cause,
      ) / incidents.length
  }
  report({
    goal: `R1 ${incidents.length} incidents, onset not told, by calls: Avg@5`,
    anchor: '',
    ours: `${average.toFixed(3)}; onset within 60 s in ${(100 * near).toFixed(0)} %`,
    passed: null,
    seconds: (performance.now() - started) / 1000,
  })
}

function measureTime(incidents: readonly Incident[], report: Report): void {
  const large = incidents.filter(({ metrics }) => metrics.length >= 195)
  const times = large.map(({ metrics, calls, onset }) => {
    const started = performance.now()
    rankCauses(metrics, { onset, calls })
    return performance.now() - started
  })
  const middle = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
  report({
    goal: `R1 time for ${large[0]?.metrics.length ?? 0} metrics of 1,200 values < 50 ms`,
    anchor: 'BARO 10 ms',
    ours: `${middle.toFixed(0)} ms`,
    passed: middle < 50,
    seconds: times.reduce((sum, time) => sum + time / 1000, 0),
  })
}

/** Batches of 1,000 pairs of independent autoregressive series, and as many pairs of which one follows the other. */
function measureDiscoveries(batches: number, report: Report): void {
  const random = createRandom(17)
  const autoregressive = (phi: number): number[] => {
    let last = sampleNormal(random)
    return Array.from({ length: 100 }, () => {
      last = phi * last + Math.sqrt(1 - phi * phi) * sampleNormal(random)
      return last
    })
  }
  const tests: Readonly<Record<string, (x: number[], y: number[]) => number>> = {
    'correlation, lags to ± 10': (x, y) => whitenedCorrelation(x, y).pValue,
    'Granger, lag by BIC to 10': (x, y) => grangerTest(x, y).pValue,
  }
  for (const [name, test] of Object.entries(tests)) {
    const started = performance.now()
    let [rejected, any, nominal, found] = [0, 0, 0, 0]
    for (let batch = 0; batch < batches; batch++) {
      const pValues = Array.from({ length: 1_000 }, () =>
        test(autoregressive(0.95 * random()), autoregressive(0.95 * random())),
      )
      const discoveries = benjaminiHochberg(pValues).filter((p) => p <= 0.05).length
      rejected += discoveries
      any += discoveries > 0 ? 1 / batches : 0
      nominal += pValues.filter((p) => p < 0.05).length / 1_000 / batches
    }
    for (let i = 0; i < 1_000; i++) {
      const x = autoregressive(0.5)
      const y = x.map((_, t) => 0.5 * (x[t - 2] ?? 0) + sampleNormal(random))
      if (test(x, y) <= 0.05) found++
    }
    report({
      goal: `R2 ${name}: false discoveries ≤ 5 % on 1,000 independent AR(1) pairs with BH`,
      anchor: '',
      ours: `${rejected} of ${1_000 * batches} pairs, in ${(100 * any).toFixed(0)} % of ${batches} batches any; ${(100 * nominal).toFixed(1)} % below .05 before; of related ones ${(found / 10).toFixed(0)} % found`,
      passed: rejected / (1_000 * batches) <= 0.05 && any <= 0.05 + 2 * Math.sqrt(0.0475 / batches),
      seconds: (performance.now() - started) / 1000,
    })
  }
}
