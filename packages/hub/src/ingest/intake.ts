import type { InvalidEvent } from '@llmhub/schema'
import type { Clock } from '../core/clock.ts'
import type {
  EventResult,
  Intake,
  IntakeAnswer,
  IntakeOutcome,
  IntakeRequest,
} from '../core/intake.ts'
import { BACKFILL, LIVE, type Log } from '../log/log.ts'
import type { KnownEvent } from '../store/protocol.ts'
import { type CallRow, emptyCallRow, offsetOfCallRow } from './call-row.ts'
import { Calls } from './calls.ts'
import type { KeyIndex } from './dedup/key-index.ts'
import { emptyCosts, type RowDefaults, RowFiller, type RowSystem } from './fill-row.ts'
import type { Group } from './group.ts'
import type { IntakeLimits } from './intake-limits.ts'
import { Lane } from './lane.ts'
import { PerSecond } from './per-second.ts'
import { type Prepared, Preparer } from './prepare.ts'
import { previewRows } from './preview.ts'
import type { PriceRow } from './price-row.ts'
import { Counters, type IngestStats } from './stats.ts'

/**
 * The stage between receivers and the log.
 *
 * prepare   each event is validated, hashed and its call named; nothing is shared yet
 * look up   ids are looked for in the index of what is in the log, old ones perhaps in the store; a row
 *           that hangs on another partition's append waits for it. This part may wait, and starts over
 * stage     in one go: duplicates of rows in flight are found, the rest becomes rows of the open group
 * append    the lane appends the group; the answer is given when it is durable
 */

export interface IntakeOptions {
  readonly log: Log
  readonly clock: Clock
  /** Ids of the events in the log (`openKeyIndex`, ID_VALUE_WORDS). */
  readonly ids: KeyIndex
  /** Calls of the events in the log (`openKeyIndex`, CALL_VALUE_WORDS). */
  readonly calls: KeyIndex
  /** Instance key of the id hashes, 16 bytes; the same for the life of the data folder. */
  readonly hashKey: Uint8Array
  /** Works out usage and cost of an event (`createPriceRow`). */
  readonly price: PriceRow
  readonly defaults: RowDefaults
  readonly limits: IntakeLimits
  /** Identities of dead letters. */
  readonly newId: () => string
  /** Why nothing may be taken in now, or null. Asked before every request. */
  pressure(): {
    readonly code: 'overloaded' | 'disk_full'
    readonly message: string
    readonly retryAfterSeconds: number
  } | null
  /**
   * Looks in the store for ids that the index no longer remembers, in order; null = unknown. Only
   * asked of events so old that they may have come before the horizon. A failure refuses the request.
   */
  lookup(
    project: string,
    events: readonly { readonly eventId: string; readonly time: number }[],
  ): Promise<readonly (KnownEvent | null)[]>
  /** Switches that break a promise on purpose, for tests that must notice. */
  readonly sabotage?: { readonly dedupOff?: boolean }
}

export interface IntakeStage {
  readonly intake: Intake
  stats(): IngestStats
}

/** Results listed in an answer. */
const MAX_RESULTS = 1000
/** Settled groups whose offset is remembered: far more than are ever in flight. */
const REMEMBERED_GROUPS = 4096
/** Words of an entry of the index of ids: content hash 2, partition, offset 2, index, received. */
export const ID_VALUE_WORDS = 7

/** What became of an event before staging. */
const NEW = 0
const DUPLICATE = 1
const CONFLICT = 2

type Problem = Pick<InvalidEvent, 'code' | 'path' | 'message'>

const ID_CONFLICT: Problem = {
  code: 'id_conflict',
  path: '/common/event_id',
  message: 'an event with this id and other content was accepted before',
}

/** A request on its way into the open group of its lane. */
interface Staging {
  readonly lane: Lane
  /** The group that has its rows and dead letters; null while there are none. */
  group: Group | null
  /** Groups that its duplicates are in, and in the end its own. */
  readonly waits: Set<Group>
  readonly results: EventResult[]
  /** Suppresses a row that one of the request makes superfluous. */
  readonly suppress: (row: CallRow) => void
  accepted: number
  duplicates: number
  rejected: number
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

type Refusal = Extract<IntakeOutcome, { ok: false }>

export function createIntake(options: IntakeOptions): IntakeStage {
  const stage = new Stage(options)
  return { intake: (request) => stage.take(request), stats: () => stage.stats() }
}

class Stage {
  readonly #options: IntakeOptions
  readonly #lanes = new Map<number, Lane>()
  readonly #preparer: Preparer
  readonly #calls: Calls
  readonly #counters = new Counters()
  readonly #letters: PerSecond
  readonly #costs = emptyCosts()
  readonly #callRow = emptyCallRow()
  /** What `#system` answers; the same object for every event. */
  readonly #row: Writable<RowSystem> = {
    project: '',
    receiver: '',
    receivedAt: 0,
    eventId: '',
    idHashes: new Int32Array(0),
    idHashAt: 0,
    contentLow: 0,
    contentHigh: 0,
    suppressed: false,
  }
  readonly #idValues = new Int32Array(ID_VALUE_WORDS)
  readonly #offsets = new Map<number, bigint>()
  #sequence = 0
  #failure: Refusal | null = null

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#preparer = new Preparer(options)
    this.#calls = new Calls(options.calls)
    this.#letters = new PerSecond(options.limits.maxLettersPerSecond)
    for (const partition of [LIVE, BACKFILL]) this.#lanes.set(partition, this.#lane(partition))
    void options.log.failed.then((error) => {
      const outcome = { ok: false, code: 'storage_failed', message: error.message } as const
      this.#failure = outcome
      for (const lane of this.#lanes.values()) lane.break(outcome)
    })
  }

  #lane(partition: number): Lane {
    const { log, clock, defaults, limits } = this.#options
    return new Lane({
      log,
      clock,
      partition,
      defaults,
      maxRows: limits.maxGroupRows,
      delayMs: limits.groupDelayMs,
      nextSequence: () => ++this.#sequence,
      offsetOf: (sequence) => this.#offsets.get(sequence),
      onCommit: (group, first, next) => this.#commit(group, first, next),
    })
  }

  stats(): IngestStats {
    const counters = this.#counters
    let pendingRows = 0
    for (const lane of this.#lanes.values()) pendingRows += lane.pendingRows
    return {
      total: { ...counters.total },
      projects: counters.projects,
      rejectedByCode: counters.rejectedByCode,
      lettersNotKept: counters.lettersNotKept,
      refused: counters.refused,
      suppressed: counters.suppressed,
      unpriced: counters.unpriced,
      droppedContent: counters.droppedContent,
      aliasConflicts: counters.aliasConflicts,
      groups: counters.groups,
      pendingRows,
      ids: this.#options.ids.stats(),
      calls: this.#options.calls.stats(),
    }
  }

  async take(request: IntakeRequest): Promise<IntakeOutcome> {
    const lane = this.#lanes.get(request.partition)
    if (lane === undefined) throw new RangeError(`no partition ${request.partition}`)
    const refusal = this.#refusal(request, lane)
    if (refusal !== null) {
      this.#counters.refuse(refusal.code)
      return refusal
    }
    const prepared = this.#preparer.prepare(request)
    // The last look into the indexes and staging are one step: nothing may come between them.
    for (;;) {
      const wait = this.#lookUp(prepared)
      if (wait === null) break
      try {
        await wait
      } catch (error) {
        this.#counters.refuse('overloaded')
        const message = `it cannot be told now which events are known: ${String(error)}`
        return { ok: false, code: 'overloaded', message, retryAfterSeconds: 5 }
      }
    }
    if (this.#failure !== null) return this.#failure
    if (request.dryRun === true) return { ok: true, answer: this.#dryRun(prepared, lane) }
    return this.#stage(prepared, lane)
  }

  #refusal(request: IntakeRequest, lane: Lane): Refusal | null {
    if (this.#failure !== null) return this.#failure
    const { limits } = this.#options
    const count = request.events.length
    if (count > limits.maxEvents) {
      const message = `${count} events in one request, the limit is ${limits.maxEvents}`
      return { ok: false, code: 'too_many_events', message }
    }
    const pressure = this.#options.pressure()
    if (pressure !== null) return { ok: false, ...pressure }
    if (this.#options.ids.behind || this.#options.calls.behind) {
      const message = 'the index of event ids cannot be written to disk'
      return { ok: false, code: 'overloaded', message, retryAfterSeconds: 5 }
    }
    if (lane.pendingRows > limits.maxPendingRows) {
      const message = `${lane.pendingRows} events wait for the disk`
      return { ok: false, code: 'overloaded', message, retryAfterSeconds: 1 }
    }
    return null
  }

  /** What the events would become now; of two with the same id in one request both would be accepted. */
  #dryRun(prepared: Prepared, lane: Lane): IntakeAnswer {
    const filler = new RowFiller(this.#options.defaults)
    const results: EventResult[] = []
    let duplicates = 0
    const tell = (result: EventResult): void => {
      if (results.length < MAX_RESULTS) results.push(result)
    }
    for (let i = 0; i < prepared.count; i++) {
      const event = prepared.valid[i]
      const known = prepared.states[i]
      const state = known === NEW && event !== undefined ? this.#inFlight(prepared, i, lane) : known
      const problem = prepared.problems[i] ?? (state === CONFLICT ? ID_CONFLICT : undefined)
      if (problem !== undefined) {
        const { code, path, message } = problem
        tell({ index: i, outcome: 'rejected', code, path, message })
      } else if (state === DUPLICATE) {
        duplicates++
        tell({ index: i, outcome: 'duplicate' })
      } else if (event !== undefined) {
        this.#options.price(event, prepared.receiver, this.#costs)
        filler.fill(event, this.#system(prepared, i, false), this.#costs)
      }
    }
    return {
      accepted: filler.rows,
      duplicates,
      rejected: prepared.count - filler.rows - duplicates,
      results,
      position: null,
      preview: previewRows(filler.finish()),
    }
  }

  /** Settles what is known of the ids, or answers what has to be waited for before trying again. */
  #lookUp(prepared: Prepared): Promise<unknown> | null {
    if (this.#options.sabotage?.dedupOff === true) return null
    const old = this.#lookInIndex(prepared)
    if (old.length > 0) return this.#ask(prepared, old)
    return this.#otherInFlight(prepared)?.settled ?? null
  }

  /** Asks the store for events that the index may have forgotten. */
  async #ask(prepared: Prepared, old: readonly number[]): Promise<void> {
    const events = old.map((i) => ({
      eventId: prepared.eventIds[i] ?? '',
      time: prepared.valid[i]?.time ?? 0,
    }))
    const known = await this.#options.lookup(prepared.project, events)
    for (const [n, i] of old.entries()) prepared.asked.set(i, known[n] ?? null)
  }

  /** Sets `states` from the index and earlier answers; answers the events that the store must be asked for. */
  #lookInIndex(prepared: Prepared): number[] {
    const { ids } = this.#options
    const { keys, contents, states } = prepared
    if (prepared.askedSince !== ids.forgotten) {
      prepared.asked.clear()
      prepared.askedSince = ids.forgotten
    }
    const old: number[] = []
    for (let i = 0; i < prepared.count; i++) {
      const event = prepared.valid[i]
      if (event === undefined) continue
      const at = i * 4
      if (ids.find(keys[at] ?? 0, keys[at + 1] ?? 0, keys[at + 2] ?? 0, keys[at + 3] ?? 0)) {
        const { found } = ids
        const same = found[0] === contents[i * 2] && found[1] === contents[i * 2 + 1]
        states[i] = same ? DUPLICATE : CONFLICT
      } else if (ids.mayHaveForgotten(event.time - this.#options.limits.futureTolerance)) {
        const answer = prepared.asked.get(i)
        if (answer === undefined) old.push(i)
        else states[i] = answer === null ? NEW : sameContent(answer, contents, i)
      } else {
        states[i] = NEW
      }
    }
    return old
  }

  /** A group of another partition that has an id or a call of these events, or null. */
  #otherInFlight(prepared: Prepared): Group | null {
    for (const [partition, lane] of this.#lanes) {
      if (partition === prepared.partition) continue
      for (const group of lane.pending) {
        if (this.#preparer.touches(prepared, group)) return group
      }
    }
    return null
  }

  /**
   * Adds the events to the open group, in one go. From then on nothing but the rows of the group is
   * needed, so that what waits for the disk holds no events: garbage collection would copy them all.
   */
  #stage(prepared: Prepared, lane: Lane): Promise<IntakeOutcome> {
    const { project } = prepared
    const staging: Staging = {
      lane,
      group: null,
      waits: new Set(),
      results: [],
      suppress: (row) => {
        if (staging.group !== null) this.#suppress(project, row, staging.group)
      },
      accepted: 0,
      duplicates: 0,
      rejected: 0,
    }
    try {
      for (let i = 0; i < prepared.count; i++) this.#stageEvent(prepared, i, staging)
    } catch (error) {
      // An id may be in the group without its row: sent again, the event would pass for a duplicate.
      if (staging.group !== null) lane.abandon(staging.group, 'an event could not be taken in')
      throw error
    }
    const { group } = staging
    if (group !== null) {
      group.bytes += prepared.bytes
      staging.waits.add(group)
    }
    return this.#settled(staging, project, prepared.partition)
  }

  /** Waits for all that the answer rests on. */
  async #settled(staging: Staging, project: string, partition: number): Promise<IntakeOutcome> {
    const { group, accepted, duplicates, rejected, results } = staging
    let position: string | null = null
    for (const waited of staging.waits) {
      const outcome = await waited.settled
      if (!outcome.ok) {
        this.#counters.refuse(outcome.code)
        return outcome.code === 'storage_failed' ? outcome : { ...outcome, retryAfterSeconds: 1 }
      }
      if (waited === group) position = `${partition}:${outcome.next}`
    }
    this.#counters.answered(project, accepted, duplicates, rejected)
    return { ok: true, answer: { accepted, duplicates, rejected, results, position } }
  }

  #stageEvent(prepared: Prepared, i: number, staging: Staging): void {
    const problem = prepared.problems[i]
    if (problem !== undefined) {
      this.#reject(prepared, i, problem, staging)
      return
    }
    const known = prepared.states[i]
    const state = known === NEW ? this.#inFlight(prepared, i, staging.lane, staging.waits) : known
    if (state === DUPLICATE) {
      staging.duplicates++
      if (staging.results.length < MAX_RESULTS) {
        staging.results.push({ index: i, outcome: 'duplicate' })
      }
    } else if (state === CONFLICT) {
      this.#reject(prepared, i, ID_CONFLICT, staging)
    } else {
      staging.group ??= staging.lane.open()
      this.#addRow(prepared, i, staging.group, staging)
      staging.accepted++
    }
  }

  #reject(prepared: Prepared, i: number, problem: Problem, staging: Staging): void {
    const { code, path, message } = problem
    const { limits, clock, newId } = this.#options
    this.#counters.rejected(code)
    staging.rejected++
    if (staging.results.length < MAX_RESULTS) {
      staging.results.push({ index: i, outcome: 'rejected', code, path, message })
    }
    if (!this.#letters.allows(prepared.project, clock.monotonic())) {
      this.#counters.lettersNotKept++
      return
    }
    staging.group ??= staging.lane.open()
    staging.group.letters.add({
      project: prepared.project,
      rejectId: newId(),
      receivedAt: prepared.receivedAt,
      receiver: prepared.receiver,
      code,
      path,
      message,
      ...this.#preparer.describe(prepared, i, limits.keepContent),
    })
  }

  /** Looks for the id among the rows in flight. */
  #inFlight(prepared: Prepared, i: number, lane: Lane, waits?: Set<Group>): number {
    if (this.#options.sabotage?.dedupOff === true) return NEW
    const { keys, contents } = prepared
    const at = i * 4
    for (const group of lane.pending) {
      const { ids } = group
      const entry = ids.find(keys[at] ?? 0, keys[at + 1] ?? 0, keys[at + 2] ?? 0, keys[at + 3] ?? 0)
      if (entry < 0) continue
      waits?.add(group)
      const values = entry * ids.stride + 4
      const same =
        ids.words[values] === contents[i * 2] && ids.words[values + 1] === contents[i * 2 + 1]
      return same ? DUPLICATE : CONFLICT
    }
    return NEW
  }

  #addRow(prepared: Prepared, i: number, group: Group, staging: Staging): void {
    const event = prepared.valid[i]
    if (event === undefined) throw new Error('an event without a verdict')
    const { keys, contents } = prepared
    const at = i * 4
    const key0 = keys[at] ?? 0
    if (this.#options.sabotage?.dedupOff !== true) {
      const entry = group.ids.add(key0, keys[at + 1] ?? 0, keys[at + 2] ?? 0, keys[at + 3] ?? 0)
      group.ids.words[entry * group.ids.stride + 4] = contents[i * 2] ?? 0
      group.ids.words[entry * group.ids.stride + 5] = contents[i * 2 + 1] ?? 0
    }
    group.receivedSeconds.push(Math.floor(prepared.receivedAt / 1e6))
    const row = group.rows.rows
    const suppressed = this.#arrive(prepared, i, row, group, staging)
    this.#options.price(event, prepared.receiver, this.#costs)
    group.rows.fill(event, this.#system(prepared, i, suppressed), this.#costs)
    const counters = this.#counters
    if (this.#costs.source === 'none') counters.unpriced++
    counters.droppedContent += event.droppedContent
    counters.aliasConflicts += event.aliasConflicts
  }

  /** Whether the row only repeats a call that a better row reports. */
  #arrive(prepared: Prepared, i: number, index: number, group: Group, staging: Staging): boolean {
    const flags = prepared.callFlags[i] ?? 0
    if (flags === 0) return false
    const { lane } = staging
    const row = this.#callRow
    const event = prepared.valid[i]
    const time = event?.time ?? 0
    row.rank = flags >> 2
    row.hasResponse = (flags & 1) !== 0
    row.suppressed = false
    row.timeLow = time | 0
    row.timeHigh = Math.floor(time / 0x1_0000_0000)
    row.idLow = prepared.keys[i * 4 + 2] ?? 0
    row.idHigh = prepared.keys[i * 4 + 3] ?? 0
    row.partition = group.partition
    row.pending = true
    row.offsetLow = group.sequence
    row.offsetHigh = 0
    row.index = index
    row.receivedSeconds = Math.floor(prepared.receivedAt / 1e6)
    const suppressed = this.#calls.arrive(
      row,
      (flags & 2) !== 0,
      prepared.callKeys,
      i * 8,
      lane.pending,
      staging.suppress,
    )
    if (suppressed) this.#counters.suppressed++
    return suppressed
  }

  /**
   * A row of the same append is suppressed by its flag. Any other needs an operation, also one that is
   * not encoded yet: its append may succeed and that of the better row fail.
   */
  #suppress(project: string, row: CallRow, group: Group): void {
    this.#counters.suppressed++
    const { partition, pending, index } = row
    if (pending && row.offsetLow === group.sequence) group.rows.suppress(index)
    else group.targets.push({ project, partition, pending, offset: offsetOfCallRow(row), index })
  }

  #commit(group: Group, first: bigint, next: bigint): void {
    this.#counters.groups++
    this.#offsets.set(group.sequence, first)
    for (const sequence of this.#offsets.keys()) {
      if (this.#offsets.size <= REMEMBERED_GROUPS) break
      this.#offsets.delete(sequence)
    }
    const { ids, calls } = this.#options
    const { words, stride, size } = group.ids
    const values = this.#idValues
    values[2] = group.partition
    values[3] = Number(BigInt.asIntN(32, first))
    values[4] = Number(BigInt.asIntN(32, first >> 32n))
    for (let row = 0; row < size; row++) {
      const at = row * stride
      values[0] = words[at + 4] ?? 0
      values[1] = words[at + 5] ?? 0
      values[5] = row
      values[6] = group.receivedSeconds[row] ?? 0
      ids.put(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0, values)
    }
    this.#calls.commit(group, (sequence) => this.#offsets.get(sequence))
    ids.advance(group.partition, next)
    calls.advance(group.partition, next)
  }

  #system(prepared: Prepared, i: number, suppressed: boolean): RowSystem {
    const row = this.#row
    row.project = prepared.project
    row.receiver = prepared.receiver
    row.receivedAt = prepared.receivedAt
    row.eventId = prepared.eventIds[i] ?? ''
    row.idHashes = prepared.keys
    row.idHashAt = i * 4
    row.contentLow = prepared.contents[i * 2] ?? 0
    row.contentHigh = prepared.contents[i * 2 + 1] ?? 0
    row.suppressed = suppressed
    return row
  }
}

function sameContent(known: KnownEvent, contents: Int32Array, i: number): number {
  if (known.contentHash === null) return DUPLICATE
  const low = Number(BigInt.asIntN(32, known.contentHash))
  const high = Number(BigInt.asIntN(32, known.contentHash >> 32n))
  return low === contents[i * 2] && high === contents[i * 2 + 1] ? DUPLICATE : CONFLICT
}
