import { expect, test } from 'vitest'
import { conforms } from '../../../test/conforms.ts'
import type { Ask } from '../../core/ask.ts'
import { projectScope } from '../../core/scope.ts'
import { HOUR, NOW, START } from '../ask.fixture.ts'
import { executeQuestion } from '../execute.ts'
import type { MemoryRow } from '../memory-store.fixture.ts'
import { memoryStore } from '../memory-store.fixture.ts'
import { parseQuestion } from '../parse-question.ts'
import { costsExplain } from './explain.ts'

const scope = projectScope('default')
const signal = new AbortController().signal

async function run(rows: readonly MemoryRow[], parameters: Readonly<Record<string, string>>) {
  const store = memoryStore(rows)
  const ask: Ask = async (question) => {
    const parsed = parseQuestion(question, NOW)
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    return executeQuestion(parsed.question, (plan) => store.query(plan, scope, signal))
  }
  return costsExplain.run(parameters, ask, scope, NOW / 1000, signal)
}

async function explain(
  rows: readonly MemoryRow[],
  parameters: Readonly<Record<string, string>> = AFTERNOON,
) {
  const outcome = await run(rows, parameters)
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
  expect(conforms(outcome.body, costsExplain.response)).toEqual([])
  return outcome.body as unknown as Body
}

interface Parts {
  readonly [part: string]: string
}
interface Item {
  readonly rest: boolean
  readonly model?: string | null
  readonly user?: string | null
  readonly state?: string
  readonly before: string
  readonly after: string
  readonly change: string
  readonly parts: Parts
}
interface Body {
  readonly before: Record<string, unknown>
  readonly after: Record<string, unknown>
  readonly change: string
  readonly change_ratio: number | null
  readonly summary: string
  readonly parts: readonly { part: string; amount: string; share: number | null; text: string }[]
  readonly models: readonly Item[]
  readonly users: readonly Item[]
  readonly meta: { readonly warnings: readonly string[] }
}

/** 12:00 to 24:00, compared with the twelve hours before. */
const AFTERNOON = { from: '2026-11-20T12:00:00Z', to: '2026-11-21T00:00:00Z' }

interface Call {
  readonly hour: number
  readonly model: string
  readonly user: string | null
  readonly input: number
  readonly output: number
  readonly cached: number
  /** Pico-dollars per token. */
  readonly price: number
}

/** A cached token costs a tenth of the price of an input token, an output token three times as much. */
function costOf({ input, output, cached, price }: Call) {
  const prompt = (input - cached) * price + cached * (price / 10)
  const completion = output * price * 3
  return { prompt, completion, saved: cached * price - cached * (price / 10) }
}

function rowOf(call: Call): MemoryRow {
  const { prompt, completion, saved } = costOf(call)
  return {
    time: START + Math.round(call.hour * HOUR),
    project: 'default',
    kind: 'llm_request',
    family: 'telemetry',
    provider: 'p',
    model: call.model,
    user_id: call.user,
    price_source: 'package',
    input_tokens: BigInt(call.input),
    output_tokens: BigInt(call.output),
    cost_total: BigInt(prompt + completion),
    cost_computed: BigInt(prompt + completion),
    cost_prompt: BigInt(prompt),
    cost_completion: BigInt(completion),
    cost_other: 0n,
    cost_cache_saved: BigInt(saved),
  }
}

/** A day on which everything changes at noon: calls, models, sizes, prices, cache. */
const CALLS: readonly Call[] = Array.from({ length: 240 }, (_, n) => {
  const hour = Math.sqrt(n / 240) * 24
  const late = hour >= 12
  const model =
    n % 7 === 0 && late ? 'new' : n % 5 === 0 && !late ? 'gone' : n % 3 === 0 ? 'a' : 'b'
  const input = 100 + ((n * 37) % 900) + (late ? 200 : 0)
  return {
    hour,
    model,
    user: n % 11 === 0 ? null : `u${n % (late ? 6 : 4)}`,
    input,
    output: 20 + ((n * 13) % 300) - (late ? 5 : 0),
    cached: late ? Math.floor(input / 2) : Math.floor(input / 5),
    price: model === 'a' ? (late ? 2_000_000 : 3_000_000) : 10_000_000,
  }
})

/** The definition, in floating point: the average over all orders in which factors may change. */
function averageOverOrders(before: readonly number[], after: readonly number[]): number[] {
  const totals = before.map(() => 0)
  let orders = 0
  const visit = (left: readonly number[], values: readonly number[]): void => {
    if (left.length === 0) orders++
    for (const k of left) {
      const next = values.map((value, at) => (at === k ? (after[k] ?? 0) : value))
      const product = (all: readonly number[]) => all.reduce((a, b) => a * b, 1)
      // Each step is taken in as many orders as the rest can follow in.
      let following = 1
      for (let m = 2; m < left.length; m++) following *= m
      totals[k] = (totals[k] ?? 0) + following * (product(next) - product(values))
      visit(
        left.filter((each) => each !== k),
        next,
      )
    }
  }
  visit(
    before.map((_, at) => at),
    before,
  )
  return totals.map((total) => total / orders)
}

function expectedParts(calls: readonly Call[]): Record<string, number> {
  const parts: Record<string, number> = {}
  const add = (part: string, amount: number) => {
    parts[part] = (parts[part] ?? 0) + amount
  }
  const of = (model: string, late: boolean) =>
    calls.filter((call) => call.model === model && call.hour >= 12 === late)
  const models = [...new Set(calls.map(({ model }) => model))]
  const both = models.filter((model) => of(model, false).length > 0 && of(model, true).length > 0)
  const sum = (of: readonly Call[], what: (call: Call) => number) =>
    of.reduce((total, call) => total + what(call), 0)
  const all = (late: boolean) => both.reduce((n, model) => n + of(model, late).length, 0)
  for (const model of models) {
    const sides = [false, true].map((late) => {
      const own = of(model, late)
      const prompt = sum(own, (call) => costOf(call).prompt)
      const plain = prompt + sum(own, (call) => costOf(call).saved)
      const completion = sum(own, (call) => costOf(call).completion)
      const [input, output] = [sum(own, (call) => call.input), sum(own, (call) => call.output)]
      const n = own.length
      return {
        cost: prompt + completion,
        prompt: [all(late), n / all(late), input / n, plain / input, prompt / plain],
        completion: [all(late), n / all(late), output / n, completion / output],
      }
    })
    const [was, is] = sides
    if (was === undefined || is === undefined) continue
    if (!both.includes(model)) {
      add(is.cost > 0 ? 'new' : 'gone', is.cost - was.cost)
      continue
    }
    const promptParts = ['volume', 'mix', 'input_tokens', 'price', 'cache']
    for (const [k, amount] of averageOverOrders(was.prompt, is.prompt).entries()) {
      add(promptParts[k] ?? '', amount)
    }
    const completionParts = ['volume', 'mix', 'output_tokens', 'price']
    for (const [k, amount] of averageOverOrders(was.completion, is.completion).entries()) {
      add(completionParts[k] ?? '', amount)
    }
  }
  return parts
}

const pico = (dollars: string): bigint => {
  const [whole = '0', fraction = ''] = dollars.replace('-', '').split('.')
  const amount = BigInt(whole + fraction.padEnd(12, '0'))
  return dollars.startsWith('-') ? -amount : amount
}
const total = (amounts: readonly string[]): bigint =>
  amounts.reduce((sum, amount) => sum + pico(amount), 0n)

test('parts are what plain code makes of the calls, and sum exactly in total, by model and by user', async () => {
  const found = await explain(CALLS.map(rowOf))
  const [was, is] = [false, true].map((late) =>
    CALLS.filter(({ hour }) => hour >= 12 === late)
      .map((call) => BigInt(costOf(call).prompt + costOf(call).completion))
      .reduce((a, b) => a + b, 0n),
  )
  expect(pico(String(found.before['total']))).toBe(was)
  expect(pico(String(found.after['total']))).toBe(is)
  expect(pico(found.change)).toBe((is ?? 0n) - (was ?? 0n))
  expect(total(found.parts.map(({ amount }) => amount))).toBe(pico(found.change))

  const expected = expectedParts(CALLS)
  for (const { part, amount } of found.parts) {
    // Two models whose parts are rounded, and the noise of doubles.
    expect(Math.abs(Number(pico(amount)) - (expected[part] ?? 0))).toBeLessThan(4)
  }
  for (const items of [found.models, found.users]) {
    expect(total(items.map(({ change }) => change))).toBe(pico(found.change))
    for (const { change, parts, before, after } of items) {
      expect(total(Object.values(parts))).toBe(pico(change))
      expect(pico(after) - pico(before)).toBe(pico(change))
    }
  }
  for (const { part, amount } of found.parts) {
    expect(total(found.models.map(({ parts }) => parts[part] ?? ''))).toBe(pico(amount))
  }
  expect(Object.fromEntries(found.models.map(({ model, state }) => [model, state]))).toEqual({
    a: 'both',
    b: 'both',
    gone: 'gone',
    new: 'new',
  })
})

test("a user's change is that of the user's calls alone", async () => {
  const found = await explain(CALLS.map(rowOf))
  for (const item of found.users) {
    const own = CALLS.filter(({ user }) => user === item.user)
    const alone = await explain(own.map(rowOf))
    expect([item.change, item.parts]).toEqual([
      alone.change,
      Object.fromEntries(alone.parts.map(({ part, amount }) => [part, amount])),
    ])
  }
})

test('what is not listed is summed up as the rest', async () => {
  const all = await explain(CALLS.map(rowOf))
  const found = await explain(CALLS.map(rowOf), { ...AFTERNOON, limit: '1' })
  expect(found.models.map(({ rest }) => rest)).toEqual([false, true])
  expect(found.users.map(({ rest }) => rest)).toEqual([false, true])
  expect(found.models[0]).toEqual(all.models[0])
  expect(found.users[0]).toEqual(all.users[0])
  for (const items of [found.models, found.users]) {
    expect(total(items.map(({ change }) => change))).toBe(pico(all.change))
    for (const { change, parts } of items) expect(total(Object.values(parts))).toBe(pico(change))
  }
})

test('more models than are told apart still sum up', async () => {
  const many = Array.from({ length: 1500 }, (_, n): Call => {
    return {
      hour: (n % 24) + 0.5,
      model: `m${n % 700}`,
      user: 'u',
      input: 10 + n,
      output: 5,
      cached: 0,
      price: 100,
    }
  })
  const found = await explain(many.map(rowOf))
  expect(total(found.parts.map(({ amount }) => amount))).toBe(pico(found.change))
  expect(total(found.models.map(({ change }) => change))).toBe(pico(found.change))
})

test('costs that are reported, and those of no call, are part of it; unknown costs are counted apart', async () => {
  const row = (hour: number, more: MemoryRow): MemoryRow => ({
    time: START + hour * HOUR,
    project: 'default',
    kind: 'llm_request',
    model: 'm',
    price_source: 'reported',
    ...more,
  })
  const found = await explain([
    row(1, { cost_total: 100n, cost_reported: 100n }),
    row(13, { cost_total: 300n, cost_reported: 300n }),
    row(14, { kind: 'api_cost', cost_total: 50n, cost_reported: 50n }),
    row(2, { price_source: 'none' }),
    row(15, { price_source: 'none' }),
    row(16, { price_source: 'none' }),
  ])
  const parts = Object.fromEntries(found.parts.map(({ part, amount }) => [part, pico(amount)]))
  expect(parts).toMatchObject({ volume: 0n, charges: 250n, new: 0n })
  expect(found.before).toMatchObject({ priced: 1, unpriced: 1, source: 'raw' })
  expect(found.after).toMatchObject({ priced: 1, unpriced: 2 })
  expect(found.meta.warnings).toEqual([
    'Calls whose cost is not known are in no part: 1 before, 2 after.',
  ])
})

test('sentences say what happened', async () => {
  const [early, late] = [2, 14].map((hour): Call => {
    return { hour, model: 'a', user: 'u', input: 100, output: 0, cached: 0, price: 1_000_000 }
  }) as [Call, Call]
  const found = await explain([early, late, late, { ...late, model: 'b' }].map(rowOf))
  expect(found.summary).toBe('The cost rose by $0.0002 (200 %), from $0.0001 to $0.0003.')
  const texts = Object.fromEntries(found.parts.map(({ part, text }) => [part, text]))
  expect(texts).toMatchObject({
    volume: '2 instead of 1 calls of the models that both ranges have: +$0.0001.',
    new: 'Called only after: p/b: +$0.0001.',
    gone: 'No model is gone: $0.',
    price: 'A token of the same model cost the same: $0.',
  })
  const none = await explain([])
  expect(none.summary).toBe('The cost did not change: $0.')
  expect(none.change_ratio).toBeNull()
})

test('the range to compare with is the one before, or the one that is named', async () => {
  const ranges = async (parameters: Readonly<Record<string, string>>) => {
    const { before, after } = await explain([], parameters)
    return [before['from'], before['to'], after['from'], after['to']].map((time) =>
      String(time).slice(0, 13),
    )
  }
  const after = ['2026-11-20T12', '2026-11-21T00']
  expect(await ranges(AFTERNOON)).toEqual(['2026-11-20T00', '2026-11-20T12', ...after])
  expect(await ranges({ ...AFTERNOON, vs: 'previous' })).toEqual([
    '2026-11-20T00',
    '2026-11-20T12',
    ...after,
  ])
  expect(await ranges({ ...AFTERNOON, vs_from: '2026-11-13T12:00:00Z' })).toEqual([
    '2026-11-13T12',
    '2026-11-14T00',
    ...after,
  ])
  const longer = { ...AFTERNOON, vs_from: '2026-11-13T12:00:00Z', vs_to: '2026-11-15T12:00:00Z' }
  expect((await explain([], longer)).meta.warnings).toEqual([
    'The ranges differ in length, which is part of the volume.',
  ])
  for (const [wrong, path] of [
    [{ vs_to: '2026-11-13T12:00:00Z' }, 'vs_to'],
    [{ vs_from: '2026-11-15T12:00:00Z', vs_to: '2026-11-13T12:00:00Z' }, 'vs_from'],
    [{ start_time: '2026-11-13T12:00:00Z' }, 'from'],
    [{ limit: '101' }, 'limit'],
  ] as const) {
    expect(await run([], { ...AFTERNOON, ...wrong })).toMatchObject({
      ok: false,
      code: 'invalid_request',
      issues: [{ path }],
    })
  }
})
