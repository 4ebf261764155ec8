import type { StoreStatus } from '../protocol.ts'
import { SAMPLE_START } from '../sample-records.ts'
import type { AggregatePlan } from '../store.ts'

const YEAR = 366 * 86_400_000_000

/** Counts the sample rows and adds up what they cost, by model. */
export const COUNT: AggregatePlan = {
  type: 'aggregate',
  from: SAMPLE_START - YEAR,
  to: SAMPLE_START + YEAR,
  edges: null,
  where: null,
  groupBy: [{ type: 'column', column: 'model' }],
  aggregates: [
    { id: 'rows', fn: 'rows' },
    { id: 'cost', fn: 'sum', column: 'cost_total' },
  ],
  maxRows: 100,
}

type Until = (status: StoreStatus) => boolean

/** What an owner has told of its state, in order. */
export class StatusLog {
  readonly #told: StoreStatus[] = []
  readonly #waiting: { readonly until: Until; readonly resolve: () => void }[] = []

  readonly add = (status: StoreStatus): void => {
    this.#told.push(status)
    for (const each of this.#waiting) if (each.until(status)) each.resolve()
  }

  /** Resolves once a status has been so. */
  reached(until: Until): Promise<void> {
    return this.#told.some(until) ? Promise.resolve() : this.next(until)
  }

  /** Resolves at the first status from now on that is so. */
  next(until: Until): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ until, resolve }))
  }
}
