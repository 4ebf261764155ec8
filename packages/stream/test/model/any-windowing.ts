/** Any windowing there is, with any trigger: what must not matter is tried on all of them. */
import fc from 'fast-check'
import {
  createWindowOperator,
  restoreWindowOperator,
  StreamError,
  type TriggerSpec,
  type WindowingSpec,
  type WindowOperatorOptions,
  type WindowSpec,
} from '../../src/index.ts'
import { batchOf, type Row } from '../rows.ts'

const size = fc.integer({ min: 1, max: 14 })

const window: fc.Arbitrary<WindowSpec> = fc.oneof(
  fc.record({
    type: fc.constant('tumbling' as const),
    size,
    offset: fc.integer({ min: -9, max: 9 }),
  }),
  fc.record({ type: fc.constant('hopping' as const), size, slide: size }),
  fc
    .tuple(fc.integer({ min: 1, max: 4 }), size)
    .map(([steps, step]): WindowSpec => ({ type: 'cumulate', size: steps * step, step })),
  fc.constant<WindowSpec>({ type: 'calendar', step: '1m' }),
  fc.record({ type: fc.constant('session' as const), gap: size }),
  fc
    .tuple(size, fc.integer({ min: 0, max: 20 }))
    .map(([gap, more]): WindowSpec => ({ type: 'session', gap, longest: gap + more })),
  fc.constant<WindowSpec>({ type: 'session', gap: { column: 'gap' } }),
  fc.constant<WindowSpec>({ type: 'global' }),
  fc.record({ type: fc.constant('sliding' as const), difference: fc.integer({ min: 0, max: 12 }) }),
  fc.record({
    type: fc.constant('count' as const),
    size: fc.integer({ min: 1, max: 5 }),
    slide: fc.integer({ min: 1, max: 5 }),
  }),
)

const count = fc.record({ on: fc.constant('count' as const), n: fc.integer({ min: 1, max: 4 }) })
const delay = fc.integer({ min: 1, max: 12 })

const { trigger } = fc.letrec<{
  trigger: TriggerSpec
  watermark: TriggerSpec
  some: TriggerSpec[]
}>((tie) => ({
  some: fc.array(tie('trigger'), { minLength: 1, maxLength: 3 }),
  watermark: fc.record(
    { on: fc.constant('watermark' as const), early: tie('trigger'), late: tie('trigger') },
    { requiredKeys: ['on'] },
  ),
  trigger: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    count,
    fc.constant<TriggerSpec>({ on: 'watermark' }),
    fc.record({ on: fc.constant('processing_time' as const), delay }),
    fc.record({ on: fc.constant('event_time_period' as const), every: delay }),
    fc.record({ on: fc.constant('processing_time_period' as const), every: delay }),
    fc.constant<TriggerSpec>({ on: 'never' }),
    tie('watermark'),
    fc.record({ on: fc.constant('repeatedly' as const), of: tie('trigger') }),
    fc.record({
      on: fc.constant('or_finally' as const),
      of: tie('trigger'),
      until: tie('trigger'),
    }),
    fc.record({ on: fc.constant('first_of' as const), of: tie('some') }),
    fc.record({ on: fc.constant('all_of' as const), of: tie('some') }),
    fc.record({ on: fc.constant('in_turn' as const), of: tie('some') }),
  ),
}))

/** Every window, trigger, accumulation and stamp; what the operator refuses is drawn again. */
export const anyWindowing: fc.Arbitrary<WindowingSpec> = fc
  .record(
    {
      window,
      trigger,
      accumulation: fc.constantFrom(
        'discarding' as const,
        'accumulating' as const,
        'retracting' as const,
      ),
      lateness: fc.integer({ min: 0, max: 20 }),
      stamp: fc.constantFrom('end' as const, 'earliest' as const, 'latest' as const),
      closing: fc.constantFrom('if_not_empty' as const, 'always' as const),
    },
    { requiredKeys: ['window'] },
  )
  .filter((windowing) => {
    try {
      createWindowOperator(optionsOf(windowing, 'fast'))
      return true
    } catch (error) {
      if (error instanceof StreamError) return false
      throw error
    }
  })

export type AnyStep =
  | { readonly rows: readonly Row[] }
  | { readonly watermark: number }
  | { readonly clock: number }

const FIELDS = ['key:dict', 'value:f64', 'gap:f64']

const row = fc.tuple(
  fc.integer({ min: -20, max: 40 }),
  fc.constantFrom('a', 'b'),
  fc.integer({ min: -5, max: 5 }),
  fc.integer({ min: 1, max: 9 }),
)

export const anySteps: fc.Arbitrary<AnyStep[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ rows: fc.array(row, { maxLength: 6 }) }) },
    { weight: 2, arbitrary: fc.record({ watermark: fc.integer({ min: -25, max: 60 }) }) },
    { weight: 1, arbitrary: fc.record({ clock: fc.integer({ min: 0, max: 60 }) }) },
  ),
  { maxLength: 14 },
)

export function optionsOf(
  windowing: WindowingSpec,
  path: 'fast' | 'general',
): WindowOperatorOptions {
  return {
    keys: ['key'],
    windowing,
    aggregates: [
      { as: 'n', aggregate: 'count' },
      { as: 'sum', aggregate: 'sum', of: 'value' },
      { as: 'last', aggregate: 'last', of: 'value' },
      { as: 'distinct', aggregate: 'distinct', of: 'value' },
    ],
    path,
  }
}

/** How a script is run; none of it may show. */
export interface Running {
  readonly path: 'fast' | 'general'
  readonly restarts: boolean
  /** Every row is a batch. */
  readonly single: boolean
}

/** What came out after each step and at the end, sorted within the step. */
export function outputs(
  windowing: WindowingSpec,
  script: readonly AnyStep[],
  { path, restarts, single }: Running,
): string[] {
  const options = optionsOf(windowing, path)
  let operator = createWindowOperator(options)
  return [...script, null].map((step) => {
    if (step === null) operator.end()
    else if ('rows' in step) {
      for (const rows of single ? step.rows.map((one) => [one]) : [step.rows]) {
        operator.push(batchOf(rows, FIELDS))
      }
    } else if ('watermark' in step) operator.watermark(step.watermark)
    else operator.clock(step.clock)
    const results = operator.takeResults().map((one) => JSON.stringify(one))
    const late = operator
      .takeLate()
      .map(({ key, time, reason }) => JSON.stringify([reason, key, time]))
    const said = [...results.toSorted(), ...late.toSorted()].join('\n')
    const {
      events,
      late: refused,
      closed,
      outside,
      regressions,
      watermark,
      clock,
      keys,
      open,
    } = operator.statistics()
    // How many windows or slices hold the state, and when keys without state are put away, is the operator's own.
    const left = step === null ? { keys, open } : {}
    const statistics = { events, refused, closed, outside, regressions, watermark, clock, ...left }
    if (restarts) operator = restoreWindowOperator(options, operator.snapshot())
    return `${said}\n${JSON.stringify(statistics)}`
  })
}
