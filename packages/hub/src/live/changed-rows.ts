import type { Operation } from '../log/operation.ts'
import { placesIn, type RowPlace } from '../log/operation-rows.ts'
import { namesPeople } from './compiled.ts'
import type { DefinitionSet } from './definition-set.ts'
import type { DefinitionWindows } from './definition-windows.ts'
import { ALL } from './restating.ts'
import type { RowPlaces } from './row-places.ts'

export interface ChangedRowsOptions {
  readonly set: DefinitionSet
  readonly places: RowPlaces
  /** An event that is in a window may be as late as that. */
  readonly latest: () => number
  /** Definitions whose groups may be named by what was erased begin anew. */
  readonly beginAnew: (windows: DefinitionWindows) => void
}

/** Puts the windows in doubt whose rows an operation changes. */
export async function doubtChanged(
  operation: Operation,
  options: ChangedRowsOptions,
): Promise<void> {
  const { set, beginAnew } = options
  switch (operation.op) {
    case 'suppress':
      return doubtPlaces(
        operation.rows.map(({ offset, ...rest }) => ({ ...rest, offset: BigInt(offset) })),
        options,
      )
    case 'reprice':
      return doubtPlaces([...placesIn(operation.rows)], options)
    case 'erase':
      await doubtPlaces(
        [...placesIn(operation.rows)].filter(({ letter }) => !letter),
        options,
      )
      for (const windows of set.all()) if (namesPeople(windows.compiled)) beginAnew(windows)
      return
    case 'retain':
      set.doubtWithin(
        operation.project ?? ALL,
        operation.from ?? Number.NEGATIVE_INFINITY,
        operation.before,
      )
      return
    case 'resolve':
      return
    default:
      return operation satisfies never
  }
}

async function doubtPlaces(
  rows: readonly RowPlace[],
  { set, places, latest }: ChangedRowsOptions,
): Promise<void> {
  const owners = await places.find(rows)
  if (owners === null) set.doubtWithin(ALL, Number.NEGATIVE_INFINITY, latest())
  else for (const { project, time } of owners) set.doubtAt(project, time)
}
