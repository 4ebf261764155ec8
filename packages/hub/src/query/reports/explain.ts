import type { Answer, Question, Where } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import type { QuestionIssue } from '../../core/ask.ts'
import { dollars } from '../../core/dollars.ts'
import type { ReportSpec } from '../../core/report.ts'
import type { PartAmounts } from '../cost-change.ts'
import { addParts, costOfLine, explainChange, NO_CHANGE, NO_COST, PARTS } from '../cost-change.ts'
import type { Spending } from '../cost-lines.ts'
import {
  keepLargest,
  LINE_DIMENSIONS,
  LINE_MEASURES,
  lineOfKey,
  magnitude,
  NOTHING,
  renameLines,
  spendingOf,
  withoutPart,
} from '../cost-lines.ts'
import { defineReport, questionBase } from './define-report.ts'
import { type Change, type ModelChange, sayChange, sayPart } from './explain-words.ts'
import type { ReportInput } from './parameters.ts'
import { FILTER_PARAMETERS, RANGE_PARAMETERS, SHORT_RANGE_PARAMETERS } from './parameters.ts'
import { arraySchema, objectSchema } from './shape.ts'

/** Lines beyond these are explained as one per way of costing, which bounds the arithmetic. */
const MOST_LINES = 500
/** Rows of a question about lines. */
const MOST_ROWS = 100_000
/** Users looked at: so many that cost most, of each range. */
const CANDIDATES = 100

const MONEY = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' } as const
const COUNT = { type: 'integer' } as const
const RATIO = { type: ['number', 'null'] } as const
const TEXT = { type: ['string', 'null'] } as const
const TIME = { type: 'string', format: 'date-time' } as const
const PARTS_SCHEMA = objectSchema(Object.fromEntries(PARTS.map((part) => [part, MONEY])))
const RANGE_SCHEMA = objectSchema({
  from: TIME,
  to: TIME,
  total: { ...MONEY, description: 'cost.total' },
  priced: { ...COUNT, description: 'Calls whose cost is known.' },
  unpriced: { ...COUNT, description: 'Calls whose cost is not known: no part of any number here.' },
  source: { enum: ['raw', 'rollup', 'mixed'], description: 'Where the numbers come from.' },
})
const CHANGE_PROPERTIES = { before: MONEY, after: MONEY, change: MONEY, parts: PARTS_SCHEMA }
const MONEY_UNITS = {
  before: 'USD',
  after: 'USD',
  change: 'USD',
  parts: Object.fromEntries(PARTS.map((part) => [part, 'USD'])),
}

export const costsExplain: ReportSpec = defineReport({
  path: '/costs/explain',
  summary: 'Why the cost changed between two ranges: parts that sum exactly to the change.',
  parameters: [
    ...RANGE_PARAMETERS,
    ...SHORT_RANGE_PARAMETERS,
    {
      name: 'vs',
      type: 'enum',
      doc: 'What to compare with: the range of the same length right before, unless `vs_from` is given.',
      values: ['previous'],
      default: 'previous',
    },
    {
      name: 'vs_from',
      type: 'time',
      doc: 'Start of the range to compare with.',
      example: '2026-10-08T00:00:00Z',
    },
    {
      name: 'vs_to',
      type: 'time',
      doc: 'End of it, exclusive. Default: as long after `vs_from` as the range is.',
      example: '2026-10-15T00:00:00Z',
    },
    {
      name: 'limit',
      type: 'integer',
      doc: 'Models and users to list, those that changed most first, at most 100; the rest is one entry.',
      default: '10',
    },
    ...FILTER_PARAMETERS,
  ],
  properties: {
    before: RANGE_SCHEMA,
    after: RANGE_SCHEMA,
    change: MONEY,
    change_ratio: { ...RATIO, description: 'Change by the cost before; null where that is 0.' },
    summary: { type: 'string' },
    parts: arraySchema(
      objectSchema({
        part: { enum: PARTS },
        amount: MONEY,
        share: { ...RATIO, description: 'Part by whole change; null where nothing changed.' },
        text: { type: 'string' },
      }),
    ),
    models: arraySchema(
      objectSchema({
        provider: TEXT,
        model: TEXT,
        rest: { type: 'boolean', description: 'All models that are not listed.' },
        state: { enum: ['both', 'new', 'gone'] },
        ...CHANGE_PROPERTIES,
      }),
    ),
    users: arraySchema(
      objectSchema({
        user: { ...TEXT, description: 'Null: calls without a user.' },
        rest: { type: 'boolean', description: 'All users that are not listed.' },
        ...CHANGE_PROPERTIES,
      }),
    ),
    measures: arraySchema({ type: 'string', description: 'Measures the numbers are made of.' }),
  },
  units: {
    before: { total: 'USD' },
    after: { total: 'USD' },
    change: 'USD',
    change_ratio: 'ratio',
    parts: { amount: 'USD', share: 'ratio' },
    models: MONEY_UNITS,
    users: MONEY_UNITS,
  },
  check: checkRanges,
  questions: (input) => {
    const base = questionBase(input)
    const lines = { ...base, ...linesBy([]) }
    const users = {
      ...base,
      kind: 'table',
      measures: ['cost.total'],
      by: ['user'],
      top: { by: 'cost.total', n: CANDIDATES, other: false },
    } as const
    const earlier = rangeBefore(input)
    return {
      after: lines,
      before: { ...lines, ...earlier },
      usersAfter: users,
      usersBefore: { ...users, ...earlier },
    }
  },
  followUp: ({ usersAfter, usersBefore }, input) => {
    const names = new Set([...usersAfter.rows, ...usersBefore.rows].map(([user]) => user))
    const known = [...names].filter((user) => typeof user === 'string')
    const nobody = { field: 'user', op: 'not_exists' } as const
    const where: Where =
      known.length === 0
        ? { all: [nobody] }
        : { any: [{ field: 'user', op: 'in', value: known }, nobody] }
    const lines = { ...questionBase(input), ...linesBy(['user']), where }
    return { linesAfter: lines, linesBefore: { ...lines, ...rangeBefore(input) } }
  },
  content: (answers, input) => {
    const limit = Number(input.values['limit'])
    const was = spendingOf(answers.before).get(null) ?? NOTHING
    const is = spendingOf(answers.after).get(null) ?? NOTHING
    const rename = keepLargest(was.lines, is.lines, MOST_LINES)
    const [before, after] = [renameLines(was, rename), renameLines(is, rename)]
    const explained = explainChange(before.lines, after.lines)
    const parts = [...explained.values()].reduce(addParts, NO_CHANGE)
    const change = after.total - before.total
    const models = modelsOf(before, after, explained)
    const users = usersOf(answers, before, after, rename, limit)
    return {
      body: {
        before: rangeBody(answers.before, before),
        after: rangeBody(answers.after, after),
        change: dollars(change),
        change_ratio: ratioOf(change, magnitude(before.total)),
        summary: sayChange(before.total, after.total),
        parts: PARTS.map((part) => ({
          part,
          amount: dollars(parts[part]),
          share: ratioOf(parts[part], change),
          text: sayPart(part, parts[part], before, after, models),
        })),
        models: listed(models, limit),
        users,
        measures: LINE_MEASURES,
      },
      warnings: warningsOf(before, after, input),
    }
  },
})

function checkRanges(input: ReportInput): readonly QuestionIssue[] {
  const issues: QuestionIssue[] = []
  const from = input.instant('vs_from')
  const to = input.instant('vs_to')
  if (from === null && to !== null) {
    issues.push({ path: 'vs_to', message: 'needs `vs_from` beside it' })
  }
  if (from !== null && to !== null && from > to) {
    issues.push({ path: 'vs_from', message: 'lies after `vs_to`' })
  }
  if (Number(input.values['limit']) > 100) issues.push({ path: 'limit', message: 'is above 100' })
  return issues
}

/** Epoch microseconds of the range to compare with. */
function instantsBefore(input: ReportInput): { readonly from: number; readonly to: number } {
  const length = input.to - input.from
  const from = input.instant('vs_from') ?? Math.max(0, input.from - length)
  const to = input.instant('vs_to') ?? from + length
  return { from, to }
}

function rangeBefore(input: ReportInput): { readonly from: string; readonly to: string } {
  const { from, to } = instantsBefore(input)
  return { from: formatIsoMicros(from), to: formatIsoMicros(to) }
}

function linesBy(more: readonly string[]): Pick<Question, 'kind' | 'measures' | 'by' | 'limit'> {
  return {
    kind: 'table',
    measures: LINE_MEASURES,
    by: [...more, ...LINE_DIMENSIONS],
    limit: MOST_ROWS,
  }
}

function rangeBody(answer: Answer, spending: Spending): object {
  return {
    from: answer.meta.from,
    to: answer.meta.to,
    total: dollars(spending.total),
    priced: Number(spending.priced),
    unpriced: Number(spending.unpriced),
    source: answer.meta.source,
  }
}

/** Lines of a model, however they cost, added up; the models that changed most first. */
function modelsOf(
  before: Spending,
  after: Spending,
  explained: ReadonlyMap<string, PartAmounts>,
): readonly ModelChange[] {
  const models = new Map<string, ModelChange>()
  const seen = new Map<string, { was: boolean; is: boolean }>()
  for (const [key, parts] of explained) {
    const { provider, model, rest } = lineOfKey(key)
    const name = JSON.stringify([provider, model, rest])
    const was = before.lines.get(key)
    const is = after.lines.get(key)
    const known = models.get(name)
    const where = seen.get(name) ?? { was: false, is: false }
    where.was ||= was !== undefined
    where.is ||= is !== undefined
    seen.set(name, where)
    models.set(name, {
      provider,
      model,
      rest,
      state: where.was && where.is ? 'both' : where.is ? 'new' : 'gone',
      before: (known?.before ?? 0n) + costOfLine(was ?? NO_COST),
      after: (known?.after ?? 0n) + costOfLine(is ?? NO_COST),
      parts: addParts(known?.parts ?? NO_CHANGE, parts),
    })
  }
  return [...models.values()].sort(byChange)
}

/** What changed most first, and what is left over last. */
function byChange<Item extends Change & { readonly rest: boolean }>(a: Item, b: Item): number {
  if (a.rest !== b.rest) return a.rest ? 1 : -1
  const [x, y] = [a, b].map((each) => magnitude(each.after - each.before))
  return (x ?? 0n) === (y ?? 0n) ? 0 : (x ?? 0n) > (y ?? 0n) ? -1 : 1
}

function listed(models: readonly ModelChange[], limit: number): object[] {
  const shown = models.filter(({ rest }) => !rest).slice(0, limit)
  const others = models.filter((model) => !shown.includes(model))
  const items: ModelChange[] = [...shown]
  if (others.length > 0) {
    items.push({
      provider: null,
      model: null,
      rest: true,
      state: 'both',
      before: others.reduce((sum, each) => sum + each.before, 0n),
      after: others.reduce((sum, each) => sum + each.after, 0n),
      parts: others.reduce((sum, each) => addParts(sum, each.parts), NO_CHANGE),
    })
  }
  return items.map(({ provider, model, rest, state, ...change }) => {
    return { provider, model, rest, state, ...changeBody(change) }
  })
}

function changeBody({ before, after, parts }: Change): object {
  return {
    before: dollars(before),
    after: dollars(after),
    change: dollars(after - before),
    parts: Object.fromEntries(PARTS.map((part) => [part, dollars(parts[part])])),
  }
}

/** Each user's change explained by itself: its volume is the user's own calls, its mix the user's models. */
function usersOf(
  answers: Readonly<Record<string, Answer>>,
  before: Spending,
  after: Spending,
  rename: (key: string) => string,
  limit: number,
): object[] {
  const lines = (name: string): ReadonlyMap<string | null, Spending> => {
    const answer = answers[name]
    const users = answer === undefined ? [] : [...spendingOf(answer)]
    return new Map(users.map(([user, each]) => [user, renameLines(each, rename)]))
  }
  const was = lines('linesBefore')
  const is = lines('linesAfter')
  const users = [...new Set([...was.keys(), ...is.keys()])].map((user) => {
    const [earlier, later] = [was.get(user) ?? NOTHING, is.get(user) ?? NOTHING]
    return { user, earlier, later, rest: false, ...explainedChange(earlier, later) }
  })
  const shown = users.sort(byChange).slice(0, limit)
  const earlier = shown.reduce((left, each) => withoutPart(left, each.earlier), before)
  const later = shown.reduce((left, each) => withoutPart(left, each.later), after)
  const items = shown.map((each) => ({ user: each.user, rest: false, ...changeBody(each) }))
  if (earlier.lines.size + later.lines.size === 0) return items
  const rest = changeBody(explainedChange(earlier, later))
  return [...items, { user: null, rest: true, ...rest }]
}

function explainedChange(before: Spending, after: Spending): Change {
  const explained = explainChange(before.lines, after.lines)
  return {
    before: before.total,
    after: after.total,
    parts: [...explained.values()].reduce(addParts, NO_CHANGE),
  }
}

function ratioOf(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number((Number(part) / Number(whole)).toPrecision(12)) + 0
}

function warningsOf(before: Spending, after: Spending, input: ReportInput): readonly string[] {
  const warnings: string[] = []
  if (before.unpriced + after.unpriced > 0n) {
    warnings.push(
      `Calls whose cost is not known are in no part: ${before.unpriced} before, ${after.unpriced} after.`,
    )
  }
  const earlier = instantsBefore(input)
  if (earlier.to - earlier.from !== input.to - input.from) {
    warnings.push('The ranges differ in length, which is part of the volume.')
  }
  return warnings
}
