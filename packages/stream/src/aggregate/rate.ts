import type { Aggregate } from './aggregate.ts'
import { count } from './count.ts'
import { DerivedStates } from './derived-states.ts'
import { finiteOrNull } from './number-aggregate.ts'
import { checkMembers, numberParameter } from './parameters.ts'
import { sum } from './sum.ts'

/**
 * Rows per second of the window, or with `of` the sum of the column per second; `per` gives another
 * number of seconds, such as 60 for a rate per minute. Null where the window has no length (global, count).
 */
export const rate: Aggregate = {
  name: 'rate',
  needs: 'number',
  invertible: true,
  prepare(spec, unit) {
    checkMembers(spec, ['of', 'per'])
    const per = numberParameter(spec, 'per', { least: 1e-6, most: 1e9, fallback: 1 })
    const { as, of } = spec
    const part =
      of === undefined
        ? { states: count.prepare({ as, aggregate: 'count' }, unit), column: 'none' as const }
        : {
            states: sum.prepare({ as, aggregate: 'sum', of }, unit),
            column: 'of the input' as const,
          }
    return new DerivedStates([part], ([total], seconds) =>
      typeof total === 'number' && seconds !== undefined && seconds > 0
        ? finiteOrNull((total / seconds) * per)
        : null,
    )
  },
}
