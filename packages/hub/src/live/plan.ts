import type { Cell } from '@llmhub/schema'
import type { QuestionIssue } from '../core/ask.ts'
import type { Aggregate, FieldRef, FrameCell, Predicate } from '../store/store.ts'
import type { KeptPart, Part, PartValue } from './part.ts'

/** The measures of a definition, planned as for a question. */
export interface MeasurePlan {
  /** Canonical names of the dimensions, and what they read. */
  readonly by: readonly { readonly name: string; readonly ref: FieldRef }[]
  /** Which rows are counted, beyond being current and not suppressed. */
  readonly where: Predicate | null
  readonly aggregates: readonly Aggregate[]
  /** Values of the measures by name, as cells of an answer, from the cells of the aggregates. */
  values(
    cellOf: (id: string) => FrameCell | undefined,
    seconds: number,
  ): Readonly<Record<string, Cell>>
}

export type PlanMeasures = (of: {
  readonly by: readonly string[]
  readonly measures: readonly string[]
  readonly where: Readonly<Record<string, unknown>> | null
}) =>
  | { readonly ok: true; readonly plan: MeasurePlan }
  | { readonly ok: false; readonly issues: readonly QuestionIssue[] }

/** A plan as what is kept per group and window, and how its cells are found in that. */
export interface KeptPlan {
  readonly parts: readonly KeptPart[]
  /** Cell of an aggregate from the values of the parts. */
  readonly cell: (id: string, values: readonly PartValue[]) => FrameCell | undefined
}

/** @throws TypeError for distinct counts, which `PlanMeasures` refuses */
export function keptPlan(plan: MeasurePlan): KeptPlan {
  const parts: KeptPart[] = []
  const names: string[] = []
  const places = new Map<string, { readonly at: number; readonly share: number | null }>()
  const placeOf = (part: Part, where: Predicate | null): number => {
    const name = nameOf([part, where])
    const known = names.indexOf(name)
    if (known >= 0) return known
    names.push(name)
    return parts.push({ part, where }) - 1
  }
  for (const aggregate of plan.aggregates) {
    const where = aggregate.where ?? null
    switch (aggregate.fn) {
      case 'rows': {
        const condition =
          aggregate.column === undefined ? where : alsoPresent(aggregate.column, where)
        places.set(aggregate.id, { at: placeOf({ fn: 'rows' }, condition), share: null })
        break
      }
      case 'quantile': {
        const { column } = aggregate
        const qs = sharesOf(plan.aggregates, aggregate)
        const at = placeOf({ fn: 'quantile', column, qs }, where)
        places.set(aggregate.id, { at, share: qs.indexOf(aggregate.q) })
        break
      }
      case 'distinct':
        throw new TypeError('distinct values are not kept live')
      case 'sum':
      case 'min':
      case 'max':
      case 'm2': {
        const { fn, column } = aggregate
        places.set(aggregate.id, { at: placeOf({ fn, column }, where), share: null })
        break
      }
      default:
        return aggregate satisfies never
    }
  }
  return {
    parts,
    cell(id, values) {
      const place = places.get(id)
      if (place === undefined) return undefined
      const value = values[place.at]
      if (place.share === null) return value as FrameCell | undefined
      return (value as readonly (number | null)[] | undefined)?.[place.share]
    },
  }
}

type Quantile = Extract<Aggregate, { fn: 'quantile' }>

/** All shares that are asked of the same values of the same rows. */
function sharesOf(aggregates: readonly Aggregate[], of: Quantile): number[] {
  const rows = nameOf([of.column, of.where ?? null])
  const found = aggregates.filter(
    (each): each is Quantile =>
      each.fn === 'quantile' && nameOf([each.column, each.where ?? null]) === rows,
  )
  return [...new Set(found.map(({ q }) => q))]
}

function alsoPresent(column: string, where: Predicate | null): Predicate {
  const present: Predicate = {
    op: 'not',
    part: { op: 'is_null', field: { type: 'column', column } },
  }
  return where === null ? present : { op: 'and', parts: [where, present] }
}

function nameOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))
}
