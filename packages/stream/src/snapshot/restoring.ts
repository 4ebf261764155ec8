import type { ByteReader } from '../bytes.ts'
import { isList } from '../check-options.ts'
import type { Key } from '../state/key-dictionary.ts'
import { StreamError } from '../stream-error.ts'
import { openSnapshot } from './snapshot-frame.ts'

/** A snapshot, or those of several instances of the same options. */
export type Snapshots = Uint8Array | readonly Uint8Array[]

/**
 * The rules by which operators and pipelines take over snapshots:
 *
 * - All are of the same options, whole and of one moment: equal watermarks, equal clocks, all ended or none.
 * - Of the keys, those that `owns` says are taken over; all without it.
 * - Counters go on where one snapshot is taken over whole. Else nobody can say whose they are, and they begin at 0.
 * - Only what is new takes over a snapshot.
 *
 * Whatever else is there is a StreamError `bad_snapshot`.
 */
export class Restoring {
  readonly readers: readonly ByteReader[]
  readonly keepsCounters: boolean
  readonly #owns: ((key: Key) => boolean) | undefined
  readonly #agreed = new Map<string, number>()

  constructor(
    snapshots: Snapshots,
    kind: string,
    fingerprint: unknown,
    owns: ((key: Key) => boolean) | undefined,
  ) {
    const all = snapshots instanceof Uint8Array ? [snapshots] : snapshots
    if (!isList(all) || all.some((one) => !(one instanceof Uint8Array))) {
      throw new StreamError('bad_snapshot', 'a snapshot is a Uint8Array, or a list of them')
    }
    this.readers = all.map((bytes) => openSnapshot(bytes, kind, fingerprint))
    this.keepsCounters = all.length === 1 && owns === undefined
    this.#owns = owns
  }

  owns(key: Key): boolean {
    return this.#owns === undefined || this.#owns(key)
  }

  /** The value, which has to be that of the other snapshots too. */
  agreed(what: string, value: number): number {
    const before = this.#agreed.get(what) ?? value
    this.#agreed.set(what, before)
    if (before === value) return value
    throw new StreamError(
      'bad_snapshot',
      `instances restored together need one ${what}: ${before} and ${value}`,
    )
  }

  /** A counter: as it was, or 0. */
  counter(count: number): number {
    return this.keepsCounters ? count : 0
  }

  /** To be called when everything was read. */
  end(): void {
    for (const from of this.readers) {
      if (from.left > 0) throw from.bad(`${from.left} bytes too many`)
    }
  }
}

/** Throws a StreamError `invalid_input` when what is to take over a snapshot has been used already. */
export function checkIsNew(isNew: boolean): void {
  if (isNew) return
  throw new StreamError('invalid_input', 'a snapshot is taken over by what is new, before anything')
}
