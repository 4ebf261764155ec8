import { createWindowOperator, type WindowResult } from '../../src/index.ts'
import { batchOf, type Cell, type Row } from '../rows.ts'
import { readJsonLines } from '../shared-data.ts'
import type { FileCase, FormulaCase } from './case.ts'
import { isSame, matchAll } from './mismatch.ts'

/** Rows that are pushed at once; the watermark moves behind each batch. */
const BATCH_ROWS = 1

/** Runs an operator over rows [time, …fields] that come one by one, to the end. */
function runRows(
  { windowing, aggregates, keys }: FileCase | FormulaCase,
  rows: readonly Row[],
  fields: readonly string[],
  behind: number | null,
): { results: WindowResult[]; late: number } {
  const operator = createWindowOperator({ windowing, aggregates, keys: keys ?? [] })
  let greatest = Number.NEGATIVE_INFINITY
  for (let i = 0; i < rows.length; i += BATCH_ROWS) {
    const batch = rows.slice(i, i + BATCH_ROWS)
    operator.push(batchOf(batch, fields))
    if (behind === null) continue
    greatest = Math.max(greatest, ...batch.map(([time]) => Number(time)))
    operator.watermark(greatest - behind)
  }
  operator.end()
  return { results: operator.takeResults(), late: operator.takeLate().length }
}

export function runFormulaCase(testCase: FormulaCase): void {
  const { start, step, rows } = testCase.formula
  const made = Array.from({ length: rows }, (_, i): Row => [start + i * step, i])
  const { results } = runRows(testCase, made, ['counter:f64'], 0)
  matchAll('at the end', results, testCase.expect, (result, { window, values }) => {
    const isWindow =
      window === undefined || isSame([result.window.start, result.window.end], window)
    return isWindow && isSame(result.values, values ?? {})
  })
}

/** A line of the expected file and a result of ours, reduced to what both say. */
interface Said {
  readonly key: string | null
  readonly start: number | null
  readonly end: number | null
  readonly values: Readonly<Record<string, number | null>>
}

export function runFileCase(testCase: FileCase): void {
  const { input, expected, watermark } = testCase
  const names = Object.keys(input.fields)
  const fields = [
    ...names.map((name) => `${name}:${input.fields[name]}`),
    ...(input.key === undefined ? [] : [`${input.key.as}:f64`]),
  ]
  const rows = readJsonLines(input.file).map((line): Row => {
    const cells = names.map((name) => (line[name] ?? null) as Cell)
    return [
      Date.parse(String(line[input.time])),
      ...cells,
      ...(input.key === undefined ? [] : [derived(input.key, line)]),
    ]
  })
  const { results, late } = runRows(testCase, rows, fields, watermark?.behind ?? null)
  const got = results.map(
    ({ key, window, values }): Said => ({
      key: expected.key === undefined ? null : String(key),
      start: expected.window_start === undefined ? null : window.start,
      end: expected.window_end === undefined ? null : window.end,
      values: Object.fromEntries(
        Object.keys(expected.values).map((name) => [name, values[name] as number | null]),
      ),
    }),
  )
  matchAll('against the file', got, saidBy(expected), (one, said) => isSaid(one, said, expected))
  matchAll('late', Array.from({ length: late }), [], () => false)
}

function derived(
  key: NonNullable<FileCase['input']['key']>,
  line: Record<string, unknown>,
): number {
  const value = Number(line[key.of])
  if (key.modulo !== undefined) return value % key.modulo
  return value % (key.zero_when_divisible_by ?? 1) === 0 ? 0 : value
}

function saidBy({
  file,
  key,
  window_start,
  window_end,
  values,
  changes,
}: FileCase['expected']): Said[] {
  const lines = readJsonLines(file).map((line) =>
    changes === true ? (line['after'] as Record<string, unknown>) : line,
  )
  const said = lines.map(
    (line): Said => ({
      key: key === undefined ? null : String(line[key]),
      start: window_start === undefined ? null : instant(line[window_start]),
      end: window_end === undefined ? null : instant(line[window_end]),
      values: Object.fromEntries(
        Object.entries(values).map(([ours, theirs]) => [ours, line[theirs] as number | null]),
      ),
    }),
  )
  // Of a change stream, the last line of a key holds.
  return changes === true ? [...new Map(said.map((one) => [one.key, one])).values()] : said
}

function instant(text: unknown): number {
  return Date.parse(`${String(text)}Z`)
}

function isSaid(got: Said, wanted: Said, { places, within }: FileCase['expected']): boolean {
  if (got.key !== wanted.key || got.start !== wanted.start || got.end !== wanted.end) return false
  return Object.entries(wanted.values).every(([name, value]) => {
    const own = got.values[name]
    const relative = within?.[name]
    if (relative !== undefined) return isSame(own, value, relative)
    if (places === undefined || typeof own !== 'number') return isSame(own, value)
    return isSame(Number(own.toFixed(places)), value)
  })
}
