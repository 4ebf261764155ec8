import { expect, test } from 'vitest'
import { conforms } from '../../../test/conforms.ts'
import { projectScope } from '../../core/scope.ts'
import { call, HOUR, NOW, START } from '../ask.fixture.ts'
import { executeQuestion } from '../execute.ts'
import type { MemoryRow } from '../memory-store.fixture.ts'
import { memoryStore } from '../memory-store.fixture.ts'
import { parseQuestion } from '../parse-question.ts'
import { errorsReport } from './errors.ts'

const scope = projectScope('default')
const signal = new AbortController().signal

async function errors(
  rows: readonly MemoryRow[],
  parameters: Readonly<Record<string, string>> = {},
) {
  const store = memoryStore(rows)
  const outcome = await errorsReport.run(
    { start_time: '2026-11-20T00:00:00Z', end_time: '2026-11-21T00:00:00Z', ...parameters },
    async (question) => {
      const parsed = parseQuestion(question, NOW)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
      return executeQuestion(parsed.question, (plan) => store.query(plan, scope, signal))
    },
    scope,
    NOW / 1000,
    signal,
  )
  if (!outcome.ok) throw new Error(outcome.message)
  expect(conforms(outcome.body, errorsReport.response)).toEqual([])
  return outcome.body as Record<string, unknown> & { readonly items: Record<string, unknown>[] }
}

/** Two days of calls, more of which fail on the second one, in ways that follow from their number. */
const ROWS: readonly MemoryRow[] = Array.from({ length: 192 }, (_, n) => {
  const hour = -24 + n / 4
  const late = hour >= 0
  const model = n % 3 === 0 ? 'a' : 'b'
  const failed = n % (late ? 5 : 11) === 0
  const error_type = !failed ? null : n % 2 === 0 ? 'rate_limit' : late ? 'timeout' : 'gone_error'
  return call(hour, model, {
    provider: 'p',
    status: !failed ? (n % 13 === 0 ? 'cancelled' : 'ok') : n % 2 === 0 ? 'error' : 'timeout',
    error_type,
    error_message: failed
      ? `Limit ${n % 10 === 0 ? 'reached' : 'near'} after ${1000 + n} tokens`
      : null,
  })
})

test('errors are counted by type, model and provider, with rates, times and the range before', async () => {
  const found = await errors(ROWS)
  const today = ROWS.filter((row) => Number(row['time']) >= START)
  const before = ROWS.filter((row) => Number(row['time']) < START)
  const failed = (rows: readonly MemoryRow[]) => rows.filter((row) => row['error_type'] !== null)
  expect(found['total']).toEqual({
    requests: today.length,
    errors: failed(today).length,
    error_rate: Number((failed(today).length / today.length).toPrecision(12)),
  })
  expect(found['previous']).toMatchObject({
    requests: before.length,
    errors: failed(before).length,
  })
  const groups = new Set(
    failed(ROWS).map((row) => JSON.stringify([row['error_type'], row['model']])),
  )
  expect(found.items).toHaveLength(groups.size)
  for (const item of found.items) {
    const of = (rows: readonly MemoryRow[]) => rows.filter((row) => row['model'] === item['model'])
    const own = (rows: readonly MemoryRow[]) =>
      of(rows).filter((row) => row['error_type'] === item['error_type'])
    const share = (part: number, whole: number) => Number((part / whole).toPrecision(12))
    const [now, then] = [own(today).length, own(before).length]
    const times = own(today).map((row) => Number(row['time']))
    expect(item).toMatchObject({
      provider: 'p',
      rest: false,
      errors: now,
      previous: then,
      share: share(now, failed(today).length),
      rate: share(now, of(today).length),
      previous_rate: share(then, of(before).length),
      trend:
        then === 0
          ? 'new'
          : now === 0
            ? 'gone'
            : now / of(today).length > then / of(before).length
              ? 'up'
              : 'down',
    })
    const micros = (time: unknown) => (typeof time === 'string' ? Date.parse(time) * 1000 : null)
    expect(micros(item['first'])).toBe(times.length === 0 ? null : Math.min(...times))
    expect(micros(item['last'])).toBe(times.length === 0 ? null : Math.max(...times))
    const messages = item['examples'] as { message: string; count: number }[]
    expect(messages.reduce((n, { count }) => n + count, 0)).toBe(now)
    for (const { message } of messages)
      expect(message).toMatch(/^Limit (reached|near) after <n> tokens$/)
  }
  const counts = found.items.map(({ errors: n }) => Number(n))
  expect(counts).toEqual(counts.toSorted((a, b) => b - a))
  expect(found['messages_read']).toBe(failed(today).length)
})

test('what is not listed is the rest, and adds up', async () => {
  const all = await errors(ROWS)
  const found = await errors(ROWS, { limit: '1' })
  expect(found.items).toMatchObject([all.items[0], { rest: true, error_type: null, examples: [] }])
  const sum = (items: readonly Record<string, unknown>[], name: string) =>
    items.reduce((n, item) => n + Number(item[name]), 0)
  for (const name of ['errors', 'previous']) {
    expect(sum(found.items, name)).toBe(sum(all.items, name))
  }
})

test('over time: all calls, and every type of error', async () => {
  const found = await errors(ROWS, { granularity: '6hour' })
  const series = found['series'] as { requests: number; errors: number }[]
  expect(series.map(({ requests }) => requests)).toEqual([24, 24, 24, 24])
  const types = found['types'] as {
    error_type: string
    rest: boolean
    series: { errors: number }[]
  }[]
  expect(types.map(({ error_type: type }) => type).sort()).toEqual(['rate_limit', 'timeout'])
  for (const { error_type: type, series: own } of types) {
    const expected = ROWS.filter(
      (row) => row['error_type'] === type && Number(row['time']) >= START,
    )
    expect(own.reduce((n, point) => n + point.errors, 0)).toBe(expected.length)
  }
})

test('other kinds of events, and calls that were cancelled, are no errors', async () => {
  const found = await errors([
    call(1, 'a', { status: 'cancelled' }),
    { time: START + HOUR, project: 'default', kind: 'parameter_execution', status: 'error' },
  ])
  expect(found.items).toEqual([])
  expect(found['total']).toMatchObject({ requests: 1, errors: 0 })
})
