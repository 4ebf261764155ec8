/**
 * Runs a planned question and makes its answer:
 * top groups → rows of the range (and of the range before) → values → fill → comparison → order →
 * limit → cells. Everything after the store's answers is a pure function of them.
 */

import type { Answer, AnswerColumn, Cell } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { AskOutcome } from '../core/ask.ts'
import type { AggregatePlan, Frame, GroupKey, Plan } from '../store/store.ts'

import { OTHER_KEY } from '../store/store.ts'
import type { RunPlan } from './answer-meta.ts'
import { failureOf, metaOf } from './answer-meta.ts'
import type { Grid } from './grid.ts'
import { emptyValues, fillGrid, gridOf, groupText, typeOf } from './grid.ts'
import { executeList } from './list.ts'
import { COMPARISONS } from './parse-measures.ts'
import type { ParsedQuestion } from './parse-question.ts'
import type { PlannedMeasure, QuestionPlan, TopPlan } from './plan.ts'
import { planQuestion, withGroups } from './plan.ts'
import { unknownValues } from './unknown-values.ts'
import type { Value } from './value.ts'
import { toCell, toDouble } from './value.ts'

type Failed = Extract<AskOutcome, { ok: false }>
type Fetched = { readonly ok: true; readonly frame: Frame } | Failed
type Collected = { readonly ok: true; readonly rows: Row[]; readonly warnings: string[] } | Failed

export async function executeQuestion(question: ParsedQuestion, run: RunPlan): Promise<AskOutcome> {
  if (question.kind === 'list') return executeList(question, run)
  const planned = planQuestion(question)
  if (!planned.ok) {
    const message = planned.issues[0]?.message ?? ''
    return { ok: false, code: planned.code, message, issues: planned.issues }
  }
  const frames: Frame[] = []
  const fetch = async (plan: Plan): Promise<Fetched> => {
    const outcome = await run(plan)
    if (!outcome.ok) return failureOf(outcome.failure, outcome.message)
    frames.push(outcome.frame)
    return outcome
  }
  const collected = await collect(question, planned.plan, fetch)
  if (!collected.ok) return collected
  const { rows } = collected
  const warnings = isEmpty(rows)
    ? [...collected.warnings, ...(await unknownValues(question, run))]
    : collected.warnings
  return { ok: true, answer: answerOf(question, planned.plan, rows, frames, warnings) }
}

function isEmpty(rows: readonly Row[]): boolean {
  return rows.every(({ values }) => values.every((value) => value === null || Number(value) === 0))
}

/** One row of the answer before it becomes cells. */
interface Row {
  readonly bucket: number
  readonly keys: GroupKey
  /** Place of the group: by rank with `top`, else by key; the rest of the groups comes last. */
  readonly rank: number
  readonly other: boolean
  readonly values: readonly Value[]
  readonly previous: readonly Value[] | null
}

async function collect(
  question: ParsedQuestion,
  plan: QuestionPlan,
  fetch: (plan: Plan) => Promise<Fetched>,
): Promise<Collected> {
  const { measures, current, previous, top } = plan
  const { now } = question
  const keyCount = question.by.length
  let { main, compare } = plan
  let listed: GroupKey[] | null = null
  if (top !== null) {
    const ranking = await fetch(top.plan)
    if (!ranking.ok) return ranking
    const whole = { ...current, buckets: null }
    const grid = gridOf(ranking.frame, planFor(top, measures), whole, keyCount, now)
    listed = topGroups(top, grid, measures)
    if (listed.length === 0 && compare === null) return { ok: true, rows: [], warnings: [] }
    if (isWhole(top, main, compare)) {
      const rows = rowsOf(
        question,
        plan,
        gridOf(ranking.frame, measures, current, keyCount, now),
        null,
        listed,
      )
      return limited(question, measures, rows)
    }
    main = withGroups(main, listed, top.other)
    compare = compare === null ? null : withGroups(compare, listed, top.other)
  }
  const found = await fetch(main)
  if (!found.ok) return found
  const grid = gridOf(found.frame, measures, current, keyCount, now)
  let before: Grid | null = null
  if (compare !== null && previous !== null) {
    const earlier = await fetch(compare)
    if (!earlier.ok) return earlier
    before = gridOf(earlier.frame, measures, previous, keyCount, previous.to)
  }
  return limited(question, measures, rowsOf(question, plan, grid, before, listed))
}

/** Whether the ranking has the whole answer: its groups are those shown, with every number. */
function isWhole(top: TopPlan, main: AggregatePlan, compare: AggregatePlan | null): boolean {
  return (
    top.ranked &&
    !top.other &&
    compare === null &&
    main.edges === null &&
    main.aggregates.length === top.plan.aggregates.length
  )
}

function limited(
  question: ParsedQuestion,
  measures: readonly PlannedMeasure[],
  rows: Row[],
): Collected {
  rows.sort(comparator(question, measures))
  if (rows.length <= question.limit) return { ok: true, rows, warnings: [] }
  const warning = `Only the first ${question.limit} rows are shown; raise \`limit\`, or use \`top\`.`
  return { ok: true, rows: rows.slice(0, question.limit), warnings: [warning] }
}

/** The measures that the top plan can compute: where the store ranks, only the ranked one. */
function planFor(top: TopPlan, measures: readonly PlannedMeasure[]): readonly PlannedMeasure[] {
  return top.ranked ? measures.filter((measure) => measure.name === top.by) : measures
}

/** Keys of the first n groups, greatest value first, unknown values last, ties by key. */
function topGroups(top: TopPlan, grid: Grid, measures: readonly PlannedMeasure[]): GroupKey[] {
  const at = planFor(top, measures).findIndex((measure) => measure.name === top.by)
  return [...grid.values()]
    .map(({ keys, rows }) => ({ keys, value: rows[0]?.[at] ?? null }))
    .sort((a, b) => compareValues(a.value, b.value, 'desc') || compareKeys(a.keys, b.keys))
    .slice(0, top.n)
    .map(({ keys }) => keys)
}

function rowsOf(
  question: ParsedQuestion,
  plan: QuestionPlan,
  grid: Grid,
  before: Grid | null,
  listed: readonly GroupKey[] | null,
): Row[] {
  const { measures } = plan
  const bucketCount = plan.current.buckets?.labels.length ?? 1
  const { fill } = question
  const groups = new Map<string, GroupKey>()
  for (const [text, { keys }] of [...grid, ...(before ?? [])]) groups.set(text, keys)
  // Without dimensions there is one group even where there are no rows at all.
  if (question.by.length === 0 && (question.kind === 'table' || fill !== 'none')) {
    groups.set(groupText([]), [])
  }
  const noRows = (): null[] => Array.from({ length: bucketCount }, () => null)
  const all = (from: Grid): Grid =>
    fillGrid(
      new Map(
        [...groups].map(([text, keys]) => [text, from.get(text) ?? { keys, rows: noRows() }]),
      ),
      measures,
      fill,
    )
  const filled = all(grid)
  const filledBefore = before === null ? null : all(before)
  const empty = emptyValues(measures)
  const ranks = rankGroups(groups, listed)
  const rows: Row[] = []
  for (const [text, keys] of groups) {
    const other = isOther(keys, listed)
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      const values = filled.get(text)?.rows[bucket] ?? null
      const previous = filledBefore?.get(text)?.rows[bucket] ?? null
      if (values === null && previous === null && question.kind === 'series') continue
      rows.push({
        bucket,
        keys,
        rank: ranks.get(text) ?? 0,
        other,
        values: values ?? empty,
        previous: filledBefore === null ? null : (previous ?? empty),
      })
    }
  }
  return rows
}

function isOther(keys: GroupKey, listed: readonly GroupKey[] | null): boolean {
  return listed !== null && keys.length > 0 && keys.every((key) => key === OTHER_KEY)
}

function rankGroups(
  groups: ReadonlyMap<string, GroupKey>,
  listed: readonly GroupKey[] | null,
): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  for (const keys of listed ?? []) ranks.set(groupText(keys), ranks.size)
  const rest = [...groups].filter(([text]) => !ranks.has(text))
  rest.sort(([, a], [, b]) => compareKeys(a, b))
  for (const [text] of rest) ranks.set(text, ranks.size)
  return ranks
}

/** Unknown values come last in both directions. */
function compareValues(a: Value, b: Value, dir: 'asc' | 'desc'): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const order = a < b ? -1 : a > b ? 1 : 0
  return dir === 'asc' ? order : -order
}

function compareTexts(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return a < b ? -1 : a > b ? 1 : 0
}

function compareKeys(a: GroupKey, b: GroupKey): number {
  for (let at = 0; at < a.length; at++) {
    const order = compareTexts(a[at] ?? null, b[at] ?? null)
    if (order !== 0) return order
  }
  return 0
}

/**
 * Series: by time, then rank of the group. Table: with `top` by rank, else by the first measure,
 * greatest first. `order` goes before that; the rest of the groups stays last among equals in time.
 */
function comparator(
  question: ParsedQuestion,
  measures: readonly PlannedMeasure[],
): (a: Row, b: Row) => number {
  const valueAt = (row: Row, by: string): Value => {
    const at = measures.findIndex((measure) => measure.name === by)
    const measure = measures[at]
    if (measure !== undefined) return row.values[at] ?? null
    const suffix = COMPARISONS.find((each) => by.endsWith(`.${each}`))
    const base = measures.findIndex((each) => `${each.name}.${suffix}` === by)
    const compared = measures[base]
    if (compared === undefined) return null
    const { previous, delta, change } = compareColumns(row, base, compared)
    return suffix === 'previous' ? previous : suffix === 'delta' ? delta : change
  }
  const first = question.shown[0]
  const fallback =
    question.kind === 'table' &&
    question.top === null &&
    question.by.length > 0 &&
    first !== undefined
      ? [{ by: first, dir: 'desc' as const }]
      : []
  const order = question.order.length > 0 ? question.order : fallback
  return (a, b) => {
    for (const { by, dir } of order) {
      let result: number
      const key = question.by.findIndex((field) => field.name === by)
      if (by === 'time' && question.step !== null)
        result = dir === 'asc' ? a.bucket - b.bucket : b.bucket - a.bucket
      else if (a.other !== b.other) result = a.other ? 1 : -1
      else if (key >= 0) {
        const texts = compareTexts(a.keys[key] ?? null, b.keys[key] ?? null)
        result = dir === 'asc' ? texts : -texts
      } else result = compareValues(valueAt(a, by), valueAt(b, by), dir)
      if (result !== 0) return result
    }
    return a.bucket - b.bucket || Number(a.other) - Number(b.other) || a.rank - b.rank
  }
}

/**
 * previous, delta = value − previous, change = delta / |previous|; null where a part is
 * unknown, where 0 divides, and for times.
 */
function compareColumns(
  row: Row,
  at: number,
  measure: PlannedMeasure,
): { previous: Value; delta: Value; change: Value } {
  const value = row.values[at] ?? null
  const previous = row.previous?.[at] ?? null
  const type = typeOf(measure)
  if (value === null || previous === null || type === 'time') {
    return { previous, delta: null, change: null }
  }
  const delta =
    typeof value === 'bigint' && typeof previous === 'bigint'
      ? value - previous
      : Number(value) - Number(previous)
  const base = toDouble(previous, type)
  const difference = toDouble(delta, type)
  const change =
    base === null || difference === null || base === 0 ? null : difference / Math.abs(base)
  return { previous, delta, change }
}

function answerOf(
  question: ParsedQuestion,
  plan: QuestionPlan,
  rows: readonly Row[],
  frames: readonly Frame[],
  warnings: readonly string[],
): Answer {
  const shown = question.shown.flatMap((name) => {
    const at = plan.measures.findIndex((measure) => measure.name === name)
    const measure = plan.measures[at]
    return measure === undefined ? [] : [{ at, measure }]
  })
  const { buckets } = plan.current
  const columns: AnswerColumn[] = [
    ...(buckets === null ? [] : [{ name: 'time', role: 'time' as const }]),
    ...question.by.map((field) => ({ name: field.name, role: 'dimension' as const })),
    ...shown.flatMap(({ measure }): AnswerColumn[] => {
      const unit =
        measure.type === 'measure' && measure.spec.unit !== '' ? { unit: measure.spec.unit } : {}
      const column: AnswerColumn = { name: measure.name, role: 'measure', ...unit }
      if (plan.previous === null) return [column]
      return [
        column,
        { name: `${measure.name}.previous`, role: 'comparison', ...unit },
        { name: `${measure.name}.delta`, role: 'comparison', ...unit },
        { name: `${measure.name}.change`, role: 'comparison', unit: 'ratio' },
      ]
    }),
    ...(buckets === null ? [] : [{ name: 'complete', role: 'meta' as const }]),
  ]
  return {
    columns,
    rows: rows.map((row): Cell[] => [
      ...(buckets === null ? [] : [formatIsoMicros(buckets.labels[row.bucket] ?? 0)]),
      ...row.keys,
      ...shown.flatMap(({ at, measure }): Cell[] => {
        const type = typeOf(measure)
        const value = toCell(row.values[at] ?? null, type)
        if (plan.previous === null) return [value]
        const { previous, delta, change } = compareColumns(row, at, measure)
        return [value, toCell(previous, type), toCell(delta, type), toCell(change, 'number')]
      }),
      ...(buckets === null ? [] : [buckets.complete[row.bucket] ?? false]),
    ]),
    meta: metaOf(question, frames, warnings),
    next: null,
  }
}
