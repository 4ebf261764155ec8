import { expect, it } from 'vitest'
import type { Plan, Predicate } from '../store/store.ts'
import type { RunPlan } from './answer-meta.ts'
import { unknownValues } from './unknown-values.ts'

const equals = (column: string, value: string): Predicate => ({
  op: 'in',
  field: { type: 'column', column },
  values: [value],
})

/** A store in which nothing is ever found but one model. */
function emptyStore(): { readonly plans: Plan[]; readonly run: RunPlan } {
  const plans: Plan[] = []
  const run: RunPlan = (plan) => {
    plans.push(plan)
    const isNames = plan.type === 'aggregate' && plan.groupBy.length > 0
    const frame = {
      columns: [],
      rows: isNames ? [['gpt-4o', 1]] : [[0]],
      position: new Map(),
      watermark: null,
    }
    return Promise.resolve({ ok: true, frame } as unknown as Awaited<ReturnType<RunPlan>>)
  }
  return { plans, run }
}

it('costs one plan that reads the range, however many values nobody has', async () => {
  const { plans, run } = emptyStore()
  const columns = ['model', 'provider', 'service', 'user_id', 'session_id']
  const parts = columns.map((column) => equals(column, 'gpt-4x'))
  const warnings = await unknownValues({ where: { op: 'and', parts }, from: 0, to: 1 }, run)
  expect(warnings).toHaveLength(4)
  expect(warnings[0]).toContain('Did you mean "gpt-4o"?')
  const wholes = plans.filter((plan) => plan.type === 'aggregate' && plan.where === null)
  expect([plans.length, wholes.length]).toEqual([5, 1])
})

it('shows the beginning of a long value, as text that is well formed', async () => {
  const long = `${'a'.repeat(99)}\u{1F600}${'b'.repeat(4000)}`
  const { run } = emptyStore()
  const [warning = ''] = await unknownValues({ where: equals('model', long), from: 0, to: 1 }, run)
  expect(warning.isWellFormed()).toBe(true)
  expect(warning.length).toBeLessThan(200)
})
