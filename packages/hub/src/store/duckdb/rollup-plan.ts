import type { RollupDefinition, Span } from '../rollup.ts'
import type { Aggregate, AggregatePlan, FieldRef, Predicate } from '../store.ts'
import { planRange } from './render-range.ts'
import type { UncleanSpans } from './rollup-build.ts'
import { cellColumns, definitionColumns, measureOf } from './rollup-cells.ts'

/** Which rollup answers which part of a plan's range; the rest is read from the rows. */
export interface RollupChoice {
  readonly definition: RollupDefinition
  /** Whole clean buckets, ascending and apart. At least one. */
  readonly stored: readonly Span[]
  /** The rest of the range. */
  readonly raw: readonly Span[]
}

/** More spans than this and the shortest are read from the rows: each one costs the scan a test. */
const MAX_SPANS = 64

/**
 * The first rollup of the list (coarsest first) that has all the plan's fields and measures, with the
 * clean buckets that lie in one answer bucket each; null when the rows must answer alone.
 */
export function chooseRollup(
  plan: AggregatePlan,
  definitions: readonly RollupDefinition[],
  unclean: UncleanSpans,
): RollupChoice | null {
  if (plan.rawOnly === true) return null
  for (const definition of definitions) {
    const spans = unclean.get(definition.name)
    if (spans === undefined || !covers(definition, plan)) continue
    const stored = wholeBuckets(plan, definition.grain, spans)
    if (stored.length > 0) return { definition, stored, raw: gaps(planRange(plan), stored) }
  }
  return null
}

/** Whether the cells of a definition can answer the plan wherever they are clean. */
function covers(definition: RollupDefinition, plan: AggregatePlan): boolean {
  const dims = new Set(definition.dims)
  const isDim = (field: FieldRef): boolean => dims.has(dimOf(field))
  const stored = new Set(definitionColumns(definition).map((column) => column.name))
  return (
    plan.groupBy.every(isDim) &&
    (plan.where === null || decides(definition, plan.where)) &&
    plan.aggregates.every(
      (aggregate) =>
        (aggregate.where === undefined || decides(definition, aggregate.where)) &&
        answers(definition, aggregate, isDim, stored),
    )
  )
}

/** The column whose value decides a field's: all tags together decide each. */
function dimOf(field: FieldRef): string {
  return field.type === 'tag' ? 'tags' : field.column
}

/** Whether all rows of a cell agree on a predicate. */
function decides(definition: RollupDefinition, predicate: Predicate): boolean {
  if ('parts' in predicate) return predicate.parts.every((part) => decides(definition, part))
  if ('part' in predicate) return decides(definition, predicate.part)
  const { field } = predicate
  const dim = dimOf(field)
  if (predicate.op === 'is_null' && definition.present.includes(dim)) return true
  return definition.dims.includes(dim)
}

function answers(
  definition: RollupDefinition,
  aggregate: Aggregate,
  isDim: (field: FieldRef) => boolean,
  stored: ReadonlySet<string>,
): boolean {
  if (aggregate.fn === 'distinct') return isDim(aggregate.field)
  if (aggregate.fn === 'quantile') return definition.sketches.includes(aggregate.column)
  if (aggregate.fn === 'rows' && aggregate.column !== undefined) {
    // A cell has a value in all its rows or in none where the column is one of its dims or known to be present.
    if (definition.dims.includes(aggregate.column)) return true
    if (definition.present.includes(aggregate.column)) return true
  }
  const measure = measureOf(aggregate)
  const columns = measure === null ? null : cellColumns(measure)
  return columns?.every((column) => stored.has(column.name)) ?? false
}

/** Clean buckets within the plan's range that no edge of the plan cuts. */
function wholeBuckets(plan: AggregatePlan, grain: number, unclean: readonly Span[]): Span[] {
  const range = planRange(plan)
  const from = Math.ceil(range.from / grain) * grain
  const to = Math.floor(range.to / grain) * grain
  if (from >= to) return []
  const cut = (plan.edges ?? [])
    .filter((edge) => edge % grain !== 0)
    .map((edge) => Math.floor(edge / grain) * grain)
    .map((start) => ({ from: start, to: start + grain }))
  const out = [...unclean, ...cut].sort((a, b) => a.from - b.from)
  const whole = gaps({ from, to }, out)
  if (whole.length <= MAX_SPANS) return whole
  const longest = whole.toSorted((a, b) => b.to - b.from - (a.to - a.from)).slice(0, MAX_SPANS)
  return longest.sort((a, b) => a.from - b.from)
}

/** What of a range no span of an ascending list covers. */
function gaps(range: Span, spans: readonly Span[]): Span[] {
  const found: Span[] = []
  let from = range.from
  for (const span of spans) {
    if (span.from > from) found.push({ from, to: Math.min(span.from, range.to) })
    from = Math.max(from, span.to)
    if (from >= range.to) return found
  }
  if (from < range.to) found.push({ from, to: range.to })
  return found
}
