import { formatIsoMicros } from '@llmhub/schema'
import { bucketEdges, parseTime } from '@llmhub/stream'
import type { ProjectLimits } from '../../auth/project-limits.ts'
import type { Clock } from '../../core/clock.ts'
import { GRANULARITIES } from '../../query/reports/parameters.ts'
import type { AskLetters, LettersAnswer } from '../../store/letters.ts'
import { letterProblem } from '../letter-documents.ts'
import type { Problem, ProblemDetail } from '../problems.ts'
import { problem } from '../problems.ts'
import { PROJECT_HEADER, scopeToRead } from '../project-header.ts'
import type { Call, Reply, Route } from '../route.ts'
import { LETTER_PROBLEMS } from './dead-letters.ts'

export interface SummaryDependencies {
  readonly letters: { readonly ask: AskLetters }
  readonly clock: Clock
  readonly projectLimits: ProjectLimits
  readonly random: () => number
}

const DAY = 86_400_000_000
const DEFAULT_DAYS = 7
/** Most buckets of a summary: it is read by people and drawn. */
const MAX_BUCKETS = 1000
/** Rows of (bucket, project, receiver, code) that a summary is made of. */
const MAX_ROWS = 100_000
const LONGEST = 256

const count = { type: 'integer', minimum: 0 } as const
const rate = {
  type: ['number', 'null'],
  minimum: 0,
  maximum: 1,
  description: 'rejected / (rejected + taken in); null where there were neither.',
} as const

const COUNTS = {
  rejected: { ...count, description: 'Dead letters received, whatever became of them.' },
  taken_in: { ...count, description: 'Events received that were accepted.' },
  rate,
} as const

const group = {
  type: 'object',
  required: Object.keys(COUNTS),
  properties: COUNTS,
  additionalProperties: false,
} as const

const BY_CODE = { type: 'object', additionalProperties: count } as const

const BUCKET_PROPERTIES = {
  start: { type: 'string', format: 'date-time' },
  ...COUNTS,
  by_code: BY_CODE,
} as const

const SUMMARY_PROPERTIES = {
  from: { type: 'string', format: 'date-time' },
  to: { type: 'string', format: 'date-time' },
  granularity: { enum: Object.keys(GRANULARITIES) },
  timezone: { type: 'string' },
  total: group,
  by_code: BY_CODE,
  by_receiver: { type: 'object', additionalProperties: group },
  by_project: { type: 'object', additionalProperties: group },
  buckets: {
    type: 'array',
    items: {
      type: 'object',
      required: Object.keys(BUCKET_PROPERTIES),
      properties: BUCKET_PROPERTIES,
      additionalProperties: false,
    },
  },
} as const

const SUMMARY_SCHEMA = {
  title: 'DeadLetterSummary',
  type: 'object',
  required: Object.keys(SUMMARY_PROPERTIES),
  properties: SUMMARY_PROPERTIES,
  additionalProperties: false,
} as const

/** What was rejected and what was taken in. */
class Tally {
  rejected = 0
  takenIn = 0

  get document(): { rejected: number; taken_in: number; rate: number | null } {
    const all = this.rejected + this.takenIn
    return {
      rejected: this.rejected,
      taken_in: this.takenIn,
      rate: all === 0 ? null : this.rejected / all,
    }
  }
}

/** How much is rejected, over time and by code, receiver and project. */
export function deadLetterSummaryRoute(dependencies: SummaryDependencies): Route {
  const { letters, clock, projectLimits, random } = dependencies

  async function summarize(call: Call): Promise<Reply | Problem> {
    const target = scopeToRead(call, projectLimits)
    if ('problem' in target) return target
    const asked = readRange(call.query, clock.nowMicros())
    if ('problem' in asked) return asked
    const { from, to, edges, granularity, timezone } = asked
    const { receiver } = call.query
    const filter = receiver === undefined ? {} : { receiver }
    const outcome = await letters.ask(
      { type: 'rates', filter, from, to, edges, maxRows: MAX_ROWS },
      target.scope,
      call.signal(),
    )
    if (!outcome.ok) return letterProblem(outcome.failure, outcome.message, random)
    return {
      status: 200,
      body: {
        from: formatIsoMicros(from),
        to: formatIsoMicros(to),
        granularity,
        timezone,
        ...summaryOf(outcome.answer, edges),
      },
    }
  }

  return {
    method: 'GET',
    url: '/api/v1/dead-letters/summary',
    permission: 'query:read',
    summary: 'How much is rejected, over time, by code, receiver and project',
    tags: ['dead letters'],
    query: {
      checked: true,
      parameters: [
        {
          name: 'granularity',
          doc: 'Length of the time buckets.',
          values: Object.keys(GRANULARITIES),
          default: '1day',
        },
        {
          name: 'from',
          doc: 'Received at or after: ISO 8601, epoch, or relative. Default: 7 days before the end.',
          example: 'now-1d',
        },
        { name: 'to', doc: 'Received before.', default: 'now' },
        {
          name: 'timezone',
          doc: 'IANA zone in which days, weeks and months begin.',
          default: 'UTC',
        },
        { name: 'receiver', doc: 'Only what this receiver took in.', example: 'http' },
      ],
    },
    headers: { [PROJECT_HEADER]: 'Project of the events, for keys bound to none. Default: all.' },
    responses: {
      200: {
        description:
          'By receive time. Duplicates count neither as rejected nor as taken in, and letters that came too fast to be kept are missing.',
        content: { 'application/json': SUMMARY_SCHEMA },
      },
    },
    problems: [...LETTER_PROBLEMS, 'too_many_buckets'],
    handle: summarize,
  }
}

function summaryOf(answer: LettersAnswer, edges: readonly number[]): Record<string, unknown> {
  const total = new Tally()
  const byCode: Record<string, number> = {}
  const receivers = new Map<string, Tally>()
  const projects = new Map<string, Tally>()
  const buckets = edges
    .slice(0, -1)
    .map(() => ({ tally: new Tally(), codes: new Map<string, number>() }))
  const talliesOf = (row: { bucket: number; receiver: string; project: string }): Tally[] => [
    total,
    tallyIn(receivers, row.receiver),
    tallyIn(projects, row.project),
    ...[buckets[row.bucket]].flatMap((bucket) => (bucket === undefined ? [] : [bucket.tally])),
  ]
  for (const row of answer.rejected) {
    for (const tally of talliesOf(row)) tally.rejected += row.count
    byCode[row.code] = (byCode[row.code] ?? 0) + row.count
    const codes = buckets[row.bucket]?.codes
    codes?.set(row.code, (codes.get(row.code) ?? 0) + row.count)
  }
  for (const row of answer.takenIn) {
    for (const tally of talliesOf(row)) tally.takenIn += row.count
  }
  return {
    total: total.document,
    by_code: byCode,
    by_receiver: documentsOf(receivers),
    by_project: documentsOf(projects),
    buckets: buckets.map(({ tally, codes }, i) => ({
      start: formatIsoMicros(edges[i] ?? 0),
      ...tally.document,
      by_code: Object.fromEntries(codes),
    })),
  }
}

function tallyIn(tallies: Map<string, Tally>, name: string): Tally {
  const known = tallies.get(name) ?? new Tally()
  tallies.set(name, known)
  return known
}

function documentsOf(tallies: ReadonlyMap<string, Tally>): Record<string, unknown> {
  const sorted = [...tallies].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(sorted.map(([name, tally]) => [name, tally.document]))
}

interface AskedRange {
  readonly from: number
  readonly to: number
  readonly edges: readonly number[]
  readonly granularity: string
  readonly timezone: string
}

function readRange(query: Readonly<Record<string, string>>, now: number): AskedRange | Problem {
  const { granularity = '1day', timezone = 'UTC' } = query
  const step = GRANULARITIES[granularity]
  const long = Object.entries(query).find(([, value]) => value.length > LONGEST)
  if (step === undefined || long !== undefined) {
    return invalid([{ path: long?.[0] ?? 'granularity', message: 'is not valid' }])
  }
  if (!bucketEdges({ from: 0, to: 0, step, zone: timezone }).ok) {
    return invalid([{ path: 'timezone', message: `${timezone} is not a time zone` }])
  }
  const to = parseTime(query['to'] ?? 'now', now, timezone)
  if (!to.ok) return invalid([{ path: 'to', message: to.message }])
  const start = query['from']
  const from =
    start === undefined
      ? { ok: true as const, micros: to.micros - DEFAULT_DAYS * DAY }
      : parseTime(start, now, timezone)
  if (!from.ok) return invalid([{ path: 'from', message: from.message }])
  if (from.micros >= to.micros) {
    return invalid([{ path: 'from', message: 'has to be before `to`' }])
  }
  const found = bucketEdges({ from: from.micros, to: to.micros, step, zone: timezone })
  if (!found.ok || found.edges.length > MAX_BUCKETS + 1) {
    const advice = `the limit is ${MAX_BUCKETS}: use a coarser granularity or a shorter range`
    return problem(
      'too_many_buckets',
      `${granularity} makes too many buckets of this range; ${advice}`,
    )
  }
  return { from: from.micros, to: to.micros, edges: found.edges, granularity, timezone }
}

function invalid(errors: readonly ProblemDetail[]): Problem {
  return problem('invalid_request', 'the query string is not valid', { errors })
}
