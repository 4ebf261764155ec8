import type { Answer, Question } from '@llmhub/schema'
import { type HubProcess, pause } from './hub-process.ts'
import { type Figures, picoDollars, type Recount } from './recount.ts'
import { TRAFFIC_HOURS, TRAFFIC_START } from './traffic.ts'

/** Asks a hub about the traffic and holds its answers against a recount. */

/** The range that all traffic lies in. */
const RANGE = {
  from: new Date(TRAFFIC_START).toISOString(),
  to: new Date(TRAFFIC_START + TRAFFIC_HOURS * 3_600_000).toISOString(),
} as const

const MEASURES = [
  'events.count',
  'requests.count',
  'requests.errors',
  'tokens.input',
  'tokens.output',
  'cost.reported',
  'latency.count',
  'latency.avg',
  'latency.max',
  'security.threats',
  'executions.count',
  'users.count',
  'sessions.count',
] as const

const QUESTIONS = {
  total: { kind: 'table', measures: MEASURES, ...RANGE },
  kind: { kind: 'table', measures: MEASURES, by: ['kind'], ...RANGE },
  model: { kind: 'table', measures: MEASURES, by: ['model'], ...RANGE },
  hour: { kind: 'series', measures: MEASURES, by: ['time:1h'], ...RANGE },
} as const satisfies Record<string, Question>

const PAGE = 1000
const CAUGHT_UP_WITHIN_MS = 60_000
const MANY = 10
/** Between two tries while the store is rebuilt. */
const REBUILDING_MS = 50

/** The hub refused to answer a question. */
class Refused extends Error {
  override readonly name = 'Refused'
  readonly status: number
  readonly code: string

  constructor(status: number, text: string) {
    super(`the question was refused with ${status}: ${text}`)
    this.status = status
    this.code = codeOf(text)
  }
}

export function codeOf(text: string): string {
  try {
    const code: unknown = (JSON.parse(text) as { code?: unknown }).code
    return typeof code === 'string' ? code : ''
  } catch {
    return ''
  }
}

/** @throws Refused on every status but 200 */
export async function ask(hub: HubProcess, question: Question): Promise<Answer> {
  const reply = await hub.post('/api/v1/query', question)
  if (reply.status !== 200) throw new Refused(reply.status, reply.text)
  return JSON.parse(reply.text) as Answer
}

/** Asks until the store answers and has applied `position` (null: as it is now). */
export async function askAfter(
  hub: HubProcess,
  question: Question,
  position: string | null,
): Promise<Answer> {
  const deadline = performance.now() + CAUGHT_UP_WITHIN_MS
  for (;;) {
    const late = performance.now() > deadline
    try {
      const answer = await ask(hub, position === null ? question : { ...question, after: position })
      if (!answer.meta.partial) return answer
      if (late) throw new Error(`${position} is not applied: ${answer.meta.warnings.join(' ')}`)
    } catch (error) {
      const rebuilding = error instanceof Refused && error.code === 'store_rebuilding'
      if (late || !rebuilding) throw error
      await pause(REBUILDING_MS)
    }
  }
}

/** Answers to a fixed set of questions, without what depends on when they were asked. */
export async function answersOf(hub: HubProcess, position: string | null): Promise<string> {
  const parts: string[] = []
  for (const question of BATTERY) {
    parts.push(answerLine(question, await askAfter(hub, question, position)))
  }
  return parts.join('\n')
}

/** The line of `answersOf` for one question. */
export function answerLine(question: Question, { columns, rows }: Answer): string {
  return JSON.stringify({ question, columns, rows })
}

/** The questions of `answersOf`, in the order of its lines. */
export const BATTERY: readonly Question[] = [
  ...Object.values(QUESTIONS),
  // Rollups answer quantiles within 1 %, rows exactly; this filter is one that only rows can answer.
  {
    kind: 'series',
    measures: ['latency.p50', 'latency.p95', 'latency.p99', 'latency.stddev', 'cost.total'],
    by: ['time:1h', 'model'],
    filters: [{ field: 'latency', op: 'gte', value: 0 }],
    ...RANGE,
  },
  { kind: 'table', measures: ['events.count', 'value.sum'], by: ['name', 'category'], ...RANGE },
  { kind: 'table', measures: ['events.count', 'cost.computed'], by: ['tag.team'], ...RANGE },
  {
    kind: 'table',
    measures: ['cost.total'],
    by: ['user'],
    top: { by: 'cost.total', n: 5, other: true },
    ...RANGE,
  },
  { kind: 'list', limit: PAGE, ...RANGE },
]

/** What the hub's own checks of log, store and rollups find; empty when all is whole. */
export async function verifyAll(hub: HubProcess): Promise<string[]> {
  const found: string[] = []
  for (const what of ['log', 'store', 'rollups']) {
    const reply = await hub.post(`/api/v1/verify/${what}`, {})
    if (reply.status !== 200) found.push(`verify ${what}: ${reply.status} ${reply.text}`)
    else {
      const { problems } = JSON.parse(reply.text) as { problems: readonly string[] }
      found.push(...problems.map((problem) => `verify ${what}: ${problem}`))
    }
  }
  return found
}

/** What is wrong with the reports, in words; empty when every figure is right. */
export async function differences(
  hub: HubProcess,
  expected: Recount,
  position: string | null,
): Promise<string[]> {
  const found: string[] = []
  const groups = {
    total: new Map([['', expected.total]]),
    kind: expected.byKind,
    model: expected.byModel,
    hour: expected.byHour,
  }
  for (const [name, figures] of Object.entries(groups)) {
    const question = QUESTIONS[name as keyof typeof QUESTIONS]
    const answer = await askAfter(hub, question, position)
    found.push(...compare(name, answer, figures))
  }
  return found.length > MANY
    ? [...found.slice(0, MANY), `… and ${found.length - MANY} more`]
    : found
}

function compare(name: string, answer: Answer, expected: ReadonlyMap<string, Figures>): string[] {
  const found: string[] = []
  const names = answer.columns.map((column) => column.name)
  const keyAt = answer.columns.findIndex(({ role }) => role === 'time' || role === 'dimension')
  const seen = new Set<string>()
  for (const row of answer.rows) {
    const cells = new Map(names.map((column, i) => [column, row[i] ?? null]))
    const key = keyAt < 0 ? '' : String(row[keyAt] ?? '')
    const figures = expected.get(key)
    if (seen.has(key)) found.push(`${name} ${key}: two rows`)
    seen.add(key)
    if (figures === undefined) {
      if (cells.get('events.count') !== 0) found.push(`${name} ${key}: should not be there`)
      continue
    }
    for (const measure of MEASURES) {
      const cell = cells.get(measure) ?? null
      const right = valueOf(figures, measure)
      const same =
        right === null || cell === null
          ? right === cell
          : measure === 'latency.avg'
            ? Math.abs(Number(cell) - Number(right)) <= 1e-9 * Math.abs(Number(right))
            : typeof right === 'bigint'
              ? picoDollars(String(cell)) === right
              : cell === right
      if (!same) found.push(`${name} ${key}: ${measure} is ${cell}, should be ${right}`)
    }
  }
  for (const key of expected.keys()) if (!seen.has(key)) found.push(`${name} ${key}: missing`)
  return found
}

function valueOf(figures: Figures, measure: (typeof MEASURES)[number]): number | bigint | null {
  switch (measure) {
    case 'events.count':
      return figures.events
    case 'requests.count':
      return figures.requests
    case 'requests.errors':
      return figures.errors
    case 'tokens.input':
      return figures.input
    case 'tokens.output':
      return figures.output
    case 'cost.reported':
      return figures.reported
    case 'latency.count':
      return figures.latencyCount
    case 'latency.avg':
      return figures.latencyCount === 0 ? null : figures.latencySum / figures.latencyCount
    case 'latency.max':
      return figures.latencyMax
    case 'security.threats':
      return figures.threats
    case 'executions.count':
      return figures.executions
    case 'users.count':
      return figures.users.size
    case 'sessions.count':
      return figures.sessions.size
  }
}

/** Every event id that the hub shows, page by page; an id that is shown twice is there twice. */
export async function listedIds(hub: HubProcess, position: string | null): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const question: Question = { kind: 'list', by: ['event_id'], limit: PAGE, ...RANGE, cursor }
    const answer: Answer = await askAfter(hub, question, cursor === null ? position : null)
    const at = answer.columns.findIndex((column) => column.name === 'event_id')
    for (const row of answer.rows) ids.push(String(row[at]))
    cursor = answer.next
  } while (cursor !== null)
  return ids
}

/** Lost, doubled and phantom ids, in words; empty when the list is exactly `expected`. */
export function idDifferences(listed: readonly string[], expected: ReadonlySet<string>): string[] {
  const seen = new Set(listed)
  const lost = [...expected].filter((id) => !seen.has(id))
  const phantom = [...seen].filter((id) => !expected.has(id))
  const doubled = listed.length - seen.size
  const some = (ids: readonly string[]) => ids.slice(0, MANY).join(', ')
  return [
    ...(lost.length > 0 ? [`${lost.length} events lost: ${some(lost)}`] : []),
    ...(phantom.length > 0 ? [`${phantom.length} events nobody sent: ${some(phantom)}`] : []),
    ...(doubled > 0 ? [`${doubled} events listed twice`] : []),
  ]
}
