/**
 * How close the made-up traffic of `llmhub generate` is to traces that others published:
 * `LLMHUB_SHARED_DATA=folder node --conditions=@llmhub/source bench/traffic-distances.ts > bench/results/generate.md`
 *
 * Distances of Kolmogorov and Smirnov: the greatest difference between the shares of values up to a
 * length, 0 for the same distribution. The distributions were fitted to the first 70 % of the rows of a
 * trace; the rest of its rows, and whole traces that nothing was fitted to, tell what that is worth.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MadeEvent } from '../packages/hub/src/generate/event.ts'
import { eventStream } from '../packages/hub/src/generate/event-stream.ts'
import { incidentsBetween } from '../packages/hub/src/generate/incidents.ts'
import { quantile } from '../packages/hub/src/generate/quantile-table.ts'
import { Random } from '../packages/hub/src/generate/random.ts'
import { makeTables } from '../packages/hub/src/generate/tables.ts'
import { createWorld } from '../packages/hub/src/generate/world.ts'

const DAY = 86_400_000
const FROM = Date.parse('2026-11-02T00:00:00Z')
const FITTED = 0.7

const folder = process.env['LLMHUB_SHARED_DATA']
if (folder === undefined) throw new Error('LLMHUB_SHARED_DATA names no folder with the traces')
const traces = join(folder, 'llm-traces')

type Row = Readonly<Record<string, string>>

function csv(file: string): Row[] {
  const [head = '', ...lines] = readFileSync(join(traces, file), 'utf8').trim().split('\n')
  const names = head.trim().split(',')
  return lines.map((line) => {
    const cells = line.trim().split(',')
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? '']))
  })
}

const numbers = (rows: readonly Row[], name: string): number[] =>
  rows.map((row) => Number(row[name])).filter(Number.isFinite)

/** Greatest difference of the two cumulative distributions. */
function ks(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()]
  let [i, j, most] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const value = Math.min(x[i] ?? 0, y[j] ?? 0)
    while (i < x.length && x[i] === value) i++
    while (j < y.length && y[j] === value) j++
    most = Math.max(most, Math.abs(i / x.length - j / y.length))
  }
  return most
}

function at(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length

function variation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) / middle
}

/** Median over windows of ten minutes of the variation of the gaps in them. */
function gapVariation(times: readonly number[]): number {
  const windows = Map.groupBy(times, (time) => Math.floor(time / 600_000))
  const found: number[] = []
  for (const inside of windows.values()) {
    if (inside.length < 50) continue
    const sorted = inside.toSorted((a, b) => a - b)
    found.push(variation(sorted.slice(1).map((time, i) => time - (sorted[i] ?? 0))))
  }
  return at(found, 0.5)
}

/** By hour of the day, of mean 1. */
function hours(points: Iterable<readonly [hour: number, amount: number]>): number[] {
  const sums = Array.from({ length: 24 }, () => 0)
  for (const [hour, amount] of points) sums[hour % 24] = (sums[hour % 24] ?? 0) + amount
  const middle = mean(sums)
  return sums.map((sum) => sum / middle)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)]
  const both = mean(a.map((value, i) => (value - ma) * ((b[i] ?? 0) - mb)))
  return both / Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)))
}

const out = (line = ''): boolean => process.stdout.write(`${line}\n`)
const two = (value: number): string => value.toFixed(2)
const three = (value: number): string => value.toFixed(3)

// A day of calls outside of incidents, and a week for the rhythm.
const world = createWorld({ seed: 1, perDay: 300_000 })
const incidents = incidentsBetween(world.seed, FROM, FROM + 2 * DAY)
const isCalm = (time: number): boolean => incidents.every((it) => time < it.from || time >= it.to)
const calls: MadeEvent[] = []
for (const events of eventStream(world, FROM, FROM + 2 * DAY)) {
  for (const event of events) {
    if (event.payload.type === 'llm_request' && isCalm(event.common.timestamp)) calls.push(event)
  }
}
const byService = Map.groupBy(calls, ({ payload }) => String(payload['service']))
const of = (service: string): readonly MadeEvent[] => byService.get(service) ?? []

function tokens(service: string, name: 'input_tokens' | 'output_tokens'): number[] {
  return of(service)
    .filter(({ payload }) => payload['status'] === 'ok')
    .map(({ payload }) => (payload['usage'] as Readonly<Record<string, number>>)[name] ?? 0)
}

interface Trace {
  readonly name: string
  readonly service: string
  readonly input: readonly number[]
  readonly output: readonly number[]
  /** Whether nothing was fitted to it. */
  readonly heldOut: boolean
}

const azure = (kind: string): Row[] =>
  csv(`azure2023/AzureLLMInferenceTrace_${kind}.first-half.csv`)
const [chat, code] = [azure('conv'), azure('code')]
const papers = csv('vidur/arxiv_summarization_stats_llama2_tokenizer_filtered_v2.first-half.csv')
const share = csv('sharegpt-lengths/sharegpt-llama-3.1-8b-300.csv')
const mooncake = readFileSync(join(traces, 'mooncake/conversation_trace.first-half.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { input_length: number; output_length: number })
const burst = csv('vllm-burstgpt-replay/detail_scale100.csv')

const TRACES: readonly Trace[] = [
  {
    name: 'Azure 2023, conversations',
    service: 'support-chat',
    input: numbers(chat, 'ContextTokens'),
    output: numbers(chat, 'GeneratedTokens'),
    heldOut: false,
  },
  {
    name: 'Azure 2023, code',
    service: 'code-assistant',
    input: numbers(code, 'ContextTokens'),
    output: numbers(code, 'GeneratedTokens'),
    heldOut: false,
  },
  {
    name: 'arXiv summaries (Vidur)',
    service: 'research-summaries',
    input: numbers(papers, 'num_prefill_tokens'),
    output: numbers(papers, 'num_decode_tokens'),
    heldOut: false,
  },
  {
    name: 'Mooncake, conversations',
    service: 'ops-agent',
    input: mooncake.map((row) => row.input_length),
    output: mooncake.map((row) => row.output_length),
    heldOut: false,
  },
  {
    name: 'ShareGPT, 300 requests',
    service: 'support-chat',
    input: numbers(share, 'input_toks'),
    output: numbers(share, 'output_toks'),
    heldOut: true,
  },
  {
    name: 'BurstGPT replay (prompts)',
    service: 'support-chat',
    input: numbers(burst, 'in_len'),
    output: numbers(burst, 'out_len_expected'),
    heldOut: true,
  },
]

out('# Made-up and published traffic')
out()
out(
  'Written by `bench/traffic-distances.ts`. Distances are those of Kolmogorov and Smirnov: 0 is the same distribution, 1 has nothing in common. Distributions were fitted to the first 70 % of the rows of a trace.',
)
out()
out('## Lengths')
out()
out(
  '| trace | made by | input, fitted rows | input, other rows | output, fitted rows | output, other rows |',
)
out('|---|---|--:|--:|--:|--:|')
for (const { name, service, input, output, heldOut } of TRACES) {
  const [madeIn, madeOut] = [tokens(service, 'input_tokens'), tokens(service, 'output_tokens')]
  const cut = (values: readonly number[]): [readonly number[], readonly number[]] => {
    const place = heldOut ? 0 : Math.floor(values.length * FITTED)
    return [values.slice(0, place), values.slice(place)]
  }
  const cells = [
    [madeIn, cut(input)],
    [madeOut, cut(output)],
  ] as const
  const shown = cells.flatMap(([made, [fitted, rest]]) => [
    fitted.length === 0 ? '–' : three(ks(made, fitted)),
    three(ks(made, rest)),
  ])
  out(`| ${name}${heldOut ? ' (not fitted)' : ''} | ${service} | ${shown.join(' | ')} |`)
}
out()
out(
  'What was not fitted is not what the name of the application suggests: the ShareGPT sample has answers of 512 tokens and more alone, and the replay asks for a fixed number of them.',
)
out()
out(
  'The rows of a trace are not all alike: for comparison, its own first 70 % and its other rows are this far apart.',
)
out()
out('| trace | input | output |')
out('|---|--:|--:|')
for (const { name, input, output, heldOut } of TRACES) {
  if (heldOut) continue
  const apart = (values: readonly number[]): string => {
    const place = Math.floor(values.length * FITTED)
    return three(ks(values.slice(0, place), values.slice(place)))
  }
  out(`| ${name} | ${apart(input)} | ${apart(output)} |`)
}

out()
out('## Time to the first token, and between tokens')
out()
out('Over the median of provider and model, llmperf; against the noise without load.')
out()
out('| provider | rows | first token | between tokens |')
out('|---|--:|--:|--:|')
const perf = csv('provider-latency/llmperf_requests.csv').filter(
  (row) => row['error_code'] === '' || row['error_code'] === 'None',
)
const tables = makeTables()
const random = new Random(1)
const draws = (table: Float64Array | undefined): number[] =>
  Array.from({ length: 20_000 }, () => quantile(table ?? new Float64Array(0), random.uniform()))
const [ttft, speed] = [draws(tables.ttft[0]), draws(tables.speed[0])]
for (const [provider, rows] of Map.groupBy(perf, (row) => row['provider'] ?? '')) {
  const relative = (name: string): number[] =>
    [...Map.groupBy(rows, (row) => row['model']).values()].flatMap((own) => {
      const values = numbers(own, name)
      const median = at(values, 0.5)
      return values.map((value) => value / median)
    })
  const heldOut = provider === 'together' ? ' (not fitted)' : ''
  const first = three(ks(ttft, relative('ttft_s')))
  const between = three(ks(speed, relative('inter_token_latency_s')))
  out(`| ${provider}${heldOut} | ${rows.length} | ${first} | ${between} |`)
}
out()
out(
  'Under load the 90th percentile over the median of the time to the first token: replays of BurstGPT on one card, and the four levels of load here. Providers have more room than a card; that is an assumption.',
)
out()
const replay = ['100', '300', '500'].map((scale) => {
  const values = numbers(csv(`vllm-burstgpt-replay/detail_scale${scale}.csv`), 'first_chunk_time')
  return two(at(values, 0.9) / at(values, 0.5))
})
const levels = tables.ttft.map((table) => {
  const values = draws(table)
  return two(at(values, 0.9) / at(values, 0.5))
})
out(`replays at 100, 300 and 500 %: ${replay.join(', ')}; levels here: ${levels.join(', ')}`)

out()
out('## Arrivals')
out()
out(
  'Variation (standard deviation over mean) of the gaps within ten minutes, median of the windows, and the busiest hour over the mean hour.',
)
out()
out('| traffic | variation of gaps | peak hour over mean |')
out('|---|--:|--:|')
const week = createWorld({ seed: 1, perDay: 40_000 })
const weekCalls: MadeEvent[] = []
for (const events of eventStream(week, FROM, FROM + 14 * DAY)) {
  for (const event of events) if (event.payload.type === 'llm_request') weekCalls.push(event)
}
const rhythms = new Map<string, number[]>()
for (const [service, events] of Map.groupBy(weekCalls, ({ payload }) =>
  String(payload['service']),
)) {
  const rhythm = hours(
    events.map(({ common }) => [Math.floor(common.timestamp / 3_600_000), 1] as const),
  )
  rhythms.set(service, rhythm)
  const gaps = gapVariation(of(service).map(({ common }) => common.timestamp))
  out(`| made: ${service} | ${two(gaps)} | ${two(Math.max(...rhythm))} |`)
}
const CLIENTS: readonly (readonly [client: string, used: string])[] = [
  ['m-small_chunk-5', 'hours of support-chat, gaps'],
  ['m-small_chunk-27', 'hours of code-assistant, gaps'],
  ['m-small_chunk-14', 'hours and gaps of research-summaries'],
  ['m-small_chunk-26', 'gaps of code-assistant'],
  ['m-small_chunk-8', 'not fitted'],
  ['m-small_chunk-12', 'not fitted'],
  ['m-small_chunk-38', 'not fitted'],
]
const clientHours = new Map<string, number[]>()
for (const [client, used] of CLIENTS) {
  const rows = csv(`servegen/language_${client}-trace.csv`)
  const rhythm = hours(
    rows.map(
      (row) => [Math.floor(Number(row['start_s']) / 3600), Number(row['rate_rps'])] as const,
    ),
  )
  clientHours.set(client, rhythm)
  const gaps = at(
    numbers(
      rows.filter((row) => Number(row['rate_rps']) > 0),
      'cv',
    ),
    0.5,
  )
  out(`| ServeGen ${client} (${used}) | ${two(gaps)} | ${two(Math.max(...rhythm))} |`)
}
for (const [name, rows] of [
  ['Azure 2023, conversations', chat],
  ['Azure 2023, code', code],
] as const) {
  const times = rows.map((row) =>
    Date.parse(`${row['TIMESTAMP']?.slice(0, 23).replace(' ', 'T')}Z`),
  )
  out(`| ${name} (not fitted) | ${two(gapVariation(times))} | – (half an hour) |`)
}
out()
const chatHours = rhythms.get('support-chat') ?? []
const officeHours = rhythms.get('code-assistant') ?? []
const against = (made: readonly number[], client: string): string =>
  two(correlation(made, clientHours.get(client) ?? []))
out(
  `Correlation of the hours of a day: support-chat with its client 5 ${against(chatHours, 'm-small_chunk-5')}, code-assistant with its client 27 ${against(officeHours, 'm-small_chunk-27')}; with client 8, to which nothing was fitted, ${against(chatHours, 'm-small_chunk-8')} and ${against(officeHours, 'm-small_chunk-8')}.`,
)
