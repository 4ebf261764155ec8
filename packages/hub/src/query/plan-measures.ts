/**
 * Measures without a question: what is kept of rows so that their values can be told at any time, planned
 * and computed by the same code as answers.
 */

import type { Cell } from '@llmhub/schema'
import type { QuestionIssue } from '../core/ask.ts'
import type { Aggregate, FieldRef, FrameCell, Predicate } from '../store/store.ts'
import { parseQuestion } from './parse-question.ts'
import { type PlannedMeasure, planQuestion } from './plan.ts'
import { deriveValue, toCell } from './value.ts'

export interface MeasuresRequest {
  readonly by: readonly string[]
  readonly measures: readonly string[]
  readonly where: Readonly<Record<string, unknown>> | null
}

export interface PlannedMeasures {
  /** Canonical names of the dimensions, and what they read. */
  readonly by: readonly { readonly name: string; readonly ref: FieldRef }[]
  /** Which rows are counted, beyond being current and not suppressed. */
  readonly where: Predicate | null
  readonly aggregates: readonly Aggregate[]
  /** Values by name, as cells of an answer, of rows over so many seconds. */
  values(
    cellOf: (id: string) => FrameCell | undefined,
    seconds: number,
  ): Readonly<Record<string, Cell>>
}

export type MeasuresPlanned =
  | { readonly ok: true; readonly plan: PlannedMeasures }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

export function planMeasures(request: MeasuresRequest): MeasuresPlanned {
  const { by, measures, where } = request
  const notNamed = measures.findIndex((each) => typeof each !== 'string')
  if (notNamed >= 0) {
    const path = `/measures/${notNamed}`
    return { ok: false, issues: [{ path, message: 'must be the name of a measure' }] }
  }
  const question = { kind: 'table', by, measures, ...(where === null ? {} : { where }) }
  const parsed = parseQuestion({ ...question, from: 0, to: 1 }, 1)
  if (!parsed.ok) return parsed
  const distinct = parsed.question.measures.findIndex(
    (each) => each.type === 'measure' && each.spec.parts.some(({ fn }) => fn === 'distinct'),
  )
  if (distinct >= 0) {
    const name = parsed.question.measures[distinct]?.name ?? ''
    const path = `/measures/${measures.indexOf(name)}`
    const message = `"${name}" counts distinct values, which live windows do not keep: ask a question instead`
    return { ok: false, issues: [{ path, message }] }
  }
  const planned = planQuestion(parsed.question)
  if (!planned.ok) return planned
  const { main, measures: each } = planned.plan
  return {
    ok: true,
    plan: {
      by: parsed.question.by.map(({ name, ref }) => ({ name, ref })),
      where: main.where,
      aggregates: main.aggregates,
      values: (cellOf, seconds) => valuesOf(each, cellOf, seconds),
    },
  }
}

function valuesOf(
  measures: readonly PlannedMeasure[],
  cellOf: (id: string) => FrameCell | undefined,
  seconds: number,
): Readonly<Record<string, Cell>> {
  const values: Record<string, Cell> = {}
  for (const measure of measures) {
    if (measure.type !== 'measure') continue
    const { spec, ids, name } = measure
    values[name] = toCell(deriveValue(spec, ids.map(cellOf), seconds), spec.type)
  }
  return values
}
