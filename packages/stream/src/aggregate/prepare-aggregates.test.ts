import { expect, it } from 'vitest'
import type { Column } from '../batch/batch.ts'
import { prepareAggregate } from './aggregates.ts'
import { prepareAggregates } from './prepare-aggregates.ts'

const column = (shift: number): Column => ({
  type: 'f64',
  valid: null,
  data: Float64Array.from({ length: 100 }, (_, i) => ((i * 37) % 101) + shift),
})
const columns = new Map([
  ['x', column(0)],
  ['y', column(500)],
])

const SPECS = [
  { as: 'p50', aggregate: 'median', of: 'x' },
  { as: 'mean', aggregate: 'mean', of: 'x' },
  { as: 'p95', aggregate: 'quantile', of: 'x', q: 0.95 },
  { as: 'p95 of y', aggregate: 'quantile', of: 'y', q: 0.95 },
  { as: 'sum', aggregate: 'sum', of: 'x' },
  { as: 'both', aggregate: 'quantiles', of: 'x', qs: [0.1, 0.9] },
  { as: 'r', aggregate: 'correlation', of: 'x', with: 'y' },
  { as: 'r of x', aggregate: 'correlation', of: 'x', with: 'x' },
  { as: 'line', aggregate: 'regression', of: 'x', with: 'y' },
  { as: 'deviation', aggregate: 'stddev', of: 'x' },
  { as: 'variance', aggregate: 'variance', of: 'x', kind: 'population' },
  { as: 'skewness', aggregate: 'skewness', of: 'x' },
  { as: 'fast', aggregate: 'ema', of: 'x', half_life: 5 },
  { as: 'fast spread', aggregate: 'ema', of: 'x', half_life: 5, statistic: 'stddev' },
  { as: 'slow', aggregate: 'ema', of: 'x', half_life: 50 },
  { as: 'rows', aggregate: 'count' },
  { as: 'rate', aggregate: 'rate' },
]

it('holds once what several aggregates hold, and tells what each would tell alone', () => {
  const prepared = prepareAggregates(SPECS)
  const rows = Int32Array.from({ length: 100 }, (_, i) => i)
  const slots = rows.map((i) => i % 2)
  const times = Float64Array.from(rows)
  const input = (of: string | null) => ({
    times,
    sequence: null,
    column: of === null ? null : (columns.get(of) ?? null),
    columns,
  })
  for (const { of, states } of prepared.states) {
    states.reserve(3)
    states.addRows(slots, rows, 100, input(of))
  }
  for (const slot of [0, 1, 2]) {
    const alone = SPECS.map((spec) => {
      const states = prepareAggregate(spec)
      states.reserve(3)
      states.addRows(slots, rows, 100, input(spec.of ?? null))
      return [spec.as, states.value(slot, 10)]
    })
    expect(prepared.values(slot, 10)).toEqual(Object.fromEntries(alone))
  }
  // One sketch of x and one of y, one sum, two comoments, moments of both orders, two decays, two counts.
  expect(prepared.states).toHaveLength(11)
})
