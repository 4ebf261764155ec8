import type { OverrideModel, Overrides } from './price-override.ts'
import { parseOverrides } from './price-override.ts'
import { createPriceTable, type PriceTable } from './price-table.ts'

/** Overrides as their JSON object by model id. */
export type OverrideJson = Readonly<Record<string, unknown>>

/**
 * The prices in force: the package, below the overrides of the configured file, below those set at run
 * time. `table` stays the same object and prices what comes in by the newest ones; `now()` is a table
 * that does not change, for whoever needs one set of prices for more than a row.
 *
 * The version of an override's price is a hash of all overrides in force, so that a row names exactly
 * what it was priced by.
 */
export interface PriceBook {
  readonly table: PriceTable
  /** The overrides of the configured file. */
  readonly file: OverrideJson
  now(): PriceTable
  /** What is in force: file and run time together. */
  overrides(): Overrides
  /** Replaces the overrides set at run time; the file's stay below. */
  replace(set: OverrideJson): void
  /** What would be in force; nothing is replaced. */
  preview(set: OverrideJson): Overrides
  /** Where an override in force comes from. */
  origin(model: OverrideModel): 'set' | 'file'
}

export function createPriceBook(file: OverrideJson, set: OverrideJson): PriceBook {
  // Those set at run time stand first: of two entries for one model and provider the first counts.
  const merge = (upper: OverrideJson): OverrideJson => ({
    ...upper,
    ...Object.fromEntries(Object.entries(file).filter(([key]) => !Object.hasOwn(upper, key))),
  })
  let upper = set
  let overrides = parseOverrides(merge(set))
  let table = createPriceTable({ overrides })
  return {
    table: {
      get version() {
        return table.version
      },
      find: (provider, model) => table.find(provider, model),
    },
    file,
    now: () => table,
    overrides: () => overrides,
    preview: (next) => parseOverrides(merge(next)),
    replace(next) {
      upper = next
      overrides = parseOverrides(merge(next))
      table = createPriceTable({ overrides })
    },
    origin: (model) => (Object.hasOwn(upper, model.key) ? 'set' : 'file'),
  }
}
