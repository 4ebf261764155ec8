/** Chance of starting anew, by the strengths. */
const RESTART = 0.3
/** Weight of a step back to a caller, so that the walk can leave a branch that is quiet at its end. */
const BACK = 0.1
const STEPS = 60

/**
 * Weights of services, adding up to 1: how often a walker is at each who starts at services by their strengths of disturbance, steps
 * from callers to callees the more likely the more disturbed these are, and stays where the callees are calmer (after MonitorRank,
 * Kim et al. 2013). O(steps · calls).
 */
export function walkToCauses(
  strengths: ReadonlyMap<string, number>,
  calls: readonly (readonly [caller: string, callee: string])[],
): ReadonlyMap<string, number> {
  const names = [...strengths.keys()]
  const places = new Map(names.map((name, i) => [name, i]))
  const own = names.map((name) => strengths.get(name) as number)
  const total = own.reduce((sum, strength) => sum + strength, 0)
  if (!(total > 0)) return new Map(names.map((name) => [name, 1 / names.length]))
  const steps: [to: number, weight: number][][] = names.map(() => [])
  const calmest = own.map((strength) => strength)
  for (const [caller, callee] of calls) {
    const [from, to] = [places.get(caller), places.get(callee)]
    if (from === undefined || to === undefined || from === to) continue
    steps[from]?.push([to, own[to] as number])
    steps[to]?.push([from, BACK * (own[from] as number)])
    calmest[from] = Math.min(calmest[from] as number, (own[from] as number) - (own[to] as number))
  }
  for (const [i, all] of steps.entries()) {
    all.push([i, Math.max(0, calmest[i] as number)])
    const sum = all.reduce((weight, [, one]) => weight + one, 0)
    for (const step of all) step[1] = sum > 0 ? step[1] / sum : 1 / all.length
  }
  let present = own.map((strength) => strength / total)
  for (let k = 0; k < STEPS; k++) {
    const next = own.map((strength) => (RESTART * strength) / total)
    for (const [i, all] of steps.entries())
      for (const [to, weight] of all)
        next[to] = (next[to] as number) + (1 - RESTART) * weight * (present[i] as number)
    present = next
  }
  return new Map(names.map((name, i) => [name, present[i] as number]))
}
