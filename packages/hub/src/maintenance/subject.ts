import { type Batch, type Column, isErased, textAt } from '@llmhub/stream'
import type { RecordKind } from '../log/log.ts'

/**
 * How a row of the log is related to a subject.
 * - `own`: its user or actor is the subject; a dead letter has it as a value
 * - `word`: another of its texts has the name as a word of its own
 * - `inside`: the characters of the name occur within a longer word only
 */
export type Relation = 'own' | 'word' | 'inside'

export interface Found {
  readonly relation: Relation
  /** Column of the relation. */
  readonly column: string
}

/** Columns that say who: an event is the subject's own when one of them equals it. */
const WHO: ReadonlySet<string> = new Set(['user_id', 'actor'])

/** Columns whose texts are the hub's own words, or names of projects: they name no subject. */
const VOCABULARY: ReadonlySet<string> = new Set([
  'project',
  'receiver',
  'kind',
  'family',
  'schema_version',
  'severity',
  'status',
  'code',
  'reject_id',
  'price_source',
  'price_rule',
  'price_version',
])

const STRENGTH: Readonly<Record<Relation, number>> = { inside: 0, word: 1, own: 2 }

/**
 * Finds a subject in records of the log.
 *
 * Texts of a record lie in it as plain UTF-8, so that a search of its bytes tells whether it has to be
 * taken apart at all. A name is looked for as it is and as it is written inside of JSON.
 */
export class Subject {
  readonly #name: string
  readonly #forms: readonly string[]
  readonly #bytes: readonly Buffer[]
  readonly #words: readonly RegExp[]

  constructor(name: string) {
    this.#name = name
    this.#forms = formsOf(name)
    this.#bytes = this.#forms.map((form) => Buffer.from(form))
    this.#words = this.#forms.map(
      (form) => new RegExp(`${NOT_AFTER_WORD}${escapePattern(form)}${NOT_BEFORE_WORD}`, 'u'),
    )
  }

  /** Whether the characters of the name occur in these bytes. */
  isIn(bytes: Uint8Array): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return this.#bytes.some((form) => buffer.includes(form))
  }

  /** Relation of a text that belongs to nobody in particular; null when the name is not in it. */
  relationOf(text: string): 'word' | 'inside' | null {
    if (this.#words.some((word) => word.test(text))) return 'word'
    return this.#forms.some((form) => text.includes(form)) ? 'inside' : null
  }

  /** Rows of a batch of events or rejects that have to do with the subject, with the closest relation of each. */
  rowsOf(batch: Batch, kind: Exclude<RecordKind, 'operation'>): ReadonlyMap<number, Found> {
    const found = new Map<number, Found>()
    const note = (row: number, relation: Relation | null, column: string): void => {
      if (relation === null || isErased(batch, row)) return
      const known = found.get(row)
      if (known !== undefined && STRENGTH[known.relation] >= STRENGTH[relation]) return
      found.set(row, { relation, column })
    }
    for (const [name, column] of batch.columns) {
      if (VOCABULARY.has(name)) continue
      for (const [row, text] of this.#textsIn(column))
        note(row, this.#relate(kind, name, text), name)
    }
    return found
  }

  #relate(kind: RecordKind, column: string, text: string): Relation | null {
    if (kind === 'events' && WHO.has(column) && text === this.#name) return 'own'
    if (kind === 'rejects' && column === 'body') {
      if (this.#forms.some((form) => text.includes(`"${form}"`))) return 'own'
    }
    return this.relationOf(text)
  }

  /** Texts of a column in which the characters of the name occur, with their rows. */
  *#textsIn(column: Column): Generator<readonly [row: number, text: string]> {
    switch (column.type) {
      case 'dict': {
        const hits = this.#hits(column.values)
        if (hits.size === 0) return
        for (const [row, code] of column.codes.entries()) {
          if (hits.has(code)) yield [row, column.values[code] ?? '']
        }
        return
      }
      case 'text':
        for (const row of this.#entriesIn(column)) yield [row, textAt(column, row) ?? '']
        return
      case 'tags': {
        for (const entry of this.#entriesIn(column.values)) {
          yield [rowAt(column.offsets, entry), textAt(column.values, entry) ?? '']
        }
        const hits = this.#hits(column.keyNames)
        if (hits.size === 0) return
        for (const [entry, code] of column.keys.entries()) {
          if (hits.has(code)) yield [rowAt(column.offsets, entry), column.keyNames[code] ?? '']
        }
        return
      }
      case 'bool':
      case 'f64':
      case 'i16':
      case 'i32':
      case 'i64':
    }
  }

  #hits(values: readonly string[]): ReadonlySet<number> {
    const hits = new Set<number>()
    for (const [code, value] of values.entries()) {
      if (this.#forms.some((form) => value.includes(form))) hits.add(code)
    }
    return hits
  }

  /** Entries of a column of texts in which a form begins; one that runs into the next entry is no hit, which the text shows. */
  #entriesIn({ bytes, offsets }: Extract<Column, { type: 'text' }>): ReadonlySet<number> {
    const entries = new Set<number>()
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const form of this.#bytes) {
      for (let at = buffer.indexOf(form); at >= 0; at = buffer.indexOf(form, at + 1)) {
        entries.add(rowAt(offsets, at))
      }
    }
    return entries
  }
}

/** The entry that position `at` lies in: the last one that begins at or before it and is not empty. */
function rowAt(offsets: Uint32Array, at: number): number {
  let low = 0
  let high = offsets.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] ?? 0) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Beside what letters and digits are, these join the parts of one name, as in `ann@host.example`. */
const WORD = String.raw`[\p{L}\p{N}_]`
const JOINT = String.raw`[-.@+]`
/** The letter of an escape such as `\n` in JSON is no part of the word behind it. */
const NOT_AFTER_WORD = String.raw`(?:(?<=\\[bfnrt])|(?<!${WORD}|${WORD}${JOINT}))`
const NOT_BEFORE_WORD = `(?!${WORD}|${JOINT}${WORD})`

function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

/** The name as it is, inside of JSON, inside of JSON within JSON, and with escapes for all but ASCII. */
function formsOf(name: string): readonly string[] {
  const once = inJson(name)
  const ascii = once.replaceAll(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  const upper = ascii.replaceAll(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`)
  return [...new Set([name, once, inJson(once), ascii, upper])]
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
