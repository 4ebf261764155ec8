import fc from 'fast-check'
import type { Aggregate, AggregatePlan, FieldRef, FrameCell, Literal, Predicate } from '../store.ts'
import type { EventRow } from './event-table.fixture.ts'

/** Texts that break careless SQL. */
const HOSTILE = [
  "o'neil",
  '"; DROP TABLE event_rows; --',
  '100%',
  'a_b',
  '',
  'é',
  '😀',
  'ﬀ',
  '__proto__',
  '$1',
  'gpt-4',
]

const HOUR = 3_600_000_000
/** 2026-03-28T20:00Z: the night in which Berlin leaves winter time is inside. */
export const START = 1_774_728_000_000_000
export const END = START + 36 * HOUR

const text = fc.constantFrom(...HOSTILE)
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { freq: 4, nil: null })
const decimal = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((n) => n * 12.5),
  fc.double({ min: 0, max: 1e5, noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
)
const whole = fc.oneof(
  fc.bigInt({ min: 0n, max: 9n }),
  fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
)
const time = fc.oneof(
  fc.integer({ min: 0, max: 35 }).map((hour) => START + hour * HOUR),
  fc.integer({ min: START - HOUR, max: END + HOUR }),
)

export const eventRow: fc.Arbitrary<EventRow> = fc.record({
  project: fc.constantFrom('default', "p'2"),
  time,
  weight: fc.constantFrom(1, 1, 1, 10, 2.5, 1 / 3),
  suppressed: fc.constantFrom(false, false, false, true),
  is_current: fc.constantFrom(true, true, true, false),
  kind: fc.constantFrom('llm_request', 'latency', 'token_cost', 'span'),
  family: fc.constantFrom('telemetry', 'cost'),
  provider: optional(fc.constantFrom('openai', 'azure')),
  model: optional(text),
  environment: optional(fc.constantFrom('production', 'staging')),
  status: optional(fc.constantFrom('ok', 'error', 'timeout')),
  price_source: optional(fc.constantFrom('package', 'none')),
  user_id: optional(text),
  latency_ms: optional(decimal),
  ttft_ms: optional(decimal),
  quality: optional(fc.integer({ min: 0, max: 100 }).map((n) => n / 100)),
  value: optional(decimal),
  cost_total: optional(whole),
  input_tokens: optional(fc.bigInt({ min: 0n, max: 5n })),
  tags: optional(fc.dictionary(text, text, { maxKeys: 3 }).map((tags) => ({ ...tags }))),
}) as fc.Arbitrary<EventRow>

const textField: fc.Arbitrary<FieldRef> = fc.oneof(
  fc
    .constantFrom('model', 'provider', 'status', 'kind', 'environment', 'user_id')
    .map((column): FieldRef => ({ type: 'column', column })),
  text.map((key): FieldRef => ({ type: 'tag', key })),
)
const column = (...names: string[]): fc.Arbitrary<FieldRef> =>
  fc.constantFrom(...names).map((name): FieldRef => ({ type: 'column', column: name }))
const groupField: fc.Arbitrary<FieldRef> = fc.oneof(
  textField,
  column('input_tokens', 'quality', 'project'),
)

const kindValue = fc.constantFrom('llm_request', 'latency', 'ok', 'error', 'production', 'openai')
const textValues = fc.array(fc.oneof(text, kindValue), { maxLength: 3 })
const leaf: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    op: fc.constant('in' as const),
    field: textField,
    values: textValues,
  }),
  fc.record({ op: fc.constant('is_null' as const), field: groupField }),
  fc.record({
    op: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const),
    field: textField,
    value: fc.oneof(text, kindValue),
  }),
  fc.record({
    op: fc.constantFrom('contains' as const, 'starts_with' as const),
    field: textField,
    value: fc.oneof(text, fc.constantFrom('o', 'g', 'pro', '%', '_')),
  }),
  fc.record({
    op: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const),
    field: column('input_tokens', 'cost_total', 'latency_ms'),
    value: fc.constantFrom<Literal>(0, 2, 2.5, -0.5, 3n, 1e300, -1e300, 1e19, 2n ** 63n),
  }),
  fc.record({
    op: fc.constant('in' as const),
    field: column('input_tokens', 'latency_ms', 'cost_total'),
    values: fc.array(fc.constantFrom<Literal>(0, 1, 2.5, 3n, 12.5, 2n ** 63n), { maxLength: 3 }),
  }),
)

export const predicate: fc.Arbitrary<Predicate> = fc.letrec<{ tree: Predicate }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaf,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('tree'), { maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), part: tie('tree') }),
  ),
})).tree

const numbers = fc.constantFrom(
  'latency_ms',
  'ttft_ms',
  'quality',
  'value',
  'cost_total',
  'input_tokens',
)
const call = fc.oneof(
  fc.record({ fn: fc.constant('rows' as const) }),
  fc.record({
    fn: fc.constant('rows' as const),
    column: fc.constantFrom('latency_ms', 'model', 'tags'),
  }),
  fc.record({
    fn: fc.constantFrom('sum' as const, 'min' as const, 'max' as const, 'm2' as const),
    column: numbers,
  }),
  fc.record({ fn: fc.constant('distinct' as const), field: groupField }),
  fc.record({
    fn: fc.constant('quantile' as const),
    column: numbers,
    q: fc.constantFrom(0, 0.1, 0.5, 0.55, 0.9, 0.95, 0.99, 1),
  }),
)

const aggregates = (where: fc.Arbitrary<Predicate>): fc.Arbitrary<Aggregate[]> =>
  fc.array(fc.tuple(call, fc.option(where, { freq: 3, nil: null })), { maxLength: 4 }).map((list) =>
    list.map(
      ([one, filter], i): Aggregate => ({
        ...one,
        id: `x${i}`,
        ...(filter === null ? {} : { where: filter }),
      }),
    ),
  )

/** Hours, days of a zone with a clock change, a single bucket that is narrower than the range, odd edges. */
const edges: fc.Arbitrary<number[] | null> = fc.constantFrom<(number[] | null)[]>(
  null,
  Array.from({ length: 37 }, (_, i) => START + i * HOUR),
  [START + 3 * HOUR, START + 26 * HOUR, START + 36 * HOUR].map((edge) => edge),
  [START + HOUR, START + 2 * HOUR],
  [START, START + 1, START + 2 * HOUR, START + 4 * HOUR, START + 6 * HOUR, START + 6.5 * HOUR, END],
)

export const aggregatePlan: fc.Arbitrary<AggregatePlan> = fc
  .record({
    range: fc.constantFrom([START, END] as const, [START + 2 * HOUR, END - HOUR / 2] as const),
    edges,
    where: fc.option(predicate, { nil: null }),
    groupBy: fc.array(groupField, { maxLength: 2 }),
    aggregates: aggregates(predicate),
    listed: fc.option(
      fc.record({
        keys: fc.array(
          fc.array(fc.option(fc.oneof(text, kindValue, fc.constantFrom('1', '0.5', '01', 'x'))), {
            minLength: 2,
            maxLength: 2,
          }),
          { maxLength: 4 },
        ),
        other: fc.boolean(),
      }),
      { nil: null },
    ),
    top: fc.option(
      fc.record({
        by: fc.nat({ max: 3 }),
        dir: fc.constantFrom('asc' as const, 'desc' as const),
        limit: fc.integer({ min: 1, max: 3 }),
      }),
      { nil: null },
    ),
  })
  .map(({ range, listed, top, ...plan }): AggregatePlan => {
    const [from, to] = range
    const within = plan.edges?.filter((edge) => edge >= from && edge <= to) ?? null
    const usable = within === null || within.length < 2 ? null : within
    const ranked = top === null ? undefined : plan.aggregates[top.by]
    return {
      type: 'aggregate',
      ...plan,
      from,
      to,
      edges: usable,
      maxRows: 10_000,
      ...(listed === null
        ? {}
        : {
            groups: {
              other: listed.other,
              keys: listed.keys.map((key) => key.slice(0, plan.groupBy.length)),
            },
          }),
      // Squared deviations are compared with a tolerance, so that they cannot rank in a test.
      ...(top === null || ranked === undefined || usable !== null || isInexact(ranked)
        ? {}
        : { topGroups: { by: ranked.id, dir: top.dir, limit: top.limit } }),
    }
  })

function isInexact(aggregate: Aggregate): boolean {
  return aggregate.fn === 'm2' || (aggregate.fn === 'sum' && aggregate.column === 'value')
}

/** Plans that some default rollup covers, in hours, days and odd buckets. */
export const rollupPlan: fc.Arbitrary<AggregatePlan> = fc
  .constantFrom(
    {
      dims: ['kind', 'status', 'family'],
      numbers: ['latency_ms', 'cost_total', 'quality'],
      sketch: true,
    },
    { dims: ['kind', 'status', 'model'], numbers: ['latency_ms', 'input_tokens'], sketch: true },
    {
      dims: ['kind', 'status', 'provider', 'environment', 'price_source'],
      numbers: ['ttft_ms', 'cost_total'],
      sketch: false,
    },
    { dims: ['kind', 'status', 'user_id'], numbers: [], sketch: false },
    { dims: ['kind', 'status'], numbers: [], sketch: false, tags: ['gpt-4', '$1', '__proto__'] },
  )
  .chain(({ dims, numbers, sketch, tags = [] }) => {
    const dim = fc.constantFrom<FieldRef[]>(
      ...dims.map((name) => ({ type: 'column', column: name }) as const),
      ...tags.map((key) => ({ type: 'tag', key }) as const),
    )
    const where: fc.Arbitrary<Predicate> = fc.oneof(
      fc.record({
        op: fc.constant('in' as const),
        field: dim,
        values: fc.array(fc.oneof(text, kindValue), { maxLength: 3 }) as fc.Arbitrary<Literal[]>,
      }),
      fc.record({
        op: fc.constant('is_null' as const),
        field: fc.oneof({ arbitrary: dim, weight: 3 }, column('cost_total')),
      }),
      fc.constant<Predicate>({
        op: 'not',
        part: { op: 'is_null', field: { type: 'column', column: 'cost_total' } },
      }),
    )
    const one = fc.oneof(
      fc.constant({ fn: 'rows' as const }),
      fc.record({
        fn: fc.constant('rows' as const),
        column: fc.constantFrom('cost_total', 'latency_ms', ...dims),
      }),
      fc.record({
        fn: fc.constant('sum' as const),
        column: fc.constantFrom('cost_total', 'latency_ms', 'input_tokens'),
      }),
      fc.record({ fn: fc.constant('distinct' as const), field: dim }),
      ...(numbers.length === 0
        ? []
        : [
            fc.record({
              fn: fc.constantFrom('min' as const, 'max' as const, 'sum' as const),
              column: fc.constantFrom(...numbers, 'cost_total'),
            }),
            fc.constant({ fn: 'm2' as const, column: 'latency_ms' }),
          ]),
      ...(sketch
        ? [
            fc.record({
              fn: fc.constant('quantile' as const),
              column: fc.constantFrom('latency_ms', 'ttft_ms'),
              q: fc.constantFrom(0, 0.5, 0.55, 0.95, 1),
            }),
          ]
        : []),
    )
    return fc
      .record({
        shape: fc.constantFrom<{ from: number; to: number; edges: number[] | null }[]>(
          { from: START, to: END, edges: null },
          { from: START - 20 * HOUR, to: END + 30 * HOUR, edges: null },
          { from: START + HOUR / 3, to: END - HOUR / 8, edges: null },
          { from: START, to: END, edges: Array.from({ length: 37 }, (_, i) => START + i * HOUR) },
          { from: START, to: END, edges: [START + 3 * HOUR, START + 26 * HOUR, END] },
          {
            from: START,
            to: END,
            edges: [START + 0.5 * HOUR, START + 2.5 * HOUR, START + 23.25 * HOUR, END - HOUR],
          },
        ),
        where: fc.option(where, { nil: null }),
        groupBy: fc.array(dim, { maxLength: 2 }),
        aggregates: fc.array(fc.tuple(one, fc.option(where, { freq: 2, nil: null })), {
          maxLength: 4,
        }),
        listed: fc.option(
          fc.array(fc.constantFrom<string | null>('ok', 'llm_request', 'openai', '100%', null), {
            minLength: 2,
            maxLength: 2,
          }),
          { freq: 4, nil: null },
        ),
      })
      .map(
        ({ shape, where: own, groupBy, aggregates: list, listed }): AggregatePlan => ({
          type: 'aggregate',
          ...shape,
          where: own,
          groupBy,
          aggregates: list.map(([call, filter], i) => ({
            ...call,
            id: `x${i}`,
            ...(filter === null ? {} : { where: filter }),
          })),
          ...(listed === null
            ? {}
            : { groups: { keys: [listed.slice(0, groupBy.length)], other: true } }),
          maxRows: 10_000,
        }),
      )
  })

/**
 * Replaces the cells that are only defined up to rounding (squared deviations, sums of a column of
 * unbounded range) by 'near' where they agree to 9 digits with the other table's.
 */
export function settle(
  plan: AggregatePlan,
  rows: readonly (readonly FrameCell[])[],
  other: readonly (readonly FrameCell[])[],
  near: (aggregate: Aggregate) => number | null = (one) => (isInexact(one) ? 1e-9 : null),
): FrameCell[][] {
  const skip = (plan.edges === null ? 0 : 1) + plan.groupBy.length
  return rows.map((row, r) =>
    row.map((cell, c) => {
      const one = plan.aggregates[c - skip]
      const tolerance = one === undefined || c < skip ? null : near(one)
      const peer = other[r]?.[c]
      if (tolerance === null || cell === null || peer === null || peer === undefined) return cell
      const [a, b] = [Number(cell), Number(peer)]
      return Math.abs(a - b) <=
        tolerance * Math.max(1, Math.abs(a), Math.abs(b)) * (one?.fn === 'm2' ? 1e3 : 1)
        ? 'near'
        : cell
    }),
  )
}
