import type { Answer, Cell, Question } from '@llmhub/schema'
import type { HubProcess } from '../support/hub-process.ts'
import { picoDollars } from '../support/recount.ts'
import { askAfter } from '../support/reports.ts'
import { CALL_KINDS, type Model, PRICED_KINDS, type Row } from './model.ts'

/** Holds what a hub answers against a model: figures by several dimensions, every row, every dead letter. */

const MEASURES = [
  'events.count',
  'requests.count',
  'requests.errors',
  'tokens.input',
  'tokens.output',
  'tokens.cache_read',
  'tokens.cache_write',
  'cost.total',
  'cost.computed',
  'cost.reported',
  'cost.unpriced.count',
  'latency.count',
  'latency.max',
  'latency.p95',
  'users.count',
] as const
type Measure = (typeof MEASURES)[number]

const GROUPS = {
  total: { kind: 'table', by: [], keyOf: () => '' },
  kind: { kind: 'table', by: ['kind'], keyOf: (row: Row) => row.kind },
  model: { kind: 'table', by: ['model'], keyOf: (row: Row) => row.event.payload.model_id ?? '' },
  user: { kind: 'table', by: ['user'], keyOf: (row: Row) => row.user ?? '' },
  day: { kind: 'series', by: ['time:1d'], keyOf: (row: Row) => dayOf(row.time) },
} as const

const CALLS = ['llm_request', 'latency']
const USAGE_KINDS = ['llm_request', 'token_cost', 'token_usage']
const COST_KINDS = [...PRICED_KINDS, 'api_cost']
const PAGE = 1000
const MANY = 12

export interface Range {
  readonly from: string
  readonly to: string
}

/** What is wrong, in words; empty when everything is as in the model. */
export async function differences(hub: HubProcess, model: Model, range: Range): Promise<string[]> {
  const rows = [...model.visible()]
  // Rows and letters first: they say which event it is.
  const found = [
    ...(await rowDifferences(hub, rows, range)),
    ...(await letterDifferences(hub, model)),
  ]
  for (const [name, { kind, by, keyOf }] of Object.entries(GROUPS)) {
    const expected = Map.groupBy(rows, keyOf)
    const question: Question = { kind, measures: MEASURES, by, ...range }
    found.push(...compare(name, await askAfter(hub, question, null), expected))
  }
  return found.length > MANY
    ? [...found.slice(0, MANY), `… and ${found.length - MANY} more`]
    : found
}

/** Answers to the same questions as text, without what depends on when they were asked. */
export async function answersTo(hub: HubProcess, range: Range): Promise<string> {
  const parts: string[] = []
  for (const { kind, by } of Object.values(GROUPS)) {
    const { columns, rows } = await askAfter(hub, { kind, measures: MEASURES, by, ...range }, null)
    parts.push(JSON.stringify({ by, columns, rows }))
  }
  const { columns, rows } = await askAfter(hub, { kind: 'list', limit: PAGE, ...range }, null)
  return [...parts, JSON.stringify({ columns, rows })].join('\n')
}

function compare(
  name: string,
  answer: Answer,
  expected: ReadonlyMap<string, readonly Row[]>,
): string[] {
  const found: string[] = []
  const keyAt = answer.columns.findIndex(({ role }) => role === 'time' || role === 'dimension')
  const seen = new Set<string>()
  for (const row of answer.rows) {
    const key = keyAt < 0 ? '' : String(row[keyAt] ?? '')
    if (seen.has(key)) found.push(`${name} ${key}: two rows`)
    seen.add(key)
    for (const [i, { name: measure, role }] of answer.columns.entries()) {
      if (role !== 'measure') continue
      const cell = row[i] ?? null
      const right = valueOf(measure as Measure, expected.get(key) ?? [])
      if (!isSame(cell, right, measure)) {
        found.push(`${name} ${key}: ${measure} is ${cell}, should be ${String(right)}`)
      }
    }
  }
  for (const key of expected.keys()) if (!seen.has(key)) found.push(`${name} ${key}: missing`)
  return found
}

function isSame(cell: Cell, right: number | bigint | null, measure: string): boolean {
  if (cell === null || right === null) return cell === right
  if (typeof right === 'bigint') return picoDollars(String(cell)) === right
  if (measure === 'latency.p95') return Math.abs(Number(cell) - right) <= 0.01 * right
  return cell === right
}

function valueOf(measure: Measure, rows: readonly Row[]): number | bigint | null {
  const calls = rows.filter(({ kind }) => CALLS.includes(kind))
  const priced = rows.filter(({ kind }) => PRICED_KINDS.includes(kind))
  switch (measure) {
    case 'events.count':
      return rows.length
    case 'requests.count':
      return calls.length
    case 'requests.errors':
      return calls.filter((row) => statusOf(row) === 'error' || statusOf(row) === 'timeout').length
    case 'tokens.input':
      return tokens(rows, (usage) => usage.input)
    case 'tokens.output':
      return tokens(rows, (usage) => usage.output)
    case 'tokens.cache_read':
      return tokens(rows, (usage) => usage.cacheRead)
    case 'tokens.cache_write':
      return tokens(rows, (usage) => usage.cacheWrite)
    case 'cost.total':
      return money(rows, totalOf)
    case 'cost.computed':
      return money(rows, (row) => row.computed)
    case 'cost.reported':
      return money(rows, (row) => row.reported)
    case 'cost.unpriced.count':
      return priced.filter((row) => totalOf(row) === null).length
    case 'latency.count':
      return latencies(calls).length
    case 'latency.max':
      return latencies(calls).at(-1) ?? null
    case 'latency.p95': {
      const ascending = latencies(calls)
      return ascending[Math.ceil(0.95 * ascending.length) - 1] ?? null
    }
    case 'users.count': {
      const actors = rows.filter(({ kind }) => CALL_KINDS.includes(kind))
      return new Set(actors.flatMap(({ user }) => user ?? [])).size
    }
  }
}

function totalOf({ computed, reported }: Row): bigint | null {
  return computed ?? reported
}

function statusOf({ event }: Row): string {
  return event.payload.status ?? 'ok'
}

/** Of calls that did not fail, ascending. */
function latencies(calls: readonly Row[]): number[] {
  return calls
    .filter((row) => statusOf(row) === 'ok')
    .flatMap(({ event }) => event.payload.latency_ms ?? event.payload.total_latency_ms ?? [])
    .toSorted((a, b) => a - b)
}

/** 0 over no row of the kinds; null where there are some, but none has a value. */
function tokens(rows: readonly Row[], of: (usage: NonNullable<Row['usage']>) => number) {
  const read = rows.filter(({ kind }) => USAGE_KINDS.includes(kind))
  const known = read.flatMap(({ usage }) => (usage === null ? [] : of(usage)))
  return read.length > 0 && known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
}

function money(rows: readonly Row[], of: (row: Row) => bigint | null): bigint | null {
  const read = rows.filter(({ kind }) => COST_KINDS.includes(kind))
  const known = read.flatMap((row) => of(row) ?? [])
  return read.length > 0 && known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0n)
}

function dayOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 10)}T00:00:00.000Z`
}

async function rowDifferences(
  hub: HubProcess,
  rows: readonly Row[],
  range: Range,
): Promise<string[]> {
  const by = ['event_id', 'kind', 'cost', 'cost_computed'] as const
  const listed: string[] = []
  let cursor: string | null = null
  do {
    const question: Question = { kind: 'list', by, limit: PAGE, ...range, cursor }
    const answer: Answer = await askAfter(hub, question, null)
    const at = by.map((name) => answer.columns.findIndex((column) => column.name === name))
    for (const row of answer.rows) {
      const [id, kind, total = null, computed = null] = at.map((i) => row[i] ?? null)
      listed.push(textOf(String(id), String(kind), dollarsIn(total), dollarsIn(computed)))
    }
    cursor = answer.next
  } while (cursor !== null)
  const expected = rows.map((row) =>
    textOf(row.event.common.event_id, row.kind, totalOf(row), row.computed),
  )
  return setDifferences('row', listed, expected)
}

function dollarsIn(cell: Cell): bigint | null {
  return cell === null ? null : picoDollars(String(cell))
}

function textOf(id: string, kind: string, total: bigint | null, computed: bigint | null): string {
  return `${id} ${kind}, cost ${total}, computed ${computed}`
}

async function letterDifferences(hub: HubProcess, model: Model): Promise<string[]> {
  const listed = (await allLetters(hub)).map(
    ({ event_id, code, status, replayed_as }) => `${event_id} ${code} ${status} ${replayed_as}`,
  )
  const expected = model.letters.map(
    ({ planned, code, status, replayedAs }) =>
      `${planned.event.common.event_id} ${code} ${status} ${replayedAs}`,
  )
  return setDifferences('letter', listed, expected)
}

export interface ListedLetter {
  readonly id: string
  readonly event_id: string | null
  readonly code: string
  readonly status: string
  readonly replayed_as: string | null
}

async function allLetters(hub: HubProcess): Promise<ListedLetter[]> {
  const letters: ListedLetter[] = []
  let next: string | null = null
  do {
    const page = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
    const reply = await hub.get(`/api/v1/dead-letters?limit=1000${page}`)
    if (reply.status !== 200) throw new Error(`dead letters: ${reply.status} ${reply.text}`)
    const body = JSON.parse(reply.text) as { letters: ListedLetter[]; next: string | null }
    letters.push(...body.letters)
    next = body.next
  } while (next !== null)
  return letters
}

/** Differences of two multisets of texts. */
function setDifferences(what: string, listed: readonly string[], expected: readonly string[]) {
  const left = new Map<string, number>()
  for (const text of expected) left.set(text, (left.get(text) ?? 0) + 1)
  for (const text of listed) left.set(text, (left.get(text) ?? 0) - 1)
  return [...left].flatMap(([text, count]) => {
    if (count === 0) return []
    return [`${what} ${count > 0 ? 'missing' : 'too much'} (${Math.abs(count)}×): ${text}`]
  })
}
