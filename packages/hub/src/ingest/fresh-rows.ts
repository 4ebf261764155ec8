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
  readonly price: PriceRow
  readonly defaults: RowDefaults
}

export interface FreshRequest {
  readonly project: string
  readonly receiver: string
  readonly partition: number
  readonly events: readonly unknown[]
}

export class FreshRows {
  readonly #options: FreshRowsOptions
  readonly #preparer: Preparer
  readonly #costs = emptyCosts()

  constructor(options: FreshRowsOptions) {
    this.#options = options
    this.#preparer = new Preparer(options)
  }

  /**
   * The payload of an `events` record.
   * @throws Error when an event would be rejected: what fills a new log is made to be accepted
   */
  encode(request: FreshRequest): Uint8Array {
    const prepared = this.#preparer.prepare(request)
    const filler = new RowFiller(this.#options.defaults, prepared.count)
    for (let i = 0; i < prepared.count; i++) {
      const event = prepared.valid[i]
      if (event === undefined) throw rejected(prepared, i)
      this.#options.price(event, prepared.receiver, this.#costs)
      const row = {
        project: prepared.project,
        receiver: prepared.receiver,
        receivedAt: prepared.receivedAt,
        eventId: prepared.eventIds[i] ?? '',
        idHashes: prepared.keys,
        idHashAt: i * 4,
        contentLow: prepared.contents[i * 2] ?? 0,
        contentHigh: prepared.contents[i * 2 + 1] ?? 0,
        suppressed: false,
      }
      filler.fill(event, row, this.#costs)
    }
    return encodeBatch(filler.finish())
  }
}

function rejected(prepared: Prepared, i: number): Error {
  const problem = prepared.problems[i]
  const text = JSON.stringify(prepared.events[i])?.slice(0, 200)
  return new Error(`${problem?.code} at ${problem?.path}: ${problem?.message}: ${text}`)
}
