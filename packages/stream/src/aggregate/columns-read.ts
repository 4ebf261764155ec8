import type { AggregateSpec, Aggregates } from './aggregate.ts'
import { aggregateNamed } from './aggregates.ts'

/** The columns that aggregates read, each once, with the member that names it: `p95.of`. */
export function columnsRead(
  specs: readonly AggregateSpec[],
  others: Aggregates = {},
): Map<string, string> {
  const found = new Map<string, string>()
  for (const spec of specs) {
    for (const member of aggregateNamed(spec, others).columns ?? ['of']) {
      const value = spec[member]
      if (typeof value === 'string') found.set(value, `${spec.as}.${member}`)
      else if (Array.isArray(value)) {
        for (const [column, place] of columnsRead(value as AggregateSpec[], others)) {
          found.set(column, `${spec.as}.${place}`)
        }
      }
    }
  }
  return found
}
