import type { TableRow } from '../core/table.ts'

/** Cells of a run: what is written in one piece, while no other request is answered. */
const RUN_CELLS = 300_000

/** Rows of a run of a table with so many columns: at least 1,000, at most 50,000. */
export function runRows(columns: number): number {
  return Math.min(50_000, Math.max(1000, Math.floor(RUN_CELLS / Math.max(1, columns))))
}

/** The same rows in runs of exactly `size`, the last one shorter. */
export async function* inRuns(
  batches: AsyncIterable<readonly TableRow[]>,
  size: number,
): AsyncGenerator<readonly TableRow[]> {
  let run: TableRow[] = []
  for await (const rows of batches) {
    for (const row of rows) {
      run.push(row)
      if (run.length < size) continue
      yield run
      run = []
    }
  }
  if (run.length > 0) yield run
}
