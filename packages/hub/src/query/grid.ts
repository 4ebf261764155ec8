/**
 * Values by group and bucket: what a frame says, and what fill makes of the gaps. A row of values
 * holds one value per planned measure, formulas included; a bucket without rows has none.
 */

import type { Fill } from '@llmhub/schema'
import type { Frame, FrameCell, GroupKey } from '../store/store.ts'
import { evaluateFormula } from './formula.ts'
import type { PlannedMeasure } from './plan.ts'
import type { Range } from './range.ts'
import { elapsedSeconds } from './range.ts'
import type { Value, ValueType } from './value.ts'
import { deriveValue, divideHalfEven, toDouble } from './value.ts'

export interface GridGroup {
  readonly keys: GroupKey
  /** By bucket; one entry where there are no buckets. */
  readonly rows: readonly (readonly Value[] | null)[]
}

export type Grid = ReadonlyMap<string, GridGroup>

export const groupText = (keys: GroupKey): string => JSON.stringify(keys)

export function typeOf(measure: PlannedMeasure): ValueType {
  return measure.type === 'formula' ? 'number' : measure.spec.type
}

/** Values of the measures, formulas computed from those before them. */
function complete(
  measures: readonly PlannedMeasure[],
  valueOf: (measure: Extract<PlannedMeasure, { type: 'measure' }>) => Value,
): Value[] {
  const values: Value[] = []
  const doubles = new Map<string, number | null>()
  for (const measure of measures) {
    const value =
      measure.type === 'formula'
        ? evaluateFormula(measure.formula, (name) => doubles.get(name) ?? null)
        : valueOf(measure)
    values.push(value)
    doubles.set(measure.name, toDouble(value, typeOf(measure)))
  }
  return values
}

/** Values where there are no rows: counts, sums and rates are 0, everything else is unknown. */
export function emptyValues(measures: readonly PlannedMeasure[]): Value[] {
  return complete(measures, ({ spec }) => deriveValue(spec, [], 1))
}

/** @param keyCount number of dimensions */
export function gridOf(
  frame: Frame,
  measures: readonly PlannedMeasure[],
  range: Range,
  keyCount: number,
  now: number,
): Grid {
  const bucketCount = range.buckets === null ? 1 : range.buckets.labels.length
  const index = new Map(frame.columns.map((name, at) => [name, at]))
  const bucketAt = index.get('bucket')
  const groups = new Map<string, { keys: GroupKey; rows: (readonly Value[] | null)[] }>()
  for (const row of frame.rows) {
    const bucket = bucketAt === undefined ? 0 : Number(row[bucketAt])
    if (bucket < 0 || bucket >= bucketCount) continue
    const keys: (string | null)[] = []
    for (let key = 0; key < keyCount; key++) keys.push(textOf(row[index.get(`key${key}`) ?? -1]))
    const text = groupText(keys)
    let group = groups.get(text)
    if (group === undefined) {
      group = { keys, rows: Array.from({ length: bucketCount }, () => null) }
      groups.set(text, group)
    }
    const seconds = elapsedSeconds(range, bucket, now)
    group.rows[bucket] = complete(measures, ({ spec, ids }) =>
      deriveValue(
        spec,
        ids.map((id) => row[index.get(id) ?? -1]),
        seconds,
      ),
    )
  }
  return groups
}

function textOf(cell: FrameCell | undefined): string | null {
  if (cell === null || cell === undefined) return null
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell)
}

/**
 * Fills the gaps of every group.
 * - `none`: leaves buckets without rows out
 * - `null`: they are there, with null
 * - `zero`: what no rows give: counts, sums and rates 0, other measures null; formulas are computed
 * - `previous`: the last known value, null before the first
 * - `linear`: on the line between the neighbours known, by bucket; null outside of them
 *
 * `previous` and `linear` also fill unknown values of buckets that have rows; known values never change.
 */
export function fillGrid(grid: Grid, measures: readonly PlannedMeasure[], fill: Fill): Grid {
  if (fill === 'none') return grid
  const gap = fill === 'zero' ? emptyValues(measures) : measures.map(() => null)
  const filled = new Map<string, GridGroup>()
  for (const [text, { keys, rows }] of grid) {
    const full = rows.map((row) => [...(row ?? gap)])
    if (fill === 'previous' || fill === 'linear') {
      for (const [at, measure] of measures.entries()) {
        const column = full.map((row) => row[at] ?? null)
        const done =
          fill === 'previous' ? carryForward(column) : interpolate(column, typeOf(measure))
        for (const [bucket, row] of full.entries()) row[at] = done[bucket] ?? null
      }
    }
    filled.set(text, { keys, rows: full })
  }
  return filled
}

export function carryForward(values: readonly Value[]): Value[] {
  let last: Value = null
  return values.map((value) => {
    last = value ?? last
    return last
  })
}

/** Money stays in whole pico-dollars, rounded half to even. */
export function interpolate(values: readonly Value[], type: ValueType): Value[] {
  const result = [...values]
  let known = -1
  for (let at = 0; at < values.length; at++) {
    const right = values[at] ?? null
    if (right === null) continue
    const left = known < 0 ? null : (values[known] ?? null)
    if (left !== null) {
      for (let gap = known + 1; gap < at; gap++) {
        result[gap] = between(left, right, gap - known, at - known, type)
      }
    }
    known = at
  }
  return result
}

function between(
  left: number | bigint,
  right: number | bigint,
  step: number,
  steps: number,
  type: ValueType,
): Value {
  if (type === 'money' && typeof left === 'bigint' && typeof right === 'bigint') {
    const sum = left * BigInt(steps - step) + right * BigInt(step)
    return divideHalfEven(sum, BigInt(steps))
  }
  return Number(left) + ((Number(right) - Number(left)) * step) / steps
}
