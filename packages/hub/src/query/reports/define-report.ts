/**
 * What all reports have in common: parameters are read, all questions are asked at once, and the
 * body gets `meta` (range and how far the answers are good) and `units`.
 */

import type { Answer, AnswerMeta, Question } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { QuestionIssue } from '../../core/ask.ts'
import type { ReportOutcome, ReportParameter, ReportSpec } from '../../core/report.ts'
import type { ReportInput } from './parameters.ts'
import { AFTER_PARAMETER, GRANULARITIES, readParameters } from './parameters.ts'
import type { JsonSchema } from './shape.ts'
import { arraySchema, objectSchema } from './shape.ts'

export interface ReportContent {
  readonly body: Readonly<Record<string, unknown>>
  /** Said in `meta` beside what the answers say. */
  readonly warnings?: readonly string[]
  readonly partial?: boolean
}

export interface ReportDefinition<Name extends string> {
  readonly path: string
  readonly summary: string
  readonly parameters: readonly ReportParameter[]
  /** Schemas of the body's own properties. */
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly units: Readonly<Record<string, unknown>>
  /** Range of the report where it is not that of the parameters. */
  readonly range?: (input: ReportInput) => { readonly from: number; readonly to: number }
  /** Checks beyond the types of the parameters. */
  readonly check?: (input: ReportInput) => readonly QuestionIssue[]
  readonly questions: (input: ReportInput) => Readonly<Record<Name, Question>>
  /** Questions that follow from the answers to the first ones. */
  readonly followUp?: (
    answers: Readonly<Record<Name, Answer>>,
    input: ReportInput,
  ) => Readonly<Record<string, Question>>
  /** `answers` are those to all questions. */
  readonly content: (
    answers: Readonly<Record<Name, Answer>> & Readonly<Record<string, Answer>>,
    input: ReportInput,
  ) => ReportContent
}

/** What every report says of itself. */
export const META_SCHEMA = {
  title: 'ReportMeta',
  ...objectSchema({
    from: { type: 'string', format: 'date-time' },
    to: { type: 'string', format: 'date-time' },
    timezone: { type: 'string' },
    asOf: objectSchema({
      position: { type: 'object', additionalProperties: { type: 'string' } },
      watermark: { type: ['string', 'null'], format: 'date-time' },
    }),
    source: { enum: ['raw', 'rollup', 'mixed'] },
    partial: { type: 'boolean' },
    warnings: arraySchema({ type: 'string' }),
  }),
}

/** Units stand at the place of what they are the unit of. */
function unitsSchema(units: Readonly<Record<string, unknown>>): JsonSchema {
  const schema = (unit: unknown): JsonSchema =>
    typeof unit === 'object' && unit !== null
      ? objectSchema(
          Object.fromEntries(Object.entries(unit).map(([name, part]) => [name, schema(part)])),
        )
      : { const: unit }
  return { ...schema(units), description: 'Unit of every number, by its place in the body.' }
}

/** Range, filters and zone of the parameters, as parts of a question. */
export function questionBase(
  input: ReportInput,
): Pick<Question, 'from' | 'to' | 'timezone' | 'filters'> {
  const { timezone, filters } = input
  return { from: formatIsoMicros(input.from), to: formatIsoMicros(input.to), timezone, filters }
}

export function defineReport<Name extends string>(definition: ReportDefinition<Name>): ReportSpec {
  const { path, summary } = definition
  const parameters = [...definition.parameters, AFTER_PARAMETER]
  return {
    path,
    summary,
    parameters,
    response: objectSchema({
      ...definition.properties,
      units: unitsSchema(definition.units),
      meta: META_SCHEMA,
    }),
    /** `now` is epoch milliseconds, as of `Clock.now`. */
    async run(given, ask, scope, now, signal): Promise<ReportOutcome> {
      const parsed = readParameters(parameters, given, now * 1000)
      if (!parsed.ok) return invalid(parsed.issues)
      const range = definition.range?.(parsed.input)
      const input: ReportInput = { ...parsed.input, ...range }
      const issues = definition.check?.(input) ?? []
      if (issues.length > 0) return invalid(issues)
      const { after } = input.values
      const answers: Record<string, Answer> = {}
      /** The first failure, or null when every question is answered. */
      const askAll = async (
        questions: Readonly<Record<string, Question>>,
      ): Promise<Extract<ReportOutcome, { ok: false }> | null> => {
        const asked = Object.entries<Question>(questions)
        const outcomes = await Promise.all(
          asked.map(([, question]) =>
            ask(after === undefined ? question : { ...question, after }, scope, signal),
          ),
        )
        for (const [index, outcome] of outcomes.entries()) {
          if (!outcome.ok) return inParameters(outcome)
          answers[asked[index]?.[0] ?? ''] = outcome.answer
        }
        return null
      }
      const first = answers as Readonly<Record<Name, Answer>>
      const failure =
        (await askAll(definition.questions(input))) ??
        (await askAll(definition.followUp?.(first, input) ?? {}))
      if (failure !== null) return failure
      const content = definition.content(first, input)
      const body = {
        ...content.body,
        units: definition.units,
        meta: mergeMeta(Object.values(answers), input, content),
      }
      return { ok: true, body }
    },
  }
}

function invalid(issues: readonly QuestionIssue[]): ReportOutcome {
  const [first] = issues
  const message = first === undefined ? '' : `${first.path} ${first.message}`
  return { ok: false, code: 'invalid_request', message, issues }
}

/** Failures speak of questions; here the step is called granularity and has other names. */
function inParameters(
  outcome: Extract<ReportOutcome, { ok: false }>,
): Extract<ReportOutcome, { ok: false }> {
  if (outcome.code !== 'too_many_buckets') return outcome
  const message = outcome.message.replace(
    /\b\d+[mhdwM]\b/gu,
    (step) => Object.entries(GRANULARITIES).find(([, each]) => each === step)?.[0] ?? step,
  )
  return { ...outcome, message, issues: [{ path: 'granularity', message }] }
}

/** What all answers include. */
function mergeMeta(
  answers: readonly Answer[],
  input: ReportInput,
  content: ReportContent,
): AnswerMeta {
  const metas = answers.map((answer) => answer.meta)
  const position: Record<string, string> = {}
  for (const { asOf } of metas) {
    for (const [partition, offset] of Object.entries(asOf.position)) {
      const known = position[partition]
      if (known === undefined || BigInt(offset) < BigInt(known)) position[partition] = offset
    }
  }
  const watermarks = metas.flatMap(({ asOf }) => (asOf.watermark === null ? [] : [asOf.watermark]))
  const [source = 'raw', ...others] = new Set(metas.map((meta) => meta.source))
  const warnings = [...metas.flatMap((meta) => meta.warnings), ...(content.warnings ?? [])]
  return {
    from: formatIsoMicros(input.from),
    to: formatIsoMicros(input.to),
    timezone: input.timezone,
    asOf: { position, watermark: earliest(watermarks) },
    source: others.length > 0 ? 'mixed' : source,
    partial: content.partial === true || metas.some((meta) => meta.partial),
    warnings: [...new Set(warnings)],
  }
}

/** ISO times of different precision do not order as texts. */
function earliest(times: readonly string[]): string | null {
  let first: string | null = null
  for (const time of times) {
    if (first === null || Date.parse(time) < Date.parse(first)) first = time
  }
  return first
}
