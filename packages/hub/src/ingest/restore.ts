import { type Batch, type Column, decodeBatch, isErased, numberAt, textAt } from '@llmhub/stream'
import { BACKFILL, LIVE, type Log, type LogRecord } from '../log/log.ts'
import { CALL_KINDS, emptyCallRow } from './call-row.ts'
import { CallKeyHasher, Calls } from './calls.ts'
import { KeyHasher } from './dedup/key-hash.ts'
import type { KeyIndex } from './dedup/key-index.ts'
import { ID_VALUE_WORDS } from './intake.ts'
import { ProjectHashKeys } from './prepare.ts'

/**
 * Brings the indexes of ids and calls up to the end of the log, before anything is taken in. What a
 * checkpoint covers is not read again; an index that is ahead of the log (the log was restored from
 * an older backup) belongs to another log and is emptied, because it would call lost events duplicates.
 *
 * Erased rows enter the index of ids, so that they are not taken in again, but no call: who called what
 * is gone. Rows enter the index of calls in the order of the log, partition by partition. Which rows are
 * counted does not depend on that order, so the operations in the log need not be read.
 */
export interface RestoreOptions {
  readonly log: Log
  readonly ids: KeyIndex
  readonly calls: KeyIndex
  /** As given to the intake. @see IntakeOptions */
  readonly hashKey: Uint8Array
}

export interface Restored {
  readonly records: number
  readonly rows: number
}

/** The log was written with another hash key: with this one no duplicate would be recognised. */
export class HashKeyError extends Error {
  override readonly name = 'HashKeyError'
}

/** @throws HashKeyError, BatchFormatError */
export async function restoreIndexes(options: RestoreOptions): Promise<Restored> {
  const { log, ids, calls } = options
  const rebuild = new Rebuild(options)
  await checkHashKey(log, rebuild)
  for (const index of [ids, calls]) {
    const ahead = [...index.covered].some(([partition, next]) => next > log.next(partition))
    if (ahead) await index.reset()
  }
  let records = 0
  for (const partition of [LIVE, BACKFILL]) {
    const earliest = log.earliest(partition)
    const idsFrom = ids.covered.get(partition) ?? 0n
    const callsFrom = calls.covered.get(partition) ?? 0n
    const from = idsFrom < callsFrom ? idsFrom : callsFrom
    let gap = idsFrom < earliest
    for await (const record of log.read(partition, from < earliest ? earliest : from)) {
      records++
      if (record.kind === 'events') {
        const batch = decodeBatch(record.payload)
        if (gap) {
          gap = false
          ids.forgetBefore(Math.floor((numberAt(batch.columns.get('received_at'), 0) ?? 0) / 1e6))
        }
        rebuild.enter(record, batch, record.offset >= idsFrom, record.offset >= callsFrom)
      }
      const next = record.offset + 1n
      if (next > idsFrom) ids.advance(partition, next)
      if (next > callsFrom) calls.advance(partition, next)
      if (ids.behind) await ids.idle()
      if (calls.behind) await calls.idle()
    }
  }
  return { records, rows: rebuild.rows }
}

/**
 * Holds the hash key against the first rows that the log still has. Indexes that cover the whole log
 * leave no record to read, and with another key every event sent again would be a new one.
 */
async function checkHashKey(log: Log, rebuild: Rebuild): Promise<void> {
  for (const partition of [LIVE, BACKFILL]) {
    for await (const record of log.read(partition, log.earliest(partition))) {
      if (record.kind === 'events' && rebuild.checkKey(decodeBatch(record.payload))) return
    }
  }
}

class Rebuild {
  rows = 0
  readonly #ids: KeyIndex
  readonly #calls: Calls
  readonly #keys: ProjectHashKeys
  readonly #hasher = new KeyHasher()
  readonly #callHasher = new CallKeyHasher()
  readonly #values = new Int32Array(ID_VALUE_WORDS)
  readonly #row = emptyCallRow()
  readonly #callKeys = new Int32Array(8)

  constructor({ ids, calls, hashKey }: RestoreOptions) {
    this.#ids = ids
    this.#calls = new Calls(calls)
    this.#keys = new ProjectHashKeys(hashKey)
  }

  enter(record: LogRecord, batch: Batch, intoIds: boolean, intoCalls: boolean): void {
    const column = (name: string): Int32Array => words(batch.columns.get(name), batch.rows)
    const low = column('id_lo')
    const high = column('id_hi')
    const content = column('content_hash')
    const time = column('time')
    const received = batch.columns.get('received_at')
    const offsetLow = Number(BigInt.asIntN(32, record.offset))
    const offsetHigh = Number(BigInt.asIntN(32, record.offset >> 32n))
    const kind = batch.columns.get('kind')
    const project = batch.columns.get('project')
    const provider = batch.columns.get('provider')
    const response = batch.columns.get('response_id')
    const request = batch.columns.get('request_id')
    for (let i = 0; i < batch.rows; i++) {
      this.rows++
      const seconds = Math.floor((numberAt(received, i) ?? 0) / 1e6)
      const [k0, k1, k2, k3] = [low[2 * i], low[2 * i + 1], high[2 * i], high[2 * i + 1]]
      if (intoIds) {
        const values = this.#values
        values[0] = content[2 * i] ?? 0
        values[1] = content[2 * i + 1] ?? 0
        values[2] = record.partition
        values[3] = offsetLow
        values[4] = offsetHigh
        values[5] = i
        values[6] = seconds
        this.#ids.put(k0 ?? 0, k1 ?? 0, k2 ?? 0, k3 ?? 0, values)
      }
      if (!intoCalls || isErased(batch, i)) continue
      const rank = CALL_KINDS.indexOf(textAt(kind, i) ?? '')
      if (rank < 0) continue
      const keys = this.#keys.of(textAt(project, i) ?? '')
      const named = this.#callHasher.hashIds(
        rank,
        textAt(provider, i) ?? undefined,
        textAt(response, i) ?? undefined,
        textAt(request, i) ?? undefined,
        keys.response,
        keys.request,
        this.#callKeys,
        0,
      )
      if (!named) continue
      const row = this.#row
      row.rank = rank
      row.hasResponse = this.#callHasher.keys.hasResponse
      row.suppressed = false
      row.timeLow = time[2 * i] ?? 0
      row.timeHigh = time[2 * i + 1] ?? 0
      row.idLow = k2 ?? 0
      row.idHigh = k3 ?? 0
      row.partition = record.partition
      row.pending = false
      row.offsetLow = offsetLow
      row.offsetHigh = offsetHigh
      row.index = i
      row.receivedSeconds = seconds
      this.#calls.arrive(row, this.#callHasher.keys.hasRequest, this.#callKeys, 0, [], ignore)
    }
  }

  /**
   * Whether the batch has a row that tells: one that is not erased.
   * @throws HashKeyError when the first of them was hashed with another key
   */
  checkKey(batch: Batch): boolean {
    let row = 0
    while (row < batch.rows && isErased(batch, row)) row++
    if (row === batch.rows) return false
    const low = words(batch.columns.get('id_lo'), batch.rows)
    const high = words(batch.columns.get('id_hi'), batch.rows)
    const project = textAt(batch.columns.get('project'), row) ?? ''
    const { out } = this.#hasher
    this.#hasher.hash(this.#keys.of(project).id, textAt(batch.columns.get('event_id'), row) ?? '')
    const same =
      out[0] === low[2 * row] &&
      out[1] === low[2 * row + 1] &&
      out[2] === high[2 * row] &&
      out[3] === high[2 * row + 1]
    if (same) return true
    throw new HashKeyError('the log was written with another hash key than the one given')
  }
}

function ignore(): void {
  // The operation that suppresses the row is in the log already.
}

/** The 32-bit words of a 64-bit column, low first. */
function words(column: Column | undefined, rows: number): Int32Array {
  if (column === undefined || column.type !== 'i64') return new Int32Array(2 * rows)
  return new Int32Array(column.data.buffer, column.data.byteOffset, 2 * rows)
}
