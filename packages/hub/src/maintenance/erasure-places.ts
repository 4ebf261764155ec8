import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { type Batch, decodeBatch, encodeBatch } from '@llmhub/stream'
import { MAX_OPERATION_ROWS } from '../log/operation.ts'
import { erasedRows, placesIn, type RowPlace } from '../log/operation-rows.ts'

/** Collects places of rows into pieces of one operation each, so that memory does not grow with their number. */
export class PlacePacker {
  readonly #packed: string[] = []
  #events: RowPlace[] = []
  #letters: RowPlace[] = []

  add(place: RowPlace, letter: boolean): void {
    const list = letter ? this.#letters : this.#events
    list.push(place)
    if (this.#events.length + this.#letters.length >= MAX_OPERATION_ROWS) this.#pack()
  }

  finish(): readonly string[] {
    if (this.#events.length + this.#letters.length > 0) this.#pack()
    return this.#packed
  }

  #pack(): void {
    this.#packed.push(packPlaces(erasedRows(this.#events, this.#letters)))
    this.#events = []
    this.#letters = []
  }
}

/** Rows of an `erase` operation as text: base64 of the deflated batch. */
export function packPlaces(rows: Batch): string {
  return deflateRawSync(encodeBatch(rows)).toString('base64')
}

/** @throws Error, BatchFormatError when the text was not made by `packPlaces` */
export function unpackPlaces(packed: string): Batch {
  return decodeBatch(Uint8Array.from(inflateRawSync(Buffer.from(packed, 'base64'))))
}

/** Rows of an erasure by the record they are in. */
export class ErasedPlaces {
  readonly #partitions = new Map<number, Map<bigint, Set<number>>>()

  constructor(packed: readonly string[]) {
    for (const piece of packed) {
      for (const { partition, offset, index } of placesIn(unpackPlaces(piece))) {
        const offsets = this.#partitions.get(partition) ?? new Map<bigint, Set<number>>()
        this.#partitions.set(partition, offsets)
        const indexes = offsets.get(offset) ?? new Set<number>()
        offsets.set(offset, indexes)
        indexes.add(index)
      }
    }
  }

  at(partition: number, offset: bigint): ReadonlySet<number> {
    return this.#partitions.get(partition)?.get(offset) ?? NONE
  }

  /** Offsets of the records of a partition that have rows, in no order. */
  offsets(partition: number): Iterable<bigint> {
    return this.#partitions.get(partition)?.keys() ?? []
  }
}

const NONE: ReadonlySet<number> = new Set()
