import type { Span } from '../rollup.ts'
import type { AggregatePlan } from '../store.ts'
import type { Parameters } from './render-sql.ts'

/** The range that a plan reads: its own, cut to its edges. */
export function planRange(plan: AggregatePlan): Span {
  const { edges } = plan
  if (edges === null) return { from: plan.from, to: plan.to }
  return {
    from: Math.max(plan.from, edges[0] ?? plan.from),
    to: Math.min(plan.to, edges.at(-1) ?? plan.to),
  }
}

/** Condition that a time lies in one of the spans, with their outer bounds first for the scan. */
export function renderSpans(time: string, spans: readonly Span[], parameters: Parameters): string {
  const within = ({ from, to }: Span): string =>
    `${time} >= ${parameters.integer(from)} AND ${time} < ${parameters.integer(to)}`
  const first = spans[0]
  const last = spans.at(-1)
  if (first === undefined || last === undefined) return 'FALSE'
  const outer = within({ from: first.from, to: last.to })
  if (spans.length === 1) return outer
  return `${outer} AND (${spans.map((span) => `(${within(span)})`).join(' OR ')})`
}
