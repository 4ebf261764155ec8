import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changePoints } from '@llmhub/stats'
import type { Area, Report } from './area.ts'
import { covering, f1OfAnnotators } from './segmentation-scores.ts'

/** Change points on the Turing Change Point Dataset (van den Burg and Williams 2020). */
export const changes: Area = {
  changes: ({ data, report }) => measureChanges(data, report),
}

type Scores = readonly [f1: number, cover: number]

/** Default settings of published methods on the series that are kept, from the tables by series of TCPDBench. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, Scores>>>> = {
  PELT: {
    bank: [0.4, 0.509466],
    businv: [0.37037, 0.602752],
    children_per_woman: [0.617512, 0.798256],
    construction: [0.709091, 0.422735],
    gdp_argentina: [0.888889, 0.667476],
    gdp_iran: [0.491525, 0.477317],
    global_co2: [0.753623, 0.637686],
    jfk_passengers: [0.77551, 0.839266],
    nile: [1, 0.880082],
    quality_control_1: [1, 0.992377],
    quality_control_3: [1, 0.995646],
    quality_control_5: [1, 1],
    shanghai_license: [0.867925, 0.919695],
    unemployment_nl: [0.773006, 0.648367],
    usd_isk: [0.656514, 0.730337],
  },
  BinSeg: {
    bank: [0.4, 0.509466],
    businv: [0.37037, 0.561639],
    children_per_woman: [0.617512, 0.798256],
    construction: [0.709091, 0.466217],
    gdp_argentina: [0.888889, 0.667476],
    gdp_iran: [0.491525, 0.477317],
    global_co2: [0.928571, 0.748225],
    jfk_passengers: [0.77551, 0.839266],
    nile: [1, 0.880082],
    quality_control_1: [1, 0.992377],
    quality_control_3: [1, 0.995646],
    quality_control_5: [1, 1],
    shanghai_license: [0.867925, 0.919695],
    unemployment_nl: [0.876404, 0.669178],
    usd_isk: [0.656514, 0.734765],
  },
}

interface Annotated {
  readonly name: string
  readonly values: readonly number[]
  readonly annotators: readonly (readonly number[])[]
}

function readSeries(data: string): Annotated[] {
  const folder = join(data, 'anomaly/changepoint-tcpd')
  const all = JSON.parse(readFileSync(join(folder, 'annotations.json'), 'utf8')) as Readonly<
    Record<string, Readonly<Record<string, readonly number[]>>>
  >
  return Object.entries(all).flatMap(([name, by]) => {
    const { series } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as {
      series: readonly { raw: readonly (number | null)[] }[]
    }
    const [first] = series
    if (series.length !== 1 || first === undefined) return []
    const values = first.raw.map((value) => value ?? Number.NaN)
    return [{ name, values, annotators: Object.values(by) }]
  })
}

function measureChanges(data: string, report: Report): void {
  const all = readSeries(data).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const started = performance.now()
  const ours = new Map(
    all.map((one) => [one.name, changePoints(one.values).changes.map(({ index }) => index)]),
  )
  const seconds = (performance.now() - started) / 1000
  const mean = (set: readonly Annotated[], of: (one: Annotated) => Scores): Scores => [
    set.reduce((sum, one) => sum + of(one)[0] / set.length, 0),
    set.reduce((sum, one) => sum + of(one)[1] / set.length, 0),
  ]
  const scored =
    (changesOf: (name: string) => readonly number[]) =>
    ({ name, values, annotators }: Annotated): Scores => [
      f1OfAnnotators(annotators, changesOf(name)),
      covering(annotators, changesOf(name), values.length),
    ]
  const told = ([f1, cover]: Scores): string => `${f1.toFixed(3)} / ${cover.toFixed(3)}`
  const sets: Readonly<Record<string, readonly Annotated[]>> = {
    'all that are kept': all,
    'every second from the first, on which constants were chosen': all.filter(
      (_, i) => i % 2 === 0,
    ),
    'the others, held out': all.filter((_, i) => i % 2 === 1),
  }
  for (const [i, [name, set]] of Object.entries(sets).entries()) {
    const zero = mean(
      set,
      scored(() => []),
    )
    const scores = mean(
      set,
      scored((one) => ours.get(one) ?? []),
    )
    const published = Object.entries(PUBLISHED).map(
      ([method, by]) => `${method} ${told(mean(set, (one) => by[one.name] ?? [0, 0]))}`,
    )
    const whole = i === 0
    report({
      goal: `C1 TCPD ${name} (${set.length})${whole ? ': F1 ≥ .72, cover ≥ .69, above no changes at all' : ''}; F1 / cover`,
      anchor: `${published.join(', ')}, none ${told(zero)}`,
      ours: told(scores),
      passed: whole ? scores[0] >= 0.72 && scores[1] >= 0.69 && scores[0] > zero[0] : null,
      seconds: whole ? seconds : 0,
    })
  }
}
