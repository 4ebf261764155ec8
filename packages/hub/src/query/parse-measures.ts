/** The measures of a question: names of the catalogue, measures with a filter of their own, formulas. */

import type { QuestionIssue } from '../core/ask.ts'
import type { Predicate } from '../store/store.ts'
import type { Formula } from './formula.ts'
import { parseFormula } from './formula.ts'
import type { MeasureSpec } from './measures.ts'
import { MEASURES, measureNamed } from './measures.ts'
import type { WhereContext } from './parse-where.ts'
import { isRecord, parseEqualities, parseWhere, unknownKeys } from './parse-where.ts'
import { suggestion } from './suggestion.ts'

export const MEASURE_LIMITS = { count: 50, name: 100 } as const

export type ParsedMeasure =
  | {
      readonly type: 'measure'
      readonly name: string
      readonly spec: MeasureSpec
      readonly where: Predicate | null
      /** A filter of its own names `status`: the measure is not guarded. */
      readonly statusAsked: boolean
      /** Needed by a formula, not part of the answer. */
      readonly hidden: boolean
    }
  | { readonly type: 'formula'; readonly name: string; readonly formula: Formula }

const NAME = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*$/u
const MEASURE_NAMES = MEASURES.map((spec) => spec.name)

/** Columns that a comparison adds to each measure: `<measure>.<suffix>`. */
export const COMPARISONS = ['previous', 'delta', 'change'] as const

/**
 * @param taken names of the other columns of the answer, which a measure may not have
 */
export function parseMeasures(
  value: unknown,
  kind: 'series' | 'table' | 'list',
  taken: readonly string[],
  context: WhereContext,
): { measures: ParsedMeasure[]; shown: string[] } {
  const { issues } = context
  const measures: ParsedMeasure[] = []
  const shown: string[] = []
  const none = value === undefined || value === null || (Array.isArray(value) && value.length === 0)
  if (kind === 'list') {
    if (!none) issues.push({ path: '/measures', message: 'a list shows rows; `by` names fields' })
    return { measures, shown }
  }
  if (none || !Array.isArray(value)) {
    issues.push({ path: '/measures', message: 'must be a list with at least one measure' })
    return { measures, shown }
  }
  if (value.length > MEASURE_LIMITS.count) {
    issues.push({ path: '/measures', message: `has more than ${MEASURE_LIMITS.count} entries` })
    return { measures, shown }
  }
  const plain = value.filter((each) => !isRecord(each) || each['formula'] === undefined)
  const formulas = value.filter((each) => isRecord(each) && each['formula'] !== undefined)
  const pathOf = (each: unknown): string => `/measures/${value.indexOf(each)}`
  for (const each of plain) {
    const measure = parseMeasure(each, pathOf(each), context)
    if (measure === null) continue
    if (measures.some((other) => other.name === measure.name)) {
      issues.push({ path: pathOf(each), message: `"${measure.name}" is there twice` })
    } else measures.push(measure)
  }
  for (const each of formulas) parseFormulaMeasure(each, pathOf(each), measures, issues)
  for (const { name } of measures) {
    if (taken.includes(name)) {
      issues.push({ path: '/measures', message: `"${name}" is the name of another column` })
    }
  }
  for (const each of value) {
    const name: unknown = isRecord(each) ? (each['as'] ?? each['measure']) : each
    if (typeof name === 'string') shown.push(name)
  }
  return { measures, shown }
}

function checkName(value: unknown, path: string, issues: QuestionIssue[]): string | null {
  if (
    typeof value === 'string' &&
    value.length <= MEASURE_LIMITS.name &&
    NAME.test(value) &&
    !COMPARISONS.some((suffix) => value.endsWith(`.${suffix}`))
  ) {
    return value
  }
  issues.push({
    path,
    message: `must be a name of letters, digits, _ and single dots, at most ${MEASURE_LIMITS.name} long, that does not end in ${COMPARISONS.map((suffix) => `.${suffix}`).join(', ')}`,
  })
  return null
}

function parseMeasure(value: unknown, path: string, context: WhereContext): ParsedMeasure | null {
  const { issues } = context
  const before = issues.length
  const named = isRecord(value) ? value['measure'] : value
  const spec = typeof named === 'string' ? measureNamed(named) : undefined
  if (spec === undefined) {
    issues.push({
      path,
      message:
        typeof named === 'string'
          ? `"${named.slice(0, MEASURE_LIMITS.name)}" is not a measure.${suggestion(named, MEASURE_NAMES)}`
          : 'must be the name of a measure, or an object with `as` and `measure` or `formula`',
    })
    return null
  }
  if (!isRecord(value)) {
    const { name } = spec
    return { type: 'measure', name, spec, where: null, statusAsked: false, hidden: false }
  }
  unknownKeys(value, ['as', 'measure', 'where'], path, issues)
  const name = value['as'] === undefined ? spec.name : checkName(value['as'], `${path}/as`, issues)
  const own: WhereContext = { issues, fields: new Set(), filters: context.filters }
  const given = value['where']
  const nested = isRecord(given) && ['all', 'any', 'not'].some((key) => Object.hasOwn(given, key))
  const where =
    isRecord(given) && !nested
      ? parseEqualities(given, `${path}/where`, own)
      : parseWhere(given, `${path}/where`, own)
  context.filters = own.filters
  if (name === null || issues.length > before) return null
  const statusAsked = own.fields.has('status')
  return { type: 'measure', name, spec, where, statusAsked, hidden: false }
}

function parseFormulaMeasure(
  value: unknown,
  path: string,
  measures: ParsedMeasure[],
  issues: QuestionIssue[],
): void {
  if (!isRecord(value)) return
  unknownKeys(value, ['as', 'formula'], path, issues)
  const name = checkName(value['as'], `${path}/as`, issues)
  const text = value['formula']
  if (typeof text !== 'string') {
    issues.push({ path: `${path}/formula`, message: 'must be a text' })
    return
  }
  const parsed = parseFormula(text)
  if (!parsed.ok) {
    issues.push({ path: `${path}/formula`, message: parsed.message })
    return
  }
  for (const used of parsed.names) {
    if (measures.some((measure) => measure.name === used)) continue
    const spec = measureNamed(used)
    if (spec !== undefined) {
      measures.push({
        type: 'measure',
        name: used,
        spec,
        where: null,
        statusAsked: false,
        hidden: true,
      })
      continue
    }
    const known = [...measures.map((measure) => measure.name), ...MEASURE_NAMES]
    issues.push({
      path: `${path}/formula`,
      message: `"${used.slice(0, MEASURE_LIMITS.name)}" is neither a measure nor a name defined before.${suggestion(used, known)}`,
    })
  }
  if (name === null) return
  const taken = measures.find((measure) => measure.name === name)
  if (taken !== undefined) {
    issues.push({ path: `${path}/as`, message: `"${name}" is there twice` })
  } else measures.push({ type: 'formula', name, formula: parsed.formula })
}
