import {
  createWindowOperator,
  restoreWindowOperator,
  type WindowOperator,
  type WindowOperatorOptions,
  type WindowResult,
} from '../../src/index.ts'
import { batchOf, type Fields, KEY_VALUE, type Row, rowOf, timeFirst } from '../rows.ts'
import type { ExpectedResult, WindowCase } from './case.ts'
import { isSame, Mismatch, matchAll } from './mismatch.ts'

/** How a case is run; none of it may change what comes out. */
export interface Manner {
  /** Which code of the engine: see `path` of the operator's options. */
  readonly path: 'fast' | 'general'
  /** A snapshot and a new operator from it after every step. */
  readonly restarts: boolean
  /** Cuts a batch of so many rows into batches; the places where, ascending. */
  readonly cuts: (rows: number) => readonly number[]
}

export const WHOLE = (): readonly number[] => []

/** Runs the steps of a case. Throws a Mismatch at the first that shows something else. */
export function runWindowCase(testCase: WindowCase, manner: Manner): void {
  const fields = testCase.fields ?? KEY_VALUE
  const options = optionsOf(testCase, fields, manner.path)
  let operator = createWindowOperator(options)
  let results: WindowResult[] = []
  let late: Row[] = []
  const collect = (): void => {
    results.push(...operator.takeResults())
    late.push(...operator.takeLate().map(({ batch, row }) => rowOf(batch, row, fields)))
  }
  for (const [i, step] of testCase.steps.entries()) {
    const at = `step ${i + 1}`
    if ('expect' in step) {
      matchAll(at, results, step.expect, isExpected, showResult)
      results = []
      continue
    }
    if ('late' in step) {
      matchAll(at, late, inOrder(step.late, fields, testCase), isSame)
      late = []
      continue
    }
    matchAll(`${at}, before it`, results, [], isExpected, showResult)
    if ('in' in step) pushAll(operator, inOrder(step.in, fields, testCase), fields, manner.cuts)
    else if ('watermark' in step) operator.watermark(step.watermark)
    else if ('clock' in step) operator.clock(step.clock)
    else operator.end()
    collect()
    if (manner.restarts) operator = restoreWindowOperator(options, operator.snapshot())
  }
  matchAll('at the end', results, [], isExpected, showResult)
}

function optionsOf(
  { unit, windowing, aggregates, keys }: WindowCase,
  fields: Fields,
  path: Manner['path'],
): WindowOperatorOptions {
  return {
    ...(unit === undefined ? {} : { unit }),
    windowing,
    aggregates,
    keys: keys ?? (fields === KEY_VALUE ? ['key'] : []),
    path,
  }
}

function inOrder(rows: readonly Row[], fields: Fields, { fields: own }: WindowCase): Row[] {
  if (own === undefined) return rows.map(timeFirst)
  const width = fields.length + 1
  const wrong = rows.find((row) => row.length !== width)
  if (wrong !== undefined)
    throw new Mismatch('rows', `${JSON.stringify(wrong)} has not ${width} cells`)
  return [...rows]
}

function pushAll(
  operator: WindowOperator,
  rows: readonly Row[],
  fields: Fields,
  cuts: Manner['cuts'],
): void {
  const places = [0, ...cuts(rows.length), rows.length]
  for (let i = 1; i < places.length; i++) {
    operator.push(batchOf(rows.slice(places[i - 1], places[i]), fields))
  }
}

function isExpected(result: WindowResult, expected: ExpectedResult): boolean {
  const { key, window, time, retraction, values, pane } = expected
  return (
    (key === undefined || isSame(result.key, key)) &&
    (window === undefined ||
      (result.window.start === window[0] && result.window.end === window[1])) &&
    (time === undefined || result.time === time) &&
    result.retraction === (retraction ?? false) &&
    (values === undefined || isSame(valuesOf(result), values)) &&
    (pane === undefined || isSame(result.pane, pane))
  )
}

/** Lists of collected values have no order of their own. */
function valuesOf({ values }: WindowResult): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.toSorted((a, b) => Number(a) - Number(b)) : value,
    ]),
  )
}

function showResult({ key, window, time, pane, retraction, values }: WindowResult): string {
  const { index, onTimeIndex, timing, first, last } = pane
  const marks = `${timing} ${index}/${onTimeIndex}${first ? ' first' : ''}${last ? ' last' : ''}`
  const sign = retraction ? 'retraction of ' : ''
  return `${sign}${JSON.stringify(key)} [${window.start},${window.end}) at ${time} ${marks} ${JSON.stringify(values)}`
}
