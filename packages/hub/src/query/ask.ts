/**
 * The one way to ask. A question is parsed, waits for its turn, is planned and run under a deadline.
 *
 * - Identical questions of the same scope that are in flight at the same time share one run; the run
 *   is cancelled when all who wait for it have left.
 * - At most `maxConcurrent` run at once, at most `maxWaiting` wait for a turn; beyond that a question
 *   is refused with `too_many_queries`.
 * - The deadline covers waiting and running, but not the wait for `after`.
 */

import type { Question } from '@llmhub/schema'
import type { Ask, AskOutcome } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { Plan, QueryOutcome } from '../store/store.ts'
import { failureOf } from './answer-meta.ts'
import { executeQuestion } from './execute.ts'
import type { ParsedQuestion } from './parse-question.ts'
import { parseQuestion } from './parse-question.ts'
import { stableText } from './stable-text.ts'

export interface AskOptions {
  /** `store.query`. */
  readonly query: (plan: Plan, scope: ProjectScope, signal: AbortSignal) => Promise<QueryOutcome>
  /**
   * Waits until the store has applied all records before `offset` of `partition`; false when
   * `timeoutMs` passed or `signal` was aborted before that.
   */
  readonly waitFor: (
    position: { readonly partition: number; readonly offset: bigint },
    timeoutMs: number,
    signal: AbortSignal,
  ) => Promise<boolean>
  readonly clock: Clock
  /** Default 4. */
  readonly maxConcurrent?: number
  /** Default 64. */
  readonly maxWaiting?: number
  /** Default 30,000. */
  readonly deadlineMs?: number
  /** Longest wait for `after`. Default 2,000. */
  readonly afterMs?: number
}

export interface AskStats {
  readonly running: number
  readonly waiting: number
  readonly asked: number
  readonly shared: number
  readonly refused: number
}

interface Flight {
  readonly outcome: Promise<AskOutcome>
  readonly abort: AbortController
  waiters: number
}

/** The function to inject where questions are asked, and its counters. */
export function createAsk(options: AskOptions): {
  readonly ask: Ask
  readonly stats: () => AskStats
} {
  const { clock } = options
  const maxConcurrent = options.maxConcurrent ?? 4
  const maxWaiting = options.maxWaiting ?? 64
  const deadlineMs = options.deadlineMs ?? 30_000
  const afterMs = options.afterMs ?? 2000
  const flights = new Map<string, Flight>()
  const queue: (() => void)[] = []
  const counts = { running: 0, asked: 0, shared: 0, refused: 0 }

  /** Resolves to true when it is the question's turn, to false when it was aborted before. */
  const turn = (signal: AbortSignal): Promise<boolean> => {
    if (counts.running < maxConcurrent) {
      counts.running++
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave)
        counts.running++
        resolve(true)
      }
      const leave = (): void => {
        queue.splice(queue.indexOf(start), 1)
        resolve(false)
      }
      queue.push(start)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  const finish = (): void => {
    counts.running--
    queue.shift()?.()
  }

  const run = async (
    question: ParsedQuestion,
    scope: ProjectScope,
    abort: AbortController,
  ): Promise<AskOutcome> => {
    let timedOut = false
    const cancel = clock.after(deadlineMs, () => {
      timedOut = true
      abort.abort()
    })
    const late = (): AskOutcome =>
      failureOf(
        timedOut ? 'timeout' : 'cancelled',
        timedOut ? `No answer within ${deadlineMs} ms.` : 'The question was cancelled.',
      )
    try {
      if (abort.signal.aborted || !(await turn(abort.signal))) return late()
      try {
        const outcome = await executeQuestion(question, (plan) =>
          abort.signal.aborted
            ? Promise.resolve({ ok: false, failure: 'cancelled', message: '' })
            : options.query(plan, scope, abort.signal),
        )
        return !outcome.ok && abort.signal.aborted ? late() : outcome
      } finally {
        finish()
      }
    } finally {
      cancel()
    }
  }

  const share = (key: string, question: ParsedQuestion, scope: ProjectScope): Flight | null => {
    const known = flights.get(key)
    if (known !== undefined) {
      counts.shared++
      return known
    }
    if (counts.running >= maxConcurrent && queue.length >= maxWaiting) return null
    const abort = new AbortController()
    const outcome = run(question, scope, abort).finally(() => {
      if (flights.get(key) === flight) flights.delete(key)
    })
    const flight: Flight = { outcome, abort, waiters: 0 }
    flights.set(key, flight)
    return flight
  }

  const ask: Ask = async (asked, scope, signal) => {
    counts.asked++
    const parsed = parseQuestion(asked, clock.nowMicros())
    if (!parsed.ok) {
      const [first] = parsed.issues
      const message = first === undefined ? '' : `${first.path} ${first.message}`.trim()
      return { ok: false, code: parsed.code, message, issues: parsed.issues }
    }
    const { after } = parsed.question
    const reached = after === null || (await waitFor(options, after, afterMs, signal))
    if (signal.aborted) return failureOf('cancelled', 'The question was cancelled.')
    const flight = share(keyOf(asked, scope), parsed.question, scope)
    if (flight === null) {
      counts.refused++
      const message = `${maxConcurrent} questions run and ${maxWaiting} wait already.`
      return { ok: false, code: 'too_many_queries', message, issues: [] }
    }
    const outcome = await joined(flight, signal, () => {
      // Nobody waits any more: let newcomers start afresh instead of joining a cancelled run.
      for (const [key, each] of flights) if (each === flight) flights.delete(key)
    })
    if (reached || !outcome.ok) return outcome
    const warning = `The store had not applied position ${after} after ${afterMs} ms.`
    const { answer } = outcome
    const meta = { ...answer.meta, partial: true, warnings: [...answer.meta.warnings, warning] }
    return { ok: true, answer: { ...answer, meta } }
  }

  return { ask, stats: () => ({ ...counts, waiting: queue.length }) }
}

/**
 * `after` is part of it: a run that began before that position was applied must not be joined by a
 * question that waited for it.
 */
function keyOf(question: Question, scope: ProjectScope): string {
  return `${JSON.stringify(scope.project)} ${stableText(question)}`
}

function waitFor(
  options: AskOptions,
  after: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const [partition = '', offset = ''] = after.split(':')
  return options.waitFor(
    { partition: Number(partition), offset: BigInt(offset) },
    timeoutMs,
    signal,
  )
}

/** The outcome of the flight for one of its waiters, who may leave before. */
function joined(flight: Flight, signal: AbortSignal, onEmpty: () => void): Promise<AskOutcome> {
  flight.waiters++
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      flight.waiters--
      if (flight.waiters === 0) {
        onEmpty()
        flight.abort.abort()
      }
      resolve(failureOf('cancelled', 'The question was cancelled.'))
    }
    signal.addEventListener('abort', leave, { once: true })
    flight.outcome.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
  })
}
