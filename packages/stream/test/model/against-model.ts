/** Random scripts for the engine and the naive model, and both side by side. */
import fc from 'fast-check'
import {
  createWindowOperator,
  restoreWindowOperator,
  type WindowOperator,
  type WindowOperatorOptions,
  type WindowResult,
} from '../../src/index.ts'
import { batchOf, KEY_VALUE } from '../rows.ts'
import {
  createWindowModel,
  type ModelEvent,
  type ModelOptions,
  type ModelResult,
  type ModelWindow,
  type WindowModel,
} from './window-model.ts'

const FIRST_WATERMARK = -40

const duration = fc.integer({ min: 1, max: 16 })

export const alignedWindow: fc.Arbitrary<ModelWindow> = fc.oneof(
  fc.record({ type: fc.constant('tumbling' as const), size: duration }),
  fc.record({
    type: fc.constant('tumbling' as const),
    size: fc.constant(10),
    offset: fc.integer({ min: -25, max: 25 }),
  }),
  fc.record({ type: fc.constant('hopping' as const), size: duration, slide: duration }),
  fc
    .record({ steps: fc.integer({ min: 1, max: 4 }), step: fc.integer({ min: 1, max: 9 }) })
    .map(({ steps, step }) => ({ type: 'cumulate' as const, size: steps * step, step })),
)
const sessionWindow: fc.Arbitrary<ModelWindow> = fc.record({
  type: fc.constant('session' as const),
  gap: fc.integer({ min: 1, max: 12 }),
})
const anyWindow = fc.oneof(
  { weight: 4, arbitrary: alignedWindow },
  { weight: 3, arbitrary: sessionWindow },
  { weight: 1, arbitrary: fc.constant({ type: 'global' as const }) },
)

const accumulation = fc.constantFrom(
  'discarding' as const,
  'accumulating' as const,
  'retracting' as const,
)
const lateness = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 25 }))

/** What the engine has code of its own for comes as often as everything else together. */
export const options: fc.Arbitrary<ModelOptions> = fc.oneof(
  fc.record({
    window: anyWindow,
    accumulation,
    lateness,
    early: fc.constant(0),
    late: fc.constant(1),
    closing: fc.constant('if_not_empty' as const),
    stamp: fc.constant('end' as const),
  }),
  fc.record({
    window: anyWindow,
    accumulation,
    lateness,
    early: fc.integer({ min: 0, max: 3 }),
    late: fc.integer({ min: 1, max: 3 }),
    closing: fc.constantFrom('if_not_empty' as const, 'always' as const),
    stamp: fc.constantFrom('end' as const, 'earliest' as const, 'latest' as const),
  }),
)

export const event: fc.Arbitrary<ModelEvent> = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  time: fc.integer({ min: -30, max: 50 }),
  value: fc.integer({ min: -9, max: 9 }),
})

export type Step =
  | { readonly events: readonly ModelEvent[] }
  /** How far the watermark goes on; below 0: back. */
  | { readonly forward: number }

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ events: fc.array(event, { maxLength: 8 }) }) },
    { weight: 2, arbitrary: fc.record({ forward: fc.integer({ min: -4, max: 20 }) }) },
  ),
  { maxLength: 14 },
)

/** The default trigger is left out where it is meant, so that it is tried too. */
export function operatorOptions(
  model: ModelOptions,
  path: 'fast' | 'general',
): WindowOperatorOptions {
  const { window, accumulation, lateness, early, late, closing, stamp } = model
  const isDefault = early === 0 && late === 1
  return {
    keys: ['key'],
    windowing: {
      window,
      accumulation,
      lateness,
      closing,
      stamp,
      ...(isDefault
        ? {}
        : {
            trigger: {
              on: 'watermark',
              ...(early === 0 ? {} : { early: { on: 'count', n: early } }),
              late: { on: 'count', n: late },
            },
          }),
    },
    aggregates: [
      { as: 'values', aggregate: 'collect', of: 'value' },
      { as: 'count', aggregate: 'count' },
      { as: 'sum', aggregate: 'sum', of: 'value' },
    ],
    path,
  }
}

export function batch(events: readonly ModelEvent[]) {
  return batchOf(
    events.map(({ key, time, value }) => [time, key, value]),
    KEY_VALUE,
  )
}

function shown(result: ModelResult): string {
  const { key, start, end, time, values, retraction, index, onTimeIndex, timing, first, last } =
    result
  const sum = values.reduce((total, value) => total + value, 0)
  const marks = `${timing} ${index}/${onTimeIndex} ${first ? 'first' : ''} ${last ? 'last' : ''}`
  return `${retraction ? '-' : '+'} ${key} [${start},${end}) at ${time} ${marks} ${values.join()} n ${values.length} sum ${sum}`
}

function shownResult({ key, window, time, pane, retraction, values }: WindowResult): string {
  const collected = (values['values'] as number[]).toSorted((a, b) => a - b)
  const marks = `${pane.timing} ${pane.index}/${pane.onTimeIndex} ${pane.first ? 'first' : ''} ${pane.last ? 'last' : ''}`
  return `${retraction ? '-' : '+'} ${String(key)} [${window.start},${window.end}) at ${time} ${marks} ${collected.join()} n ${Number(values['count'])} sum ${Number(values['sum'] ?? 0)}`
}

/** Takes what both have to tell since the last look. Throws when they differ. */
export function compareOutputs(operators: readonly WindowOperator[], model: WindowModel): void {
  const ours = operators.flatMap((one) => one.takeResults()).map(shownResult)
  const theirs = model.takeResults().map(shown)
  const late = operators
    .flatMap((one) => one.takeLate())
    .map(({ time, key }) => `late ${String(key)} ${time}`)
  const refused = model.takeLate().map(({ time, key }) => `late ${key} ${time}`)
  const got = [...ours, ...late].toSorted().join('\n')
  const wanted = [...theirs, ...refused].toSorted().join('\n')
  if (got !== wanted) throw new Error(`the engine says\n${got}\nthe model says\n${wanted}`)
}

/** Runs steps on both and compares after each. With `restarts`, a new operator goes on from a snapshot. */
export function runBoth(
  options: ModelOptions,
  script: readonly Step[],
  path: 'fast' | 'general',
  restarts: boolean,
): void {
  const made = operatorOptions(options, path)
  const model = createWindowModel(options)
  let operator = createWindowOperator(made)
  let watermark = FIRST_WATERMARK
  for (const step of [...script, null]) {
    if (step === null) {
      operator.end()
      model.end()
    } else if ('events' in step) {
      operator.push(batch(step.events))
      model.push(step.events)
    } else {
      watermark += step.forward
      operator.watermark(watermark)
      model.watermark(watermark)
    }
    compareOutputs([operator], model)
    if (restarts) operator = restoreWindowOperator(made, operator.snapshot())
  }
}

/** One operator, then several that own keys each, then one again. */
export function runDivided(
  options: ModelOptions,
  [before, between, after]: readonly [readonly Step[], readonly Step[], readonly Step[]],
  parts: number,
): void {
  const made = operatorOptions(options, 'fast')
  const model = createWindowModel(options)
  const owner = (key: unknown): number => 'abc'.indexOf(String(key)) % parts
  let operators = [createWindowOperator(made)]
  let watermark = FIRST_WATERMARK
  const run = (script: readonly Step[]): void => {
    for (const step of script) {
      if ('events' in step) {
        for (const [i, operator] of operators.entries()) {
          const isOwn = ({ key }: ModelEvent): boolean => operators.length === 1 || owner(key) === i
          operator.push(batch(step.events.filter(isOwn)))
        }
        model.push(step.events)
      } else {
        watermark += step.forward
        for (const operator of operators) operator.watermark(watermark)
        model.watermark(watermark)
      }
      compareOutputs(operators, model)
    }
  }
  run(before)
  const whole = operators.map((one) => one.snapshot())
  operators = Array.from({ length: parts }, (_, i) =>
    restoreWindowOperator(made, whole, (key) => owner(key) === i),
  )
  run(between)
  const apart = operators.map((one) => one.snapshot())
  operators = [restoreWindowOperator(made, apart)]
  run(after)
  for (const operator of operators) operator.end()
  model.end()
  compareOutputs(operators, model)
}
