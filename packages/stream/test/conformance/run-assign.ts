import { createWindowOperator } from '../../src/index.ts'
import { batchOf } from '../rows.ts'
import type { AssignCase } from './case.ts'
import { isSame, matchAll } from './mismatch.ts'

/** Windows of a time are those that an event of that time opens. */
export function runAssignCase({ windowing, times }: AssignCase): void {
  for (const { time, windows } of times) {
    const operator = createWindowOperator({
      windowing,
      aggregates: [{ as: 'n', aggregate: 'count' }],
    })
    operator.push(batchOf([[time]], []))
    operator.end()
    const got = operator.takeResults().map(({ window }) => [window.start, window.end])
    matchAll(`time ${time}`, got, windows, isSame)
  }
}
