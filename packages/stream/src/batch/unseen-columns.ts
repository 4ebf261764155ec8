import { nameHint } from '../check-options.ts'
import type { Batch } from './batch.ts'

/**
 * Which of the columns that somebody reads no batch has had. A batch may lack any column, since one without values is
 * left out; so a misspelt name looks like one that has no values yet, and can be told but not refused. Costs a look-up
 * per batch and name, and nothing once all were seen.
 */
export class UnseenColumns {
  readonly #unseen: Set<string>
  /** Columns of the batches, while any is unseen. */
  readonly #others = new Set<string>()

  constructor(names: Iterable<string>) {
    this.#unseen = new Set(names)
  }

  see({ rows, columns }: Batch): void {
    if (this.#unseen.size === 0 || rows === 0) return
    for (const name of columns.keys()) {
      this.#unseen.delete(name)
      this.#others.add(name)
    }
  }

  /** The names, in their order; none before the first batch with rows. */
  names(): string[] {
    return this.#others.size === 0 ? [] : [...this.#unseen]
  }

  /** The same as sentences: what is there, or what may have been meant. */
  warnings(where: string): string[] {
    const there = [...this.#others]
    return this.names().map(
      (name) => `${where}: no event has had the column '${name}'; ${nameHint(name, there)}`,
    )
  }
}
