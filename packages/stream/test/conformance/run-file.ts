import { createWindowOperator, restoreWindowOperator, type WindowResult } from '../../src/index.ts'
import { batchOf, type Cell, type Row } from '../rows.ts'
import { readJsonLines } from '../shared-data.ts'
import type { FileCase, FormulaCase } from './case.ts'
import { isSame, matchAll } from './mismatch.ts'

/** How rows are run: one by one, or so many at once with a restart behind them; results must be the same. */
const MANNERS = [
  { path: 'fast', atOnce: 1, restarts: false },
  { path: 'general', atOnce: 1, restarts: false },
  { path: 'fast', atOnce: 97, restarts: true },
] as const

/** Rows [time, …fields] to the end; the watermark moves behind each batch. */
function runRows(
  { windowing, aggregates, keys }: FileCase | FormulaCase,
  rows: readonly Row[],
  fields: readonly string[],
  behind: number | null,
  { path, atOnce, restarts }: (typeof MANNERS)[number],
): { results: WindowResult[]; late: number } {
  const options = { windowing, aggregates, keys: keys ?? [], path }
  let operator = createWindowOperator(options)
  let greatest = Number.NEGATIVE_INFINITY
  const results: WindowResult[] = []
  let late = 0
  const take = (): void => {
    results.push(...operator.takeResults())
    late += operator.takeLate().length
  }
  for (let i = 0; i < rows.length; i += atOnce) {
    const batch = rows.slice(i, i + atOnce)
    operator.push(batchOf(batch, fields))
    greatest = Math.max(greatest, ...batch.map(([time]) => Number(time)))
    if (behind !== null) operator.watermark(greatest - behind)
    if (!restarts) continue
    take()
    operator = restoreWindowOperator(options, operator.snapshot())
  }
  operator.end()
  take()
  return { results, late }
}

export function runFormulaCase(testCase: FormulaCase): void {
  const { start, step, rows } = testCase.formula
  const made = Array.from({ length: rows }, (_, i): Row => [start + i * step, i])
  for (const manner of MANNERS) {
    const { results } = runRows(testCase, made, ['counter:f64'], 0, manner)
    matchAll(JSON.stringify(manner), results, testCase.expect, (result, { window, values }) => {
      const isWindow =
        window === undefined || isSame([result.window.start, result.window.end], window)
      return isWindow && isSame(result.values, values ?? {})
    })
  }
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
  const said = saidBy(expected)
  for (const manner of MANNERS) {
    const { results, late } = runRows(testCase, rows, fields, watermark?.behind ?? null, manner)
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
    matchAll(JSON.stringify(manner), got, said, (one, line) => isSaid(one, line, expected))
    matchAll('late', Array.from({ length: late }), [], () => false)
  }
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
