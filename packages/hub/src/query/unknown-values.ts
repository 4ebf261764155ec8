/**
 * Why an answer is empty: a value of a filter that no event of the range has, most often a typing error.
 * Zero dollars for a model that nobody calls so is right, and misleads.
 */

import { nearestName } from '@llmhub/schema'
import type { AggregatePlan, FieldRef, Frame, Predicate } from '../store/store.ts'
import type { RunPlan } from './answer-meta.ts'
import type { ParsedQuestion } from './parse-question.ts'

/** Filters looked at; each costs a plan, and only where the answer is empty. */
const MOST_FILTERS = 4
/** Filters for which a similar value is looked for, which costs a plan that reads the whole range. */
const MOST_GUESSES = 1
/** Values among which a similar one is looked for: the most frequent of the range. */
const MOST_KNOWN = 500
const MOST_SHOWN = 100

/** Their values are the hub's own words: that none of them occurs is news, not a typing error. */
const CLOSED_LISTS: ReadonlySet<string> = new Set([
  'family',
  'kind',
  'receiver',
  'severity',
  'status',
])

/** A warning for each equality of the question's filters that is true of no event of its range. */
export async function unknownValues(
  { where, from, to }: Pick<ParsedQuestion, 'where' | 'from' | 'to'>,
  run: RunPlan,
): Promise<string[]> {
  const warnings: string[] = []
  for (const { field, values } of equalitiesOf(where).slice(0, MOST_FILTERS)) {
    const count = { type: 'aggregate', from, to, edges: null, maxRows: MOST_KNOWN + 1 } as const
    const aggregates = [{ id: 'n', fn: 'rows' }] as const
    const found = await run({
      ...count,
      where: { op: 'in', field, values },
      groupBy: [],
      aggregates,
    })
    if (!found.ok || numberIn(found.frame) > 0) continue
    if (warnings.length >= MOST_GUESSES) {
      warnings.push(warningOf(field, values, []))
      continue
    }
    const known = await run({
      ...count,
      where: null,
      groupBy: [field],
      aggregates,
      topGroups: { by: 'n', dir: 'desc', limit: MOST_KNOWN },
    } satisfies AggregatePlan)
    const names = known.ok ? known.frame.rows.map(([name]) => name) : []
    warnings.push(warningOf(field, values, names.filter(isText)))
  }
  return warnings
}

interface Equality {
  readonly field: FieldRef
  readonly values: readonly string[]
}

/** Those that every row of the answer has to meet. */
function equalitiesOf(where: Predicate | null): Equality[] {
  if (where === null) return []
  if (where.op === 'and') return where.parts.flatMap(equalitiesOf)
  if (where.op !== 'in' || !where.values.every(isText)) return []
  const { field, values } = where
  return field.type === 'column' && CLOSED_LISTS.has(field.column) ? [] : [{ field, values }]
}

function warningOf(field: FieldRef, values: readonly string[], known: readonly string[]): string {
  const name = field.type === 'tag' ? `tag.${field.key}` : field.column
  const shown = values.slice(0, 3).map((value) => `"${beginningOf(value)}"`)
  const nearest = nearestName(values[0] ?? '', known)
  const meant = nearest === null ? '' : ` Did you mean "${nearest}"?`
  return `No event of this range has ${name} ${shown.join(' or ')}.${meant}`
}

/** Cut between characters, never within one: half of one is no text that can be sent. */
function beginningOf(value: string): string {
  return value.slice(0, MOST_SHOWN).replace(/[\uD800-\uDBFF]$/, '')
}

function numberIn({ rows }: Frame): number {
  return Number(rows[0]?.[0] ?? 0)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
