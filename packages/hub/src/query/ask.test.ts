import type { Question } from '@llmhub/schema'
import { expect, test } from 'vitest'
import { manualClock } from '../../test/manual-clock.ts'
import { createMemoryCache } from '../cache/memory/memory-cache.ts'
import type { Clock } from '../core/clock.ts'
import { allProjects, projectScope } from '../core/scope.ts'
import type { Plan, QueryOutcome } from '../store/store.ts'
import type { StoreProgress } from './answer-cache.ts'
import type { AskOptions } from './ask.ts'
import { createAsk } from './ask.ts'

/** A clock that stands still; `fire` runs what is due after that many milliseconds. */
function stillClock(): Clock & { fire(ms: number): void; readonly pending: number } {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  const after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: ms, run }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  return {
    now: () => 1_800_000_000_000,
    nowMicros: () => 1_800_000_000_000_000,
    monotonic: () => 0,
    after,
    every: after,
    hold: after,
    fire(ms) {
      for (const timer of timers) if (timer.at <= ms) timer.run()
    },
    get pending() {
      return timers.size
    },
  }
}

const FRAME: QueryOutcome = {
  ok: true,
  frame: {
    columns: ['a0'],
    rows: [[3]],
    source: 'raw',
    position: new Map([[0, 7n]]),
    watermark: null,
  },
}

interface Call {
  readonly plan: Plan
  readonly signal: AbortSignal
  readonly finish: (outcome?: QueryOutcome) => void
}

/** A store that answers when told to, or is cancelled. */
function slowStore(): { readonly calls: Call[]; readonly query: AskOptions['query'] } {
  const calls: Call[] = []
  return {
    calls,
    query: (plan, _, signal) =>
      new Promise((resolve) => {
        calls.push({ plan, signal, finish: (outcome = FRAME) => resolve(outcome) })
        signal.addEventListener('abort', () =>
          resolve({ ok: false, failure: 'cancelled', message: 'cancelled' }),
        )
      }),
  }
}

const scope = projectScope('p')
const question = (model: string): Question => ({
  kind: 'table',
  measures: ['requests.count'],
  filters: [{ field: 'model', op: 'eq', value: model }],
})
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const never = new AbortController().signal

function setUp(options: Partial<AskOptions> = {}) {
  const clock = stillClock()
  const store = slowStore()
  const asking = createAsk({
    query: store.query,
    waitFor: () => Promise.resolve(true),
    version: () => Promise.resolve('one'),
    progress: () => ({ applied: new Map([[0, 7n]]), watermark: null }),
    cache: createMemoryCache({ clock: manualClock() }),
    clock,
    ...options,
  })
  return { clock, store, ...asking }
}

test('identical questions of one scope in flight share a run; others do not', async () => {
  let version = 'one'
  const { ask, store, stats } = setUp({ version: () => Promise.resolve(version) })
  const same = [ask(question('a'), scope, never), ask(question('a'), scope, never)]
  const others = [ask(question('b'), scope, never), ask(question('a'), allProjects(), never)]
  await settle()
  expect(store.calls).toHaveLength(3)
  for (const call of store.calls) call.finish()
  const [first, second] = await Promise.all(same)
  expect(first).toBe(second)
  expect(first).toMatchObject({ ok: true, answer: { rows: [[3]] } })
  await Promise.all(others)
  expect(stats()).toMatchObject({ running: 0, waiting: 0, asked: 4, shared: 1 })
  version = 'two'
  const again = ask(question('a'), scope, never)
  await settle()
  expect(store.calls).toHaveLength(4)
  store.calls[3]?.finish()
  await again
})

test('a run that began before rows of the range were applied is joined by nobody', async () => {
  let version = 'one'
  const { ask, store, stats } = setUp({ version: () => Promise.resolve(version) })
  const first = ask(question('a'), scope, never)
  await settle()
  version = 'two'
  const second = [ask(question('a'), scope, never), ask(question('a'), scope, never)]
  await settle()
  expect(store.calls).toHaveLength(2)
  for (const call of store.calls) call.finish()
  const [newer, joined] = await Promise.all(second)
  expect(newer).toBe(joined)
  expect(await first).not.toBe(newer)
  expect(stats()).toMatchObject({ running: 0, shared: 1 })
})

test('an answer is used again until a row of its range comes, and says how far the store is by then', async () => {
  let version = 'one'
  let progress: StoreProgress = { applied: new Map([[0, 7n]]), watermark: null }
  const { ask, store, stats } = setUp({
    version: () => Promise.resolve(version),
    progress: () => progress,
  })
  const answered = async (): Promise<unknown> => {
    const outcome = ask(question('a'), scope, never)
    await settle()
    store.calls.at(-1)?.finish()
    await settle()
    return outcome
  }
  const meta = (position: string, watermark: string | null) => ({
    ok: true,
    answer: { rows: [[3]], meta: { asOf: { position: { 0: position }, watermark } } },
  })
  expect(await answered()).toMatchObject(meta('7', null))
  progress = { applied: new Map([[0, 9n]]), watermark: 1_700_000_000_000_000 }
  expect(await answered()).toMatchObject(meta('9', '2023-11-14T22:13:20.000Z'))
  expect(store.calls).toHaveLength(1)
  expect(stats()).toMatchObject({ asked: 2, reused: 1, shared: 0 })
  version = 'two'
  await answered()
  expect(store.calls).toHaveLength(2)
})

test('failures and answers of a store that cannot tell its version are not kept', async () => {
  const { ask, store } = setUp({ version: () => Promise.reject(new Error('gone')) })
  for (const outcome of [FRAME, { ok: false, failure: 'rebuilding', message: 'why' }, FRAME]) {
    const asked = ask(question('a'), scope, never)
    await settle()
    store.calls.at(-1)?.finish(outcome as QueryOutcome)
    await asked
  }
  expect(store.calls).toHaveLength(3)
})

test('one of two who leaves does not cancel the run; both do', async () => {
  const { ask, store } = setUp()
  const one = new AbortController()
  const two = new AbortController()
  const first = ask(question('a'), scope, one.signal)
  const second = ask(question('a'), scope, two.signal)
  await settle()
  one.abort()
  expect(await first).toMatchObject({ ok: false, code: 'query_timeout' })
  expect(store.calls[0]?.signal.aborted).toBe(false)
  two.abort()
  expect(await second).toMatchObject({ ok: false })
  expect(store.calls[0]?.signal.aborted).toBe(true)
  // A newcomer gets a run of its own, not the cancelled one.
  const third = ask(question('a'), scope, never)
  await settle()
  store.calls[1]?.finish()
  expect(await third).toMatchObject({ ok: true })
})

test('so many run, so many wait, the next is refused; a place that gets free is taken', async () => {
  const { ask, store, stats } = setUp({ maxConcurrent: 2, maxWaiting: 1 })
  const asked = ['a', 'b', 'c', 'd'].map((model) => ask(question(model), scope, never))
  await settle()
  expect(await asked[3]).toMatchObject({ ok: false, code: 'too_many_queries' })
  expect(store.calls).toHaveLength(2)
  expect(stats()).toMatchObject({ running: 2, waiting: 1, refused: 1 })
  store.calls[0]?.finish()
  await settle()
  expect(store.calls).toHaveLength(3)
  store.calls[1]?.finish()
  store.calls[2]?.finish()
  for (const each of asked.slice(0, 3)) expect(await each).toMatchObject({ ok: true })
  expect(stats()).toMatchObject({ running: 0, waiting: 0 })
})

test('the deadline covers running and waiting, and leaves nothing behind', async () => {
  const { ask, store, clock, stats } = setUp({ maxConcurrent: 1, deadlineMs: 100 })
  const running = ask(question('a'), scope, never)
  const waiting = ask(question('b'), scope, never)
  await settle()
  clock.fire(100)
  expect(await running).toMatchObject({
    ok: false,
    code: 'query_timeout',
    message: 'No answer within 100 ms.',
  })
  expect(await waiting).toMatchObject({ ok: false, code: 'query_timeout' })
  await settle()
  expect(store.calls.length).toBeLessThanOrEqual(2)
  expect(stats()).toMatchObject({ running: 0, waiting: 0 })
  expect(clock.pending).toBe(0)
})

test('`after` waits for the position, at most as long as allowed, and says when it was not reached', async () => {
  const asked: unknown[] = []
  let reached = true
  const { ask, store } = setUp({
    afterMs: 2000,
    waitFor: (position, timeoutMs) => {
      asked.push([position, timeoutMs])
      return Promise.resolve(reached)
    },
  })
  const answered = async () => {
    const outcome = ask({ ...question('a'), after: '0:42' }, scope, never)
    await settle()
    store.calls.at(-1)?.finish()
    return outcome
  }
  expect(await answered()).toMatchObject({
    ok: true,
    answer: { meta: { partial: false, warnings: [] } },
  })
  expect(asked).toEqual([[{ partition: 0, offset: 42n }, 2000]])
  reached = false
  const late = await answered()
  expect(late).toMatchObject({ ok: true, answer: { meta: { partial: true } } })
})

test('what is wrong comes back with codes of the registry', async () => {
  const { ask, store } = setUp()
  expect(await ask({ kind: 'table', measures: ['nope'] }, scope, never)).toMatchObject({
    ok: false,
    code: 'invalid_question',
    issues: [{ path: '/measures/0' }],
  })
  const failures = [
    ['rebuilding', 'store_rebuilding'],
    ['timeout', 'query_timeout'],
    ['too_many_rows', 'result_too_large'],
  ] as const
  for (const [failure, code] of failures) {
    const outcome = ask(question(failure), scope, never)
    await settle()
    store.calls.at(-1)?.finish({ ok: false, failure, message: 'why' })
    expect(await outcome).toMatchObject({ ok: false, code, message: 'why' })
  }
  const thrown = setUp({ query: () => Promise.reject(new Error('bug')) })
  await expect(thrown.ask(question('a'), scope, never)).rejects.toThrow('bug')
  expect(thrown.stats()).toMatchObject({ running: 0, waiting: 0 })
})
