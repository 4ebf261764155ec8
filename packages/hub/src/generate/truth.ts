import { type Optimum, optimumOf, TASKS } from './experiments.ts'
import { type Incident, incidentsBetween } from './incidents.ts'
import type { Totals } from './totals.ts'
import type { World } from './world.ts'

/** What is true of generated events, for whoever wants to check what the hub makes of them. */
export interface Truth {
  readonly seed: number
  readonly perDay: number
  readonly world: string
  /** ISO 8601, [from, to). */
  readonly from: string
  readonly to: string
  readonly totals: Totals
  readonly incidents: readonly (Omit<Incident, 'from' | 'to'> & {
    readonly from: string
    readonly to: string
  })[]
  /** Best parameters of every task, by expected quality. */
  readonly optima: readonly Optimum[]
}

export function truthOf(world: World, from: number, to: number, totals: Totals): Truth {
  const incidents = incidentsBetween(world.seed, from, to).map((incident) => ({
    ...incident,
    from: iso(incident.from),
    to: iso(incident.to),
  }))
  return {
    seed: world.seed,
    perDay: world.perDay,
    world: world.id,
    from: iso(from),
    to: iso(to),
    totals: sorted(totals),
    incidents,
    optima: TASKS.map((task) => optimumOf(task)),
  }
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

/** Names in order, so that the same totals are the same text in whatever order they came together. */
function sorted(totals: Totals): Totals {
  const order = (sums: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))
  const { calls } = totals
  return {
    ...totals,
    kinds: order(totals.kinds),
    calls: {
      ...calls,
      byModel: order(calls.byModel),
      byService: order(calls.byService),
      byErrorType: order(calls.byErrorType),
    },
  }
}
