/** Texts of one dictionary column by id, which counts from 0. */
export interface TextColumn {
  readonly size: number
  find(text: string): number | undefined
  valueOf(id: number): string | undefined
}

/**
 * Texts by dictionary column, at least all that the rows of the answering snapshot refer to. A
 * statement compares ids with these, and most ids of its answer become text here: subqueries and joins
 * of the dictionaries' tables took longer to plan than most answers take.
 */
export type Texts = ReadonlyMap<string, TextColumn>

/** Order by code point, as the database compares UTF-8. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    // Surrogates stand for code points above every other unit.
    const xHigh = x >= 0xd800 && x <= 0xdfff
    const yHigh = y >= 0xd800 && y <= 0xdfff
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1
  }
  return a.length - b.length
}
