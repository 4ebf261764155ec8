import type { FieldRef, Predicate } from '../store/store.ts'
import { BIN_COLUMNS } from './bin-states.ts'
import type { LiveDefinition } from './live.ts'
import type { KeptPlan, MeasurePlan } from './plan.ts'

/** A definition that was checked and planned. */
export interface Compiled {
  readonly definition: LiveDefinition
  readonly plan: MeasurePlan
  readonly kept: KeptPlan
}

/** Columns of rows that a definition reads. */
export function columnsOf({ plan, kept }: Compiled): Set<string> {
  const columns = new Set<string>()
  const addField = (field: FieldRef): void => {
    columns.add(field.type === 'tag' ? 'tags' : field.column)
  }
  const addPredicate = (predicate: Predicate): void => {
    if ('parts' in predicate) for (const part of predicate.parts) addPredicate(part)
    else if ('part' in predicate) addPredicate(predicate.part)
    else addField(predicate.field)
  }
  for (const { ref } of plan.by) addField(ref)
  if (plan.where !== null) addPredicate(plan.where)
  for (const { part, where } of kept.parts) {
    if (where !== null) addPredicate(where)
    if (part.fn === 'rows') continue
    columns.add(part.column)
    const bins = BIN_COLUMNS.get(part.column)
    if (part.fn === 'quantile' && bins !== undefined) columns.add(bins)
  }
  return columns
}

/** Columns whose values may be about a person; others are names of few values. */
const PERSONAL: ReadonlySet<string> = new Set([
  'user_id',
  'session_id',
  'trace_id',
  'decision_id',
  'actor',
  'resource',
])

/** Whether groups may be named by what an erasure is to take away. */
export function namesPeople({ plan }: Compiled): boolean {
  return plan.by.some(({ ref }) => ref.type === 'tag' || PERSONAL.has(ref.column))
}
