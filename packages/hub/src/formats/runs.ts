import type { TableRow } from '../core/table.ts'

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
