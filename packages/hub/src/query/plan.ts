/**
 * A parsed question → what the store is asked. Aggregates that several measures share are asked
 * once; the kinds that all measures together read become a condition of the plan, and a measure
 * that reads fewer keeps a condition of its own.
 */

import type { QuestionIssue } from '../core/ask.ts'
import type { Aggregate, AggregatePlan, GroupKey, Predicate } from '../store/store.ts'
import type { Formula } from './formula.ts'
import type { MeasureSpec, Part } from './measures.ts'
import { SUCCEEDED } from './measures.ts'
import type { ParsedMeasure } from './parse-measures.ts'
import type { ParsedQuestion } from './parse-question.ts'
import { QUESTION_LIMITS } from './parse-question.ts'
import { allOf } from './parse-where.ts'
import type { Range } from './range.ts'
import { rangeOf } from './range.ts'
import { stableText } from './stable-text.ts'

export type PlannedMeasure =
  | {
      readonly type: 'measure'
      readonly name: string
      readonly spec: MeasureSpec
      /** Ids of the aggregates of its parts, in their order. */
      readonly ids: readonly string[]
      readonly hidden: boolean
    }
  | { readonly type: 'formula'; readonly name: string; readonly formula: Formula }

/** Which groups are shown: the first `n` by a measure. */
export interface TopPlan {
  readonly plan: AggregatePlan
  /** The store keeps the first groups; otherwise it answers all and they are ranked here. */
  readonly ranked: boolean
  readonly by: string
  readonly n: number
  readonly other: boolean
}

export interface QuestionPlan {
  readonly current: Range
  readonly previous: Range | null
  readonly measures: readonly PlannedMeasure[]
  readonly top: TopPlan | null
  readonly main: AggregatePlan
  readonly compare: AggregatePlan | null
}

export type PlanResult =
  | { readonly ok: true; readonly plan: QuestionPlan }
  | {
      readonly ok: false
      readonly code: 'too_many_buckets' | 'invalid_question'
      readonly issues: QuestionIssue[]
    }

export function planQuestion(question: ParsedQuestion): PlanResult {
  const ranges = rangeOf(question)
  if (!ranges.ok) {
    const unknown = ranges.code === 'unknown_zone'
    return {
      ok: false,
      code: unknown ? 'invalid_question' : 'too_many_buckets',
      issues: [{ path: unknown ? '/timezone' : '/by', message: ranges.message }],
    }
  }
  const { aggregates, measures, kinds } = compile(question)
  const base = {
    type: 'aggregate',
    where: allOf([question.where, kinds]),
    groupBy: question.by.map((field) => field.ref),
    // One more than can be shown, so that a full answer can say that there is more.
    maxRows: QUESTION_LIMITS.rows + 1,
  } as const
  const over = (range: Range, asked: readonly Aggregate[]): AggregatePlan => ({
    ...base,
    from: range.from,
    to: range.to,
    edges: range.buckets === null || range.to <= range.from ? null : range.buckets.edges,
    aggregates: asked,
  })
  const { current, previous } = ranges
  const top =
    question.top === null ? null : planTop(question.top, over(current, aggregates), measures)
  const main = over(current, aggregates)
  return {
    ok: true,
    plan: {
      current,
      previous,
      measures,
      top,
      main: pushLimit(question, main, measures),
      compare: previous === null ? null : over(previous, aggregates),
    },
  }
}

/** The plan restricted to listed groups. */
export function withGroups(
  plan: AggregatePlan,
  keys: readonly GroupKey[],
  other: boolean,
): AggregatePlan {
  return { ...plan, groups: { keys, other } }
}

interface Compiled {
  readonly aggregates: readonly Aggregate[]
  readonly measures: readonly PlannedMeasure[]
  readonly kinds: Predicate | null
}

function compile(question: ParsedQuestion): Compiled {
  const union = kindsOf(question.measures)
  const aggregates = new Map<string, Aggregate>()
  const idOf = (part: Part, where: Predicate | null): string => {
    const { where: _, ...rest } = part
    const asked = where === null ? rest : { ...rest, where }
    const key = stableText(asked)
    const known = aggregates.get(key)
    if (known !== undefined) return known.id
    const id = `a${aggregates.size}`
    aggregates.set(key, { id, ...asked })
    return id
  }
  const measures = question.measures.map((measure): PlannedMeasure => {
    if (measure.type === 'formula') return measure
    const { spec, name, hidden } = measure
    const guard = spec.guarded && !question.statusAsked && !measure.statusAsked ? SUCCEEDED : null
    const own =
      spec.kinds !== null && spec.kinds.length !== union?.length ? ofKinds(spec.kinds) : null
    const ids = spec.parts.map((part) =>
      idOf(part, allOf([own, part.where ?? null, guard, measure.where])),
    )
    return { type: 'measure', name, spec, ids, hidden }
  })
  if (aggregates.size === 0) aggregates.set('', { id: 'a0', fn: 'rows' })
  return {
    aggregates: [...aggregates.values()],
    measures,
    kinds: union === null ? null : ofKinds(union),
  }
}

function ofKinds(kinds: readonly string[]): Predicate {
  return { op: 'in', field: { type: 'column', column: 'kind' }, values: kinds }
}

/** All kinds that some measure reads; null when one reads every kind. */
function kindsOf(measures: readonly ParsedMeasure[]): readonly string[] | null {
  const kinds = new Set<string>()
  for (const measure of measures) {
    if (measure.type === 'formula') continue
    if (measure.spec.kinds === null) return null
    for (const kind of measure.spec.kinds) kinds.add(kind)
  }
  return kinds.size === 0 ? null : [...kinds].sort()
}

/** The one aggregate that orders as the measure does, if there is one: the store can rank by it. */
function rankable(measures: readonly PlannedMeasure[], name: string): string | null {
  const measure = measures.find((each) => each.name === name)
  if (measure?.type !== 'measure') return null
  const { how } = measure.spec.derivation
  const single = how === 'only' || (how === 'sum' && measure.ids.length === 2)
  return single ? (measure.ids[0] ?? null) : null
}

function planTop(
  top: NonNullable<ParsedQuestion['top']>,
  main: AggregatePlan,
  measures: readonly PlannedMeasure[],
): TopPlan {
  const id = rankable(measures, top.by)
  const plan: AggregatePlan = { ...main, edges: null }
  if (id === null) return { plan, ranked: false, ...top }
  const asked = measures.find(
    (measure): measure is Extract<PlannedMeasure, { type: 'measure' }> =>
      measure.type === 'measure' && measure.name === top.by,
  )
  return {
    plan: {
      ...plan,
      aggregates: main.aggregates.filter((aggregate) => asked?.ids.includes(aggregate.id)),
      topGroups: { by: id, dir: 'desc', limit: top.n },
    },
    ranked: true,
    ...top,
  }
}

/**
 * A table ordered by one measure needs only its first rows from the store; one more tells whether
 * there are more. Not with a comparison: groups that are only in the previous range count there.
 */
function pushLimit(
  question: ParsedQuestion,
  main: AggregatePlan,
  measures: readonly PlannedMeasure[],
): AggregatePlan {
  if (question.kind !== 'table' || question.by.length === 0) return main
  if (question.top !== null || question.compare || question.order.length > 1) return main
  const order = question.order[0] ?? { by: question.shown[0] ?? '', dir: 'desc' }
  const by = rankable(measures, order.by)
  if (by === null) return main
  return { ...main, topGroups: { by, dir: order.dir, limit: question.limit + 1 } }
}
