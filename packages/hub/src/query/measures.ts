/**
 * The catalogue of measures, as data. A measure names the kinds it reads, the logical aggregates it
 * is made of and how its value follows from them; the planner, the semantic document and the
 * reports know nothing else about it. Adding a measure is adding a record here.
 *
 * Conventions, which hold for every measure:
 * - Only rows that are current and not suppressed count (the store sees to it).
 * - A call without a status is taken as `ok`: most traces record no status for success.
 * - Measures marked `guarded` read successful calls only, unless the question says otherwise by
 *   filtering on `status` or grouping by it: a timeout's duration is the timeout's, not the model's.
 * - An average is the mean over the rows that have a value; it is null when none has.
 */

import type { KindName } from '@llmhub/schema'
import type { FieldRef, Predicate } from '../store/store.ts'

/** A logical aggregate without its id; `kind` and question filters are added by the planner. */
export type Part = { readonly where?: Predicate } & (
  | { readonly fn: 'rows'; readonly column?: string }
  | { readonly fn: 'sum' | 'min' | 'max' | 'm2'; readonly column: string }
  | { readonly fn: 'distinct'; readonly field: FieldRef }
  | { readonly fn: 'quantile'; readonly column: string; readonly q: number }
)

/**
 * How the value follows from the parts, in their order:
 * - `only`: the one part
 * - `sum`: the sum of the parts before the last one, which counts the rows read: 0 where there are
 *   none (nothing happened), null where no row has a value (a price that is not known is not 0)
 * - `ratio`: the first part times `scale` (default 1), divided by the sum of the others
 * - `per_second`: the one part divided by the seconds that the bucket covers
 * - `clamped`: the first part, kept between the other two: a quantile from sketch bins is within 1 %,
 *   and never beyond the least and greatest value seen, which are exact
 * - `stddev`: the sample standard deviation from (m2, rows): √(m2 / (n − 1)), null below two rows
 */
export type Derivation =
  | { readonly how: 'only' | 'sum' | 'per_second' | 'stddev' | 'clamped' }
  | { readonly how: 'ratio'; readonly scale?: number }

/**
 * - `additive`: values of disjoint row sets sum up
 * - `mergeable`: they merge, but not by adding the values (averages, minima, sketches)
 * - `neither`: only the rows give the value of a union (distinct counts)
 */
export type Additivity = 'additive' | 'mergeable' | 'neither'

export interface MeasureSpec {
  readonly name: string
  readonly unit: string
  /**
   * `money` is exact: pico-dollars inside, a decimal string of dollars in answers. `time` is ISO 8601
   * in answers and epoch seconds in formulas.
   */
  readonly type: 'integer' | 'number' | 'money' | 'time'
  readonly doc: string
  /** Kinds of events it reads; null reads all of them. */
  readonly kinds: readonly KindName[] | null
  readonly guarded: boolean
  readonly parts: readonly Part[]
  readonly derivation: Derivation
  readonly additivity: Additivity
}

type Kinds = readonly KindName[] | null

const CALLS = ['llm_request', 'latency'] as const satisfies readonly KindName[]
const USAGE = ['llm_request', 'token_cost', 'token_usage'] as const satisfies readonly KindName[]
const ACTORS = ['llm_request', 'latency', 'token_cost', 'token_usage'] as const
const COST = ['llm_request', 'token_cost', 'api_cost', 'resource_consumption'] as const
const PRICED = ['llm_request', 'token_cost'] as const satisfies readonly KindName[]

const column = (name: string): FieldRef => ({ type: 'column', column: name })
const isIn = (name: string, ...values: string[]): Predicate => ({
  op: 'in',
  field: column(name),
  values,
})
const absent = (name: string): Predicate => ({ op: 'is_null', field: column(name) })
const present = (name: string): Predicate => ({ op: 'not', part: absent(name) })

/** What `guarded` measures read: calls that did not fail. */
export const SUCCEEDED: Predicate = { op: 'or', parts: [absent('status'), isIn('status', 'ok')] }

const FAILED = isIn('status', 'error', 'timeout')

function count(name: string, doc: string, kinds: Kinds, where?: Predicate): MeasureSpec {
  return {
    name,
    unit: 'count',
    type: 'integer',
    doc,
    kinds,
    guarded: false,
    parts: [where === undefined ? { fn: 'rows' } : { fn: 'rows', where }],
    derivation: { how: 'only' },
    additivity: 'additive',
  }
}

function share(name: string, doc: string, kinds: Kinds, part: Part, of: Part): MeasureSpec {
  return {
    name,
    unit: 'ratio',
    type: 'number',
    doc,
    kinds,
    guarded: false,
    parts: [part, of],
    derivation: { how: 'ratio' },
    additivity: 'mergeable',
  }
}

function distinct(name: string, doc: string, field: string): MeasureSpec {
  return {
    name,
    unit: 'count',
    type: 'integer',
    doc,
    kinds: ACTORS,
    guarded: false,
    parts: [{ fn: 'distinct', field: column(field) }],
    derivation: { how: 'only' },
    additivity: 'neither',
  }
}

function tokens(name: string, doc: string, ...columns: string[]): MeasureSpec {
  return {
    name,
    unit: 'tokens',
    type: 'integer',
    doc,
    kinds: USAGE,
    guarded: false,
    parts: [...columns.map((each) => ({ fn: 'sum', column: each }) as const), { fn: 'rows' }],
    derivation: { how: 'sum' },
    additivity: 'additive',
  }
}

function cost(name: string, doc: string, from: string): MeasureSpec {
  return {
    name,
    unit: 'USD',
    type: 'money',
    doc,
    kinds: COST,
    guarded: false,
    parts: [{ fn: 'sum', column: from }, { fn: 'rows' }],
    derivation: { how: 'sum' },
    additivity: 'additive',
  }
}

function instant(name: string, doc: string, fn: 'min' | 'max'): MeasureSpec {
  return {
    name,
    unit: '',
    type: 'time',
    doc,
    kinds: null,
    guarded: false,
    parts: [{ fn, column: 'time' }],
    derivation: { how: 'only' },
    additivity: 'mergeable',
  }
}

interface Distribution {
  readonly prefix: string
  readonly of: string
  readonly column: string
  readonly unit: string
  readonly kinds: Kinds
  readonly guarded: boolean
}

const QUANTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
] as const

/** avg, min, max, p50, p90, p95, p99, stddev and count of one numeric column. */
function distribution(from: Distribution): MeasureSpec[] {
  const { prefix, of, unit, kinds, guarded } = from
  const rows: Part = { fn: 'rows', column: from.column }
  const base = { unit, type: 'number', kinds, guarded, additivity: 'mergeable' } as const
  return [
    {
      ...base,
      name: `${prefix}.avg`,
      doc: `Mean ${of}.`,
      parts: [{ fn: 'sum', column: from.column }, rows],
      derivation: { how: 'ratio' },
    },
    ...(['min', 'max'] as const).map(
      (fn): MeasureSpec => ({
        ...base,
        name: `${prefix}.${fn}`,
        doc: fn === 'min' ? `Least ${of}.` : `Greatest ${of}.`,
        parts: [{ fn, column: from.column }],
        derivation: { how: 'only' },
      }),
    ),
    ...QUANTILES.map(
      ([label, q]): MeasureSpec => ({
        ...base,
        name: `${prefix}.${label}`,
        doc: `The least ${of} that at least ${q * 100} % of the rows do not exceed (nearest rank).`,
        parts: [
          { fn: 'quantile', column: from.column, q },
          { fn: 'min', column: from.column },
          { fn: 'max', column: from.column },
        ],
        derivation: { how: 'clamped' },
      }),
    ),
    {
      ...base,
      name: `${prefix}.stddev`,
      doc: `Sample standard deviation of the ${of}.`,
      parts: [{ fn: 'm2', column: from.column }, rows],
      derivation: { how: 'stddev' },
    },
    {
      ...base,
      name: `${prefix}.count`,
      unit: 'count',
      type: 'integer',
      doc: `Rows that have a ${of}.`,
      parts: [rows],
      derivation: { how: 'only' },
      additivity: 'additive',
    },
  ]
}

const THREAT_LEVELS = ['low', 'medium', 'high', 'critical'] as const

export const MEASURES: readonly MeasureSpec[] = [
  count('requests.count', 'Calls of a model.', CALLS),
  count('requests.ok', 'Calls that succeeded, or whose status is unknown.', CALLS, SUCCEEDED),
  count('requests.errors', 'Calls that ended in an error or a timeout.', CALLS, FAILED),
  count('requests.cancelled', 'Calls that were cancelled.', CALLS, isIn('status', 'cancelled')),
  share(
    'requests.error_rate',
    'Share of calls that ended in an error or a timeout.',
    CALLS,
    { fn: 'rows', where: FAILED },
    { fn: 'rows' },
  ),
  {
    ...count('requests.rate', 'Calls per second.', CALLS),
    unit: 'requests/s',
    type: 'number',
    derivation: { how: 'per_second' },
  },
  ...distribution({
    prefix: 'latency',
    of: 'duration of a successful call',
    column: 'latency_ms',
    unit: 'ms',
    kinds: CALLS,
    guarded: true,
  }),
  ...distribution({
    prefix: 'ttft',
    of: 'time to the first token of a successful call',
    column: 'ttft_ms',
    unit: 'ms',
    kinds: CALLS,
    guarded: true,
  }),
  tokens('tokens.input', 'Prompt tokens, cache reads and writes included.', 'input_tokens'),
  tokens('tokens.output', 'Completion tokens, reasoning included.', 'output_tokens'),
  tokens('tokens.total', 'Input and output tokens.', 'input_tokens', 'output_tokens'),
  tokens('tokens.cache_read', 'Part of the input read from a cache.', 'cache_read_tokens'),
  tokens('tokens.cache_write', 'Part of the input written to a cache.', 'cache_write_tokens'),
  tokens('tokens.reasoning', 'Part of the output spent on reasoning.', 'reasoning_tokens'),
  {
    name: 'tokens.per_second',
    unit: 'tokens/s',
    type: 'number',
    doc: 'Mean output speed of successful calls.',
    kinds: CALLS,
    guarded: true,
    parts: [
      { fn: 'sum', column: 'tokens_per_second' },
      { fn: 'rows', column: 'tokens_per_second' },
    ],
    derivation: { how: 'ratio' },
    additivity: 'mergeable',
  },
  cost(
    'cost.total',
    'Cost: computed from usage and price where known, else as reported; null when neither is.',
    'cost_total',
  ),
  cost('cost.computed', 'Cost computed from usage and price table.', 'cost_computed'),
  cost('cost.reported', 'Cost as senders reported it.', 'cost_reported'),
  cost('cost.prompt', 'Input part of the computed cost, cache included.', 'cost_prompt'),
  cost(
    'cost.completion',
    'Output part of the computed cost, reasoning included.',
    'cost_completion',
  ),
  cost('cost.other', 'Rest of the computed cost: requests, tools, ….', 'cost_other'),
  cost(
    'cost.cache_saved',
    'What caching saved: the computed cost without cache less what it is, surcharges of writes taken off.',
    'cost_cache_saved',
  ),
  {
    ...cost(
      'cost.without_cache',
      'What the computed cost would be without cache.',
      'cost_computed',
    ),
    parts: [
      { fn: 'sum', column: 'cost_computed' },
      { fn: 'sum', column: 'cost_cache_saved' },
      { fn: 'rows' },
    ],
  },
  count('cost.priced.count', 'Calls whose cost is known.', PRICED, present('cost_total')),
  count('cost.unpriced.count', 'Calls whose cost is not known.', PRICED, absent('cost_total')),
  {
    name: 'cost.per_request',
    unit: 'USD',
    type: 'money',
    doc: 'Mean cost of the calls whose cost is known.',
    kinds: PRICED,
    guarded: false,
    parts: [
      { fn: 'sum', column: 'cost_total' },
      { fn: 'rows', column: 'cost_total' },
    ],
    derivation: { how: 'ratio' },
    additivity: 'mergeable',
  },
  {
    name: 'cost.per_1k_tokens',
    unit: 'USD',
    type: 'money',
    doc: 'Cost of a thousand input and output tokens, over the calls whose cost is known.',
    kinds: PRICED,
    guarded: false,
    parts: [
      { fn: 'sum', column: 'cost_total' },
      { fn: 'sum', column: 'input_tokens', where: present('cost_total') },
      { fn: 'sum', column: 'output_tokens', where: present('cost_total') },
    ],
    derivation: { how: 'ratio', scale: 1000 },
    additivity: 'mergeable',
  },
  distinct('users.count', 'Distinct users with at least one call.', 'user_id'),
  distinct('sessions.count', 'Distinct sessions with at least one call.', 'session_id'),
  {
    name: 'quality.avg',
    unit: 'ratio',
    type: 'number',
    doc: 'Mean quality of responses, 0 to 1.',
    kinds: ['llm_request', 'parameter_execution'],
    guarded: false,
    parts: [
      { fn: 'sum', column: 'quality' },
      { fn: 'rows', column: 'quality' },
    ],
    derivation: { how: 'ratio' },
    additivity: 'mergeable',
  },
  {
    name: 'value.sum',
    unit: '',
    type: 'number',
    doc: 'Sum of values. What a value is depends on the kind and name: filter by them.',
    kinds: null,
    guarded: false,
    parts: [{ fn: 'sum', column: 'value' }, { fn: 'rows' }],
    derivation: { how: 'sum' },
    additivity: 'additive',
  },
  ...distribution({
    prefix: 'value',
    of: 'value (filter by kind and name: they say what it means)',
    column: 'value',
    unit: '',
    kinds: null,
    guarded: false,
  }),
  count('events.count', 'Events of every kind.', null),
  count(
    'events.errors',
    'Events of severity error or critical.',
    null,
    isIn('severity', 'error', 'critical'),
  ),
  instant('events.first', 'Time of the earliest event.', 'min'),
  instant('events.last', 'Time of the latest event.', 'max'),
  count('spans.count', 'Spans that are not model calls.', ['span']),
  count('scores.count', 'Scores given.', ['score']),
  share(
    'scores.avg',
    'Mean score. Filter by name: scores of different names have different scales.',
    ['score'],
    { fn: 'sum', column: 'value' },
    { fn: 'rows', column: 'value' },
  ),
  count('security.threats', 'Threats seen.', ['threat']),
  ...THREAT_LEVELS.map((level) =>
    count(
      `security.threats.${level}`,
      `Threats of level ${level}.`,
      ['threat'],
      isIn('status', level),
    ),
  ),
  count('security.vulnerabilities', 'Vulnerabilities reported.', ['vulnerability']),
  count('security.compliance_violations', 'Breaches of compliance rules.', [
    'compliance_violation',
  ]),
  count('security.guardrail.count', 'Verdicts of guardrails.', ['guardrail']),
  count(
    'security.guardrail.denied',
    'Verdicts that denied.',
    ['guardrail'],
    isIn('action', 'deny'),
  ),
  count('security.pii', 'Detections of personal data.', ['pii_detected']),
  count('governance.policy_violations', 'Breaches of policies.', ['policy_violation']),
  count('governance.audit_events', 'Entries of the audit trail.', ['audit_trail']),
  count('governance.data_accesses', 'Accesses to data.', ['data_access']),
  count('governance.consents', 'Statements of consent.', ['consent']),
  count(
    'governance.consents.withdrawn',
    'Consents withdrawn.',
    ['consent'],
    isIn('status', 'withdrawn'),
  ),
  count('executions.count', 'Executions of a task with given parameters.', ['parameter_execution']),
  share(
    'executions.success_rate',
    'Share of executions that succeeded.',
    ['parameter_execution'],
    { fn: 'sum', column: 'value' },
    { fn: 'rows', column: 'value' },
  ),
]

const BY_NAME: ReadonlyMap<string, MeasureSpec> = new Map(MEASURES.map((spec) => [spec.name, spec]))

/** The measure of that name, or undefined. */
export function measureNamed(name: string): MeasureSpec | undefined {
  return BY_NAME.get(name)
}
