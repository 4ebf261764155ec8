import type { Control } from '../control/control.ts'
import type { Erasure } from '../core/erasure.ts'
import type { Log } from '../log/log.ts'
import { erasedRows, placesIn, type RowPlace } from '../log/operation-rows.ts'
import { missingOperations, verifyPlaces } from './erase.ts'
import { ErasedPlaces, packPlaces, unpackPlaces } from './erasure-places.ts'
import { appendOperation, type OperationOutcome } from './operations.ts'

export type ReappliedErasures =
  | {
      readonly ok: true
      /** Ids of erasures that the next start of the hub brings to their end. */
      readonly pending: readonly string[]
      /** Ids of those that were whole already. */
      readonly done: readonly string[]
    }
  | Extract<OperationOutcome, { ok: false }>

/**
 * Erases again what had been erased after the backup from which this log was restored. A restored log is
 * the beginning of the log that the places were taken from, so that they name the same rows; rows
 * behind its end are not there to be erased. For that reason it has to be called before the restored
 * folder takes in its first event, with the log and the control store of the folder; twice is once.
 *
 * Afterwards no answer has the rows any more. They leave log and store at the next start of the hub,
 * which finds the erasures pending.
 */
export async function reapplyErasures(
  log: Pick<Log, 'append' | 'read' | 'next' | 'earliest'>,
  control: Pick<Control, 'erasure' | 'putErasure'>,
  erasures: readonly Erasure[],
): Promise<ReappliedErasures> {
  const pending: string[] = []
  const done: string[] = []
  for (const given of erasures) {
    // What the folder knows of an erasure was clipped to its log when that was no longer than this.
    const known = control.erasure(given.id)
    const erasure = known ?? clipErasure(given, (partition) => log.next(partition))
    const missing = await missingOperations(log, erasure)
    const { failed } = await verifyPlaces(log, new ErasedPlaces(erasure.places))
    if (known?.state === 'done' && missing.length === 0 && failed === 0) {
      done.push(given.id)
      continue
    }
    control.putErasure({ ...erasure, state: 'pending', result: null })
    for (const operation of missing) {
      const outcome = await appendOperation(log, operation)
      if (!outcome.ok) return outcome
    }
    pending.push(given.id)
  }
  return { ok: true, pending, done }
}

/** An erasure as far as it lies in a log that ends at `next`. */
function clipErasure(erasure: Erasure, next: (partition: number) => bigint): Erasure {
  const cut = new Map<number, bigint>()
  for (const [partition, end] of erasure.cut) {
    const last = next(partition)
    cut.set(partition, end < last ? end : last)
  }
  const isThere = ({ partition, offset }: RowPlace): boolean => offset < (cut.get(partition) ?? 0n)
  return {
    ...erasure,
    cut,
    places: erasure.places.map((packed) => {
      const places = [...placesIn(unpackPlaces(packed))].filter(isThere)
      return packPlaces(
        erasedRows(
          places.filter(({ letter }) => !letter),
          places.filter(({ letter }) => letter),
        ),
      )
    }),
    resolutions: erasure.resolutions.filter((offset) => offset < (cut.get(0) ?? 0n)),
  }
}
