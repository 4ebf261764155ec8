import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Answer, Question } from '@llmhub/schema'
import { createMemoryCache } from '../../src/cache/memory/memory-cache.ts'
import type { Ask, AskOutcome } from '../../src/core/ask.ts'
import { systemClock } from '../../src/core/clock.ts'
import { projectScope } from '../../src/core/scope.ts'
import type { CheckpointFile } from '../../src/live/checkpoint-file.ts'
import { LiveConsumer } from '../../src/live/consumer.ts'
import type { LiveLimits } from '../../src/live/consumer-options.ts'
import { defaultDefinitions } from '../../src/live/default-definitions.ts'
import type { LiveDefinition, LiveUpdate } from '../../src/live/live.ts'
import { questionOf } from '../../src/live/restater.ts'
import { BACKFILL, LIVE, type LogRecord } from '../../src/log/log.ts'
import { createAsk } from '../../src/query/ask.ts'
import { planMeasures } from '../../src/query/plan-measures.ts'
import { answerWith } from '../../src/store/duckdb/answer-plan.ts'
import { DuckDbStore } from '../../src/store/duckdb/duckdb-store.ts'
import { IntakeHarness } from '../intake-fixture.ts'

/** A real intake, a log in memory, a real store and the live consumer, on one clock that the test moves. */

const LIVE_LIMITS: LiveLimits = {
  groups: 1000,
  definitions: 5,
  windows: 60,
  results: 10_000,
  disorderMs: 5000,
  idleMs: 30_000,
  intervalMs: 250,
  maxLagRecords: 100_000,
  futureMs: 600_000,
}

export const HUBS_DEFINITIONS = defaultDefinitions({ models: ['model'], kinds: ['kind'] })

const never = new AbortController().signal

interface MemoryCheckpoint extends CheckpointFile {
  bytes: Uint8Array | null
  written: number
}

function memoryCheckpoint(): MemoryCheckpoint {
  const file: MemoryCheckpoint = {
    bytes: null,
    written: 0,
    read: () => Promise.resolve(file.bytes),
    replace(bytes) {
      file.bytes = bytes.slice()
      file.written++
      return Promise.resolve()
    },
    remove() {
      file.bytes = null
      return Promise.resolve()
    },
  }
  return file
}

export class LiveSite {
  readonly hub = new IntakeHarness()
  readonly checkpoint = memoryCheckpoint()
  readonly problems: string[] = []
  /** The newest result of each window and group, as told. */
  readonly told = new Map<string, LiveUpdate>()
  readonly updates: LiveUpdate[] = []
  /** How the store answers: a test may hold answers back, or have none given. */
  answering: (answer: () => Promise<AskOutcome>, project: string) => Promise<AskOutcome> = (
    answer,
  ) => answer()
  /** Whether the consumer is not told of what is committed. */
  muted = false
  readonly #dir: string
  readonly #store: DuckDbStore
  readonly #ask: Ask
  readonly #answers = new Set<Promise<AskOutcome>>()
  #consumer: LiveConsumer | null = null

  private constructor(dir: string, store: DuckDbStore) {
    this.#dir = dir
    this.#store = store
    this.#ask = createAsk({
      query: (plan, scope, signal) => store.query(plan, scope, signal),
      waitFor: () => Promise.resolve(true),
      version: (scope, { from, to }) => store.version(scope, from, to),
      progress: () => ({ applied: new Map(), watermark: null }),
      cache: createMemoryCache({ maxBytes: 0, clock: systemClock }),
      // The deadline is the test's own.
      clock: { ...this.hub.clock, after: () => () => {} },
    }).ask
  }

  static async open(): Promise<LiveSite> {
    const dir = await mkdtemp(join(tmpdir(), 'llmhub-live-'))
    const opened = await DuckDbStore.open({
      path: join(dir, 'store.duckdb'),
      wal: false,
      clock: systemClock,
      incarnation: 'a',
      answer: answerWith([]),
    })
    if (!opened.ok) throw new Error(opened.reason)
    const site = new LiveSite(dir, opened.store)
    await site.hub.start()
    return site
  }

  get clock(): IntakeHarness['clock'] {
    return this.hub.clock
  }

  get consumer(): LiveConsumer {
    if (this.#consumer === null) throw new Error('the consumer is not started')
    return this.#consumer
  }

  async start(
    definitions: readonly LiveDefinition[] = HUBS_DEFINITIONS,
    limits: Partial<LiveLimits> = {},
  ): Promise<void> {
    const { log } = this.hub
    const consumer = new LiveConsumer({
      log,
      logName: 'site',
      clock: this.clock,
      planMeasures,
      definitions,
      checkpoint: this.checkpoint,
      ask: ({ question, project }) =>
        this.answering(() => this.#answer(question, project), project),
      projects: () => Promise.resolve(['p', 'q']),
      limits: { ...LIVE_LIMITS, ...limits },
      onUpdates: (updates) => this.#take(updates),
      onProblem: (problem) => this.problems.push(problem),
    })
    this.#consumer = consumer
    await consumer.start(this.#committed())
    log.onCommit((partition, next) => {
      if (this.#consumer === consumer && !this.muted) consumer.committed(partition, next)
    })
  }

  #committed(): ReadonlyMap<number, bigint> {
    const { log } = this.hub
    return new Map([LIVE, BACKFILL].map((partition) => [partition, log.next(partition)]))
  }

  #take(updates: readonly LiveUpdate[]): void {
    for (const update of updates) {
      this.updates.push(update)
      this.told.set(nameOf(update), update)
    }
  }

  /** The consumer learns of what it was not told while `muted`. */
  unmute(): void {
    this.muted = false
    for (const [partition, next] of this.#committed()) this.consumer.committed(partition, next)
  }

  /** Leaves a consumer to itself that does not end, because it waits for an answer that never comes. */
  abandon(): void {
    void this.#consumer?.stop()
    this.#consumer = null
  }

  /** What `kill -9` does: nothing is written any more. */
  async kill(): Promise<void> {
    const { bytes } = this.checkpoint
    await this.#consumer?.stop()
    this.checkpoint.bytes = bytes
    this.#consumer = null
  }

  async stop(): Promise<void> {
    await this.#consumer?.stop()
    this.#consumer = null
  }

  /** An answer of the store, known to be under way until it is there. */
  async #answer(question: Question, project: string): Promise<AskOutcome> {
    const answer = (async () => {
      await this.apply()
      return this.#ask(question, projectScope(project), never)
    })()
    this.#answers.add(answer)
    return answer.finally(() => this.#answers.delete(answer))
  }

  /** Waits until everything is counted and asked, letting the consumer's pauses pass. */
  async settle(): Promise<void> {
    let isSettled = false
    const settled = this.consumer.settled().then(() => {
      isSettled = true
    })
    while (!isSettled) await this.turn()
    await settled
  }

  /** Lets what is ready run, and the store answer; then time goes on. */
  async turn(): Promise<void> {
    while (this.#answers.size > 0) await Promise.allSettled(this.#answers)
    await setImmediate()
    if (this.#answers.size === 0) this.clock.advance(10)
  }

  async apply(): Promise<void> {
    const { log } = this.hub
    const applied = await this.#store.applied()
    for (const partition of [LIVE, BACKFILL]) {
      const first = applied.get(partition) ?? 0n
      const next = log.next(partition)
      if (first >= next) continue
      const records: LogRecord[] = []
      for await (const record of log.read(partition, first, next)) records.push(record)
      await this.#store.apply({ partition, epoch: 1, first, next, records })
    }
  }

  async ask(question: Question, project: string): Promise<Answer> {
    await this.apply()
    const outcome = await this.#ask(question, projectScope(project), never)
    if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`)
    return outcome.answer
  }

  /**
   * Differences between what was told last of the closed windows and what a question answers for the same
   * ranges, in words; and how many results were compared.
   */
  async compare(projects: readonly string[]): Promise<{ wrong: string[]; compared: number }> {
    const wrong: string[] = []
    let compared = 0
    const windows = new Map<string, LiveUpdate>()
    for (const update of this.told.values()) {
      if (!update.pane.closed || !projects.includes(update.project)) continue
      const { definition, size, project, window } = update
      windows.set(JSON.stringify([definition, size, project, window]), update)
    }
    for (const { definition, size, project, window } of windows.values()) {
      const windowsOf = this.consumer.definitions().find(({ name }) => name === definition)
      if (windowsOf === undefined) continue
      const question = questionOf({ compiled: { definition: windowsOf } as never }, window)
      const { columns, rows } = await this.ask(question, project)
      const expected = new Map(
        rows.map((row) => [JSON.stringify(row.slice(0, windowsOf.by.length)), row]),
      )
      const told = [...this.told.values()].filter(
        (each) =>
          each.definition === definition &&
          each.size === size &&
          each.project === project &&
          each.window.start === window.start &&
          each.window.end === window.end &&
          each.removed !== true,
      )
      for (const update of told) {
        const key = JSON.stringify(update.key)
        const row = expected.get(key)
        expected.delete(key)
        const place = `${definition} ${size} ${project} ${new Date(window.start / 1000).toISOString()} ${key} (${update.source})`
        if (row === undefined) {
          wrong.push(`${place} is not in the answer`)
          continue
        }
        for (const [i, { name }] of columns.entries()) {
          if (i < windowsOf.by.length) continue
          compared++
          const [is, should] = [update.values[name] ?? null, row[i] ?? null]
          if (!isEqual(name, is, should)) wrong.push(`${place} ${name}: ${is}, not ${should}`)
        }
      }
      for (const key of expected.keys()) wrong.push(`${definition} ${size} ${project} lacks ${key}`)
    }
    return { wrong, compared }
  }

  async remove(): Promise<void> {
    await this.stop()
    await this.#store.close()
    await rm(this.#dir, { recursive: true, force: true })
  }
}

/** Quantiles come from sketch bins, sums of values without bounds from another order. */
function isEqual(name: string, is: unknown, should: unknown): boolean {
  if (is === should) return true
  if (typeof is !== 'number' || typeof should !== 'number') return false
  const tolerance = /\.p\d+$/u.test(name) ? 0.0101 : name.startsWith('value.') ? 1e-11 : 0
  return Math.abs(is - should) <= tolerance * Math.max(Math.abs(is), Math.abs(should))
}

function nameOf({ definition, size, project, window, key }: LiveUpdate): string {
  return JSON.stringify([definition, size, project, window.start, window.end, key])
}
