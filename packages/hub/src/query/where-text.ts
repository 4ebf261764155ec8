/** Filters written as text, in URLs and on the command line. */

import type { FilterOp } from '@llmhub/schema'
import { fieldNamed } from './dimensions.ts'

/** A filter of a question. */
export interface TextFilter {
  readonly field: string
  readonly op: FilterOp
  readonly value: string | number
}

export type FilterText =
  | { readonly ok: true; readonly filter: TextFilter }
  | { readonly ok: false; readonly message: string }

/** Longer signs before those that they begin with. */
const SIGNS: readonly (readonly [sign: string, op: FilterOp])[] = [
  ['!=', 'ne'],
  ['>=', 'gte'],
  ['<=', 'lte'],
  ['=', 'eq'],
  [':', 'eq'],
  ['>', 'gt'],
  ['<', 'lt'],
  ['~', 'contains'],
]

export const WHERE_SIGNS = SIGNS.map(([sign]) => sign).join(' ')

/**
 * `model=gpt-4o`, `model:gpt-4o`, `latency>=500`, `user!=u1`, `error_message~quota`, `tag.team=search`:
 * the name up to the first sign, everything behind it is the value. A value becomes a number where the
 * field is one, so that what is wrong with it is said by the question's own check.
 */
export function parseFilterText(text: string): FilterText {
  const name = /^[\w./-]+/.exec(text)?.[0] ?? ''
  const rest = text.slice(name.length)
  const found = SIGNS.find(([sign]) => rest.startsWith(sign))
  if (name === '' || found === undefined) {
    return { ok: false, message: `expected field=value, with one of ${WHERE_SIGNS}` }
  }
  const [sign, op] = found
  const raw = rest.slice(sign.length)
  const type = fieldNamed(name)?.type
  const isNumber =
    (type === 'number' || type === 'integer') && raw.trim() !== '' && Number.isFinite(Number(raw))
  return { ok: true, filter: { field: name, op, value: isNumber ? Number(raw) : raw } }
}
