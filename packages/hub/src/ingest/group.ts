import { CALL_VALUE_WORDS, type CallTarget } from './call-row.ts'
import { DeadLetters } from './dead-letter.ts'
import { HashTable } from './dedup/hash-table.ts'
import { type RowDefaults, RowFiller } from './fill-row.ts'

/** How the append of a group ended, for every request in it. */
export type GroupOutcome =
  | { readonly ok: true; readonly first: bigint; readonly next: bigint }
  | {
      readonly ok: false
      readonly code: 'disk_full' | 'overloaded' | 'storage_failed'
      readonly message: string
    }

/**
 * What one append will hold: the rows and dead letters of all requests that came while the log was
 * busy. What it adds to the indexes stays here until the append succeeded, so that taking back a
 * failed group means forgetting it.
 *
 * open (rows are added) → sealed (encoded, being appended) → settled.
 */
export class Group {
  readonly partition: number
  /** Unique within the process; stands for the offset until that is known. */
  readonly sequence: number
  readonly rows: RowFiller
  readonly letters: DeadLetters = new DeadLetters()
  /** Ids of the rows, in row order: key → content hash. */
  readonly ids: HashTable
  /** What the rows change in the index of calls. */
  readonly calls: HashTable
  /** Rows of earlier records that a row of this group makes superfluous. */
  readonly targets: CallTarget[] = []
  /** Receive time of the rows, epoch seconds, by row. */
  readonly receivedSeconds: number[] = []
  /** About the length of the JSON of its rows. */
  bytes = 0
  sealed = false
  readonly settled: Promise<GroupOutcome>
  #settle: (outcome: GroupOutcome) => void = () => undefined

  /** With room for `rows`; it grows beyond. */
  constructor(partition: number, sequence: number, defaults: RowDefaults, rows = 0) {
    this.partition = partition
    this.sequence = sequence
    this.ids = new HashTable(2, rows)
    this.calls = new HashTable(CALL_VALUE_WORDS, rows)
    this.rows = new RowFiller(defaults, rows)
    this.settled = new Promise((resolve) => {
      this.#settle = resolve
    })
  }

  get size(): number {
    return this.rows.rows + this.letters.rows
  }

  settle(outcome: GroupOutcome): void {
    this.#settle(outcome)
  }
}
