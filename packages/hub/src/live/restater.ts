import type { Answer, Question } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import type { Clock } from '../core/clock.ts'
import type { LiveUpdate } from './live.ts'
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
  /** Every project there is. */
  readonly projects: () => Promise<readonly string[]>
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
const MOST_ROWS = 10_000

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
  /** When a window was asked for last, by monotonic time. */
  readonly #asked = new Map<string, number>()
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
        const left = (this.#asked.get(nameOf({ series, due })) ?? -AGAIN_MS) + AGAIN_MS - now
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
    this.#note({ series, due })
    try {
      for (const project of await this.#projectsOf({ series, due })) {
        const done = await this.now(series, { ...due, project })
        if (done) continue
        series.restating.ask({ ...due, project })
        this.#pausedUntil = clock.monotonic() + PAUSE_MS
      }
    } catch (error) {
      series.restating.ask(due)
      this.#pausedUntil = clock.monotonic() + PAUSE_MS
      onError(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #note(asked: Asked): void {
    const now = this.#options.clock.monotonic()
    this.#asked.set(nameOf(asked), now)
    for (const [name, at] of this.#asked) {
      if (at + AGAIN_MS > now) return
      this.#asked.delete(name)
    }
  }

  async #projectsOf({ series, due }: Asked): Promise<readonly string[]> {
    if (due.project !== ALL) return [due.project]
    const { project } = series.compiled.definition
    return project === null ? this.#options.projects() : [project]
  }

  /** Asks for windows, each once for the project, or with null for every project that is in doubt. */
  async nowAll(series: WindowSeries, all: readonly Due[], project: string | null): Promise<void> {
    const asked = new Set<string>()
    for (const due of all) {
      const projects = project === null ? await this.#projectsOf({ series, due }) : [project]
      for (const each of projects) {
        const own = { ...due, project: each }
        const name = nameOf({ series, due: own })
        if (!asked.has(name)) await this.now(series, own)
        asked.add(name)
      }
    }
  }

  /** Asks for one window and project; false when there was no answer. */
  async now(series: WindowSeries, due: Due): Promise<boolean> {
    const { ask, positions, clock, onUpdates, onError } = this.#options
    const { compiled } = series
    const question = questionOf(series, due)
    const after = positions()
    const outcome = await ask({ question, project: due.project, after }, this.#stop.signal)
    if (!outcome.ok) {
      const isOurs = outcome.code === 'invalid_question' || outcome.code === 'not_supported'
      if (isOurs) onError(new Error(`${compiled.definition.name}: ${outcome.message}`))
      return isOurs
    }
    onUpdates(
      series.restate(due, rowsOf(outcome.answer, compiled.plan.by.length), clock.nowMicros()),
    )
    return true
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
    limit: Math.min(maxGroups ?? MOST_ROWS, MOST_ROWS),
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
