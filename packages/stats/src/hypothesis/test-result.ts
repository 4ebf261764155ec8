/** Which departures from the hypothesis count: both, or only that the first is less, or greater. */
export type Alternative = 'two-sided' | 'less' | 'greater'

export interface TestResult {
  readonly statistic: number
  /** Probability, if the hypothesis holds, of a statistic at least as far out as this one. */
  readonly pValue: number
  /** Whether the p-value is from the exact distribution rather than its limit. */
  readonly exact: boolean
}

/** p-value from the two tails of the statistic, each including the value seen. */
export function pValueOf(lower: number, upper: number, alternative: Alternative): number {
  if (alternative === 'less') return Math.min(1, lower)
  if (alternative === 'greater') return Math.min(1, upper)
  return Math.min(1, 2 * Math.min(lower, upper))
}
