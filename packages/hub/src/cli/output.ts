import { stripVTControlCharacters } from 'node:util'

/** Where a command writes: data to `out`, everything for people to `err`. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Answers when data that was written may be followed by more: a reader may be slow. Absent where none is. */
  outDrained?(): Promise<void>
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  readonly color: boolean
  readonly columns: number
  /** True where it shows nothing but ASCII: by locale, or because it was asked for. Absent: false. */
  readonly ascii?: boolean
}

/** Without a choice people get a table on a terminal, and programs JSON through a pipe. */
export type OutputFormat =
  | 'table'
  | 'json'
  | 'csv'
  | 'ndjson'
  | 'chart'
  | 'parquet'
  | 'arrow'
  | 'xlsx'

/** Control characters of foreign text must not reach a terminal: they could move the cursor or worse. */
export function printable(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
}

/**
 * A document of foreign texts (JSON, CSV), ending with a line break. A terminal gets blanks for control
 * characters, which CSV has as they came and JSON beyond U+007E; a program or a file gets every byte.
 */
export function documentFor({ outIsTty }: Terminal, text: string): string {
  const whole = text.endsWith('\n') ? text : `${text}\n`
  if (!outIsTty) return whole
  return whole.replaceAll(/(?!\r?\n|\t)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
}
