import type { ValidEvent } from '@llmhub/schema'
import {
  CALL_KINDS,
  CALL_VALUE_WORDS,
  type CallRow,
  copyCallRow,
  emptyCallRow,
  isBetter,
  packCallRow,
  resolveCallRow,
  unpackCallRow,
} from './call-row.ts'
import type { HashTable } from './dedup/hash-table.ts'
import { type HashKey, KeyHasher } from './dedup/key-hash.ts'
import type { KeyIndex } from './dedup/key-index.ts'
import { columnIndex } from './fill-row.ts'
import type { Group } from './group.ts'

/**
 * Which rows report the same call, and which of them is counted.
 *
 * Two rows of one project report the same call when they have the same (provider, response_id), or,
 * where at least one of them has no response id, the same request_id. (Two rows with different response
 * ids are two calls, also when a client used one request_id for a retry.) A row is suppressed if and
 * only if a better row reports its call: better kind (llm_request > token_cost > token_usage > latency),
 * then earlier event time, then smaller id hash. That depends on the set of events alone, so whatever
 * the order of arrival the same rows are counted, as long as both lie within the horizon of the index.
 *
 * The index has a bucket per response and per request. A bucket holds the rows that can still matter:
 * the best without a response id, and those with one that nothing of this bucket suppresses (whatever
 * suppresses a row also beats what that row beats); nearly always one row. It keeps at most BUCKET_ROWS: a
 * request id under which more calls have come may leave some of them counted beside a better row
 * without a response id.
 *
 * A row that comes second is suppressed by a flag. A row that came first is suppressed by its flag
 * when both are of one append, else by an operation in the append of the better row.
 */

const BUCKET_ROWS = 8

/** Where a kind has the fields that name a call. */
interface CallFields {
  readonly rank: number
  readonly provider: number
  readonly response: number
  readonly request: number
}

/** Keys of the buckets of one event: response words 0–3, request words 4–7. */
export interface CallKeys {
  rank: number
  hasResponse: boolean
  hasRequest: boolean
}

export class CallKeyHasher {
  readonly #hasher = new KeyHasher()
  readonly #fields = new Map<ValidEvent['kind'], CallFields | null>()
  readonly keys: CallKeys = { rank: 0, hasResponse: false, hasRequest: false }

  /** Writes the keys of the event into `words` at `at`; false when it reports no call or names none. */
  hash(
    event: ValidEvent,
    responseKey: HashKey,
    requestKey: HashKey,
    words: Int32Array,
    at: number,
  ): boolean {
    let fields = this.#fields.get(event.kind)
    if (fields === undefined) {
      fields = callFieldsOf(event.kind)
      this.#fields.set(event.kind, fields)
    }
    if (fields === null) return false
    return this.hashIds(
      fields.rank,
      event.fields[fields.provider] as string | undefined,
      event.fields[fields.response] as string | undefined,
      event.fields[fields.request] as string | undefined,
      responseKey,
      requestKey,
      words,
      at,
    )
  }

  hashIds(
    rank: number,
    provider: string | undefined,
    response: string | undefined,
    request: string | undefined,
    responseKey: HashKey,
    requestKey: HashKey,
    words: Int32Array,
    at: number,
  ): boolean {
    const { keys } = this
    const hasher = this.#hasher
    keys.rank = rank
    keys.hasResponse = response !== undefined && response !== ''
    keys.hasRequest = request !== undefined && request !== ''
    if (keys.hasResponse) {
      hasher.hashPair(responseKey, provider ?? '', response ?? '', words, at)
    }
    if (keys.hasRequest) {
      hasher.hash(requestKey, request ?? '', words, at + 4)
    }
    return keys.hasResponse || keys.hasRequest
  }
}

function callFieldsOf(kind: ValidEvent['kind']): CallFields | null {
  const rank = CALL_KINDS.indexOf(kind.kind)
  if (rank < 0) return null
  return {
    rank,
    provider: columnIndex(kind, 'provider'),
    response: columnIndex(kind, 'response_id'),
    request: columnIndex(kind, 'request_id'),
  }
}

/** The rows of one bucket, loaded for a look and perhaps written back. */
class Bucket {
  readonly rows: CallRow[] = Array.from({ length: BUCKET_ROWS + 1 }, emptyCallRow)
  count = 0

  /** Swaps the rows at two places. */
  #move(from: number, to: number): void {
    const row = this.rows[from]
    const other = this.rows[to]
    if (row === undefined || other === undefined) return
    this.rows[to] = row
    this.rows[from] = other
  }

  add(row: CallRow): void {
    const place = this.rows[this.count]
    if (place === undefined) throw new Error('bucket is full')
    copyCallRow(row, place)
    this.count++
  }

  /** Keeps the rows that can still matter. */
  prune(): void {
    const best = this.#bestUnanswered()
    let kept = 0
    for (let i = 0; i < this.count; i++) {
      const row = this.rows[i]
      if (row === undefined) continue
      if (row === best || (row.hasResponse && !row.suppressed)) {
        this.#move(i, kept)
        kept++
      }
    }
    this.count = kept
    while (this.count > BUCKET_ROWS) {
      let worst = -1
      for (let i = 0; i < this.count; i++) {
        const row = this.rows[i]
        const other = this.rows[worst]
        if (row === undefined || row === best) continue
        if (other === undefined || isBetter(other, row)) worst = i
      }
      this.#move(worst, this.count - 1)
      this.count--
    }
  }

  /** The best row without a response id. */
  #bestUnanswered(): CallRow | undefined {
    let best: CallRow | undefined
    for (let i = 0; i < this.count; i++) {
      const row = this.rows[i]
      if (row === undefined || row.hasResponse) continue
      if (best === undefined || isBetter(row, best)) best = row
    }
    return best
  }
}

/** How a row that came first is suppressed. */
export type Suppress = (row: CallRow) => void

export class Calls {
  readonly #index: KeyIndex
  readonly #bucket = new Bucket()
  readonly #scratch = new Int32Array(CALL_VALUE_WORDS)

  constructor(index: KeyIndex) {
    this.#index = index
  }

  /**
   * Takes in a row whose keys are in `keys` at `at`. `pending` are the groups not yet in the index,
   * oldest first, the last of them that of the row. Answers whether the row is suppressed from the
   * start; `suppress` is called for every earlier row that it makes superfluous.
   */
  arrive(
    row: CallRow,
    hasRequest: boolean,
    keys: Int32Array,
    at: number,
    pending: readonly Group[],
    suppress: Suppress,
  ): boolean {
    let suppressed = false
    if (row.hasResponse && this.#enter(row, false, keys, at, pending, suppress)) suppressed = true
    if (hasRequest && this.#enter(row, true, keys, at + 4, pending, suppress)) suppressed = true
    return suppressed
  }

  /** Whether any bucket of these keys has rows in the group. */
  static touches(group: Group, keys: Int32Array, at: number, key: CallKeys): boolean {
    return (
      (key.hasResponse && findWords(group.calls, keys, at) >= 0) ||
      (key.hasRequest && findWords(group.calls, keys, at + 4) >= 0)
    )
  }

  /** Puts what a group changed into the index; `offsetOf` answers the offset of a settled group. */
  commit(group: Group, offsetOf: (sequence: number) => bigint | undefined): void {
    const { words, stride, size } = group.calls
    for (let at = 0; at < size * stride; at += stride) {
      resolveCallRow(words, at + 4, offsetOf)
      this.#index.put(
        words[at] ?? 0,
        words[at + 1] ?? 0,
        words[at + 2] ?? 0,
        words[at + 3] ?? 0,
        words,
        at + 4,
      )
    }
  }

  #enter(
    row: CallRow,
    byRequest: boolean,
    keys: Int32Array,
    at: number,
    pending: readonly Group[],
    suppress: Suppress,
  ): boolean {
    const bucket = this.#bucket
    this.#load(keys, at, pending)
    let suppressed = false
    for (let i = 0; i < bucket.count; i++) {
      const other = bucket.rows[i]
      if (other === undefined) continue
      if (byRequest && other.hasResponse && row.hasResponse) continue
      if (isBetter(other, row)) {
        suppressed = true
      } else if (!other.suppressed) {
        other.suppressed = true
        suppress(other)
      }
    }
    row.suppressed = suppressed
    bucket.add(row)
    bucket.prune()
    this.#save(keys, at, pending)
    return suppressed
  }

  #load(keys: Int32Array, at: number, pending: readonly Group[]): void {
    const bucket = this.#bucket
    bucket.count = 0
    let count = 1
    for (let i = 0; i < count; i++) {
      const row = bucket.rows[i]
      if (row === undefined) return
      const found = this.#find(keys, at, i, pending, row)
      if (found < 0) return
      if (i === 0) count = found
      bucket.count++
    }
  }

  /** Reads row `i` of the bucket; answers the count of rows kept with the first, -1 when there is none. */
  #find(keys: Int32Array, at: number, i: number, pending: readonly Group[], row: CallRow): number {
    const k0 = keys[at] ?? 0
    const k1 = keys[at + 1] ?? 0
    const k2 = keys[at + 2] ?? 0
    const k3 = (keys[at + 3] ?? 0) ^ i
    for (let g = pending.length - 1; g >= 0; g--) {
      const table = pending[g]?.calls
      const entry = table?.find(k0, k1, k2, k3) ?? -1
      if (table !== undefined && entry >= 0) {
        return unpackCallRow(table.words, entry * table.stride + 4, row)
      }
    }
    return this.#index.find(k0, k1, k2, k3) ? unpackCallRow(this.#index.found, 0, row) : -1
  }

  #save(keys: Int32Array, at: number, pending: readonly Group[]): void {
    const bucket = this.#bucket
    const table = pending[pending.length - 1]?.calls
    for (let i = 0; i < bucket.count; i++) {
      const row = bucket.rows[i]
      if (row === undefined) continue
      const k0 = keys[at] ?? 0
      const k1 = keys[at + 1] ?? 0
      const k2 = keys[at + 2] ?? 0
      const k3 = (keys[at + 3] ?? 0) ^ i
      if (table === undefined) {
        packCallRow(row, bucket.count, this.#scratch, 0)
        this.#index.put(k0, k1, k2, k3, this.#scratch, 0)
        continue
      }
      const known = table.find(k0, k1, k2, k3)
      const entry = known >= 0 ? known : table.add(k0, k1, k2, k3)
      packCallRow(row, bucket.count, table.words, entry * table.stride + 4)
    }
  }
}

function findWords(table: HashTable, words: Int32Array, at: number): number {
  return table.find(words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0)
}
