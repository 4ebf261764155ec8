import {
  createWindowOperator,
  restoreWindowOperator,
  type WindowOperatorOptions,
} from '../../src/index.ts'
import { windowJoin } from '../../src/pipeline/join.ts'
import { ProcessOperator, type ProcessOptions } from '../../src/pipeline/process-operator.ts'
import { batchOf } from '../rows.ts'
import type { JoinCase, StagesCase } from './case.ts'
import { isSame, matchAll } from './mismatch.ts'

const SIDES = ['left', 'right'] as const

/** Both sides have one key and a number; pairs are compared in any order. */
export function runJoinCase({ window, steps }: JoinCase): void {
  const make = () => windowJoin({ window, left: { keys: ['key'] }, right: { keys: ['key'] } })
  let join = make()
  let got: unknown[] = []
  for (const [i, step] of steps.entries()) {
    if ('expect' in step) {
      matchAll(`step ${i + 1}`, got, step.expect, isSame)
      got = []
      continue
    }
    if ('side' in step) {
      const rows = step.in.map(([time, value]) => [time, 'k', value])
      join.push(batchOf(rows, ['key:dict', 'value:f64']), undefined, SIDES.indexOf(step.side))
    } else if ('watermark' in step) for (const side of [0, 1]) join.watermark(step.watermark, side)
    else join.end()
    got.push(
      ...join
        .takeResults()
        .map(({ value: { left, right } }) => [left?.['value'], right?.['value']]),
    )
    const bytes = join.snapshot()
    join = make()
    join.restore(bytes)
  }
}

/**
 * Texts go into windows of a second and, beside the upper case of what comes out of these, into a
 * function that appends all it sees and speaks at 100 s. Results are pushed before the watermark that made
 * them, or a timer could come before them.
 */
export function runStagesCase({ steps }: StagesCase): void {
  const first: WindowOperatorOptions = {
    keys: ['text'],
    windowing: { window: { type: 'tumbling', size: '1s' } },
    aggregates: [{ as: 'n', aggregate: 'count' }],
  }
  const second: ProcessOptions<string, string> = {
    name: 'append',
    inputs: [{ keys: ['key'] }, { keys: ['key'] }],
    process: {
      onEvent(event, context) {
        const text = typeof event['text'] === 'string' ? event['text'] : ''
        context.state = context.state === undefined ? text : `${context.state},${text}`
        context.setTimer(100_000)
      },
      onTimer(context) {
        context.emit(context.state ?? '')
      },
    },
  }
  let windows = createWindowOperator(first)
  let append = new ProcessOperator<string, string>(second)
  let got: string[] = []
  const push = (texts: readonly (readonly [string, number])[], input: number): void => {
    const rows = texts.map(([text, time]) => [time, 'k', text])
    append.push(batchOf(rows, ['key:dict', 'text:dict']), undefined, input)
  }
  for (const [i, step] of steps.entries()) {
    if ('expect' in step) {
      matchAll(`step ${i + 1}`, got, step.expect, isSame)
      got = []
      continue
    }
    if ('in' in step) {
      windows.push(
        batchOf(
          step.in.map(([text, time]) => [time, text]),
          ['text:dict'],
        ),
      )
      push(step.in, 0)
    } else {
      const watermark = 'end' in step ? 8.64e15 : step.watermark
      windows.watermark(watermark)
      const results = windows.takeResults()
      push(
        results.map(({ key, time }): [string, number] => [String(key).toUpperCase(), time]),
        1,
      )
      for (const input of [0, 1]) append.watermark(watermark, input)
    }
    got.push(...append.takeResults().map(({ value }) => value))
    windows = restoreWindowOperator(first, windows.snapshot())
    const bytes = append.snapshot()
    append = new ProcessOperator<string, string>(second)
    append.restore(bytes)
  }
}
