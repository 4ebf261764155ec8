import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseQuestion } from './parse-question.ts'
import { planQuestion } from './plan.ts'

const NOW = Date.UTC(2026, 10, 21) * 1000

const GOOD = {
  kind: 'series',
  measures: [
    'cost.total',
    'latency.p95',
    { as: 'bad', measure: 'requests.count', where: { status: 'error' } },
    { as: 'rate', formula: 'bad / requests.count' },
  ],
  by: ['time:1h', 'model', 'tag.team'],
  where: { all: [{ field: 'environment', op: 'eq', value: 'production' }], any: [], not: null },
  filters: [{ field: 'latency', op: 'gt', value: 10 }],
  from: 'now-7d',
  to: 'now',
  timezone: 'Europe/Berlin',
  fill: 'linear',
  top: { by: 'cost.total', n: 10, other: true },
  order: [{ by: 'time', dir: 'desc' }],
  compare: 'previous',
  limit: 1000,
  cursor: null,
}

/** Null when the value is a question that can be planned, or is refused with reasons. */
function problem(value: unknown): string | null {
  const parsed = parseQuestion(value, NOW)
  if (parsed.ok) {
    if (parsed.question.kind !== 'list') planQuestion(parsed.question)
    return null
  }
  if (parsed.issues.length === 0) return 'refused without a reason'
  return parsed.issues.some((issue) => issue.message === '') ? 'an empty reason' : null
}

test('any JSON is a question or has issues; nothing throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(problem(value)).toBeNull()
    }),
  )
})

test('neither does a question with any one part replaced', () => {
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('', '__proto__', 'now-9999999y', 1e300, -1, [], {}, [[[]]], [{}], 'tag.'),
  )
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(GOOD)), anything, (key, part) => {
      expect(problem({ ...GOOD, [key]: part })).toBeNull()
    }),
    { numRuns: 500 },
  )
})

test('nor inside its parts', () => {
  const junk = fc.jsonValue()
  const field = fc.constantFrom(
    'model',
    'cost',
    'latency',
    'input_tokens',
    'tag.a',
    'nope',
    '__proto__',
  )
  const op = fc.constantFrom('eq', 'ne', 'in', 'not_in', 'gt', 'contains', 'exists', 'like')
  const filter = fc.record({ field, op, value: junk }, { requiredKeys: [] })
  const measure = fc.record(
    {
      as: fc.oneof(fc.string(), junk),
      measure: fc.constantFrom('cost.total', 'x'),
      where: junk,
      formula: junk,
    },
    { requiredKeys: [] },
  )
  const question = fc.record({
    kind: fc.constantFrom('series', 'table', 'list'),
    measures: fc.array(fc.oneof(measure, junk), { maxLength: 4 }),
    where: fc.record(
      { all: fc.array(filter), any: fc.array(filter), not: filter },
      { requiredKeys: [] },
    ),
    top: fc.record({ by: junk, n: junk, other: junk }, { requiredKeys: [] }),
    order: fc.array(fc.record({ by: junk, dir: junk })),
  })
  fc.assert(
    fc.property(question, (value) => {
      expect(problem(value)).toBeNull()
    }),
    { numRuns: 500 },
  )
})

test('the whole question', () => {
  const parsed = parseQuestion(GOOD, NOW)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const { question } = parsed
  expect(question.shown).toEqual(['cost.total', 'latency.p95', 'bad', 'rate'])
  expect(question.measures.map((measure) => measure.name)).toEqual([
    'cost.total',
    'latency.p95',
    'bad',
    'requests.count',
    'rate',
  ])
  expect(question.by.map((field) => field.name)).toEqual(['model', 'tag.team'])
  expect(question.to - question.from).toBe(7 * 86_400e6)
})

const issuesOf = (value: object): string[] => {
  const parsed = parseQuestion({ kind: 'table', measures: ['requests.count'], ...value }, NOW)
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path} ${message}`)
}

test('every wrong part is named, with the nearest known name', () => {
  expect(issuesOf({ measures: ['request.count'], by: ['modell'], tpo: 1 })).toEqual([
    '/tpo is not part of a question. Did you mean "to"?',
    '/by/0 "modell" is not a dimension. Did you mean "model"?',
    '/measures/0 "request.count" is not a measure. Did you mean "requests.count"?',
  ])
  expect(issuesOf({ filters: [{ field: 'user_id', op: 'eq', value: 'u' }] })).toEqual([])
  expect(issuesOf({ filters: [{ field: 'input_tokens', value: 1.5 }] })).toEqual([
    '/filters/0/value must be a whole number',
  ])
  expect(issuesOf({ by: ['event_id'] })[0]).toContain('cannot be grouped by')
  expect(issuesOf({ from: 'now', to: 'now-1d' })).toEqual(['/from lies after `to`'])
  expect(issuesOf({ top: { by: 'cost.total', n: 3 }, by: ['model'] })).toEqual([
    '/top/by must name a measure of the question.',
  ])
  expect(issuesOf({ measures: [{ as: 'x', formula: 'y + 1' }] })[0]).toContain('"y" is neither')
})

test('reserved parts are refused as such', () => {
  for (const value of [
    { kind: 'histogram' },
    { kind: 'funnel' },
    { kind: 'table', per: 'session' },
    { kind: 'table', related: {} },
    { kind: 'table', having: [] },
    { kind: 'table', asOf: '1' },
  ]) {
    expect(parseQuestion(value, NOW)).toMatchObject({ ok: false, code: 'not_supported' })
  }
  expect(issuesOf({ per: null })).toEqual([])
})
