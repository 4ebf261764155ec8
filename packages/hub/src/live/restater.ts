import type { Answer, Question } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import { type LiveUpdate, MOST_RESULTS } from './live.ts'
import { ALL, type Due } from './restating.ts'
import type { WindowSeries } from './window-series.ts'

/** Asks the store once it has applied every partition up to `after`. */
export type AskStore = (
  request: {
    readonly question: Question
    readonly project: string
    readonly after: ReadonlyMap<number, bigint>
  },
  signal: AbortSignal,
) => Promise<AskOutcome>

export interface RestaterOptions {
  readonly ask: AskStore
  /** Every project that the store knows once it has applied every partition up to `after`. */
  readonly projects: (after: ReadonlyMap<number, bigint>) => Promise<readonly string[]>
  /** False once the series is no more: what it is answered is of no use. */
  readonly isThere: (series: WindowSeries) => boolean
  readonly clock: Clock
  /** Positions that the consumer has read up to. */
  readonly positions: () => ReadonlyMap<number, bigint>
  readonly onUpdates: (updates: readonly LiveUpdate[]) => void
  readonly onError: (error: Error) => void
}

/** A window is asked for again no sooner than that. */
const AGAIN_MS = 1000
/** After a failure nothing is asked for so long. */
const PAUSE_MS = 1000
/** A window whose own question fails is asked for again no sooner than that, so that it does not hold up the others. */
const FAILED_MS = 30_000

interface Asked {
  readonly series: WindowSeries
  readonly due: Due
}

/**
 * Asks the store for the windows that are due, one at a time, and tells what it answers. What changes while a
 * question runs makes the window due again, so that the last answer always has everything.
 */
export class Restater {
  readonly #options: RestaterOptions
  readonly #stop = new AbortController()
  /** When a window may be asked for again, by monotonic time. */
  readonly #again = new Map<string, number>()
  /** Questions under way by window, and which of them was the last to be answered. */
  readonly #underWay = new Map<string, { count: number; answered: number }>()
  #questions = 0
  #running: Promise<void> | null = null
  #pausedUntil = 0

  constructor(options: RestaterOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  /**
   * Works through what is due. Answers in how many milliseconds to call again; null when nothing is left.
   * Does not wait for answers.
   */
  work(all: () => Iterable<WindowSeries>): number | null {
    if (this.#stop.signal.aborted) return null
    if (this.#running !== null) return null
    const now = this.#options.clock.monotonic()
    if (now < this.#pausedUntil) return this.#pausedUntil - now
    let wait: number | null = null
    for (const series of all()) {
      for (const due of series.restating.due()) {
        const left = (this.#again.get(nameOf({ series, due })) ?? now) - now
        if (left > 0) {
          wait = Math.min(wait ?? left, left)
          continue
        }
        this.#running = this.#restate({ series, due }).finally(() => {
          this.#running = null
        })
        return 0
      }
    }
    return wait
  }

  /** Waits for the question under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #restate({ series, due }: Asked): Promise<void> {
    const { clock, onError } = this.#options
    series.restating.taken(due)
    this.#note({ series, due }, AGAIN_MS)
    try {
      for (const project of await this.#projectsOf({ series, due })) {
        const own = { ...due, project }
        const isWaiting = clock.monotonic() < this.#pausedUntil
        const outcome = isWaiting ? 'not_yet' : await this.now(series, own)
        if (outcome === 'done') continue
        series.restating.ask(own)
        if (outcome === 'failed') this.#note({ series, due: own }, FAILED_MS)
        else if (!isWaiting) this.#pausedUntil = clock.monotonic() + PAUSE_MS
      }
    } catch (error) {
      series.restating.ask(due)
      this.#pausedUntil = clock.monotonic() + PAUSE_MS
      onError(error instanceof Error ? error : new Error(String(error)))
    } finally {
      series.restating.answered(due)
    }
  }

  #note(asked: Asked, restMs: number): void {
    const now = this.#options.clock.monotonic()
    this.#again.set(nameOf(asked), now + restMs)
    for (const [name, at] of this.#again) if (at <= now) this.#again.delete(name)
  }

  async #projectsOf({ series, due }: Asked): Promise<readonly string[]> {
    if (due.project !== ALL) return [due.project]
    const { project } = series.compiled.definition
    if (project !== null) return [project]
    const { positions, projects } = this.#options
    // A project that is no more has results that are to be taken back.
    const told = series.kept.all(null).filter(({ window }) => window.start === due.start)
    return [...new Set([...(await projects(positions())), ...told.map((each) => each.project)])]
  }

  /** Asks for windows, each once for the project, or with null for every project that is in doubt. */
  async nowAll(series: WindowSeries, all: readonly Due[], project: string | null): Promise<void> {
    const asked = new Set<string>()
    for (const due of all) {
      const projects = project === null ? await this.#projectsOf({ series, due }) : [project]
      for (const each of projects) {
        const own = { ...due, project: each }
        const name = nameOf({ series, due: own })
        // Where the store is behind for this one it is so for the others too.
        if (!asked.has(name) && (await this.now(series, own)) === 'not_yet') return
        asked.add(name)
      }
    }
  }

  /** Asks for one window and project, and tells what changed. */
  async now(series: WindowSeries, due: Due): Promise<'done' | 'not_yet' | 'failed'> {
    const { ask, positions, clock, onUpdates, onError, isThere } = this.#options
    const { compiled } = series
    const question = questionOf(series, due)
    const overtaken = this.#begin(nameOf({ series, due }))
    const outcome = await ask(
      { question, project: due.project, after: positions() },
      this.#stop.signal,
    ).catch((error: unknown) => {
      overtaken(false)
      throw error
    })
    if (overtaken(outcome.ok) || !isThere(series)) return 'done'
    if (!outcome.ok) {
      if (outcome.code === 'store_rebuilding' || outcome.code === 'too_many_queries') {
        return 'not_yet'
      }
      const isOurs = outcome.code === 'invalid_question' || outcome.code === 'not_supported'
      if (!this.#stop.signal.aborted)
        onError(new Error(`${compiled.definition.name}: ${outcome.message}`))
      return isOurs ? 'done' : 'failed'
    }
    onUpdates(
      series.restate(due, rowsOf(outcome.answer, compiled.plan.by.length), clock.nowMicros()),
    )
    return 'done'
  }

  /**
   * Notes a question. What it answers is called at its end, and tells whether a question of the same window that
   * was asked later has been answered by then: its answer is newer.
   */
  #begin(name: string): (isAnswered: boolean) => boolean {
    const number = ++this.#questions
    const known = this.#underWay.get(name) ?? { count: 0, answered: 0 }
    known.count++
    this.#underWay.set(name, known)
    return (isAnswered) => {
      if (--known.count === 0) this.#underWay.delete(name)
      if (known.answered > number) return true
      if (isAnswered) known.answered = number
      return false
    }
  }
}

function nameOf({ series, due }: Asked): string {
  const { name } = series.compiled.definition
  return JSON.stringify([name, series.size, due.start, due.end, due.project])
}

/** The question whose answer is the results of the window. */
export function questionOf(
  { compiled }: Pick<WindowSeries, 'compiled'>,
  { start, end }: Pick<Due, 'start' | 'end'>,
): Question {
  const { by, measures, where, maxGroups } = compiled.definition
  return {
    kind: 'table',
    measures,
    by,
    ...(where === null ? {} : { where }),
    from: formatIsoMicros(start),
    to: formatIsoMicros(end),
    limit: Math.min(maxGroups ?? MOST_RESULTS, MOST_RESULTS),
  }
}

interface AnswerRow {
  readonly key: readonly (string | null)[]
  readonly values: LiveUpdate['values']
}

function rowsOf({ columns, rows }: Answer, dimensions: number): AnswerRow[] {
  const names = columns.slice(dimensions).map(({ name }) => name)
  const found = rows.map((row) => ({
    key: row.slice(0, dimensions).map((cell) => (cell === null ? null : String(cell))),
    values: Object.fromEntries(names.map((name, i) => [name, row[dimensions + i] ?? null])),
  }))
  // Without dimensions there is one row even where there are no events.
  return found
}
