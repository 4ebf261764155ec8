/**
 * Events of the Nexmark benchmark as column batches: people, auctions and bids 1 : 3 : 46, with the hot
 * auctions, sellers and bidders, ids and prices of the generator of Apache Beam and nexmark-flink. Texts
 * (names, descriptions, channels, URLs) are left out: no query here reads them.
 *
 * The numbers are other ones than the reference generator draws, from the same distributions.
 */
import type { Batch, Column } from '@llmhub/stream'
import { Seeded } from '../../test/support/seeded.ts'

export const PERSON = 0
export const AUCTION = 1
export const BID = 2

export interface NexmarkOptions {
  readonly seed: number
  readonly events: number
  /** Events per second of event time. */
  readonly rate: number
  readonly batchRows: number
  /** Greatest time by which an event comes after its turn, ms; 0 keeps the order. */
  readonly disorder: number
}

/**
 * Columns of a batch, one row per event: `id` is the person or the auction, of a bid its auction; `who` is
 * the seller or the bidder, of a person null; `price` is that of a bid in cents.
 */
export interface NexmarkColumns {
  readonly kind: Uint8Array
  readonly time: Float64Array
  readonly id: Int32Array
  readonly who: Int32Array
  readonly price: Float64Array
  /** Of auctions: 10 … 14. */
  readonly category: Int16Array
}

export interface NexmarkBatch extends NexmarkColumns {
  readonly batch: Batch
}

/** 2015-07-15T00:00:00Z, where the benchmark begins. */
export const BASE_TIME = 1_436_918_400_000

const PERSON_SHARE = 1
const AUCTION_SHARE = 3
const TOTAL_SHARE = 50
const FIRST_ID = 1000
const ACTIVE_PEOPLE = 1000
const IN_FLIGHT_AUCTIONS = 100
/** Ids that are not given out yet are named too, so that some rows find no partner. */
const ID_LEAD = 10
const HOT_AUCTION_ONE_OF = 2
const HOT_SELLER_ONE_OF = 4
const HOT_BIDDER_ONE_OF = 4
/** The hot one is the last whose number divides by this. */
const HOT_STEP = 100

/** Batches in order of arrival. */
export function* nexmarkBatches(options: NexmarkOptions): Generator<NexmarkBatch> {
  const { seed, events, rate, batchRows, disorder } = options
  const random = new Seeded(seed)
  for (let from = 0; from < events; from += batchRows) {
    const rows = Math.min(batchRows, events - from)
    const columns: NexmarkColumns = {
      kind: new Uint8Array(rows),
      time: new Float64Array(rows),
      id: new Int32Array(rows),
      who: new Int32Array(rows),
      price: new Float64Array(rows),
      category: new Int16Array(rows),
    }
    for (let row = 0; row < rows; row++) {
      const number = from + row
      const due = BASE_TIME + Math.floor((number * 1000) / rate)
      columns.time[row] = disorder === 0 ? due : due - random.int(disorder + 1)
      drawEvent(columns, row, number, random)
    }
    yield { ...columns, batch: asBatch(columns) }
  }
}

function drawEvent(columns: NexmarkColumns, row: number, number: number, random: Seeded): void {
  const offset = number % TOTAL_SHARE
  if (offset < PERSON_SHARE) {
    columns.kind[row] = PERSON
    columns.id[row] = FIRST_ID + lastPerson(number)
  } else if (offset < PERSON_SHARE + AUCTION_SHARE) {
    columns.kind[row] = AUCTION
    columns.id[row] = FIRST_ID + lastAuction(number)
    columns.who[row] = FIRST_ID + seller(number, random)
    columns.category[row] = 10 + random.int(5)
  } else {
    columns.kind[row] = BID
    columns.id[row] = FIRST_ID + auctionOfBid(number, random)
    columns.who[row] = FIRST_ID + bidder(number, random)
    columns.price[row] = Math.round(10 ** (random.next() * 6) * 100)
  }
}

/** Number of the last person before or at an event. */
function lastPerson(number: number): number {
  return (
    Math.floor(number / TOTAL_SHARE) * PERSON_SHARE +
    Math.min(number % TOTAL_SHARE, PERSON_SHARE - 1)
  )
}

/** Number of the last auction before or at an event; −1 before the first. */
function lastAuction(number: number): number {
  const rounds = Math.floor(number / TOTAL_SHARE)
  const offset = (number % TOTAL_SHARE) - PERSON_SHARE
  return rounds * AUCTION_SHARE + Math.min(offset, AUCTION_SHARE - 1)
}

function anyPerson(number: number, random: Seeded): number {
  const people = lastPerson(number) + 1
  const active = Math.min(people, ACTIVE_PEOPLE)
  return people - active + random.int(active + ID_LEAD)
}

function seller(number: number, random: Seeded): number {
  if (random.int(HOT_SELLER_ONE_OF) === 0) return anyPerson(number, random)
  return Math.floor(lastPerson(number) / HOT_STEP) * HOT_STEP
}

function bidder(number: number, random: Seeded): number {
  if (random.int(HOT_BIDDER_ONE_OF) === 0) return anyPerson(number, random)
  return Math.floor(lastPerson(number) / HOT_STEP) * HOT_STEP + 1
}

function auctionOfBid(number: number, random: Seeded): number {
  const last = lastAuction(number)
  if (random.int(HOT_AUCTION_ONE_OF) !== 0) return Math.floor(last / HOT_STEP) * HOT_STEP
  const least = Math.max(0, last - IN_FLIGHT_AUCTIONS)
  return least + random.int(last - least + 1 + ID_LEAD)
}

function asBatch({ kind, time, id, who, price, category }: NexmarkColumns): Batch {
  const columns = new Map<string, Column>([
    ['time', { type: 'f64', valid: null, data: time }],
    ['kind', { type: 'bool', valid: null, data: kind }],
    ['id', { type: 'i32', valid: null, data: id }],
    ['who', { type: 'i32', valid: null, data: who }],
    ['price', { type: 'f64', valid: null, data: price }],
    ['category', { type: 'i16', valid: null, data: category }],
  ])
  return { rows: time.length, columns }
}

/** The rows of one kind. */
export function rowsOfKind({ kind }: NexmarkColumns, wanted: number, into: Int32Array): Int32Array {
  let count = 0
  for (let row = 0; row < kind.length; row++) if (kind[row] === wanted) into[count++] = row
  return into.subarray(0, count)
}
