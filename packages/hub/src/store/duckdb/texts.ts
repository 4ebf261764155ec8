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
