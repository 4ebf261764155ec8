import { readJsonLines, readShared } from '../shared-data.ts'
import type { NexmarkCase } from './case.ts'
import { Mismatch } from './mismatch.ts'
import { NEXMARK_QUERIES, type NexmarkRows } from './nexmark-queries.ts'

/** Compares the rows of a query with those that were published, in any order. */
export function runNexmarkCase({ query, file, rows, count }: NexmarkCase): void {
  const run = NEXMARK_QUERIES[query]
  if (run === undefined) throw new Mismatch(query, 'no such query')
  const got = run(readNexmark()).map((row) => row.map(shown))
  if (count !== undefined) {
    if (got.length !== count) throw new Mismatch(query, `${got.length} rows instead of ${count}`)
    return
  }
  const wanted =
    rows === undefined
      ? linesOf(readShared(file ?? ''))
      : rows.map((row) => row.map(shown).join(' '))
  const ours = got.map((row) => row.join(' ').replace(/\s+/g, ' ').trim()).toSorted()
  const theirs = wanted.map((row) => row.replace(/\s+/g, ' ').trim()).toSorted()
  const missing = theirs.filter((row) => !ours.includes(row))
  const extra = ours.filter((row) => !theirs.includes(row))
  if (missing.length + extra.length > 0 || ours.length !== theirs.length) {
    throw new Mismatch(
      query,
      `${ours.length} rows for ${theirs.length}; missing ${missing.join(' | ')}; unexpected ${extra.join(' | ')}`,
    )
  }
}

function linesOf(text: string): string[] {
  // Numbers there are decimals of any length: six places tell them apart.
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) =>
      line.replace(/(?<![\d:.-])\d+\.\d+(?![\d:-])/g, (number) => shown(Number(number))),
    )
}

function shown(cell: unknown): string {
  if (typeof cell !== 'number') return String(cell)
  return Number.isInteger(cell) ? String(cell) : String(Number(cell.toFixed(6)))
}

function readNexmark(): NexmarkRows {
  const timed = (file: string) =>
    readJsonLines(`nexmark/${file}.jsonl`).map(
      (line): Record<string, string | number> => ({
        ...(line as Record<string, string | number>),
        time: Date.parse(`${String(line['date_time'])}Z`),
      }),
    )
  return { people: timed('person'), auctions: timed('auction'), bids: timed('bid') }
}
