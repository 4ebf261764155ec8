/**
 * The one way to ask. A question is parsed, waits for its turn, is planned and run under a deadline.
 *
 * - Identical questions of the same scope that are in flight at the same time share one run, unless rows
 *   of their range have been applied since it began; the run is cancelled when all who wait for it have
 *   left.
 * - An answer is used again for as long as no row of its range changes (`answer-cache.ts`).
 * - At most `maxConcurrent` run at once, at most `maxWaiting` wait for a turn; beyond that a question
 *   is refused with `too_many_queries`.
 * - The deadline covers waiting and running, but not the wait for `after`.
 */

import type { Answer, Question } from '@llmhub/schema'
import type { Cache } from '../cache/cache.ts'
import type { Ask, AskOutcome } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { ProjectScope } from '../core/scope.ts'
import type { Plan, QueryOutcome, RangeVersion } from '../store/store.ts'
import type { StoreProgress, VersionRange } from './answer-cache.ts'
import {
  asOf,
  isReusable,
  keepAnswer,
  questionName,
  readKept,
  versionRange,
} from './answer-cache.ts'
import { failureOf } from './answer-meta.ts'
import { executeQuestion } from './execute.ts'
import type { ParsedQuestion } from './parse-question.ts'
import { parseQuestion } from './parse-question.ts'

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
  /** `store.version`. */
  readonly version: (scope: ProjectScope, range: VersionRange) => Promise<RangeVersion>
  /** How far the store is, as far as it is known here; costs nothing. */
  readonly progress: () => StoreProgress
  readonly cache: Cache
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
  /** Joined the run of the same question. */
  readonly shared: number
  /** Answered by an earlier answer. */
  readonly reused: number
  readonly refused: number
}

interface Flight {
  readonly outcome: Promise<AskOutcome>
  /** Of the range before the run began; null until it is known. */
  version: RangeVersion | null
  readonly abort: AbortController
  waiters: number
}

/** The function to inject where questions are asked, and its counters. */
export function createAsk(options: AskOptions): {
  readonly ask: Ask
  readonly stats: () => AskStats
} {
  const { cache, clock } = options
  const maxConcurrent = options.maxConcurrent ?? 4
  const maxWaiting = options.maxWaiting ?? 64
  const deadlineMs = options.deadlineMs ?? 30_000
  const afterMs = options.afterMs ?? 2000
  const flights = new Map<string, Flight>()
  const queue: (() => void)[] = []
  const counts = { running: 0, asked: 0, shared: 0, reused: 0, refused: 0 }

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

  /** A run of its own for a question; null when too many wait already. */
  const begin = (
    name: string,
    asked: Question,
    question: ParsedQuestion,
    scope: ProjectScope,
    version: Promise<RangeVersion | null>,
    known: RangeVersion | null,
  ): Flight | null => {
    if (counts.running >= maxConcurrent && queue.length >= maxWaiting) return null
    const abort = new AbortController()
    const outcome = run(question, scope, abort).finally(() => {
      if (flights.get(name) === flight) flights.delete(name)
    })
    const flight: Flight = { outcome, version: known, abort, waiters: 0 }
    flights.set(name, flight)
    const keep = async (): Promise<void> => {
      const before = known ?? (await version)
      flight.version = before
      const found = await outcome
      if (before === null || !found.ok) return
      await keepAnswer(cache, name, asked, question, before, found.answer)
    }
    // Whoever waits is told of a failure of the run; a cache that fails costs time alone.
    keep().catch(() => {})
    return flight
  }

  /** What `version` comes to, or null when that cannot be told in time. */
  const soon = (
    version: Promise<RangeVersion | null>,
    signal: AbortSignal,
  ): Promise<RangeVersion | null> => {
    const { promise, resolve } = Promise.withResolvers<RangeVersion | null>()
    const leave = (): void => resolve(null)
    const cancel = clock.after(deadlineMs, leave)
    signal.addEventListener('abort', leave, { once: true })
    void version.then(resolve)
    return promise.finally(() => {
      cancel()
      signal.removeEventListener('abort', leave)
    })
  }

  const ask: Ask = async (asked, scope, signal) => {
    counts.asked++
    const parsed = parseQuestion(asked, clock.nowMicros())
    if (!parsed.ok) {
      const [first] = parsed.issues
      const message = first === undefined ? '' : `${first.path} ${first.message}`.trim()
      return { ok: false, code: parsed.code, message, issues: parsed.issues }
    }
    const { question } = parsed
    const { after } = question
    const reached = after === null || (await waitFor(options, after, afterMs, signal))
    const marked = (outcome: AskOutcome): AskOutcome =>
      reached || !outcome.ok
        ? outcome
        : withWarning(
            outcome.answer,
            `The store had not applied position ${after} after ${afterMs} ms.`,
          )
    const name = questionName(asked, scope)
    const kept = await readKept(cache, name)
    if (signal.aborted) return failureOf('cancelled', 'The question was cancelled.')
    const progress = options.progress()
    const version = options.version(scope, versionRange(question)).catch(() => null)
    let flight: Flight | null = null
    let known: RangeVersion | null = null
    // Without an earlier answer or run there is nothing to compare with: the run need not wait.
    if (kept !== null || flights.has(name)) {
      known = await soon(version, signal)
      if (signal.aborted) return failureOf('cancelled', 'The question was cancelled.')
      if (known !== null) {
        if (kept !== null && isReusable(kept, known, question.now)) {
          counts.reused++
          return marked({ ok: true, answer: asOf(kept.answer, progress) })
        }
        const running = flights.get(name)
        if (running?.version === known) {
          counts.shared++
          flight = running
        }
      }
    }
    flight ??= begin(name, asked, question, scope, version, known)
    if (flight === null) {
      counts.refused++
      const message = `${maxConcurrent} questions run and ${maxWaiting} wait already.`
      return { ok: false, code: 'too_many_queries', message, issues: [] }
    }
    const shared = flight
    const outcome = await joined(shared, signal, () => {
      // Nobody waits any more: let newcomers start afresh instead of joining a cancelled run.
      if (flights.get(name) === shared) flights.delete(name)
    })
    if (!outcome.ok) return outcome
    const answer = asOf(outcome.answer, progress)
    return marked(answer === outcome.answer ? outcome : { ok: true, answer })
  }

  return { ask, stats: () => ({ ...counts, waiting: queue.length }) }
}

function withWarning(answer: Answer, warning: string): AskOutcome {
  const meta = { ...answer.meta, partial: true, warnings: [...answer.meta.warnings, warning] }
  return { ok: true, answer: { ...answer, meta } }
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
