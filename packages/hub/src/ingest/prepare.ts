import { createHash } from 'node:crypto'
import {
  COMMON_FIELDS,
  type EventErrorCode,
  type InvalidEvent,
  type ValidationContext,
  type ValidEvent,
  validateEvent,
} from '@llmhub/schema'
import type { Clock } from '../core/clock.ts'
import { type IntakeRequest, Undecodable } from '../core/intake.ts'
import type { KnownEvent } from '../store/protocol.ts'
import { CallKeyHasher, Calls } from './calls.ts'
import { describeBody, describeText, eventIdOf, type KeptBody } from './dead-letter.ts'
import { ContentHasher } from './dedup/content-hash.ts'
import { type HashKey, hashKeyFrom, KeyHasher } from './dedup/key-hash.ts'
import type { Group } from './group.ts'
import type { IntakeLimits } from './intake-limits.ts'

/** A request whose events have been validated and hashed. Arrays are by index of the event. */
export interface Prepared {
  readonly project: string
  readonly receiver: string
  readonly partition: number
  readonly receivedAt: number
  readonly count: number
  /** About the length of the JSON of the valid events. */
  readonly bytes: number
  readonly events: readonly unknown[]
  /** Valid events; where one is missing there is a problem. */
  readonly valid: readonly (ValidEvent | undefined)[]
  readonly problems: readonly (InvalidEvent | undefined)[]
  /** Of events with a problem: only the one made of an idempotency key, else empty. */
  readonly eventIds: readonly string[]
  /** Four words each: hash of (project, event id). */
  readonly keys: Int32Array
  /** Two words each: hash of the event as sent. */
  readonly contents: Int32Array
  /** Eight words each: keys of the response and of the request. */
  readonly callKeys: Int32Array
  /** 1 has a response key, 2 has a request key, rank × 4; 0 = reports no call. */
  readonly callFlags: Uint8Array
  /** What the look-up found; set by the stage. */
  readonly states: Uint8Array
  /** What the store answered. */
  readonly asked: Map<number, KnownEvent | null>
  /** `KeyIndex.forgotten` as `asked` knows it: what was forgotten since then must be asked again. */
  askedSince: ReadonlyMap<number, bigint> | null
}

const EVENT_ID = COMMON_FIELDS.findIndex((spec) => spec.name === 'event_id')

/** Keys of one project's hashes. */
interface ProjectKeys {
  readonly id: HashKey
  readonly response: HashKey
  readonly request: HashKey
}

/** Projects whose keys are kept; deriving them again costs a microsecond. */
const KEPT_PROJECTS = 10_000

/** Derives the keys of a project; for the stage and for rebuilding its indexes from the log. */
export class ProjectHashKeys {
  readonly #root: HashKey
  readonly #hasher = new KeyHasher()
  readonly #projects = new Map<string, ProjectKeys>()

  constructor(key: Uint8Array) {
    this.#root = hashKeyFrom(key)
  }

  of(project: string): ProjectKeys {
    let keys = this.#projects.get(project)
    if (keys === undefined) {
      const id = this.#hasher.derive(this.#root, project)
      keys = {
        id,
        response: this.#hasher.derive(id, 'response'),
        request: this.#hasher.derive(id, 'request'),
      }
      if (this.#projects.size >= KEPT_PROJECTS) this.#projects.clear()
      this.#projects.set(project, keys)
    }
    return keys
  }
}

function isExpired(
  { kind, time }: ValidEvent,
  now: number,
  kept: number | null,
  families: ReadonlyMap<string, number | null>,
): boolean {
  const own = families.get(kind.family)
  const age = own === undefined ? kept : own
  return age !== null && time < now - age
}

export interface PrepareOptions {
  readonly clock: Clock
  readonly hashKey: Uint8Array
  readonly limits: IntakeLimits
}

export class Preparer {
  readonly #options: PrepareOptions
  readonly #keys: ProjectHashKeys
  readonly #hasher = new KeyHasher()
  readonly #content: ContentHasher
  readonly #callHasher = new CallKeyHasher()

  constructor(options: PrepareOptions) {
    this.#options = options
    this.#keys = new ProjectHashKeys(options.hashKey)
    this.#content = new ContentHasher(hashKeyFrom(options.hashKey))
  }

  prepare(request: IntakeRequest): Prepared {
    const { limits, clock } = this.#options
    const { events, idempotencyKey } = request
    const count = events.length
    const receivedAt = clock.nowMicros()
    const { events: kept, families } = limits.retention(request.project)
    const oldest = kept === null ? null : receivedAt - kept
    const context: ValidationContext = {
      now: receivedAt,
      futureTolerance: limits.futureTolerance,
      // With families of their own ages, the event has to be known first.
      oldest: families.size === 0 ? oldest : null,
      requireEventId: idempotencyKey === undefined,
      keepContent: limits.keepContent,
      limits: limits.validation,
    }
    const valid: (ValidEvent | undefined)[] = []
    const problems: (InvalidEvent | undefined)[] = []
    const eventIds: string[] = []
    const keys = new Int32Array(count * 4)
    const contents = new Int32Array(count * 2)
    const callKeys = new Int32Array(count * 8)
    const callFlags = new Uint8Array(count)
    const project = this.#keys.of(request.project)
    let bytes = 0
    for (let i = 0; i < count; i++) {
      const event = events[i]
      const checked = this.#check(event, context)
      const verdict =
        families.size > 0 && checked.ok && isExpired(checked, receivedAt, kept, families)
          ? problem('expired', '/common/timestamp', 'older than the retention keeps')
          : checked
      if (!verdict.ok) {
        valid.push(undefined)
        problems.push(verdict)
        eventIds.push(
          idempotencyKey === undefined || eventIdOf(event) !== null
            ? ''
            : derivedId(idempotencyKey, i),
        )
        continue
      }
      const eventId =
        (verdict.common[EVENT_ID] as string | undefined) ?? derivedId(idempotencyKey ?? '', i)
      valid.push(verdict)
      problems.push(undefined)
      eventIds.push(eventId)
      this.#hasher.hash(project.id, eventId, keys, i * 4)
      bytes += this.#content.size
      contents[i * 2] = this.#content.low
      contents[i * 2 + 1] = this.#content.high
      const callHasher = this.#callHasher
      if (callHasher.hash(verdict, project.response, project.request, callKeys, i * 8)) {
        const { rank, hasResponse, hasRequest } = callHasher.keys
        callFlags[i] = (hasResponse ? 1 : 0) | (hasRequest ? 2 : 0) | (rank << 2)
      }
    }
    return {
      project: request.project,
      receiver: request.receiver,
      partition: request.partition,
      receivedAt,
      count,
      bytes,
      events,
      valid,
      problems,
      eventIds,
      keys,
      contents,
      callKeys,
      callFlags,
      states: new Uint8Array(count),
      asked: new Map(),
      askedSince: null,
    }
  }

  /** Validates; the content hash of a valid event is left in the hasher. */
  #check(event: unknown, context: ValidationContext): ValidEvent | InvalidEvent {
    if (event instanceof Undecodable) return problem(event.code, '', event.message)
    const verdict = validateEvent(event, context)
    if (!verdict.ok) return verdict
    this.#content.hash(event)
    const { maxEventBytes } = this.#options.limits
    if (this.#content.size <= maxEventBytes) return verdict
    return problem(
      'event_too_large',
      '',
      `event has about ${this.#content.size} bytes, the limit is ${maxEventBytes}`,
    )
  }

  /** Whether the group has an id or a call of these events. */
  touches(prepared: Prepared, group: Group): boolean {
    const { keys, callKeys, callFlags } = prepared
    const call = { rank: 0, hasResponse: false, hasRequest: false }
    for (let i = 0; i < prepared.count; i++) {
      if (prepared.valid[i] === undefined) continue
      const at = i * 4
      const [k0, k1, k2, k3] = [keys[at], keys[at + 1], keys[at + 2], keys[at + 3]]
      if (group.ids.find(k0 ?? 0, k1 ?? 0, k2 ?? 0, k3 ?? 0) >= 0) return true
      const flags = callFlags[i] ?? 0
      call.hasResponse = (flags & 1) !== 0
      call.hasRequest = (flags & 2) !== 0
      if (Calls.touches(group, callKeys, i * 8, call)) return true
    }
    return false
  }

  /** Id and body of an event as its dead letter keeps them. */
  describe(
    prepared: Prepared,
    i: number,
    keepContent: boolean,
  ): { eventId: string | null; body: KeptBody } {
    const event = prepared.events[i]
    const known = prepared.eventIds[i]
    const isUndecodable = event instanceof Undecodable
    return {
      eventId: known === undefined || known === '' ? eventIdOf(event) : known,
      body: isUndecodable
        ? describeText(event.body, keepContent)
        : describeBody(event, keepContent),
    }
  }
}

function problem(code: EventErrorCode, path: string, message: string): InvalidEvent {
  return { ok: false, code, path, message }
}

/** Id of the event at `index` of a request with an Idempotency-Key: the same whenever it is sent again. */
function derivedId(idempotencyKey: string, index: number): string {
  return createHash('sha256').update(`${index}:${idempotencyKey}`).digest('hex').slice(0, 32)
}
