/**
 * Does the sampling temperature matter? First on exams that models took at eleven temperatures and more: Renze and Guven
 * (2024), "The Effect of Sampling Temperature on Problem Solving in Large Language Models", found no effect between 0 and 1. So it
 * is here from 0.1 to 1. At 0 scores are lower: each is the vote of ten attempts, and ten that are all the same have nothing to
 * vote on. Then on a made-up task that has a best setting, which a search has to find from noisy scores.
 *
 *     node --conditions=@llmhub/source examples/experiments/temperature.ts
 *
 * The executions are read where LLMHUB_SHARED_DATA names a folder with them; else from counts of them that are kept below.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import {
  createRandom,
  optimiser,
  type Point,
  sampleBinomial,
  sampleSizeOfRates,
  tTest,
} from '@llmhub/stats'

/** Questions right at a temperature and wrong at 0.5, and the other way round. */
interface Changes {
  readonly questions: number
  readonly gained: number
  readonly lost: number
}

/** From the executions: each model, prompt and exam that was taken at 0, 0.1 … 1, one of them up to 1.6. */
const KEPT: Readonly<Record<string, Changes>> = {
  '0.0': { questions: 1800, gained: 93, lost: 170 },
  '0.1': { questions: 1800, gained: 79, lost: 108 },
  '0.2': { questions: 1800, gained: 72, lost: 90 },
  '0.3': { questions: 1800, gained: 71, lost: 81 },
  '0.4': { questions: 1800, gained: 66, lost: 72 },
  '0.5': { questions: 1800, gained: 0, lost: 0 },
  '0.6': { questions: 1800, gained: 62, lost: 93 },
  '0.7': { questions: 1800, gained: 78, lost: 88 },
  '0.8': { questions: 1800, gained: 82, lost: 91 },
  '0.9': { questions: 1800, gained: 89, lost: 97 },
  '1.0': { questions: 1800, gained: 95, lost: 99 },
  '1.1': { questions: 100, gained: 9, lost: 6 },
  '1.2': { questions: 100, gained: 6, lost: 8 },
  '1.3': { questions: 100, gained: 7, lost: 8 },
  '1.4': { questions: 100, gained: 6, lost: 11 },
  '1.5': { questions: 100, gained: 0, lost: 26 },
  '1.6': { questions: 100, gained: 0, lost: 56 },
}

const MARGIN = 0.03

const percent = (share: number): string => (100 * share).toFixed(1).padStart(6)

function changes(): Readonly<Record<string, Changes>> {
  const folder = process.env['LLMHUB_SHARED_DATA']
  const file = path.join(folder ?? '', 'llm-params/temperature-experiment-executions.csv')
  if (folder === undefined || !existsSync(file)) {
    console.error('The executions are not here: the counts that are kept stand for them.')
    return KEPT
  }
  return count(readFileSync(file, 'utf8'))
}

/** Pairs each answer with that of the same model, by the same prompt, to the same question at temperature 0.5. */
function count(csv: string): Readonly<Record<string, Changes>> {
  const scores = new Map<string, Map<string, number>>()
  for (const line of csv.trim().split('\n').slice(1)) {
    const [, model, prompt, exam, temperature = '', problem, , score] = line.split(',')
    const series = [model, prompt, exam, problem].join()
    const own = scores.get(series) ?? new Map<string, number>()
    scores.set(series, own.set(temperature, Number(score)))
  }
  const totals = new Map<string, { questions: number; gained: number; lost: number }>()
  for (const own of scores.values()) {
    const base = own.get('0.5')
    if (base === undefined) continue
    for (const [temperature, score] of own) {
      const total = totals.get(temperature) ?? { questions: 0, gained: 0, lost: 0 }
      total.questions++
      if (score > base) total.gained++
      if (score < base) total.lost++
      totals.set(temperature, total)
    }
  }
  return Object.fromEntries([...totals].toSorted(([a], [b]) => Number(a) - Number(b)))
}

console.log(`points of accuracy against temperature 0.5, equivalent within ${100 * MARGIN}`)
for (const [temperature, { questions, gained, lost }] of Object.entries(changes())) {
  if (temperature === '0.5') continue
  const differences = Float64Array.from({ length: questions }, (_, i) =>
    i < gained ? 1 : i < gained + lost ? -1 : 0,
  )
  const { estimate, interval, pValue } = tTest(differences)
  const notBelow = tTest(differences, { mean: -MARGIN, alternative: 'greater' })
  const notAbove = tTest(differences, { mean: MARGIN, alternative: 'less' })
  const verdict =
    Math.max(notBelow.pValue, notAbove.pValue) < 0.05
      ? 'equivalent'
      : pValue < 0.001
        ? 'different'
        : 'open'
  console.log(
    `${temperature}  ${percent(estimate)}  [${percent(interval.low)},${percent(interval.high)}]  ${questions} questions  ${verdict}`,
  )
}
const needed = Math.ceil(sampleSizeOfRates(0.6, 0.62))
console.log(`to find 2 points without the same questions for both: ${needed} questions each`)

/** The made-up task: the best is the large model at 0.35, with examples, 0.81. */
function accuracy(point: Point): number {
  const temperature = Number(point['temperature'])
  const size = point['model'] === 'large' ? 0.08 : 0
  const examples = 0.03 * Math.log2(1 + Number(point['examples']))
  return 0.64 + size + examples - 0.3 * (temperature - 0.35) ** 2
}

const random = createRandom(11)
const search = optimiser(
  {
    temperature: { type: 'continuous', low: 0, high: 1.6 },
    examples: { type: 'integer', low: 0, high: 7 },
    model: { type: 'categorical', values: ['small', 'large'] },
  },
  { directions: ['maximise'], seed: 5 },
)
const CALLS = 200
for (let trial = 0; trial < 40; trial++) {
  const { point } = search.ask()
  search.tell(point, sampleBinomial(random, CALLS, accuracy(point)) / CALLS)
}
const best = search.best()
if (best !== null) {
  const told = search.predict(best.point)
  const { model, examples, temperature } = best.point
  console.log(
    `found: ${model}, ${examples} examples, temperature ${Number(temperature).toFixed(2)}`,
  )
  console.log(
    `expected ${percent(told?.mean ?? 0)} [${percent(told?.interval.low ?? 0)},${percent(told?.interval.high ?? 0)}], in truth ${percent(accuracy(best.point))} of at best ${percent(accuracy({ temperature: 0.35, examples: 7, model: 'large' }))}`,
  )
}
for (const [name, share] of Object.entries(search.importance()))
  console.log(
    `${name.padEnd(11)} takes part in ${(100 * share).toFixed(0).padStart(3)} % of what varies`,
  )
