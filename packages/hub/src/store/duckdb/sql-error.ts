import { nearestName } from '@llmhub/schema'
import type { SqlIssue } from '../sql.ts'
import { SQL_FUNCTIONS } from '../sql-functions.ts'
import { SQL_VIEWS } from '../sql-views.ts'
import { messageOf } from './fault.ts'
import { integerOf, type Tree, textOf } from './sql-tree.ts'

/**
 * What an error of a statement that people wrote means. Its text may hold anything that stands in the
 * statement or in rows ("checksum", "corrupt"), so its class alone decides, never words within.
 * - `issue`: the statement's own fault
 * - `memory`: it needs more than there is
 * - `store`: nothing about the statement; whoever watches over the store decides
 */
export type SqlErrorMeaning =
  | { readonly what: 'issue'; readonly issue: SqlIssue }
  | { readonly what: 'memory' | 'interrupted' | 'store' }

/** Classes after which the store cannot be trusted. */
const OF_THE_STORE = new Set(['fatal', 'io', 'serialization'])

export function meaningOf(error: unknown): SqlErrorMeaning {
  const text = messageOf(error)
  const { type, message, position } = partsOf(text)
  if (type === 'interrupt') return { what: 'interrupted' }
  if (type === 'out of memory') return { what: 'memory' }
  if (OF_THE_STORE.has(type)) return { what: 'store' }
  if (type === 'internal') {
    const said = 'the database could not plan this statement'
    const hint = 'Write it another way; please report it with the statement.'
    return { what: 'issue', issue: { message: said, at: null, hint } }
  }
  return { what: 'issue', issue: { message: wording(message), at: position, ...hintOf(message) } }
}

interface ErrorParts {
  /** Lower case, without "error". */
  readonly type: string
  readonly message: string
  /** Byte in the statement. */
  readonly position: number | null
}

/** Errors come as JSON from connections that are set so, and as text from the parser and the driver. */
function partsOf(text: string): ErrorParts {
  if (text.startsWith('{')) {
    try {
      const parsed = JSON.parse(text) as Tree
      return {
        type: textOf(parsed, 'exception_type').toLowerCase(),
        message: textOf(parsed, 'exception_message'),
        position: integerOf(parsed, 'position'),
      }
    } catch {
      // A message that begins like JSON is a message.
    }
  }
  const found = /^([A-Z][A-Za-z ]*?) Error: ([^]*)$/i.exec(text)
  const [, type = '', message = text] = found ?? []
  return { type: type.toLowerCase(), message, position: null }
}

/** The first part of a message, without what repeats the statement. */
function wording(message: string): string {
  const [first = ''] = message.split(
    /\n\nLINE \d+:|[\n!] ?Candidate (?:bindings|tables):|\nDid you mean/,
  )
  const lines = first.split('\n').map((line) => line.trim())
  const shown = lines.filter((line) => line !== '').slice(0, 8)
  return shown.join(' ').replace(/!$/, '').slice(0, 500)
}

const COLUMNS: readonly string[] = [
  ...new Set(SQL_VIEWS.flatMap(({ columns }) => columns.map(({ name }) => name))),
]

/** The column or function that was meant, where a name is not known. */
function hintOf(message: string): { readonly hint?: string } {
  const column = /(?:column|table|named?) "([^"]+)"/i.exec(message)?.[1]
  if (column !== undefined && /not found|does not have a column/i.test(message)) {
    const candidates = [
      ...(/Candidate (?:bindings|tables): ([^\n]*)/.exec(message)?.[1] ?? '').matchAll(
        /"([^"]+)"/g,
      ),
    ]
    const given = candidates.map(([, name = '']) => name)
    const near = nearestName(column, [...given, ...COLUMNS]) ?? given[0]
    return near === undefined
      ? { hint: 'GET /api/v1/sql/schema lists the columns of each view.' }
      : { hint: `Did you mean ${near}?` }
  }
  const name = /Function with name "?([\w]+)"? does not exist/i.exec(message)?.[1]
  const near = name === undefined ? null : nearestName(name, SQL_FUNCTIONS)
  return near === null ? {} : { hint: `Did you mean ${near}?` }
}
