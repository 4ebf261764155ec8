import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * What the published traces say, read from the files in the plainest way. Shares no code with the
 * hub: own CSV reader, own decimal arithmetic, prices as figures.
 */

/** What one row of a trace says happened. Times are epoch microseconds, durations milliseconds. */
export interface Happening {
  readonly kind: 'llm_request' | 'parameter_execution'
  readonly time: number
  readonly provider: string | null
  readonly model: string
  readonly status: string | null
  readonly errorType: string | null
  readonly latency: number | null
  readonly ttft: number | null
  readonly speed: number | null
  readonly input: number | null
  readonly output: number | null
  /** Pico-dollars. */
  readonly reported: bigint | null
  readonly user: string | null
  readonly session: string | null
  readonly task: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly quality: number | null
  /** 1 or 0; null where the row does not say. */
  readonly success: number | null
}

const NOTHING: Happening = {
  kind: 'llm_request',
  time: 0,
  provider: null,
  model: '',
  status: 'ok',
  errorType: null,
  latency: null,
  ttft: null,
  speed: null,
  input: null,
  output: null,
  reported: null,
  user: null,
  session: null,
  task: null,
  tags: {},
  quality: null,
  success: null,
}

type Row = Readonly<Record<string, string>>

/** A file of the published data and what the import is told beside it. */
export interface Trace {
  readonly file: string
  readonly map: string
  /** Epoch microseconds of the first row, for files without a clock. */
  readonly start?: number
  /** `--field path=value`. */
  readonly fields?: Readonly<Record<string, string>>
  /** Left out at the end, so that the same trace is another file. */
  readonly without?: number
  readonly read: (content: string, trace: Trace) => Happening[]
}

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))

/** The folder of published data, or null where it is not. */
export function sharedData(): string | null {
  const folder = process.env['LLMHUB_SHARED_DATA'] ?? path.resolve(REPOSITORY, '../shared/data')
  return existsSync(path.join(folder, 'llm-traces')) ? folder : null
}

/** The content of a trace: its first `rows` rows, or all of them. */
export function contentOf(folder: string, trace: Trace, rows: number | null): string {
  const content = readFileSync(path.join(folder, trace.file), 'utf8')
  if (trace.file.endsWith('.json')) return content
  const lines = content.trimEnd().split('\n')
  const head = trace.file.endsWith('.csv') ? 1 : 0
  const all = lines.length - head
  const kept = Math.min(all, rows ?? all) - (trace.without ?? 0)
  return `${lines.slice(0, head + kept).join('\n')}\n`
}

/** RFC 4180, quotes doubled inside quotes. */
export function parseCsv(content: string): Row[] {
  const records: string[][] = [[]]
  let cell = ''
  let quoted = false
  for (let at = 0; at < content.length; at++) {
    const char = content[at]
    if (quoted) {
      if (char !== '"') cell += char
      else if (content[at + 1] === '"') {
        cell += '"'
        at++
      } else quoted = false
    } else if (char === '"') quoted = true
    else if (char === ',' || char === '\n') {
      records.at(-1)?.push(cell)
      cell = ''
      if (char === '\n') records.push([])
    } else if (char !== '\r') cell += char
  }
  const [head = [], ...rows] = records.filter((record) => record.length > 0)
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ''])))
}

const DIGITS = 18

/** A decimal text as a whole number of 10⁻¹⁸. */
function exact(text: string): bigint {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? []
  if (whole === '') throw new Error(`${text} is not a decimal number`)
  const places = DIGITS + Number(exponent) - fraction.length
  const digits = BigInt(whole + fraction)
  const value = places >= 0 ? digits * 10n ** BigInt(places) : digits / 10n ** BigInt(-places)
  return sign === '-' ? -value : value
}

const toMs = (seconds: bigint): number => Number(seconds) / 1e15
const toMicros = (seconds: bigint): number =>
  Number((seconds + 500_000_000_000n) / 1_000_000_000_000n)

/** `2023-11-16 18:17:03.9799600`, UTC. */
function clock(text: string): number {
  const [, seconds = '', fraction = ''] = /^(.{19})(?:\.(\d+))?$/.exec(text.replace(' ', 'T')) ?? []
  return Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

const numberOr = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text)

/** Numbers of a JSON line as they are written, which JavaScript numbers would round. */
function written(line: string, name: string): bigint {
  const found = new RegExp(`"${name}": *(-?[\\d.eE+-]+)`).exec(line)?.[1]
  if (found === undefined) throw new Error(`${name} is not in ${line.slice(0, 80)}`)
  return exact(found)
}

const linesOf = (content: string): string[] => content.trimEnd().split('\n')

function azure(content: string, { fields }: Trace): Happening[] {
  return parseCsv(content).map((row) => ({
    ...NOTHING,
    time: clock(row['TIMESTAMP'] ?? ''),
    provider: 'azure',
    model: fields?.['model_id'] ?? '',
    user: fields?.['user_id'] ?? null,
    input: numberOr(row['ContextTokens']),
    output: numberOr(row['GeneratedTokens']),
  }))
}

function llmperf(content: string, { start = 0 }: Trace): Happening[] {
  const ms = (text: string | undefined): number | null =>
    text === undefined || text === '' ? null : toMs(exact(text))
  return parseCsv(content).map((row, index) => ({
    ...NOTHING,
    time: start + index * 1_000_000,
    provider: row['provider'] ?? null,
    model: row['model'] ?? '',
    status: row['error_code'] === '' ? 'ok' : 'error',
    errorType: row['error_code'] || null,
    ttft: ms(row['ttft_s']),
    latency: ms(row['end_to_end_latency_s']),
    speed: numberOr(row['request_output_throughput_token_per_s']),
    input: numberOr(row['number_input_tokens']),
    output: numberOr(row['number_output_tokens']),
  }))
}

function vllm(content: string, { fields }: Trace): Happening[] {
  return linesOf(content).map((line) => {
    const queued = written(line, 'queued_ts')
    return {
      ...NOTHING,
      time: toMicros(written(line, 'arrival_time')),
      provider: 'vllm',
      model: fields?.['model_id'] ?? '',
      ttft: toMs(written(line, 'first_token_ts') - queued),
      latency: toMs(written(line, 'last_token_ts') - queued),
      input: Number(written(line, 'input_toks') / 10n ** 18n),
      output: Number(written(line, 'output_toks') / 10n ** 18n),
    }
  })
}

function mooncake(content: string, { fields, start = 0 }: Trace): Happening[] {
  return linesOf(content).map((line) => {
    const row = JSON.parse(line) as Record<string, number>
    return {
      ...NOTHING,
      time: start + (row['timestamp'] ?? 0) * 1000,
      provider: 'mooncake',
      model: fields?.['model_id'] ?? '',
      input: row['input_length'] ?? null,
      output: row['output_length'] ?? null,
    }
  })
}

function litellm(content: string): Happening[] {
  const row = JSON.parse(content) as Record<string, unknown>
  const started = clock(String(row['startTime']))
  const since = (name: string): number => (clock(String(row[name])) - started) / 1000
  const dollars = /"(?:response_cost|spend)": ([\d.e-]+)/.exec(content)?.[1] ?? ''
  return [
    {
      ...NOTHING,
      time: started,
      provider: 'openai',
      model: String(row['model']),
      session: typeof row['session_id'] === 'string' ? row['session_id'] : null,
      latency: since('endTime'),
      ttft: since('completionStartTime'),
      input: Number(row['prompt_tokens']),
      output: Number(row['completion_tokens']),
      // Half a pico-dollar more, cut off: rounded, as no cost here lies on a half.
      reported: (exact(dollars) + 500_000n) / 1_000_000n,
    },
  ]
}

function execution(content: string): Happening[] {
  return parseCsv(content).map((row) => ({
    ...NOTHING,
    kind: 'parameter_execution',
    time: clock(row['Date Time'] ?? ''),
    model: row['Model Name'] ?? '',
    status: null,
    errorType: row['Error'] === '' ? null : 'error',
    input: numberOr(row['Input Tokens']),
    output: numberOr(row['Output Tokens']),
    task: row['Exam Name'] ?? null,
    tags: { topic: row['Topic'] ?? '' },
    quality: numberOr(row['Score']),
    success: row['Error'] === '' ? 1 : 0,
  }))
}

/** A mapping of a user: exam questions as calls with topic, user and session. */
export const EXAM_CALLS = {
  name: 'exam-calls',
  doc: 'Exam questions as calls.',
  format: 'csv',
  kind: 'llm_request',
  time: { from: 'Date Time', unit: 'text' },
  fields: {
    provider: {
      from: 'Model Name',
      values: { 'gpt-35-turbo': 'azure', 'claude-3-opus-20240229': 'anthropic' },
      otherwise: 'elsewhere',
    },
    model_id: { from: 'Model Name' },
    status: { from: 'Error', values: {}, otherwise: 'error', empty: 'ok' },
    user_id: { from: 'Agent Name' },
    session_id: { from: 'Problem ID' },
    task_type: { from: 'Exam Name' },
    quality: { from: 'Score', type: 'number' },
    input_tokens: { from: 'Input Tokens', type: 'count' },
    output_tokens: { from: 'Output Tokens', type: 'count' },
  },
  tags: { topic: 'Topic' },
} as const

function examCall(content: string): Happening[] {
  const providers: Readonly<Record<string, string>> = EXAM_CALLS.fields.provider.values
  return parseCsv(content).map((row) => ({
    ...NOTHING,
    time: clock(row['Date Time'] ?? ''),
    provider: providers[row['Model Name'] ?? ''] ?? 'elsewhere',
    model: row['Model Name'] ?? '',
    status: row['Error'] === '' ? 'ok' : 'error',
    input: numberOr(row['Input Tokens']),
    output: numberOr(row['Output Tokens']),
    user: row['Agent Name'] ?? null,
    session: row['Problem ID'] ?? null,
    task: row['Exam Name'] ?? null,
    tags: { topic: row['Topic'] ?? '' },
    quality: numberOr(row['Score']),
  }))
}

const LLMPERF = 'llm-traces/provider-latency/llmperf_requests.csv'
const EXAMS = 'llm-params/temperature-experiment-executions.csv'
const LLAMA = { model_id: 'llama-3.1-8b' }
/** Both traces run across the instant at which the clocks of Berlin change. */
const SPRING = Date.UTC(2025, 2, 30, 0, 50) * 1000
const AUTUMN = Date.UTC(2025, 9, 26, 0, 40) * 1000

/** @param recent epoch microseconds: when a run of llmperf shall have begun */
export function traces(recent: number): readonly Trace[] {
  const vllmRun = (gpu: string): Trace => ({
    file: `llm-traces/vllm-measured/${gpu}_Llama-3.1-8B/requests.jsonl`,
    map: 'vllm',
    fields: LLAMA,
    read: vllm,
  })
  const azureTrace = (use: string, model: string): Trace => ({
    file: `llm-traces/azure2023/AzureLLMInferenceTrace_${use}.first-half.csv`,
    map: 'azure-llm-inference',
    fields: { model_id: model, user_id: use },
    read: azure,
  })
  return [
    azureTrace('code', 'gpt-4'),
    azureTrace('conv', 'gpt-4o'),
    { file: LLMPERF, map: 'llmperf', start: SPRING, read: llmperf },
    { file: LLMPERF, map: 'llmperf', start: recent, without: 10, read: llmperf },
    vllmRun('RTX4090'),
    vllmRun('RTXPRO6000'),
    {
      file: 'llm-traces/mooncake/conversation_trace.first-half.jsonl',
      map: 'mooncake',
      start: AUTUMN,
      fields: { model_id: 'kimi-k1' },
      read: mooncake,
    },
    { file: 'telemetry/litellm/standard_logging_payload.json', map: 'litellm', read: litellm },
    { file: 'telemetry/litellm/spend_logs_payload.json', map: 'litellm-spend', read: litellm },
    { file: EXAMS, map: 'temperature-experiment', read: execution },
    { file: EXAMS, map: EXAM_CALLS.name, without: 1, read: examCall },
  ]
}
