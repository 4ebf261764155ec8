/**
 * An invoice against what the hub knows of the same days: by day and model, what was invoiced, what the
 * hub computed and what senders reported.
 *
 * Models are matched by the id under which the price table lists them, so that an alias on one side and
 * a dated snapshot on the other are one, as long as they have one price list; the answer names both. A
 * model that the table does not know matches its own name alone. An invoice without models is compared
 * by day.
 */

import type { Answer, AnswerMeta, Filter, Question } from '@llmhub/schema'
import { formatIsoMicros } from '@llmhub/schema'
import { bucketEdges } from '@llmhub/stream'
import type { Ask, AskFailureCode, QuestionIssue } from '../../core/ask.ts'
import { dollars } from '../../core/dollars.ts'
import type { ProjectScope } from '../../core/scope.ts'
import { META_SCHEMA } from '../reports/define-report.ts'
import { arraySchema, cellAt, objectSchema } from '../reports/shape.ts'
import { picoDollars } from '../value.ts'
import { dayNames } from './calendar-day.ts'
import type { Invoice } from './invoice.ts'
import { INVOICE_FIELDS, INVOICE_LIMITS } from './invoice.ts'

/** The id of a model in the price table, `provider/model`; null for one it does not know. */
export type CanonicalModel = (provider: string | null, model: string) => string | null

export interface ReconcileRequest {
  readonly invoice: Invoice
  /** Only what this provider served; null: that of the invoice's shape, else all. */
  readonly provider: string | null
  readonly timezone: string
  /** Position to wait for. */
  readonly after?: string
}

export type ReconcileOutcome =
  | { readonly ok: true; readonly body: object }
  | {
      readonly ok: false
      readonly code: AskFailureCode | 'invalid_request'
      readonly message: string
      readonly issues: readonly QuestionIssue[]
    }

/** Items listed; of more the ones with the greatest differences are. */
const MOST_ITEMS = 2000
const MOST_ROWS = 100_000

interface Sums {
  invoiced: bigint
  total: bigint
  computed: bigint
  reported: bigint
  calls: bigint
  unpriced: bigint
  lines: bigint
}

interface Item extends Sums {
  readonly day: string
  readonly model: string | null
}

const none = (): Sums => ({
  invoiced: 0n,
  total: 0n,
  computed: 0n,
  reported: 0n,
  calls: 0n,
  unpriced: 0n,
  lines: 0n,
})

/** @param canonical must answer the same for the same arguments */
export async function reconcile(
  request: ReconcileRequest,
  canonical: CanonicalModel,
  ask: Ask,
  scope: ProjectScope,
  signal: AbortSignal,
): Promise<ReconcileOutcome> {
  const { invoice, timezone } = request
  const days = invoice.lines.map(({ day }) => day).sort()
  const [first] = days
  const last = days.at(-1)
  if (first === undefined || last === undefined) {
    return refused('line 1', 'the invoice has no line with an amount')
  }
  if ((Date.parse(last) - Date.parse(first)) / 86_400_000 >= INVOICE_LIMITS.days) {
    return refused(
      'date',
      `the invoice spans more than ${INVOICE_LIMITS.days} days, ${first} to ${last}`,
    )
  }
  const provider = request.provider ?? invoice.provider
  const outcome = await ask(questionOf(request, provider, first, last), scope, signal)
  if (!outcome.ok) return outcome
  const { answer } = outcome

  const byModel = invoice.lines.some(({ model }) => model !== null)
  const items = new Map<string, Item>()
  const aliases = new Map<string, { readonly invoice: Set<string>; readonly hub: Set<string> }>()
  const itemOf = (day: string, model: string | null): Item => {
    const key = JSON.stringify([day, model])
    const item = items.get(key) ?? { day, model, ...none() }
    items.set(key, item)
    return item
  }
  const named = (
    side: 'invoice' | 'hub',
    of: string | null,
    model: string | null,
  ): string | null => {
    if (!byModel || model === null) return null
    const id = canonical(of, model) ?? model.toLowerCase()
    const known = aliases.get(id) ?? { invoice: new Set<string>(), hub: new Set<string>() }
    aliases.set(id, known)
    known[side].add(model)
    return id
  }
  for (const line of invoice.lines) {
    const item = itemOf(line.day, named('invoice', provider, line.model))
    item.invoiced += line.amount
    item.lines++
  }
  addHub(answer, timezone, (day, of, model) => itemOf(day, named('hub', of, model)))
  const all = [...items.values()].filter(
    (item) => item.lines > 0n || item.calls > 0n || item.total !== 0n || item.unpriced > 0n,
  )
  return { ok: true, body: bodyOf(request, provider, { first, last }, all, aliases, answer.meta) }
}

function refused(path: string, message: string): ReconcileOutcome & { readonly ok: false } {
  return { ok: false, code: 'invalid_request', message, issues: [{ path, message }] }
}

function questionOf(
  { timezone, after }: ReconcileRequest,
  provider: string | null,
  first: string,
  last: string,
): Question {
  const filters: Filter[] =
    provider === null ? [] : [{ field: 'provider', op: 'eq', value: provider }]
  const { from, to } = rangeOfDays(first, last, timezone)
  return {
    kind: 'series',
    measures: [
      'cost.total',
      'cost.computed',
      'cost.reported',
      'cost.priced.count',
      'cost.unpriced.count',
    ],
    by: ['time:1d', 'provider', 'model'],
    from: formatIsoMicros(from),
    to: formatIsoMicros(to),
    timezone,
    filters,
    limit: MOST_ROWS,
    ...(after === undefined ? {} : { after }),
  }
}

const DAY_MICROS = 86_400_000_000

/** The days `first` to `last`, both included, of a zone; epoch microseconds. */
function rangeOfDays(
  first: string,
  last: string,
  zone: string,
): { readonly from: number; readonly to: number } {
  // Zones are less than two days away from UTC.
  const start = Math.max(0, Date.parse(first) * 1000 - 2 * DAY_MICROS)
  const end = Date.parse(last) * 1000 + 3 * DAY_MICROS
  const found = bucketEdges({ from: start, to: end, step: '1d', zone })
  if (!found.ok) throw new RangeError(found.message)
  const nameOf = dayNames(zone)
  const from = found.edges.find((edge) => nameOf(edge) >= first) ?? start
  const to = found.edges.find((edge) => nameOf(edge) > last) ?? end
  return { from, to }
}

function addHub(
  answer: Answer,
  timezone: string,
  itemOf: (day: string, provider: string | null, model: string | null) => Item,
): void {
  const nameOf = dayNames(timezone)
  for (const row of answer.rows) {
    const text = (name: string): string | null => {
      const cell = cellAt(answer, row, name)
      return typeof cell === 'string' ? cell : null
    }
    const money = (name: string): bigint => picoDollars(text(name) ?? '0') ?? 0n
    const count = (name: string): bigint =>
      BigInt(Math.round(Number(cellAt(answer, row, name) ?? 0)))
    const day = nameOf(Date.parse(text('time') ?? '') * 1000)
    const item = itemOf(day, text('provider'), text('model'))
    item.total += money('cost.total')
    item.computed += money('cost.computed')
    item.reported += money('cost.reported')
    item.calls += count('cost.priced.count')
    item.unpriced += count('cost.unpriced.count')
  }
}

function bodyOf(
  { invoice, timezone }: ReconcileRequest,
  provider: string | null,
  { first, last }: { readonly first: string; readonly last: string },
  items: readonly Item[],
  aliases: ReadonlyMap<string, { readonly invoice: Set<string>; readonly hub: Set<string> }>,
  meta: AnswerMeta,
): object {
  const listed = items
    .toSorted((a, b) => compare(distance(b), distance(a)))
    .slice(0, MOST_ITEMS)
    .toSorted((a, b) => compare(a.day, b.day) || compare(a.model ?? '', b.model ?? ''))
  const cut = items.length > listed.length
  const warnings = cut
    ? [`Only the ${MOST_ITEMS} items with the greatest differences are listed, of ${items.length}.`]
    : []
  return {
    invoice: {
      shape: invoice.shape,
      columns: invoice.columns,
      lines: invoice.lines.length,
      empty_lines: invoice.empty,
      from: first,
      to: last,
    },
    provider,
    total: compared(sumOf(items)),
    unmatched: {
      invoice: dollars(sumOf(items.filter((item) => stateOf(item) === 'invoice_only')).invoiced),
      hub: dollars(sumOf(items.filter((item) => stateOf(item) === 'hub_only')).total),
    },
    days: groupsOf(items, ({ day }) => day).map(([day, sums]) => ({ day, ...compared(sums) })),
    models: groupsOf(items, ({ model }) => model).map(([model, sums]) => {
      const names = model === null ? undefined : aliases.get(model)
      const both = { invoice: [...(names?.invoice ?? [])], hub: [...(names?.hub ?? [])] }
      return { model, names: both, ...compared(sums) }
    }),
    items: listed.map((item) => ({ day: item.day, model: item.model, ...compared(item) })),
    units: UNITS,
    meta: { ...meta, timezone, warnings: [...meta.warnings, ...warnings] },
  }
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function distance({ invoiced, total }: Sums): bigint {
  return invoiced > total ? invoiced - total : total - invoiced
}

function sumOf(items: readonly Sums[]): Sums {
  const sum = none()
  for (const item of items) {
    for (const name of Object.keys(sum) as (keyof Sums)[]) sum[name] += item[name]
  }
  return sum
}

function groupsOf<Key extends string | null>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): readonly (readonly [Key, Sums])[] {
  const groups = Map.groupBy(items, keyOf)
  return [...groups]
    .toSorted(([a], [b]) => compare(a ?? '', b ?? ''))
    .map(([key, own]) => [key, sumOf(own)] as const)
}

function stateOf({ lines, calls, unpriced, total }: Sums): 'both' | 'invoice_only' | 'hub_only' {
  if (lines === 0n) return 'hub_only'
  return calls === 0n && unpriced === 0n && total === 0n ? 'invoice_only' : 'both'
}

/** `delta`: what the invoice has more than the hub; `delta_ratio` is by what was invoiced. */
function compared(sums: Sums): object {
  const { invoiced, total, computed, reported, calls, unpriced } = sums
  const delta = invoiced - total
  return {
    state: stateOf(sums),
    invoiced: dollars(invoiced),
    total: dollars(total),
    computed: dollars(computed),
    reported: dollars(reported),
    delta: dollars(delta),
    delta_ratio:
      invoiced === 0n ? null : Number((Number(delta) / Number(invoiced)).toPrecision(12)) + 0,
    calls: Number(calls),
    unpriced: Number(unpriced),
  }
}

const UNITS = {
  invoiced: 'USD',
  computed: 'USD',
  reported: 'USD',
  total: 'USD',
  delta: 'USD',
  delta_ratio: 'ratio',
} as const

const MONEY = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' } as const
const TEXT = { type: 'string' } as const
const NAME = { type: ['string', 'null'] } as const
const COUNT = { type: 'integer' } as const
const COMPARED = {
  state: { enum: ['both', 'invoice_only', 'hub_only'] },
  invoiced: MONEY,
  total: { ...MONEY, description: 'What the hub says it cost: computed, else as reported.' },
  computed: MONEY,
  reported: MONEY,
  delta: { ...MONEY, description: '`invoiced` less `total`.' },
  delta_ratio: { type: ['number', 'null'], description: '`delta` by `invoiced`.' },
  calls: { ...COUNT, description: 'Calls whose cost the hub knows.' },
  unpriced: { ...COUNT, description: 'Calls whose cost it does not know.' },
}

/** JSON Schema of the answer. */
export const RECONCILE_SCHEMA = {
  title: 'Reconciliation',
  ...objectSchema({
    invoice: objectSchema({
      shape: { enum: ['openai', 'anthropic', 'generic'] },
      columns: {
        type: 'object',
        description: 'Which header was taken for what.',
        properties: Object.fromEntries(INVOICE_FIELDS.map((field) => [field, TEXT])),
        additionalProperties: false,
      },
      lines: COUNT,
      empty_lines: { ...COUNT, description: 'Lines without an amount.' },
      from: { ...TEXT, description: 'First day.' },
      to: { ...TEXT, description: 'Last day, inclusive.' },
    }),
    provider: { ...NAME, description: 'Only calls of this provider were compared; null: all.' },
    total: objectSchema(COMPARED),
    unmatched: objectSchema({
      invoice: { ...MONEY, description: 'Invoiced for what the hub has no calls of.' },
      hub: { ...MONEY, description: 'Cost of calls that the invoice does not have.' },
    }),
    days: arraySchema(objectSchema({ day: TEXT, ...COMPARED })),
    models: arraySchema(
      objectSchema({
        model: {
          ...NAME,
          description: 'Id in the price table, or the name where it is not there.',
        },
        names: objectSchema({ invoice: arraySchema(TEXT), hub: arraySchema(TEXT) }),
        ...COMPARED,
      }),
    ),
    items: arraySchema(objectSchema({ day: TEXT, model: NAME, ...COMPARED })),
    units: objectSchema(Object.fromEntries(Object.keys(UNITS).map((name) => [name, TEXT]))),
    meta: META_SCHEMA,
  }),
}
