import { encodeBatch } from '@llmhub/stream'
import { emptyCosts, type RowDefaults, RowFiller } from './fill-row.ts'
import { type Prepared, type PrepareOptions, Preparer } from './prepare.ts'
import type { PriceRow } from './price-row.ts'

/**
 * Rows of events of which the log holds none, for whoever fills a new one: validated, hashed, priced and
 * put into columns by the same steps as any other event, without looking for duplicates. The caller answers
 * for it that no id and no call comes twice; the indexes are made from the log when the hub opens it.
 */
export interface FreshRowsOptions extends PrepareOptions {
  readonly project: string
  readonly receiver: string
  readonly partition: number
  readonly price: PriceRow
  readonly defaults: RowDefaults
}

/** Events that are validated together: few, so that they are gone before the collector copies them. */
const AT_ONCE = 256

export class FreshRows {
  readonly #options: FreshRowsOptions
  readonly #preparer: Preparer
  readonly #costs = emptyCosts()
  #filler: RowFiller
  /** Rows of the record before: the next will have about as many. */
  #usualRows = 0

  constructor(options: FreshRowsOptions) {
    this.#options = options
    this.#preparer = new Preparer(options)
    this.#filler = new RowFiller(options.defaults)
  }

  get rows(): number {
    return this.#filler.rows
  }

  /**
   * Adds events to the open record.
   * @throws Error when one would be rejected: what fills a new log is made to be accepted
   */
  add(events: readonly unknown[]): void {
    for (let at = 0; at < events.length; at += AT_ONCE) this.#add(events.slice(at, at + AT_ONCE))
  }

  /** The payload of an `events` record with all rows since the last one. */
  finish(): Uint8Array {
    const payload = encodeBatch(this.#filler.finish())
    this.#usualRows = this.#filler.rows
    this.#filler = new RowFiller(this.#options.defaults, this.#usualRows)
    return payload
  }

  #add(events: readonly unknown[]): void {
    const { project, receiver, partition, price } = this.#options
    const prepared = this.#preparer.prepare({ project, receiver, partition, events })
    for (let i = 0; i < prepared.count; i++) {
      const event = prepared.valid[i]
      if (event === undefined) throw rejected(prepared, i)
      price(event, receiver, this.#costs)
      const row = {
        project,
        receiver,
        receivedAt: prepared.receivedAt,
        eventId: prepared.eventIds[i] ?? '',
        idHashes: prepared.keys,
        idHashAt: i * 4,
        contentLow: prepared.contents[i * 2] ?? 0,
        contentHigh: prepared.contents[i * 2 + 1] ?? 0,
        suppressed: false,
      }
      this.#filler.fill(event, row, this.#costs)
    }
  }
}

function rejected(prepared: Prepared, i: number): Error {
  const problem = prepared.problems[i]
  const text = JSON.stringify(prepared.events[i])?.slice(0, 200)
  return new Error(`${problem?.code} at ${problem?.path}: ${problem?.message}: ${text}`)
}
