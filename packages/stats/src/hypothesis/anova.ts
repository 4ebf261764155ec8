import { checkValues } from '../checks.ts'
import { fisherF } from '../distributions/beta.ts'
import { StatsError } from '../stats-error.ts'
import type { TestResult } from './test-result.ts'

export interface AnovaResult extends TestResult {
  readonly betweenDegrees: number
  readonly withinDegrees: number
  readonly betweenSquares: number
  readonly withinSquares: number
  /** Share of the squares that lies between groups. */
  readonly rSquared: number
  readonly residualDeviation: number
}

/**
 * One-way analysis of variance: whether two or more groups, normal with one variance, have the same mean. The statistic is F.
 * Values are moved by the first one before anything is added, which is exact for values close to one another. O(n).
 */
export function oneWayAnova(groups: readonly ArrayLike<number>[]): AnovaResult {
  if (groups.length < 2) throw new StatsError('too_few', 'groups', 'needs two groups or more')
  for (const [i, group] of groups.entries()) checkValues(group, 1, `groups[${i}]`)
  const origin = groups[0]?.[0] ?? 0
  const moved = groups.map((group) => Float64Array.from(group, (x) => x - origin))
  const n = moved.reduce((sum, group) => sum + group.length, 0)
  const means = moved.map(meanOf)
  const whole = means.reduce((sum, mean, i) => sum + mean * ((moved[i]?.length ?? 0) / n), 0)
  let [between, within] = [0, 0]
  for (const [i, group] of moved.entries()) {
    const mean = means[i] ?? 0
    between += group.length * (mean - whole) ** 2
    for (const x of group) within += (x - mean) ** 2
  }
  const betweenDegrees = groups.length - 1
  const withinDegrees = n - groups.length
  if (withinDegrees < 1 || !(within > 0))
    throw new StatsError(
      'degenerate',
      'groups',
      'do not vary within, so that nothing can be tested',
    )
  const variance = within / withinDegrees
  const statistic = between / betweenDegrees / variance
  return {
    statistic,
    pValue: fisherF(betweenDegrees, withinDegrees).survival(statistic),
    exact: true,
    betweenDegrees,
    withinDegrees,
    betweenSquares: between,
    withinSquares: within,
    rSquared: between / (between + within),
    residualDeviation: Math.sqrt(variance),
  }
}

function meanOf(values: Float64Array): number {
  let sum = 0
  for (const x of values) sum += x
  const mean = sum / values.length
  let rest = 0
  for (const x of values) rest += x - mean
  return mean + rest / values.length
}
